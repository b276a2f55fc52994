"""Figures → charts: whole specs and what is in them, with gaps, many marks, and clocks that change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.charts import IncidentFigures, Spec, incident_chart, pieces
from tabiji.charts.labels import BESIDE, ROWS_MAX, Label, placed
from tabiji.charts.words import WORDS
from tabiji.marks import KINDS, Mark

START = 29_672_640  # 2026-06-02T00:00Z, in minutes: 09:00 in Tokyo
FIGURES = IncidentFigures(
    title="Watch a course: can be played",
    sort="failed",
    allowed=Fraction(1, 100),
    start=START,
    bad=(0, 0, 30, 60, 0),
    total=(100, 100, 120, 120, 0),
    started=START + 2,
    detected=START + 3,
    recovered=START + 4,
    spent="12 %",
)


def layers(spec: Spec) -> Iterator[Spec]:
    for layer in spec["layer"]:
        yield from layers(layer) if "layer" in layer else (layer,)


def values(spec: Spec, field: str) -> list[list[Any]]:
    """The bars of each layer with a field: [from, to, value]."""
    return [
        [[one["from"], one["to"], one[field]] for one in layer["data"]["values"]]
        for layer in layers(spec)
        if any(field in one and "to" in one for one in layer["data"]["values"])
    ]


def said(spec: Spec) -> list[str]:
    """The words, without their rims."""
    return [
        layer["data"]["values"][0]["words"]
        for layer in layers(spec)
        if layer["mark"]["type"] == "text" and "stroke" not in layer["mark"]
    ]


def test_an_incident_whole() -> None:
    spec = incident_chart(FIGURES, zone="Asia/Tokyo")
    x = {"field": "from", "type": "quantitative"}
    bars = {"x": x, "x2": {"field": "to"}}
    zero = {"y2": {"datum": 0}}

    def rect(rows: list[Spec], fill: str, y: Spec, **mark: float) -> Spec:
        return {
            "data": {"values": rows},
            "mark": {"type": "rect", "fill": fill, **mark},
            "encoding": {**bars, **y},
        }

    def axis(field: str, top: float, pixels: list[int], **more: Any) -> Spec:
        return {
            "field": field,
            "type": "quantitative",
            "scale": {"domain": [0, top], "range": pixels, "nice": False},
            "axis": {"orient": "left", "labelPadding": 8, **more},
        }

    def minutes(*rows: tuple[int, int]) -> list[Spec]:
        return [{"from": START + first, "to": START + end} for first, end in rows]

    def with_field(field: str, *numbers: float) -> list[Spec]:
        return [{"from": START + n, "to": START + n + 1, field: one} for n, one in enumerate(numbers)]

    def rule(rows: list[Spec], encoding: Spec, **mark: Any) -> Spec:
        return {"data": {"values": rows}, "mark": {"type": "rule", **mark}, "encoding": encoding}

    promise = {"x": {"value": 0}, "x2": {"value": 634}, "y": {"datum": 0.01}}
    over_all = {"y": {"value": 0}, "y2": {"value": 249}}
    shares = axis(
        "share",
        0.6,
        [189, 0],
        values=[0.0, 0.2, 0.4, 0.6],
        labelExpr="replace(format(datum.value, '~%'), '%', ' %')",
    )
    events = axis("events", 150.0, [249, 213], values=[150.0], format="~s", grid=False)
    assert [layer for layer in spec["layer"] if "words" not in json.dumps(layer)] == [
        rect(minutes((2, 4)), "#fdf0dc", over_all, opacity=1),
        rect(minutes((4, 5)), "#e4e7eb", over_all, opacity=0.7),
        {
            "layer": [
                rect(with_field("share", 0.0, 0.0, 0.25, 0.5), "#c2410c", {"y": shares, **zero}),
                rule([{}], promise, stroke="#ffffff", strokeWidth=4),
                rule(
                    minutes((0, 1), (1, 2), (2, 3), (3, 4)),
                    {**bars, "y": {"datum": 0}},
                    stroke="#c2410c",
                    strokeWidth=2,
                ),
                rule([{}], promise, stroke="#0550ae", strokeWidth=2, strokeDash=[7, 4]),
            ]
        },
        {
            "layer": [
                rect(with_field("events", 100, 100, 120, 120), "#8c96a1", {"y": events, **zero}),
                rect(with_field("events", 0, 0, 30, 60)[2:], "#c2410c", {"y": events, **zero}),
            ]
        },
        {
            "data": {
                "values": [
                    {"from": START + 4, "y": -15},
                    {"from": START + 3, "y": -15},
                    {"from": START + 2, "y": -15},
                ]
            },
            "mark": {"type": "rule", "stroke": "#c2410c", "strokeWidth": 1.5, "strokeDash": [1, 0]},
            "encoding": {
                "x": x,
                "y": {"field": "y", "type": "quantitative", "scale": None, "axis": None},
                "y2": {"value": 249},
            },
        },
    ]
    assert said(spec) == [
        "Watch a course: can be played",
        "2026-06-02 09:02 – 09:04 (Asia/Tokyo) · 12 % of the error budget spent",
        "Failed, % of attempts per minute",
        "promised: at most 1 %",
        "no data",
        "over 09:04",
        "noticed 09:03",
        "began 09:02",
        "Attempts per minute",
    ]
    assert (spec["height"] + spec["padding"]["top"] + spec["padding"]["bottom"], spec["autosize"]) == (
        360,
        "none",
    )
    assert spec["width"] + spec["padding"]["left"] + spec["padding"]["right"] == 720
    assert json.loads(json.dumps(spec)) == spec


def test_in_japanese_and_not_over_yet() -> None:
    lasting = replace(FIGURES, title="コースを視聴する", recovered=None, spent="12%", sort="slow")
    assert said(incident_chart(lasting, language="ja", zone="Asia/Tokyo")) == [
        "コースを視聴する",
        "2026-06-02 09:02から継続中(Asia/Tokyo)、これまでにエラーバジェットの12%を消費",
        "失敗または遅延の割合(1分ごと)",
        "約束: 1%以下",
        "データなし",
        "検知 09:03",
        "発生 09:02",
        "件数(1分ごと)",
    ]


def test_both_languages_say_the_same_things() -> None:
    assert set(WORDS["en"]) == set(WORDS["ja"])
    assert set(KINDS) < set(WORDS["en"])


def test_minutes_as_a_whole_have_no_second_plot() -> None:
    whole = replace(FIGURES, sort="minutes", bad=(0, 0, 1, 1, 0), total=(1, 1, 1, 1, 0))
    spec = incident_chart(whole)
    assert values(spec, "events") == []
    assert values(spec, "share") == [
        [[START + n, START + n + 1, share] for n, share in enumerate((0.0, 0.0, 1.0, 1.0))]
    ]


def test_nothing_to_show_is_no_chart() -> None:
    with pytest.raises(ValueError, match="a chart needs minutes"):
        incident_chart(replace(FIGURES, bad=(), total=()))


@pytest.mark.parametrize(
    ("total", "step"),
    [
        ([5] * 126, 1),
        ([5] * 127, 2),
        ([5] * 600, 5),
        ([5] * 4320, 60),
        ([5, 0] * 60, 2),
        ([5, 0, 0, 0] * 30, 5),
        ([5] * 60 + [0] * 60, 1),
        ([5, 0, 0, 0, 0, 0, 0] * 4, 1),
        ([0] * 30, 1),
    ],
    ids=[
        "as many minutes as bars fit",
        "one more",
        "ten hours",
        "three days",
        "events every second minute",
        "events every fourth minute",
        "one long silence",
        "too few minutes for wider bars",
        "no data at all",
    ],
)
def test_bars_are_as_wide_as_they_must_be(total: list[int], step: int) -> None:
    spec = incident_chart(replace(FIGURES, start=START, bad=[0] * len(total), total=total))
    each = {1: "minute", 2: "2 min", 5: "5 min", 60: "hour"}[step]
    assert f"Failed, % of attempts per {each}" in said(spec)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=400), st.integers(0, 59)
)
def test_bars_hold_every_event_and_nothing_is_no_bar(minutes: list[tuple[int, int]], late: int) -> None:
    bad, total = [one for one, _ in minutes], [one + other for one, other in minutes]
    start = START + late
    spec = incident_chart(replace(FIGURES, start=start, bad=bad, total=total, started=start))
    found = values(spec, "events") or [[]]
    assert sum(events for _, _, events in found[0]) == sum(total)
    assert sum(events for _, _, events in (found[1] if len(found) > 1 else [])) == sum(bad)
    for first, end, share in (values(spec, "share") or [[]])[0]:
        here = slice(first - start, end - start)
        assert share == sum(bad[here]) / sum(total[here])


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        ("Asia/Tokyo", START, ["09:00", "09:10", "09:20", "09:30", "09:40", "09:50"]),
        ("Asia/Kolkata", START, ["05:30", "05:40", "05:50", "06:00", "06:10", "06:20"]),
        # Berlin, 2026-03-29: after 01:59 comes 03:00
        ("Europe/Berlin", 29_579_100 - 30, ["01:30", "01:40", "01:50", "03:00", "03:10", "03:20"]),
        # and 2026-10-25: after 02:59 comes 02:00 again
        ("Europe/Berlin", 29_881_500 - 30, ["02:30", "02:40", "02:50", "02:00", "02:10", "02:20"]),
        ("UTC", START - 30, ["23:30", "23:40", "23:50", "2 Jun", "00:10", "00:20"]),
    ],
    ids=["Tokyo", "half hours", "the clocks go forward", "the clocks go back", "over midnight"],
)
def test_the_axis_is_a_clock(zone: str, start: int, shown: list[str]) -> None:
    spec = incident_chart(
        replace(FIGURES, start=start, bad=[0] * 60, total=[1] * 60, started=start, recovered=None), zone=zone
    )
    axis = spec["encoding"]["x"]["axis"]
    labels = json.loads(axis["labelExpr"].removeprefix("(").removesuffix(")[datum.value]"))
    assert [labels[str(minute)] for minute in axis["values"]] == shown


@pytest.mark.parametrize(
    ("largest", "most", "ticks"),
    [
        (Fraction(0), 4, [0, 1]),
        (Fraction(1), 4, [0, Fraction(1, 2), 1]),
        (Fraction(3, 1000), 4, [0, Fraction(1, 1000), Fraction(2, 1000), Fraction(3, 1000)]),
        (Fraction(17), 4, [0, 5, 10, 15, 20]),
        (Fraction(20), 4, [0, 5, 10, 15, 20]),
        (Fraction(21), 4, [0, 10, 20, 30]),
        (Fraction(10**12), 4, [0, 5 * 10**11, 10**12]),
    ],
    ids=["nothing", "all", "a little", "within", "exactly", "just above", "very much"],
)
def test_axes_end_at_round_numbers(largest: Fraction, most: int, ticks: list[Fraction]) -> None:
    assert pieces.ticks(largest, most) == ticks


# Marks


def test_marks_are_told_with_the_nearest_before_it_began_first() -> None:
    began = FIGURES.started * 60
    marks = (
        Mark("deployment", "v2", began - 60),
        Mark("other", "A colleague's birthday", began - 90),
        Mark("campaign", "Long ago", began - 3600),
        Mark("maintenance", "Database", began - 3600, began + 30),
        Mark("push", "In the last minute", began + 120, began + 9999),
    )
    spec = incident_chart(replace(FIGURES, marks=marks))
    words = ["deployed v2", "A colleague's birthday", "maintenance: Database", "push: In the last minute"]
    assert sorted(one for one in said(spec) if one in words) == sorted(words)
    lasting = [layer for layer in layers(spec) if layer["encoding"].get("y") == {"value": -2}]
    assert [layer["data"]["values"] for layer in lasting] == [
        [
            {"from": START + 4, "to": START + 5},
            {"from": START, "to": START + 2.5},
        ]
    ]


@given(
    st.lists(st.tuples(st.integers(0, 100), st.text(max_size=60)), max_size=12),
    st.integers(50, 700),
)
def test_no_words_run_into_others_or_out_of_the_picture(marks: list[tuple[int, str]], pixels: int) -> None:
    labels = [Label(minute, text) for minute, text in marks]
    found = placed(labels, 0, 100, pixels)
    assert sorted(one.minute for one in found) == sorted(one.minute for one in labels)
    for row in range(ROWS_MAX):
        spans = []
        for one in found:
            if one.row == row:
                at, wide = one.minute / 100 * pixels, pieces.width(one.text) + BESIDE
                spans.append((at - wide, at) if one.to_left else (at, at + wide))
        spans.sort()
        assert all(first >= 0 and end <= pixels + BESIDE + 0.01 for first, end in spans)
        assert all(one[1] <= other[0] + 0.01 for one, other in pairwise(spans))


def test_an_incident_has_its_words_before_what_happened_besides() -> None:
    besides = [Label(60 + n, f"deployed a version with a long name, {n}", besides=True) for n in (9, 6, 3)]
    found = placed([Label(50, "incident 1"), *besides], 0, 100, 500)
    assert {one.minute: one.row >= 0 for one in found} == {50: True, 63: False, 66: True, 69: True}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("コース\u3000視聴", "コース\u3000視聴"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("\u202egnp.exe\x00\x1b[31m\ud800", "gnp.exe[31m"),
        ("x" * 1000, "x" * 300),
    ],
    ids=["a wide space", "white space", "what can't be seen", "too long"],
)
def test_words_are_one_line_of_what_can_be_printed(text: str, line: str) -> None:
    assert pieces.plain(text) == line


# Colours


def luminance(colour: str) -> float:
    """Of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_told_apart(theme: pieces.Theme) -> None:
    of = pieces.THEMES[theme]
    assert contrast(of.text, of.ground) >= 7
    for words in (of.quiet, of.bad, of.promise):
        assert contrast(words, of.ground) >= 4.5
    for figure in (of.bad, of.promise):
        assert contrast(figure, of.span) >= 3
    assert contrast(of.events, of.ground) >= 2.9
    assert contrast(of.events, of.bad) >= 1.5
