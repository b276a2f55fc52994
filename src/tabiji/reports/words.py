"""Standings → sentences and tables as plain values.

Every sentence is whole, with named places, so that a translation can move them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tabiji import budgets, windows
from tabiji.alerts import Reason, Standing
from tabiji.budgets import State
from tabiji.reports.numbers import exact_percent, minutes, number, percent, percents, rate

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
    "below-short": "it is over: the short window is below",
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
    "no-data": "No events {period}: nothing can be said about the promise of {target}.",
    "left": "{remaining} of the budget is left.",
    "ends": "{remaining} of the budget is left ({lasts} at the rate of the last 3 days).",
    "spent": "The budget is spent.",
    "overspent": "The budget is overspent by {over}.",
    "few-events": "That could be luck: a promise exactly kept would give as much in {p} of cases.",
    "fires": "In {length} it burnt {rate} times as fast as the promise allows ({severity}).",
    "provisional": "This is a trial: nobody is notified.",
    "tier": "{share} in {length}",
    "unsure": "{state} ?",
    "trial": "{state} °",
    "unsure-note": "? So few events that it could be luck.",
    "trial-note": "° On trial: nobody is notified.",
    "gone": "spent",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of text; `right` are the indexes of the columns that hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int]


def sentences(standing: Standing) -> tuple[str, ...]:
    """How an objective stands, for somebody who has never heard of an SLO."""
    objective = standing.objective
    target = exact_percent(objective.target)
    period = _period(objective.window)
    if standing.sli is None or standing.remaining is None:
        said = [SENTENCES["no-data"].format(period=period, target=target)]
    else:
        digits = max(2, len(target.partition(".")[2]) - len(" %"))
        said = [
            SENTENCES["good"].format(
                sli=percent(standing.sli, digits),
                total=number(standing.tally.total),
                period=period,
                target=target,
            ),
            _left(standing, standing.remaining),
        ]
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


def _left(standing: Standing, remaining: Fraction) -> str:
    if remaining < 0:
        return SENTENCES["overspent"].format(over=percent(-remaining, 0))
    if remaining == 0:
        return SENTENCES["spent"]
    lasts = standing.exhaustion_minutes
    if lasts is None or lasts >= standing.end_minute - standing.start_minute:
        return SENTENCES["left"].format(remaining=percent(remaining, 0))
    return SENTENCES["ends"].format(remaining=percent(remaining, 0), lasts=minutes(lasts))


def status_table(standings: Iterable[Standing]) -> Table:
    """One row per objective, to be read with `status_notes`.

    *left* is what remains of the budget, *lasts* the time until it is gone at the rate of the last 3 days.
    """
    return Table(
        ("objective", "state", "good", "promise", "left", "lasts"),
        tuple(_status_row(standing) for standing in standings),
        frozenset({2, 3, 4, 5}),
    )


def status_notes(standings: Iterable[Standing]) -> tuple[str, ...]:
    """What the marks in the table mean, as far as they are used."""
    known = tuple(standings)
    unsure = any(standing.few_events for standing in known)
    trial = any(standing.objective.state == "provisional" for standing in known)
    return tuple(SENTENCES[note] for note, used in (("unsure-note", unsure), ("trial-note", trial)) if used)


def _status_row(standing: Standing) -> tuple[str, ...]:
    objective = standing.objective
    target = exact_percent(objective.target)
    return (
        objective.id,
        _state(standing),
        "–" if standing.sli is None else percent(standing.sli),
        target,
        "–" if standing.remaining is None else percent(standing.remaining, 0),
        _lasts(standing.exhaustion_minutes),
    )


def _state(standing: Standing) -> str:
    state = STATES[standing.state]
    if standing.few_events:
        state = SENTENCES["unsure"].format(state=state)
    return SENTENCES["trial"].format(state=state) if standing.objective.state == "provisional" else state


def _lasts(exhaustion_minutes: Fraction | None) -> str:
    if exhaustion_minutes is None:
        return "–"
    return minutes(exhaustion_minutes) if exhaustion_minutes else SENTENCES["gone"]


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
