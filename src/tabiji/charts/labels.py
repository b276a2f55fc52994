"""What happened when → words above the plots, none over another, with lines down to their times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tabiji.charts import pieces
from tabiji.charts.pieces import FROM_TO, LETTERS, Colours, Spec

ROWS_MAX = 3
LABELS_MAX = 7  # more are lines without words
PIXELS_MIN, PIXELS_MAX = 80, 260  # of words; longer ones are cut, and none are better than less
BESIDE = 14  # pixels around words


@dataclass(frozen=True, slots=True)
class Label:
    """What happened at a minute, or until another. `besides` is what is no part of an incident: deployments and such.

    Rows count from the plots upwards; −1 has no room for words.
    """

    minute: float
    text: str
    until: float | None = None
    besides: bool = False
    row: int = -1
    to_left: bool = False


def row_pixels(letters: int = LETTERS) -> int:
    """How high a row of words is."""
    return letters + 4


def placed(labels: Sequence[Label], start: int, end: int, pixels: int, letters: int = LETTERS) -> list[Label]:
    """Each in the lowest row where it runs into no other, to the right of its time, or else to the left, or else cut.

    `labels` come with the most important first. They are placed from the last to the first in time, so that no
    line of one crosses the words of another below it. What happened besides is without words where there would be
    no room for an incident's.
    """
    found = list(labels[LABELS_MAX:])
    worded = sorted(labels[:LABELS_MAX], key=lambda one: one.minute, reverse=True)
    while True:
        taken: list[list[tuple[float, float]]] = [[] for _ in range(ROWS_MAX)]
        tried = [
            _placed(one, (one.minute - start) / (end - start) * pixels, taken, pixels + BESIDE, letters)
            for one in worded
        ]
        crowded = next((one for one in tried if not one.besides and one.row < 0), None)
        over = [
            place
            for place, one in enumerate(tried)
            if crowded and one.besides and one.row >= 0 and one.minute >= crowded.minute
        ]
        if not over:
            return found + tried
        found.append(worded.pop(over[-1]))  # the nearest of those that took its room


def _placed(
    label: Label, at: float, taken: list[list[tuple[float, float]]], right: float, letters: int
) -> Label:
    text = pieces.cut(label.text, PIXELS_MAX, letters)
    long = pieces.width(text, letters) + BESIDE
    for to_left in (False, True):
        first, last = (at - long, at) if to_left else (at, at + long)
        for row, spans in enumerate(taken):
            if first >= 0 and last <= right and all(last <= a or first >= b for a, b in spans):
                spans.append((first, last))
                return replace(label, text=text, row=row, to_left=to_left)
    rooms = [min((a for a, b in spans if b > at), default=right) - at for spans in taken]
    room = max(rooms)
    if room < PIXELS_MIN + BESIDE:
        return label
    row = rooms.index(room)
    taken[row].append((at, at + room))
    return replace(label, text=pieces.cut(text, room - BESIDE, letters), row=row)


def lines(labels: Sequence[Label], colours: Colours, height: int, letters: int = LETTERS) -> Iterator[Spec]:
    """From the words down through the plots; dashed ones are of what happened besides."""
    for besides, colour, dash in ((True, colours.text, [2, 3]), (False, colours.bad, [1, 0])):
        some = [one for one in labels if one.besides == besides]
        if some:
            yield {
                "data": {
                    "values": [
                        {"from": one.minute, "y": -row_pixels(letters) * one.row - letters} for one in some
                    ]
                },
                "mark": {"type": "rule", "stroke": colour, "strokeWidth": 1.5, "strokeDash": dash},
                "encoding": {
                    "x": FROM_TO["x"],
                    "y": {"field": "y", "type": "quantitative", "scale": None, "axis": None},
                    "y2": {"value": height},
                },
            }
    lasting = [{"from": one.minute, "to": one.until} for one in labels if one.until is not None]
    if lasting:
        yield {
            "data": {"values": lasting},
            "mark": {"type": "rect", "fill": colours.text},
            "encoding": {**FROM_TO, "y": {"value": -2}, "y2": {"value": 2}},
        }


def words(labels: Iterable[Label], colours: Colours, letters: int = LETTERS) -> Iterator[Spec]:
    """Beside the upper ends of the lines."""
    for one in labels:
        if one.row >= 0:
            yield from pieces.words(
                one.text,
                colours,
                one.minute,
                -row_pixels(letters) * one.row - 5,
                at_time=True,
                fill=colours.text if one.besides else colours.bad,
                dx=-5 if one.to_left else 5,
                align="right" if one.to_left else "left",
            )
