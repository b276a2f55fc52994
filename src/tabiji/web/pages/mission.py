"""`/mission`: what we are here for, in versions, and what serves it; what changed between two; the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from tabiji import missions
from tabiji.errors import UsageError
from tabiji.language import N_, _
from tabiji.missions import LINE_LONGEST, NAME_LONGEST, SECTIONS, WHY_LONGEST, Section, Version
from tabiji.reports.mission import CHANGES
from tabiji.reports.mission import SECTIONS as HEADS
from tabiji.runs import acting, stating
from tabiji.runs.viewing.mission import mission
from tabiji.store import StaleAct
from tabiji.web.context import Context
from tabiji.web.rendering import Page

Said = Annotated[str, Form()]
ASKS: Mapping[Section, str] = {
    "mission": N_("What is SRE here for? What users can rely on, and how teams come to keep it themselves."),
    "vision": N_("What will be so in a few years, if we do this well?"),
    "sre": N_("What a team gets: help with targets, a review each week, an answer within a day …"),
    "teams": N_("What a team does: owns its promises, holds reviews, sees to what was decided …"),
}


def routes(context: Context) -> APIRouter:
    """The mission, its versions, and the form that writes the next."""
    router = APIRouter(include_in_schema=False)

    @router.get("/mission")
    def shown(request: Request, version: int | None = None) -> Response:
        page = Page(context, request)
        versions = stating.versions(context.store)
        if version is not None:
            _version(page, versions, version)
        found = mission(versions, acting.every(context.store), version)
        return page.html(
            "mission.html",
            _words(page),
            facts=found,
            sections=[one for one in SECTIONS if found.of(one)],
        )

    @router.get("/mission/difference")
    def difference(
        request: Request,
        before: int | None = None,
        after: int | None = None,
    ) -> Response:
        page = Page(context, request)
        versions = stating.versions(context.store)
        if not versions:
            page.missing(_("No mission is written down yet."))
        new = _version(page, versions, len(versions) if after is None else after)
        old = _version(page, versions, max(new.nth - 1, 1) if before is None else before)
        changes = missions.difference(old.lines, new.lines)
        return page.html(
            "mission_difference.html",
            _words(page),
            versions=versions,
            old=old,
            new=new,
            sections=[(one, [each for each in changes if each.section == one]) for one in SECTIONS],
            changes=CHANGES,
            is_other=any(one.kind != "kept" for one in changes),
        )

    @router.get("/mission/edit")
    def form(request: Request) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(None))
        versions = stating.versions(context.store)
        lines = versions[-1].lines if versions else ()
        typed: dict[str, str] = {
            section: "\n".join(missions.marked(one) for one in lines if one.section == section)
            for section in SECTIONS
        }
        return _form(page, versions, typed)

    @router.post("/mission")
    def written(
        request: Request,
        mission: Said = "",
        vision: Said = "",
        sre: Said = "",
        teams: Said = "",
        agreed_with: Said = "",
        why: Said = "",
        seen: Said = "",
    ) -> Response:
        page = Page(context, request)
        page.need(page.visitor.may_change(None))
        texts: Mapping[Section, str] = {"mission": mission, "vision": vision, "sre": sre, "teams": teams}
        typed: dict[str, str] = {
            **{str(name): text for name, text in texts.items()},
            "agreed_with": agreed_with,
            "why": why,
        }
        versions = stating.versions(context.store)
        last = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
        # the places of all rows, so that a fault can be said beside its section and line
        rows = [
            (SECTIONS.index(section) * 1000 + number, section, row.strip())
            for section, text in texts.items()
            for number, row in enumerate(text.replace("\r\n", "\n").split("\n"), 1)
            if row.strip()
        ]
        lines, faults = missions.gathered(rows, versions)
        if faults:
            return _form(
                page, versions, typed, [_placed(number, fault) for number, fault in faults], 422, seen=last
            )
        if last != (versions[-1].number if versions else 0):
            return _form(page, versions, typed, status=409, seen=last)
        try:
            version = stating.write(context.store, lines, page.visitor.name, page.now, agreed_with, why, last)
        except StaleAct:
            return _form(page, stating.versions(context.store), typed, status=409, seen=last)
        except UsageError as error:
            return _form(page, versions, typed, [(None, str(error))], 422, seen=last)
        page.audit(
            "mission-written",
            "mission",
            version=version.nth,
            agreed_with=agreed_with.strip(),
            text=why.strip(),
        )
        return page.see("/mission")

    return router


def _placed(number: int, fault: str) -> tuple[Section | None, str]:
    section = SECTIONS[min(number // 1000, len(SECTIONS) - 1)]
    return section, _("line {n}: {fault}", n=number % 1000, fault=fault)


def _form(
    page: Page,
    versions: list[Version],
    typed: Mapping[str, str],
    faults: list[tuple[Section | None, str]] | None = None,
    status: int = 200,
    seen: int | None = None,
) -> Response:
    """The form; where somebody else has written meanwhile, what they changed is told, and sending it again is meant."""
    last = versions[-1] if versions else None
    was = next((one for one in versions if one.number == seen), None)
    stale = status == 409 and last is not None
    changes = missions.difference(was.lines if was else (), last.lines) if stale and last else []
    return page.html(
        "mission_edit.html",
        _words(page),
        status=status,
        typed={"agreed_with": "", "why": "", **typed},
        faults=faults or [],
        seen=last.number if last else 0,
        last=last,
        is_stale=stale,
        meanwhile=[one for one in changes if one.kind != "kept"],
        asks=ASKS,
        changes=CHANGES,
        all_sections=SECTIONS,
        name_longest=NAME_LONGEST,
        why_longest=WHY_LONGEST,
        line_longest=LINE_LONGEST,
    )


def _version(page: Page, versions: list[Version], nth: int) -> Version:
    try:
        return stating.version(versions, nth)
    except UsageError as error:
        page.missing(str(error))


def _words(page: Page) -> dict[str, object]:
    return {"heads": HEADS, "may_write": page.visitor.may_change(None)}
