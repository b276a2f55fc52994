"""`tabiji suggest`: targets from the calm days of the past; and a person's word on which days were calm."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.telling import wrapped
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.targets import Suggestion


@click.command(name="suggest")
@click.argument("names", nargs=-1, metavar="[JOURNEY[/OBJECTIVE]]...")
@click.option("--team", metavar="TEAM", help="Only the journeys of a team.")
@click.option("--days", "listing", is_flag=True, help="List the days that were not calm, and why.")
@click.option("--calm", "calm", metavar="DAYS", help="Say that a journey's days were calm.")
@click.option("--not-calm", "not_calm", metavar="DAYS", help="Say that they were not.")
@click.option("--as-found", "as_found", metavar="DAYS", help="Take back what was said of them.")
@click.option("--why", metavar="TEXT", default="", help="Why you say so; it is kept and shown.")
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...],
    team: str | None,
    listing: bool,
    calm: str | None,
    not_calm: str | None,
    as_found: str | None,
    why: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Targets from the past: what was just kept while enquiries and cancellations did not rise.

    DAYS are a date, or two with dots between them: the first and the last.

    \b
      tabiji suggest watch-course/plays
      tabiji suggest watch-course --days
      tabiji suggest watch-course --calm 2026-06-01..2026-06-03 --why "a newsletter"
    """
    site = workspace.load(folder)
    pairs = workspace.wanted(site, names, team)
    words = {"calm": calm, "not-calm": not_calm, "as-found": as_found}
    said = {word: days for word, days in words.items() if days is not None}
    if len(said) > 1:
        raise UsageError(_("say one thing at a time: `--calm`, `--not-calm` or `--as-found`"))
    if why and not said:
        raise UsageError(_("`--why` goes with `--calm`, `--not-calm` or `--as-found`"))
    from tabiji.runs import suggesting

    for word, days in said.items():
        if len(names) != 1 or "/" in names[0]:
            raise UsageError(
                _("of which journey? Name one: `tabiji suggest JOURNEY --{word} DAYS`", word=word)
            )
        _say(site, names[0], word, days, why)
    with workspace.open_store(site) as store:
        workspace.say_if_nothing_is_counted(store)
        found = suggesting.suggest(site, store, pairs)
    if as_json:
        from tabiji.reports.targets import suggestion_json

        output.print_json({"suggestions": [suggestion_json(one) for one in found]})
        return
    for place, one in enumerate(found):
        if place:
            click.echo()
        _show(one, site.timezone, listing=listing)
    if not found:
        click.echo(_("No whole day has been counted yet: nothing can be suggested."))


def _say(site: Site, journey: str, word: str, days: str, why: str) -> None:
    from tabiji.runs import suggesting

    first, last = _days(days)
    now = workspace.now()
    with workspace.open_store(site) as store:
        if faults := suggesting.check(site, store, word, first, last, why):
            raise UsageError("; ".join(fault for _, fault in faults))
        suggesting.say(store, journey, word, first, last, login.user(), why.strip(), now)
        about = f"{journey} {first}..{last}"
        store.audit.add(now, login.user(), "command", "days-called", about, word=word, text=why.strip())


def _days(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    try:
        return date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError:
        message = _("`{text}` are no days; write `2026-06-01` or `2026-06-01..2026-06-03`", text=text)
        raise UsageError(message) from None


def _show(one: Suggestion, zone: str, *, listing: bool) -> None:
    from tabiji.reports.targets import (
        cost_sentences,
        day_reason,
        ground_sentences,
        joined,
        limit_sentence,
        limit_table,
        proposal_sentences,
        rung_table,
    )

    click.echo(one.objective.id)
    for said in (*ground_sentences(one), *proposal_sentences(one)):
        click.echo(wrapped(said, "  "))
    table = rung_table(one)
    output.print_table(table.columns, table.rows, right=table.right)
    for rung, sentences in cost_sentences(one, zone):
        from tabiji.reports import exact_percent

        click.echo(wrapped(f"{exact_percent(rung.target)}: {joined(sentences)}", "  "))
    if one.limits:
        click.echo(wrapped(limit_sentence(one), "  "))
        table = limit_table(one)
        output.print_table(table.columns, table.rows, right=table.right)
    if listing:
        for day in one.days:
            if not day.is_calm or day.hand is not None:
                click.echo(wrapped(f"{day.day}  {day_reason(day)}", "  "))
