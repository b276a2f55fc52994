"""How a chart is looked at, and the time on it → what its parts stand on: a frame of pixels, an axis with a clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tabiji.charts import labels, pieces, words
from tabiji.charts.labels import Label
from tabiji.charts.pieces import FROM_TO, THEMES, Colours, Spec, Theme
from tabiji.charts.words import WORDS, Language, Words

HEIGHT = 360  # pixels of an image; drawn at twice that
HEIGHT_LIVE = 320  # in a page, where its title stands above it
WIDTH = 720
WIDTHS = (240, 1920)
LETTERS_LIVE = 12
TICKS_MAX = 8  # of an image
TICK_PIXELS = 66  # in a page


@dataclass(frozen=True, slots=True)
class Looks:
    """How a chart is looked at: an image with its title on it; or `live`, in a page that has its title already.

    A live one is laid out for the width that there is, and says more when pointed at. `zone` is that of its clock.
    """

    language: Language = "en"
    zone: str = "UTC"
    theme: Theme = "light"
    width: int = WIDTH
    live: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The minutes `[start, end)` of a chart in pixels: margins, and the plots, `pixels` × `height`."""

    looks: Looks
    start: int
    end: int
    placed: tuple[Label, ...]
    left: int
    right: int
    top: int
    foot: int
    height: int

    @property
    def pixels(self) -> int:
        return self.looks.width - self.left - self.right

    @property
    def colours(self) -> Colours:
        return THEMES[self.looks.theme]

    @property
    def said(self) -> Words:
        return WORDS[self.looks.language]

    @property
    def letters(self) -> int:
        return LETTERS_LIVE if self.looks.live else pieces.LETTERS

    def at(self, minute: float) -> float:
        """Where a minute lies, in pixels."""
        return (minute - self.start) / (self.end - self.start) * self.pixels


def framed(
    looks: Looks,
    start: int,
    end: int,
    happened: Sequence[Label] = (),
    height: int = HEIGHT_LIVE,
    beside: int = 0,
) -> Frame:
    """The frame of a chart, with words above its plots on what happened.

    `height` is that of live ones; `beside` is how many pixels are kept free to the right of the plots.
    """
    live = looks.live
    letters = LETTERS_LIVE if live else pieces.LETTERS
    left, right, foot = (50, 14, 24) if live else (66, 20, 30)
    right += beside
    pixels = looks.width - left - right
    placed = labels.placed(happened, start, end, pixels, letters)
    rows = 1 + max((one.row for one in placed), default=-1 if live else 0)
    top = (8 if live else 62) + labels.row_pixels(letters) * rows
    whole = height if live else HEIGHT + height - HEIGHT_LIVE
    return Frame(looks, start, end, tuple(placed), left, right, top, foot, whole - top - foot)


def spec(frame: Frame, title: str, subtitle: str, about: str, layers: Iterable[Spec]) -> Spec:
    """All of a chart: what is on it, above an axis of times; its title, in an image."""
    colours, margin = frame.colours, 12 - frame.left
    heads: list[Spec] = []
    if not frame.looks.live:
        limit = frame.looks.width - 24
        heads += pieces.words(title, colours, margin, 28 - frame.top, fontSize=22, limit=limit)
        heads += pieces.words(subtitle, colours, margin, 51 - frame.top, fill=colours.quiet, limit=limit)
    said = " – ".join(one for one in (title, subtitle, about) if one)
    return {
        "$schema": pieces.SCHEMA,
        "description": pieces.plain(said),
        "width": frame.pixels,
        "height": frame.height,
        "padding": {"left": frame.left, "right": frame.right, "top": frame.top, "bottom": frame.foot},
        "autosize": "none",
        "background": None if frame.looks.live else colours.ground,
        "config": pieces.config(
            colours, frame.letters, pieces.FONT_LIVE if frame.looks.live else pieces.FONT
        ),
        "encoding": {"x": _times(frame)},
        "layer": [*heads, *layers],
        "resolve": {"scale": {"y": "independent"}},
    }


