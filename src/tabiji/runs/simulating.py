"""Definitions as they are and as they would be → what each would have said of the past, from rollups alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tabiji import budgets, incidents, windows
from tabiji.alerts import Alert
from tabiji.budgets import Tally
from tabiji.corrections import Span
from tabiji.counting import Integers
from tabiji.definitions import JOURNEYS, POLICIES, SITE, Site
from tabiji.incidents import Incident, Measured, Spent, Times
from tabiji.journeys import Journey, Objective, Text
from tabiji.policies import Change, Trigger
from tabiji.runs import agreeing, correcting, grouping, minutes, replaying
from tabiji.runs.minutes import Minutes
from tabiji.store import Store

DAYS = 90  # of the past that are looked at, where nothing else is asked for
_JOURNEY = re.compile(r"^journey:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_AGREEMENTS = re.compile(r"^(?:policies|corrections):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one definition would have said of a period.

    `spent` is the share of the period's budget; `alerts` are those that would have fired, those of an objective on
    trial as if it were agreed; `incidents` what they would have told of, with drops that nothing told of,
    `changes` what the policies would have done. `left` is what would remain at the period's end, of the objective's
    own window; `minutes` are all of it, minute by minute.
    """

    journey: Journey
    objective: Objective
    tally: Tally
    spent: Fraction | None
    alerts: tuple[Alert, ...]
    incidents: tuple[Incident, ...]
    changes: tuple[Change, ...]
    pages: int
    tickets: int
    left: Fraction | None
    minutes: Minutes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """An objective before and after a change; None where there is none."""

    id: str
    old: Outcome | None
    new: Outcome | None


