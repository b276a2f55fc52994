"""`/charts/…`: what charts are drawn of, each as a spec, an image, a table, a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.journeys import Journey, Objective
from tabiji.language import _
from tabiji.runs import picturing
from tabiji.runs.viewing import durations, figures, rates
from tabiji.runs.viewing.standing import moment
from tabiji.web.charting import answer, period
from tabiji.web.context import Context
from tabiji.web.rendering import Page
from tabiji.windows import Rolling

RECENT = "now-7d"  # what is shown of what has no window of its own
DIGITS_MAX = 9  # of an incident's number


def routes(context: Context) -> APIRouter:
    """All charts."""
    router = APIRouter(include_in_schema=False)

    @router.get("/charts/objectives/{journey}/{objective}/{chart}.{form}")
    def objective(request: Request, journey: str, objective: str, chart: str, form: str) -> Response:
        page = Page(context, request)
        pair = _objective(page, journey, objective)
        start, end = _time(page, pair[1])
        asked = (page.site, context.store, pair, start, end, page.language, page.zone)
        match chart:
            case "burn-down":
                if not _has_time(page):
                    now = _moment(page)
                    own = figures.own_burn_down(page.site, context.store, pair, now, page.language, page.zone)
                    if own is not None:
                        return answer(page, form, own)
                return answer(page, form, figures.burn_down(*asked))
            case "bad":
                return answer(page, form, figures.bad(*asked))
            case "burn-rates":
                return answer(page, form, rates.burn_rates(*asked))
            case "latency":
                return answer(page, form, durations.of_objective(*asked))
        raise _no_chart(page, chart, "burn-down, bad, burn-rates, latency")

    @router.get("/charts/journeys/{journey}/{chart}.{form}")
    def journey(
        request: Request, journey: str, chart: str, form: str, step: Annotated[str | None, Query()] = None
    ) -> Response:
        page = Page(context, request)
        found = _journey(page, journey)
        start, end = period(page, RECENT if chart == "latency" else "now-28d")
        if chart == "bad":
            lanes = figures.lanes(page.site, context.store, found, start, end, page.language, page.zone)
            return answer(page, form, lanes)
        if chart == "latency":
            if step and step not in {one.name for one in found.steps}:
                page.missing(_("“{name}” is not a step of this journey.", name=step))
            shown = durations.of_journey(
                page.site, context.store, found, step or None, start, end, page.language, page.zone
            )
            return answer(page, form, shown)
        raise _no_chart(page, chart, "bad, latency")

    @router.get("/charts/incidents/{number}.{form}")
    def incident(request: Request, number: str, form: str) -> Response:
        page = Page(context, request)
        if not number.isascii() or not number.isdecimal() or len(number) > DIGITS_MAX:
            page.missing(_("“{name}” is not an incident.", name=number))
        try:
            found = picturing.figures(page.site, context.store, int(number), page.language, page.now)
        except UsageError as error:
            page.missing(str(error))
        if found is None:
            page.missing(
                _("There is nothing to be drawn of this incident: its minutes are not kept any more.")
            )
        return answer(page, form, found)

    @router.get("/charts/operations/{chart}.{form}")
    def operation(
        request: Request,
        chart: str,
        form: str,
        source: Annotated[str, Query()] = "",
        operation: Annotated[str | None, Query()] = None,
    ) -> Response:
        page = Page(context, request)
        start, end = period(page, RECENT)
        if chart not in ("traffic", "latency"):
            raise _no_chart(page, chart, "traffic, latency")
        of = figures.traffic if chart == "traffic" else durations.of_operation
        found = of(context.store, source, operation or None, start, end, page.zone)
        if found is None:
            page.missing(_("Nothing was counted of this operation."))
        return answer(page, form, found)

    @router.get("/charts/kept/{name}.{form}")
    def kept(request: Request, name: str, form: str) -> Response:
        page = Page(context, request)
        found = context.kept.find(name)
        if found is None:
            page.missing(_("This chart was made for a page, and is kept no longer. Load the page again."))
        return answer(page, form, found)

    return router


def _journey(page: Page, name: str) -> Journey:
    found = next((one for one in page.site.journeys if one.name == name), None)
    if found is None:
        page.missing(_("“{name}” is not a journey.", name=name))
    return found


def _objective(page: Page, journey: str, name: str) -> tuple[Journey, Objective]:
    found = _journey(page, journey)
    objective = next((one for one in found.objectives if one.name == name), None)
    if objective is None:
        page.missing(_("“{name}” is not an objective of this journey.", name=name))
    return found, objective


def _no_chart(page: Page, chart: str, known: str) -> HTTPException:
    return HTTPException(
        404, _("There is no chart “{name}” of it; there are {charts}.", name=chart, charts=known)
    )


def _has_time(page: Page) -> bool:
    return bool(page.request.query_params.get("from") or page.request.query_params.get("to"))


def _moment(page: Page) -> int:
    return moment(page.context.store.judging(), page.now // 60)


def _time(page: Page, objective: Objective) -> tuple[int, int]:
    """The minutes that are asked for; those of the objective's own window, where none are."""
    if _has_time(page):
        window = objective.window
        first = f"now-{window.minutes}m" if isinstance(window, Rolling) else "now-28d"
        return period(page, first)
    now = _moment(page)
    start, end = windows.bounds(objective.window, now)
    return min(start, end - 1), end
