"""Operations found → journeys that could be promised, with the evidence as comments, and what they leave unseen."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import alerts, expressions, histograms
from tabiji.discovery import choosing, wording
from tabiji.discovery.found import Discovery, Operation, Outcome, merged
from tabiji.discovery.leaving import Reason, left_out
from tabiji.journeys import DEFAULT_TIERS, Journey, Objective, Step, Text
from tabiji.language import ENGLISH, N_, _, ngettext, speaking
from tabiji.windows import DAY, Rolling

JOURNEYS_MAX = 6
STEPS_MAX = 5
REST_MAX = 12  # operations that the last step takes together
EVENTS_MIN = 5  # of a journey, and of a step that stands for itself, where there are any with so many
DEED_WEIGHT = 5  # what users do counts for more than what they look at
REQUEST_LIMIT_US_MIN = 10_000  # nobody notices less
JOB_LIMIT_US_MIN = 1_000_000
WINDOW = Rolling(28 * DAY)

_COLUMNS = expressions.series_columns()
_GONE = (499, 460)  # the client left before there was an answer: nginx's code, and the load balancer's
_SYSTEM_ERROR = re.compile(
    r"internal|server.?error|time.?d?.?out|unavailable|exception|fatal|crash|database|(?<!\d)5\d\d(?!\d)",
    re.IGNORECASE,
)
_SAYABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffd]{1,200}")

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A journey to be looked at by people; `comments` say what held in the logs, by place in its file."""

    journey: Journey
    comments: Mapping[Loc, str]
    events: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be promised. `covered` of the `events` belong to a proposed journey; `left_out` says why others
    never would; the rest is in operations that are used too little, or can't be judged."""

    journeys: tuple[Proposed, ...]
    events: int
    covered: int
    left_out: Mapping[Reason, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Operations about one thing, the weightiest first."""

    about: str
    operations: tuple[Operation, ...]

    @property
    def weight(self) -> int:
        return sum(map(_weight, self.operations))

    @property
    def events(self) -> int:
        return sum(operation.events for operation in self.operations)


def propose(discovery: Discovery) -> Proposal:
    """Journeys, the most used first: groups of operations about one thing, promised what held in the logs.

    Pure: the same operations give the same proposal, in whatever order they come.
    """
    gone: Counter[Reason] = Counter()
    promising: list[Operation] = []
    every = [operation for found in discovery.found for operation in found.operations]
    for operation in every:
        reason = left_out(operation)
        if reason is not None:
            gone[reason] += operation.events
        elif _is_judgeable(operation) and _SAYABLE.fullmatch(operation.name or ""):
            promising.append(operation)
    places = Counter(name for name, _ in {(operation.name, operation.source) for operation in every})
    shared = frozenset(name for name, sources in places.items() if name is not None and sources > 1)
    names: set[str] = set()
    when = _when(discovery)
    made = [_journey(group, shared, names, when) for group in _groups(promising)]
    journeys = [journey for journey in made if journey is not None][:JOURNEYS_MAX]
    return Proposal(
        tuple(journeys),
        discovery.events,
        sum(journey.events for journey in journeys),
        dict(gone.most_common()),
    )


def is_failure(kind: str, outcome: Outcome) -> bool:
    """Whether an event ended in a way that is the service's fault, as far as can be told without definitions."""
    if outcome.status is None:
        return outcome.error is not None
    return outcome.status >= 500 or _is_system_error(outcome.error)


def _is_system_error(error: str | None) -> bool:
    return error is not None and _SYSTEM_ERROR.search(error) is not None


# Groups


def _is_judgeable(operation: Operation) -> bool:
    """By its outcome or by its latency."""
    return _has_outcomes(operation) or any(outcome.histogram for outcome in operation.outcomes)


def _has_outcomes(operation: Operation) -> bool:
    return operation.kind == "job" or any(o.status is not None for o in operation.outcomes)


def _weight(operation: Operation) -> int:
    return operation.events * (DEED_WEIGHT if wording.is_deed(operation) else 1)


def _groups(operations: Iterable[Operation]) -> list[_Group]:
    """The groups by weight, each cut to what one journey can hold."""
    by_thing: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_thing[wording.about(operation)].append(operation)
    groups = []
    for about, some in by_thing.items():
        used = [operation for operation in some if operation.events >= EVENTS_MIN] or some
        used.sort(key=lambda one: (-_weight(one), one.name or "", one.source))
        groups.append(_Group(about, tuple(used[: STEPS_MAX - 1 + REST_MAX])))
    groups.sort(key=lambda group: (-group.weight, group.about))
    return [group for group in groups if group.events >= EVENTS_MIN] or groups


def _when(discovery: Discovery) -> str:
    first = min(
        (found.first_minute for found in discovery.found if found.first_minute is not None), default=None
    )
    last = max(
        (found.last_minute for found in discovery.found if found.last_minute is not None), default=None
    )
    if first is None or last is None:
        return ""
    days = max(1, -(-(last + 1 - first) // DAY))
    return ngettext("{n} day", "{n} days", days, n=f"{days:,}")


def _events_in_words(count: int) -> str:
    return ngettext("{n} event", "{n} events", count, n=f"{count:,}")


# Journeys


def _journey(group: _Group, shared: frozenset[str], names: set[str], when: str) -> Proposed | None:
    steps, by_step = _steps(group, shared)
    thing = wording.thing(group.operations, group.about)
    title = thing[:1].upper() + thing[1:]
    with speaking(ENGLISH):
        english = wording.thing(group.operations, group.about)
    taken = {*names}
    name = wording.name(english, taken)
    objectives, comments = promises(name, steps, by_step)
    if not objectives:
        return None
    names.add(name)
    events = sum(operation.events for some in by_step.values() for operation in some)
    why = _(
        "Proposed from {events} in {days}; say here what users lose when it fails.",
        events=_events_in_words(events),
        days=when,
    )
    journey = Journey(name, Text(title, title), None, Text(why, why), steps, objectives)
    return Proposed(journey, comments, events)


Steps = tuple[Step, ...]
ByStep = Mapping[str, tuple[Operation, ...]]


def promises(journey: str, steps: Steps, by_step: ByStep) -> tuple[tuple[Objective, ...], dict[Loc, str]]:
    """What held in the logs of a journey's steps, promised on trial; and comments that say so, by their places."""
    found = [
        _available(journey, steps, by_step),
        _fast(journey, "fast", _("It is quick"), steps, by_step, jobs=False),
        _fast(journey, "done-soon", _("It is done soon"), steps, by_step, jobs=True),
    ]
    made = [one for one in found if one is not None]
    return tuple(one for one, _said in made), {("objectives", one.name, "target"): said for one, said in made}


def _steps(group: _Group, shared: frozenset[str]) -> tuple[Steps, ByStep]:
    """Up to STEPS_MAX steps; where there are more operations, the last step takes the rest, as far as it is used."""
    used = group.operations
    alone = used if len(used) <= STEPS_MAX else used[: STEPS_MAX - 1]
    rest = used[len(alone) :]
    names: set[str] = set()
    steps: list[Step] = []
    by_step: dict[str, tuple[Operation, ...]] = {}
    titles: set[str] = set()
    for operation in alone:
        title = wording.title(operation)
        with speaking(ENGLISH):
            english = wording.title(operation)  # names are the same, whoever asks
        if english in titles and operation.name and len(operation.name) <= wording.TITLE_MAX:
            title = english = operation.name
        titles.add(english)
        name = wording.name(english, names)
        steps.append(Step(name, Text(title, title), selecting([operation], shared)))
        by_step[name] = (operation,)
    if rest:
        name, more = wording.name("more", names), _("And more")
        steps.append(Step(name, Text(more, more), selecting(rest, shared)))
        by_step[name] = tuple(rest)
    return tuple(steps), by_step


def selecting(operations: Sequence[Operation], shared: frozenset[str]) -> str:
    """The expression that selects exactly these operations; `shared` are names that several sources have."""
    by_source: defaultdict[str | None, list[str]] = defaultdict(list)
    for operation in operations:
        name = operation.name or ""
        by_source[operation.source if name in shared else None].append(name)
    parts = []
    for source, some in by_source.items():
        texts = ", ".join(map(_quoted, some))
        one = f"operation = {texts}" if len(some) == 1 else f"operation in ({texts})"
        parts.append(one if source is None else f"source = {_quoted(source)} and {one}")
    return parts[0] if len(parts) == 1 else " or ".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# Objectives

Promised = tuple[Objective, str]  # with what held in the logs


def _available(journey: str, steps: Steps, by_step: ByStep) -> Promised | None:
    chosen = tuple(step.name for step in steps if all(map(_has_outcomes, by_step[step.name])))
    operations = [operation for name in chosen for operation in by_step[name]]
    good_text, exclude_text = _good(operations), _exclude(operations)
    if good_text is None:
        return None
    good, total = _tally(operations, good_text, exclude_text)
    promised = choosing.target(good, total)
    if promised is None:
        return None
    objective = _objective(journey, "available", _("It works"), chosen, promised, good_text, exclude_text)
    return objective, _evidence(N_("In these logs {share} of {events} were good."), good, total)


def _good(operations: Sequence[Operation]) -> str | None:
    kinds = {operation.kind == "job" for operation in operations}
    if not kinds:
        return None
    of_requests = "status < 500"
    of_jobs = "error is null"
    if kinds == {True}:
        return of_jobs
    ended = [outcome for one in operations if one.kind != "job" for outcome in one.outcomes]
    errors = sorted({outcome.error for outcome in ended if outcome.error and _names_fault(outcome)})
    if kinds == {True, False}:
        of_requests = f"{of_requests} or kind = 'job' and {of_jobs}"
        of_requests = f"({of_requests})" if errors else of_requests
    return " and ".join([of_requests, *(f"error is distinct from {_quoted(error)}" for error in errors)])


def _names_fault(outcome: Outcome) -> bool:
    """An error that says, in an answer of 200 or 4xx, that the service was at fault."""
    return _is_system_error(outcome.error) and _SAYABLE.fullmatch(outcome.error or "") is not None


def _exclude(operations: Iterable[Operation]) -> str | None:
    """Clients that left, where there were any."""
    seen = {outcome.status for operation in operations for outcome in operation.outcomes}
    gone = [str(status) for status in _GONE if status in seen]
    if not gone:
        return None
    return f"status = {gone[0]}" if len(gone) == 1 else f"status in ({', '.join(gone)})"


def _fast(
    journey: str, name: str, title: str, steps: Steps, by_step: ByStep, *, jobs: bool
) -> Promised | None:
    chosen = tuple(
        step.name
        for step in steps
        if all((one.kind == "job") is jobs and one.histogram for one in by_step[step.name])
    )
    operations = [operation for step in chosen for operation in by_step[step]]
    exclude_text = _exclude(operations)
    counted = [o for one in operations for o in one.outcomes if not _is_excluded(one, o, exclude_text)]
    histogram = merged(outcome.histogram for outcome in counted)
    limit_us = choosing.limit_us(histogram, JOB_LIMIT_US_MIN if jobs else REQUEST_LIMIT_US_MIN)
    if limit_us is None:
        return None
    good, total = histograms.within(histogram, limit_us), sum(outcome.events for outcome in counted)
    promised = choosing.target(good, total, most=Fraction(99, 100))
    if promised is None:
        return None
    objective = _objective(journey, name, title, chosen, promised, None, exclude_text, limit_us)
    return objective, _evidence(N_("In these logs {share} of {events} were as quick as this."), good, total)


def _objective(
    journey: str,
    name: str,
    title: str,
    steps: tuple[str, ...],
    promised: tuple[Fraction, str],
    good: str | None,
    exclude: str | None,
    limit_us: int | None = None,
) -> Objective:
    return Objective(
        journey=journey,
        name=name,
        title=Text(title, title),
        steps=steps,
        good=good,
        exclude=exclude,
        faster_than_us=limit_us,
        slices=None,
        target=promised[0],
        target_text=promised[1],
        window=WINDOW,
        state="provisional",
        tiers=tuple(tier for tier in DEFAULT_TIERS if alerts.can_fire(tier, WINDOW.minutes, 1 - promised[0])),
    )


def _tally(operations: Iterable[Operation], good: str, exclude: str | None) -> tuple[int, int]:
    """Good and all events, by the very expressions that are proposed."""
    is_good = expressions.predicate(good, _COLUMNS)
    sums = [0, 0]
    for operation in operations:
        for outcome in operation.outcomes:
            if not _is_excluded(operation, outcome, exclude):
                sums[0] += outcome.events * is_good.holds(_row(operation, outcome))
                sums[1] += outcome.events
    return sums[0], sums[1]


def _is_excluded(operation: Operation, outcome: Outcome, exclude: str | None) -> bool:
    return exclude is not None and expressions.predicate(exclude, _COLUMNS).holds(_row(operation, outcome))


def _row(operation: Operation, outcome: Outcome) -> dict[str, str | int | None]:
    return {"kind": operation.kind, "status": outcome.status, "error": outcome.error}


def _evidence(said: str, good: int, total: int) -> str:
    """What held, cut off and never rounded up to 100 %."""
    digits = 2
    while good < total and (total - good) * 10 ** (digits + 2) < total * 10:
        digits += 1
    units = good * 10 ** (digits + 2) // total
    shown = f"{units // 10**digits}.{units % 10**digits:0{digits}d}".rstrip("0").rstrip(".")
    return _(said, share=_("{n} %", n=shown), events=_events_in_words(total))
