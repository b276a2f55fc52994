"""What a round of judging found → words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from tabiji.cli import output
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.policies import Change
    from tabiji.runs.recording import Round


def tell_judged(judged: Round) -> None:
    """How many alerts began and ended."""
    found = [(one.number is None, one.closed_minute is not None) for one in judged.alerts]
    found += [(one.number is None, one.closed_minute is not None) for one in judged.silences]
    if found:
        began, ended = (sum(column) for column in zip(*found, strict=True))
        click.echo(
            _("alerts: {began} began, {ended} ended; `tabiji alerts` tells of them", began=began, ended=ended)
        )


def tell_changes(changes: Iterable[Change]) -> None:
    """What is due by the policies."""
    from tabiji.reports import ACTIONS

    acts = [change for change in changes if change.kind == "acts"]
    for change in acts:
        due = listed(_(ACTIONS[action]) for action in change.actions)
        output.say(
            _(
                "{objective}: due by the policy `{policy}`: {due}",
                objective=change.episode.objective,
                policy=change.episode.policy,
                due=due,
            )
        )
    if acts:
        output.say(_("`tabiji gate --history` tells why, and who agreed to it"))
