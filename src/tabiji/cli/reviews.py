"""`tabiji reviews`: the weekly reviews, one of them as notes; begun, decided, closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.listing import Listing
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.reviews import Choice, Review, Word
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])
CHOICES = ("mend", "watch", "loosen", "tighten", "correct", "agree", "drop", "nothing")


@click.group(name="reviews", cls=Listing)
def command() -> None:
    """Weekly reviews: what dropped, why, whether users suffered, and what was decided.

    A review is called by its team and the Monday of its week; `all` reviews all journeys together.

    \b
      tabiji reviews --team learning
      tabiji reviews show learning/2026-06-01
      tabiji reviews decide learning/2026-06-01 watch-course/plays mend "Retry" --owner aya --due 2026-06-15
    """


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _review_argument(command: Command) -> Command:
    return click.argument("review", metavar="TEAM/MONDAY")(command)


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
    if as_json:
        output.print_json(reviews_json(found))
    elif not found:
        click.echo(_("No reviews yet."))
    else:
        table = review_table(found)
        output.print_table(table.columns, table.rows, right=table.right)


@command.command(name="show")
@_review_argument
@workspace.workspace_option
@workspace.json_option
def show(review: str, folder: Path | None, as_json: bool) -> None:
    """One review as notes in Markdown, with what dropped in its week."""
    from tabiji.reports.reviews import review_json
    from tabiji.runs.viewing import review as viewing
    from tabiji.runs.viewing.standing import moment

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        found = _found(site, store, review)
        if as_json:
            output.print_json(review_json(found))
            return
        week = viewing.week(site, found.week, moment(store.judging(), workspace.now() // 60))
        if week is None:
            raise UsageError(_("This week has not begun."))
        rows = viewing.rows(site, store, found.team, week)
        click.echo(viewing.notes(site, store, found, rows, found.team), nl=False)


@command.command(name="begin")
@_review_argument
@click.option("--leader", metavar="NAME", help="Who leads it; you by default.")
@click.option(
    "--led-by",
    type=click.Choice(["team", "sre"]),
    default="team",
    show_default=True,
    help="For whom: the team, or as a site reliability engineer (SRE).",
)
@click.option("--present", metavar="NAME", multiple=True, help="Who is there.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def begin(
    review: str,
    leader: str | None,
    led_by: str,
    present: tuple[str, ...],
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Begin a review: who leads it, and who is there."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.begin(store, found, leader or word.who, led_by, present, word)

    _say(review, "review-begun", said, author, folder, as_json=as_json)


@command.command(name="decide")
@_review_argument
@click.argument("objective", metavar="OBJECTIVE")
@click.argument("choice", type=click.Choice(CHOICES))
@click.argument("why")
@click.option("--owner", metavar="NAME", default="", help="Who sees to it; needed unless nothing is done.")
@click.option("--due", metavar="DAY", help="Until when, such as 2026-06-15; needed unless nothing is done.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def decide(
    review: str,
    objective: str,
    choice: Choice,
    why: str,
    owner: str,
    due: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Decide about an objective: `mend` opens an action item."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.reviews import Decided
        from tabiji.runs import acting, reviewing

        day = None if due is None else acting.day(due)
        return reviewing.decide(site, store, found, Decided(objective, choice, why, owner, day), word)

    _say(review, "review-decided", said, author, folder, as_json=as_json)


@command.command(name="hold")
@_review_argument
@_author_option
@workspace.workspace_option
@workspace.json_option
def hold(review: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Close a review: what was decided stands, and the next one begins with it."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.hold(store, found, word)

    _say(review, "review-held", said, author, folder, as_json=as_json)


def _found(site: Site, store: Store, name: str) -> Review:
    from tabiji.runs import reviewing

    team, slash, week = name.rpartition("/")
    if not slash:
        raise UsageError(_("say team and Monday, as in `learning/2026-06-01`"))
    return reviewing.find(site, store, team, week)


def _say(
    name: str,
    what: Action,
    said: Callable[[Site, Store, Review, Word], Review],
    author: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Something is said in a review, and noted in the audit as well."""
    from tabiji.reports.reviews import decision_sentence, objective_titles, review_json, standing_words
    from tabiji.reviews import Word

    site, now = workspace.load(folder), workspace.now()
    with workspace.open_store(site) as store:
        found = said(site, store, _found(site, store, name), Word(author or login.user(), now))
        store.audit.add(now, login.user(), "command", what, f"review {found.subject}")
    if as_json:
        output.print_json(review_json(found))
    elif what == "review-decided":
        click.echo(decision_sentence(found.decisions[-1], objective_titles(site.journeys)))
    else:
        click.echo(f"{found.subject}: {standing_words(found)}")
