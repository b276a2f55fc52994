"""Judging moment by moment in one process, against judging each stretch anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tabiji import definitions, histograms, store
from tabiji.alerts import Alert
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.errors import StoreError
from tabiji.runs import minutes
from tabiji.runs.recording import Judge, judge_until
from tabiji.runs.replaying import longest_minutes, replay
from tabiji.runs.stepping import Stepping
from tabiji.store import Batch, LogFile, Store

DAY = 20_600 * 1440
FIRST = DAY + 1440 - 100  # events from here on: over a midnight
NOW = (DAY + 100_000) * 60
TIERS = "alerts: {tiers: [{share: 10%, in: 60m, severity: page}, {share: 20%, in: 120m, severity: ticket}]}"
JOURNEY = f"""\
journey: j
steps:
  play: {{events: "operation = 'play'"}}
  rest: {{events: "operation <> 'play'"}}
objectives:
  works: {{good: status < 500, target: 99%, window: 1d, {TIERS}}}
  fast: {{steps: [play], good: status < 500, faster_than: 100ms, target: 90%, window: 1d, {TIERS}}}
  daily: {{good: status < 500, target: 98%, window: {{calendar: day, timezone: Asia/Tokyo}}, {TIERS}}}
  trial: {{steps: [rest], good: status < 400, target: 95%, window: 2d, state: provisional, {TIERS}}}
  minutes: {{bad_minute: error_rate >= 50%, good: status < 500, target: 90%, window: 1d, {TIERS}}}
"""
SERIES = tuple(
    Series("web", None, "request", operation, "GET", f"/{operation}", status, None, None)
    for operation in ("play", "read")
    for status in (200, 404, 500)
)
SLOW, QUICK = histograms.bucket(250_000), histograms.bucket(20_000)

Cell = tuple[int, int, int, int]  # minute after FIRST, series, bucket, events


def site_of(folder: Path) -> Site:
    return definitions.load(folder, {}, {"tabiji.yaml": "sources: {web: {}}\n", "journeys/j.yaml": JOURNEY})


def count(opened: Store, cells: Sequence[Cell]) -> None:
    inode = len(opened.files("web")) + 1
    minute, series, bucket, events = np.array(cells, dtype=np.int64).reshape(-1, 4).T
    opened.commit(
        Batch(
            source="web",
            file=LogFile("web", f"/log/{inode}", 1, inode, offset=100),
            offset_before=0,
            start=0,
            end=100,
            account=Account(len(cells), len(cells)),
            first_minute=FIRST + int(minute.min()),
            last_minute=FIRST + int(minute.max()),
            series=SERIES,
            cells=Cells(FIRST + minute, series, bucket, events, events * 20_000),
            now=0,
        )
    )


def told(alerts: Sequence[Alert]) -> list[str]:
    return sorted(repr(replace(one, number=None)) for one in alerts)


cells = st.lists(
    st.tuples(
        st.integers(0, 199),
        st.integers(0, len(SERIES) - 1),
        st.sampled_from([-1, QUICK, SLOW]),
        st.sampled_from([1, 5, 400]),
    ),
    min_size=1,
    max_size=60,
)
each_example_is_a_database = settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@each_example_is_a_database
@given(cells=cells, steps=st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_steps_decide_what_a_replay_decides(
    tmp_path_factory: pytest.TempPathFactory, cells: list[Cell], steps: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("site")
    site = site_of(folder)
    pairs = [(j, o) for j in site.journeys for o in j.objectives if o.slices is None]
    with store.open(f"sqlite:///{folder}/tabiji.db") as opened:
        count(opened, [*cells, (0, 0, -1, 1)])
        stepping = Stepping(site, pairs)
        definition = {objective.id: "d" for _, objective in pairs}
        moment = FIRST + 60
        fired: dict[str, list[Alert]] = {objective.id: [] for _, objective in pairs}
        for step in steps:
            until = moment + step
            back = moment - longest_minutes(objective for _, objective in pairs)
            dense = minutes.of(site, opened, pairs, back, until)
            found = stepping.replay(opened, moment, until, fired, definition)
            assert found is not None
            for _, objective in pairs:
                id_ = objective.id
                wanted = replay(objective, dense[id_], moment, until, fired[id_], definition="d")
                assert told(found[id_]) == told(wanted)
                fired[id_] = [one for one in wanted if one.closed_minute is None]
            moment = until


@each_example_is_a_database
@given(cells=cells, cuts=st.lists(st.integers(1, 199), max_size=6, unique=True), late=st.integers(0, 20))
def test_a_process_that_goes_on_judging_tells_what_new_ones_tell(
    tmp_path_factory: pytest.TempPathFactory, cells: list[Cell], cuts: list[int], late: int
) -> None:
    folder = tmp_path_factory.mktemp("site")
    site = site_of(folder)
    bounds = [0, *sorted(cuts), 200]
    rounds = [
        [cell for cell in cells if first - (late if cell[3] == 5 else 0) <= cell[0] < end]
        for first, end in pairwise(bounds)
    ]
    found = []
    for lasting in (True, False):
        with store.open(f"sqlite:///{folder}/{lasting}.db") as opened:
            judge = Judge(site, opened)
            for number, some in enumerate(rounds):
                count(opened, [*some, (bounds[number], 0, QUICK, 1), (bounds[number + 1] - 1, 0, QUICK, 1)])
                if lasting:
                    judge.until(NOW)
                else:
                    judge_until(site, opened, NOW)
            found.append(told(opened.alerts()))
    assert found[0] == found[1]


def test_a_series_that_is_new_and_one_that_is_gone(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        judge = Judge(site, opened)
        count(opened, [(minute, 0, QUICK, 100) for minute in range(150)])
        judge.until(NOW)
        count(opened, [(minute, 2, QUICK, 1000) for minute in range(150, 160)])
        judge.until(NOW)
        assert {one.objective for one in opened.alerts()} >= {"j/works", "j/fast", "j/daily"}
        count(opened, [(minute, 0, QUICK, 10**7) for minute in range(160, 165)])
        judge.until(NOW)
        assert not [one for one in opened.alerts() if one.closed_minute is None and one.objective == "j/fast"]


def test_what_was_read_for_a_round_that_was_not_recorded_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(tmp_path)
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        judge = Judge(site, opened)
        count(opened, [(minute, 0, QUICK, 100) for minute in range(150)])
        judge.until(NOW)
        count(opened, [(149, 0, QUICK, 1), (150, 0, QUICK, 100)])
        with monkeypatch.context() as patched:
            patched.setattr(Store, "record", away)
            with pytest.raises(StoreError):
                judge.until(NOW)
        count(opened, [(149, 2, QUICK, 10_000)])  # of a minute that the windows read then end with
        judge.until(NOW)
        assert {one.objective for one in opened.alerts()} >= {"j/works", "j/fast", "j/daily"}


def away(*_: object) -> None:
    raise StoreError("the database is away")


def test_windows_do_not_move_on_over_minutes_that_are_gone(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    pairs = [(j, o) for j in site.journeys for o in j.objectives if o.id == "j/works"]
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        count(opened, [(minute, 2 if minute < 30 else 0, QUICK, 100) for minute in range(1700)])
        stepping, first = Stepping(site, pairs), FIRST + 130
        assert stepping.replay(opened, first - 1, first, {}, {"j/works": "d"}) is not None
        opened.forgetting.rollups(FIRST + 1700, 1, 30)
        kept = opened.kept().minutes_from
        assert kept is not None
        assert kept > FIRST + 10
        assert stepping.replay(opened, first, first + 1, {}, {"j/works": "d"}) is None
