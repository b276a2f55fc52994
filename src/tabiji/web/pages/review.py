"""`/reviews/{team}/{week}`: a meeting of 20 minutes, step by step: what dropped, why, who suffered, what is decided."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tabiji import actions, reviews
from tabiji.errors import StoreError, UsageError
from tabiji.language import _
from tabiji.reports import reviews as saying
from tabiji.reports.alerts import tier_name
from tabiji.reports.marks import KINDS
from tabiji.reviews import Decided, Finding, Followed, Review, Word
from tabiji.runs import reviewing
from tabiji.runs.viewing import review as viewing
from tabiji.runs.viewing.otherwise import Otherwise, otherwise
from tabiji.runs.viewing.standing import moment
from tabiji.store import Action, StaleAct
from tabiji.web.context import Context
from tabiji.web.events import Data, Listeners
from tabiji.web.pages.reviews import title
from tabiji.web.rendering import Page

Act = Literal["begin", "step", "note", "decide", "change", "withdraw", "concern", "follow", "hold", "reopen"]
ON_DROPS = ("mend", "watch", "loosen", "tighten", "correct", "nothing")
ON_TRIALS = ("agree", "drop", "watch", "loosen", "tighten")
CAUSES_MAX = 8  # drops whose causes are looked for


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms; and why it was not done."""

    act: Act
    objective: str = ""
    choice: str = ""
    text: str = ""
    reason: str = ""
    owner: str = ""
    due: str = ""
    suffered: str = ""
    name: str = ""
    leader: str = ""
    led_by: str = ""
    present: str = ""
    form: str = ""  # which of them
    fault: str | None = None


