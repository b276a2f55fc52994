"""The same minutes through real Prometheus rules: alerts fire and end in the same minute.

The rules are those that Sloth generates for 99.9 % over 30 days, one alert a tier: the recording rules of both
windows, Sloth's own float for the budget, and `>`. Every minute the counters are scraped and the rules evaluated,
so minute t of Prometheus is the moment t of a replay: it has seen the events before it.

Where they could differ, and why they don't here:

- *At exact equality* Tabiji fires ("at or above") and `>` does not. Sloth's budget, 1 − 0.9990000000000001, is a
  float a little below 0.001; with it, a ratio of exactly 0.001 is above the threshold of 1, and the two agree.
  With the budget written as 0.001 the alert comes a minute later and goes a minute earlier: the last test shows it.
- *Silence* is 0 / 0, which is above nothing: Prometheus resolves, Tabiji leaves the alert as it was. There is
  traffic in every minute here.
- *Few events* mean nothing to these rules: the replay is told to take anything for evidence.
- `rate` over three days, every minute, takes promtool half a minute for each case. The windows above six hours
  are differences of the counters, which is what `rate` gives where samples lie on the edges of its range.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tabiji.alerts import Alert, short_minutes
from tabiji.journeys import DEFAULT_TIERS, Objective, Text, Tier
from tabiji.runs.minutes import Minutes
from tabiji.runs.replaying import replay
from tabiji.windows import Rolling, format_minutes

HOUR, SIX_HOURS, THREE_DAYS = DEFAULT_TIERS
DAY = Tier(Fraction(10, 100), 1440, "ticket")
BURN = {HOUR: "14.4", SIX_HOURS: "6", DAY: "3", THREE_DAYS: "1"}  # as in Sloth's rules
SLOTHS_BUDGET = "0.0009999999999999432"
EXACT_BUDGET = "0.001"
PER_MINUTE = 1000

Stretch = tuple[int, int]  # minutes, bad events in each


def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.fail(
            "no promtool found, and this test needs a real one: install it (Debian: `apt install prometheus`)"
        )
    return found


def ratio(minutes: int, left_open: bool) -> str:
    """The share of bad events over a window, by case."""
    window = format_minutes(minutes)
    if minutes > SIX_HOURS.long_minutes:
        bad, events = (f"({name} - {name} offset {window})" for name in ("bad_total", "events_total"))
        return f"{bad} / {events}"
    # From version 3 on a range is open on the left: the millisecond takes the sample on the edge in again.
    window += "1ms" if left_open else ""
    bad, events = (f"sum by (case) (rate({name}[{window}]))" for name in ("bad_total", "events_total"))
    return f"({bad}) / ({events})"


def rules(tier: Tier, budget: str, left_open: bool) -> str:
    """One group, whose rules are evaluated in turn: in two, the alert might see the ratios of a minute ago."""
    short, long = (format_minutes(m) for m in (short_minutes(tier), tier.long_minutes))
    above = f"> ({BURN[tier]} * {budget})"
    return f"""
groups:
- name: sloth-slo
  rules:
  - record: slo:sli_error:ratio_rate{short}
    expr: {ratio(short_minutes(tier), left_open)}
  - record: slo:sli_error:ratio_rate{long}
    expr: {ratio(tier.long_minutes, left_open)}
  - alert: MyServiceHighErrorRate
    expr: (slo:sli_error:ratio_rate{short} {above}) and (slo:sli_error:ratio_rate{long} {above})
"""


def counter(stretches: Sequence[Stretch]) -> str:
    """A counter scraped every minute, in promtool's notation."""
    value, parts = 0, ["0"]
    for minutes, each in stretches:
        parts.append(f"{value + each}+{each}x{minutes - 1}")
        value += minutes * each
    return " ".join(parts)


