"""`/api/v1/count`, `/lines`, `/simulate`: what was counted, its lines, and what other definitions say of it."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import Field

from tabiji import definitions
from tabiji.errors import DefinitionError, UsageError
from tabiji.expressions import ExpressionError
from tabiji.language import _
from tabiji.reports import count_json
from tabiji.reports.documents import Json
from tabiji.runs import exploring, naming, simulating
from tabiji.runs.documents import gone_json, line_json, simulation_json
from tabiji.runs.exploring import Gone
from tabiji.web import auditing
from tabiji.web.api.asked import FAILURES, NAME_LONGEST, TEXT_LONGEST, Asked, Period, minute, period
from tabiji.web.context import Context

ROWS_MAX = 100_000
LINES_MAX = 1000
LINES_SECONDS = 20.0
MINUTES_MAX = 400 * 1440  # of lines
EVERY_DAYS_MAX = {"1m": 7, "1h": 400}  # of rows by minute or hour; of days there are never many
TEXTS_MAX = 2_000_000  # letters of all files of a simulation


class CountQuery(Period):
    """What to count, by what."""

    by: str = Field("", max_length=NAME_LONGEST, description="Columns, such as `status,operation`.")
    every: Literal["1m", "1h", "1d"] | None = Field(None, description="By minute, hour or day as well.")
    where: str | None = Field(
        None, max_length=TEXT_LONGEST, description="A condition over the columns, such as `status >= 500`."
    )
    quantiles: str = Field("", max_length=NAME_LONGEST, description="Percentiles, such as `50,95,99`.")


class LinesQuery(Asked):
    """Which lines."""

    objective: str = Field(max_length=NAME_LONGEST, description="`journey/objective`.")
    start: str = Field(alias="from", max_length=NAME_LONGEST)
    end: str = Field(alias="to", max_length=NAME_LONGEST)
    bad: bool = Field(False, description="Only what spends the budget.")
    limit: int = Field(100, ge=1, le=LINES_MAX)


class Draft(Period):
    """Definitions as they would be."""

    files: dict[str, str] = Field(
        min_length=1,
        max_length=100,
        description="Path → text of a journey (in place of the one with its name), or of policies.",
    )


def routes(context: Context) -> APIRouter:
    """What was counted."""
    router = APIRouter(prefix="/api/v1", tags=["counts"], responses=FAILURES)

    @router.get("/count")
    def count(asked: Annotated[CountQuery, Query()]) -> Json:
        """Events by any columns, and by time: rows sorted by time, then columns, as `tabiji count --json`."""
        first, last = period(context, asked)
        columns = [column.strip() for column in asked.by.split(",") if column.strip()]
        if len(set(columns)) < len(columns):
            raise UsageError(_("a column is named twice"))
        percentiles = naming.percentiles(asked.quantiles)
        _refuse_too_long(context, asked.every, first, last)
        try:
            counts = exploring.count(
                context.site(),
                context.store,
                columns,
                every=asked.every,
                where=asked.where,
                first_minute=first,
                end_minute=last,
            )
        except ExpressionError as error:
            raise HTTPException(
                422,
                [{"type": "expression", "loc": ["query", "where", error.column], "msg": error.message}],
            ) from None
        if len(counts) > ROWS_MAX:
            raise UsageError(_("that would be {rows} rows; ask for less", rows=len(counts)))
        return count_json(counts, percentiles)

    @router.get("/lines")
    def lines(request: Request, asked: Annotated[LinesQuery, Query()]) -> Json:
        """The very log lines behind a number. `complete` is false where there is more, or it took too long."""
        if not request.state.visitor.may_read_lines:
            raise HTTPException(403, _("log lines can name customers: they are for members and admins"))
        journey, objective = naming.one(context.site(), asked.objective)
        first, last = minute(context, asked.start), minute(context, asked.end, up=True)
        if not 0 < last - first <= MINUTES_MAX:
            raise UsageError(_("`to` is not after `from`, or too long after it"))
        auditing.note(context, request, "lines-read", asked.objective)
        until = time.monotonic() + LINES_SECONDS
        shown: list[Json] = []
        gone: list[Json] = []
        complete = True
        found = exploring.lines(
            context.site(),
            context.store,
            journey,
            objective,
            bad=asked.bad,
            first_minute=first,
            end_minute=last,
        )
        for one in found:
            if isinstance(one, Gone):
                gone.append(gone_json(one))
                continue
            if len(shown) == asked.limit or time.monotonic() > until:
                complete = False
                break
            shown.append(line_json(one))
        return {"lines": shown, "gone": gone, "complete": complete}

    @router.post("/simulate")
    def simulate(draft: Draft) -> Json:
        """Definitions as they are against those of these files, on the past; no log is read."""
        if sum(map(len, draft.files.values())) > TEXTS_MAX:
            raise UsageError(_("these files are too long"))
        site, store = context.site(), context.store
        known = dict(site.files)
        files = simulating.changed(known, draft.files)
        if files[definitions.SITE] != known[definitions.SITE]:  # it can name what only the server knows
            raise UsageError(
                _("a tabiji.yaml is tried out by `tabiji simulate`, where its variables are known")
            )
        try:
            new = definitions.load(site.folder, os.environ, files)
        except DefinitionError as error:
            faults = [
                {**asdict(one), "type": "definition", "loc": ["body", "files", one.path]}
                for one in error.faults
            ]
            raise HTTPException(422, [{"msg": one.pop("message"), **one} for one in faults]) from None
        if store.extent() is None:
            raise UsageError(_("nothing has been counted yet"))
        minutes = simulating.within(store, *period(context, draft))
        if minutes is None:
            raise UsageError(_("no minutes are kept of that time"))
        return simulation_json(simulating.simulate(site, new, store, *minutes), *minutes)

    return router


def _refuse_too_long(context: Context, every: str | None, first: int | None, last: int | None) -> None:
    """Raises UsageError where there would be more rows by time than anybody looks at."""
    days, extent = EVERY_DAYS_MAX.get(every or ""), context.store.extent()
    if days is None or extent is None:
        return
    begin = extent[0] if first is None else max(first, extent[0])
    end = extent[1] + 1 if last is None else min(last, extent[1] + 1)
    if end - begin > days * 1440:
        raise UsageError(
            _("by `{every}`, at most {days} days can be counted: say from when on", every=every, days=days)
        )
