"""`tabiji gate`: policies and what was counted → whether deploying is in keeping with what was agreed; their ledger."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.cli.telling import wrapped
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.reports.ledger import Told


@click.command(name="gate")
@click.argument("names", nargs=-1, metavar="[JOURNEY]...")
@click.option("--team", help="The journeys of a team.")
@click.option(
    "--history", is_flag=True, help="What the policies did so far, instead; of all where none is named."
)
@click.option("--from", "start", metavar="T", help="With --history: what lasted still after it.")
@click.option("--to", "end", metavar="T", help="With --history: what began before it.")
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...],
    team: str | None,
    history: bool,
    start: str | None,
    end: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Whether deploying is in keeping with the policies: exit 0, or 1 and why not.

    Asks the policies about what was counted so far: run `tabiji ingest` before it. `--history` shows the ledger of
    what they did: when, about which objective, who agreed to it; with a name, each in words.

    \b
      tabiji gate watch-course && ./deploy
      tabiji gate --team learning --json
      tabiji gate --history --from now-28d
      tabiji gate --history watch-course
    """
    from tabiji.reports import gate_json, gate_sentences
    from tabiji.runs import agreeing, naming

    site = workspace.load(folder)
    if history:
        _history(site, names, team, start, end, as_json=as_json)
        return
    if start is not None or end is not None:
        raise UsageError(_("`--from` and `--to` go with `--history`"))
    journeys = naming.journeys(site, names, team)
    with workspace.open_store(site) as store:
        minute = max(workspace.now() // 60, store.judging().until_minute or 0)
        gate = agreeing.gate(site, store, journeys, minute)
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    if as_json:
        output.print_json(gate_json(gate, minute * 60, site.timezone))
    else:
        for sentence in gate_sentences(gate, site.timezone):
            click.echo(wrapped(sentence))
    if not gate.open:
        sys.exit(1)


def _history(
    site: Site, names: Sequence[str], team: str | None, start: str | None, end: str | None, *, as_json: bool
) -> None:
    """The ledger of what policies did."""
    from tabiji.reports import ledger
    from tabiji.runs import recalling

    now = workspace.now()
    first = None if start is None else workspace.moment(start, site, now) // 60
    last = None if end is None else -(-workspace.moment(end, site, now) // 60)
    if first is not None and last is not None and last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    with workspace.open_store(site) as store:
        told = recalling.ledger(site, store, os.environ)
        until = store.agreeing().until_minute or 0
    told = tuple(
        one
        for one in _named(site, told, names, team)
        if (last is None or one.episode.began < last)
        and (first is None or one.episode.ended is None or one.episode.ended > first)
    )
    if as_json:
        output.print_json(ledger.history_json(told))
    elif not told:
        output.say(
            _("The policies did nothing so far.")
            if site.policies
            else _("Nothing was agreed: there are no policies.")
        )
    elif names:
        for place, one in enumerate(told):
            if place:
                click.echo()
            click.echo(
                _(
                    "{objective} · {policy}, step {step}",
                    objective=one.episode.objective,
                    policy=one.episode.policy,
                    step=one.episode.step,
                )
            )
            for sentence in ledger.history_sentences(one, until, site.timezone):
                click.echo(wrapped(sentence, "  "))
    else:
        table = ledger.history_table(told, until, site.timezone)
        output.print_table(table.columns, table.rows, right=table.right)
        for note in ledger.history_notes(told, site.timezone):
            click.echo(wrapped(note))


def _named(site: Site, told: Sequence[Told], names: Sequence[str], team: str | None) -> list[Told]:
    """Those of names (journeys or objectives, also of the past) and of a team's. Raises UsageError for unknown ones."""
    past = {one.episode.objective for one in told}
    for name in names:
        if not any(name in (one, one.partition("/")[0]) for one in past):
            workspace.wanted(site, [name])  # says what is near
    found = [one for one in told if not names or one.episode.objective in names or _journey(one) in names]
    if team is not None:
        ours = {journey.name for journey, _ in workspace.wanted(site, (), team)}
        found = [one for one in found if _journey(one) in ours]
    return found


def _journey(told: Told) -> str:
    return told.episode.objective.partition("/")[0]