def expectations(alerts: Sequence[Alert], case: str, end: int) -> str:
    """That the case's alert fires in exactly these minutes, of all from 0 to `end`."""
    labels = f'alertname="MyServiceHighErrorRate", alertstate="firing", case="{case}"'
    firing = sum((alert.closed_minute or end + 1) - alert.opened_minute for alert in alerts)
    tests = [expectation(f"sum(count_over_time(ALERTS{{{labels}}}[{end}m]))", end, firing)]
    for alert in alerts:
        tests.append(expectation(f"sum(ALERTS{{{labels}}})", alert.opened_minute - 1, 0))
        tests.append(expectation(f"sum(ALERTS{{{labels}}})", alert.opened_minute, 1))
        if alert.closed_minute is not None:
            tests.append(expectation(f"sum(ALERTS{{{labels}}})", alert.closed_minute - 1, 1))
            tests.append(expectation(f"sum(ALERTS{{{labels}}})", alert.closed_minute, 0))
    return "".join(tests)


def expectation(expression: str, minute: int, value: int) -> str:
    samples = f"[{{value: {value}}}]" if value else "[]"
    return f"  - {{expr: '{expression}', eval_time: {minute}m, exp_samples: {samples}}}\n"


def replayed(tier: Tier, stretches: Sequence[Stretch]) -> list[Alert]:
    bad = np.concatenate([np.full(minutes, each, dtype=np.int64) for minutes, each in stretches])
    total = np.full(len(bad), PER_MINUTE, dtype=np.int64)
    some = total > 0
    minutes = Minutes(0, total - bad, total, some, some, np.arange(1, len(bad) + 1))
    objective = Objective(
        "j", "o", Text(), ("s",), "status < 500", None, None, None,
        Fraction(999, 1000), "99.9%", Rolling(30 * 1440), "agreed", (tier,),
    )  # fmt: skip
    anything = {"page": Fraction(2), "ticket": Fraction(2)}
    first = tier.long_minutes
    return replay(objective, minutes, first, len(bad), luck=anything)  # type: ignore[arg-type]


