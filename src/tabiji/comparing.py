"""Operations in two periods → which fail more or less, which got slower or faster, and how sure that is.

Three things are asked of each operation: did a larger share of its events fail; did the usual event take longer
(Mann and Whitney's test on the histograms, ties corrected); did the slowest (the share of events beyond the 95th
percentile of the faster period). Shares are compared by Fisher's exact test where a cell is small, by the normal
curve otherwise. All answers of a comparison are corrected together by Holm's procedure, so that among operations of
which nothing changed even one false word is said in at most 5 % of comparisons. And what chance does not explain must
also matter: a share, the p50 or the p95 has to have moved by more than a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tabiji import histograms

LUCK = 0.05  # of one false word in a whole comparison
EVENTS_MIN = 30  # of each period; of fewer nothing is said
MATTERS = Fraction(1, 10)  # a histogram's quantile is high by less than that
_CELL_MIN = 10  # expected in each cell; below, the ways are counted
_MEDIAN, _TAIL = Fraction(1, 2), Fraction(95, 100)

What = Literal["failures", "usual", "slowest"]
Way = Literal["worse", "better"]
Verdict = Literal["worse", "mixed", "better", "same", "few", "new", "gone"]
VERDICTS: tuple[Verdict, ...] = (
    "worse",
    "mixed",
    "new",
    "better",
    "same",
    "few",
    "gone",
)  # the gravest first


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted of an operation in a period: events, those that failed, durations as events by bucket."""

    events: int = 0
    failed: int = 0
    durations: Mapping[int, int] = field(default_factory=dict)

    @property
    def failed_share(self) -> Fraction | None:
        """None without events."""
        return Fraction(self.failed, self.events) if self.events else None

    def quantile_us(self, share: Fraction) -> int | None:
        """In microseconds; None without durations."""
        return histograms.quantile_us(self.durations, share)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that chance does not explain. `chance` is the corrected p-value; `by` is after over before, less 1.

    `by` is None where there was nothing before, such as no failure.
    """

    what: What
    way: Way
    chance: float
    by: Fraction | None


@dataclass(frozen=True, slots=True)
class Difference:
    """An operation (source and name) in both periods, and what changed of it."""

    source: str
    operation: str | None
    before: Seen
    after: Seen
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


Key = tuple[str, str | None]


def compare(before: Mapping[Key, Seen], after: Mapping[Key, Seen]) -> tuple[Difference, ...]:
    """Every operation of either period: what got worse first, then by how many events it has."""
    keys = sorted({*before, *after}, key=lambda key: (key[0], key[1] or ""))
    both = [(key, before.get(key, Seen()), after.get(key, Seen())) for key in keys]
    asked = [
        (place, what, chance)
        for place, (_, one, other) in enumerate(both)
        if min(one.events, other.events) >= EVENTS_MIN
        for what, chance in _chances(one, other)
    ]
    corrected = holm([chance for _, _, chance in asked])
    found: dict[int, list[Finding]] = {}
    for (place, what, _), chance in zip(asked, corrected, strict=True):
        if chance <= LUCK and (finding := _finding(what, chance, *both[place][1:])) is not None:
            found.setdefault(place, []).append(finding)
    told = [
        Difference(*key, one, other, _verdict(one, other, found.get(place, ())), tuple(found.get(place, ())))
        for place, (key, one, other) in enumerate(both)
    ]
    return tuple(sorted(told, key=_order))


def _chances(one: Seen, other: Seen) -> list[tuple[What, float]]:
    asked: list[tuple[What, float]] = [
        ("failures", shares(one.failed, one.events, other.failed, other.events))
    ]
    first, second = sum(one.durations.values()), sum(other.durations.values())
    if min(first, second) >= EVENTS_MIN:
        asked.append(("usual", ranks(one.durations, other.durations)))
        limit = min(histograms.quantile_us(some, _TAIL) or 0 for some in (one.durations, other.durations))
        slow = [
            sum(events for index, events in some.items() if _upper(index) > limit)
            for some in (one.durations, other.durations)
        ]
        asked.append(("slowest", shares(slow[0], first, slow[1], second)))
    return asked


def _finding(what: What, chance: float, one: Seen, other: Seen) -> Finding | None:
    """What is found, where it matters as well."""
    if what == "failures":
        was, became = one.failed_share, other.failed_share
    else:
        share = _MEDIAN if what == "usual" else _TAIL
        was, became = (
            None if us is None else Fraction(us) for us in (one.quantile_us(share), other.quantile_us(share))
        )
    if was is None or became is None or abs(became - was) <= MATTERS * was:
        return None
    return Finding(what, "worse" if became > was else "better", chance, became / was - 1 if was else None)


def _verdict(one: Seen, other: Seen, findings: Sequence[Finding]) -> Verdict:
    if max(one.events, other.events) >= EVENTS_MIN and not min(one.events, other.events):
        return "gone" if one.events else "new"
    if min(one.events, other.events) < EVENTS_MIN:
        return "few"
    ways = {finding.way for finding in findings}
    if len(ways) == 2:
        return "mixed"
    return ways.pop() if ways else "same"


def _order(one: Difference) -> tuple[int, int, str, str]:
    events = max(one.before.events, one.after.events)
    return VERDICTS.index(one.verdict), -events, one.source, one.operation or ""


def _upper(index: int) -> int:
    upper = histograms.upper_us(index)
    return histograms.LARGEST_US + 1 if upper is None else upper


# ------------------------------------------------------------------------------------ chance


def holm(chances: Sequence[float]) -> list[float]:
    """Holm's corrected p-values, in the order of the given ones."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    corrected, highest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - rank)))
        corrected[place] = highest
    return corrected


