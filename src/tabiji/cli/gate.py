"""`tabiji gate`: policies and what was counted → whether deploying is in keeping with what was agreed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.errors import UsageError

if TYPE_CHECKING:
    from tabiji.definitions import Site


@click.command(name="gate")
@click.argument("names", nargs=-1, metavar="[JOURNEY]...")
@click.option("--team", help="The journeys of a team.")
@workspace.workspace_option
@workspace.json_option
def command(names: tuple[str, ...], team: str | None, folder: Path | None, as_json: bool) -> None:
    """Whether deploying is in keeping with the policies: exit 0, or 1 and why not.

    Asks the policies about what was counted so far: run `tabiji ingest` before it.

    \b
      tabiji gate watch-course && ./deploy
      tabiji gate --team learning --json
    """
    from tabiji.reports import gate_json, gate_sentences
    from tabiji.runs import agreeing

    site = workspace.load(folder)
    journeys = _journeys(site, names, team)
    with workspace.open_store(site) as store:
        minute = max(workspace.now() // 60, store.judging().until_minute or 0)
        gate = agreeing.gate(site, store, journeys, minute)
    if as_json:
        output.print_json(gate_json(gate, minute * 60))
    else:
        for sentence in gate_sentences(gate):
            click.echo(sentence)
    if not gate.open:
        sys.exit(1)


def _journeys(site: Site, names: tuple[str, ...], team: str | None) -> list[str]:
    """The journeys that are asked for, in the order of the definitions. Raises UsageError for unknown ones."""
    if not names and team is None:
        raise UsageError("whose deployment? Name journeys, or a team with `--team`")
    wanted = {journey.name for journey, _ in workspace.wanted(site, names, team)}
    return [journey.name for journey in site.journeys if journey.name in wanted]
