"""`/api/v1/reviews`: weekly reviews, what they look at, and what people say in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji import reviews
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.reports.reviews import review_json, reviews_json
from tabiji.reviews import Choice, Decided, Finding, Led, Outcome, Review, Step, Suffered, Word
from tabiji.runs import acting, reviewing
from tabiji.runs.viewing import review as viewing
from tabiji.runs.viewing.standing import moment
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, NAME_LONGEST, TEXT_LONGEST, Asked
from tabiji.web.context import Context


class ReviewsQuery(Asked):
    """Which reviews."""

    team: str | None = Field(None, max_length=NAME_LONGEST, description="Only those of a team; `all` is one.")


class Begun(Asked):
    """Who leads it, and who is there."""

    leader: str | None = Field(None, max_length=NAME_LONGEST, description="Whoever asks, by default.")
    led_by: Led = "team"
    present: list[str] = Field([], max_length=100)


class Decision(Asked):
    """What is decided about an objective; with an owner and a day, unless nothing is done."""

    objective: str = Field(max_length=NAME_LONGEST, description="`journey/objective`.")
    choice: Choice
    why: str = Field(min_length=1, max_length=TEXT_LONGEST)
    owner: str = Field("", max_length=NAME_LONGEST)
    due: str | None = Field(None, max_length=NAME_LONGEST, description="A day, such as `2026-06-15`.")


class Changed(Asked):
    """What is decided otherwise; what is left out stays as it was decided."""

    decision: int = Field(ge=1, le=999_999, description="Its number in its review.")
    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")
    choice: Choice | None = None
    why: str | None = Field(None, max_length=TEXT_LONGEST)
    owner: str | None = Field(None, max_length=NAME_LONGEST)
    due: str | None = Field(None, max_length=NAME_LONGEST, description="A day, such as `2026-06-15`.")


class Withdrawn(Asked):
    """A decision that does not hold any more."""

    decision: int = Field(ge=1, le=999_999, description="Its number in its review.")
    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")


class Noted(Asked):
    """What is known of a drop; what is left out stays as it was said before."""

    objective: str = Field(max_length=NAME_LONGEST, description="`journey/objective`.")
    cause: str = Field("", max_length=TEXT_LONGEST)
    users_suffered: Suffered | None = None
    evidence: str = Field("", max_length=TEXT_LONGEST, description="How it is known whether users suffered.")


class Concern(Asked):
    """Something that worries somebody."""

    text: str = Field(min_length=1, max_length=TEXT_LONGEST)
    owner: str = Field("", max_length=NAME_LONGEST, description="Nobody yet, by default.")
    due: str | None = Field(None, max_length=NAME_LONGEST, description="A day, such as `2026-06-15`.")


class Followed(Asked):
    """What became of what an earlier review decided."""

    decision: str = Field(max_length=NAME_LONGEST, description="Its name, such as `learning/2026-06-01#2`.")
    outcome: Outcome
    text: str = Field("", max_length=TEXT_LONGEST)
    due: str | None = Field(None, max_length=NAME_LONGEST, description="The new day of what is carried over.")


class Reached(Asked):
    """Where all look now."""

    step: Step


class Held(Asked):
    """Nothing more is said of it."""


class Reopened(Asked):
    """It is not over after all."""

    reason: str = Field(min_length=1, max_length=TEXT_LONGEST, description="Why; it is kept.")


def routes(context: Context) -> APIRouter:
    """Weekly reviews."""
    router = APIRouter(prefix="/api/v1/reviews", tags=["reviews"], responses=CONTESTED)
    store = context.store

    def found(team: str, week: str) -> Review:
        try:
            return reviewing.find(context.site(), store, team, week)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    def say(
        request: Request, team: str, week: str, what: Action, said: Callable[[Review, Word], Review]
    ) -> Json:
        """Records what is said by a member of the team, or an admin; of all journeys together by every member."""
        review = found(team, week)
        if not request.state.visitor.may_change(None if team == reviews.ALL else team):
            raise HTTPException(403, _("reviews are written by members of the team"))
        try:
            review = said(review, Word(request.state.visitor.name, int(context.now())))
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        auditing.note(context, request, what, f"review {review.subject}")
        return review_json(review, reviewing.items(store))

    @router.get("")
    def listed(asked: Annotated[ReviewsQuery, Query()]) -> Json:
        """All reviews that were begun, the newest first."""
        every = reversed(reviewing.every(store))
        return reviews_json((one for one in every if asked.team in (None, one.team)), reviewing.items(store))

    @router.get("/{team}/{week}")
    def one(team: str, week: str) -> Json:
        """The review of a team and the week of a Monday: all that was said in it, and what it looks at."""
        review, site = found(team, week), context.site()
        of = viewing.week(site, review.week, moment(store.judging(), int(context.now()) // 60))
        if of is None:
            raise HTTPException(404, _("This week has not begun."))
        beside = viewing.beside(site, store, review.team, of)
        facts = viewing.facts_json(viewing.rows(site, store, review.team, of), beside)
        return review_json(review, reviewing.items(store)) | facts

    @router.post("/{team}/{week}/begin")
    def begin(request: Request, team: str, week: str, said: Begun) -> Json:
        """Somebody leads it from now on."""
        return say(
            request,
            team,
            week,
            "review-begun",
            lambda one, by: reviewing.begin(store, one, said.leader or by.who, said.led_by, said.present, by),
        )

    @router.post("/{team}/{week}/step")
    def step(request: Request, team: str, week: str, said: Reached) -> Json:
        """All who look at it go on to a step."""
        return say(
            request, team, week, "review-noted", lambda one, by: reviewing.reach(store, one, said.step, by)
        )

    @router.post("/{team}/{week}/follow")
    def follow(request: Request, team: str, week: str, said: Followed) -> Json:
        """What became of what an earlier review decided; its action item ends with it, or moves."""
        due = _day(said.due)

        def followed(one: Review, by: Word) -> Review:
            what = reviews.Followed(said.decision, said.outcome, said.text.strip(), by, due)
            return reviewing.follow(store, one, what)

        return say(request, team, week, "review-noted", followed)

    @router.post("/{team}/{week}/note")
    def note(request: Request, team: str, week: str, said: Noted) -> Json:
        """What is known of a drop: its cause, and whether users suffered."""
        what = Finding(said.objective, said.cause.strip(), said.users_suffered, said.evidence.strip())
        return say(
            request,
            team,
            week,
            "review-noted",
            lambda one, by: reviewing.note(context.site(), store, one, what, by),
        )

    @router.post("/{team}/{week}/decide")
    def decide(request: Request, team: str, week: str, said: Decision) -> Json:
        """Something is decided about an objective; what somebody has to see to opens an action item."""
        what = Decided(said.objective, said.choice, said.why.strip(), said.owner.strip(), _day(said.due))
        return say(
            request,
            team,
            week,
            "review-decided",
            lambda one, by: reviewing.decide(context.site(), store, one, what, by),
        )

    @router.post("/{team}/{week}/change")
    def change(request: Request, team: str, week: str, said: Changed) -> Json:
        """It is decided otherwise; the action item follows."""
        due = _day(said.due)

        def changed(one: Review, by: Word) -> Review:
            now = reviewing.decision(one, said.decision).decided
            what = Decided(
                now.objective,
                said.choice or now.choice,
                now.why if said.why is None else said.why.strip(),
                now.owner if said.owner is None else said.owner.strip(),
                due or now.due,
            )
            return reviewing.change(context.site(), store, one, said.decision, what, said.reason, by)

        return say(request, team, week, "review-decided", changed)

    @router.post("/{team}/{week}/withdraw")
    def withdraw(request: Request, team: str, week: str, said: Withdrawn) -> Json:
        """A decision does not hold any more; its action item is dropped with it."""
        return say(
            request,
            team,
            week,
            "review-decided",
            lambda one, by: reviewing.withdraw(store, one, said.decision, said.reason, by),
        )

    @router.post("/{team}/{week}/concern")
    def concern(request: Request, team: str, week: str, said: Concern) -> Json:
        """Something worries somebody: it is kept among the action items."""
        due = _day(said.due)
        return say(
            request,
            team,
            week,
            "review-noted",
            lambda one, by: reviewing.raise_(store, one, said.text, said.owner, due, by),
        )

    @router.post("/{team}/{week}/hold")
    def hold(request: Request, team: str, week: str, said: Held) -> Json:
        """It is over: the next one begins with what was decided."""
        return say(request, team, week, "review-held", lambda one, by: reviewing.hold(store, one, by))

    @router.post("/{team}/{week}/reopen")
    def reopen(request: Request, team: str, week: str, said: Reopened) -> Json:
        """It is not over after all."""
        return say(
            request,
            team,
            week,
            "review-reopened",
            lambda one, by: reviewing.reopen(store, one, said.reason, by),
        )

    return router


def _day(text: str | None) -> date | None:
    return None if text is None else acting.day(text)
