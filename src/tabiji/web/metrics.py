"""The store and this process → metrics, when Prometheus asks."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tabiji import __version__, budgets, windows
from tabiji.alerts import Standing
from tabiji.counting import REASONS, Account
from tabiji.errors import StoreError
from tabiji.journeys import Severity
from tabiji.runs import recalling
from tabiji.runs.health import Health, judging_lag
from tabiji.store import Judging
from tabiji.store.checking import SourceVitals
from tabiji.web.context import Context

FRESH_SECONDS = 5.0  # answers to several scrapers at once are made of the same facts
FRESH_TIMES = 10  # what took long to read is told for so many times as long: it never takes a tenth of a core
OBJECTIVE = ("journey", "objective", "team")


class Facts(NamedTuple):
    """What was read of the store; None where it is away."""

    at: float
    accounts: Mapping[str, Account]
    sources: Mapping[str, SourceVitals]
    ahead: Mapping[str, int]
    judging: Judging
    messages: Mapping[str, int]
    waiting_since: int | None
    standings: tuple[tuple[Standing, str], ...]  # with their teams


class Metrics(Collector):
    """All metrics, read when they are asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self._lock = threading.Lock()
        self._facts: Facts | None = None
        self._fresh_seconds = FRESH_SECONDS

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The answer to a scrape, and its media type: OpenMetrics where `accept` names it."""
        encode, kind = choose_encoder(accept)
        with self._lock:
            return encode(self._registry), kind

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: nobody else writes to this registry."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        context = self._context
        now, health = context.now(), context.health()
        facts = self._facts
        try:
            if facts is None or not 0 <= now - facts.at < self._fresh_seconds:
                began = time.monotonic()
                facts = _read(context, now)
                self._fresh_seconds = max(FRESH_SECONDS, FRESH_TIMES * (time.monotonic() - began))
        except StoreError:
            facts = None
        self._facts = facts
        yield _gauge("tabiji_build_info", "Which Tabiji this is.", 1, version=__version__)
        yield _gauge("tabiji_store_up", "Whether the database answers.", int(facts is not None))
        yield from _of_process(health)
        if facts is not None:
            yield from _of_sources(facts, health, now)
            yield from _of_judging(facts.judging, now)
            yield from _of_messages(facts, now)
            yield from _of_objectives(facts)


def _read(context: Context, now: float) -> Facts:
    store, site = context.store, context.site()
    wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
    judged = recalling.judge(site, store, int(now) // 60, wanted)
    teams = [journey.team or "" for journey, _ in wanted]
    accounts, sources = store.accounts(), store.vitals.sources()
    for source in site.sources:  # a source counts from the start, or its first errors would be no increase
        accounts.setdefault(source.name, Account())
        sources.setdefault(source.name, SourceVitals())
    return Facts(
        now,
        accounts,
        sources,
        store.vitals.ahead(int(now) // 60),
        store.judging(),
        store.vitals.messages(),
        store.vitals.waiting_since(),
        tuple(zip(judged.standings, teams, strict=True)),
    )


# What there is to say


def _of_process(health: Health) -> Iterator[Metric]:
    yield _gauge(
        "tabiji_last_tick_timestamp_seconds", "When the loop last came round.", health.ticked_at or 0
    )
    yield _gauge(
        "tabiji_paused", "Whether counting, judging or telling waits for something outside.",
        int(health.paused is not None),
    )  # fmt: skip
    yield _gauge(
        "tabiji_definitions_refused",
        "Whether definitions have changed and have a fault: those before are in force.",
        int(health.fault is not None),
    )
    leases = GaugeMetricFamily("tabiji_lease_held", "What this process does and no other.", labels=["lease"])
    for name in health.leases:
        leases.add_metric([name], 1)
    yield leases


def _of_sources(facts: Facts, health: Health, now: float) -> Iterator[Metric]:
    one = ["source"]
    lines = {
        key: CounterMetricFamily(f"tabiji_source_lines_{key}", words, labels=one)
        for key, words in (
            ("read", "Lines read: the sum of those counted, rejected, filtered and duplicate."),
            ("counted", "Lines that are in the rollups."),
            ("filtered", "Lines left out by `where`."),
            ("duplicate", "Lines that were known already."),
        )
    }
    rejected = CounterMetricFamily(
        "tabiji_source_lines_rejected", "Lines that could not be read, by reason.", labels=[*one, "reason"]
    )
    for name, account in sorted(facts.accounts.items()):
        for key, family in lines.items():
            family.add_metric([name], getattr(account, key))
        for reason, count in (dict.fromkeys(REASONS, 0) | dict(account.rejected)).items():
            rejected.add_metric([name, reason], count)
    yield from lines.values()
    yield rejected

    truncations = CounterMetricFamily(
        "tabiji_source_truncations", "Files cut off or made anew: lines may be lost.", labels=one
    )
    committed = _family("tabiji_source_last_commit_timestamp_seconds", "When lines were last counted.", *one)
    for name, vitals in sorted(facts.sources.items()):
        truncations.add_metric([name], vitals.truncations)
        if vitals.committed_at is not None:
            committed.add_metric([name], vitals.committed_at)
    newest = _family("tabiji_source_newest_event_timestamp_seconds", "The minute of the newest event.", *one)
    lag = _family("tabiji_source_lag_seconds", "How long ago the minute of the newest event ended.", *one)
    for name, news in sorted(facts.judging.sources.items()):
        if news.last_minute is not None:
            newest.add_metric([name], news.last_minute * 60)
            lag.add_metric([name], max(0.0, now - (news.last_minute + 1) * 60))
    ahead = _family("tabiji_source_events_ahead", "Events of minutes to come: is a clock wrong?", *one)
    for name in sorted(facts.judging.sources):
        ahead.add_metric([name], facts.ahead.get(name, 0))
    problems = _family("tabiji_source_problems", "Files that could not be read when last looked at.", *one)
    for source in health.sources:
        problems.add_metric([source.name], len(source.problems))
    yield from (truncations, committed, newest, lag, ahead, problems)


def _of_judging(judging: Judging, now: float) -> Iterator[Metric]:
    rounds = CounterMetricFamily("tabiji_judging_rounds", "Rounds of judging that were recorded.")
    rounds.add_metric([], judging.round)
    yield rounds
    if judging.until_minute is not None:
        until = judging.until_minute * 60
        yield _gauge("tabiji_judged_until_timestamp_seconds", "The last moment that was judged.", until)
    lag = judging_lag(judging, now)
    if lag is not None:
        yield _gauge(
            "tabiji_judging_lag_seconds", "For how long of what was counted nothing is judged yet.", lag
        )
    silent = _family("tabiji_source_silent", "Whether an alert says that a source is quiet.", "source")
    quiet = {silence.source for silence in judging.silences}
    for name in sorted(judging.sources):
        silent.add_metric([name], int(name in quiet))
    yield silent


def _of_messages(facts: Facts, now: float) -> Iterator[Metric]:
    messages = _family("tabiji_messages", "Messages by state; dead ones were given up.", "state")
    for state in ("pending", "dead"):
        messages.add_metric([state], facts.messages.get(state, 0))
    yield messages
    since = facts.waiting_since
    waiting = 0.0 if since is None else max(0.0, now - since)
    yield _gauge(
        "tabiji_messages_waiting_seconds", "How long the oldest pending message has waited.", waiting
    )


def _of_objectives(facts: Facts) -> Iterator[Metric]:
    sli = _family("tabiji_objective_sli_ratio", "Good of all, over the objective's window.", *OBJECTIVE)
    good, valid = (
        _family(f"tabiji_objective_{name}", f"{words} in the objective's window.", *OBJECTIVE, "unit")
        for name, words in (("good", "Good events or minutes"), ("valid", "Events or minutes that count"))
    )
    target = _family("tabiji_objective_target_ratio", "What was promised.", *OBJECTIVE)
    left = _family(
        "tabiji_objective_budget_remaining_ratio", "The share of the error budget left; below 0: overspent.",
        *OBJECTIVE,
    )  # fmt: skip
    burn = _family(
        "tabiji_objective_burn_rate", "How fast the budget burns; 1: gone at the window's end.",
        *OBJECTIVE, "window",
    )  # fmt: skip
    state = _family("tabiji_objective_state", "1 for the state that it is in, else 0.", *OBJECTIVE, "state")
    alerts = _family("tabiji_objective_alerts", "Alerts that are open.", *OBJECTIVE, "severity")
    opened = Counter((one.objective, one.tier.severity) for one in facts.judging.alerts)
    for standing, team in facts.standings:
        objective = standing.objective
        labels = [objective.journey, objective.name, team]
        unit = "events" if objective.slices is None else "minutes"
        _add(sli, labels, standing.sli)
        _add(good, [*labels, unit], standing.tally.good)
        _add(valid, [*labels, unit], standing.tally.total)
        _add(target, labels, objective.target)
        _add(left, labels, standing.remaining)
        for minutes, rate in standing.burn_rates:
            _add(burn, [*labels, windows.format_minutes(minutes)], rate)
        for name in budgets.STATES:
            _add(state, [*labels, name], int(standing.state == name))
        for severity in get_args(Severity):
            _add(alerts, [*labels, severity], opened[objective.id, severity])
    yield from (sli, good, valid, target, left, burn, state, alerts)


def _add(family: Metric, labels: list[str], value: Fraction | float | None) -> None:
    """What is unknown is left out: no events are neither 0 nor NaN."""
    if value is not None and isinstance(family, GaugeMetricFamily):
        family.add_metric(labels, float(value))


def _family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _gauge(name: str, words: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
