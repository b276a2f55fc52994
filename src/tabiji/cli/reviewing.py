"""What people say in a weekly review → recorded: begun, followed up, noted, decided, closed; commands of `reviews`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from datetime import date

    from tabiji.definitions import Site
    from tabiji.reviews import Choice, Outcome, Review, Suffered, Word
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])
CHOICES = ("mend", "watch", "loosen", "tighten", "correct", "agree", "drop", "nothing")
STEPS = ("before", "dropped", "why", "users", "decide", "end")


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def review_argument(command: Command) -> Command:
    """Which review."""
    return click.argument("review", metavar="TEAM/MONDAY")(command)


@click.command(name="begin")
@review_argument
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


@click.command(name="step")
@review_argument
@click.argument("step", type=click.Choice(STEPS))
@_author_option
@workspace.workspace_option
@workspace.json_option
def step(review: str, step: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Take all who look at a review to one of its steps."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.reach(store, found, step, word)

    _say(review, "review-noted", said, author, folder, as_json=as_json)


@click.command(name="follow")
@review_argument
@click.argument("decision", metavar="DECISION")
@click.argument("outcome", type=click.Choice(["done", "carried", "dropped"]))
@click.argument("text", default="")
@click.option("--due", metavar="DAY", help="The new day of what is carried over, such as 2026-06-22.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def follow(
    review: str,
    decision: str,
    outcome: Outcome,
    text: str,
    due: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Say what became of what an earlier review decided; `learning/2026-06-01#2` is one. Its action item follows."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.reviews import Followed
        from tabiji.runs import reviewing

        return reviewing.follow(store, found, Followed(decision, outcome, text, word, _day(due)))

    _say(review, "review-noted", said, author, folder, as_json=as_json)


@click.command(name="note")
@review_argument
@click.argument("objective", metavar="OBJECTIVE")
@click.option("--cause", metavar="TEXT", default="", help="Why it dropped.")
@click.option("--suffered", type=click.Choice(["yes", "no", "unknown"]), help="Whether users suffered.")
@click.option("--evidence", metavar="TEXT", default="", help="How that is known.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def note(
    review: str,
    objective: str,
    cause: str,
    suffered: Suffered | None,
    evidence: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Keep what is known of a drop: its cause, and whether users suffered."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.reviews import Finding
        from tabiji.runs import reviewing

        return reviewing.note(site, store, found, Finding(objective, cause, suffered, evidence), word)

    _say(review, "review-noted", said, author, folder, as_json=as_json)


@click.command(name="decide")
@review_argument
@click.argument("objective", metavar="OBJECTIVE")
@click.argument("choice", type=click.Choice(CHOICES), metavar="CHOICE")
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
    """Decide about an objective: what somebody has to see to opens an action item.

    CHOICE is mend, watch, loosen, tighten, correct, agree, drop or nothing.
    """

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.reviews import Decided
        from tabiji.runs import reviewing

        what = Decided(objective, choice, why.strip(), owner.strip(), _day(due))
        return reviewing.decide(site, store, found, what, word)

    _say(review, "review-decided", said, author, folder, as_json=as_json)


@click.command(name="change")
@review_argument
@click.argument("number", type=click.IntRange(1))
@click.argument("reason")
@click.option("--choice", type=click.Choice(CHOICES), help="Something else is decided.")
@click.option("--why", metavar="TEXT", help="What exactly, and why.")
@click.option("--owner", metavar="NAME", help="Somebody else sees to it.")
@click.option("--due", metavar="DAY", help="It is due on another day.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def change(
    review: str,
    number: int,
    reason: str,
    choice: Choice | None,
    why: str | None,
    owner: str | None,
    due: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Decide otherwise: what is not given stays as it was decided. Its action item follows; the reason is kept."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.reviews import Decided
        from tabiji.runs import reviewing

        now = reviewing.decision(found, number).decided
        what = Decided(
            now.objective,
            choice or now.choice,
            now.why if why is None else why.strip(),
            now.owner if owner is None else owner.strip(),
            now.due if due is None else _day(due),
        )
        return reviewing.change(site, store, found, number, what, reason, word)

    _say(review, "review-decided", said, author, folder, as_json=as_json, number=number)


@click.command(name="withdraw")
@review_argument
@click.argument("number", type=click.IntRange(1))
@click.argument("reason")
@_author_option
@workspace.workspace_option
@workspace.json_option
def withdraw(
    review: str, number: int, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Take a decision back; its action item is dropped with it, and the reason is kept."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.withdraw(store, found, number, reason, word)

    _say(review, "review-decided", said, author, folder, as_json=as_json, number=number)


@click.command(name="concern")
@review_argument
@click.argument("text")
@click.option("--owner", metavar="NAME", default="", help="Who looks into it; nobody yet by default.")
@click.option("--due", metavar="DAY", help="Until when, such as 2026-06-15.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def concern(
    review: str,
    text: str,
    owner: str,
    due: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Raise what worries somebody: it is kept among the action items."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.raise_(store, found, text, owner, _day(due), word)

    _say(review, "review-noted", said, author, folder, as_json=as_json)


@click.command(name="hold")
@review_argument
@_author_option
@workspace.workspace_option
@workspace.json_option
def hold(review: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Close a review: what was decided stands, and the next one begins with it."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.hold(store, found, word)

    _say(review, "review-held", said, author, folder, as_json=as_json)


@click.command(name="reopen")
@review_argument
@click.argument("reason")
@_author_option
@workspace.workspace_option
@workspace.json_option
def reopen(review: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Go on with a review that was closed; the reason is kept."""

    def said(site: Site, store: Store, found: Review, word: Word) -> Review:
        from tabiji.runs import reviewing

        return reviewing.reopen(store, found, reason, word)

    _say(review, "review-reopened", said, author, folder, as_json=as_json)


def _day(text: str | None) -> date | None:
    from tabiji.runs import acting

    return None if text is None else acting.day(text)


def found(site: Site, store: Store, name: str) -> Review:
    """The review of a name such as `learning/2026-06-01`. Raises UsageError."""
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
    number: int | None = None,
) -> None:
    """Something is said in a review, and noted in the audit as well; `number`: of the decision that is told of."""
    from tabiji.reports.reviews import decision_sentence, objective_titles, review_json, standing_words
    from tabiji.reviews import Word
    from tabiji.runs import reviewing

    site, now = workspace.load(folder), workspace.now()
    with workspace.open_store(site) as store:
        review = said(site, store, found(site, store, name), Word(author or login.user(), now))
        store.audit.add(now, login.user(), "command", what, f"review {review.subject}")
        items = reviewing.items(store)
    if as_json:
        output.print_json(review_json(review, items))
    elif what == "review-decided":
        one = review.decisions[-1 if number is None else number - 1]
        click.echo(decision_sentence(one, objective_titles(site.journeys)))
        if one.withdrawn is not None:
            click.echo(_("withdrawn: {reason}", reason=one.withdrawn))
    else:
        click.echo(f"{review.subject}: {standing_words(review)}")


COMMANDS = (begin, step, follow, note, decide, change, withdraw, concern, hold, reopen)
