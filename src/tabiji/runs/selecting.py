"""Definitions and series → which series each objective counts, which of them are good, and whose step they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.expressions import Predicate, Table, predicate, series_columns
from tabiji.journeys import Journey, Objective


@dataclass(frozen=True, slots=True)
class Selected:
    """The series, as bits, that an objective counts, and those of them whose events are good.

    `steps` are parts of `counts` that do not overlap, in the order of the journey.
    """

    counts: int
    good: int
    steps: tuple[tuple[str, int], ...]


def table(series: Iterable[Series]) -> Table:
    """Series as rows that expressions select from."""
    return Table([{**one._asdict(), **dict(one.labels)} for one in series])


def columns(site: Site) -> dict[str, str]:
    """The columns that expressions over series may use in this workspace."""
    return dict(series_columns({label for source in site.sources for label, _ in source.labels}))


def selected(journey: Journey, objective: Objective, rows: Table, known: Mapping[str, str]) -> Selected:
    """What an objective counts: its steps' events, less those excluded.

    An event that several of its steps select belongs to the first of them, so that the steps add up to the
    whole.
    """

    def bits(text: str) -> int:
        return _parsed(text, known).select(rows)

    excluded = bits(objective.exclude) if objective.exclude else 0
    counts, steps = 0, []
    for step in journey.steps:
        if step.name in objective.steps:
            own = bits(step.events) & ~excluded & ~counts
            steps.append((step.name, own))
            counts |= own
    return Selected(counts, counts & bits(objective.good) if objective.good else counts, tuple(steps))


def narrowed(one: Selected, rows: Table, values: Mapping[str, str]) -> int:
    """Those of the series that an objective counts which have these values, as texts: "" is one that is not there.

    `step` is a column here as well.
    """
    bits, steps = one.counts, dict(one.steps)
    for column, wanted in values.items():
        if column == "step":
            bits &= steps.get(wanted, 0)
        else:
            same = (own for value, own in rows.index(column).items() if as_text(value) == wanted)
            bits &= sum(same)  # of different rows each
    return bits


def as_text(value: object) -> str:
    """A value of a column as addresses have it."""
    return "" if value is None else str(value)


def _parsed(text: str, known: Mapping[str, str]) -> Predicate:
    return predicate(text, known)  # type: ignore[arg-type]
