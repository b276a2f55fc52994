"""Reports: the JSON of the contract in full, and numbers and sentences that never flatter."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import alerts, budgets, histograms, reports
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.counting import Account
from tabiji.journeys import DEFAULT_TIERS, Objective, Text
from tabiji.reports import Count, Ingested, Table
from tabiji.windows import Calendar, Rolling, Window

DAYS_30 = 30 * 1440
JUNE = 29_671_200  # 2026-06-01T00:00Z, in minutes
NOW = JUNE + 9 * 1440
LAST_30_DAYS = Rolling(DAYS_30)


def bad_of(bad: int, total: int) -> Tally:
    return Tally(total - bad, total)


def standing_of(
    tally: Tally,
    recent: Tally | dict[int, Tally],
    window: Window = LAST_30_DAYS,
    target: str = "99.9%",
    state: str = "agreed",
    **more: object,
) -> Standing:
    objective = Objective(
        journey="watch-course", name="available", title=Text(), steps=("open", "play"), good="status < 500",
        exclude=None, faster_than_us=None, slices=None, target=Fraction(target.rstrip("%")) / 100,
        target_text=target, window=window, state=state, tiers=DEFAULT_TIERS,  # type: ignore[arg-type]
    )  # fmt: skip
    tallies = dict.fromkeys(alerts.burn_windows(objective), recent) if isinstance(recent, Tally) else recent
    return alerts.standing(objective, tally, tallies, NOW, **more)  # type: ignore[arg-type]


# JSON


def test_a_status_has_every_number_in_full() -> None:
    steps = {"open": bad_of(30, 90_000), "play": bad_of(10, 10_000)}
    recent = {
        5: bad_of(1, 7), 30: bad_of(5, 1000), 60: bad_of(1, 10), 360: bad_of(40, 10_000),
        4320: bad_of(40, 400_000),
    }  # fmt: skip
    standing = standing_of(bad_of(40, 100_000), recent, coverage=Fraction(1, 3), steps=steps)
    document = reports.status_json([standing], NOW * 60 + 30, {"watch-course": "learning"})
    assert json.loads(json.dumps(document, allow_nan=False)) == {
        "at": "2026-06-10T00:00:30Z",
        "objectives": [
            {
                "id": "watch-course/available",
                "journey": "watch-course",
                "objective": "available",
                "team": "learning",
                "state": "healthy",
                "provisional": False,
                "target": "0.999",
                "window": {
                    "kind": "rolling", "from": "2026-05-11T00:00:00Z", "to": "2026-06-10T00:00:00Z", "elapsed": 1.0,
                    "counted_from": "2026-05-11T00:00:00Z", "counted_to": "2026-06-10T00:00:00Z",
                },
                "unit": "events",
                "good": 99_960,
                "total": 100_000,
                "bad": 40,
                "sli": 0.9996,
                "budget": {
                    "consumed": 0.4,
                    "remaining": 0.6,
                    "bad_events_left": 60,
                    "minutes_left": 25.92,
                },
                "estimated": False,
                "burn_rates": {"5m": 1000 / 7, "30m": 5.0, "1h": 100.0, "6h": 4.0, "3d": 0.1},
                "tiers": [
                    {
                        "share": 0.02, "severity": "page", "long": "1h", "short": "5m", "threshold": 14.4,
                        "burn_long": 100.0, "burn_short": 1000 / 7,
                        "evidence_p": alerts.evidence_p(1, 10, Fraction(1, 1000)),
                        "firing": False, "reason": "few-events",
                    },
                    {
                        "share": 0.05, "severity": "page", "long": "6h", "short": "30m", "threshold": 6.0,
                        "burn_long": 4.0, "burn_short": 5.0, "evidence_p": None,
                        "firing": False, "reason": "below-both",
                    },
                    {
                        "share": 0.1, "severity": "ticket", "long": "3d", "short": "6h", "threshold": 1.0,
                        "burn_long": 0.1, "burn_short": 4.0, "evidence_p": None,
                        "firing": False, "reason": "below-long",
                    },
                ],
                "coverage": 1 / 3,
                "steps": [
                    {"step": "open", "good": 89_970, "total": 90_000, "share_of_bad": 0.75},
                    {"step": "play", "good": 9990, "total": 10_000, "share_of_bad": 0.25},
                ],
            }
        ],
    }  # fmt: skip


def test_a_status_without_events_is_null_and_not_zero() -> None:
    month = Calendar("month", "Asia/Tokyo")
    standing = standing_of(Tally(), Tally(), month, state="provisional", steps={"open": Tally()})
    document = json.loads(json.dumps(reports.status_json([standing], NOW * 60, {})))
    (objective,) = document["objectives"]
    assert (objective["state"], objective["provisional"], objective["team"]) == ("no-data", True, None)
    assert objective["window"] == {
        "kind": "calendar", "from": "2026-05-31T15:00:00Z", "to": "2026-06-30T15:00:00Z",
        "elapsed": (9 * 24 + 9) / 720,
        "counted_from": "2026-05-31T15:00:00Z", "counted_to": "2026-06-10T00:00:00Z",
    }  # fmt: skip
    assert objective["estimated"] is True
    assert objective["sli"] is None
    assert set(objective["budget"].values()) == {None}
    assert objective["burn_rates"] == dict.fromkeys(["5m", "30m", "1h", "6h", "3d"])
    assert {tier["burn_long"] for tier in objective["tiers"]} == {None}
    assert objective["coverage"] is None
    assert objective["steps"] == [{"step": "open", "good": 0, "total": 0, "share_of_bad": None}]


def test_counts_are_sorted_by_time_then_columns() -> None:
    counts = [
        Count(JUNE + 1, (("status", 200), ("route", "/b")), 3, 2, 500_000, {histograms.bucket(250_000): 2}),
        Count(JUNE + 1, (("status", 200), ("route", "/a")), 1, 0, 0, {}),
        Count(JUNE + 1, (("status", 99), ("route", "/z")), 1, 1, 100, {100: 1}),
        Count(JUNE + 1, (("status", None), ("route", "/z")), 1, 1, 3, {3: 1}),
        Count(JUNE, (("status", 500), ("route", None)), 1, 1, 1_000_000, {histograms.bucket(1_000_000): 1}),
    ]
    assert reports.count_json(counts, [Fraction(50), Fraction("99.9")]) == {
        "rows": [
            {"time": "2026-06-01T00:00:00Z", "status": 500, "route": None, "events": 1,
             "duration_mean_ms": 1000.0, "p50_ms": 1000.0, "p99.9_ms": 1000.0},
            {"time": "2026-06-01T00:01:00Z", "status": None, "route": "/z", "events": 1,
             "duration_mean_ms": 0.003, "p50_ms": 0.003, "p99.9_ms": 0.003},
            {"time": "2026-06-01T00:01:00Z", "status": 99, "route": "/z", "events": 1,
             "duration_mean_ms": 0.1, "p50_ms": 0.1, "p99.9_ms": 0.1},
            {"time": "2026-06-01T00:01:00Z", "status": 200, "route": "/a", "events": 1,
             "duration_mean_ms": None, "p50_ms": None, "p99.9_ms": None},
            {"time": "2026-06-01T00:01:00Z", "status": 200, "route": "/b", "events": 3,
             "duration_mean_ms": 250.0, "p50_ms": 250.0, "p99.9_ms": 250.0},
        ]
    }  # fmt: skip
    assert reports.count_json([Count(None, (("method", "GET"),), 2, 2, 4000, {})]) == {
        "rows": [{"method": "GET", "events": 2, "duration_mean_ms": 2.0}]
    }


def test_an_ingest_accounts_for_every_line() -> None:
    account = Account(10, 6, (("not-json", 1), ("no-time", 1)), 1, 1)
    assert reports.ingest_json([Ingested("web", account, 2, 0.5)]) == {
        "sources": [
            {
                "source": "web", "read": 10, "counted": 6, "rejected": {"not-json": 1, "no-time": 1},
                "filtered": 1, "duplicate": 1, "files": 2, "seconds": 0.5,
            }
        ]
    }  # fmt: skip


# Numbers

PERCENTS = {
    "a promise": ("0.999", 2, "99.9 %"),
    "just below it, cut off and not rounded up": ("0.998999", 2, "99.89 %"),
    "three nines and more": ("0.99999", 2, "99.999 %"),
    "never rounded to 100": ("0.9999999", 2, "99.99999 %"),
    "all": ("1", 2, "100 %"),
    "none": ("0", 2, "0 %"),
    "next to nothing is not nothing": ("0.0000042", 2, "0.00042 %"),
    "a third": ("1/3", 2, "33.33 %"),
    "of a budget": ("0.2777", 0, "27 %"),
    "little of a budget": ("0.0547", 0, "5.4 %"),
    "nearly all of a budget": ("0.9994", 0, "99.94 %"),
    "overspent": ("-3.9603", 0, "−396 %"),
    "overspent by next to nothing": ("-0.0004", 0, "−0.04 %"),
    "more than all": ("12.5", 0, "1250 %"),
}


@pytest.mark.parametrize(("share", "digits", "shown"), PERCENTS.values(), ids=PERCENTS)
def test_a_percentage(share: str, digits: int, shown: str) -> None:
    assert reports.percent(Fraction(share), digits) == shown


def value_of(shown: str) -> Fraction:
    return Fraction(shown.removesuffix(" %")) / 100


@given(st.fractions(0, 1), st.integers(0, 4))
def test_a_percentage_never_flatters(share: Fraction, digits: int) -> None:
    shown = value_of(reports.percent(share, digits))
    assert shown <= share
    assert (shown == 1) == (share == 1)
    assert (shown == 0) == (share == 0)
    assert share - shown < Fraction(1, 10 ** (digits + 2))
    assert 1 - shown <= (1 - share) * Fraction(11, 10) or share - shown < Fraction(1, 10 ** (digits + 2))


@given(st.fractions(0, 1), st.integers(1, 9999))
def test_no_missed_promise_looks_kept(share: Fraction, promise: int) -> None:
    target = Fraction(promise, 10_000)
    assert (value_of(reports.percent(share)) >= target) == (share >= target)


SHARES: dict[str, tuple[list[int], int, list[str]]] = {
    "three thirds": ([1, 1, 1], 0, ["34 %", "33 %", "33 %"]),
    "three thirds with a decimal": ([1, 1, 1], 1, ["33.4 %", "33.3 %", "33.3 %"]),
    "halves of a percent go to the largest remainder": ([995, 5], 0, ["100 %", "0 %"]),
    "two small ones": ([2, 2, 396], 0, ["1 %", "0 %", "99 %"]),
    "nothing": ([0, 0], 0, ["0 %", "0 %"]),
    "none": ([], 0, []),
    "one": ([7], 0, ["100 %"]),
}


@pytest.mark.parametrize(("weights", "digits", "shown"), SHARES.values(), ids=SHARES)
def test_shares_as_printed(weights: list[int], digits: int, shown: list[str]) -> None:
    assert reports.percents(weights, digits) == shown


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any), st.integers(0, 3))
def test_printed_shares_add_up_to_100_percent(weights: list[int], digits: int) -> None:
    shown = [value_of(share) for share in reports.percents(weights, digits)]
    assert sum(shown) == 1
    for weight, share in zip(weights, shown, strict=True):
        assert abs(share - Fraction(weight, sum(weights))) < Fraction(1, 10 ** (digits + 2))


MINUTES = {
    "nothing": ("0", "0 min"),
    "seconds": ("0.5", "30 s"),
    "a little over": ("4.32", "4 min 19 s"),
    "whole minutes under ten": ("5", "5 min"),
    "from ten minutes on without seconds": ("43.2", "43 min"),
    "just below an hour": ("59.99", "59 min"),
    "an hour": ("60", "1 h"),
    "hours": ("490.9", "8 h 10 min"),
    "just below a day": ("1439.9", "23 h 59 min"),
    "a day and hours": ("1690", "1 d 4 h"),
    "whole days": ("4320", "3 d"),
    "many days": ("20160", "14 d"),
    "very many days": ("14400000", "10,000 d"),
    "overspent": ("-12.5", "−12 min"),
    "overspent by less than can be said": ("-0.001", "0 min"),
}


@pytest.mark.parametrize(("length", "shown"), MINUTES.values(), ids=MINUTES)
def test_a_length_of_time(length: str, shown: str) -> None:
    assert reports.minutes(Fraction(length)) == shown


LATENCIES = {
    "none": (None, "–"),
    "nothing": (0, "0 µs"),
    "microseconds": (98, "98 µs"),
    "more of them": (990, "990 µs"),
    "a millisecond": (1000, "1 ms"),
    "milliseconds": (1500, "1.5 ms"),
    "an exact limit": (250_000, "250 ms"),
    "rounded up": (250_001, "260 ms"),
    "rounded up to the next unit": (990_001, "1 s"),
    "a second and a half": (1_500_000, "1.5 s"),
    "seconds": (30_000_000, "30 s"),
    "many": (1_100_000_000, "1,100 s"),
    "more than is told apart": (10**11 + 1, "over 28 h"),
}


@pytest.mark.parametrize(("duration_us", "shown"), LATENCIES.values(), ids=LATENCIES)
def test_a_latency(duration_us: int | None, shown: str) -> None:
    assert reports.latency(duration_us) == shown


RATES = {
    "nothing": ("0", "0"),
    "at a threshold": ("14.4", "14.4"),
    "not rounded up to it": ("14.3999", "14.39"),
    "of 28 days": ("13.44", "13.44"),
    "below 1": ("14/15", "0.933"),
    "next to nothing": ("0.0001", "<0.001"),
    "everything fails": ("1000", "1000"),
}


@pytest.mark.parametrize(("value", "shown"), RATES.values(), ids=RATES)
def test_a_burn_rate(value: str, shown: str) -> None:
    assert reports.rate(Fraction(value)) == shown


def test_other_numbers() -> None:
    assert reports.number(1_204_331) == "1,204,331"
    assert reports.number(-1000) == "−1,000"
    assert reports.exact_percent(Fraction("0.99995")) == "99.995 %"
    assert reports.decimal_text(Fraction(1, 2**20)) == "0.00000095367431640625"
    with pytest.raises(ValueError, match="has no end as a decimal number"):
        reports.decimal_text(Fraction(1, 3))


@given(st.decimals(0, 1, places=8))
def test_a_decimal_is_read_back(value: object) -> None:
    fraction = Fraction(str(value))
    assert Fraction(reports.decimal_text(fraction)) == fraction


# Words

GOOD = Tally(10_000, 10_000)
SAID: dict[str, tuple[Standing, str]] = {
    "healthy": (
        standing_of(bad_of(602, 1_204_331), GOOD),
        "99.95 % of 1,204,331 events were good in the last 30 d; the promise is 99.9 %. "
        "50 % of the budget is left.",
    ),
    "it ends": (
        standing_of(bad_of(879, 1_204_331), bad_of(90, 100_000), target="99.9%"),
        "99.927 % of 1,204,331 events were good in the last 30 d; the promise is 99.9 %. "
        "27 % of the budget is left. If it goes on like in the last 3 days, "
        "it is gone on Friday 2026-06-19 at 09:06 (9 d from now).",
    ),
    "spent": (
        standing_of(bad_of(1000, 1_000_000), GOOD),
        "99.9 % of 1,000,000 events were good in the last 30 d; the promise is 99.9 %. The budget is spent. "
        "That could be luck: a promise exactly kept would give as much in 50 % of cases.",
    ),
    "overspent": (
        standing_of(bad_of(1300, 1_000_000), GOOD),
        "99.87 % of 1,000,000 events were good in the last 30 d; the promise is 99.9 %. "
        "The budget is overspent by 30 %.",
    ),
    "few events": (
        standing_of(bad_of(1, 100), GOOD),
        "99 % of 100 events were good in the last 30 d; the promise is 99.9 %. "
        "The budget is overspent by 900 %. "
        "That could be luck: a promise exactly kept would give as much in 9.5 % of cases.",
    ),
    "burning": (
        standing_of(bad_of(1, 1_000_000), {
            5: bad_of(200, 10_000), 30: GOOD, 60: bad_of(200, 10_000), 360: GOOD, 4320: GOOD,
        }),
        "99.9999 % of 1,000,000 events were good in the last 30 d; the promise is 99.9 %. "
        "99.9 % of the budget is left. In 1 h it burnt 20 times as fast as the promise allows (page).",
    ),
    "no data, on trial": (
        standing_of(Tally(), Tally(), Calendar("month", "UTC"), state="provisional"),
        "No events this month: nothing can be said about the promise of 99.9 %. "
        "This is a trial: nobody is notified.",
    ),
    "a promise with more digits than usual is not kept by rounding": (
        standing_of(bad_of(6, 100_000), GOOD, target="99.995%"),
        "99.994 % of 100,000 events were good in the last 30 d; the promise is 99.995 %. "
        "The budget is overspent by 20 %. "
        "That could be luck: a promise exactly kept would give as much in 38 % of cases.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("standing", "said"), SAID.values(), ids=SAID)
def test_how_an_objective_stands_in_words(standing: Standing, said: str) -> None:
    assert " ".join(reports.sentences(standing, "Asia/Tokyo")) == said


def test_the_tables() -> None:
    steps = {"open": bad_of(2, 90_000), "play": bad_of(1, 10_000), "record": Tally()}
    recent = {5: GOOD, 30: GOOD, 60: bad_of(1, 10), 360: Tally(), 4320: bad_of(3, 100_000)}
    standing = standing_of(bad_of(3, 100_000), recent, steps=steps)
    spent = standing_of(bad_of(1, 100), GOOD, state="provisional")
    nothing = standing_of(Tally(), Tally())
    assert reports.status_table([standing, spent, nothing]) == Table(
        ("objective", "state", "good", "promise", "left", "lasts"),
        (
            ("watch-course/available", "healthy", "99.997 %", "99.9 %", "97 %", "970 d"),
            (
                "watch-course/available",
                "exhausted ? °",
                "99 %",
                "99.9 %",
                "−900 %",
                "spent",
            ),
            ("watch-course/available", "no data", "–", "99.9 %", "–", "–"),
        ),
        frozenset({2, 3, 4, 5}),
    )
    assert reports.tier_table(standing) == Table(
        ("tier", "severity", "from", "long", "short", "why"),
        (
            ("2 % in 1 h", "page", "14.4", "100", "0", "over: the short window is below"),
            ("5 % in 6 h", "page", "6", "–", "0", "no data"),
            ("10 % in 3 d", "ticket", "1", "0.03", "–", "no data"),
        ),
        frozenset({2, 3, 4}),
    )
    assert reports.step_table(standing) == Table(
        ("step", "good", "events", "bad", "share of bad"),
        (
            ("open", "99.9977 %", "90,000", "2", "67 %"),
            ("play", "99.99 %", "10,000", "1", "33 %"),
            ("record", "–", "0", "0", "0 %"),
        ),
        frozenset({1, 2, 3, 4}),
    )


def test_every_state_and_reason_has_words() -> None:
    assert set(reports.STATES) == set(budgets.STATES)
    assert set(reports.REASONS) == set(get_args(alerts.Reason))
