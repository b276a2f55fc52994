"""The shape of a journey's file → the journey with its objectives, every fault noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tabiji import alerts, windows
from tabiji.definitions import meanings, scalars, shapes, sites
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.meanings import decimal
from tabiji.definitions.shaping import nearest
from tabiji.definitions.sites import Site
from tabiji.expressions import ColumnType
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
from tabiji.language import _
from tabiji.windows import Calendar, Rolling, Window

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
        scalars.require(document, ("journey",), _("a journey needs a name: `journey: watch-course`"))
    else:
        sites.check_name(document, ("journey",), name, _("a journey"), key=False)
    _check_team(document, shape.team, site)
    columns = None if sources is None else site.columns
    steps = _steps(document, shape, columns, sources or frozenset())
    if not shape.objectives:
        scalars.require(document, ("objectives",), _("a journey needs at least one objective"), key=True)
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


def _check_team(document: Document, team: str | None, site: Site) -> None:
    known = [one.name for one in site.teams]
    if team is not None and known and team not in known:
        hint = nearest(team, known)
        message = _("`{name}` is not one of the teams in tabiji.yaml{hint}", name=team, hint=hint)
        document.blame(("team",), message)


# Steps


def _steps(
    document: Document,
    shape: shapes.Journey,
    columns: Mapping[str, ColumnType] | None,
    sources: frozenset[str],
) -> tuple[Step, ...]:
    if not shape.steps:
        scalars.require(document, ("steps",), _("a journey needs at least one step"), key=True)
    steps: list[Step] = []
    seen: dict[str, str] = {}
    for name, step in (shape.steps or {}).items():
        loc: Loc = ("steps", name)
        sites.check_name(document, loc, name, _("a step"))
        title = sites.text(document, (*loc, "title"), step.title) or Text(name, name)
        steps.append(Step(name, title, step.events or ""))
        if step.events is None:
            scalars.require(
                document, (*loc, "events"), _("{noun} needs `{key}`", noun=_("a step"), key="events")
            )
            continue
        condition = scalars.condition(document, (*loc, "events"), step.events, columns, sources)
        if condition is None:
            continue
        if not condition.can_hold():
            document.blame((*loc, "events"), _("no event can satisfy this"), offset=0)
        if condition.sql in seen:
            message = _("step `{step}` has the same events; they would count twice", step=seen[condition.sql])
            document.blame((*loc, "events"), message, offset=0)
        seen.setdefault(condition.sql, name)
    return tuple(steps)


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
    sites.check_name(document, loc, name, _("an objective"))
    _check_conditions(around, loc, shape)
    if shape.target is None:
        scalars.require(document, (*loc, "target"), _("an objective needs a `target`, such as `99.9%`"))
    target = scalars.meaning(document, (*loc, "target"), meanings.target, shape.target)
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
        faster_than_us=scalars.meaning(
            document, (*loc, "faster_than"), meanings.latency_us, shape.faster_than
        ),
        slices=slices,
        target=target or Fraction(0),
        target_text=(shape.target or "").strip(),
        window=window or Rolling(28 * windows.DAY),
        state=shape.state or "agreed",
        tiers=tiers,
    )


def _check_conditions(around: _Surroundings, loc: Loc, shape: shapes.Objective) -> None:
    document = around.document
    if shape.good is None and shape.faster_than is None and shape.bad_minute is None:
        told = [document.left_out((*loc, key)) for key in ("good", "faster_than", "bad_minute")]
        if not any(told):
            message = _("an objective needs `good`, `faster_than` or `bad_minute`, to say what is good")
            document.blame(loc, message, key=True)
    if shape.good is not None:
        good = scalars.condition(document, (*loc, "good"), shape.good, around.columns, around.sources)
        if good is not None and not good.can_hold():
            message = _("no event can satisfy this: all would be bad")
            document.blame((*loc, "good"), message, offset=0)
    if shape.exclude is not None:
        exclude = scalars.condition(
            document, (*loc, "exclude"), shape.exclude, around.columns, around.sources
        )
        if exclude is not None and not exclude.can_hold():
            message = _("no event can satisfy this: it excludes nothing")
            document.blame((*loc, "exclude"), message, offset=0)
        if exclude is not None and not exclude.can_fail():
            message = _("every event satisfies this: none would count")
            document.blame((*loc, "exclude"), message, offset=0)


def _named_steps(around: _Surroundings, loc: Loc, written: list[str] | None) -> tuple[str, ...]:
    if written is None:
        return around.steps
    if not written:
        message = _("name at least one step, or leave `steps` out for all of them")
        around.document.blame(loc, message, key=True)
    for i, name in enumerate(written):
        if name not in around.steps and not around.document.left_out(("steps", name)):
            noun, hint = _("a step of this journey"), nearest(name, around.steps)
            message = _("`{name}` is not {noun}{hint}", name=name, noun=noun, hint=hint)
            around.document.blame((*loc, i), message)
        elif name in written[:i]:
            around.document.blame((*loc, i), _("step `{name}` is here twice", name=name))
    return tuple(written)


def _window(around: _Surroundings, loc: Loc, written: str | shapes.Calendar | None) -> Window | None:
    document = around.document
    if isinstance(written, shapes.Calendar):
        if written.calendar is None:
            scalars.require(document, (*loc, "calendar"), _("a window needs `calendar`, such as `month`"))
            return None
        zone = sites.time_zone(document, (*loc, "timezone"), written.timezone)
        return Calendar(written.calendar, zone or around.site.timezone)
    try:
        minutes = windows.parse_minutes(written or WINDOW)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    if not windows.ROLLING_MINUTES_MIN <= minutes <= windows.ROLLING_MINUTES_MAX:
        document.blame(loc, _("a rolling window is from `1h` to `400d`"))
        return None
    return Rolling(minutes)


def _check_kept(around: _Surroundings, loc: Loc, shape: shapes.Objective, window: Window) -> None:
    """An objective about minutes needs every minute of its window."""
    kept, needed = around.site.retention.minutes_days, longest_days(window)
    if around.columns is None or needed <= kept:  # None: nothing is known of tabiji.yaml
        return
    remedy = _or_keep(around.site, needed)
    if shape.window is not None:
        message = _(
            "minutes are kept for {kept} days, and this window needs them for {needed}; {remedy}",
            kept=kept,
            needed=needed,
            remedy=remedy,
        )
    else:
        message = _(
            "minutes are kept for {kept} days, and the default window of `{window}` needs them for {needed}; "
            "{remedy}",
            kept=kept,
            window=WINDOW,
            needed=needed,
            remedy=remedy,
        )
    document, place = around.document, (*loc, "bad_minute" if shape.window is None else "window")
    document.blame(place, message, key=shape.window is None)


def _or_keep(site: Site, days: int) -> str:
    """What would let minutes be kept for so many days."""
    hours = f", hours: {days}d" if days > site.retention.hours_days else ""
    retention = f"retention: {{minutes: {days}d{hours}}}"
    return _("shorten it, or write `{retention}` in tabiji.yaml", retention=retention)


def _slices(document: Document, loc: Loc, shape: shapes.Objective) -> Slices | None:
    if shape.bad_minute is None:
        for key, written in (("for", shape.run), ("no_data", shape.no_data)):
            if written is not None and not document.left_out((*loc, "bad_minute")):
                document.blame(
                    (*loc, key), _("`{key}` goes with {others}", key=key, others="`bad_minute`"), key=True
                )
        return None
    slices = scalars.meaning(document, (*loc, "bad_minute"), meanings.slices, shape.bad_minute)
    run = scalars.minutes(document, (*loc, "for"), shape.run, 1, RUN_MINUTES_MAX)
    if slices is None:
        return None
    told = any(document.left_out((*loc, key)) for key in ("good", "faster_than"))
    if slices.measure in ("error_rate", "bad") and not (shape.good or shape.faster_than or told):
        message = _(
            "`{measure}` needs `good` or `faster_than`, to say which events are bad", measure=slices.measure
        )
        document.blame((*loc, "bad_minute"), message, offset=0)
    return replace(slices, for_minutes=run or 1, no_data=shape.no_data or "exclude")


# Tiers


def _tiers(
    around: _Surroundings, loc: Loc, written: str | shapes.Alerts | None, target: Fraction, window: Window
) -> tuple[Tier, ...]:
    document = around.document
    if isinstance(written, str):
        if written not in ("none", "false"):
            document.blame(loc, _("`alerts` is `none` or a mapping; its keys are ticket_only, tiers"))
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
            first = made.index(tier) + 1
            if ticket_only:
                message = _(
                    "this is the same as tier {n} above, now that all are tickets; one is enough", n=first
                )
            else:
                message = _("this is the same as tier {n} above; one is enough", n=first)
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
    share = scalars.meaning(
        document, (*loc, "share"), lambda text: meanings.share(text, _("a share")), shape.share
    )
    for key, written in (("share", shape.share), ("in", shape.long), ("severity", shape.severity)):
        if written is None:
            scalars.require(document, (*loc, key), _("{noun} needs `{key}`", noun=_("a tier"), key=key))
    longest = shortest_minutes(window)
    long = scalars.minutes(document, (*loc, "in"), shape.long, LONG_MINUTES_MIN, longest)
    if long is not None and long % 12:
        below, above = (windows.format_minutes(long // 12 * 12 + more) for more in (0, 12))
        message = _(
            "the short window, a 12th, must have whole minutes: for example `{below}` or `{above}`",
            below=below,
            above=above,
        )
        document.blame((*loc, "in"), message)
        return None
    if long is not None and long > kept * windows.DAY and around.columns is not None:
        message = _(
            "minutes are kept for {kept} days, and this tier looks back further; {remedy}",
            kept=kept,
            remedy=_or_keep(around.site, -(-long // windows.DAY)),
        )
        document.blame((*loc, "in"), message)
        return None
    if share is None or long is None or shape.severity is None:
        return None
    if share <= 0:
        document.blame((*loc, "share"), _("a share is above 0%"))
        return None
    tier = Tier(share, long, shape.severity)
    budget = 1 - target
    if not alerts.can_fire(tier, longest, budget):
        message = _(
            "this can never fire: it needs a burn rate of {needed}, "
            "and with this target it is at most {most}; the highest share is {share}%",
            needed=decimal(alerts.threshold(tier, longest)),
            most=decimal(1 / budget),
            share=decimal(alerts.highest_share(tier, longest, budget) * 100),
        )
        document.blame((*loc, "share"), message)
        return None
    return tier
