"""Standings → sentences and tables as plain values.

Every sentence is whole, with named places, so that a translation can move them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import budgets, windows
from tabiji.alerts import Reason, Standing
from tabiji.budgets import State
from tabiji.reports.documents import Counted, elapsed, whole
from tabiji.reports.numbers import exact_percent, local, minutes, number, percent, percents, rate, weekday

STATES: Mapping[State, str] = {
    "healthy": "healthy",
    "at-risk": "at risk",
    "burning": "burning",
    "exhausted": "exhausted",
    "no-data": "no data",
}
REASONS: Mapping[Reason, str] = {
    "fires": "fires",
    "goes-on": "goes on",
    "few-events": "few events: it could be luck",
    "below-short": "over: the short window is below",
    "below-long": "not yet: the long window is below",
    "below-both": "below",
    "no-data": "no data",
}
PERIODS: Mapping[windows.Unit, str] = {
    "day": "today",
    "week": "this week",
    "month": "this month",
    "quarter": "this quarter",
    "year": "this year",
}
SENTENCES: Mapping[str, str] = {
    "last": "in the last {length}",
    "good": "{sli} of {total} events were good {period}; the promise is {target}.",
    "good-minutes": "{sli} of {total} minutes were good {period}; the promise is {target}.",
    "no-data": "No events {period}: nothing can be said about the promise of {target}.",
    "elapsed": "{share} of {period} is over.",
    "estimate": "{share} of {period} is over: until it ends, its budget is an estimate.",
    "coverage": "There was data in {share} of the minutes.",
    "left": "{remaining} of the budget is left.",
    "ends": "{remaining} of the budget is left. If it goes on like in the last 3 days, it is gone on {when} "
    "({lasts} from now).",
    "spent": "The budget is spent.",
    "overspent": "The budget is overspent by {over}.",
    "few-events": "That could be luck: a promise exactly kept would give as much in {p} of cases.",
    "fires": "In {length} it burnt {rate} times as fast as the promise allows ({severity}).",
    "provisional": "This is a trial: nobody is notified.",
    "tier": "{share} in {length}",
    "unsure": "{state} ?",
    "trial": "{state} °",
    "corrected": "{state} *",
    "unsure-note": "? So few events that it could be luck.",
    "trial-note": "° On trial: nobody is notified.",
    "estimated": "≈ {left}",
    "estimate-note": "≈ An estimate: {share} of {period} is over.",
    "coverage-note": "Minutes with data: {objectives}.",
    "coverage-of": "{objective} {share}",
    "coverage-rest": "all others 100 %",
    "coverage-all": "100 %",
    "judged": "{window} (judged)",
    "gone": "spent",
    "counted": "Counted from {first} to {end}, for only whole hours or days are kept of that time.",
    "kept": "Counted from {first} to {end}, for no minutes are kept of before.",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of text; `right` are the indexes of the columns that hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int]


def sentences(standing: Standing, zone: str) -> tuple[str, ...]:
    """How an objective stands, for somebody who has never heard of an SLO. Times are those of the zone."""
    objective = standing.objective
    target = exact_percent(objective.target)
    period = _period(objective.window)
    if standing.sli is None or standing.remaining is None:
        said = [SENTENCES["no-data"].format(period=period, target=target)]
    else:
        digits = max(2, len(target.partition(".")[2]) - len(" %"))
        said = [
            SENTENCES["good" if objective.slices is None else "good-minutes"].format(
                sli=percent(standing.sli, digits),
                total=number(standing.tally.total),
                period=period,
                target=target,
            ),
            _left(standing, standing.remaining, zone),
        ]
        if standing.now_minute < standing.end_minute:
            going_on = SENTENCES["estimate" if standing.estimated else "elapsed"]
            said.append(going_on.format(share=percent(elapsed(standing), 0), period=period))
    if objective.slices is not None and standing.coverage is not None:
        said.append(SENTENCES["coverage"].format(share=percent(standing.coverage, 1)))
    if standing.few_events and standing.evidence_p is not None:
        said.append(SENTENCES["few-events"].format(p=percent(Fraction(standing.evidence_p), 0)))
    said += [
        SENTENCES["fires"].format(
            length=minutes(tier.long_minutes), rate=rate(tier.burn_long), severity=tier.severity
        )
        for tier in standing.tiers
        if tier.firing and tier.burn_long is not None
    ]
    if objective.state == "provisional":
        said.append(SENTENCES["provisional"])
    return tuple(said)


def _period(window: windows.Window) -> str:
    if isinstance(window, windows.Rolling):
        return SENTENCES["last"].format(length=minutes(window.minutes))
    return PERIODS[window.unit]


def _left(standing: Standing, remaining: Fraction, zone: str) -> str:
    if remaining < 0:
        return SENTENCES["overspent"].format(over=percent(-remaining, 0))
    if remaining == 0:
        return SENTENCES["spent"]
    lasts = standing.exhaustion_minutes
    if lasts is None or lasts >= standing.end_minute - standing.start_minute:
        return SENTENCES["left"].format(remaining=percent(remaining, 0))
    when = weekday(standing.now_minute + int(lasts), zone)
    return SENTENCES["ends"].format(remaining=percent(remaining, 0), when=when, lasts=minutes(lasts))


def status_table(standings: Iterable[Standing], corrected: Collection[str] = ()) -> Table:
    """One row per objective, to be read with `status_notes`.

    *left* is what remains of the budget, *lasts* the time until it is gone at the rate of the last 3 days.
    Objectives whose ids are in `corrected` are marked: `correction_notes` says with what.
    """
    return Table(
        ("objective", "state", "good", "promise", "left", "lasts"),
        tuple(_status_row(standing, corrected) for standing in standings),
        frozenset({2, 3, 4, 5}),
    )


def status_notes(standings: Iterable[Standing]) -> tuple[str, ...]:
    """What the marks in the table mean, as far as they are used."""
    known = tuple(standings)
    unsure = any(standing.few_events for standing in known)
    trial = any(standing.objective.state == "provisional" for standing in known)
    notes = [SENTENCES[note] for note, used in (("unsure-note", unsure), ("trial-note", trial)) if used]
    return (*notes, *_elapsed_notes(known), *_coverage_notes(known))


def counted_sentence(standing: Standing, counted: Counted, zone: str) -> str | None:
    """Which minutes a standing is really of; None where these are its window's, as nearly always."""
    if counted(standing) == whole(standing):
        return None
    first, end = (local(minute, zone) for minute in counted(standing))
    key = "counted" if standing.objective.slices is None else "kept"
    return SENTENCES[key].format(first=first, end=end)


