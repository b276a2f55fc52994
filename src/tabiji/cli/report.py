"""`tabiji report`: the week of a team, the month of the business → Markdown, one HTML file, a JSON document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.catalogues import catalogue
from tabiji.cli import output, workspace
from tabiji.errors import FileError, UsageError
from tabiji.language import Language, _, listed, speaking

if TYPE_CHECKING:
    from tabiji.reports.periodic.facts import Report
    from tabiji.reports.periodic.periods import Kind

ENDINGS = (".md", ".html", ".json")


@click.command(name="report")
@click.argument("kind", type=click.Choice(["weekly", "monthly"]))
@click.option(
    "--at", "at", metavar="TIME", help="A time of the week or month; the last that is over by default."
)
@click.option("--team", metavar="T", help="Only the journeys of a team; all by default.")
@click.option(
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to: a .md, .html or .json; Markdown on stdout by default.",
)
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of its words; the site's by default.")
@workspace.workspace_option
@workspace.json_option
def command(
    kind: Kind,
    at: str | None,
    team: str | None,
    file: Path | None,
    language: Language | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The week of a team, the month of the business, in plain words.

    Weekly: every promise against the week before, drops with their causes, alerts that were useful, false or
    missed, new operations. Monthly: each journey for people who are no engineers, what users suffered, six months
    side by side. By the definitions of then, and the same whenever it is made.

    \b
      tabiji report weekly --team learning
      tabiji report monthly --at 2026-06-15 -o june.html
      tabiji report weekly --json
    """
    from tabiji.reports.periodic import packing, periods
    from tabiji.runs import reporting

    if file is not None and file.suffix.lower() not in ENDINGS:
        raise UsageError(_("`{file}` ends in none of {endings}", file=file, endings=listed(ENDINGS)))
    site = workspace.load(folder)
    now = workspace.now()
    if at is None:
        period = periods.last(kind, now // 60, site.timezone)
    else:
        period = periods.of(kind, workspace.moment(at, site, now) // 60, site.timezone)
    with workspace.open_store(site) as store:
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
        report = reporting.made(site, store, period, team, now // 60, os.environ)
    with speaking(catalogue(language or site.language)):
        written = None if file is None else _written(report, file.suffix.lower())
        shown = None if as_json or file is not None else _written(report, ".md")
    if file is not None and written is not None:
        try:
            file.write_bytes(written)
        except OSError as error:
            raise FileError(
                _("{path} can't be written: {reason}", path=file, reason=error.strerror or error)
            ) from None
        output.say(_("{file} is the report of {period}.", file=file, period=period.key))
    if as_json:
        output.print_json(packing.document(report))
    elif shown is not None:
        click.echo(shown.decode(), nl=False)


def _written(report: Report, ending: str) -> bytes:
    """The report as a file of this ending."""
    from tabiji.reports import periodic
    from tabiji.reports.periodic import packing

    if ending == ".json":
        return packing.text(report).encode()
    if ending == ".md":
        return periodic.as_markdown(report).encode()
    from tabiji.runs.reporting import picturing

    return periodic.as_html(report, picturing.pictures(report)).encode()
