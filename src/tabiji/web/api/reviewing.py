"""`/api/v1/reviews`: weekly reviews, and what is decided in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji import reviews
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.documents import Json
from tabiji.reports.reviews import review_json, reviews_json
from tabiji.reviews import Choice, Decided, Led, Review, Word
from tabiji.runs import acting, reviewing
from tabiji.store import Action, StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TEXT_LONGEST, Asked
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


class Held(Asked):
    """Nothing more is said of it."""


def routes(context: Context) -> APIRouter:
    """Weekly reviews."""
    router = APIRouter(prefix="/api/v1/reviews", tags=["reviews"], responses=FAILURES)
    store = context.store

    def found(team: str, week: str) -> Review:
        try:
            return reviewing.find(context.site(), store, team, week)
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    def word(request: Request, team: str) -> Word:
        """Who says so: a member of the team, or an admin; of all journeys together every member."""
        if not request.state.visitor.may_change(None if team == reviews.ALL else team):
            raise HTTPException(403, _("reviews are written by members of the team"))
        return Word(request.state.visitor.name, int(context.now()))

    def told(request: Request, what: Action, review: Review) -> Json:
        auditing.note(context, request, what, f"review {review.subject}")
        return review_json(review)

    @router.get("")
    def listed(asked: Annotated[ReviewsQuery, Query()]) -> Json:
        """All reviews that were begun, the newest first."""
        every = reversed(reviewing.every(store))
        return reviews_json(one for one in every if asked.team in (None, one.team))

    @router.get("/{team}/{week}")
    def one(team: str, week: str) -> Json:
        """The review of a team and the week of a Monday, with all that was said in it."""
        return review_json(found(team, week))

    @router.post("/{team}/{week}/begin")
    def begin(request: Request, team: str, week: str, said: Begun) -> Json:
        """Somebody leads it from now on."""
        review, by = found(team, week), word(request, team)
        review = reviewing.begin(store, review, said.leader or by.who, said.led_by, said.present, by)
        return told(request, "review-begun", review)

    @router.post("/{team}/{week}/decide")
    def decide(request: Request, team: str, week: str, said: Decision) -> Json:
        """Something is decided about an objective; `mend` opens an action item."""
        review, by = found(team, week), word(request, team)
        due = None if said.due is None else acting.day(said.due)
        what = Decided(said.objective, said.choice, said.why.strip(), said.owner.strip(), due)
        try:
            review = reviewing.decide(context.site(), store, review, what, by)
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        return told(request, "review-decided", review)

    @router.post("/{team}/{week}/hold")
    def hold(request: Request, team: str, week: str, said: Held) -> Json:
        """It is over: the next one begins with what was decided."""
        review, by = found(team, week), word(request, team)
        return told(request, "review-held", reviewing.hold(store, review, by))

    return router
