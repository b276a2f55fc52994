"""An objective minute by minute → the alerts that it gave: what `alerts.decide` decides, all at once.

Every moment of a stretch is decided with sums up to each minute, compared as integers; the few at which
something changes are then judged one by one, with all that an alert remembers. So a replay of months costs little,
and decides what judging minute by minute would have decided, however the stretch is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tabiji import alerts, windows
from tabiji.alerts import LUCK, Alert, Ending, Reason
from tabiji.budgets import Tally
from tabiji.counting import Integers
from tabiji.journeys import Objective, Severity, Tier
from tabiji.runs.minutes import LARGEST, Minutes, Truths, windowed
from tabiji.windows import Rolling, Window

KNOTS = (2, 32)  # totals at which the evidence that is needed is computed; between them it is bracketed

ENDINGS: Mapping[Reason, Ending] = {
    "below-short": "below-short",
    "below-long": "below-long",
    "below-both": "below-both",
}

Sums = tuple[Integers, Integers]  # bad, total


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """A tier's two windows before each moment, (bad, total) events, and the length P of the whole window.

    `distinct` are those lengths, each once.
    """

    long: Sums
    short: Sums
    lengths: Integers
    distinct: frozenset[int]


def longest_minutes(objectives: Iterable[Objective]) -> int:
    """How many minutes before a moment its decision may depend on."""
    return max((tier.long_minutes for one in objectives for tier in one.tiers), default=0)


def replay(
    objective: Objective,
    minutes: Minutes,
    first: int,
    until: int,
    fired: Sequence[Alert] = (),
    *,
    definition: str = "",
    luck: Mapping[Severity, Fraction] = LUCK,
) -> list[Alert]:
    """Judges an objective at every moment of `(first, until]`, each on the minutes before it.

    `minutes` reach from `longest_minutes` before the first of these moments to the last. `fired` are the
    alerts that are open at `first`. Gives these, closed if they close, and those that open, in the order of
    their opening. `luck` is how improbable a mere chance must be to count as evidence.
    """
    if until <= first:
        return list(fired)
    lengths, distinct = _lengths(objective.window, first, until)
    found = [alert.closed(first + 1, "tier-gone") for alert in fired if alert.tier not in objective.tiers]
    for tier in dict.fromkeys(objective.tiers):
        open_alert = next((alert for alert in fired if alert.tier == tier), None)
        long, short = _windows(tier, minutes, first, until)
        stretch = _Stretch(long, short, lengths, distinct)
        for place in _changes(stretch, tier, objective, luck, fired=open_alert is not None):
            judged = alerts.judge(
                tier,
                objective.target,
                int(stretch.lengths[place]),
                _tally(stretch.long, place),
                _tally(stretch.short, place),
                fired=open_alert is not None,
                luck=luck,
            )
            if open_alert is None:
                provisional = objective.state == "provisional"
                open_alert = Alert(objective.id, tier, provisional, definition, first + 1 + place, judged)
            else:
                found.append(open_alert.closed(first + 1 + place, ENDINGS[judged.reason]))
                open_alert = None
        if open_alert is not None:
            found.append(open_alert)
    return sorted(found, key=lambda alert: alert.opened_minute)


def fires(objective: Objective, minutes: Minutes, first: int, until: int) -> dict[Tier, int]:
    """How often each tier begins to fire in `(first, until]`, where none fires at first: the alerts of `replay`."""
    if until <= first:
        return dict.fromkeys(objective.tiers, 0)
    lengths, distinct = _lengths(objective.window, first, until)
    found = {}
    for tier in dict.fromkeys(objective.tiers):
        stretch = _Stretch(*_windows(tier, minutes, first, until), lengths, distinct)
        found[tier] = (len(_changes(stretch, tier, objective, LUCK, fired=False)) + 1) // 2
    return found


def _lengths(window: Window, first: int, until: int) -> tuple[Integers, frozenset[int]]:
    """The length of the whole window at each moment of `(first, until]`; and all of them, each once."""
    if isinstance(window, Rolling):
        return np.full(until - first, window.minutes, dtype=np.int64), frozenset({window.minutes})
    moment, parts, distinct = first + 1, [], set()
    while moment <= until:
        start, end = windows.whole(window, moment)
        parts.append(np.full(min(end, until + 1) - moment, end - start, dtype=np.int64))
        distinct.add(end - start)
        moment = end
    return np.concatenate(parts), frozenset(distinct)


def _windows(tier: Tier, minutes: Minutes, first: int, until: int) -> tuple[Sums, Sums]:
    """(bad, total) of the long window and of the short one before each moment of `(first, until]`."""
    # the window before moment t ends with minute t − 1
    place = slice(first - minutes.start, until - minutes.start)
    if place.start < 0 or place.stop > len(minutes):
        raise ValueError(f"the minutes do not hold those from {first} to {until}")
    bad_long, total_long = windowed(minutes, tier.long_minutes)
    bad_short, total_short = windowed(minutes, alerts.short_minutes(tier))
    return (bad_long[place], total_long[place]), (bad_short[place], total_short[place])


def _changes(
    stretch: _Stretch, tier: Tier, objective: Objective, luck: Mapping[Severity, Fraction], *, fired: bool
) -> list[int]:
    """The places at which the tier begins or ceases to fire, in turn."""
    heard = (stretch.long[1] > 0) & (stretch.short[1] > 0)
    reached = heard.copy()
    for length in stretch.distinct:
        rate = alerts.error_rate_min(tier, objective.target, length)
        enough = _reaches(stretch.long, rate) & _reaches(stretch.short, rate)
        reached &= enough | (stretch.lengths != length)
    fires = reached.copy()
    fires[reached] = _evident(
        stretch.long[0][reached], stretch.long[1][reached], 1 - objective.target, luck[tier.severity]
    )
    decided = np.flatnonzero(fires | (heard & ~reached))  # at the other moments things stay as they are
    firing = fires[decided]
    before = np.concatenate((np.array([fired]), firing[:-1]))
    changed: list[int] = decided[firing != before[: len(firing)]].tolist()
    return changed


def _reaches(tally: Sums, rate: Fraction) -> Truths:
    """B / T ≥ rate, multiplied out into integers; Python's own where 64 bits might not hold them."""
    bad, total = tally
    largest = max(int(bad.max(initial=0)) * rate.denominator, int(total.max(initial=0)) * rate.numerator)
    if largest >= LARGEST:
        bad, total = bad.astype(object), total.astype(object)
    enough: Truths = np.asarray(bad * rate.denominator >= total * rate.numerator, dtype=np.bool_)
    return enough