def changed(files: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The definitions' files with others in place of those that they change: path → text.

    `given` maps any paths to texts. A journey takes the place of the one with its name, wherever that stands.
    """
    places = {found.group(1): path for path, text in files.items() if (found := _JOURNEY.search(text))}
    changes: dict[str, str] = {}
    for path, text in given.items():
        name = path.rpartition("/")[2]
        if found := _JOURNEY.search(text):
            changes[places.get(found.group(1), f"{JOURNEYS}/{name}")] = text
        elif _AGREEMENTS.search(text):
            changes[f"{POLICIES}/{name}"] = text
        else:
            changes[SITE] = text
    return {**files, **changes}


def within(store: Store, first: int | None, end: int | None) -> tuple[int, int] | None:
    """The minutes [first, end) as far as they are kept; the last 90 days by default. None where there are none."""
    extent, kept = store.extent(), store.kept().minutes_from
    if extent is None:
        return None
    oldest, newest = max(extent[0], kept or 0), extent[1] + 1
    until = newest if end is None else min(end, newest)
    begin = max(until - DAYS * windows.DAY if first is None else first, oldest)
    return (begin, until) if begin < until else None


def simulate(old: Site, new: Site, store: Store, first: int, end: int) -> list[Difference]:
    """What old and new definitions would have said of the minutes [first, end), for each objective that differs."""
    before, after = _by_id(old), _by_id(new)
    ids = [
        id_
        for id_ in dict.fromkeys([*before, *after])
        if _judged_by(before.get(id_)) != _judged_by(after.get(id_)) or _agreed(old) != _agreed(new)
    ]
    sides = [
        (site, [known[id_] for id_ in ids if id_ in known]) for site, known in ((old, before), (new, after))
    ]
    told, would = outcomes(sides, store, first, end)
    return [Difference(id_, told.get(id_), would.get(id_)) for id_ in ids]


def _by_id(site: Site) -> dict[str, tuple[Journey, Objective]]:
    return {
        objective.id: (journey, objective) for journey in site.journeys for objective in journey.objectives
    }


def _agreed(site: Site) -> object:
    return site.corrections, site.policies


def _judged_by(promise: tuple[Journey, Objective] | None) -> object:
    """What of a promise its numbers depend on: no title, no team, no reason why."""
    if promise is None:
        return None
    journey, objective = promise
    steps = [(step.name, step.events) for step in journey.steps if step.name in objective.steps]
    return steps, replace(objective, title=Text(), target_text="")


Side = tuple[Site, Sequence[tuple[Journey, Objective]]]  # definitions, and the objectives that are asked for


def outcomes(
    sides: Sequence[Side], store: Store, first: int, end: int, *, whole: int | None = None
) -> list[dict[str, Outcome]]:
    """What the objectives of each side would have said of the minutes [first, end), by their ids.

    The rollups are read once for all sides. Of the sides after the first `whole`, all by default, only sums are
    found: no alerts, incidents and changes.
    """
    objectives = [objective for _, wanted in sides for _, objective in wanted]
    back = min(
        [first - replaying.longest_minutes(objectives), *(_window_begin(one, first) for one in objectives)]
    )
    every: list[tuple[Journey, Objective]] = []
    corrected: dict[str, Sequence[Span]] = {}
    for number, (site, wanted) in enumerate(sides):
        spans = correcting.corrected(site, store, wanted, back, end)
        for journey, objective in wanted:
            apart = _apart(objective, number)
            every.append((journey, apart))
            corrected[apart.id] = spans.get(objective.id, ())
    labels = replace(sides[-1][0], sources=tuple(source for site, _ in sides for source in site.sources))
    dense = minutes.of(labels, store, every, back, end, corrected) if every else {}
    return [
        {
            objective.id: _outcome(
                site,
                journey,
                objective,
                dense[_apart(objective, number).id],
                (first, end),
                whole=whole is None or number < whole,
            )
            for journey, objective in wanted
        }
        for number, (site, wanted) in enumerate(sides)
    ]


def _window_begin(objective: Objective, first: int) -> int:
    return windows.bounds(objective.window, first + 1)[0]


def _apart(objective: Objective, side: int) -> Objective:
    """The objective under an id of its own on each side; no name of a journey holds a space."""
    return replace(objective, journey=f"{objective.journey} {side}")


def _outcome(
    site: Site,
    journey: Journey,
    objective: Objective,
    dense: Minutes,
    period: tuple[int, int],
    *,
    whole: bool,
) -> Outcome:
    first, end = period
    place = slice(first - dense.start, end - dense.start)
    total = int(dense.total[place].sum())
    bad = total - int(dense.good[place].sum())
    tally = Tally(total - bad, total) if dense.valid[place].any() else Tally()
    told: list[Alert] = []
    found: list[Incident] = []
    if whole:
        fired = replaying.replay(replace(objective, state="agreed"), dense, first, end)
        told = [replace(alert, number=number) for number, alert in enumerate(fired, start=1)]
        found = _incidents(objective, dense, told, first, end)
        severities = [alert.tier.severity for alert in told]
    else:
        counts = replaying.fires(objective, dense, first, end)
        severities = [tier.severity for tier, n in counts.items() for _ in range(n)]
    return Outcome(
        journey=journey,
        objective=objective,
        tally=tally,
        spent=budgets.consumed(tally, objective.target),
        alerts=tuple(told),
        incidents=tuple(found),
        changes=tuple(_changes(site, objective, dense, found, told, (first, end))) if whole else (),
        pages=severities.count("page"),
        tickets=severities.count("ticket"),
        left=agreeing.left(objective, dense, end - 1, end).remaining(0, objective),
        minutes=dense,
    )


def _incidents(
    objective: Objective, dense: Minutes, alerts: Sequence[Alert], first: int, end: int
) -> list[Incident]:
    """What alerts of one objective would have told of, and what nothing would."""
    burns = [grouping.burn(objective, dense)]
    found = []
    for one in incidents.fold((), alerts, end):
        numbers = set(one.alerts)
        own = [alert for alert in alerts if alert.number in numbers]
        times, _ = incidents.times(one, own, burns)
        found.append(replace(one, measured=_measured(objective, dense, times, end)))
    spans: list[tuple[int, int | None]] = [(alert.opened_minute, alert.closed_minute) for alert in alerts]
    spans += [
        (one.measured.times.started, one.measured.times.recovered)
        for one in found
        if one.measured is not None
    ]
    unheard, _ = incidents.drops(burns, spans, end)
    totals = minutes.until(dense.total)
    for start, over in unheard:
        if start < first or not _matters(objective, dense, totals, start, over):
            continue
        if not grouping.evident(objective, dense, start, over):
            continue
        drop = Incident(objective.journey, "drop", start, over, "over")
        times, _ = incidents.times(drop, (), burns)
        drop = replace(drop, measured=_measured(objective, dense, times, end))
        if drop.share is not None and drop.share > incidents.MISSED_MIN:
            found.append(drop)
    return sorted(found, key=lambda one: one.opened_minute)


def _matters(objective: Objective, dense: Minutes, totals: Integers, start: int, over: int) -> bool:
    """Whether a run of bad minutes spent more than MISSED_MIN of the budget: as integers, for there may be
    thousands of them. `totals` are those up to each minute."""
    bad, _ = dense.between(start, over)
    begin = max(windows.bounds(objective.window, over)[0] - dense.start, 0)
    total = int(totals[over - dense.start] - totals[begin])
    target, least = objective.target, incidents.MISSED_MIN
    budget = (target.denominator - target.numerator) * total
    return bad * target.denominator * least.denominator > least.numerator * budget


def _changes(
    site: Site,
    objective: Objective,
    dense: Minutes,
    found: Sequence[Incident],
    alerts: Sequence[Alert],
    period: tuple[int, int],
) -> list[Change]:
    """What the policies would have done about an objective in a period, had they been asked from its beginning."""
    if not site.policies:
        return []
    happened: dict[Trigger, list[tuple[int, int]]] = {}
    for alert in alerts:
        over = period[1] + 1 if alert.closed_minute is None else alert.closed_minute
        happened.setdefault(alert.tier.severity, []).append((alert.opened_minute, over))
    for one in found:
        if one.cause == "drop":
            happened.setdefault("drop", []).append((one.known_minute, one.known_minute + 1))
    left = agreeing.left(objective, dense, *period)
    return agreeing.replay(site.policies, objective, left, happened, *period)


def _measured(objective: Objective, dense: Minutes, times: Times, end: int) -> Measured:
    """B between the start and the recovery, of what the budget of the window until then allows."""
    until = end if times.recovered is None else times.recovered
    bad, total = dense.between(times.started, until)
    _, whole = dense.between(windows.bounds(objective.window, until)[0], until)
    allowed = budgets.allowed_bad(Tally(0, whole), objective.target)
    return Measured(times, (Spent(objective.id, bad, total, allowed),))
