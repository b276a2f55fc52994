"""The figures of a chart and the form that is asked for → a spec for browsers, an image, a table, a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast, get_args

from fastapi import HTTPException, Response
from fastapi.responses import JSONResponse

from tabiji import charts, drawing, windows
from tabiji.charts import (
    BadFigures,
    BudgetFigures,
    BurnFigures,
    ComparisonFigures,
    Figures,
    IncidentFigures,
    LaneFigures,
    LatencyFigures,
    Looks,
    Theme,
    TrendFigures,
)
from tabiji.charts.frames import WIDTH, WIDTHS
from tabiji.language import N_, _
from tabiji.runs import tabling
from tabiji.web.rendering import DAYS_MAX, Page

Form = Literal["json", "svg", "png", "csv", "html"]
FORMS: tuple[Form, ...] = get_args(Form)
SHORT = {"Cache-Control": "private, max-age=60"}
SEEN: Mapping[
    type, tuple[str, str]
] = {  # what a chart is called where it stands alone, and what to see in it
    BudgetFigures: (
        N_("How the error budget was spent"),
        N_(
            "The line falls whenever users suffer. The dotted line is a budget that is spent evenly and just "
            "lasts; at 0 % nothing is left."
        ),
    ),
    BadFigures: (
        N_("How much was bad, and of how many"),
        N_(
            "Bars are the share of attempts that went wrong; the dashed line is the most that was promised. "
            "Below them: how many attempts there were."
        ),
    ),
    BurnFigures: (
        N_("How fast the budget burns"),
        N_(
            "At a burn rate of 1 the budget lasts exactly as long as its window. Where bars reach the dashed "
            "line, and the failures still go on, somebody is told."
        ),
    ),
    LatencyFigures: (
        N_("How long it took"),
        N_(
            "Each column is a time: the stronger the colour, the more of its events took so long. Half of them "
            "stay below p50, 95 of 100 below p95, 99 of 100 below p99."
        ),
    ),
    LaneFigures: (
        N_("Each promise by itself"),
        N_(
            "Bars are what was bad, as times of what may be bad: those above the dashed line spend more of "
            "the error budget than they may."
        ),
    ),
    ComparisonFigures: (
        N_("As it is, and as changed"),
        N_(
            "Grey bars are the present definition, the blue line the changed one; below are the alerts of both."
        ),
    ),
    IncidentFigures: (
        N_("How it went"),
        N_(
            "Bars are the share of attempts that went wrong, the dashed line the most that was promised. The "
            "shaded time is the incident; grey times have no data."
        ),
    ),
    TrendFigures: (
        N_("Incidents, month by month"),
        N_(
            "Each incident is a disc where it was over and a triangle where it was noticed; the lines are the "
            "means of each month. Below: how much of the error budgets was lost, where 100 % is one whole budget "
            "of a promise."
        ),
    ),
}


def answer(page: Page, form: str, figures: Figures) -> Response:
    """The chart in a form. Raises HTTPException: 404 for another form, 422 for looks that there are not."""
    looks = _looks(page)
    match form:
        case "json":
            return JSONResponse(charts.chart(figures, looks), headers=SHORT)
        case "svg":
            return Response(_image(figures, looks, "svg"), media_type="image/svg+xml", headers=SHORT)
        case "png":
            return Response(_image(figures, looks, "png"), media_type="image/png", headers=SHORT)
        case "csv":
            headers = {**SHORT, "Content-Disposition": 'attachment; filename="chart.csv"'}
            text = tabling.written(charts.table(figures, looks), looks.zone)
            return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)
        case "html":
            path = page.request.url.path.removesuffix(".html")
            query = {key: value for key, value in page.request.query_params.items() if key not in _OURS}
            table = charts.table(figures, looks)
            title, words = (_(message) for message in SEEN[type(figures)])
            return page.html(
                "chart_page.html",
                figures=figures,
                path=path,
                query=query,
                table=table,
                title=title,
                words=words,
            )
    raise HTTPException(404, _("A chart can be had as {forms}.", forms=", ".join(FORMS)))


_OURS = ("lang", "theme", "width")


def _looks(page: Page) -> Looks:
    asked = page.request.query_params
    theme = asked.get("theme") or ("dark" if page.theme == "dark" else "light")
    if theme not in get_args(Theme):
        theme = "light"
    width = WIDTH
    if "width" in asked:
        least, most = WIDTHS
        if not asked["width"].isascii() or not asked["width"].isdecimal():
            raise HTTPException(422, _("The width is a number of pixels."))
        width = min(max(int(asked["width"][:6]), least), most)
    return Looks(page.language, page.zone, cast(Theme, theme), width, live="width" in asked)


def _image(figures: Figures, looks: Looks, form: drawing.Format) -> bytes:
    still = Looks(looks.language, looks.zone, looks.theme)
    return drawing.draw(charts.chart(figures, still), format=form)


def period(page: Page, first: str) -> tuple[int, int]:
    """The minutes that are asked for, as `Page.period`; answers 422 for more than can be shown."""
    start, end = page.period(first, DAYS_MAX)
    if end > page.now // 60 + DAYS_MAX * windows.DAY:
        raise HTTPException(422, _("The time is too far ahead."))
    return start, end