def _evident(bad: Integers, total: Integers, budget: Fraction, luck: Fraction) -> Truths:
    """Whether so many bad events would be luck with a probability below `luck`, as `evidence_p` has it.

    The fewest bad events that are evidence never fall as the total grows. So a few totals tell about those
    between them, and what they leave open is asked one by one.
    """
    evident = np.zeros(len(bad), dtype=np.bool_)
    unknown = np.arange(len(bad))
    for knots in KNOTS:
        if not len(unknown):
            break
        totals = np.unique(total[unknown])
        chosen = totals[np.unique(np.linspace(0, len(totals) - 1, knots).astype(np.int64))]
        needed = np.array([alerts.fewest_bad(int(one), budget, luck) for one in chosen.tolist()])
        above = np.searchsorted(chosen, total[unknown])
        below = np.where(chosen[above] == total[unknown], above, above - 1)
        evident[unknown] = bad[unknown] >= needed[above]
        unknown = unknown[(bad[unknown] < needed[above]) & (bad[unknown] >= needed[below])]
    pairs, places = np.unique(np.stack((bad[unknown], total[unknown])), axis=1, return_inverse=True)
    asked = [
        alerts.is_evident(alerts.evidence_p(some, many, budget), luck) for some, many in pairs.T.tolist()
    ]
    evident[unknown] = np.array(asked, dtype=np.bool_)[places.ravel()]
    return evident


def _tally(window: Sums, place: int) -> Tally:
    bad, total = (int(numbers[place]) for numbers in window)
    return Tally(total - bad, total)