def counted_notes(standings: Iterable[Standing], counted: Counted, zone: str) -> tuple[str, ...]:
    """`counted_sentence` below a table, once for all objectives of which it is true."""
    found: dict[str, list[str]] = {}
    for standing in standings:
        said = counted_sentence(standing, counted, zone)
        if said is not None:
            found.setdefault(said, []).append(standing.objective.id)
    return tuple(
        f"{', '.join(dict.fromkeys(names))}: {said[0].lower()}{said[1:]}" for said, names in found.items()
    )


def _elapsed_notes(standings: Iterable[Standing]) -> list[str]:
    """How much of each period that goes on is over, and that what is left of it is estimated."""
    notes: dict[str, None] = {}
    going_on = [one for one in standings if one.now_minute < one.end_minute and one.remaining is not None]
    for standing in going_on:
        period, share = _period(standing.objective.window), percent(elapsed(standing), 0)
        estimated = any(
            one.estimated for one in going_on if one.objective.window == standing.objective.window
        )
        note = SENTENCES["estimate-note" if estimated else "elapsed"]
        notes[note.format(share=share, period=period)] = None
    return list(notes)


def _coverage_notes(standings: Iterable[Standing]) -> list[str]:
    """Of what share of its minutes each objective about minutes knows something."""
    shares = {
        standing.objective.id: standing.coverage
        for standing in standings
        if standing.objective.slices is not None and standing.coverage is not None
    }
    part = [
        SENTENCES["coverage-of"].format(objective=one, share=percent(share, 1))
        for one, share in shares.items()
        if share < 1
    ]
    if len(part) < len(shares):
        part.append(SENTENCES["coverage-rest" if part else "coverage-all"])
    return [SENTENCES["coverage-note"].format(objectives=", ".join(part))] if part else []


