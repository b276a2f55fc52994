"""Alerts and silences → those of a period with what burnt in each; why the tiers of an objective fire at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tabiji import alerts
from tabiji.alerts import Alert, Silence, Standing
from tabiji.definitions import Site
from tabiji.incidents import FALSE_MAX
from tabiji.journeys import Journey, Objective, Severity, Tier
from tabiji.reports.alerts import Burnt
from tabiji.runs import burning, judging, naming, recalling
from tabiji.store import Store

State = Literal["open", "useful", "false", "late"]
STATES: tuple[State, ...] = get_args(State)
SHOWN_MAX = 200  # alerts on a page


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is of: alerts that fired within `[first, end)`, and those that fire now."""

    first: int
    end: int
    team: str | None = None
    journey: str | None = None
    objective: str | None = None
    severity: Severity | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An alert, what it is about as it is defined now (None: no more), what burnt in it, and its incident.

    `state` is "late" where it was found only when it was over; "false" where less than 1 % of the budget burnt in
    it; "useful" otherwise; None where nobody can tell.
    """

    alert: Alert
    journey: Journey | None
    objective: Objective | None
    burnt: Burnt | None
    incident: int | None
    lasted_minutes: int
    state: State | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The alerts that were asked for, open ones first, then the newest first; `counts` are of all of the period.

    `left_out` alerts are older than those that are shown. `any_at_all`: whether there ever was one.
    """

    rows: tuple[Row, ...]
    left_out: int
    silences: tuple[Silence, ...]
    counts: Mapping[State, int]
    any_at_all: bool
    until_minute: int


def listing(site: Site, store: Store, asked: Asked, shown_max: int = SHOWN_MAX) -> Listing:
    """The alerts and silences that are asked for. Silences belong to no journey."""
    until = store.judging().until_minute or 0
    objectives = {one.id: (journey, one) for journey in site.journeys for one in journey.objectives}
    chosen = [
        one
        for one in store.alerts(None, asked.first, None)
        if (one.opened_minute < asked.end or one.closed_minute is None)
        and _is_asked(one, asked, objectives.get(one.objective, (None, None))[0])
    ]
    chosen.sort(key=lambda one: (one.closed_minute is None, one.opened_minute, one.number or 0), reverse=True)
    homes = {number: one.number for one in store.incidents() for number in one.alerts}
    costs = burning.burnt(site, store, chosen, until)
    rows = []
    for one, cost in zip(chosen, costs, strict=True):
        journey, objective = objectives.get(one.objective, (None, None))
        end = until if one.closed_minute is None else one.closed_minute
        lasted = max(end - one.opened_minute, 0)
        home = homes.get(one.number or 0)
        rows.append(Row(one, journey, objective, cost, home, lasted, _state(one, cost)))
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    rows = [row for row in rows if asked.state is None or row.state == asked.state]
    whole = asked.team is None and asked.journey is None and asked.objective is None
    silences = store.silences(None, asked.first, None) if whole else ()
    return Listing(
        rows=tuple(rows[:shown_max]),
        left_out=max(len(rows) - shown_max, 0),
        silences=tuple(
            sorted(
                (one for one in silences if _silence_is_asked(one, asked)),
                key=lambda one: (one.closed_minute is None, one.opened_minute),
                reverse=True,
            )
        ),
        counts=counts,
        any_at_all=bool(chosen) or bool(store.alerts()),
        until_minute=until,
    )


def _is_asked(alert: Alert, asked: Asked, journey: Journey | None) -> bool:
    return (
        (asked.severity is None or alert.tier.severity == asked.severity)
        and (asked.objective is None or alert.objective == asked.objective)
        and (asked.journey is None or alert.objective.partition("/")[0] == asked.journey)
        and (asked.team is None or (journey is not None and journey.team == asked.team))
    )


def _silence_is_asked(silence: Silence, asked: Asked) -> bool:
    return (
        (silence.opened_minute < asked.end or silence.closed_minute is None)
        and (asked.severity is None or silence.limit.severity == asked.severity)
        and (asked.state is None or (asked.state == "open" and silence.closed_minute is None))
    )


def _state(alert: Alert, cost: Burnt | None) -> State | None:
    if alert.closed_minute is None:
        return "open"
    if alert.late:
        return "late"
    if cost is None or cost.share is None:
        return None
    return "false" if cost.share < FALSE_MAX else "useful"


@dataclass(frozen=True, slots=True)
class Why:
    """The tiers of an objective at a moment, `fired` those that did the minute before, and the alerts of then.

    `gone`: there is no such objective any more.
    """

    journey: Journey
    objective: Objective
    minute: int
    standing: Standing
    fired: frozenset[Tier]
    alerts: tuple[Alert, ...]
    gone: bool = False


def why(site: Site, store: Store, name: str, minute: int, environment: Mapping[str, str]) -> Why:
    """Why each tier fires at a moment or not, by the definitions of then.

    Raises UsageError where there was no such objective, or the definitions of then can't be read any more.
    """
    then = recalling.site_at(site, store, minute, environment)
    pair = naming.one(then, name)
    fired = recalling.fired_at(then, store, minute - 1, [pair])[name]
    (standing,) = judging.judge(then, store, minute, [pair]).standings
    open_then = [one for one in store.alerts([name], minute, minute + 1) if one.open_at(minute)]
    gone = all(one.id != name for journey in site.journeys for one in journey.objectives)
    return Why(*pair, minute, alerts.held(standing, fired), fired, tuple(open_then), gone)


def objectives(site: Site) -> Sequence[tuple[Journey, Sequence[Objective]]]:
    """What can be asked about, by journey."""
    return [(journey, journey.objectives) for journey in site.journeys]
