"""Judging what was counted: once, whatever the batches; again where events come late; by the definitions of then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tabiji import definitions, store
from tabiji.alerts import Alert, Silence
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.runs import recording
from tabiji.runs.recalling import fired_at
from tabiji.runs.recording import definition_of, judge_until, texts_of
from tabiji.store import Batch, LogFile, Store

DAY = 20_600 * 1440  # a midnight, in minutes since the epoch
SITE = "sources: {web: {}, jobs: {}}\n"
JOURNEY = """\
journey: j
steps: {s: {events: "source = 'web'"}}
objectives:
  o:
    good: status < 500
    target: 99%
    window: 1d
    alerts: {tiers: [{share: 10%, in: 60m, severity: page}, {share: 20%, in: 120m, severity: ticket}]}
"""

Events = Mapping[int, tuple[int, int]]  # minute → good, bad


def site_of(folder: Path, journey: str = JOURNEY, site: str = SITE) -> Site:
    return definitions.load(folder, {}, {"tabiji.yaml": site, "journeys/j.yaml": journey})


def count(opened: Store, events: Events, source: str = "web") -> None:
    """Commits events as a new file of a source."""
    inode = len(opened.files(source)) + 1
    cells = [(m, i, n) for m, both in sorted(events.items()) for i, n in enumerate(both) if n]
    arrays = [np.array(column, dtype=np.int64) for column in zip(*cells, strict=True)] or [
        np.array([], dtype=np.int64)
    ] * 3
    length = len(cells)
    zeros = np.zeros(length, dtype=np.int64)
    series = tuple(
        Series(source, None, "request", "play", "GET", "/play", status, None, None) for status in (200, 500)
    )
    opened.commit(
        Batch(
            source=source,
            file=LogFile(source, f"/log/{source}-{inode}", 1, inode, offset=100),
            offset_before=0,
            start=0,
            end=100,
            account=Account(length, length),
            first_minute=min(events, default=None),
            last_minute=max(events, default=None),
            series=series,
            cells=Cells(arrays[0], arrays[1], zeros - 1, arrays[2], zeros),
            now=0,
        )
    )


def steady(
    first: int, end: int, bad: Iterable[int] = (), per_minute: int = 100
) -> dict[int, tuple[int, int]]:
    """Traffic in every minute of `[first, end)`; all fail in the minutes `bad`, in minutes after DAY."""
    failing = {DAY + minute for minute in bad}
    return {m: (0, per_minute) if m in failing else (per_minute, 0) for m in range(DAY + first, DAY + end)}


def times(alerts: Iterable[Alert | Silence]) -> list[tuple[int, int | None, str | None]]:
    """When each opened and closed, in minutes after DAY, and why it closed."""
    return [
        (one.opened_minute - DAY, None if one.closed_minute is None else one.closed_minute - DAY, one.ending)
        for one in alerts
    ]


def pages(opened: Store) -> list[Alert]:
    return [one for one in opened.alerts() if one.tier.severity == "page"]


NOW = (DAY + 100_000) * 60  # long after all events: the clock decides nothing


def test_what_is_counted_is_judged_and_judging_again_changes_nothing(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with store.open(store_url) as opened:
        assert judge_until(site, opened, NOW) is None
        count(opened, steady(0, 200, bad=range(100, 110)))
        judged = judge_until(site, opened, NOW)
        assert judged is not None
        assert (judged.until_minute, judged.late_minute) == (DAY + 199, None)
        assert [replace(one, number=None) for one in opened.alerts()] == sorted(
            judged.alerts, key=lambda one: (one.opened_minute, one.tier.long_minutes)
        )
        # threshold 2.4 of 1 %: 2.4 % of 60 minutes are 1.44 minutes; 5 minutes after the burst all are good again
        assert times(pages(opened)) == [(102, 115, "below-short")]
        before = opened.judging(), opened.alerts()
        assert judge_until(site, opened, NOW) is None
        assert (opened.judging(), opened.alerts()) == before
        progress = opened.judging().objectives["j/o"]
        assert progress == store.Progress(
            definition_of(site.journeys[0], site.journeys[0].objectives[0]), DAY, DAY + 199
        )


def test_the_newest_minute_is_judged_once_it_is_complete(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with store.open(store_url) as opened:
        count(opened, steady(0, 103, bad=range(100, 200)))
        judge_until(site, opened, NOW)
        assert times(pages(opened)) == [(102, None, None)]
        count(opened, {DAY + 102: (10**6, 0)})  # the rest of the last minute
        count(opened, steady(103, 110))
        judge_until(site, opened, NOW)
        assert times(pages(opened)) == [(102, 103, "below-both")]


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # each example is two databases
bursts = st.lists(st.integers(60, 300), max_size=40, unique=True)


@settings(
    max_examples=15,
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    bad=bursts,
    cuts=st.lists(st.integers(1, 299), max_size=4, unique=True),
    silent=st.sets(st.integers(0, 299)),
)
def test_however_often_it_is_judged_the_alerts_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, bad: list[int], cuts: list[int], silent: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("site")
    site = site_of(folder)
    events = {m: both for m, both in steady(0, 300, bad).items() if m - DAY not in silent}
    found = []
    for parts in ([300], [*sorted(cuts), 300]):
        with store.open(f"sqlite:///{folder}/{len(found)}.db") as opened:
            first = 0
            for end in parts:
                count(opened, {m: both for m, both in events.items() if DAY + first <= m < DAY + end})
                judge_until(site, opened, NOW)
                first = end
            found.append([replace(one, number=None) for one in opened.alerts()])
    assert sorted(found[0], key=repr) == sorted(found[1], key=repr)


# Late events: what was counted and judged first, what came then, and the alerts before and after

LATE: dict[str, tuple[Events, Events, list[object], list[object]]] = {
    "a burst nobody saw, over long ago": (
        {**steady(0, 90), **steady(110, 200)},
        steady(90, 110, bad=range(95, 105)),
        [],
        [(97, 110, "below-short", True)],
    ),
    "a burst that goes on": (
        steady(0, 150),
        {**steady(150, 160), DAY + 145: (0, 10**4), DAY + 146: (0, 10**4), DAY + 147: (0, 10**4)},
        [],
        [(146, 153, "below-short", True)],
    ),
    "good events in a burst: the alert was told, and ends now": (
        steady(0, 150, bad=range(145, 150)),
        dict.fromkeys(range(DAY + 140, DAY + 150), (10**6, 0)),
        [(147, None, None, False)],
        [(147, 149, "late-events", False)],
    ),
    "good events in a burst that is over": (
        steady(0, 200, bad=range(145, 150)),
        dict.fromkeys(range(DAY + 140, DAY + 150), (10**6, 0)),
        [(147, 155, "below-short", False)],
        [(147, 155, "below-short", False)],
    ),
    "more of a burst that is over": (
        steady(0, 200, bad=range(145, 150)),
        dict.fromkeys(range(DAY + 150, DAY + 160), (0, 100)),
        [(147, 155, "below-short", False)],
        [(147, 155, "below-short", False)],
    ),
    "more of a burst that is over, up to now": (
        steady(0, 200, bad=range(145, 150)),
        dict.fromkeys(range(DAY + 150, DAY + 200), (0, 100)),
        [(147, 155, "below-short", False)],
        [(147, 155, "below-short", False), (155, None, None, False)],
    ),
    "an end that nobody saw": (
        {**steady(0, 150, bad=range(145, 150)), DAY + 170: (1, 0)},
        steady(150, 172),
        [(147, None, None, False)],
        [(147, 155, "below-short", False)],
    ),
    "events of minutes that were not judged yet": (
        steady(0, 150),
        steady(149, 160, bad=range(149, 160)),
        [],
        [(151, None, None, False)],
    ),
}


@pytest.mark.parametrize(("first", "then", "before", "after"), LATE.values(), ids=LATE)
def test_late_events_are_judged_and_nothing_told_is_taken_back(
    store_url: str, tmp_path: Path, first: Events, then: Events, before: list[object], after: list[object]
) -> None:
    site = site_of(tmp_path)
    with store.open(store_url) as opened:

        def found() -> list[object]:
            return [(*time, one.late) for time, one in zip(times(pages(opened)), pages(opened), strict=True)]

        count(opened, first)
        judge_until(site, opened, NOW)
        assert found() == before
        numbers = [one.number for one in pages(opened)]
        count(opened, then)
        judged = judge_until(site, opened, NOW)
        assert found() == after
        assert [one.number for one in pages(opened)][: len(numbers)] == numbers
        assert judged is not None
        late = min(then) if min(then) < max(first) else None
        assert judged.late_minute == late
        assert judge_until(site, opened, NOW) is None


def test_late_events_of_another_source_are_nothing_to_an_objective(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with store.open(store_url) as opened:
        count(opened, steady(0, 100))
        judge_until(site, opened, NOW)
        count(opened, steady(20, 40), source="jobs")
        judged = judge_until(site, opened, NOW)
        assert judged is not None
        assert (judged.late_minute, judged.alerts) == (None, ())


# Definitions that change


def test_a_changed_definition_judges_from_then_on(store_url: str, tmp_path: Path) -> None:
    strict = site_of(tmp_path)
    lax = site_of(tmp_path, JOURNEY.replace("target: 99%", "target: 80%\n    state: provisional"))
    with store.open(store_url) as opened:
        count(opened, steady(0, 150, bad=range(50, 55)))
        judge_until(strict, opened, NOW)
        assert times(pages(opened)) == [(52, 60, "below-short")]
        count(opened, steady(150, 400, bad=[*range(250, 255), *range(300, 340)]))
        judge_until(lax, opened, NOW)
        # 2.4 of 20 %: 48 % of an hour
        assert times(pages(opened)) == [(52, 60, "below-short"), (329, 343, "below-short")]
        assert [one.provisional for one in pages(opened)] == [False, True]
        assert len({one.definition for one in pages(opened)}) == 2
        assert opened.judging().objectives["j/o"].from_minute == DAY + 149
        # late events are judged by the definition of now, no further back than it is in force
        count(opened, {DAY + 100: (0, 10**6), DAY + 200: (0, 10**6)})
        judged = judge_until(lax, opened, NOW)
        assert judged is not None
        assert judged.late_minute == DAY + 100
        assert times(pages(opened))[:2] == [(52, 60, "below-short"), (201, 206, "below-short")]


def test_a_tier_and_an_objective_that_are_gone_close_their_alerts(store_url: str, tmp_path: Path) -> None:
    tier = "{share: 10%, in: 60m, severity: page}, "
    with store.open(store_url) as opened:
        count(opened, steady(0, 150, bad=range(140, 150)))
        judge_until(site_of(tmp_path), opened, NOW)
        assert [one.closed_minute for one in opened.alerts()] == [None, None]
        count(opened, steady(150, 152, bad=range(150, 152)))
        judge_until(site_of(tmp_path, JOURNEY.replace(tier, "")), opened, NOW)
        assert [(one.tier.severity, one.ending) for one in opened.alerts()] == [
            ("page", "tier-gone"),
            ("ticket", None),
        ]
        judge_until(site_of(tmp_path, JOURNEY.replace("  o:", "  other:")), opened, NOW)
        assert [one.ending for one in opened.alerts()] == ["tier-gone", "objective-gone"]
        assert opened.judging().objectives["j/other"].from_minute == DAY + 151


def test_the_definitions_of_then_are_found_by_the_moment(store_url: str, tmp_path: Path) -> None:
    first, second = site_of(tmp_path), site_of(tmp_path, JOURNEY.replace("99%", "99.9%"))
    with store.open(store_url) as opened:
        count(opened, steady(0, 100))
        judge_until(first, opened, NOW)
        count(opened, steady(100, 200))
        judge_until(second, opened, NOW + 1)
        judge_until(first, opened, NOW + 2)
        then = [opened.definitions_at(DAY + minute) for minute in (0, 99, 100, 199, 200)]
        assert [one.hash if one else None for one in then] == [
            texts_of(first).hash, texts_of(first).hash, texts_of(second).hash, texts_of(second).hash,
            texts_of(first).hash,
        ]  # fmt: skip
        assert then[2] is not None
        assert definitions.load(tmp_path, {}, then[2].files) == second


def test_a_password_is_not_among_the_texts(tmp_path: Path) -> None:
    site = definitions.load(
        tmp_path,
        {},
        {
            "tabiji.yaml": f"store: postgresql://me:canary@db/x # a://b:c@d\n{SITE}",
            "journeys/j.yaml": JOURNEY,
        },
    )
    assert texts_of(site).files["tabiji.yaml"] == f"store: postgresql://me:***@db/x # a://b:***@d\n{SITE}"
    assert texts_of(site).files["journeys/j.yaml"] == JOURNEY


def test_a_definition_is_what_decides(tmp_path: Path) -> None:
    def hash_of(text: str) -> str:
        journey = site_of(tmp_path, text).journeys[0]
        return definition_of(journey, journey.objectives[0])

    same = hash_of(JOURNEY)
    assert hash_of(JOURNEY.replace("journey: j", "journey: j\ntitle: J\nwhy: so")) == same
    assert hash_of(JOURNEY.replace("target: 99%", "title: O\n    target: 0.99")) == same
    for old, new in (("'web'", "'jobs'"), ("< 500", "< 400"), ("99%", "98%"), ("10%", "11%"), ("1d", "2d")):
        assert hash_of(JOURNEY.replace(old, new)) != same


# What fires at a moment


def test_what_fires_at_a_moment_is_what_was_judged_then_or_will_be(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
    events = {**steady(0, 150, bad=range(100, 105)), DAY + 160: (0, 3), DAY + 170: (10, 0), DAY + 400: (1, 0)}
    with store.open(store_url) as opened:
        count(opened, events)
        moments = [120, *range(155, 185), 300, 399]
        foretold = [fired_at(site, opened, DAY + minute, wanted)["j/o"] for minute in moments]
        judge_until(site, opened, NOW)
        told = [fired_at(site, opened, DAY + minute, wanted)["j/o"] for minute in moments]
    assert foretold == told
    assert {len(fired) for fired in told} == {0, 1, 2}


def test_after_what_was_judged_silence_keeps_what_fires(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
    with store.open(store_url) as opened:
        count(opened, steady(0, 110, bad=range(100, 110)))
        judge_until(site, opened, NOW)
        for minute in (109, 110, 200, 10_000_000):
            assert len(fired_at(site, opened, DAY + minute, wanted)["j/o"]) == 2
        assert fired_at(site, opened, DAY + 101, wanted)["j/o"] == frozenset()


# Long silences, and how much is held at once


def test_a_stray_event_of_long_ago_costs_little(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "CELLS", 1000)
    site = site_of(tmp_path)
    with store.open(store_url) as opened:
        count(opened, {-5000 * 1440: (1, 1), **steady(0, 200, bad=range(100, 110))})
        judge_until(site, opened, NOW)
        assert times(pages(opened)) == [(102, 115, "below-short")]


MINUTE = DAY + 200  # of the newest event
LIVE = {  # seconds after the end of that minute → the last moment judged
    "while the minute still fills": (-30, MINUTE),
    "while its last lines may still arrive": (4, MINUTE),
    "once it is past": (5, MINUTE + 1),
    "when nothing has come for hours": (7200, MINUTE + 1),
    "when nothing has come for more than a day": (3 * 86400, MINUTE),
    "when the event is of the future: the moments up to now": (-600, MINUTE - 10),
}


@pytest.mark.parametrize(("after", "until"), LIVE.values(), ids=LIVE)
def test_a_minute_is_judged_once_the_clock_has_left_it(
    store_url: str, tmp_path: Path, after: int, until: int
) -> None:
    with store.open(store_url) as opened:
        count(opened, steady(0, 201))
        judged = judge_until(site_of(tmp_path), opened, (MINUTE + 1) * 60 + after)
        assert judged is not None
        assert judged.until_minute == until


def test_an_event_of_the_future_delays_nobody(store_url: str, tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with store.open(store_url) as opened:
        count(opened, {**steady(0, 100), DAY + 1_000_000: (1, 0)})
        judge_until(site, opened, (DAY + 100) * 60 + 10)
        assert opened.judging().until_minute == DAY + 100
        count(opened, steady(100, 160, bad=range(150, 160)))
        judged = judge_until(site, opened, (DAY + 160) * 60 + 10)
        assert judged is not None
        assert judged.until_minute == DAY + 160
        assert [(one.opened_minute, one.late) for one in pages(opened)] == [(DAY + 152, False)]
