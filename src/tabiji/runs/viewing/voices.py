"""What users say, as pages show it: a list with what waits to be placed; what there is about a journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tabiji.journeys import Journey
from tabiji.runs.signalling import LAST
from tabiji.signals import Kind, Signal
from tabiji.store import Store

PAGE = 25  # that a list shows at once
VOICES = 4  # of a journey, the newest
LETTERS = 4

About = str | Literal[False] | None  # a journey; False: what nobody knows the journey of; None: all


@dataclass(frozen=True, slots=True)
class Listing:
    """Some signals of a period, the newest first, of `total`; `waiting` are about no journey yet, of any time."""

    found: tuple[Signal, ...]
    total: int
    after: int
    waiting: int
    any_at_all: bool

    @property
    def older(self) -> int | None:
        """How many are to be left out for the next page; None where there is none."""
        return self.after + PAGE if self.total > self.after + PAGE else None


@dataclass(frozen=True, slots=True)
class Said:
    """What there is about a journey: voices of any time; enquiries of a period; how many of each kind, and before it.

    `counts` add up amounts by kind, `before` those of a time as long before. What never came at all is not in them.
    """

    voices: tuple[Signal, ...]
    more_voices: int
    letters: tuple[Signal, ...]
    counts: Mapping[Kind, int]
    before: Mapping[Kind, int]


def listing(store: Store, first: int, end: int, kind: Kind | None, about: About, after: int) -> Listing:
    """The signals of the minutes `[first, end)`."""
    kinds = () if kind is None else (kind,)
    found, total = store.signals.newest(first * 60, end * 60, *kinds, journey=about, most=PAGE, after=after)
    _, waiting = store.signals.newest(0, LAST, journey=False, most=0)
    any_at_all = bool(total or waiting or store.signals.newest(0, LAST, most=0)[1])
    return Listing(tuple(found), total, after, waiting, any_at_all)


def about(store: Store, journey: Journey, first: int, end: int) -> Said:
    """What there is about a journey, counted over the minutes `[first, end)`."""
    voices, every = store.signals.newest(0, LAST, "voice", journey=journey.name, most=VOICES)
    start, until = first * 60, end * 60
    letters, _ = store.signals.newest(start, until, "enquiry", journey=journey.name, most=LETTERS)
    known: dict[Kind, int] = {
        kind: 0
        for kind in ("enquiry", "churn", "revenue")
        if store.signals.newest(0, LAST, kind, journey=None if kind == "enquiry" else journey.name, most=0)[1]
    }
    counts, before = dict(known), dict(known)
    for one in store.signals.between(start - (until - start), until, *known, journey=journey.name):
        if one.kind in known:
            of = counts if one.at >= start else before
            of[one.kind] += one.amount
    return Said(tuple(voices), every - len(voices), tuple(letters), counts, before)