def shares(first: int, of_first: int, second: int, of_second: int) -> float:
    """How likely two shares differ by so much where nothing changed, two-sided; 1 where all or none are in.

    Fisher's exact test where fewer than 10 are expected in a cell; beyond, the normal curve of the pooled share.
    """
    total, inside = of_first + of_second, first + second
    if not inside or inside == total or not of_first or not of_second:
        return 1.0
    smallest = min(of_first, of_second) * min(inside, total - inside)
    if smallest < _CELL_MIN * total:
        return _fisher(first, of_first, second, of_second)
    pooled = inside / total
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
    return math.erfc(abs(first / of_first - second / of_second) / spread / math.sqrt(2))


def _fisher(first: int, of_first: int, second: int, of_second: int) -> float:
    """The chance of all tables with the same margins that are no likelier than this one."""
    inside = first + second
    low, high = max(0, inside - of_second), min(inside, of_first)
    logs = [_log_ways(of_first, one) + _log_ways(of_second, inside - one) for one in range(low, high + 1)]
    base = _log_ways(of_first + of_second, inside)
    limit = logs[first - low] + 1e-9  # equal ones differ in their last digits
    return min(1.0, math.fsum(math.exp(one - base) for one in logs if one <= limit))


def _log_ways(total: int, some: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(some + 1) - math.lgamma(total - some + 1)


def ranks(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """Mann and Whitney's test of two histograms: how likely one is shifted so far where nothing changed, two-sided.

    By the normal curve, corrected for ties (all events of a bucket are tied) and for continuity.
    """
    first, second = sum(before.values()), sum(after.values())
    total = first + second
    doubled = ties = below = 0  # twice the pairs in which `after` is longer, half of the tied ones included
    for index in sorted({*before, *after}):
        of_first, of_second = before.get(index, 0), after.get(index, 0)
        doubled += of_second * (2 * below + of_first)
        below += of_first
        ties += (of_first + of_second) ** 3 - (of_first + of_second)
    if total < 2 or not first or not second:
        return 1.0
    variance = Fraction(first * second * ((total + 1) * total * (total - 1) - ties), 12 * total * (total - 1))
    if not variance:
        return 1.0
    far = max(abs(Fraction(doubled - first * second, 2)) - Fraction(1, 2), Fraction(0))
    return math.erfc(float(far) / math.sqrt(variance) / math.sqrt(2))
