"""Alerts and silences → sentences, tables and a JSON document, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import windows
from tabiji.alerts import LUCK, Alert, Ending, Silence, SilenceEnding, Standing, TierStanding
from tabiji.budgets import StepShare, Tally
from tabiji.journeys import Tier
from tabiji.language import ENGLISH, N_, _, headings, listed, pgettext, speaking
from tabiji.reports.documents import Json, iso_time, tier_json
from tabiji.reports.numbers import local, minutes, number, percent, rate
from tabiji.reports.words import Table, severity_name

ENDINGS: Mapping[Ending, str] = {
    "below-short": N_("It ended when the short window fell below that."),
    "below-long": N_("It ended when the long window fell below that."),
    "below-both": N_("It ended when both windows fell below that."),
    "tier-gone": N_("It ended because this tier is no longer defined."),
    "objective-gone": N_("It ended because the objective is no longer defined."),
    "late-events": N_("It ended because events that came late show that it was none."),
}
SILENCE_ENDINGS: Mapping[SilenceEnding, str] = {
    "events": N_("events came again"),
    "late-events": N_("its events came late"),
    "source-gone": N_("the source is no longer defined"),
}
SENTENCES: Mapping[str, str] = {
    "tier": N_("{share} in {length} ({severity})"),
    "over": N_("From {start} to {end}, for {length}."),
    "lasting": N_("Since {start}, for {length} so far."),
    "fired": N_(
        "In {long} it burnt {burn_long} times as fast as the promise allows, and {burn_short} times in {short}; "
        "this fires from {threshold} on."
    ),
    "spent": N_("{share} of the budget burnt: {bad} of {total} were bad."),
    "steps": N_("The bad ones: {steps}."),
    "late": N_("It was over when it was found: its events came late."),
    "trial": N_("On trial: nobody was notified."),
    "lasts": "{length} +",
    "columns-note": N_(
        "burn: how many times as fast as promised when it began; spent: of the budget by its end."
    ),
    "year-note": N_("Times are those of {zone}, in {year}."),
    "lasting-note": N_("+ It fires still."),
    "trial-mark": "{objective} °",
    "trial-note": N_("° On trial: nobody was notified."),
    "why-opens": N_(
        "{tier}: fires from now on. Both windows are at or above {threshold}; by luck alone there would be as "
        "many bad ones in {p} of cases."
    ),
    "why-fires": N_("{tier}: goes on firing. Both windows are at or above {threshold}."),
    "why-goes-on": N_(
        "{tier}: goes on firing. Both windows are at or above {threshold}, though there are few events "
        "by now."
    ),
    "why-few-events": N_(
        "{tier}: does not fire. Both windows are at or above {threshold}, but by luck alone there "
        "would be as many bad ones in {p} of cases; it takes less than {luck}."
    ),
    "why-below-long": N_(
        "{tier}: {not_firing}. The last {long} burnt {burn_long} times, which is below {threshold}."
    ),
    "why-below-short": N_(
        "{tier}: {not_firing}. The last {short} burnt {burn_short} times, which is below {threshold}."
    ),
    "why-below-both": N_(
        "{tier}: {not_firing}. The last {long} burnt {burn_long} times and the last {short} {burn_short} "
        "times; {threshold} is needed in both."
    ),
    "why-no-data": N_(
        "{tier}: {as_before}. There were no events in the last {silent}, and silence decides nothing."
    ),
}


@dataclass(frozen=True, slots=True)
class Burnt:
    """What burnt from the beginning of the long window that an alert opened by until it closed, or until now.

    `tally` is of events (of minutes, for an objective about minutes); `share` is what its bad ones take of the
    budget of the whole window then, None where that has no events. `steps` are those of events.
    """

    first_minute: int
    end_minute: int
    tally: Tally
    share: Fraction | None
    steps: tuple[StepShare, ...]


def alert_table(found: Iterable[tuple[Alert, Burnt | None]], until: int, zone: str) -> Table:
    """One row per alert, to be read with `alert_notes`; those that are open last until `until`.

    *burn*: the burn rate of the long window when it opened. *spent*: what burnt of the budget.
    """
    rows = list(found)
    short = _one_year([alert.opened_minute for alert, _ in rows], zone) is not None
    return Table(
        headings("objective", "alert", "began", "lasted", "burn", "spent"),
        tuple(_row(alert, cost, until, zone, 5 if short else 0) for alert, cost in rows),
        frozenset({3, 4, 5}),
    )


def _one_year(opened: Iterable[int], zone: str) -> str | None:
    """The year of all these minutes, where it is one: their times are then shown without it."""
    years = {local(minute, zone)[:4] for minute in opened}
    return years.pop() if len(years) == 1 else None


def _row(alert: Alert, cost: Burnt | None, until: int, zone: str, cut: int) -> tuple[str, ...]:
    lasted = minutes(_length(alert, until))
    opening = alert.opening
    name = _(SENTENCES["trial-mark"], objective=alert.objective) if alert.provisional else alert.objective
    return (
        name,
        f"{severity_name(alert.tier.severity)} {windows.format_minutes(alert.tier.long_minutes)}",
        local(alert.opened_minute, zone)[cut:],
        _(SENTENCES["lasts"], length=lasted) if alert.closed_minute is None else lasted,
        "–" if opening.burn_long is None else rate(opening.burn_long),
        "–" if cost is None or cost.share is None else percent(cost.share, 0),
    )


def _length(one: Alert | Silence, until: int) -> int:
    end = until if one.closed_minute is None else one.closed_minute
    return max(end - one.opened_minute, 0)


def alert_notes(found: Sequence[Alert], silences: Sequence[Silence], zone: str) -> tuple[str, ...]:
    """What the columns and marks of the tables mean, as far as they are used."""
    year = _one_year([one.opened_minute for one in found], zone)
    ends = [*(one.closed_minute for one in found), *(one.closed_minute for one in silences)]
    used = (
        ("columns-note", bool(found)),
        ("lasting-note", None in ends),
        ("trial-note", any(one.provisional for one in found)),
    )
    notes = [_(SENTENCES[note]) for note, is_used in used if is_used]
    return (*notes, _(SENTENCES["year-note"], year=year, zone=zone)) if year else tuple(notes)


def alert_sentences(alert: Alert, cost: Burnt | None, until: int, zone: str) -> tuple[str, ...]:
    """When an alert was, why it fired, what burnt, and why it ended."""
    opening, length = alert.opening, minutes(_length(alert, until))
    start = local(alert.opened_minute, zone)
    if alert.closed_minute is None:
        said = [_(SENTENCES["lasting"], start=start, length=length)]
    else:
        end = local(alert.closed_minute, zone)
        said = [_(SENTENCES["over"], start=start, end=end, length=length)]
    said.append(_(SENTENCES["fired"], **_numbers(opening)))
    if cost is not None and cost.share is not None:
        said.append(
            _(
                SENTENCES["spent"],
                share=percent(cost.share, 0),
                bad=number(cost.tally.bad),
                total=number(cost.tally.total),
            )
        )
        blamed = [one for one in cost.steps if one.share_of_bad]
        blamed.sort(key=lambda one: -(one.share_of_bad or 0))
        if len(cost.steps) > 1 and blamed:
            steps = listed(f"{one.step} {percent(one.share_of_bad or Fraction(0), 0)}" for one in blamed)
            said.append(_(SENTENCES["steps"], steps=steps))
    if alert.ending is not None:
        said.append(_(ENDINGS[alert.ending]))
    said += [
        _(SENTENCES[key]) for key, is_so in (("late", alert.late), ("trial", alert.provisional)) if is_so
    ]
    return tuple(said)


def tier_name(tier: Tier | TierStanding) -> str:
    """A tier as people say it: 2 % in 1 h (page)."""
    return _(
        SENTENCES["tier"],
        share=percent(tier.share),
        length=minutes(tier.long_minutes),
        severity=severity_name(tier.severity),
    )


def why_sentences(standing: Standing, fired: Collection[Tier]) -> tuple[str, ...]:
    """Why each tier of an objective fires at a moment or not; `fired` are those that did the minute before."""
    said = []
    for tier in standing.tiers:
        was = _tier(tier) in fired
        key = "why-opens" if tier.reason == "fires" and not was else f"why-{tier.reason}"
        quiet = tier.short_minutes if tier.burn_long is not None else tier.long_minutes
        silent = pgettext("of a tier", "does not fire")
        said.append(
            _(
                SENTENCES[key],
                tier=tier_name(tier),
                **_numbers(tier),
                p="–" if tier.evidence_p is None else percent(Fraction(tier.evidence_p), 0),
                luck=percent(LUCK[tier.severity]),
                silent=minutes(quiet),
                not_firing=pgettext("of a tier", "ends now") if was else silent,
                as_before=pgettext("of a tier", "goes on firing") if was else silent,
            )
        )
    return tuple(said)


def _numbers(tier: TierStanding) -> dict[str, str]:
    return {
        "long": minutes(tier.long_minutes),
        "short": minutes(tier.short_minutes),
        "threshold": rate(tier.threshold),
        "burn_long": "–" if tier.burn_long is None else rate(tier.burn_long),
        "burn_short": "–" if tier.burn_short is None else rate(tier.burn_short),
    }


def why_json(standing: Standing, fired: Collection[Tier]) -> Json:
    """`tabiji alerts --why --json`, in English: programs read it."""
    with speaking(ENGLISH):
        sentences = why_sentences(standing, fired)
    return {
        "objective": standing.objective.id,
        "at": iso_time(standing.now_minute * 60),
        "tiers": [
            {**tier_json(tier), "fired_before": _tier(tier) in fired, "why": why}
            for tier, why in zip(standing.tiers, sentences, strict=True)
        ],
    }


def _tier(standing: TierStanding) -> Tier:
    return Tier(standing.share, standing.long_minutes, standing.severity)


def silence_table(found: Iterable[Silence], until: int, zone: str) -> Table:
    """One row per source that was quiet for too long; *usual* is from how many minutes on that is so."""
    rows = []
    for one in found:
        end = until if one.closed_minute is None else one.closed_minute
        lasted = minutes(max(end - one.quiet_since, 0))
        rows.append(
            (
                one.source,
                severity_name(one.limit.severity),
                local(one.quiet_since, zone),
                _(SENTENCES["lasts"], length=lasted) if one.closed_minute is None else lasted,
                minutes(one.limit.minutes),
                "" if one.ending is None else _(SILENCE_ENDINGS[one.ending]),
            )
        )
    return Table(
        headings("source", "alert", "quiet since", "for", "alert after", "until"),
        tuple(rows),
        frozenset({3, 4}),
    )


def alerts_json(found: Iterable[tuple[Alert, Burnt | None]], silences: Iterable[Silence]) -> Json:
    """`tabiji alerts --json`."""
    return {
        "alerts": [_alert_json(alert, cost) for alert, cost in found],
        "silences": [
            {
                "id": one.number,
                "source": one.source,
                "severity": one.limit.severity,
                "quiet_since": iso_time(one.quiet_since * 60),
                "limit_minutes": one.limit.minutes,
                "learned": one.limit.learned,
                "opened": iso_time(one.opened_minute * 60),
                "closed": _time(one.closed_minute),
                "ending": one.ending,
            }
            for one in silences
        ],
    }


def _alert_json(alert: Alert, cost: Burnt | None) -> Json:
    opening = alert.opening
    return {
        "id": alert.number,
        "objective": alert.objective,
        "severity": alert.tier.severity,
        "share": float(alert.tier.share),
        "long": windows.format_minutes(alert.tier.long_minutes),
        "short": windows.format_minutes(opening.short_minutes),
        "provisional": alert.provisional,
        "late": alert.late,
        "definition": alert.definition,
        "opened": iso_time(alert.opened_minute * 60),
        "closed": _time(alert.closed_minute),
        "ending": alert.ending,
        "reason": opening.reason,
        "threshold": float(opening.threshold),
        "burn_long": _number(opening.burn_long),
        "burn_short": _number(opening.burn_short),
        "evidence_p": opening.evidence_p,
        "burnt": None
        if cost is None
        else {
            "from": iso_time(cost.first_minute * 60),
            "to": iso_time(cost.end_minute * 60),
            "bad": cost.tally.bad,
            "total": cost.tally.total,
            "share_of_budget": _number(cost.share),
            "steps": [
                {
                    "step": one.step,
                    "good": one.tally.good,
                    "total": one.tally.total,
                    "share_of_bad": _number(one.share_of_bad),
                }
                for one in cost.steps
            ],
        },
    }


def _time(minute: int | None) -> str | None:
    return None if minute is None else iso_time(minute * 60)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
