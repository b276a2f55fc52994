"""Every kind of chart, as it is drawn: numbers, words, gaps, the width that there is, hostile names, tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import charts, drawing, histograms, reports
from tabiji.budgets import Tally, remaining
from tabiji.charts import (
    BadFigures,
    Bar,
    Beside,
    BudgetFigures,
    BurnFigures,
    Column,
    ComparedBar,
    ComparisonFigures,
    Figures,
    Lane,
    LaneFigures,
    LatencyFigures,
    Looks,
    Rate,
    Span,
    TierRates,
    TrendFigures,
    TrendMonth,
    TrendPoint,
    burning,
    latencies,
)
from tabiji.charts import bars as bars_
from tabiji.marks import Mark
from tabiji.runs import tabling

DAY = 1440
START = 20_600 * DAY - 9 * 60  # Wednesday, 27 May 2026, midnight in Tokyo
TOKYO = "Asia/Tokyo"
MARKS = (
    Mark("deployment", "v2 <b>&", (START + 100) * 60),
    Mark("campaign", "春のキャンペーン", (START + 50) * 60, (START + 90) * 60),
)
SPANS = (Span(START + 60, START + 90, "incident 1"), Span(START + 150, None, "incident 2"))
BARS = tuple(Bar(START + 10 * n, START + 10 * n + 10, n % 3, 0 if 5 <= n < 8 else 50 + n) for n in range(20))
END = START + 200
BAD = BadFigures(
    "A title", "failed", START, END, BARS, Fraction(1, 100), SPANS, MARKS, ((START + 20, START + 40),)
)
COLUMNS = tuple(
    Column(one.start, one.end, {300 + (n * 7) % 90: one.total - 1, 500: 1} if one.total else {})
    for n, one in enumerate(BARS)
)
RATES = tuple(Rate(one.start, one.end, one.share and one.share * 1000) for one in BARS)
EXAMPLES: dict[str, Figures] = {
    "bad": BAD,
    "slow": replace(BAD, sort="slow", allowed=Fraction(1, 2)),
    "minutes": replace(BAD, sort="minutes"),
    "errors": replace(BAD, sort="errors", allowed=None),
    "burn-down": BudgetFigures(
        "A title",
        "failed",
        START,
        END,
        END - 40,
        END,
        BARS[:16],
        Fraction(40),
        Fraction(1, 100),
        True,
        SPANS,
        MARKS,
    ),
    "overspent": BudgetFigures("A title", "failed", START, END, END, END + 50, BARS, Fraction(3)),
    "lasts": BudgetFigures(
        "A title", "slow", START, END, END, END + 50, BARS, Fraction(40), Fraction(1, 10**5)
    ),
    "no budget": BudgetFigures(
        "A title", "failed", START, END, END, END, (Bar(START, END, 0, 0),), Fraction(0)
    ),
    "beside": BudgetFigures(
        "A title",
        "failed",
        START,
        END,
        END,
        END,
        BARS,
        Fraction(40),
        incidents=SPANS,
        marks=MARKS,
        beside=(
            Beside("enquiry", tuple(n % 4 if n > 2 else None for n in range(20))),
            Beside("churn", (None,) * 19 + (0,)),
        ),
    ),
    "burn-rates": BurnFigures(
        "A title",
        START,
        END,
        (TierRates(60, "page", Fraction(336, 25), RATES), TierRates(4320, "ticket", Fraction(14, 15), RATES)),
        SPANS,
        MARKS,
    ),
    "no tiers": BurnFigures("A title", START, END, ()),
    "lanes": LaneFigures(
        "A title",
        START,
        END,
        tuple(Lane(name, "failed", Fraction(1, 100), BARS) for name in ("It works", "動画が再生できる" * 9)),
        SPANS,
        MARKS,
    ),
    "latency": LatencyFigures("A title", START, END, COLUMNS, 800_000, SPANS, MARKS),
    "latency without a limit": LatencyFigures("A title", START, END, COLUMNS),
    "latency from nothing to all": LatencyFigures(
        "A title", START, END, (Column(START, END, {0: 1, histograms.OVERFLOW: 1}),)
    ),
    "trend": TrendFigures(
        "A title",
        (
            TrendMonth(
                START, START + 30 * DAY, 2, Fraction(7, 2), Fraction(95), Fraction(3, 2), (Fraction(3, 2),)
            ),
            TrendMonth(START + 30 * DAY, START + 60 * DAY, 0, None, None, Fraction(0), (Fraction(0),)),
        ),
        (
            TrendPoint(START, "incident 1", 0, 180),
            TrendPoint(START + 5, "incident 2", 7, 10),
            TrendPoint(START + 59 * DAY, "incident 3", None, None),
        ),
        ("a bug <b>&",),
        START + 30 * DAY,
    ),
    "no incidents": TrendFigures(
        "A title", (TrendMonth(START, END, 0, None, None, Fraction(0), ()),), (), ()
    ),
    "no durations": LatencyFigures("A title", START, END, (Column(START, END, {}),)),
    "comparison": ComparisonFigures(
        "A title",
        START,
        END,
        tuple(ComparedBar(one.start, one.end, one.bad, one.total, one.bad * 2, one.total) for one in BARS),
        Fraction(1, 100),
        Fraction(5, 100),
        SPANS,
        SPANS[:1],
        MARKS,
    ),
    "new only": ComparisonFigures(
        "A title",
        START,
        END,
        tuple(ComparedBar(one.start, one.end, 0, 0, one.bad, one.total) for one in BARS),
        None,
        Fraction(1, 9),
    ),
    "nothing": BadFigures("A title", "failed", START, END, (Bar(START, END, 0, 0),), Fraction(1, 100)),
}
LOOKS = [
    Looks(language, TOKYO, theme, width, live)
    for language, theme in (("en", "light"), ("ja", "dark"))
    for width, live in ((720, False), (320, True), (1200, True))
]


# Laws


def test_the_mean_of_shares_is_nowhere() -> None:
    """96 night slots of 10 requests and 192 day slots of 10,000, one bad each: 0.0150 %, and not 3.34 %."""
    slots = [Bar(place * 5, place * 5 + 5, 1, 10 if place < 96 else 10_000) for place in range(288)]
    (whole,) = bars_.merged(slots, 1, 288)
    assert whole == Bar(0, 1440, 288, 1_920_960)
    assert f"{float(whole.share or 0):.4%}" == "0.0150%"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=400), st.integers(20, 1800)
)
def test_merged_bars_hold_all_of_them_and_silence_stays_a_gap(
    rows: list[tuple[int, int]], pixels: int
) -> None:
    every = [Bar(place, place + 1, bad, bad + good) for place, (bad, good) in enumerate(rows)]
    found = bars_.merged(every, pixels)
    assert (sum(one.bad for one in found), sum(one.total for one in found)) == (
        sum(one.bad for one in every), sum(one.total for one in every),
    )  # fmt: skip
    assert len(found) * bars_.PIXELS_MIN <= pixels + bars_.PIXELS_MIN
    assert [one.share for one in found if not one.total] == [None] * sum(not one.total for one in found)
    silent = {minute for start, end in bars_.silences(every) for minute in range(start, end)}
    assert silent == {one.start for one in every if not one.total}


# Charts


def layers(spec: Any) -> Iterator[Any]:
    for layer in spec["layer"]:
        yield from layers(layer) if "layer" in layer else (layer,)


def tips(figures_: Figures, width: int = 1200) -> list[list[str]]:
    spec = charts.chart(figures_, Looks("en", TOKYO, "light", width, live=True))
    (pointed,) = [layer for layer in layers(spec) if "params" in layer]
    return [one["tip"].split("\n") for one in pointed["data"]["values"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_chart_is_numbers_of_this_world_as_wide_as_was_asked_for(name: str) -> None:
    for looks in LOOKS:
        spec = charts.chart(EXAMPLES[name], looks)
        json.dumps(spec, allow_nan=False)
        assert spec["width"] + spec["padding"]["left"] + spec["padding"]["right"] == looks.width
        pointed = [layer for layer in layers(spec) if "params" in layer]
        assert len(pointed) == looks.live
        titles = [one for one in layers(spec) if one["mark"].get("fontSize") == 22]
        assert bool(titles) != looks.live, "a page has its title already"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_chart_is_drawn(name: str) -> None:
    for looks in (LOOKS[0], LOOKS[4]):
        image = drawing.draw(charts.chart(EXAMPLES[name], looks), format="svg")
        assert b"NaN" not in image
        assert b"Infinity" not in image
        ElementTree.fromstring(image)


def test_what_is_pointed_at_is_said_in_words() -> None:
    assert tips(BAD)[2] == [
        "Wed 27 May 00:20 – 00:30",
        "2 of 52 attempts failed: 3.84 %",
        "promised: at most 1 %",
        "left out (correction)",
    ]
    assert tips(BAD)[5] == [
        "Wed 27 May 00:50 – 01:00",
        "no data",
        "promised: at most 1 %",
        "00:50 campaign: 春のキャンペーン",
    ]
    assert tips(EXAMPLES["burn-down"])[-1] == [
        "Wed 27 May 02:40 – 03:20", "at the pace of the last 3 days", "22.5 % left at the end",
        "as much traffic as so far is expected until the end",
    ]  # fmt: skip
    assert tips(EXAMPLES["trend"]) == [
        [
            "2026-05-27 – 2026-06-25",
            "incidents: 2",
            "noticed after 3.5 min on average",
            "over after 1.5 h on average",
            "budget lost: 150 %",
            "a bug <b>&: 150 %",
        ],
        ["2026-06-26 – 2026-07-25", "no incident", "budget lost: 0 %"],
    ]
    assert tips(EXAMPLES["burn-rates"])[1][1:] == [
        "last 1 h: up to 19.6 (pages at 13.44)", "last 3 days: up to 19.6 (opens a ticket at 0.933)",
    ]  # fmt: skip
    assert tips(EXAMPLES["latency"])[0] == [
        "Wed 27 May 00:00 – 00:10", "50 events with a duration", "50 % took at most 30 ms", "95 % took at most 30 ms",
        "99 % took at most 5 s", "98 % within the promised 800 ms",
    ]  # fmt: skip


def test_what_fired_stays_in_sight_however_narrow_it_is() -> None:
    some = [Rate(n, n + 1, Fraction(90) if n == 333 else Fraction(0)) for n in range(1000)]
    found = burning.merged(some, 100)
    assert max(one.highest or 0 for one in found) == 90
    assert (found[0].start, found[-1].end) == (0, 1000)


def test_columns_are_put_together_as_histograms() -> None:
    every = [Column(n, n + 1, {100: 1, 200 + n: 2}) for n in range(12)]
    found = latencies.merged(every, 30)
    assert sum(one.events for one in found) == 36
    assert found[0].counts == {100: 2, 200: 2, 201: 2}


def test_no_words_of_a_chart_are_code() -> None:
    """What hostile names do in an image and in a table: nothing."""
    path = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "blns.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    hostile = [
        *lines[::25],
        '=HYPERLINK("http://127.0.0.1/","x")',
        "</text><image href='http://127.0.0.1/x'/>",
        "+1+1",
        "@SUM(A1)",
        "\t=1",
        "＝1",
    ]
    marks = tuple(Mark("other", text, (START + n % 200) * 60) for n, text in enumerate(hostile) if text)
    lanes = tuple(Lane(text, "failed", Fraction(1, 100), BARS) for text in hostile[-6:])
    for one in (
        replace(BAD, title=hostile[-5], marks=marks),
        LaneFigures(
            hostile[-5], START, END, lanes, tuple(Span(START, END, text) for text in hostile[-6:]), marks
        ),
    ):
        for looks in (LOOKS[0], LOOKS[1]):
            image = drawing.draw(charts.chart(one, looks), format="svg")
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(image).iter()}
            assert tags <= {"svg", "g", "path", "rect", "text", "tspan", "defs", "clipPath", "line", "title"}
    text = tabling.written(charts.table(EXAMPLES["lanes"], LOOKS[0]), TOKYO)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows[0][:3] == ["From (Asia/Tokyo)", "To (Asia/Tokyo)", "It works: share of bad"]
    assert rows[1] == ["2026-05-27 00:00", "2026-05-27 00:10", "0", "0"]
    assert rows[6][2:] == ["", ""]
    named = charts.table(LaneFigures("", START, END, lanes), LOOKS[0])
    for cell in next(csv.reader(io.StringIO(tabling.written(named, TOKYO)[1:]))):
        assert not cell.startswith(reports.documents.FORMULA)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert reports.cell(text) == f"'{text}"


def test_a_table_has_the_figures_of_its_chart() -> None:
    burn_down = EXAMPLES["burn-down"]
    assert isinstance(burn_down, BudgetFigures)
    table = charts.table(burn_down, LOOKS[0])
    assert [one.name for one in table.columns] == ["From", "To", "Bad", "Total", "Budget left at the end"]
    assert table.rows[-1][4] == burn_down.left
    assert len(table.rows) == 16


def test_what_is_left_is_what_budgets_say() -> None:
    total = sum(one.total for one in BARS)
    bad = sum(one.bad for one in BARS)
    figures_ = BudgetFigures("", "failed", START, END, END, END, BARS, Fraction(1, 100) * total)
    assert figures_.left == remaining(Tally(total - bad, total), Fraction(99, 100))
