"""`tabiji check`: definitions → every fault, where it is and what would be right."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.errors import DefinitionError
from tabiji.language import _, listed, ngettext


@click.command(name="check")
@workspace.workspace_option
@workspace.json_option
def command(folder: Path | None, as_json: bool) -> None:
    """Every fault of the definitions, as file:line:column. Exit 2 where there is any.

    \b
      tabiji check
      tabiji check -C /srv/slo --json
    """
    try:
        site = workspace.load(folder)
    except DefinitionError as error:
        if not as_json:
            for fault in error.faults:
                output.say(str(fault))
            output.say(ngettext("{n} fault.", "{n} faults.", len(error.faults), n=len(error.faults)))
        else:
            output.print_json({"faults": [_fault(fault) for fault in error.faults]})
        sys.exit(error.exit_code)
    if as_json:
        output.print_json({"faults": []})
        return
    objectives = [objective for journey in site.journeys for objective in journey.objectives]
    parts = [
        ngettext("{n} source", "{n} sources", (n := len(site.sources)), n=n),
        ngettext("{n} journey", "{n} journeys", (n := len(site.journeys)), n=n),
        ngettext("{n} objective", "{n} objectives", (n := len(objectives)), n=n),
    ]
    if n := len(site.policies):
        parts.append(ngettext("{n} policy", "{n} policies", n, n=n))
    if n := len(site.corrections):
        parts.append(ngettext("{n} correction", "{n} corrections", n, n=n))
    click.echo(_("No faults: {parts}.", parts=listed(parts)))
    for one in site.notifications.receivers:
        if one.unset:
            names = listed(f"`{name}`" for name in one.unset)
            output.say(
                _(
                    "receiver `{name}`: the environment has no {names}; whoever sends needs that",
                    name=one.name,
                    names=names,
                )
            )


def _fault(fault: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(fault)  # type: ignore[call-overload,no-any-return]
