"""`/api/v1/mission`: what we are here for, in versions, and what serves each line; and the next version."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji import missions
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.missions import NAME_LONGEST, WHY_LONGEST
from tabiji.reports.documents import Json
from tabiji.reports.mission import difference_json, history_json
from tabiji.runs import acting, stating
from tabiji.runs.documents import mission_document
from tabiji.runs.viewing.mission import mission
from tabiji.store import StaleAct
from tabiji.web import auditing
from tabiji.web.api.asked import CONTESTED, TEXT_LONGEST, TIME, Asked, minute
from tabiji.web.api.asked import NAME_LONGEST as ASKED_LONGEST
from tabiji.web.context import Context

NTH = "The number of a version; the first is 1."


class MissionQuery(Asked):
    """Which version."""

    at: str | None = Field(None, max_length=ASKED_LONGEST, description=f"As it was then. {TIME}")
    version: int | None = Field(None, ge=1, lt=2**31, description=NTH)


class DifferenceQuery(Asked):
    """Which two versions."""

    before: int = Field(alias="from", ge=1, lt=2**31, description=NTH)
    after: int | None = Field(None, alias="to", ge=1, lt=2**31, description=f"{NTH} The last without it.")


class Written(Asked):
    """The next version."""

    text: str = Field(
        max_length=TEXT_LONGEST * 4,
        description="As `tabiji mission --as-text` prints it: headings, and a line a line.",
    )
    agreed_with: str = Field("", max_length=NAME_LONGEST, description="Such as the head of the organisation.")
    why: str = Field("", max_length=WHY_LONGEST, description="Why it is another now; it is kept.")
    seen: int | None = Field(
        None,
        ge=0,
        lt=2**31,
        description="`last` of the version that was read: where there is a newer one, the answer is 409.",
    )


def routes(context: Context) -> APIRouter:
    """What we are here for."""
    router = APIRouter(prefix="/api/v1/mission", tags=["mission"], responses=CONTESTED)
    store = context.store

    @router.get("")
    def shown(asked: Annotated[MissionQuery, Query()]) -> Json:
        """The mission, as `tabiji mission --json`."""
        until = None if asked.at is None else minute(context, asked.at) * 60
        versions = stating.versions(store, until)
        if asked.version is not None:
            stating.version(versions, asked.version)
        return mission_document(mission(versions, acting.every(store, until), asked.version))

    @router.get("/history")
    def history() -> Json:
        """All versions, as `tabiji mission history --json`."""
        return history_json(stating.versions(store))

    @router.get("/difference")
    def difference(asked: Annotated[DifferenceQuery, Query()]) -> Json:
        """What became of each line, as `tabiji mission diff --json`."""
        versions = stating.versions(store)
        old = stating.version(versions, asked.before)
        new = stating.version(versions, asked.after or len(versions))
        return difference_json(old, new, missions.difference(old.lines, new.lines))

    @router.post("", status_code=201)
    def write(request: Request, said: Written) -> Json:
        """Writes the next version."""
        visitor = request.state.visitor
        if not visitor.may_change(None):
            raise HTTPException(403, _("the mission is written by members of teams and by admins"))
        before = stating.versions(store)
        lines, faults = missions.read(said.text, before)
        if faults:
            raise UsageError(
                "\n".join(_("line {n}: {fault}", n=number, fault=fault) for number, fault in faults)
            )
        try:
            version = stating.write(
                store, lines, visitor.name, int(context.now()), said.agreed_with, said.why, said.seen
            )
        except StaleAct as error:
            raise HTTPException(409, str(error)) from None
        details = {"agreed_with": said.agreed_with.strip(), "text": said.why.strip()}
        auditing.note(context, request, "mission-written", "mission", version=version.nth, **details)
        return mission_document(mission(stating.versions(store), acting.every(store)))

    return router
