"""A moment, and what a customer was doing → what all events around it say, from rollups alone; nobody's lines are read.

Every step is looked at by itself, for each thing that was promised about it, so that the failures of one are not
thinned by the traffic of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tabiji import incidents, slices
from tabiji.budgets import Tally
from tabiji.definitions import Site
from tabiji.incidents import Incident, impact
from tabiji.incidents.impact import Absence, Concern, Seen
from tabiji.journeys import Journey, Objective, Step, Text
from tabiji.runs import grouping, minutes
from tabiji.runs.minutes import Minutes
from tabiji.runs.selecting import columns, selected, table
from tabiji.store import Store
from tabiji.windows import Rolling

USUALLY_GOOD = "status < 500 or status is null and error is null"  # where nothing says what is good
RUN_MINUTES = 120  # before a moment: so far back it is seen from rollups since when something has failed


@dataclass(frozen=True, slots=True)
class Watched:
    """A step as one objective judges it, or as is usual: whether its events fail, or are slow."""

    journey: Journey
    step: Step
    concern: Concern
    target: Fraction | None  # None: nothing was agreed
    objective: Objective  # of this step alone


@dataclass(frozen=True, slots=True)
class Around:
    """What was seen around a moment: the same places in `watched`, `seen` and `since`.

    `since` is the first minute of the run of bad minutes that leads to the end of what was looked at, and whether it
    may have begun before what was looked at. `incidents` were under way, by journey; `began` is the first minute of
    the last of them that was looked at.
    """

    moment: int
    first: int
    end: int
    watched: tuple[Watched, ...]
    seen: tuple[Seen, ...]
    since: tuple[tuple[int, bool] | None, ...]
    incidents: Mapping[str, tuple[Incident, ...]]
    began: Mapping[str, int]
    absence: Absence
    newest: int | None
    quiet: tuple[str, ...]  # sources with an alert for being quiet then


def watched(site: Site, journey: str | None = None, step: str | None = None) -> tuple[Watched, ...]:
    """The steps that may be meant, each by everything that is judged of it."""
    found: list[Watched] = []
    for one in site.journeys:
        if journey is not None and one.name != journey:
            continue
        for part in one.steps:
            if step is None or part.name == step:
                found += _of_step(one, part)
    return tuple(found)


def _of_step(journey: Journey, step: Step) -> Iterator[Watched]:
    judged_failing = False
    for objective in journey.objectives:
        if step.name not in objective.steps:
            continue
        told = _promise(objective)
        if told is None:
            continue
        concern, target, objective = told
        judged_failing |= concern == "failing"
        if objective.state == "provisional":
            target = None
            if concern == "slow":  # nobody has promised yet that it is quick
                continue
        yield Watched(journey, step, concern, target, replace(objective, steps=(step.name,)))
    if not judged_failing:
        yield Watched(journey, step, "failing", None, _usual(journey, step))


def _promise(objective: Objective) -> tuple[Concern, Fraction | None, Objective] | None:
    """What an objective promises of single events; None for one that promises nothing of them.

    One about minutes whose share of failures stays below a limit promises at most that; one about a percentile, that so
    many are within the limit.
    """
    one = objective.slices
    if one is None:
        if objective.faster_than_us is None:
            return "failing", objective.target, objective
        return "slow", objective.target, objective
    whole = replace(objective, slices=None)
    if slices.is_percentile(one):
        share = Fraction(one.measure[1:]) / 100
        return None if share >= 1 else ("slow", share, replace(whole, faster_than_us=int(one.limit)))
    if one.measure == "error_rate" and 0 < one.limit < 1:
        return "failing", 1 - one.limit, whole
    return ("failing", None, whole) if objective.good is not None else None


def _usual(journey: Journey, step: Step) -> Objective:
    return Objective(
        journey=journey.name,
        name="usual",
        title=Text(),
        steps=(step.name,),
        good=USUALLY_GOOD,
        exclude=None,
        faster_than_us=None,
        slices=None,
        target=1 - impact.USUAL,
        target_text="",
        window=Rolling(RUN_MINUTES),
        state="provisional",
        tiers=(),
    )


def around(
    site: Site, store: Store, moment: int, now_minute: int, chosen: Sequence[Watched], defined: bool = True
) -> Around:
    """What the rollups say of these steps around a minute. `defined`: there are journeys at all."""
    first, end = impact.around(moment, now_minute)
    nearest = impact.nearest(moment, now_minute)
    apart = [
        (one.journey, replace(one.objective, journey=str(place), target=_target(one)))
        for place, one in enumerate(chosen)
    ]
    dense = (
        minutes.of(site, store, apart, first - RUN_MINUTES, end) if chosen and first < end else {}
    )  # what was corrected was felt all the same: it is counted here
    under_way = _under_way(store, {one.journey.name for one in chosen}, first, end)
    about = {
        name: frozenset().union(*(_steps(one, chosen) for one in some)) for name, some in under_way.items()
    }
    began = {name: max(some[-1].started_minute, first - RUN_MINUTES) for name, some in under_way.items()}
    seen, since = [], []
    for one, (_, objective) in zip(chosen, apart, strict=True):
        found = dense.get(objective.id)
        seen.append(
            Seen(
                one.journey.name,
                one.step.name,
                one.concern,
                _tally(found, first, end),
                _tally(found, *nearest),
                one.target,
                one.step.name in about.get(one.journey.name, ()),
                _tally(found, began.get(one.journey.name, end), end),
            )
        )
        run = None if found is None else incidents.run_before(grouping.burn(objective, found), end)
        since.append(None if run is None else (run[0], run[1]))
    extent, quiet, busy = _sources(site, store, chosen, first, end)
    return Around(
        moment,
        first,
        end,
        tuple(chosen),
        tuple(seen),
        tuple(since),
        under_way,
        began,
        impact.absence(
            moment,
            now_minute,
            extent,
            kept_from=store.kept().minutes_from,
            defined=defined,
            silent=bool(quiet),
            busy=busy,
        ),
        None if extent is None else extent[1],
        quiet,
    )


def _target(one: Watched) -> Fraction:
    return 1 - impact.USUAL if one.target is None else one.target


def _tally(found: Minutes | None, first: int, end: int) -> Tally:
    if found is None:
        return Tally()
    bad, total = found.between(first, end)
    return Tally(total - bad, total)


def _under_way(
    store: Store, journeys: Iterable[str], first: int, end: int
) -> dict[str, tuple[Incident, ...]]:
    """The incidents of journeys in which users suffered in [first, end); those that nothing told of are among them."""
    wanted, found = set(journeys), dict[str, list[Incident]]()
    for one in store.incidents():
        if one.journey not in wanted or one.merged_into is not None or one.verdict == "false":
            continue
        over = one.ended_minute
        if one.started_minute < end and (over is None or over > first):
            found.setdefault(one.journey, []).append(one)
    return {name: tuple(some) for name, some in found.items()}


def _steps(incident: Incident, chosen: Sequence[Watched]) -> frozenset[str]:
    """The steps of its journey that an incident was about; all where nothing tells."""
    every = frozenset(one.step.name for one in chosen if one.journey.name == incident.journey)
    if incident.measured is None or not incident.measured.steps:
        return every
    targets = [
        objective.target
        for one in chosen
        if one.journey.name == incident.journey
        for objective in one.journey.objectives
        if incident.worst is not None and objective.id == incident.worst.objective
    ]
    budget = 1 - targets[0] if targets else impact.USUAL
    return impact.about(incident.measured.steps, budget)


def _sources(
    site: Site, store: Store, chosen: Sequence[Watched], first: int, end: int
) -> tuple[tuple[int, int] | None, tuple[str, ...], bool]:
    """Of the sources that could have events of these steps: the first and last minute, those that were quiet by an
    alert, and whether any had events around."""
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    bits = 0
    for one in {(one.journey.name, one.step.name): one for one in chosen}.values():
        bits |= selected(one.journey, one.objective, rows, known).counts
    names = {series.source for place, series in enumerate(stored.values()) if bits >> place & 1}
    names = names or {series.source for series in stored.values()}
    extents = [found for name in sorted(names) if (found := store.extent(name)) is not None]
    extent = (min(one[0] for one in extents), max(one[1] for one in extents)) if extents else None
    quiet = tuple(sorted({one.source for one in store.silences(sorted(names), first, max(end, first + 1))}))
    mine = [number for number, series in stored.items() if series.source in names]
    busy = first < end and bool(mine) and bool(store.sums([first, end], mine).events.any())
    return extent, quiet, busy
