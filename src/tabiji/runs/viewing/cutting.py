"""A time → the pieces of it that are looked at: as many as can be seen, on round minutes of the zone's clock."""

from __future__ import annotations

import numpy as np

from tabiji import windows
from tabiji.charts import ComparedBar
from tabiji.counting import Integers
from tabiji.runs.minutes import Minutes
from tabiji.store import Kept
from tabiji.windows import HOUR, Calendar

MOST = 180  # pieces of a time
STEPS = (1, 2, 5, 10, 15, 30, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR)  # minutes of a piece; then days


def cuts(start: int, end: int, zone: str, most: int = MOST, least: int = 1) -> list[int]:
    """The ends of consecutive pieces of `[start, end)`: minutes, hours or days of the zone, the outer ones cut off.

    At most about `most`, none shorter than `least` minutes but the outer ones.
    """
    step = next((step for step in STEPS if step >= least and end - start <= step * most), None)
    if step is not None and step < HOUR:
        return _ends(start, end, range(start // step * step, end, step))
    days = _days(start, end, zone)
    if step is None:
        return _ends(start, end, days[:: -(-len(days) // most)])
    # Each day begins anew, so that pieces stand on the clock also where it changes
    return _ends(
        start,
        end,
        [
            minute
            for day, over in zip(days, [*days[1:], end], strict=True)
            for minute in range(day, over, step)
        ],
    )


def _ends(start: int, end: int, between: range | list[int]) -> list[int]:
    return [start, *(minute for minute in between if start < minute < end), end]


def _days(start: int, end: int, zone: str) -> list[int]:
    """The first minute of each day, from the one that `start` lies in."""
    found = [windows.period_start(start, "day", zone)]
    while found[-1] < end:
        found.append(windows.whole(Calendar("day", zone), found[-1])[1])
    return found[:-1] if len(found) > 1 else found


def kept(cut: list[int], known: Kept) -> list[int]:
    """Cuts as far as rollups can tell them apart: where minutes are not kept any more, those of hours, or days."""
    return sorted({known.cut(minute) for minute in cut})


def compared(
    old: Minutes | None, new: Minutes | None, start: int, end: int, zone: str
) -> tuple[ComparedBar, ...]:
    """Two definitions over the same minutes → bars with the sums of both; None: there is none on that side."""
    ends = cuts(start, end, zone)
    of_old, of_new = _sums(old, ends), _sums(new, ends)
    rows = np.stack((ends[:-1], ends[1:], *of_old, *of_new)).T.tolist()
    return tuple(ComparedBar(*row) for row in rows)


def _sums(minutes: Minutes | None, ends: list[int]) -> tuple[Integers, Integers]:
    """(bad, total) of each piece; minutes that count neither way are no data."""
    nothing = np.zeros(len(ends) - 1, dtype=np.int64)
    if minutes is None:
        return nothing, nothing
    places = np.clip(np.array(ends) - minutes.start, 0, len(minutes))
    found = []
    for numbers in (minutes.bad * minutes.valid, minutes.total * minutes.valid):
        sums = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(numbers)))
        found.append(np.diff(sums[places]))
    return found[0], found[1]
