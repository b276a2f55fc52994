"""A number → so many of the lines behind it, as far as they can be read within some seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tabiji import corrections
from tabiji.definitions import Site
from tabiji.runs import correcting, exploring
from tabiji.runs.exploring import Line, Part
from tabiji.runs.rereading import Gone
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store

LINES_MAX = 1000  # on a page
SECONDS_MAX = 3.0
_AFTER = re.compile(r"[0-9]{1,18}:-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the order of their files, and what can't be read any more.

    `after` asks for those that follow, None where there are none. Of so many `parts` of files `looked` were looked
    through; `in_time` is false where time was up before there were lines enough. `corrected` minutes are left out.
    `unknown_until`: which minutes before it were bad can't be told any more.
    """

    found: tuple[Line, ...]
    gone: tuple[Gone, ...]
    after: str | None
    looked: int
    parts: int
    in_time: bool
    corrected: int
    unknown_until: int | None


def lines(
    site: Site,
    store: Store,
    pair: Pair,
    *,
    bad: bool,
    start: int,
    end: int,
    most: int,
    clock: Callable[[], float],
    seconds: float = SECONDS_MAX,
    narrowed: Mapping[str, str] | None = None,
    after: str = "",
) -> Lines:
    """The lines behind a number, at most so many, those that follow `after`; at least one part is looked through.

    What a part of a file holds is read at once, so that it may take a little longer than `seconds`.
    """
    journey, objective = pair
    parts = exploring.parts(
        site, store, journey, objective, bad=bad, first_minute=start, end_minute=end, narrowed=narrowed
    )
    place, offset = _place(parts, after)
    until = clock() + seconds
    found: list[Line] = []
    gone: list[Gone] = []
    following: str | None = None
    in_time, looked = True, place
    for at in range(place, len(parts)):
        number, last = parts[at].entry.number, offset if at == place else -1
        if at > place and clock() >= until:
            following, in_time = f"{number}:-1", False
            break
        for one in parts[at].lines():
            if isinstance(one, Gone):
                gone.append(one)
            elif one.offset > last:
                if len(found) == most:
                    following = f"{number}:{last}"
                    break
                found.append(one)
                last = one.offset
        if following is not None:
            break
        looked = at + 1
    of_events = objective.slices is None
    spans = correcting.corrected(site, store, [pair], start, end).get(objective.id, ())
    kept = store.kept().minutes_from
    return Lines(
        tuple(found),
        tuple(gone),
        following,
        looked,
        len(parts),
        in_time,
        corrections.minutes(spans) if of_events or bad else 0,
        kept if not of_events and bad and kept is not None and start < kept else None,
    )


def _place(parts: Sequence[Part], after: str) -> tuple[int, int]:
    """The part to go on with, and the offset of the last line of it that was shown."""
    number, _, offset = after.partition(":")
    if not _AFTER.fullmatch(after):
        return 0, -1
    places = (at for at, part in enumerate(parts) if part.entry.number == int(number))
    place = next(places, None)
    return (0, -1) if place is None else (place, int(offset))
