"""An objective's series over a period → its bad events by any of their columns; each value narrows the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import budgets
from tabiji.budgets import NOTHING, Tally
from tabiji.definitions import Site
from tabiji.expressions import Table
from tabiji.runs.selecting import Selected, as_text, columns, narrowed, selected, table
from tabiji.runs.viewing.standing import Pair
from tabiji.runs.viewing.summing import summed
from tabiji.store import Store

ROWS_MAX = 20  # of a column; the others are added up
ALWAYS = (
    "step",
    "operation",
    "status",
    "error",
)  # are shown where they have any value; others where they have several
COLUMNS = (*ALWAYS, "source", "service", "kind", "method", "route", "host")

Narrowed = Mapping[str, str]  # column → the value that is asked for, as a text; "" for none


@dataclass(frozen=True, slots=True)
class Row:
    """A value of a column, as addresses have it; `share` of all bad events of what is shown."""

    value: str
    tally: Tally
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A column's values, those with the most bad events first; `others` so many more, and what they are together."""

    column: str
    label: bool
    rows: tuple[Row, ...]
    others: int
    other: Row

    @property
    def first(self) -> bool:
        """Whether it is among those that mostly tell something."""
        return self.label or self.column in ALWAYS


@dataclass(frozen=True, slots=True)
class Narrowing:
    """An objective's events in `[start, end)`: all that it counts, and what is left of them by what is asked for.

    `start` and `end` are whole hours or days where no minutes are kept any more.
    """

    start: int
    end: int
    whole: Tally
    tally: Tally
    narrowed: Narrowed
    columns: tuple[Breakdown, ...]

    @property
    def share(self) -> Fraction | None:
        """What is left, as a share of all bad events."""
        return Fraction(self.tally.bad, self.whole.bad) if self.whole.bad else None


def narrowing(site: Site, store: Store, pair: Pair, start: int, end: int, asked: Narrowed) -> Narrowing:
    """Adds up the events of each series, by what the objective calls bad. Corrected minutes are left out.

    For an objective about minutes these are the events that its condition is about.
    """
    journey, objective = pair
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = selected(journey, objective, rows, known)
    counted = [place for place in range(len(stored)) if chosen.counts >> place & 1]
    sums = summed(site, store, pair, stored, chosen, counted, start, end)
    by_series = sums.tallies
    left = narrowed(chosen, rows, asked)
    mine = {place: one for place, one in by_series.items() if left >> place & 1}
    tally = budgets.sum_tallies(mine.values())
    labels = sorted({name for source in site.sources for name, _ in source.labels})
    found = []
    for column in (*COLUMNS, *labels):
        made = _breakdown(column, column in labels, mine, rows, chosen, tally)
        told = any(row.value for row in made.rows) if column in ALWAYS else len(made.rows) > 1
        if column in asked or told:
            found.append(made)
    return Narrowing(
        sums.start, sums.end, budgets.sum_tallies(by_series.values()), tally, asked, tuple(found)
    )


def _breakdown(
    column: str, label: bool, mine: Mapping[int, Tally], rows: Table, chosen: Selected, every: Tally
) -> Breakdown:
    found: dict[str, Tally] = {}
    for place, one in mine.items():
        if one.total:
            value = _value(column, place, rows, chosen)
            found[value] = found.get(value, NOTHING) + one
    made = [
        Row(value, tally, _share(tally, every))
        for value, tally in sorted(found.items(), key=lambda item: (-item[1].bad, -item[1].total, item[0]))
    ]
    rest = made[ROWS_MAX:] if len(made) > ROWS_MAX + 1 else []
    other = budgets.sum_tallies(row.tally for row in rest)
    return Breakdown(
        column, label, tuple(made[: len(made) - len(rest)]), len(rest), Row("", other, _share(other, every))
    )


def _value(column: str, place: int, rows: Table, chosen: Selected) -> str:
    if column == "step":
        return next((name for name, bits in chosen.steps if bits >> place & 1), "")
    return as_text(rows.rows[place].get(column))


def _share(tally: Tally, every: Tally) -> Fraction | None:
    return Fraction(tally.bad, every.bad) if every.bad else None


def known_columns(site: Site) -> Sequence[str]:
    """The columns that can be narrowed by."""
    return [*COLUMNS, *sorted({name for source in site.sources for name, _ in source.labels})]
