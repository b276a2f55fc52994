"""`tabiji report`: the week of a team, the month of the business → Markdown, one HTML file, a JSON document."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.catalogues import catalogue
from tabiji.cli import login, output, workspace
from tabiji.errors import FileError, UsageError
from tabiji.language import Language, _, listed, speaking

if TYPE_CHECKING:
    from tabiji.reports.periodic.facts import Report
    from tabiji.reports.periodic.periods import Kind

ENDINGS = (".md", ".html", ".json", ".txt")


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
    help="Where to: a .md, .html, .json, or .txt for a chat; Markdown on stdout by default.",
)
@click.option(
    "--issue", "issuing", is_flag=True, help="Keep it as issued: what its readers know from now on."
)
@click.option(
    "--send", "names", multiple=True, metavar="RECEIVER", help="Issue it, and tell this receiver of it."
)
@click.option("--again", is_flag=True, help="As it is now, also where one was issued; and what differs.")
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of its words; the site's by default.")
@workspace.workspace_option
@workspace.json_option
def command(
    kind: Kind,
    at: str | None,
    team: str | None,
    file: Path | None,
    issuing: bool,
    names: tuple[str, ...],
    again: bool,
    language: Language | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The week of a team, the month of the business, in plain words.

    Weekly: every promise against the week before, drops with their causes, alerts that were useful, false or
    missed, new operations. Monthly: each journey for people who are no engineers, what users suffered, six months
    side by side. By the definitions of then, and the same whenever it is made. One that was issued is shown as it was
    issued; where late events or a correction changed it, `--again` says what. What is sent waits in the outbox until
    `tabiji serve` runs.

    \b
      tabiji report weekly --team learning
      tabiji report monthly --at 2026-06-15 -o june.html
      tabiji report weekly --team learning --send chat
      tabiji report weekly --again --json
    """
    from tabiji.reports.periodic import periods
    from tabiji.runs.reporting import issuing as reports
    from tabiji.runs.reporting import sending

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
        about = f"{kind} {period.key}"
        if issuing:
            found = reports.issue(site, store, period, team, now, os.environ)
            store.audit.add(now, login.user(), "command", "report-issued", about, team=team)
        else:
            found = reports.shown(site, store, period, team, now, os.environ, again=again)
        if names:
            who = login.user()
            found = sending.send(site, store, period, team, names, who, now, os.environ)
            store.audit.add(now, who, "command", "report-sent", about, team=team, receivers=[*names])
            output.say(_("In the outbox for {names}.", names=listed(names)))
    with speaking(catalogue(language or site.language)):
        notes = reports.notes(found)
        written = None if file is None else _written(found.report, file.suffix.lower(), notes)
        shown = None if as_json or file is not None else _written(found.report, ".md", notes)
    if file is not None and written is not None:
        try:
            file.write_bytes(written)
        except OSError as error:
            raise FileError(
                _("{path} can't be written: {reason}", path=file, reason=error.strerror or error)
            ) from None
        output.say(_("{file} is the report of {period}.", file=file, period=period.key))
    if as_json:
        output.print_json(reports.document(found))
    elif shown is not None:
        click.echo(shown.decode(), nl=False)


def _written(report: Report, ending: str, notes: Sequence[str]) -> bytes:
    """The report as a file of this ending."""
    from tabiji.reports import periodic
    from tabiji.reports.periodic import packing

    if ending == ".json":
        return packing.text(report).encode()
    if ending == ".txt":
        from tabiji.reports.periodic import message

        return message.as_text(report, tuple(notes)).encode()
    if ending == ".md":
        return periodic.as_markdown(report, notes).encode()
    from tabiji.runs.reporting import picturing

    return periodic.as_html(report, picturing.pictures(report), notes).encode()
