"""An objective, and other words for parts of it → what both would have said of the past, and the file that says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tabiji.alerts import Alert
from tabiji.budgets import sli
from tabiji.charts import ComparisonFigures, Span
from tabiji.definitions import Site, editing
from tabiji.definitions.editing import UneditableError
from tabiji.errors import DefinitionError, Fault
from tabiji.incidents import Means, means
from tabiji.journeys import Journey, Objective, Severity
from tabiji.language import Language
from tabiji.reports import decimal_text
from tabiji.runs import picturing, simulating
from tabiji.runs.simulating import Outcome
from tabiji.runs.viewing import cutting, drafting, figures
from tabiji.runs.viewing.defined import file_of
from tabiji.runs.viewing.drafting import Field
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store
from tabiji.targets import LADDER

Asked = Mapping[str, str]  # the name of a field → what is written in it


@dataclass(frozen=True, slots=True)
class Side:
    """What one definition would have said of the period."""

    outcome: Outcome
    means: Means

    @property
    def pages(self) -> int:
        """How often somebody would have been called."""
        return self.outcome.pages

    @property
    def tickets(self) -> int:
        """How many tickets would have been opened."""
        return self.outcome.tickets

    @property
    def sli(self) -> Fraction | None:
        """What was good over the period."""
        return sli(self.outcome.tally)

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept over the period; None without events."""
        return None if self.outcome.spent is None else self.outcome.spent <= 1


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert by the present definition and by the changed one: the same, or one of them only."""

    old: Alert | None
    new: Alert | None

    @property
    def opened_minute(self) -> int:
        return min(one.opened_minute for one in (self.old, self.new) if one is not None)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another target, all else as asked for: what it would have said."""

    text: str
    side: Side
    is_now: bool
    is_asked: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """All that the page shows. `new` is None where what is asked for has faults.

    `first` and `end` bound the minutes that are looked at, None where nothing was counted. `path` is the file,
    `old_text` and `new_text` what is in it; `refused` why it can't be edited.
    """

    journey: Journey
    objective: Objective
    fields: Mapping[str, Field]
    faults: tuple[Fault, ...]
    refused: str | None
    first: int | None
    end: int | None
    old: Side | None = None
    new: Side | None = None
    fired: tuple[Fired, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    path: str = ""
    old_text: str = ""
    new_text: str = ""

    @property
    def is_changed(self) -> bool:
        return any(one.is_changed for one in self.fields.values())

    @property
    def tiers_changed(self) -> bool:
        return any(drafting.is_tier(name) and one.is_changed for name, one in self.fields.items())

    @property
    def has_faults(self) -> bool:
        """Whether something is wrong beside a field."""
        return any(one.faults for one in self.fields.values())

    @property
    def difference(self) -> list[str]:
        """The change of the file as a unified diff."""
        return drafting.difference(self.path, self.old_text, self.new_text)


def what_if(
    site: Site,
    store: Store,
    pair: Pair,
    asked: Asked,
    period: tuple[int | None, int | None],
    environment: Mapping[str, str],
) -> WhatIf:
    """What other words would have said of the minutes of a period, which is within what is kept.

    `asked` has the fields that are filled in, others stay as they are. The period's ends are None for the last
    90 days.
    """
    journey, objective = pair
    path, text = file_of(site.files, journey.name) or ("", "")
    now = drafting.written(text, objective)
    fields = {name: Field(name, said, _said(said, asked.get(name))) for name, said in now.items()}
    fields |= {
        name: Field(name, "", said.strip())
        for name, said in asked.items()
        if name not in now and drafting.is_tier(name) and said.strip()
    }
    first, end = simulating.within(store, *period) or (None, None)
    made = WhatIf(journey, objective, fields, (), None, first, end, path=path, old_text=text, new_text=text)
    draft = drafting.drafted(site, path, text, objective, fields, environment)
    made = replace(made, new_text=draft.text, fields=draft.fields, faults=draft.faults, refused=draft.refused)
    if first is None or end is None:
        return made
    promises = [pair, *([draft.pair] if draft.pair else [])]
    ladder = list(_ladder(site, path, draft, objective, environment)) if draft.pair else []
    both = [*promises, *(promise for _, promise in ladder)]
    told = _told(site, store, both, first, end, whole=len(promises))
    old, new = told[0], told[1] if draft.pair else None
    neighbours = [
        Neighbour(
            one, side, promise[1].target == objective.target, promise[1].target == _target(draft.pair, pair)
        )
        for (one, promise), side in zip(ladder, told[len(promises) :], strict=True)
    ]
    fired = _fired(old.outcome.alerts, new.outcome.alerts) if new else ()
    return replace(made, old=old, new=new, fired=fired, neighbours=tuple(neighbours))


def _said(now: str, asked: str | None) -> str:
    """What is asked for: as it is written now, where only spaces and breaks differ."""
    return now if asked is None or asked.split() == now.split() else asked.strip()


def compared(
    facts: WhatIf, store: Store, zone: str, language: Language, severities: Mapping[Severity, str]
) -> ComparisonFigures | None:
    """What is drawn of both; None where there is only one, or nothing. `severities` are how alerts are called."""
    old, new, start, end = facts.old, facts.new, facts.first, facts.end
    if old is None or new is None or start is None or end is None or not facts.is_changed:
        return None
    spans = [
        tuple(
            Span(one.opened_minute, one.closed_minute, severities[one.tier.severity])
            for one in side.outcome.alerts
        )
        for side in (old, new)
    ]
    return ComparisonFigures(
        picturing.title(facts.journey, facts.objective, language),
        start,
        end,
        cutting.compared(old.outcome.minutes, new.outcome.minutes, start, end, zone),
        1 - old.outcome.objective.target,
        1 - new.outcome.objective.target,
        old_alerts=spans[0],
        new_alerts=spans[1],
        marks=figures.marks(store, facts.journey, start, end),
    )


# What would have been


def _ladder(
    site: Site, path: str, draft: drafting.Draft, objective: Objective, environment: Mapping[str, str]
) -> Iterator[tuple[str, Pair]]:
    """Targets beside the one asked for, with it and the present one: (text, the objective with it)."""
    if draft.pair is None:
        return
    now, asked = objective.target, draft.pair[1].target
    lower = [one for one in LADDER if one < asked][-2:]
    higher = [one for one in LADDER if one > asked][:2]
    for target in sorted({now, asked, *lower, *higher}):
        said = f"{decimal_text(target * 100)}%"
        try:
            text = editing.edited(draft.text, {("objectives", objective.name, "target"): said})
            yield said, drafting.promised(site, path, text, objective.name, environment)
        except (DefinitionError, UneditableError):  # tiers that could never fire by then
            continue


def _told(
    site: Site, store: Store, promises: Sequence[Pair], first: int, end: int, *, whole: int
) -> list[Side]:
    """What each promise would have said, with incidents of the first ones; those that are the same are asked once."""
    keys = [(journey.steps, replace(objective, target_text="")) for journey, objective in promises]
    distinct = dict(zip(keys, promises, strict=True))
    sides = [(site, [promise]) for promise in distinct.values()]
    # of those that are the same, the first counts
    outcomes = simulating.outcomes(sides, store, first, end, whole=len(set(keys[:whole])))
    found = {
        key: _side(outcome[promise[1].id])
        for (key, promise), outcome in zip(distinct.items(), outcomes, strict=True)
    }
    return [found[key] for key in keys]


def _target(asked: Pair | None, now: Pair) -> Fraction:
    return (asked or now)[1].target


def _side(outcome: Outcome) -> Side:
    return Side(outcome, means(outcome.incidents))


def _fired(old: Sequence[Alert], new: Sequence[Alert]) -> tuple[Fired, ...]:
    """Alerts of both, side by side where they are of the same tier and overlap."""
    rest: dict[tuple[int, Severity], deque[Alert]] = {}
    for one in new:  # of one tier they follow each other
        rest.setdefault(_sort_of(one), deque()).append(one)
    found = []
    for one in old:
        others = rest.get(_sort_of(one), deque())
        while others and _before(others[0], one):
            found.append(Fired(None, others.popleft()))
        overlaps = bool(others) and not _before(one, others[0])
        found.append(Fired(one, others.popleft() if overlaps else None))
    found += [Fired(None, one) for others in rest.values() for one in others]
    return tuple(sorted(found, key=lambda one: one.opened_minute))


def _sort_of(alert: Alert) -> tuple[int, Severity]:
    return alert.tier.long_minutes, alert.tier.severity


def _before(one: Alert, other: Alert) -> bool:
    """Whether an alert was over when another began."""
    return one.closed_minute is not None and one.closed_minute <= other.opened_minute