def _times(frame: Frame) -> Spec:
    """The axis of minutes, whose words are looked up: the engine knows no zone but its own."""
    most = max(frame.pixels // TICK_PIXELS, 2) if frame.looks.live else TICKS_MAX
    minutes = words.ticks(
        frame.start,
        frame.end,
        frame.looks.zone,
        most,
        lambda minute: 20 - frame.left <= frame.at(minute) <= frame.looks.width - frame.left - 22,
    )
    shown = json.dumps(
        {str(minute): words.tick(minute, frame.looks.zone, frame.looks.language) for minute in minutes},
        ensure_ascii=False,
    )
    return {
        "type": "quantitative",
        "scale": {"domain": [frame.start, frame.end], "nice": False, "zero": False},
        "axis": {
            "values": minutes,
            "labelExpr": f"({shown})[datum.value]",
            "labelPadding": 6,
            "labelFlush": False,
            "grid": False,
        },
    }


# What several charts have


def happened(frame: Frame) -> list[Spec]:
    """Lines of what happened, down from their words."""
    return list(labels.lines(frame.placed, frame.colours, frame.height, frame.letters))


def named(frame: Frame) -> list[Spec]:
    """The words of what happened."""
    return list(labels.words(frame.placed, frame.colours, frame.letters))


def note(
    frame: Frame, text: str, x: float, y: float, *, fill: str | None = None, align: str = "left"
) -> Iterator[Spec]:
    """Words on a plot, in quiet colours where no others are given."""
    return pieces.words(text, frame.colours, x, y, fill=fill or frame.colours.quiet, align=align)


def rule(values: Sequence[Spec], encoding: Spec, **mark: str | float | list[int]) -> Spec:
    """Lines."""
    return {"data": {"values": list(values)}, "mark": {"type": "rule", **mark}, "encoding": encoding}


def across(
    frame: Frame, value: float, colour: str, dash: Sequence[int] = (7, 4), *, thin: bool = False
) -> list[Spec]:
    """A line over all of a plot at a value, with a rim of the ground's colour so that it is seen before bars."""
    place = {"x": {"value": 0}, "x2": {"value": frame.pixels}, "y": {"datum": value}}
    wide = 1.5 if thin else 2
    return [
        rule([{}], place, stroke=frame.colours.ground, strokeWidth=wide + 1 if thin else 4),
        rule([{}], place, stroke=colour, strokeWidth=wide, strokeDash=list(dash)),
    ]


def silences(
    frame: Frame, silent: Sequence[tuple[int, int]], middle: int, height: int | None = None
) -> tuple[Spec, list[Spec]]:
    """Times without data: a ground behind the plots (or the upper ones alone), and words where there is room."""
    none, colours = frame.said["none"], frame.colours
    area = pieces.area(
        [{"from": first, "to": last} for first, last in silent], colours.grid, height or frame.height, 0.7
    )
    names: list[Spec] = []
    for start, end in silent:
        if frame.at(end) - frame.at(start) >= pieces.width(none, frame.letters) + 8:
            place = round(frame.at((start + end) / 2))
            names += note(frame, none, place, middle, align="center")
    return area, names


def pointed(frame: Frame, tips: Iterable[tuple[float, float, Sequence[str]]]) -> list[Spec]:
    """What is said when a time of a live chart is pointed at; lines, the first is the time."""
    if not frame.looks.live:
        return []
    values = [
        {"from": start, "to": end, "tip": "\n".join(pieces.plain(line) for line in lines if line)}
        for start, end, lines in tips
    ]
    return [
        {
            "params": [
                {
                    "name": "pointed",
                    "select": {
                        "type": "point",
                        "on": "pointerover",
                        "clear": "pointerout",
                        "fields": ["from"],
                    },
                }
            ],
            "data": {"values": values},
            "mark": {"type": "rect", "fill": frame.colours.text},
            "encoding": {
                **FROM_TO,
                "y": {"value": 0},
                "y2": {"value": frame.height},
                "opacity": {"condition": {"param": "pointed", "empty": False, "value": 0.12}, "value": 0},
                "tooltip": {"field": "tip", "type": "nominal"},
            },
        }
    ]
