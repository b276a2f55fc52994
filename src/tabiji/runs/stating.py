"""The mission as somebody writes it down → kept as its next version, with who, when, why, and with whom agreed."""

from __future__ import annotations

from collections.abc import Sequence

from tabiji import missions
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.missions import Line, Version
from tabiji.store import Store


def versions(store: Store, until_second: int | None = None) -> list[Version]:
    """All versions, the oldest first; or those that there were at a moment."""
    return missions.versions(store.acts.of(missions.KIND, until_second=until_second))


def version(some: Sequence[Version], nth: int) -> Version:
    """One of them by its number. Raises UsageError."""
    if not 1 <= nth <= len(some):
        raise UsageError(
            _("the mission has no version {n}; the last is {last}", n=nth, last=len(some))
            if some
            else _("no mission is written down yet")
        )
    return some[nth - 1]


def write(
    store: Store,
    lines: Sequence[Line],
    who: str,
    at: int,
    agreed_with: str = "",
    why: str = "",
    seen: int | None = None,
) -> Version:
    """Keeps the next version, and gives it. `seen` is the number of the last one that whoever writes has seen.

    Raises UsageError where nothing would be other, and StaleAct where somebody else has written one since.
    """
    before = versions(store)
    try:
        act = missions.writing(lines, before, who, at, agreed_with, why)
    except ValueError as error:
        raise UsageError(str(error)) from None
    last = before[-1].number if before else 0
    kept = store.acts.add(act, seen=last if seen is None else seen)
    return next(one for one in versions(store) if one.number == kept.number)
