"""What charts are made of: colours, axes, bars, words at a place; as parts of Vega-Lite specs."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

Spec = dict[str, Any]
Theme = Literal["light", "dark"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "'Noto Sans CJK JP', 'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, system-ui, sans-serif"
FONT_LIVE = (  # that of pages, whose own letters are best
    "system-ui, -apple-system, 'Segoe UI', 'Hiragino Sans', 'Noto Sans CJK JP', 'Noto Sans JP', 'Yu Gothic UI', "
    "Meiryo, sans-serif"
)
LETTERS = 15  # pixels high; half of it on a telephone, where twice as many pixels are as good
TEXT_MAX = 300  # letters; more are never seen
WIDE_SPACE = "\N{IDEOGRAPHIC SPACE}"


@dataclass(frozen=True, slots=True)
class Colours:
    """Of a theme. What must be told apart differs in lightness and in shape too."""

    ground: str
    text: str
    quiet: str  # axes, and what is said beside
    grid: str
    bad: str
    promise: str
    span: str
    events: str
    heat: tuple[str, ...]  # from few to many


THEMES: Mapping[Theme, Colours] = {
    "light": Colours(
        ground="#ffffff",
        text="#1b1f24",
        quiet="#57606a",
        grid="#e4e7eb",
        bad="#c2410c",
        promise="#0550ae",
        span="#fdf0dc",
        events="#8c96a1",
        heat=("#e3eff3", "#9cc8d6", "#3f8fa8", "#0b5c74", "#06323f"),
    ),
    "dark": Colours(
        ground="#181d21",
        text="#f0f3f6",
        quiet="#a3adb8",
        grid="#303940",
        bad="#ff8a4c",
        promise="#79b8ff",
        span="#33291a",
        events="#6e7985",
        heat=("#203038", "#2c5566", "#3f8aa3", "#7cc7e0", "#dff6ff"),
    ),
}
FROM_TO: Spec = {"x": {"field": "from", "type": "quantitative"}, "x2": {"field": "to"}}


def config(colours: Colours, letters: int = LETTERS, font: str = FONT) -> Spec:
    """How axes and words look."""
    return {
        "font": font,
        "view": {"stroke": None},
        "axis": {
            "labelFontSize": letters,
            "labelColor": colours.quiet,
            "gridColor": colours.grid,
            "ticks": False,
            "domain": False,
            "title": None,
        },
        "text": {"fontSize": letters, "fill": colours.text, "baseline": "alphabetic"},
    }


def bars(values: Sequence[Spec], y: Spec, fill: str) -> Spec:
    """From the ground up, each as wide as its time."""
    return {
        "data": {"values": list(values)},
        "mark": {"type": "rect", "fill": fill},
        "encoding": {**FROM_TO, "y": y, "y2": {"datum": 0}},
    }


def area(values: Sequence[Spec], fill: str, height: int, opacity: float = 1) -> Spec:
    """Times, as a ground behind all plots."""
    return {
        "data": {"values": list(values)},
        "mark": {"type": "rect", "fill": fill, "opacity": opacity},
        "encoding": {**FROM_TO, "y": {"value": 0}, "y2": {"value": height}},
    }


def heights(field: str, limit: Fraction, ground: int, top: int, axis: Spec) -> Spec:
    """A vertical axis from 0 to a limit, between two pixels."""
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [0, float(limit)], "range": [ground, top], "nice": False},
        "axis": {"orient": "left", "labelPadding": 8, **axis},
    }


def ticks(largest: Fraction, most: int) -> list[Fraction]:
    """Round numbers from 0 to the first that is not below the largest: at most so many steps."""
    power = Fraction(10) ** (math.floor(math.log10(largest / most)) - 1) if largest else Fraction(1)
    while True:
        for digit in (1, 2, 5):
            steps = max(math.ceil(largest / (digit * power)), 1)
            if steps <= most:
                return [digit * power * n for n in range(steps + 1)]
        power *= 10


def words(
    text: str,
    colours: Colours,
    x: float,
    y: float,
    *,
    fill: str | None = None,
    at_time: bool = False,
    **mark: str | float,
) -> Iterator[Spec]:
    """A text at pixels, or at a minute, with a rim of the ground's colour so that no line runs through it."""
    for paint in (
        {"stroke": colours.ground, "strokeWidth": 4, "strokeJoin": "round"},
        {} if fill is None else {"fill": fill},
    ):
        yield {
            # as data: the engine looks the words of a mark up, and fails over "constructor"
            "data": {"values": [{"words": plain(text), "from": x} if at_time else {"words": plain(text)}]},
            "mark": {"type": "text", "align": "left", **mark, **paint},
            "encoding": {
                "x": FROM_TO["x"] if at_time else {"value": x},
                "y": {"value": y},
                "text": {"field": "words", "type": "nominal"},
            },
        }


def plain(text: str) -> str:
    """One line of what can be printed: images are XML, and no word may turn its neighbours around."""
    line = "".join(" " if letter.isspace() and letter != WIDE_SPACE else letter for letter in text[:TEXT_MAX])
    return "".join(letter for letter in line if letter.isprintable() or letter == WIDE_SPACE)


def width(text: str, letters: int = LETTERS) -> float:
    """About how many pixels wide a text is: wide characters are square."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return letters * (wide + 0.56 * (len(text) - wide))


def cut(text: str, pixels: float, letters: int = LETTERS) -> str:
    """What there is room for, with an ellipsis where something is left out."""
    if width(text, letters) <= pixels:
        return text
    while text and width(text + "…", letters) > pixels:
        text = text[:-1]
    return text.rstrip() + "…"


def quoted(text: str) -> str:
    """A text within an expression of the engine."""
    return json.dumps(text, ensure_ascii=False)
