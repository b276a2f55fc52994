"""`tabiji status`: rollups and definitions → the standing of every objective."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, workspace
from tabiji.cli.wrapping import fill, is_wide
from tabiji.language import _, listed, pgettext

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.reports.documents import Counted
    from tabiji.runs.judging import Coverage, Judged
    from tabiji.store import Store
    from tabiji.windows import Window


@click.command(name="status")
@click.argument("names", nargs=-1, metavar="[JOURNEY[/OBJECTIVE]]...")
@click.option("--at", "at", default="now", show_default=True, help="The moment to judge at.")
@click.option("--team", help="Only the journeys of a team.")
@click.option(
    "--window",
    "looks",
    multiple=True,
    metavar="7d|month|…",
    help="Look over this window as well: a duration, or day, week, month, quarter, year. May be repeated.",
)
@click.option(
    "--definitions",
    "definitions",
    type=click.Choice(["then", "now"]),
    default="then",
    show_default=True,
    help="For a moment of the past: those that it was judged by, or those of now.",
)
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...],
    at: str,
    team: str | None,
    looks: tuple[str, ...],
    definitions: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """The standing of every objective: budget, burn rates, alerts. Exit 1 where a budget is gone.

    Each objective is judged on its own window; `--window` only looks. A moment of the past is judged as it was
    then, by the definitions of then.

    \b
      tabiji status
      tabiji status watch-course/available --at now-7d
      tabiji status --team learning --json
      tabiji status --window 7d --window month
    """
    from tabiji.runs import naming, recalling
    from tabiji.runs.documents import coverage_json

    site = today = workspace.load(folder)
    now = workspace.now()
    minute = workspace.moment(at, site, now) // 60
    viewed = [naming.window(look, site.timezone) for look in looks]
    with workspace.open_store(site) as store:
        if definitions == "then":
            site = recalling.site_at(today, store, minute, os.environ)
        judged = judge(site, store, minute, names, team, viewed)
        extent = store.extent()
        counted = functools.partial(recalling.counted, store.kept(), extent[0] if extent else None)
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    if site is not today:
        output.say(_("By the definitions of then; `--definitions now` judges by those of now."))
    if as_json:
        from tabiji.reports import corrections_json, status_json

        teams = {journey.name: journey.team for journey in site.journeys}
        pairs = zip(judged.corrections, judged.uncorrected, strict=True)
        corrected = [corrections_json(dated, without) for dated, without in pairs]
        document = status_json(judged.standings, minute * 60, teams, judged.views, corrected, counted)
        if not names and team is None:
            document["sources"] = [coverage_json(one) for one in judged.coverage]
        output.print_json(document)
    else:
        show(site, judged, counted, detailed=bool(names))
        if not names and team is None:
            show_coverage(judged.coverage)
        if extent is not None and all(one.state == "no-data" for one in judged.standings):
            from tabiji.reports import iso_time

            output.say(
                _(
                    "The newest event is of {newest}; `--at` looks at the past, for example `--at {after}`.",
                    newest=iso_time(extent[1] * 60),
                    after=iso_time(extent[1] * 60 + 60),
                )
            )
    if any(one.state == "exhausted" and one.objective.state == "agreed" for one in judged.standings):
        sys.exit(1)


def judge(
    site: Site,
    store: Store,
    minute: int,
    names: Sequence[str] = (),
    team: str | None = None,
    viewed: Sequence[Window] = (),
) -> Judged:
    """The standings of objectives by name, viewed over other windows as well."""
    from tabiji.runs import recalling

    return recalling.judge(site, store, minute, workspace.wanted(site, names, team), viewed)


def show(site: Site, judged: Judged, counted: Counted, *, detailed: bool) -> None:
    """Standings as a table a person can read; with `detailed`, each with its sentences, alerts and steps.

    `counted` says which minutes a standing is really of.
    """
    from tabiji.cli.telling import wrapped
    from tabiji.reports import (
        correction_notes,
        correction_sentences,
        counted_notes,
        counted_sentence,
        sentences,
        status_notes,
        status_table,
        step_table,
        tier_table,
        view_notes,
        view_table,
    )

    if not judged.standings:
        output.say(_("No objectives: `tabiji discover FILE…` proposes some."))
        return
    if judged.views:
        table = view_table(judged.standings, judged.views)
        output.print_table(table.columns, table.rows, right=table.right)
        for note in view_notes(judged.standings, judged.views):
            click.echo(wrapped(note))
    elif not detailed:
        corrected = {without.objective.id for without in judged.uncorrected if without is not None}
        table = status_table(judged.standings, corrected)
        output.print_table(table.columns, table.rows, right=table.right, styled=1)
        for note in status_notes(judged.standings):
            click.echo(wrapped(note))
    else:
        titles = {journey.name: journey.title.to(site.language) for journey in site.journeys}
        for standing, dated, without in zip(
            judged.standings, judged.corrections, judged.uncorrected, strict=True
        ):
            click.echo(f"{standing.objective.id} · {titles[standing.objective.journey]}")
            said = [*sentences(standing, site.timezone), *correction_sentences(dated, without)]
            moved = counted_sentence(standing, counted, site.timezone)
            for sentence in [*said, *([] if moved is None else [moved])]:
                click.echo(wrapped(sentence, "  "))
            for table in (tier_table(standing), step_table(standing)):
                if table.rows:
                    click.echo()
                    output.print_table(table.columns, table.rows, right=table.right)
            click.echo()
    if judged.views or not detailed:
        every = (*judged.standings, *(view for some in judged.views for view in some))
        notes = correction_notes(judged.corrections, judged.uncorrected)
        for note in (*notes, *counted_notes(every, counted, site.timezone)):
            click.echo(wrapped(note))


def show_coverage(coverage: Sequence[Coverage]) -> None:
    """How much of each source's traffic the objectives see."""
    from fractions import Fraction

    from tabiji.reports import number, percent

    if coverage:
        click.echo()
    for one in coverage:
        if not one.events:
            continue
        said = _(
            "{source}: {share} of {events} events count for an objective.",
            source=one.source,
            share=percent(Fraction(one.covered, one.events), 1),
            events=number(one.events),
        )
        if one.unseen:
            unseen = listed(operation for operation, events in one.unseen[:3])
            more = len(one.unseen) - 3
            none = (
                _("None counts: {operations}, and {n} more.", operations=unseen, n=more)
                if more > 0
                else _("None counts: {operations}.", operations=unseen)
            )
            said = pgettext("two sentences", "{first} {second}", first=said, second=none)
        if is_wide(said):
            click.echo(fill(said, 80, "", "    "))
        else:
            click.echo(click.wrap_text(said, width=80, subsequent_indent="    "))
