"""Times as people on the phone say them → a minute: now, 10 minutes ago, 20:55, yesterday 21:00; 10分前, 昨日21時."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from tabiji import windows

_AGO = re.compile(
    r"(?:about |約)?(\d{1,4}) ?(?:(m|min|minutes?|分)|(h|hours?|時間)|(d|days?|日)) ?(?:ago|前|くらい前|ほど前)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?:(today|yesterday|今日|本日|昨日|きのう|一昨日|おととい) ?)?"
    r"(\d{1,2})(?::(\d{2})|時(?:(\d{1,2})分|(半))?)(?: ?頃|ごろ)?",
    re.IGNORECASE,
)
_NOW = ("", "now", "just now", "今", "いま", "現在", "たった今", "たったいま")
_DAYS_BACK = {"yesterday": 1, "昨日": 1, "きのう": 1, "一昨日": 2, "おととい": 2}


def minute_of(text: str, now: int, zone: str) -> int:
    """The minute since the epoch that is meant; `now` is in seconds. Raises ValueError for what is no time.

    A clock time without a day is today's, or yesterday's where today's is still to come.
    """
    words = " ".join(unicodedata.normalize("NFKC", text).split())
    if words.lower() in _NOW:
        return now // 60
    ago = _AGO.fullmatch(words)
    if ago:
        unit = 1 if ago[2] else windows.HOUR if ago[3] else windows.DAY
        return now // 60 - int(ago[1]) * unit
    clock = _CLOCK.fullmatch(words)
    if clock:
        return _clock(clock, now, zone)
    return windows.parse_time(words, now, zone) // 60


def _clock(found: re.Match[str], now: int, zone: str) -> int:
    day, hour = found[1], int(found[2])
    minute = 30 if found[5] else int(found[3] or found[4] or 0)
    today = datetime.fromtimestamp(now, UTC).astimezone(windows.time_zone(zone)).date()
    back = _DAYS_BACK.get((day or "").lower(), 0)
    said = f"T{hour:02}:{minute:02}"
    meant = windows.parse_time(f"{today - timedelta(days=back)}{said}", now, zone) // 60
    if day is None and meant > now // 60:
        return windows.parse_time(f"{today - timedelta(days=1)}{said}", now, zone) // 60
    return meant
