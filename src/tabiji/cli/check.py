"""`tabiji check`: definitions → every fault, where it is and what would be right."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.errors import DefinitionError


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
            output.say(f"{len(error.faults)} {'fault' if len(error.faults) == 1 else 'faults'}.")
        else:
            output.print_json({"faults": [_fault(fault) for fault in error.faults]})
        sys.exit(error.exit_code)
    if as_json:
        output.print_json({"faults": []})
        return
    objectives = [objective for journey in site.journeys for objective in journey.objectives]
    parts = [
        _some(len(site.sources), "source"),
        _some(len(site.journeys), "journey"),
        _some(len(objectives), "objective"),
    ]
    if site.policies:
        parts.append(_some(len(site.policies), "policy", "policies"))
    if site.corrections:
        parts.append(_some(len(site.corrections), "correction"))
    click.echo(f"No faults: {', '.join(parts)}.")
    for one in site.notifications.receivers:
        if one.unset:
            names = ", ".join(f"`{name}`" for name in one.unset)
            output.say(f"receiver `{one.name}`: the environment has no {names}; whoever sends needs that")


def _fault(fault: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(fault)  # type: ignore[call-overload,no-any-return]


def _some(count: int, noun: str, nouns: str | None = None) -> str:
    return f"{count} {noun if count == 1 else nouns or f'{noun}s'}"
