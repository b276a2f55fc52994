"""`/api/v1/status`, `/gate`, `/policies`, `/check`: how objectives stand, and what follows from it."""

from __future__ import annotations

import functools
import os
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from tabiji import definitions
from tabiji.errors import DefinitionError
from tabiji.policies import Gate
from tabiji.reports import corrections_json, gate_json, ledger, status_json
from tabiji.reports.documents import Json
from tabiji.runs import agreeing, naming, recalling
from tabiji.runs.documents import coverage_json
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TIME, Names, Period, minute, period
from tabiji.web.context import Context


class StatusQuery(Names):
    """Which standings."""

    at: str = Field("now", max_length=NAME_LONGEST, description=TIME)
    window: list[str] = Field(
        [],
        max_length=20,
        description="Over these windows as well: `7d`, `month`, … Their states decide nothing.",
    )
    definitions: Literal["then", "now"] = Field(
        "then", description="For a moment of the past: those that it was judged by, or those of now."
    )


class HistoryQuery(Names, Period):
    """What policies did, of which objectives and when."""


def routes(context: Context) -> APIRouter:
    """How objectives stand."""
    router = APIRouter(tags=["standings"], responses=FAILURES)

    @router.get("/api/v1/status")
    def status(asked: Annotated[StatusQuery, Query()]) -> Json:
        """The standing of every objective, as `tabiji status --json` has it."""
        store, today = context.store, context.site()
        at = minute(context, asked.at)
        site = today
        if asked.definitions == "then":
            site = recalling.site_at(today, store, at, os.environ)
        viewed = [naming.window(one, site.timezone) for one in asked.window]
        judged = recalling.judge(site, store, at, naming.wanted(site, asked.name, asked.team), viewed)
        extent = store.extent()
        counted = functools.partial(recalling.counted, store.kept(), extent[0] if extent else None)
        teams = {journey.name: journey.team for journey in site.journeys}
        corrected = [
            corrections_json(dated, without)
            for dated, without in zip(judged.corrections, judged.uncorrected, strict=True)
        ]
        document = status_json(judged.standings, at * 60, teams, judged.views, corrected, counted)
        if not asked.name and asked.team is None:
            document["sources"] = [coverage_json(one) for one in judged.coverage]
        return document

    def asked_gate(names: list[str], team: str | None) -> tuple[Gate, int]:
        site = context.site()
        at = max(int(context.now()) // 60, context.store.judging().until_minute or 0)
        return agreeing.gate(site, context.store, naming.journeys(site, names, team), at), at * 60

    @router.get("/api/v1/gate")
    def gate(asked: Annotated[Names, Query()]) -> Json:
        """Whether deploying is in keeping with what was agreed, and why: `open`, with each reason."""
        found, at = asked_gate(asked.name, asked.team)
        return gate_json(found, at, context.site().timezone)

    closed: dict[int | str, dict[str, object]] = {
        409: {"description": "Deploying is not in keeping with what was agreed."}
    }

    @router.get("/gate/{journey}", responses=closed)
    def gate_of(journey: str) -> Response:
        """The same for one journey, for `curl --fail` in a deployment: 200 where it may go on, else 409."""
        naming.wanted(context.site(), [journey])
        found, at = asked_gate([journey], None)
        document = gate_json(found, at, context.site().timezone)
        return JSONResponse(document, 200 if found.open else 409)

    @router.get("/api/v1/policies/history")
    def history(asked: Annotated[HistoryQuery, Query()]) -> Json:
        """What the policies did, episode by episode, and who had agreed to it."""
        site = context.site()
        first, last = period(context, asked)
        ids = {one.id for _, one in naming.wanted(site, asked.name, asked.team)}
        everything = not asked.name and asked.team is None
        told = [
            one
            for one in recalling.ledger(site, context.store, os.environ)
            if (everything or one.episode.objective in ids)
            and (last is None or one.episode.began < last)
            and (first is None or one.episode.ended is None or one.episode.ended > first)
        ]
        return ledger.history_json(tuple(told))

    @router.get("/api/v1/check")
    def check() -> Json:
        """Every fault of the definitions as they stand in their files now; none where they are in force."""
        try:
            definitions.load(context.site().folder, os.environ)
        except DefinitionError as error:
            return {"faults": [asdict(fault) for fault in error.faults]}
        return {"faults": []}

    @router.get("/api/v1/schema/{file}")
    def schema(file: Literal["site", "journey", "policy"]) -> Json:
        """The JSON Schema of a kind of file, for editors."""
        return definitions.schema(file)

    return router