def _status_row(standing: Standing, corrected: Collection[str]) -> tuple[str, ...]:
    objective = standing.objective
    target = exact_percent(objective.target)
    state = _state(standing)
    return (
        objective.id,
        SENTENCES["corrected"].format(state=state) if objective.id in corrected else state,
        "–" if standing.sli is None else percent(standing.sli),
        target,
        _remains(standing),
        _lasts(standing.exhaustion_minutes),
    )


def _remains(standing: Standing) -> str:
    if standing.remaining is None:
        return "–"
    left = percent(standing.remaining, 0)
    return SENTENCES["estimated"].format(left=left) if standing.estimated else left


def view_table(standings: Iterable[Standing], views: Iterable[Iterable[Standing]]) -> Table:
    """Objectives over several windows, a row for each; the first is the one that is judged."""
    rows = []
    for judged, others in zip(standings, views, strict=True):
        for view in (judged, *others):
            window = view.objective.window
            if isinstance(window, windows.Rolling):
                shown = windows.format_minutes(window.minutes)
            else:
                shown = PERIODS[window.unit]
            rows.append(
                (
                    view.objective.id if view is judged else "",
                    SENTENCES["judged"].format(window=shown) if view is judged else shown,
                    "–" if view.sli is None else percent(view.sli),
                    exact_percent(view.objective.target),
                    _remains(view),
                )
            )
    return Table(("objective", "window", "good", "promise", "left"), tuple(rows), frozenset({2, 3, 4}))


def _state(standing: Standing) -> str:
    state = STATES[standing.state]
    if standing.few_events:
        state = SENTENCES["unsure"].format(state=state)
    return SENTENCES["trial"].format(state=state) if standing.objective.state == "provisional" else state


def _lasts(exhaustion_minutes: Fraction | None) -> str:
    if exhaustion_minutes is None:
        return "–"
    return minutes(exhaustion_minutes) if exhaustion_minutes else SENTENCES["gone"]


def view_notes(standings: Sequence[Standing], views: Iterable[Iterable[Standing]]) -> tuple[str, ...]:
    """What is to be known beside `view_table`."""
    every = [*standings, *(view for others in views for view in others)]
    return (*_elapsed_notes(every), *_coverage_notes(standings))


def tier_table(standing: Standing) -> Table:
    """Why each tier of an objective fires or not."""
    return Table(
        ("tier", "severity", "from", "long", "short", "why"),
        tuple(
            (
                SENTENCES["tier"].format(share=percent(tier.share), length=minutes(tier.long_minutes)),
                tier.severity,
                rate(tier.threshold),
                "–" if tier.burn_long is None else rate(tier.burn_long),
                "–" if tier.burn_short is None else rate(tier.burn_short),
                REASONS[tier.reason],
            )
            for tier in standing.tiers
        ),
        frozenset({2, 3, 4}),
    )


def step_table(standing: Standing) -> Table:
    """Which step spent the budget; the shares add up to 100 % as printed."""
    shares = percents([step.tally.bad for step in standing.steps])
    return Table(
        ("step", "good", "events", "bad", "share of bad"),
        tuple(
            (
                step.step,
                "–" if (good := budgets.sli(step.tally)) is None else percent(good),
                number(step.tally.total),
                number(step.tally.bad),
                share,
            )
            for step, share in zip(standing.steps, shares, strict=True)
        ),
        frozenset({1, 2, 3, 4}),
    )
