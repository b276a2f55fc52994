"""A team and a week → what its review looks at: drops with their causes, signals beside them, what is on trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tabiji import actions, budgets, reviews, windows
from tabiji.actions import Item
from tabiji.alerts import Silence, Standing
from tabiji.budgets import STATES, State, Tally
from tabiji.definitions import Site, editing
from tabiji.definitions.editing import UneditableError
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.marks import Mark
from tabiji.reports import reviews as saying
from tabiji.reports.documents import Json
from tabiji.reviews import ALL, Reason, Review
from tabiji.runs import recalling, reviewing, simulating
from tabiji.runs.viewing import alerts as firing
from tabiji.runs.viewing import drafting, operations
from tabiji.runs.viewing.days import by_day
from tabiji.runs.viewing.defined import file_of
from tabiji.runs.viewing.failing import OperationFact, StepFact, failing
from tabiji.runs.viewing.happened import DefinitionNews, definitions_since
from tabiji.runs.viewing.operations import Operation
from tabiji.runs.viewing.standing import Pair, pairs
from tabiji.signals import Kind, Signal
from tabiji.store import Store

OPERATIONS_MAX = 5  # of a drop
NEW_MAX = 20  # operations that nobody promised
VOICES_MAX = 8
TRIAL_WEEKS = 4  # of evidence for what is on trial
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Week:
    """The minutes of the week that a review is about, `[start, end)`, and of the week before it.

    Of a week that goes on, `end` is the last moment that is known, and `goes_on` says so.
    """

    monday: date
    before: int
    start: int
    end: int
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An objective in a week: its events and those of the week before, and how it stood at both ends.

    `spent` is the week's burn rate: 1 spends exactly what a week may. `reason` is why it is a drop, if it is one.
    """

    journey: Journey
    objective: Objective
    tally: Tally
    tally_before: Tally
    spent: Fraction | None
    spent_before: Fraction | None
    left: Fraction | None
    left_before: Fraction | None
    state: State
    state_before: State
    reason: Reason | None

    @property
    def sli(self) -> Fraction | None:
        """What was good in the week."""
        return budgets.sli(self.tally)


