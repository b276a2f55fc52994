"""Quiet hours and a time → whether it is quiet then."""

from __future__ import annotations

from datetime import UTC, datetime

from tabiji import windows
from tabiji.notices.facts import Quiet


def is_quiet(quiet: Quiet | None, now: int) -> bool:
    """Whether nothing is told but pages, at a time in seconds; by what a clock on the wall shows."""
    if quiet is None:
        return False
    local = datetime.fromtimestamp(now, UTC).astimezone(windows.time_zone(quiet.timezone))
    minute, today = local.hour * 60 + local.minute, local.weekday()
    if today in quiet.whole_days:
        return True
    if quiet.from_minute < quiet.until_minute:
        return quiet.from_minute <= minute < quiet.until_minute
    return minute >= quiet.from_minute or minute < quiet.until_minute
