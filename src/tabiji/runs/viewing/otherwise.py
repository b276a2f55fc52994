"""Objectives that dropped, and a week → what it would have said, had they been promised looser or tighter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import budgets
from tabiji.budgets import Tally
from tabiji.definitions import Site, editing
from tabiji.definitions.editing import Path, UneditableError
from tabiji.errors import DefinitionError
from tabiji.journeys import Objective
from tabiji.reports import decimal_text
from tabiji.runs import simulating
from tabiji.runs.viewing import drafting
from tabiji.runs.viewing.defined import file_of
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store
from tabiji.targets import LADDER, LIMITS_US

LOOSER, TIGHTER = 2, 1  # other targets, and other limits of latency, on each side
OBJECTIVES_MAX = 6  # that are looked at

Asked = Mapping[str, str]  # fields of what-if, as they are written


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What a promise would have said of the week; `asked` is empty for the one that holds, `spent` the week's burn
    rate: 1 spends exactly what a week may.
    """

    asked: Asked
    target: Fraction
    limit_us: int | None
    tally: Tally
    spent: Fraction | None
    pages: int
    tickets: int

    @property
    def sli(self) -> Fraction | None:
        """What was good in the week."""
        return budgets.sli(self.tally)


def otherwise(
    site: Site, store: Store, wanted: Sequence[Pair], first: int, end: int, environment: Mapping[str, str]
) -> dict[str, list[Otherwise]]:
    """What each objective, and each with a target or a limit beside its own, would have said of [first, end).

    By the objectives' ids, the loosest first. The rollups are read once for all. What can't be written into the
    file, or would be a wrong definition there, is left out.
    """
    period = simulating.within(store, first, end)
    if period is None or not wanted:
        return {}
    asked: list[tuple[Asked, Pair]] = []
    for pair in wanted[:OBJECTIVES_MAX]:
        asked += [(fields, made) for fields, made in _promises(site, pair, environment)]
    sides = [(site, [pair]) for _, pair in asked]
    found: dict[str, list[Otherwise]] = {}
    told = simulating.outcomes(sides, store, *period, whole=0)
    for (fields, (_, objective)), outcomes in zip(asked, told, strict=True):
        one = outcomes[objective.id]
        made = Otherwise(
            fields, objective.target, objective.faster_than_us, one.tally, one.spent, one.pages, one.tickets
        )
        found.setdefault(objective.id, []).append(made)
    return found


def _promises(site: Site, pair: Pair, environment: Mapping[str, str]) -> Iterator[tuple[Asked, Pair]]:
    """The objective as it is, and with what is beside: looser limits, looser targets, as it is, tighter ones."""
    journey, objective = pair
    path, text = file_of(site.files, journey.name) or ("", "")
    for fields in _beside(objective):
        if not fields:
            yield fields, pair
            continue
        place: Path = ("objectives", objective.name)
        try:
            edited = editing.edited(text, {(*place, key): said for key, said in fields.items()})
            yield fields, drafting.promised(site, path, edited, objective.name, environment)
        except (DefinitionError, UneditableError):  # tiers that could never fire by then, a file of templates
            continue


def _beside(objective: Objective) -> list[Asked]:
    """Fields with other words for one of its numbers, the loosest first; empty ones for what holds."""
    now, limit_us = objective.target, objective.faster_than_us
    looser = [one for one in LADDER if one < now][-LOOSER:]
    tighter = [one for one in LADDER if one > now][:TIGHTER]
    slower, faster = [], []
    if limit_us is not None:
        slower = [one for one in reversed(LIMITS_US) if one > limit_us][-LOOSER:]
        faster = [one for one in reversed(LIMITS_US) if one < limit_us][:TIGHTER]
    return [
        *({"faster_than": _milliseconds(one)} for one in slower),
        *({"target": _percent(one)} for one in looser),
        {},
        *({"target": _percent(one)} for one in tighter),
        *({"faster_than": _milliseconds(one)} for one in faster),
    ]


def _percent(target: Fraction) -> str:
    return f"{decimal_text(target * 100)}%"


def _milliseconds(limit_us: int) -> str:
    return f"{decimal_text(Fraction(limit_us, 1000))}ms"
