"""Standings, counts and accounts → the JSON documents of the contract, with numbers in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tabiji import histograms, windows
from tabiji.alerts import Standing, TierStanding
from tabiji.reports.numbers import decimal_text

if TYPE_CHECKING:  # counting brings in numpy, which a status does not need
    from tabiji.counting import Account

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "＝",
    "＋",
    "－",
    "＠",
)  # with what spreadsheets take a text for one

Json = dict[str, object]
Span = tuple[int, int]  # of minutes, half-open
Counted = Callable[["Standing"], Span]


def whole(standing: Standing) -> Span:
    """The minutes of its window up to now."""
    return standing.start_minute, standing.now_minute


def status_json(
    standings: Iterable[Standing],
    at: int,
    teams: Mapping[str, str | None],
    views: Sequence[Sequence[Standing]] = (),
    corrected: Sequence[Json] = (),
    counted: Counted = whole,
) -> Json:
    """`tabiji status --json`. `at` is in seconds since the epoch; `teams` maps journeys to their teams.

    `views` has, for each standing, those over other windows; `corrected` the keys of `corrections_json`;
    `counted` says which minutes a standing is really of.
    """
    objectives = [_objective_json(s, teams.get(s.objective.journey), counted) for s in standings]
    for objective, over_others in zip(objectives, views, strict=bool(views)):
        objective["views"] = [window_json(view, counted) for view in over_others]
    for objective, keys in zip(objectives, corrected, strict=bool(corrected)):
        objective |= keys
    return {"at": iso_time(at), "objectives": objectives}


def _objective_json(standing: Standing, team: str | None, counted: Counted) -> Json:
    objective = standing.objective
    return {
        "id": objective.id,
        "journey": objective.journey,
        "objective": objective.name,
        "team": team,
        "state": standing.state,
        "provisional": objective.state == "provisional",
        "target": decimal_text(objective.target),
        **window_json(standing, counted),
        "burn_rates": {windows.format_minutes(m): _number(rate) for m, rate in standing.burn_rates},
        "tiers": [tier_json(tier) for tier in standing.tiers],
        "steps": [
            {
                "step": share.step,
                "good": share.tally.good,
                "total": share.tally.total,
                "share_of_bad": _number(share.share_of_bad),
            }
            for share in standing.steps
        ],
    }


def window_json(standing: Standing, counted: Counted = whole) -> Json:
    """What a window says, of the objective's own or of any other. In minutes where the objective is about them."""
    first, end = counted(standing)
    return {
        "window": {
            "kind": "rolling" if isinstance(standing.objective.window, windows.Rolling) else "calendar",
            "from": iso_time(standing.start_minute * 60),
            "to": iso_time(standing.end_minute * 60),
            "elapsed": _number(elapsed(standing)),
            "counted_from": iso_time(first * 60),
            "counted_to": iso_time(end * 60),
        },
        "unit": "events" if standing.objective.slices is None else "minutes",
        "good": standing.tally.good,
        "total": standing.tally.total,
        "bad": standing.tally.bad,
        "sli": _number(standing.sli),
        "budget": {
            "consumed": _number(standing.consumed),
            "remaining": _number(standing.remaining),
            "bad_events_left": standing.bad_events_left,
            "minutes_left": _number(standing.minutes_left),
        },
        "estimated": standing.estimated,
        "coverage": _number(standing.coverage),
    }


def elapsed(standing: Standing) -> Fraction:
    """The share of the window that is over; all of a rolling one."""
    return Fraction(standing.now_minute - standing.start_minute, standing.end_minute - standing.start_minute)


def tier_json(tier: TierStanding) -> Json:
    """A tier at a moment, as in `tabiji status --json`."""
    return {
        "share": _number(tier.share),
        "severity": tier.severity,
        "long": windows.format_minutes(tier.long_minutes),
        "short": windows.format_minutes(tier.short_minutes),
        "threshold": _number(tier.threshold),
        "burn_long": _number(tier.burn_long),
        "burn_short": _number(tier.burn_short),
        "evidence_p": tier.evidence_p,
        "firing": tier.firing,
        "reason": tier.reason,
    }


@dataclass(frozen=True, slots=True)
class Count:
    """A row of `tabiji count`: the events of a minute (None without `--every`) and of values of columns.

    `timed` of the events have a duration, `duration_us` in sum; `histogram` maps buckets to them.
    """

    minute: int | None
    columns: tuple[tuple[str, str | int | None], ...]
    events: int
    timed: int
    duration_us: int
    histogram: Mapping[int, int]


def count_json(counts: Iterable[Count], percentiles: Sequence[Fraction] = ()) -> Json:
    """`tabiji count --json`: rows sorted by time, then columns; `percentiles` in percent."""
    return {"rows": [_count_json(count, percentiles) for count in sort_counts(counts)]}


def _count_json(count: Count, percentiles: Sequence[Fraction]) -> Json:
    row: Json = {} if count.minute is None else {"time": iso_time(count.minute * 60)}
    row |= dict(count.columns)
    row["events"] = count.events
    row["duration_mean_ms"] = count.duration_us / count.timed / 1000 if count.timed else None
    for percentile in percentiles:
        upper_us = histograms.quantile_us(count.histogram, percentile / 100)
        row[f"p{decimal_text(percentile)}_ms"] = None if upper_us is None else upper_us / 1000
    return row


def sort_counts(counts: Iterable[Count]) -> list[Count]:
    """By time, then by columns in their order; no value comes first, numbers as numbers before text."""

    def key(count: Count) -> tuple[int, list[tuple[int, int, str]]]:
        values = [value for _, value in count.columns]
        return (
            -1 if count.minute is None else count.minute,
            [(0, 0, "") if v is None else (1, v, "") if isinstance(v, int) else (2, 0, v) for v in values],
        )

    return sorted(counts, key=key)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one source gave in a run."""

    source: str
    account: Account
    files: int
    seconds: float


def ingest_json(ingested: Iterable[Ingested]) -> Json:
    """`tabiji ingest --json`."""
    return {
        "sources": [
            {
                "source": one.source,
                "read": one.account.read,
                "counted": one.account.counted,
                "rejected": dict(one.account.rejected),
                "filtered": one.account.filtered,
                "duplicate": one.account.duplicate,
                "files": one.files,
                "seconds": one.seconds,
            }
            for one in ingested
        ]
    }


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also where letters are wide."""
    return f"'{text}" if text.startswith(FORMULA) else text


def iso_time(seconds: int) -> str:
    """ISO 8601 in UTC: `2026-03-01T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
