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
from tabiji.journeys import Severity
from tabiji.language import N_, _, headings, listed, pgettext
from tabiji.reports.documents import Counted, elapsed, whole
from tabiji.reports.numbers import (
    decimal_text,
    exact_percent,
    local,
    minutes,
    number,
    percent,
    percents,
    rate,
    weekday,
)

STATES: Mapping[State, str] = {
    "healthy": N_("healthy"),
    "at-risk": N_("at risk"),
    "burning": N_("burning"),
    "exhausted": N_("exhausted"),
    "no-data": N_("no data"),
}
REASONS: Mapping[Reason, str] = {
    "fires": N_("fires"),
    "goes-on": N_("goes on"),
    "few-events": N_("few events: it could be luck"),
    "below-short": N_("over: the short window is below"),
    "below-long": N_("not yet: the long window is below"),
    "below-both": N_("below"),
    "no-data": N_("no data"),
}
PERIODS: Mapping[windows.Unit, str] = {
    "day": N_("today"),
    "week": N_("this week"),
    "month": N_("this month"),
    "quarter": N_("this quarter"),
    "year": N_("this year"),
}
SENTENCES: Mapping[str, str] = {
    "last": N_("in the last {length}"),
    "good": N_("{sli} of {total} events were good {period}; the promise is {target}."),
    "good-minutes": N_("{sli} of {total} minutes were good {period}; the promise is {target}."),
    "no-data": N_("No events {period}: nothing can be said about the promise of {target}."),
    "elapsed": N_("{share} of {period} is over."),
    "estimate": N_("{share} of {period} is over: until it ends, its budget is an estimate."),
    "coverage": N_("There was data in {share} of the minutes."),
    "left": N_("{remaining} of the budget is left."),
    "ends": N_(
        "{remaining} of the budget is left. If it goes on like in the last 3 days, it is gone on {when} "
        "({lasts} from now)."
    ),
    "spent": N_("The budget is spent."),
    "overspent": N_("The budget is overspent by {over}."),
    "few-events": N_("That could be luck: a promise exactly kept would give as much in {p} of cases."),
    "fires": N_("In {length} it burnt {rate} times as fast as the promise allows ({severity})."),
    "provisional": N_("This is a trial: nobody is notified."),
    "tier": N_("{share} in {length}"),
    "unsure": "{state} ?",
    "trial": "{state} °",
    "corrected": "{state} *",
    "unsure-note": N_("? So few events that it could be luck."),
    "trial-note": N_("° On trial: nobody is notified."),
    "estimated": "≈ {left}",
    "estimate-note": N_("≈ An estimate: {share} of {period} is over."),
    "coverage-note": N_("Minutes with data: {objectives}."),
    "coverage-of": "{objective} {share}",
    "coverage-rest": N_("all others 100 %"),
    "judged": N_("{window} (judged)"),
    "gone": N_("spent"),
    "counted": N_("Counted from {first} to {end}, for only whole hours or days are kept of that time."),
    "kept": N_("Counted from {first} to {end}, for no minutes are kept of before."),
    "counted-of": N_(
        "{names}: counted from {first} to {end}, for only whole hours or days are kept of that time."
    ),
    "kept-of": N_("{names}: counted from {first} to {end}, for no minutes are kept of before."),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of text; `right` are the indexes of the columns that hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int]


def severity_name(severity: Severity) -> str:
    """What an alert asks for: somebody now, or the next working day."""
    return pgettext("severity", "page") if severity == "page" else pgettext("severity", "ticket")