@dataclass(frozen=True, slots=True)
class Causes:
    """What is known of why an objective dropped in a week."""

    row: Row
    steps: tuple[StepFact, ...]
    operations: tuple[OperationFact, ...]
    incidents: tuple[Incident, ...]
    alerts: tuple[firing.Row, ...]
    marks: tuple[Mark, ...]
    definitions: tuple[DefinitionNews, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What users said and did: amounts of the week and of the week before, by kind; and the newest voices."""

    amounts: Mapping[Kind, tuple[int, int]]
    of_journeys: Mapping[str, Mapping[Kind, int]]
    voices: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it would be, as a diff; or why it can't be edited in place."""

    path: str
    difference: tuple[str, ...]
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """An objective on trial, and what it would have said of the last weeks, had it been agreed."""

    journey: Journey
    objective: Objective
    weeks: int  # of evidence, whole ones
    trend: tuple[
        Fraction | None, ...
    ]  # what each of the last weeks spent, as a row's `spent`; the oldest first
    spent: Fraction | None
    pages: int
    tickets: int
    agree: Change
    drop: Change


@dataclass(frozen=True, slots=True)
class Around:
    """What else a review should know of."""

    operations: tuple[Operation, ...]
    more_operations: int
    silences: tuple[Silence, ...]


def week(site: Site, monday: date, now_minute: int) -> Week | None:
    """The week that begins on a Monday, where the site is; None where it has not begun."""
    before, start, end = (_begin(site, monday + timedelta(weeks=n)) for n in (-1, 0, 1))
    if start >= now_minute:
        return None
    return Week(monday, before, start, min(end, now_minute), end > now_minute)


def _begin(site: Site, monday: date) -> int:
    return windows.parse_time(monday.isoformat(), 0, site.timezone) // SECONDS


def rows(site: Site, store: Store, team: str, of: Week) -> list[Row]:
    """How the objectives of a team did in a week: drops first, those with the most spent before others."""
    wanted = pairs(site, reviewing.journeys(site, team))
    if not wanted:
        return []
    tallies = by_day(site, store, wanted, [of.before, of.start, of.end])
    then, now = (recalling.judge(site, store, minute, wanted).standings for minute in (of.start, of.end))
    found = [
        _row(pair, tallies[pair[1].id], *standings)
        for pair, *standings in zip(wanted, then, now, strict=True)
    ]
    return sorted(found, key=lambda one: (one.reason is None, STATES.index(one.state), -(one.spent or 0)))


def _row(pair: Pair, tallies: Sequence[Tally], then: Standing, now: Standing) -> Row:
    before, tally = tallies
    spent, spent_before = (budgets.consumed(one, pair[1].target) for one in (tally, before))
    return Row(
        *pair,
        tally,
        before,
        spent,
        spent_before,
        now.remaining,
        then.remaining,
        now.state,
        then.state,
        reviews.drop(spent, spent_before, now.state, then.state),
    )


def notes(site: Site, store: Store, review: Review, found: Sequence[Row], team: str) -> str:
    """All of a review as Markdown, with its drops; `team` is what its team is called."""
    titles = saying.objective_titles(site.journeys)
    drops = [
        saying.drop_sentence(titles[one.objective.id], one.spent, one.spent_before, one.left, one.left_before)
        for one in found
        if one.reason is not None
    ]
    return saying.notes(review, drops, reviewing.waiting(store, review), titles, team)


def facts_json(found: Sequence[Row], beside: Beside) -> Json:
    """What a review looks at, as JSON: `spent` is the week's burn rate, 1 spends exactly what a week may."""
    return {
        "objectives": [
            {
                "id": one.objective.id,
                "provisional": one.objective.state == "provisional",
                "drop": one.reason,
                "state": one.state,
                "state_before": one.state_before,
                **_tally_json(one.tally),
                "spent": _float(one.spent),
                "spent_before": _float(one.spent_before),
                "remaining": _float(one.left),
                "remaining_before": _float(one.left_before),
            }
            for one in found
        ],
        "signals": {kind: {"week": n, "week_before": before} for kind, (n, before) in beside.amounts.items()},
    }


def _tally_json(tally: Tally) -> Json:
    return {"good": tally.good, "total": tally.total, "bad": tally.bad, "sli": _float(budgets.sli(tally))}


def _float(share: Fraction | None) -> float | None:
    return None if share is None else float(share)


def causes(site: Site, store: Store, row: Row, of: Week) -> Causes:
    """What is known of why an objective dropped."""
    found = failing(site, store, row.journey, row.objective, of.start, of.end)
    asked = firing.Asked(of.start, of.end, objective=row.objective.id)
    changed = [
        one
        for one in definitions_since(store, of.start)
        if one.minute < of.end and row.journey.name in (*one.added, *one.changed)
    ]
    return Causes(
        row,
        tuple(one for one in found.steps if one.tally is not None and one.tally.bad),
        tuple(one for one in found.operations if one.tally.bad)[:OPERATIONS_MAX],
        tuple(
            one
            for one in store.incidents(row.journey.name)
            if one.merged_into is None and one.lasted_within(of.start, of.end)
        ),
        tuple(one for one in firing.listing(site, store, asked).rows if not one.alert.provisional),
        tuple(store.marks.between(of.start * SECONDS, of.end * SECONDS, row.journey.name)),
        tuple(changed),
    )


def beside(site: Site, store: Store, team: str, of: Week) -> Beside:
    """What users said and did in a week, about a team's journeys or about none that is known."""
    names = {one.name for one in reviewing.journeys(site, team)}
    found = [
        one
        for one in store.signals.between(of.before * SECONDS, of.end * SECONDS)
        if one.journey is None or one.journey in names
    ]
    amounts: dict[Kind, tuple[int, int]] = {}
    by_journey: dict[str, dict[Kind, int]] = {}
    for one in found:
        now, before = amounts.get(one.kind, (0, 0))
        if one.at >= of.start * SECONDS:
            amounts[one.kind] = now + one.amount, before
            if one.journey is not None:
                mine = by_journey.setdefault(one.journey, {})
                mine[one.kind] = mine.get(one.kind, 0) + one.amount
        else:
            amounts[one.kind] = now, before + one.amount
    voices = [one for one in found if one.text.strip() and one.at >= of.start * SECONDS]
    return Beside(amounts, by_journey, tuple(reversed(voices[-VOICES_MAX:])))


def around(site: Site, store: Store, of: Week) -> Around:
    """Operations that are new and promised by nobody, and sources that were silent; they belong to no team."""
    asked = operations.Wanted(only_unseen=True, only_new=True)
    new = operations.explore(site, store, of.start, of.end, of.end - 1, asked).operations
    fit = [one for one in new if one.left_out is None and not one.is_other]
    return Around(
        tuple(fit[:NEW_MAX]),
        max(len(fit) - NEW_MAX, 0),
        tuple(store.silences(None, of.start, of.end)),
    )


def overdue(store: Store, team: str, today: date) -> list[Item]:
    """The action items of a team that are late, but those that a review opened: it asks for them anyway."""
    late = [
        one
        for one in actions.items(store.acts.of(actions.KIND))
        if one.state(today) == "overdue" and team in (ALL, one.wanted.team) and one.wanted.origin != "review"
    ]
    return actions.sorted_by_due(late)


def trials(site: Site, store: Store, team: str, of: Week) -> list[Trial]:
    """What is on trial, with the evidence of the last weeks."""
    wanted = [pair for pair in pairs(site, reviewing.journeys(site, team)) if pair[1].state == "provisional"]
    period = simulating.within(store, of.end - TRIAL_WEEKS * 7 * windows.DAY, of.end)
    if not wanted or period is None:
        return [_trial(site, pair, 0, (), None) for pair in wanted]
    (told,) = simulating.outcomes([(site, wanted)], store, *period, whole=0)
    weeks = (period[1] - period[0]) // (7 * windows.DAY)
    begins = [_begin(site, of.monday - timedelta(weeks=n)) for n in reversed(range(TRIAL_WEEKS))]
    tallies = by_day(site, store, wanted, [*begins, of.end])
    return [
        _trial(
            site,
            pair,
            weeks,
            tuple(budgets.consumed(each, pair[1].target) for each in tallies[pair[1].id]),
            told[pair[1].id],
        )
        for pair in wanted
    ]


def _trial(
    site: Site, pair: Pair, weeks: int, trend: tuple[Fraction | None, ...], of: simulating.Outcome | None
) -> Trial:
    changes = agreed(site, pair), dropped(site, pair)
    if of is None:
        return Trial(*pair, weeks, trend, None, 0, 0, *changes)
    return Trial(*pair, weeks, trend, of.spent, of.pages, of.tickets, *changes)


def agreed(site: Site, pair: Pair) -> Change:
    """The change of the file that agrees to what was on trial."""
    return _changed(site, pair, ("objectives", pair[1].name, "state"))


def dropped(site: Site, pair: Pair) -> Change:
    """The change of the file that takes an objective out."""
    return _changed(site, pair, ("objectives", pair[1].name))


def _changed(site: Site, pair: Pair, place: editing.Path) -> Change:
    path, text = file_of(site.files, pair[0].name) or ("", "")
    try:
        new = editing.edited(text, {place: None})
    except UneditableError as error:
        return Change(path, (), str(error))
    return Change(path, tuple(drafting.difference(path, text, new)))
