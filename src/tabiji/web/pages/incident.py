"""`/incidents/{number}`: what happened to users, what was done about it, and all that people can do or say now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from tabiji import actions
from tabiji.actions import Item
from tabiji.errors import UsageError
from tabiji.incidents import ROLES, Incident, Part, Role
from tabiji.language import N_, _, current, listed
from tabiji.postmortems import Postmortem
from tabiji.reports.actions import STATES
from tabiji.reports.alerts import ENDINGS, tier_name
from tabiji.reports.incidents import STAGES
from tabiji.reports.ledger import history_sentences
from tabiji.reports.marks import KINDS
from tabiji.reports.numbers import percents
from tabiji.reports.postmortems import CAUSES
from tabiji.reports.postmortems import STAGES as WRITTEN
from tabiji.reports.saying import Scene, Words
from tabiji.runs import acting, intervening, learning
from tabiji.runs.intervening import Word
from tabiji.runs.viewing import incident as viewing
from tabiji.runs.viewing.actions import Asked, asked_for
from tabiji.store import Posted, StaleAct, StaleIncident
from tabiji.web.context import Context
from tabiji.web.pages.actions import LOOKS
from tabiji.web.pages.incidents import TEXT_LONGEST
from tabiji.web.pages.moments import NOTICED, minute_of
from tabiji.web.rendering import Page
from tabiji.windows import HOUR

Act = Literal["acknowledge", "own", "note", "cause", "detect", "close", "reopen", "merge", "split"]
DELIVERED: Mapping[str, str] = {
    "pending": N_("waiting"),
    "sent": N_("delivered"),
    "dead": N_("given up"),
    "superseded": N_("left out for a newer one"),
}


@dataclass(frozen=True)
class Typed:
    """What somebody typed into one of the forms; and why it was not done."""

    act: Act
    person: str = ""
    role: str = ""
    at: str = ""
    by: str = ""
    other: str = ""
    cause: str = ""
    text: str = ""
    seen: str = ""
    fault: str | None = None


def routes(context: Context) -> APIRouter:
    """The page of an incident, and the forms on it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/incidents/{number}")
    def shown(request: Request, number: int) -> Response:
        return _page(Page(context, request), number)

    @router.post("/incidents/{number}/{act}")
    def done(
        request: Request,
        number: int,
        act: Act,
        person: Annotated[str, Form()] = "",
        role: Annotated[str, Form()] = "",
        at: Annotated[str, Form()] = "",
        by: Annotated[str, Form()] = "",
        other: Annotated[str, Form()] = "",
        cause: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        found = _found(page, number)
        page.need(page.visitor.may_change(_team(page, found)))
        typed = Typed(act, person, role, at, by, other, cause, text.strip(), seen)
        facts = context.store.incident_facts(number)
        if act not in ("note", "cause") and seen and seen != viewing.stamp(found, facts):
            return _page(page, number, typed, 409)
        try:
            if len(text) > TEXT_LONGEST:
                raise UsageError(_("That is too long; {n} characters are the most.", n=TEXT_LONGEST))
            going_on = ACTS[act](page, found, typed)
        except (StaleIncident, StaleAct):
            return _page(page, number, typed, 409)
        except UsageError as error:
            return _page(page, number, Typed(**{**vars(typed), "fault": str(error)}), 422)
        return page.see(f"/incidents/{going_on}")

    return router


def _found(page: Page, number: int) -> Incident:
    try:
        return intervening.find(page.context.store, number)
    except UsageError:
        page.missing(_("There is no incident {number}.", number=number))


def _team(page: Page, incident: Incident) -> str | None:
    """Of a journey that is not defined any more: nobody's, so every member's."""
    return next((one.team for one in page.site.journeys if one.name == incident.journey), None)


# What people do: each gives the number of the incident to go on with


def _word(page: Page, typed: Typed) -> Word:
    return Word(page.visitor.name, page.now, typed.text)


def _acknowledge(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    before = intervening.acknowledge(page.context.store, number, _word(page, typed))
    if before is None:
        page.audit("incident-acknowledged", f"incident {number}", text=typed.text)
    return number


def _own(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    role: Role | None = next((one for one in ROLES if one == typed.role), None)
    if role is None and typed.role != "none":
        raise UsageError(_("In charge, helping, or no part any more: say which."))
    person = typed.person.strip() or page.visitor.name
    if intervening.own(page.context.store, number, person, role, _word(page, typed)):
        page.audit("incident-owned", f"incident {number}", person=person, role=role, text=typed.text)
    return number


def _note(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    if not typed.text:
        raise UsageError(_("The note is empty."))
    intervening.note(page.context.store, number, _word(page, typed))
    page.audit("incident-noted", f"incident {number}", text=typed.text)
    return number


def _cause(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    kind = next((one for one in CAUSES if one == typed.cause), None)
    if kind is None and typed.cause:
        raise UsageError(_("What kind of cause was it? Choose one of the list."))
    if learning.cause(page.context.store, number, kind, _word(page, typed)):
        page.audit("incident-cause-said", f"incident {number}", cause=kind, text=typed.text)
    return number


def _detect(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    by = next((one for one in NOTICED if one == typed.by), None)
    if by is None:
        raise UsageError(_("Who noticed? One of us, a customer who asked, or an alert elsewhere."))
    minute = minute_of(page, typed.at)
    intervening.detect(page.site, page.context.store, number, minute, by, _word(page, typed))
    page.audit("incident-detected", f"incident {number}", by=by, minute=minute, text=typed.text)
    return number


def _close(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    minute = minute_of(page, typed.at)
    intervening.close(page.site, page.context.store, number, minute, _word(page, typed))
    page.audit("incident-closed", f"incident {number}", minute=minute, text=typed.text)
    return number


def _reopen(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    intervening.reopen(page.site, page.context.store, number, _word(page, typed))
    page.audit("incident-reopened", f"incident {number}", text=typed.text)
    return number


def _merge(page: Page, found: Incident, typed: Typed) -> int:
    number, other = found.number or 0, typed.other.strip()
    if not other.isascii() or not other.isdecimal() or len(other) > 9:
        raise UsageError(_("With which incident? Say its number."))
    intervening.merge(page.site, page.context.store, number, int(other), _word(page, typed))
    page.audit("incident-merged", f"incident {number}", other=int(other), text=typed.text)
    return number


def _split(page: Page, found: Incident, typed: Typed) -> int:
    number = found.number or 0
    if not typed.at.strip():
        raise UsageError(_("From when on is it another incident? Say a time."))
    minute = minute_of(page, typed.at)
    new = intervening.split(page.site, page.context.store, number, minute, _word(page, typed))
    page.audit("incident-split", f"incident {number}", minute=minute, new=new, text=typed.text)
    return new


ACTS: Mapping[Act, Callable[[Page, Incident, Typed], int]] = {
    "acknowledge": _acknowledge,
    "own": _own,
    "note": _note,
    "cause": _cause,
    "detect": _detect,
    "close": _close,
    "reopen": _reopen,
    "merge": _merge,
    "split": _split,
}


# What is to be seen


def shares(parts: Sequence[Part]) -> list[str]:
    """What each part has of all that failed, as shares that add up."""
    found = percents([one.bad for one in parts])
    return [one.replace(" %", "%") for one in found] if current() == "ja" else found


def receivers(posts: Sequence[Posted]) -> list[str]:
    """Who got a message, each once."""
    return list(dict.fromkeys(one.message.receiver for one in posts))


def _todo(page: Page, number: int) -> list[Item]:
    """What it left to be done, and its post-mortem, too."""
    every, today = acting.every(page.context.store), actions.today(page.now, page.zone)
    asked = Asked(state="all", which=str(number))
    of_it = [one for one in every if one.wanted.origin in ("incident", "post-mortem")]
    return asked_for(of_it, asked, today)


def _learnt(page: Page, number: int) -> Postmortem | None:
    """The post-mortem, where there is one that this visitor may read."""
    found = learning.of(page.context.store, number)
    return found if found is not None and (found.versions or page.visitor.may_read_lines) else None


def _letters(page: Page, found: viewing.View) -> int:
    """How many enquiries about its journey came while it lasted, and in the hour after."""
    first, end = found.started * 60, (found.last_minute + HOUR) * 60
    journey = found.incident.journey
    return sum(
        one.amount for one in page.context.store.signals.between(first, end, "enquiry", journey=journey)
    )


def _page(page: Page, number: int, typed: Typed | None = None, status: int = 200) -> Response:
    _found(page, number)
    site = page.site
    found = viewing.view(site, page.context.store, number, page.language)
    scene = Scene(site, found.until_minute)
    words = Words(scene, page.language, scene.journeys, scene.objectives)
    measured = found.incident.measured
    parts = {
        "steps": measured.steps if measured else (),
        "operations": tuple(one for one in measured.operations if one.bad) if measured else (),
    }
    return page.html(
        "incident.html",
        status=status,
        facts=found,
        words=words,
        parts_of={
            name: list(zip(some, shares(some), strict=True))
            for name, some in parts.items()
            if any(one.bad for one in some)
        },
        listed=listed,
        receivers=receivers,
        steps={} if found.journey is None else {one.name: one.title for one in found.journey.steps},
        tier_name=tier_name,
        endings=ENDINGS,
        mark_kinds=KINDS,
        noticed=NOTICED,
        stages=STAGES,
        delivered=DELIVERED,
        policies=[(one, history_sentences(one, found.until_minute, page.zone)) for one in found.policies],
        letters=_letters(page, found),
        todo=_todo(page, number),
        today=actions.today(page.now, page.zone),
        todo_states=STATES,
        todo_looks=LOOKS,
        may_change=page.visitor.may_change(_team(page, found.incident)),
        learnt=_learnt(page, number),
        learnt_stages=WRITTEN,
        causes=CAUSES,
        cause=learning.causes(page.context.store, drafts=page.visitor.may_read_lines).get(number),
        typed=typed,
        meanwhile=viewing.since(typed.seen, found.facts) if typed is not None and status == 409 else (),
        is_stale=status == 409,
    )