def sentences(standing: Standing, zone: str) -> tuple[str, ...]:
    """How an objective stands, for somebody who has never heard of an SLO. Times are those of the zone."""
    objective = standing.objective
    target = exact_percent(objective.target)
    period = _period(objective.window)
    if standing.sli is None or standing.remaining is None:
        said = [_(SENTENCES["no-data"], period=period, target=target)]
    else:
        digits = max(2, len(decimal_text(objective.target * 100).partition(".")[2]))
        said = [
            _(
                SENTENCES["good" if objective.slices is None else "good-minutes"],
                sli=percent(standing.sli, digits),
                total=number(standing.tally.total),
                period=period,
                target=target,
            ),
            _left(standing, standing.remaining, zone),
        ]
        if standing.now_minute < standing.end_minute:
            going_on = SENTENCES["estimate" if standing.estimated else "elapsed"]
            said.append(_(going_on, share=percent(elapsed(standing), 0), period=period))
    if objective.slices is not None and standing.coverage is not None:
        said.append(_(SENTENCES["coverage"], share=percent(standing.coverage, 1)))
    if standing.few_events and standing.evidence_p is not None:
        said.append(_(SENTENCES["few-events"], p=percent(Fraction(standing.evidence_p), 0)))
    said += [
        _(
            SENTENCES["fires"],
            length=minutes(tier.long_minutes),
            rate=rate(tier.burn_long),
            severity=severity_name(tier.severity),
        )
        for tier in standing.tiers
        if tier.firing and tier.burn_long is not None
    ]
    if objective.state == "provisional":
        said.append(_(SENTENCES["provisional"]))
    return tuple(said)


def _period(window: windows.Window) -> str:
    if isinstance(window, windows.Rolling):
        return _(SENTENCES["last"], length=minutes(window.minutes))
    return _(PERIODS[window.unit])


def _left(standing: Standing, remaining: Fraction, zone: str) -> str:
    if remaining < 0:
        return _(SENTENCES["overspent"], over=percent(-remaining, 0))
    if remaining == 0:
        return _(SENTENCES["spent"])
    lasts = standing.exhaustion_minutes
    if lasts is None or lasts >= standing.end_minute - standing.start_minute:
        return _(SENTENCES["left"], remaining=percent(remaining, 0))
    when = weekday(standing.now_minute + int(lasts), zone)
    return _(SENTENCES["ends"], remaining=percent(remaining, 0), when=when, lasts=minutes(lasts))


def status_table(standings: Iterable[Standing], corrected: Collection[str] = ()) -> Table:
    """One row per objective, to be read with `status_notes`.

    *left* is what remains of the budget, *lasts* the time until it is gone at the rate of the last 3 days.
    Objectives whose ids are in `corrected` are marked: `correction_notes` says with what.
    """
    return Table(
        headings("objective", "state", "good", "promise", "left", "lasts"),
        tuple(_status_row(standing, corrected) for standing in standings),
        frozenset({2, 3, 4, 5}),
    )


def status_notes(standings: Iterable[Standing]) -> tuple[str, ...]:
    """What the marks in the table mean, as far as they are used."""
    known = tuple(standings)
    unsure = any(standing.few_events for standing in known)
    trial = any(standing.objective.state == "provisional" for standing in known)
    notes = [_(SENTENCES[note]) for note, used in (("unsure-note", unsure), ("trial-note", trial)) if used]
    return (*notes, *_elapsed_notes(known), *_coverage_notes(known))


def counted_sentence(standing: Standing, counted: Counted, zone: str) -> str | None:
    """Which minutes a standing is really of; None where these are its window's, as nearly always."""
    found = _counted(standing, counted)
    if found is None:
        return None
    key, first, end = found
    return _(SENTENCES[key], first=local(first, zone), end=local(end, zone))


def _counted(standing: Standing, counted: Counted) -> tuple[str, int, int] | None:
    """Which sentence says it, of which minutes."""
    if counted(standing) == whole(standing):
        return None
    return "counted" if standing.objective.slices is None else "kept", *counted(standing)


