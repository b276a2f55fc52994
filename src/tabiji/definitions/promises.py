"""The shape of a journey's file → the journey with its objectives, every fault noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from tabiji import alerts, expressions, windows
from tabiji.definitions import meanings, shapes, sites
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.meanings import MistakeError, decimal
from tabiji.definitions.shaping import did_you_mean
from tabiji.definitions.sites import Site
from tabiji.expressions import ColumnType, ExpressionError, Predicate
from tabiji.journeys import (
    DEFAULT_TIERS,
    Journey,
    Objective,
    Slices,
    Step,
    Text,
    Tier,
    longest_days,
    shortest_minutes,
)
from tabiji.windows import Calendar, Rolling, Window

Meaning = TypeVar("Meaning")

WINDOW = "28d"
LONG_MINUTES_MIN = 12  # so that the short window, a 12th, has a whole minute
RUN_MINUTES_MAX = windows.DAY


def journey(document: Document, shape: shapes.Journey, site: Site, sources: frozenset[str] | None) -> Journey:
    """The journey of a file. What has a fault is noted in the document and left empty.

    `sources` are the names that `source = '…'` may compare with; None where tabiji.yaml could not be read, so
    that nothing can be said about columns.
    """
    name = shape.journey
    if name is None:
        _require(document, ("journey",), "a journey needs a name: `journey: watch-course`")
    else:
        sites.check_name(document, ("journey",), name, "a journey", key=False)
    _check_team(document, shape.team, site)
    columns = None if sources is None else site.columns
    steps = _steps(document, shape, columns, sources or frozenset())
    if not shape.objectives:
        _require(document, ("objectives",), "a journey needs at least one objective", key=True)
    around = _Surroundings(
        document, site, name or "", tuple(step.name for step in steps), columns, sources or frozenset()
    )
    return Journey(
        name=name or "",
        title=sites.text(document, ("title",), shape.title) or Text(name, name),
        team=shape.team,
        why=sites.text(document, ("why",), shape.why),
        steps=steps,
        objectives=tuple(
            _objective(around, key, objective) for key, objective in (shape.objectives or {}).items()
        ),
    )


def _require(document: Document, loc: Loc, message: str, *, key: bool = False) -> None:
    """That something is missing, unless what stood there had a fault that was told already."""
    if not document.left_out(loc):
        document.blame(loc, message, key=key)


def _check_team(document: Document, team: str | None, site: Site) -> None:
    known = [one.name for one in site.teams]
    if team is not None and known and team not in known:
        message = f"`{team}` is not one of the teams in tabiji.yaml; {did_you_mean(team, known)}"
        document.blame(("team",), message)


# Steps


def _steps(
    document: Document,
    shape: shapes.Journey,
    columns: Mapping[str, ColumnType] | None,
    sources: frozenset[str],
) -> tuple[Step, ...]:
    if not shape.steps:
        _require(document, ("steps",), "a journey needs at least one step", key=True)
    steps: list[Step] = []
    seen: dict[str, str] = {}
    for name, step in (shape.steps or {}).items():
        loc: Loc = ("steps", name)
        sites.check_name(document, loc, name, "a step")
        title = sites.text(document, (*loc, "title"), step.title) or Text(name, name)
        steps.append(Step(name, title, step.events or ""))
        if step.events is None:
            _require(document, (*loc, "events"), "a step needs `events`")
            continue
        condition = _condition(document, (*loc, "events"), step.events, columns, sources)
        if condition is None:
            continue
        if not condition.can_hold():
            document.blame((*loc, "events"), "no event can satisfy this", offset=0)
        if condition.sql in seen:
            message = f"step `{seen[condition.sql]}` has the same events; they would count twice"
            document.blame((*loc, "events"), message, offset=0)
        seen.setdefault(condition.sql, name)
    return tuple(steps)


def _condition(
    document: Document,
    loc: Loc,
    written: str,
    columns: Mapping[str, ColumnType] | None,
    sources: frozenset[str],
) -> Predicate | None:
    if columns is None:
        return None
    try:
        condition = expressions.predicate(written, columns)
    except ExpressionError as error:
        document.blame(loc, error.message, offset=error.column - 1)
        return None
    for column, known in (("source", sorted(sources)), ("kind", list(shapes.KINDS))):
        for constant, place in condition.constants(column):
            if constant not in known:
                message = f"`{constant}` is not a {column}; {did_you_mean(constant, known)}"
                document.blame(loc, message, offset=place - 1)
    return condition


# Objectives


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What an objective is read against."""

    document: Document
    site: Site
    journey: str
    steps: tuple[str, ...]
    columns: Mapping[str, ColumnType] | None
    sources: frozenset[str]


