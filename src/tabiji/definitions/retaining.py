"""The shape of `retention:` → for how long rollups and pushed lines are kept, every fault noted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from tabiji.definitions import shapes
from tabiji.definitions.documents import Document
from tabiji.language import _

MINUTES_DAYS_MIN = 3  # the longest of the default tiers
UNKNOWN_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rollups are kept, by grain."""

    minutes_days: int = 40
    hours_days: int = 396
    days: Literal["forever"] = "forever"
    received_days: int = 14  # of pushed lines themselves


def retention(document: Document, shape: shapes.Retention | None) -> Retention:
    """What has a fault is kept for long, so that nothing else is blamed for it."""

    def days(key: str, written: str | None, otherwise: int) -> int:
        if written is None:
            return UNKNOWN_DAYS if document.left_out(("retention", key)) else otherwise
        match = re.fullmatch(r"([1-9][0-9]{0,4})d", written)
        if not match:
            message = _("`{written}` is not a number of days; write for example `40d`", written=written)
            document.blame(("retention", key), message)
            return UNKNOWN_DAYS
        return int(match[1])

    kept = Retention()
    if shape is None:
        return replace(kept, minutes_days=UNKNOWN_DAYS) if document.left_out(("retention",)) else kept
    minutes = days("minutes", shape.minutes, kept.minutes_days)
    hours = days("hours", shape.hours, kept.hours_days)
    if minutes < MINUTES_DAYS_MIN:
        message = _(
            "`{written}` is too short: alerts look back over {days} days, minute by minute",
            written=shape.minutes,
            days=MINUTES_DAYS_MIN,
        )
        document.blame(("retention", "minutes"), message)
    if hours < minutes < UNKNOWN_DAYS:
        document.blame(("retention",), _("hours are kept at least as long as minutes"))
    return Retention(minutes, hours, received_days=days("received", shape.received, kept.received_days))
