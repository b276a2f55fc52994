"""Minutes, lengths and shares → what is written on charts, in English or Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tabiji import windows

Language = Literal["en", "ja"]
Words = Mapping[str, str]

WORDS: Mapping[Language, Words] = {
    "en": {
        "failed": "Failed, % of attempts per {step}",
        "slow": "Failed or too slow, % of attempts per {step}",
        "minutes": "Bad minutes, % of each {step}",
        "events": "Attempts per {step}",
        "one": "minute",
        "several": "{n} min",
        "hour": "hour",
        "hours": "{n} h",
        "day": "day",
        "promise": "promised: at most {share} %",
        "began": "began {time}",
        "noticed": "noticed {time}",
        "over": "over {time}",
        "none": "no data",
        "percent": " %",
        "from-to": "{day} {start} – {end} ({zone})",
        "since": "since {day} {start} ({zone})",
        "spent": "{share} of the error budget spent",
        "spent-so-far": "{share} of the error budget spent so far",
        "between": " · ",
        "deployment": "deployed {title}",
        "push": "push: {title}",
        "campaign": "campaign: {title}",
        "maintenance": "maintenance: {title}",
        "other": "{title}",
    },
    "ja": {
        "failed": "失敗した割合({step}ごと)",
        "slow": "失敗または遅延の割合({step}ごと)",
        "minutes": "悪化していた時間の割合({step}ごと)",
        "events": "件数({step}ごと)",
        "one": "1分",
        "several": "{n}分",
        "hour": "1時間",
        "hours": "{n}時間",
        "day": "1日",
        "promise": "約束: {share}%以下",
        "began": "発生 {time}",
        "noticed": "検知 {time}",
        "over": "復旧 {time}",
        "none": "データなし",
        "percent": "%",
        "from-to": "{day} {start}〜{end}({zone})",
        "since": "{day} {start}から継続中({zone})",
        "spent": "エラーバジェットの{share}を消費",
        "spent-so-far": "これまでにエラーバジェットの{share}を消費",
        "between": "、",
        "deployment": "デプロイ: {title}",
        "push": "プッシュ通知: {title}",
        "campaign": "キャンペーン: {title}",
        "maintenance": "メンテナンス: {title}",
        "other": "{title}",
    },
}


def clock(minute: int, zone: str) -> str:
    """What a clock on the wall shows: 20:52."""
    return f"{_local(minute, zone):%H:%M}"


def day(minute: int, zone: str) -> str:
    """2026-11-13"""
    return f"{_local(minute, zone):%Y-%m-%d}"


def tick(minute: int, zone: str) -> str:
    """What an axis says: the time, or the date at midnight."""
    local = _local(minute, zone)
    return f"{local:%m-%d}" if local.hour == local.minute == 0 else f"{local:%H:%M}"


def minute_of_day(minute: int, zone: str) -> int:
    """Minutes since midnight on the clock."""
    local = _local(minute, zone)
    return local.hour * 60 + local.minute


def _local(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone))


def length(minutes: int, words: Words) -> str:
    """The length of a bar: minute, 5 min, hour."""
    if minutes == 1:
        return words["one"]
    if minutes < windows.HOUR:
        return words["several"].format(n=minutes)
    if minutes < windows.DAY:
        return words["hour"] if minutes == windows.HOUR else words["hours"].format(n=minutes // windows.HOUR)
    return words["day"]


def exact(value: Fraction) -> str:
    """A decimal number in full: 1/10 → 0.1."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