def _objective(around: _Surroundings, name: str, shape: shapes.Objective) -> Objective:
    document, loc = around.document, ("objectives", name)
    sites.check_name(document, loc, name, "an objective")
    _check_conditions(around, loc, shape)
    if shape.target is None:
        _require(document, (*loc, "target"), "an objective needs a `target`, such as `99.9%`")
    target = _meaning(document, (*loc, "target"), meanings.target, shape.target)
    window = _window(around, (*loc, "window"), shape.window)
    slices = _slices(document, loc, shape)
    tiers: tuple[Tier, ...] = ()
    if window is not None and slices is not None:
        _check_kept(around, loc, shape, window)
    if target is not None and window is not None:
        tiers = _tiers(around, (*loc, "alerts"), shape.alerts, target, window)
    return Objective(
        journey=around.journey,
        name=name,
        title=sites.text(document, (*loc, "title"), shape.title) or Text(name, name),
        steps=_named_steps(around, (*loc, "steps"), shape.steps),
        good=shape.good,
        exclude=shape.exclude,
        faster_than_us=_meaning(document, (*loc, "faster_than"), meanings.latency_us, shape.faster_than),
        slices=slices,
        target=target or Fraction(0),
        target_text=(shape.target or "").strip(),
        window=window or Rolling(28 * windows.DAY),
        state=shape.state or "agreed",
        tiers=tiers,
    )


def _meaning(
    document: Document, loc: Loc, read: Callable[[str], Meaning], written: str | None
) -> Meaning | None:
    """What a scalar means; None where it is missing or wrong."""
    if written is None:
        return None
    try:
        return read(written)
    except MistakeError as mistake:
        document.blame(loc, mistake.message, offset=mistake.offset)
        return None


def _check_conditions(around: _Surroundings, loc: Loc, shape: shapes.Objective) -> None:
    document = around.document
    if shape.good is None and shape.faster_than is None and shape.bad_minute is None:
        told = [document.left_out((*loc, key)) for key in ("good", "faster_than", "bad_minute")]
        if not any(told):
            message = "an objective needs `good`, `faster_than` or `bad_minute`, to say what is good"
            document.blame(loc, message, key=True)
    if shape.good is not None:
        good = _condition(document, (*loc, "good"), shape.good, around.columns, around.sources)
        if good is not None and not good.can_hold():
            document.blame((*loc, "good"), "no event can satisfy this: all would be bad", offset=0)
    if shape.exclude is not None:
        exclude = _condition(document, (*loc, "exclude"), shape.exclude, around.columns, around.sources)
        if exclude is not None and not exclude.can_hold():
            document.blame((*loc, "exclude"), "no event can satisfy this: it excludes nothing", offset=0)
        if exclude is not None and not exclude.can_fail():
            document.blame((*loc, "exclude"), "every event satisfies this: none would count", offset=0)


def _named_steps(around: _Surroundings, loc: Loc, written: list[str] | None) -> tuple[str, ...]:
    if written is None:
        return around.steps
    if not written:
        around.document.blame(loc, "name at least one step, or leave `steps` out for all of them", key=True)
    for i, name in enumerate(written):
        if name not in around.steps and not around.document.left_out(("steps", name)):
            message = f"`{name}` is not a step of this journey; {did_you_mean(name, around.steps)}"
            around.document.blame((*loc, i), message)
        elif name in written[:i]:
            around.document.blame((*loc, i), f"step `{name}` is here twice")
    return tuple(written)


def _window(around: _Surroundings, loc: Loc, written: str | shapes.Calendar | None) -> Window | None:
    document = around.document
    if isinstance(written, shapes.Calendar):
        if written.calendar is None:
            _require(document, (*loc, "calendar"), "a window needs `calendar`, such as `month`")
            return None
        zone = sites.time_zone(document, (*loc, "timezone"), written.timezone)
        return Calendar(written.calendar, zone or around.site.timezone)
    try:
        minutes = windows.parse_minutes(written or WINDOW)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    if not windows.ROLLING_MINUTES_MIN <= minutes <= windows.ROLLING_MINUTES_MAX:
        document.blame(loc, "a rolling window is from `1h` to `400d`")
        return None
    return Rolling(minutes)


def _check_kept(around: _Surroundings, loc: Loc, shape: shapes.Objective, window: Window) -> None:
    """An objective about minutes needs every minute of its window."""
    kept, needed = around.site.retention.minutes_days, longest_days(window)
    if around.columns is None or needed <= kept:  # None: nothing is known of tabiji.yaml
        return
    what = "this window" if shape.window is not None else f"the default window of `{WINDOW}`"
    message = (
        f"minutes are kept for {kept} days, and {what} needs them for {needed}; "
        f"{_or_keep(around.site, needed)}"
    )
    document, place = around.document, (*loc, "bad_minute" if shape.window is None else "window")
    document.blame(place, message, key=shape.window is None)


def _or_keep(site: Site, days: int) -> str:
    """What would let minutes be kept for so many days."""
    hours = f", hours: {days}d" if days > site.retention.hours_days else ""
    return f"shorten it, or write `retention: {{minutes: {days}d{hours}}}` in tabiji.yaml"


