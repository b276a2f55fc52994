"""`tabiji reviews`: the weekly reviews, one of them as notes; and all that is said in one, from its beginning on."""

from __future__ import annotations

from pathlib import Path

import click

from tabiji.cli import output, workspace
from tabiji.cli import reviewing as acts
from tabiji.cli.listing import Listing
from tabiji.errors import UsageError
from tabiji.language import _


@click.group(name="reviews", cls=Listing)
def command() -> None:
    """Weekly reviews: what dropped, why, whether users suffered, and what was decided.

    A review is called by its team and the Monday of its week; `all` reviews all journeys together.

    \b
      tabiji reviews --team learning
      tabiji reviews show learning/2026-06-01
      tabiji reviews decide learning/2026-06-01 watch-course/plays mend "Retry" --owner aya --due 2026-06-15
    """


@command.command(name="list")
@click.option("--team", metavar="TEAM", help="Only those of a team.")
@workspace.workspace_option
@workspace.json_option
def list_(team: str | None, folder: Path | None, as_json: bool) -> None:
    """All reviews that were begun, the newest first."""
    from tabiji.language import listed
    from tabiji.reports.reviews import review_table, reviews_json
    from tabiji.runs import reviewing

    site = workspace.load(folder)
    known = reviewing.teams(site)
    if team is not None and team not in known:
        raise UsageError(_("`{name}` holds no reviews; there are {known}", name=team, known=listed(known)))
    with workspace.open_store(site) as store:
        found = [one for one in reversed(reviewing.every(store)) if team in (None, one.team)]
        items = reviewing.items(store)
    if as_json:
        output.print_json(reviews_json(found, items))
    elif not found:
        click.echo(_("No reviews yet."))
    else:
        table = review_table(found)
        output.print_table(table.columns, table.rows, right=table.right)


@command.command(name="show")
@acts.review_argument
@workspace.workspace_option
@workspace.json_option
def show(review: str, folder: Path | None, as_json: bool) -> None:
    """One review as notes in Markdown, with what dropped in its week."""
    from tabiji.reports.reviews import review_json
    from tabiji.runs import reviewing
    from tabiji.runs.viewing import review as viewing
    from tabiji.runs.viewing.standing import moment

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        found = acts.found(site, store, review)
        week = viewing.week(site, found.week, moment(store.judging(), workspace.now() // 60))
        if week is None:
            raise UsageError(_("This week has not begun."))
        rows = viewing.rows(site, store, found.team, week)
        if as_json:
            beside = viewing.beside(site, store, found.team, week)
            told = review_json(found, reviewing.items(store)) | viewing.facts_json(rows, beside)
            output.print_json(told)
            return
        click.echo(viewing.notes(site, store, found, rows, found.team), nl=False)


for one in acts.COMMANDS:
    command.add_command(one)