def routes(context: Context) -> APIRouter:
    """The page of a review, and the forms on it."""
    router, listeners = APIRouter(include_in_schema=False), Listeners(context)

    @router.get("/reviews/{team}/{week}")
    def shown(request: Request, team: str, week: str) -> Response:
        page = Page(context, request)
        return _page(page, _found(page, team, week))

    @router.get("/reviews/{team}/{week}/events")
    async def events(request: Request, team: str, week: str) -> StreamingResponse:
        """Tells open pages that somebody said something, so that all see it within a second."""
        found = await run_in_threadpool(lambda: _found(Page(context, request), team, week))
        last = found.last

        def look() -> tuple[int, Data]:
            nonlocal last
            try:
                newer = context.store.acts.of(reviews.KIND, subject=found.subject, after=last)
                last = newer[-1].number if newer else last
            except StoreError:
                pass  # what was known stays; the page says itself when the database is away
            return last, {"last": last}

        return listeners.stream(request, "said", look)

    @router.post("/reviews/{team}/{week}/{act}")
    def done(
        request: Request,
        team: str,
        week: str,
        act: Act,
        objective: Annotated[str, Form()] = "",
        choice: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        due: Annotated[str, Form()] = "",
        suffered: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        leader: Annotated[str, Form()] = "",
        led_by: Annotated[str, Form()] = "",
        present: Annotated[str, Form()] = "",
        form: Annotated[str, Form()] = "",
        step: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        found = _found(page, team, week)
        page.need(page.visitor.may_change(None if team == reviews.ALL else team))
        typed = Typed(
            act, objective, choice, text, reason, owner, due, suffered, name, leader, led_by, present, form
        )
        try:
            ACTS[act](page, found, typed, step)
        except (UsageError, StaleAct) as error:
            fault = Typed(**{**vars(typed), "fault": str(error)})
            return _page(page, found, fault, 409 if isinstance(error, StaleAct) else 422, step)
        about = {"objective": objective, "choice": choice, "text": text.strip()}
        page.audit(AUDITED[act], f"review {found.subject}", **{key: one for key, one in about.items() if one})
        # whoever is where all are stays with them; others stay where they are
        with_all = act in ("step", "begin", "hold") or step not in reviews.STEPS or step == found.step
        onward = "" if with_all else f"?step={step}"
        return page.see(f"/reviews/{found.subject}{onward}")

    return router


def _found(page: Page, team: str, week: str) -> Review:
    try:
        return reviewing.find(page.site, page.context.store, team, week)
    except UsageError as error:
        page.missing(str(error))


# What people do


def _word(page: Page) -> Word:
    return Word(page.visitor.name, page.now)


def _begin(page: Page, found: Review, typed: Typed, step: str) -> None:
    present = [one.strip() for one in re.split(r"[,、\n]", typed.present) if one.strip()]
    leader = typed.leader.strip() or page.visitor.name
    reviewing.begin(page.context.store, found, leader, typed.led_by, present, _word(page))


def _step(page: Page, found: Review, typed: Typed, step: str) -> None:
    reviewing.reach(page.context.store, found, step, _word(page))


def _note(page: Page, found: Review, typed: Typed, step: str) -> None:
    suffered = next((one for one in reviews.SUFFERED if one == typed.suffered), None)
    texts = (typed.text, "") if step == "why" else ("", typed.text)
    finding = Finding(typed.objective, texts[0].strip(), suffered, texts[1].strip())
    reviewing.note(page.site, page.context.store, found, finding, _word(page))


def _decide(page: Page, found: Review, typed: Typed, step: str) -> None:
    reviewing.decide(page.site, page.context.store, found, _decided(typed), _word(page))


def _change(page: Page, found: Review, typed: Typed, step: str) -> None:
    what, ordinal = _decided(typed), _ordinal(typed)
    reviewing.change(page.site, page.context.store, found, ordinal, what, typed.reason, _word(page))


def _withdraw(page: Page, found: Review, typed: Typed, step: str) -> None:
    reviewing.withdraw(page.context.store, found, _ordinal(typed), typed.reason, _word(page))


def _concern(page: Page, found: Review, typed: Typed, step: str) -> None:
    due = _day(typed.due)
    reviewing.raise_(page.context.store, found, typed.text, typed.owner, due, _word(page))


def _follow(page: Page, found: Review, typed: Typed, step: str) -> None:
    outcome = next((one for one in reviews.OUTCOMES if one == typed.choice), None)
    if outcome is None:
        raise UsageError(_("What became of it? Done, carried over, or dropped."))
    due = _day(typed.due) if outcome == "carried" else None
    what = Followed(typed.name, outcome, typed.text.strip(), _word(page), due)
    reviewing.follow(page.context.store, found, what)


def _hold(page: Page, found: Review, typed: Typed, step: str) -> None:
    reviewing.hold(page.context.store, found, _word(page))


def _reopen(page: Page, found: Review, typed: Typed, step: str) -> None:
    reviewing.reopen(page.context.store, found, typed.reason, _word(page))


def _decided(typed: Typed) -> Decided:
    choice = next((one for one in reviews.CHOICES if one == typed.choice), None)
    if choice is None:
        raise UsageError(_("What is decided? Choose one of the list."))
    return Decided(typed.objective, choice, typed.text.strip(), typed.owner.strip(), _day(typed.due))


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        message = _("`{text}` is not a day; write for example `2026-06-01`", text=text.strip()[:60])
        raise UsageError(message) from None


def _ordinal(typed: Typed) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", typed.name):
        raise UsageError(_("Which decision? Say its number."))
    return int(typed.name)


ACTS: Mapping[Act, Callable[[Page, Review, Typed, str], None]] = {
    "begin": _begin,
    "step": _step,
    "note": _note,
    "decide": _decide,
    "change": _change,
    "withdraw": _withdraw,
    "concern": _concern,
    "follow": _follow,
    "hold": _hold,
    "reopen": _reopen,
}
AUDITED: Mapping[Act, Action] = {
    "begin": "review-begun",
    "step": "review-noted",
    "note": "review-noted",
    "decide": "review-decided",
    "change": "review-decided",
    "withdraw": "review-decided",
    "concern": "review-noted",
    "follow": "review-noted",
    "hold": "review-held",
    "reopen": "review-reopened",
}


# What is to be seen


def _otherwise(page: Page, drops: Sequence[viewing.Row], week: viewing.Week) -> dict[str, list[Otherwise]]:
    wanted = [(one.journey, one.objective) for one in drops]
    return otherwise(page.site, page.context.store, wanted, week.start, week.end, os.environ)


def _page(
    page: Page, found: Review, typed: Typed | None = None, status: int = 200, step: str = ""
) -> Response:
    site, store = page.site, page.context.store
    week = viewing.week(site, found.week, moment(store.judging(), page.now // 60))
    if week is None:
        page.missing(_("This week has not begun."))
    asked = step or page.request.query_params.get("step", "")
    at = next((one for one in reviews.STEPS if one == asked), found.step)
    rows = viewing.rows(site, store, found.team, week)
    drops = [one for one in rows if one.reason is not None]
    titles = saying.objective_titles(site.journeys)
    before = reviewing.waiting(store, found)
    today = actions.today(page.now, site.timezone)
    place = reviews.STEPS.index(at)
    return page.html(
        "review.html",
        status=status,
        review=found,
        week=week,
        last_day=week.monday + timedelta(days=6),
        step=at,
        onward=reviews.STEPS[place + 1] if place + 1 < len(reviews.STEPS) else None,
        steps=saying.STEPS,
        rows=rows,
        drops=drops,
        causes=[viewing.causes(site, store, one, week) for one in drops[:CAUSES_MAX]] if at == "why" else [],
        beside=viewing.beside(site, store, found.team, week) if at == "users" else None,
        around=viewing.around(site, store, week) if at == "why" else None,
        otherwise=_otherwise(page, drops, week) if at == "decide" else {},
        trials=viewing.trials(site, store, found.team, week) if at == "decide" else [],
        before=before,
        items=reviewing.items(store),
        overdue=viewing.overdue(store, found.team, today) if at == "before" else (),
        notes=viewing.notes(site, store, found, rows, title(site, found.team)) if at == "end" else "",
        sentence=lambda one: saying.decision_sentence(one, titles),
        titles=titles,
        team=title(site, found.team),
        choices=saying.CHOICES,
        on_drops=ON_DROPS,
        on_trials=ON_TRIALS,
        suffered=saying.SUFFERED,
        outcomes=saying.OUTCOMES,
        reasons=saying.REASONS,
        led=saying.LED,
        mark_kinds=KINDS,
        tier_name=tier_name,
        due=today + timedelta(days=7),
        today=today,
        minutes=reviews.MINUTES,
        ends=None if found.began_at is None else found.began_at // 60 + reviews.MINUTES,
        may_change=page.visitor.may_change(None if found.team == reviews.ALL else found.team),
        typed=typed,
        standing=saying.standing_words,
    )