def _slices(document: Document, loc: Loc, shape: shapes.Objective) -> Slices | None:
    if shape.bad_minute is None:
        for key, written in (("for", shape.run), ("no_data", shape.no_data)):
            if written is not None and not document.left_out((*loc, "bad_minute")):
                document.blame((*loc, key), f"`{key}` goes with `bad_minute`", key=True)
        return None
    slices = _meaning(document, (*loc, "bad_minute"), meanings.slices, shape.bad_minute)
    run = _minutes(document, (*loc, "for"), shape.run, 1, RUN_MINUTES_MAX)
    if slices is None:
        return None
    told = any(document.left_out((*loc, key)) for key in ("good", "faster_than"))
    if slices.measure in ("error_rate", "bad") and not (shape.good or shape.faster_than or told):
        message = f"`{slices.measure}` needs `good` or `faster_than`, to say which events are bad"
        document.blame((*loc, "bad_minute"), message, offset=0)
    return replace(slices, for_minutes=run or 1, no_data=shape.no_data or "exclude")


def _minutes(document: Document, loc: Loc, written: str | None, least: int, most: int) -> int | None:
    if written is None:
        return None
    try:
        minutes = windows.parse_minutes(written)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    if not least <= minutes <= most:
        shown = [windows.format_minutes(limit) for limit in (least, most)]
        document.blame(loc, f"`{written}` is not from `{shown[0]}` to `{shown[1]}`")
        return None
    return minutes


# Tiers


def _tiers(
    around: _Surroundings, loc: Loc, written: str | shapes.Alerts | None, target: Fraction, window: Window
) -> tuple[Tier, ...]:
    document = around.document
    if isinstance(written, str):
        if written not in ("none", "false"):
            document.blame(loc, "`alerts` is `none` or a mapping; its keys are ticket_only, tiers")
        return ()
    ticket_only = written is not None and bool(written.ticket_only)
    custom = written.tiers if written is not None else None
    if custom is None:
        made: list[Tier | None] = [*default_tiers(target, window)]
    else:
        made = [_tier(around, (*loc, "tiers", i), tier, target, window) for i, tier in enumerate(custom)]
    if ticket_only:
        made = [tier and replace(tier, severity="ticket") for tier in made]
    for i, tier in enumerate(made):
        if tier is not None and tier in made[:i]:
            why = ", now that all are tickets" if ticket_only else ""
            message = f"this is the same as tier {made.index(tier) + 1} above{why}; one is enough"
            document.blame((*loc, "tiers", i), message)
    return tuple(tier for tier in made if tier is not None)


def default_tiers(target: Fraction, window: Window) -> tuple[Tier, ...]:
    """The tiers of an objective that names none, without those that its target lets never fire."""
    minutes = shortest_minutes(window)
    return tuple(
        tier
        for tier in DEFAULT_TIERS
        if tier.long_minutes <= minutes and alerts.can_fire(tier, minutes, 1 - target)
    )


def _tier(
    around: _Surroundings, loc: Loc, shape: shapes.Tier, target: Fraction, window: Window
) -> Tier | None:
    document, kept = around.document, around.site.retention.minutes_days
    share = _meaning(document, (*loc, "share"), lambda text: meanings.share(text, "a share"), shape.share)
    for key, written in (("share", shape.share), ("in", shape.long), ("severity", shape.severity)):
        if written is None:
            _require(document, (*loc, key), f"a tier needs `{key}`")
    longest = shortest_minutes(window)
    long = _minutes(document, (*loc, "in"), shape.long, LONG_MINUTES_MIN, longest)
    if long is not None and long % 12:
        below, above = (windows.format_minutes(long // 12 * 12 + more) for more in (0, 12))
        message = f"the short window, a 12th, must have whole minutes: for example `{below}` or `{above}`"
        document.blame((*loc, "in"), message)
        return None
    if long is not None and long > kept * windows.DAY and around.columns is not None:
        message = (
            f"minutes are kept for {kept} days, and this tier looks back further; "
            f"{_or_keep(around.site, -(-long // windows.DAY))}"
        )
        document.blame((*loc, "in"), message)
        return None
    if share is None or long is None or shape.severity is None:
        return None
    if share <= 0:
        document.blame((*loc, "share"), "a share is above 0%")
        return None
    tier = Tier(share, long, shape.severity)
    budget = 1 - target
    if not alerts.can_fire(tier, longest, budget):
        highest = decimal(alerts.highest_share(tier, longest, budget) * 100)
        document.blame(
            (*loc, "share"),
            f"this can never fire: it needs a burn rate of {decimal(alerts.threshold(tier, longest))}, "
            f"and with this target it is at most {decimal(1 / budget)}; the highest share is {highest}%",
        )
        return None
    return tier
