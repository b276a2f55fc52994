"""All journeys as the first page shows them: how each stands, what is left, how its last days were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import alerts
from tabiji.alerts import Silence, Standing, TierStanding
from tabiji.budgets import STATES, State
from tabiji.counting import OTHER
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.journeys import Journey, Objective
from tabiji.runs import recalling
from tabiji.runs.judging import uncollected
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing import days
from tabiji.runs.viewing.standing import ORDER, ends_minutes, moment, pairs, severity, worst
from tabiji.store import Judging, Store
from tabiji.windows import DAY

DAYS = 28
OPERATIONS_MAX = 12  # of a journey, that are looked for


@dataclass(frozen=True, slots=True)
class Firing:
    """A tier of an agreed objective that fires."""

    objective: Objective
    tier: TierStanding


@dataclass(frozen=True, slots=True)
class Row:
    """A journey: its state (None: nothing is agreed), and the objective that it is shown by.

    `days` are the shares of each day's own allowance that this objective spent, the oldest first; None without
    events. `names` are what it can be found by; `before` is its state a day ago.
    """

    journey: Journey
    state: State | None
    worst: Standing
    firing: tuple[Firing, ...]
    days: tuple[Fraction | None, ...]
    names: tuple[str, ...]
    before: State | None

    @property
    def shown(self) -> State:
        """The state to be seen: the journey's, or that of what is on trial where nothing is agreed."""
        return self.state or self.worst.state

    @property
    def ends_minutes(self) -> int | None:
        """In how many minutes its budget ends; None where it lasts."""
        return ends_minutes(self.worst)

    @property
    def days_over(self) -> int:
        """How many of the days spent more than a day's own allowance."""
        return sum(spent is not None and spent > 1 for spent in self.days)


@dataclass(frozen=True, slots=True)
class Yesterday:
    """By journey: its state a day ago, and the names that it can be found by."""

    states: Mapping[str, State | None]
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Standings:
    """All journeys at a moment, the worst first; what costs time, and changes with judging only."""

    at_minute: int
    first_day_minute: int
    rows: tuple[Row, ...]
    events: int  # of all sources, over the longest window
    covered: int

    @property
    def coverage(self) -> Fraction | None:
        """The share of all events that some objective looks at."""
        return Fraction(self.covered, self.events) if self.events else None


@dataclass(frozen=True, slots=True)
class Quiet:
    """A source that has been silent for too long, and the journeys that may look better than they are."""

    silence: Silence
    journeys: tuple[Journey, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The first page. `incidents` are those that are open, by journey; `last_minute` is that of the newest event."""

    standings: Standings
    counts: Mapping[State, int]
    trials: int  # journeys of which nothing is agreed yet
    incidents: Mapping[str, Incident]
    quiet: tuple[Quiet, ...]
    last_minute: int | None


@uncollected()
def yesterday(site: Site, store: Store, at_minute: int) -> Yesterday:
    """How journeys stood a day ago, and what names find them: it changes so seldom that it may be minutes old."""
    before = _by_journey(recalling.judge(site, store, at_minute - DAY, pairs(site)).standings)
    operations = _operations(site, store)
    return Yesterday(
        {name: alerts.journey_state(some) for name, some in before.items()},
        {journey.name: _names(journey, operations[journey.name]) for journey in site.journeys},
    )


@uncollected()
def standings(site: Site, store: Store, at_minute: int, before: Yesterday) -> Standings:
    """Judges all objectives, and adds up the days of the worst of each journey."""
    now = recalling.judge(site, store, at_minute, pairs(site))
    of = _by_journey(now.standings)
    worsts = {name: worst(some) for name, some in of.items()}
    seen = [(journey, worsts[journey.name].objective) for journey in site.journeys]
    edges = days.edges(at_minute, DAYS, site.timezone)
    tallies = days.by_day(site, store, seen, edges)
    rows = []
    for journey in site.journeys:
        mine, one = of[journey.name], worsts[journey.name]
        rows.append(
            Row(
                journey,
                alerts.journey_state(mine),
                one,
                tuple(
                    Firing(each.objective, tier)
                    for each in mine
                    if each.objective.state == "agreed"
                    for tier in each.tiers
                    if tier.firing
                ),
                days.spent(tallies[one.objective.id], one.objective),
                before.names[journey.name],
                before.states[journey.name],
            )
        )
    return Standings(
        at_minute,
        edges[0],
        tuple(sorted(rows, key=_order)),
        sum(one.events for one in now.coverage),
        sum(one.covered for one in now.coverage),
    )


def home(site: Site, store: Store, judging: Judging, found: Standings) -> Home:
    """The first page, of standings that may be some seconds old."""
    known = {journey.name: journey for journey in site.journeys}
    incidents = {
        one.journey: one
        for one in store.incidents()
        if one.closed_minute is None and one.merged_into is None and one.journey in known
    }
    states = [row.state for row in found.rows]
    lasts = [one.last_minute for one in judging.sources.values() if one.last_minute is not None]
    return Home(
        found,
        {state: states.count(state) for state in STATES},
        states.count(None),
        incidents,
        tuple(_quiet(site, store, judging)),
        max(lasts, default=None),
    )


def _by_journey(found: Sequence[Standing]) -> dict[str, list[Standing]]:
    of: dict[str, list[Standing]] = {}
    for one in found:
        of.setdefault(one.objective.journey, []).append(one)
    return of


def _order(row: Row) -> tuple[int, tuple[int, bool, object], str]:
    """The worst first; those without data before the healthy ones, for nothing is known of them."""
    return ORDER.index(row.state), severity(row.worst), row.journey.name


def _names(journey: Journey, operations: Sequence[str]) -> tuple[str, ...]:
    titles = [journey.title, *(step.title for step in journey.steps)]
    texts = [text for title in titles for text in (title.en, title.ja) if text]
    return tuple(dict.fromkeys([journey.name, *texts, *operations]))


def _operations(site: Site, store: Store) -> dict[str, tuple[str, ...]]:
    """The operations of each journey, those that it can be found by."""
    stored = tuple(store.series().values())
    rows, known = table(stored), columns(site)
    found = {}
    for journey in site.journeys:
        bits = 0
        for objective in journey.objectives:
            bits |= selected(journey, objective, rows, known).counts
        names: dict[str, None] = {}
        while bits and len(names) < OPERATIONS_MAX:
            place = (bits & -bits).bit_length() - 1
            bits &= bits - 1
            name = stored[place].operation
            if name is not None and name != OTHER:
                names[name] = None
        found[journey.name] = tuple(names)
    return found


def _quiet(site: Site, store: Store, judging: Judging) -> list[Quiet]:
    """The silences that are open, and the journeys whose objectives count events of these sources."""
    if not judging.silences:
        return []
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    found = []
    for silence in judging.silences:
        mine = sum(1 << at for at, series in enumerate(stored.values()) if series.source == silence.source)
        found.append(
            Quiet(
                silence,
                tuple(
                    journey
                    for journey in site.journeys
                    if any(
                        selected(journey, objective, rows, known).counts & mine
                        for objective in journey.objectives
                    )
                ),
            )
        )
    return found


__all__ = [
    "DAYS",
    "Firing",
    "Home",
    "Quiet",
    "Row",
    "Standings",
    "Yesterday",
    "home",
    "moment",
    "standings",
    "yesterday",
]
