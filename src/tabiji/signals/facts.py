"""What users say and do apart from the logs, as plain values: one enquiry, cancellations, revenue, a voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["enquiry", "churn", "revenue", "voice"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Signal:
    """One enquiry, a number of cancellations, an amount earned, or the words of a user.

    `at` is in seconds since the epoch. `amount` counts: 1 enquiry, cancellations, or the site's currency in its
    smallest unit; a voice has 1. `journey` is None where nothing tells which one it is about; `by_hand` says that a
    person chose it, which no rule changes. `key` is of whoever sends it: the same key of a kind is the same
    signal. `number` is the store's, 0 before it is kept.
    """

    kind: Kind
    at: int
    key: str
    amount: int = 1
    text: str = ""
    journey: str | None = None
    by_hand: bool = False
    author: str = ""
    number: int = 0


def is_unplaced(signal: Signal) -> bool:
    """Whether nothing tells which journey it is about; revenue need be about none."""
    return signal.journey is None and not signal.by_hand and signal.kind != "revenue"
