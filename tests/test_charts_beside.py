"""What users did, below the burn-down of a budget: by day of the clock, with gaps where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from tabiji import charts
from tabiji.charts import Bar, Beside, BudgetFigures, Looks, Spec

DAY = 1440
START = 20_600 * DAY - 9 * 60  # Wednesday, 27 May 2026, midnight in Tokyo
TOKYO = Looks("en", "Asia/Tokyo")
BARS = tuple(
    Bar(START + n * 720, START + (n + 1) * 720, n % 2, 100) for n in range(8)
)  # half days, four of them
FIGURES = BudgetFigures(
    "A title", "failed", START, START + 4 * DAY, START + 4 * DAY, START + 4 * DAY, BARS, Fraction(10),
    beside=(
        Beside("enquiry", (1, 2, 0, 0, 5, None, None, None)),
        Beside("churn", (None, None, 7, 0, 1, 1, 0, 0)),
    ),
)  # fmt: skip


def layers(spec: Spec) -> Iterator[Spec]:
    for layer in spec["layer"]:
        yield from layers(layer) if "layer" in layer else (layer,)


def counts(spec: Spec) -> list[list[tuple[int, int, int]]]:
    """The bars of each lower plot: [from, to) in minutes after START, and how many."""
    return [
        [(one["from"] - START, one["to"] - START, one["count"]) for one in layer["data"]["values"]]
        for layer in layers(spec)
        if any("count" in one for one in layer["data"]["values"])
    ]


def said(spec: Spec) -> list[str]:
    return [
        layer["data"]["values"][0]["words"]
        for layer in layers(spec)
        if layer["mark"]["type"] == "text" and "stroke" not in layer["mark"]
    ]


def test_days_of_the_clock_and_gaps() -> None:
    spec = charts.chart(FIGURES, TOKYO)
    assert counts(spec) == [
        [(0, DAY, 3), (DAY, 2 * DAY, 0), (2 * DAY, 3 * DAY, 5)],
        [(DAY, 2 * DAY, 7), (2 * DAY, 3 * DAY, 2), (3 * DAY, 4 * DAY, 0)],
    ]
    assert {"Enquiries per day", "Cancellations per day"} <= set(said(spec))
    assert {"問い合わせ件数(1日ごと)", "解約数(1日ごと)"} <= set(
        said(charts.chart(FIGURES, replace(TOKYO, language="ja")))
    )


def test_days_are_those_of_another_clock() -> None:
    """In London the days of Tokyo are cut at 16:00."""
    assert counts(charts.chart(FIGURES, Looks("en", "Europe/London")))[0] == [
        (0, 720, 1), (720, 720 + DAY, 2), (720 + DAY, 720 + 2 * DAY, 5),
    ]  # fmt: skip


def test_the_burn_down_above_keeps_its_height() -> None:
    def left(figures: BudgetFigures) -> tuple[int, Any]:
        spec = charts.chart(figures, TOKYO)
        (ranges,) = {
            tuple(layer["encoding"]["y"]["scale"]["range"])
            for layer in layers(spec)
            if layer.get("encoding", {}).get("y", {}).get("field") == "left"
        }
        return spec["height"], ranges

    height, ranges = left(replace(FIGURES, beside=()))
    assert ranges == (height, 0)
    assert left(FIGURES) == (height + 2 * 58, ranges)


@pytest.mark.parametrize(
    ("width", "days"),
    [pytest.param(1200, 120, id="each day where it can be seen"), pytest.param(320, 60, id="two together")],
)
def test_as_many_days_together_as_it_takes_to_be_seen(width: int, days: int) -> None:
    bars = tuple(Bar(START + n * DAY, START + (n + 1) * DAY, 0, 1) for n in range(120))
    end = bars[-1].end
    figures = BudgetFigures(
        "A title", "failed", START, end, end, end, bars, Fraction(1), beside=(Beside("enquiry", (1,) * 120),)
    )
    (found,) = counts(charts.chart(figures, replace(TOKYO, width=width, live=True)))
    assert (len(found), sum(one[2] for one in found)) == (days, 120)


def test_what_is_pointed_at_tells_of_its_day() -> None:
    spec = charts.chart(FIGURES, replace(TOKYO, live=True, width=700))
    tips = [
        one["tip"].split("\n") for layer in layers(spec) for one in layer["data"]["values"] if "tip" in one
    ]
    assert [[line for line in tip if "per day" in line] for tip in tips] == [
        ["Enquiries per day: 3"],
        ["Enquiries per day: 3"],
        ["Enquiries per day: 0", "Cancellations per day: 7"],
        ["Enquiries per day: 0", "Cancellations per day: 7"],
        ["Enquiries per day: 5", "Cancellations per day: 2"],
        ["Enquiries per day: 5", "Cancellations per day: 2"],
        ["Cancellations per day: 0"],
        ["Cancellations per day: 0"],
    ]


def test_the_table_has_them_bar_by_bar() -> None:
    table = charts.table(FIGURES, TOKYO)
    assert [one.name for one in table.columns][-2:] == ["Enquiries", "Cancellations"]
    assert [row[-2:] for row in table.rows] == list(
        zip(FIGURES.beside[0].counts, FIGURES.beside[1].counts, strict=True)
    )
    assert len(charts.table(replace(FIGURES, beside=()), TOKYO).columns) == 5
