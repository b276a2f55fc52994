"""Sums over consecutive times → bars that can be seen: merged where they are too thin, apart where nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

PIXELS_MIN = 3  # that a bar is wide


@dataclass(frozen=True, slots=True)
class Bar:
    """The minutes `[start, end)` together, `bad` of `total` events (or minutes): sums, never means of shares."""

    start: int
    end: int
    bad: int
    total: int

    @property
    def share(self) -> Fraction | None:
        """The share of bad; None without data."""
        return Fraction(self.bad, self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Span:
    """What went on from a minute to another, or still goes on; `text` says what."""

    start: int
    end: int | None
    text: str


def merged(bars: Sequence[Bar], pixels: int, pixels_min: float = PIXELS_MIN) -> list[Bar]:
    """Neighbours put together, as many as it takes for each to be seen."""
    together = max(round(-(-len(bars) * pixels_min // pixels)), 1)
    return [_sum(bars[place : place + together]) for place in range(0, len(bars), together)]


def _sum(bars: Sequence[Bar]) -> Bar:
    return Bar(bars[0].start, bars[-1].end, sum(one.bad for one in bars), sum(one.total for one in bars))


def usual_minutes(bars: Sequence[Bar]) -> int:
    """How long most bars are: the outer ones may be cut off, and clocks change."""
    lengths = Counter(one.end - one.start for one in bars)
    return max(lengths, key=lambda length: (lengths[length], length), default=0)


def silences(bars: Sequence[Bar]) -> list[tuple[int, int]]:
    """Times without data."""
    spans: list[tuple[int, int]] = []
    for one in bars:
        if not one.total and spans and spans[-1][1] == one.start:
            spans[-1] = (spans[-1][0], one.end)
        elif not one.total:
            spans.append((one.start, one.end))
    return spans
