"""`/postmortems`: what was learnt, searched; `/postmortems/{number}`: one, written together, then published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import PlainTextResponse

from tabiji import postmortems
from tabiji.actions import Wanted
from tabiji.errors import UsageError
from tabiji.incidents import Incident
from tabiji.language import _, listed
from tabiji.postmortems import NEEDED, SECTIONS, Words
from tabiji.reports.actions import STATES as ACTION_STATES
from tabiji.reports.alerts import ENDINGS, tier_name
from tabiji.reports.incidents import STAGES as TOLD
from tabiji.reports.marks import KINDS
from tabiji.reports.postmortems import CAUSES, HEADINGS, QUESTIONS, STAGES, field_name, users_sentence
from tabiji.reports.saying import Scene
from tabiji.reports.saying import Words as Saying
from tabiji.runs import acting, intervening, learning
from tabiji.runs.intervening import Word
from tabiji.runs.viewing import postmortem as one_view
from tabiji.runs.viewing import postmortems as viewing
from tabiji.store import Action, StaleAct
from tabiji.web.context import Context
from tabiji.web.pages.actions import LOOKS
from tabiji.web.pages.incident import receivers, shares
from tabiji.web.pages.incidents import TEXT_LONGEST, naming_fault
from tabiji.web.pages.moments import NOTICED
from tabiji.web.rendering import Page

Act = Literal["draft", "edit", "preview", "submit", "return", "publish", "action"]
BYTES_MAX = 64 << 20  # of lines that are read while somebody waits for the page
QUERY_LONGEST = 200
DONE: dict[str, Action] = {
    "draft": "postmortem-drafted",
    "edit": "postmortem-edited",
    "submit": "postmortem-submitted",
    "return": "postmortem-returned",
    "publish": "postmortem-published",
}


@dataclass(frozen=True, slots=True)
class ToDo:
    """An action item as somebody typed it; and why it was not opened."""

    title: str
    owner: str
    due: str
    detail: str
    fault: str | None = None


def routes(context: Context) -> APIRouter:
    """The list, and each of them."""
    router = APIRouter(include_in_schema=False)

    @router.get("/postmortems")
    def found(request: Request) -> Response:
        return _list(Page(context, request))

    @router.get("/postmortems/{number}.md")
    def exported(request: Request, number: int) -> Response:
        page = Page(context, request)
        _readable(page, number)
        retold = one_view.view(
            page.site, context.store, number, page.language, page.now, draft=page.visitor.may_read_lines
        )
        text = one_view.markdown(retold, page.site, page.language)
        file = f"postmortem-{number}.md"
        return PlainTextResponse(
            text,
            media_type="text/markdown",
            headers={"Content-Disposition": f"attachment; filename={file}", "Cache-Control": "no-store"},
        )

    @router.get("/postmortems/{number}")
    def shown(request: Request, number: int) -> Response:
        page = Page(context, request)
        return _page(page, number, editing="edit" in page.request.query_params)

    @router.post("/postmortems/{number}/{act}")
    def done(
        request: Request,
        number: int,
        act: Act,
        title: Annotated[str, Form()] = "",
        cause: Annotated[str, Form()] = "",
        lead: Annotated[str, Form()] = "",
        summary: Annotated[str, Form()] = "",
        users: Annotated[str, Form()] = "",
        timeline: Annotated[str, Form()] = "",
        why: Annotated[str, Form()] = "",
        well: Annotated[str, Form()] = "",
        lucky: Annotated[str, Form()] = "",
        change: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        due: Annotated[str, Form()] = "",
    ) -> Response:
        page = Page(context, request)
        incident = _incident(page, number)
        page.need(page.visitor.may_change(_team(page, incident)))
        texts = (summary, users, timeline, why, well, lucky, change)
        body: dict[str, object] = {
            name: one.replace("\r\n", "\n").strip() for name, one in zip(SECTIONS, texts, strict=True)
        }
        words = postmortems.edited(
            Words(), {**body, "title": title.strip(), "cause": cause, "lead": lead.strip()}
        )
        if act == "preview":
            return _page(page, number, words, seen=seen, editing=True, previewed=True)
        if act == "action":
            return _opened(page, number, ToDo(title.strip(), owner.strip(), due.strip(), text.strip()))
        typed = words if act == "edit" else None
        try:
            if len(text) > TEXT_LONGEST:
                raise UsageError(_("That is too long; {n} characters are the most.", n=TEXT_LONGEST))
            _do(page, number, act, words, Word(page.visitor.name, page.now, text.strip()), _seen(seen))
        except StaleAct:
            return _page(page, number, typed, stale=True, editing=typed is not None, status=409)
        except UsageError as error:
            return _page(
                page, number, typed, seen=seen, fault=str(error), editing=typed is not None, status=422
            )
        page.audit(DONE[act], f"incident {number}")
        return page.see(f"/postmortems/{number}" + ("?edit=1" if act == "draft" else ""))

    return router


def _opened(page: Page, number: int, wanted: ToDo) -> Response:
    """Opens an action item; what is wrong with it is said beside its form."""
    try:
        day = acting.day(wanted.due) if wanted.due else None
        asked = Wanted(wanted.title, wanted.detail, owner=wanted.owner or None, due=day)
        word = Word(page.visitor.name, page.now)
        item = learning.open_item(page.site, page.context.store, number, asked, word)
    except UsageError as error:
        return _page(page, number, wanted=replace(wanted, fault=str(error)), status=422)
    page.audit("action-opened", f"action {item.number}", title=item.wanted.title)
    return page.see(f"/postmortems/{number}#actions")


def _do(page: Page, number: int, act: Act, words: Words, word: Word, seen: int | None) -> None:
    store = page.context.store
    if act == "draft":
        learning.draft(page.site, store, number, word, BYTES_MAX)
    elif act == "edit":
        learning.edit(store, number, words, word, seen)
    elif act == "submit":
        learning.submit(store, number, word, seen)
    elif act == "return":
        learning.hand_back(store, number, word, seen)
    else:
        learning.publish(store, number, word, seen)


def _seen(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 12 else None


def _incident(page: Page, number: int) -> Incident:
    try:
        return intervening.find(page.context.store, number)
    except UsageError:
        page.missing(_("There is no incident {number}.", number=number))


def _team(page: Page, incident: Incident) -> str | None:
    return next((one.team for one in page.site.journeys if one.name == incident.journey), None)


def _readable(page: Page, number: int) -> None:
    """Answers 404 where there is nothing that this visitor may read: drafts are for members."""
    _incident(page, number)
    found = learning.of(page.context.store, number)
    if found is None or not (found.versions or page.visitor.may_read_lines):
        page.missing(_("There is no post-mortem of incident {number}.", number=number))


def _page(
    page: Page,
    number: int,
    words: Words | None = None,
    *,
    seen: str = "",
    fault: str | None = None,
    stale: bool = False,
    editing: bool = False,
    previewed: bool = False,
    wanted: ToDo | None = None,
    status: int = 200,
) -> Response:
    incident = _incident(page, number)
    may_change = page.visitor.may_change(_team(page, incident))
    drafts = page.visitor.may_read_lines
    retold = one_view.view(
        page.site, page.context.store, number, page.language, page.now, words, draft=drafts
    )
    found = retold.postmortem
    facts = retold.facts
    scene = Scene(page.site, facts.until_minute)
    saying = Saying(scene, page.language, scene.journeys, scene.objectives)
    measured = facts.incident.measured
    parts = {
        "steps": measured.steps if measured else (),
        "operations": tuple(one for one in measured.operations if one.bad) if measured else (),
    }
    readable = found is not None and (drafts or bool(found.versions))
    return page.html(
        "postmortem.html",
        status=status,
        retold=retold,
        found=found,
        readable=readable,
        said=retold.words,
        title=one_view.title(retold, saying),
        facts=facts,
        words=saying,
        parts_of={
            name: list(zip(some, shares(some), strict=True))
            for name, some in parts.items()
            if any(one.bad for one in some)
        },
        listed=listed,
        receivers=receivers,
        steps={} if facts.journey is None else {one.name: one.title for one in facts.journey.steps},
        tier_name=tier_name,
        endings=ENDINGS,
        mark_kinds=KINDS,
        noticed=NOTICED,
        stages=TOLD,
        sections=SECTIONS,
        needed=NEEDED,
        headings=HEADINGS,
        questions=QUESTIONS,
        causes=CAUSES,
        standings=STAGES,
        lacking=[field_name(one) for one in postmortems.lacking(retold.words)],
        users=users_sentence(found.users if found else None),
        may_change=may_change and incident.merged_into is None,
        editing=editing and may_change and found is not None,
        previewed=previewed,
        seen=seen or (str(found.seen) if found else ""),
        fault=fault,
        is_stale=stale,
        typed=None,
        wanted=wanted,
        action_states=ACTION_STATES,
        looks=LOOKS,
    )


def _list(page: Page) -> Response:
    query = page.request.query_params
    asked = viewing.Asked(
        query=query.get("q", "")[:QUERY_LONGEST].replace("\0", "").strip(),
        journey=query.get("journey") or None,
        team=query.get("team") or None,
        cause=next((one for one in CAUSES if one == query.get("cause")), None),
        stage=next((one for one in STAGES if one == query.get("stage")), None),
        drafts=page.visitor.may_read_lines,
    )
    if asked.journey is not None and asked.journey not in {one.name for one in page.site.journeys}:
        naming_fault(page, asked.journey)
    found = viewing.listing(page.site, page.context.store, asked)
    scene = Scene(page.site, page.now // 60)
    return page.html(
        "postmortems.html",
        found=found,
        asked=asked,
        words=Saying(scene, page.language, scene.journeys, scene.objectives),
        causes=CAUSES,
        standings=STAGES,
    )