def agree(
    folder: Path, tier: Tier, cases: dict[str, list[Stretch]], alerts: dict[str, list[Alert]], budget: str
) -> subprocess.CompletedProcess[str]:
    """Pushes the cases through promtool, which is to find the alerts in the same minutes."""
    end = max(sum(minutes for minutes, _ in stretches) for stretches in cases.values())
    series, tests = "", ""
    for case, stretches in cases.items():
        missing = end - sum(minutes for minutes, _ in stretches)
        whole = [*stretches, (missing, 0)] if missing else stretches
        series += f"  - {{series: 'bad_total{{case=\"{case}\"}}', values: '{counter(whole)}'}}\n"
        series += f"  - {{series: 'events_total{{case=\"{case}\"}}', values: '0+{PER_MINUTE}x{end}'}}\n"
        tests += expectations(alerts[case], case, end)
    version = subprocess.run([promtool(), "--version"], capture_output=True, text=True, check=True)
    left_open = int(f"{version.stdout}{version.stderr}".split("version ")[1].split(".")[0]) >= 3
    (folder / "rules.yml").write_text(rules(tier, budget, left_open))
    (folder / "test.yml").write_text(
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n"
        f"- interval: 1m\n  input_series:\n{series}  promql_expr_test:\n{tests}"
    )
    return subprocess.run(
        [promtool(), "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
    )


def burst(tier: Tier, errors: int, bad: int) -> list[Stretch]:
    """Nothing, errors, nothing."""
    return [(tier.long_minutes, 0), (errors, bad), (short_minutes(tier) + 2, 0)]


# tier → case → bad events of 1,000 a minute, minutes of them; minutes from their beginning until it fires, from
# their end until it ends
SIMPLE: dict[Tier, dict[str, tuple[int, int, int | None, int | None]]] = {
    HOUR: {
        "100 %, steady": (1000, 90, 1, 5),
        "100 %, for a minute": (1000, 1, 1, 5),
        "10 %, steady": (100, 90, 9, 5),
        "10 %, for nine minutes": (100, 9, 9, 5),
        "10 %, for eight": (100, 8, None, None),
        "1.5 %, steady": (15, 90, 58, 1),
        "0.7 %, steady": (7, 90, None, None),
        "0.2 %, steady": (2, 90, None, None),
    },
    SIX_HOURS: {
        "100 %, steady": (1000, 60, 3, 30),
        "10 %, steady": (100, 60, 22, 29),
        "10 %, for 21 minutes": (100, 21, None, None),
        "1.5 %, steady": (15, 200, 144, 19),
        "0.7 %, steady": (7, 400, 309, 5),
        "0.2 %, steady": (2, 400, None, None),
    },
    DAY: {
        "10 %, for an hour": (100, 60, 44, 117),
        "1.5 %, steady": (15, 700, 288, 97),
        "0.7 %, steady": (7, 700, 618, 69),
        "0.2 %, steady": (2, 700, None, None),
    },
    THREE_DAYS: {
        "100 %, for ten minutes": (1000, 10, 5, 360),
        "10 %, for an hour": (100, 60, 44, 357),
        "0.7 %, for half a day": (7, 720, 618, 309),
        "0.2 %, steady": (2, 2400, 2160, 181),
    },
}


@pytest.mark.parametrize("tier", SIMPLE, ids=lambda tier: format_minutes(tier.long_minutes))
def test_prometheus_fires_and_resets_in_the_same_minute(tmp_path: Path, tier: Tier) -> None:
    cases = {case: burst(tier, errors, bad) for case, (bad, errors, _, _) in SIMPLE[tier].items()}
    alerts = {case: replayed(tier, stretches) for case, stretches in cases.items()}
    for case, (_, errors, fires, ends) in SIMPLE[tier].items():
        began, ended = tier.long_minutes, tier.long_minutes + errors
        times = [(alert.opened_minute - began, (alert.closed_minute or 0) - ended) for alert in alerts[case]]
        assert (case, times) == (case, [] if fires is None else [(fires, ends)])
    done = agree(tmp_path, tier, cases, alerts, SLOTHS_BUDGET)
    assert done.returncode == 0, done.stdout + done.stderr


# Errors that come and go: minutes, bad events in each
UNRULY: dict[Tier, list[Stretch]] = {
    HOUR: [
        (60, 0), (3, 1000), (20, 0), (5, 200), (1, 0), (7, 90), (40, 12), (30, 14), (45, 15), (9, 1000), (31, 3),
        (2, 700), (4, 0), (2, 700), (4, 0), (2, 700), (60, 0), (13, 100), (70, 0),
    ],
    SIX_HOURS: [
        (360, 1), (30, 30), (90, 0), (20, 140), (15, 0), (15, 140), (300, 5), (200, 6), (100, 7), (40, 0), (5, 1000),
        (400, 0),
    ],
}  # fmt: skip


@pytest.mark.parametrize("tier", UNRULY, ids=lambda tier: format_minutes(tier.long_minutes))
def test_prometheus_follows_errors_that_come_and_go(tmp_path: Path, tier: Tier) -> None:
    alerts = replayed(tier, UNRULY[tier])
    assert len(alerts) > 2
    done = agree(tmp_path, tier, {"unruly": UNRULY[tier]}, {"unruly": alerts}, SLOTHS_BUDGET)
    assert done.returncode == 0, done.stdout + done.stderr


def test_at_exact_equality_above_alone_fires_a_minute_later(tmp_path: Path) -> None:
    """At 0.2 % for 2160 minutes and not one more, three days burn at exactly 1: `>` never sees it."""
    exactly, longer = burst(THREE_DAYS, 2160, 2), burst(THREE_DAYS, 2161, 2)
    (alert,) = replayed(THREE_DAYS, exactly)
    assert alert.opened_minute == THREE_DAYS.long_minutes + 2160
    (later,) = replayed(THREE_DAYS, longer)
    above = [
        Alert(
            "j/o",
            THREE_DAYS,
            False,
            "",
            later.opened_minute + 1,
            later.opening,
            (later.closed_minute or 0) - 1,
        )
    ]
    cases = {"exactly": exactly, "longer": longer}
    done = agree(tmp_path, THREE_DAYS, cases, {"exactly": [], "longer": above}, EXACT_BUDGET)
    assert done.returncode == 0, done.stdout + done.stderr
