"""The words of a user, and rules → the journey that they are about."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What contains one of these words is about a journey; capitals and widths of letters make no difference."""

    contains: tuple[str, ...]
    journey: str


def folded(text: str) -> str:
    """A text such that what people take for the same is the same: `ＶＩＤＥＯ` and `video`, `ﾄﾞｳｶﾞ` and `ドウガ`."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def journey_of(text: str, rules: Iterable[Rule]) -> str | None:
    """The journey that the first rule says which fits; None where none does."""
    said = folded(text)
    return next((rule.journey for rule in rules if any(folded(word) in said for word in rule.contains)), None)