def counted_notes(standings: Iterable[Standing], counted: Counted, zone: str) -> tuple[str, ...]:
    """`counted_sentence` below a table, once for all objectives of which it is true."""
    found: dict[tuple[str, int, int], list[str]] = {}
    for standing in standings:
        said = _counted(standing, counted)
        if said is not None:
            found.setdefault(said, []).append(standing.objective.id)
    return tuple(
        _(
            SENTENCES[f"{key}-of"],
            names=listed(dict.fromkeys(names)),
            first=local(first, zone),
            end=local(end, zone),
        )
        for (key, first, end), names in found.items()
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
        notes[_(note, share=share, period=period)] = None
    return list(notes)


def _coverage_notes(standings: Iterable[Standing]) -> list[str]:
    """Of what share of its minutes each objective about minutes knows something."""
    shares = {
        standing.objective.id: standing.coverage
        for standing in standings
        if standing.objective.slices is not None and standing.coverage is not None
    }
    part = [
        _(SENTENCES["coverage-of"], objective=one, share=percent(share, 1))
        for one, share in shares.items()
        if share < 1
    ]
    if len(part) < len(shares):
        part.append(_(SENTENCES["coverage-rest"]) if part else percent(Fraction(1)))
    return [_(SENTENCES["coverage-note"], objectives=listed(part))] if part else []


def _status_row(standing: Standing, corrected: Collection[str]) -> tuple[str, ...]:
    objective = standing.objective
    target = exact_percent(objective.target)
    state = _state(standing)
    return (
        objective.id,
        _(SENTENCES["corrected"], state=state) if objective.id in corrected else state,
        "–" if standing.sli is None else percent(standing.sli),
        target,
        _remains(standing),
        _lasts(standing.exhaustion_minutes),
    )


def _remains(standing: Standing) -> str:
    if standing.remaining is None:
        return "–"
    left = percent(standing.remaining, 0)
    return _(SENTENCES["estimated"], left=left) if standing.estimated else left


def view_table(standings: Iterable[Standing], views: Iterable[Iterable[Standing]]) -> Table:
    """Objectives over several windows, a row for each; the first is the one that is judged."""
    rows = []
    for judged, others in zip(standings, views, strict=True):
        for view in (judged, *others):
            window = view.objective.window
            if isinstance(window, windows.Rolling):
                shown = windows.format_minutes(window.minutes)
            else:
                shown = _(PERIODS[window.unit])
            rows.append(
                (
                    view.objective.id if view is judged else "",
                    _(SENTENCES["judged"], window=shown) if view is judged else shown,
                    "–" if view.sli is None else percent(view.sli),
                    exact_percent(view.objective.target),
                    _remains(view),
                )
            )
    return Table(
        headings("objective", "window", "good", "promise", "left"), tuple(rows), frozenset({2, 3, 4})
    )


def _state(standing: Standing) -> str:
    state = _(STATES[standing.state])
    if standing.few_events:
        state = _(SENTENCES["unsure"], state=state)
    return _(SENTENCES["trial"], state=state) if standing.objective.state == "provisional" else state


def _lasts(exhaustion_minutes: Fraction | None) -> str:
    if exhaustion_minutes is None:
        return "–"
    return minutes(exhaustion_minutes) if exhaustion_minutes else _(SENTENCES["gone"])


def view_notes(standings: Sequence[Standing], views: Iterable[Iterable[Standing]]) -> tuple[str, ...]:
    """What is to be known beside `view_table`."""
    every = [*standings, *(view for others in views for view in others)]
    return (*_elapsed_notes(every), *_coverage_notes(standings))


def tier_table(standing: Standing) -> Table:
    """Why each tier of an objective fires or not."""
    return Table(
        (
            *headings("tier", "severity"),
            pgettext("of a burn rate", "from"),
            *headings("long", "short", "why"),
        ),
        tuple(
            (
                _(SENTENCES["tier"], share=percent(tier.share), length=minutes(tier.long_minutes)),
                severity_name(tier.severity),
                rate(tier.threshold),
                "–" if tier.burn_long is None else rate(tier.burn_long),
                "–" if tier.burn_short is None else rate(tier.burn_short),
                _(REASONS[tier.reason]),
            )
            for tier in standing.tiers
        ),
        frozenset({2, 3, 4}),
    )


def step_table(standing: Standing) -> Table:
    """Which step spent the budget; the shares add up to 100 % as printed."""
    shares = percents([step.tally.bad for step in standing.steps])
    return Table(
        headings("step", "good", "events", "bad", "share of bad"),
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
