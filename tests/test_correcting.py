"""Corrections in judging: as if the events of that time had never been, and said so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji import histograms, store
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.corrections import EVERYTHING, Correction, Dated, Recurrence, Scope, Span
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Retention, Site
from tabiji.journeys import Journey, Objective, Slices, Step, Text, Tier
from tabiji.runs import correcting
from tabiji.runs.judging import Judged, judge
from tabiji.store import Batch, LogFile, Store
from tabiji.windows import Calendar, Rolling, Window

START = 20_000 * 1440  # a midnight in UTC, 2024-10-04
SITE = Site(Path(), "UTC", "en", store="", sources=(), teams=(), journeys=(), retention=Retention())
TIERS = (Tier(Fraction(1, 10), 60, "page"),)


class Event(NamedTuple):
    minute: int  # after START
    status: int = 200
    duration_us: int = 1000
    operation: str = "open"
    source: str = "web"


def fill(opened: Store, events: Sequence[Event]) -> None:
    """Commits events, a batch for each source."""
    for source in sorted({event.source for event in events}):
        mine = [event for event in events if event.source == source]
        series = [
            Series(source, None, "request", event.operation, None, None, event.status, None, None)
            for event in mine
        ]
        known = list(dict.fromkeys(series))
        at = [START + event.minute for event in mine]
        cells = Cells(
            np.array(at),
            np.array([known.index(one) for one in series]),
            np.array([histograms.bucket(event.duration_us) for event in mine]),
            np.ones(len(mine), dtype=np.int64),
            np.array([event.duration_us for event in mine]),
        )
        opened.commit(
            Batch(
                source=source,
                file=LogFile(source, f"/{source}.log", 1, 1, offset=1),
                offset_before=0,
                start=0,
                end=1,
                account=Account(len(mine), len(mine)),
                first_minute=min(at),
                last_minute=max(at),
                series=tuple(known),
                cells=cells,
                now=0,
            )
        )


DAY = Rolling(1440)


def objective(name: str, *, window: Window = DAY, tiers: tuple[Tier, ...] = TIERS) -> Objective:
    return Objective(
        journey="watch", name=name, title=Text(), steps=("open", "play"), good="status < 500", exclude=None,
        faster_than_us=10_000 if name == "fast" else None,
        slices=Slices("error_rate", ">=", Fraction(1, 2), 2) if name == "minutes" else None,
        target=Fraction(9, 10), target_text="90%", window=window, state="agreed", tiers=tiers,
    )  # fmt: skip


STEPS = (Step("open", Text(), "operation = 'open'"), Step("play", Text(), "operation = 'play'"))
OBJECTIVES = (objective("available"), objective("fast"), objective("minutes"))
WATCH = Journey("watch", Text(), "learning", None, STEPS, OBJECTIVES)
WANTED = [(WATCH, one) for one in OBJECTIVES]


def correction(*spans: Span, scope: Scope = EVERYTHING) -> tuple[Correction, ...]:
    return tuple(
        Correction(f"c{i}", "load-test", "Ito", "A load test", scope, (START + start, START + end))
        for i, (start, end) in enumerate(spans)
    )


@pytest.fixture(scope="module")
def databases(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where the databases of this file are made."""
    PLACE.append((sqlite_template, tmp_path_factory.mktemp("databases") / "tabiji.db"))
    yield
    PLACE.clear()


PLACE: list[tuple[Path, Path]] = []
pytestmark = pytest.mark.usefixtures("databases")


def opened(events: Sequence[Event]) -> Store:
    """A database with these events, and nothing else."""
    template, path = PLACE[0]
    for old in path.parent.iterdir():
        old.unlink()
    shutil.copy(template, path)
    found = store.open(f"sqlite:///{path}")
    fill(found, events)
    return found


def judged(events: Sequence[Event], corrections: tuple[Correction, ...], at: int) -> Judged:
    with opened(events) as filled:
        return judge(replace(SITE, corrections=corrections), filled, START + at, WANTED, [Rolling(120)])


def without_coverage(standing: Standing) -> Standing:
    return replace(standing, coverage=None)


def test_a_correction_is_as_if_the_events_of_that_time_had_never_been() -> None:
    events = [Event(10, 500), Event(19, 500), Event(20), Event(29, 500), Event(30, 500), Event(50)]
    found = judged(events, correction((19, 30)), 60)
    available, fast, minutes = found.standings
    assert available.tally == fast.tally == Tally(1, 3)
    assert minutes.tally == Tally(13, 14)  # the run of two minutes goes on after it
    assert [one.tally for one in found.uncorrected if one is not None] == [
        Tally(2, 6),
        Tally(2, 6),
        Tally(4, 6),
    ]
    dated = Dated(correction((19, 30))[0], ((START + 19, START + 30),))
    assert found.corrections == ((dated,),) * 3
    assert found.coverage[0].events == 6


def test_what_is_not_corrected_says_nothing() -> None:
    found = judged([Event(10, 500)], correction((5, 15), scope=Scope(objectives=("watch/fast",))), 60)
    assert [len(one) for one in found.corrections] == [0, 1, 0]
    assert [one is None for one in found.uncorrected] == [True, False, True]
    assert [one.tally.total for one in found.standings] == [1, 0, 1]


@pytest.mark.parametrize(
    ("scope", "corrected"),
    [
        pytest.param(Scope(sources=("web",)), True, id="its source"),
        pytest.param(Scope(sources=("jobs",)), False, id="a source of other operations"),
        pytest.param(Scope(teams=("learning",)), True, id="its team"),
        pytest.param(Scope(journeys=("pay",)), False, id="another journey"),
    ],
)
def test_a_correction_of_a_source_is_for_those_that_count_its_events(scope: Scope, corrected: bool) -> None:
    events = [Event(10, 500), Event(11, operation="mail", source="jobs")]
    found = judged(events, correction((5, 15), scope=scope), 60)
    assert [bool(one) for one in found.corrections] == [corrected] * 3
    with opened(events) as filled:
        site = replace(SITE, corrections=correction((5, 15), scope=scope))
        spans = correcting.corrected(site, filled, WANTED, START, START + 60)
    assert spans == ({one.id: ((START + 5, START + 15),) for one in OBJECTIVES} if corrected else {})


def test_what_recurs_is_left_out_each_time() -> None:
    nights = Correction(
        "nights", "outside-business-hours", "Sato", "Closed", EVERYTHING,
        Recurrence("FREQ=DAILY", "2024-10-04T22:00", "UTC", 0, 540, by_clock=True),
    )  # fmt: skip
    hours = [Event(hour * 60, 500 if hour % 24 in (0, 12) else 200) for hour in range(72)]
    month = objective("available", window=Calendar("month", "UTC"))
    with opened(hours) as filled:
        found = judge(replace(SITE, corrections=(nights,)), filled, START + 72 * 60, [(WATCH, month)])
    # 22 hours of the first day and 15 of the others, with one bad at noon, and one in the first midnight
    assert found.standings[0].tally == Tally(20 + 14 + 14, 22 + 15 + 15)
    assert [dated.correction.name for dated in found.corrections[0]] == ["nights"]
    assert len(found.corrections[0][0].spans) == 3


def test_the_first_minute_of_a_period_has_nothing_to_correct() -> None:
    month = objective("available", window=Calendar("day", "UTC"), tiers=())
    with opened([Event(10)]) as filled:
        site = replace(SITE, corrections=correction((0, 10_000)))
        found = judge(site, filled, START + 1440, [(WATCH, month)])
    assert (found.standings[0].tally, found.standings[0].state) == (Tally(), "no-data")


EVENTS = st.lists(
    st.builds(
        Event,
        st.integers(0, 300),
        st.sampled_from([200, 200, 500]),
        st.sampled_from([1000, 20_000]),
        st.sampled_from(["open", "play", "mail"]),
        st.sampled_from(["web", "jobs"]),
    ),
    min_size=1,
    max_size=40,
)
SPANS = st.lists(st.tuples(st.integers(-30, 330), st.integers(1, 90)), max_size=4).map(
    lambda spans: [(start, start + length) for start, length in spans]
)


@given(events=EVENTS, spans=SPANS, at=st.integers(60, 320))
@settings(max_examples=20, deadline=None)
def test_corrected_is_what_the_other_events_give(events: list[Event], spans: list[Span], at: int) -> None:
    with opened(events) as filled:
        found, plain = (
            judge(replace(SITE, corrections=some), filled, START + at, WANTED, [Rolling(120)])
            for some in (correction(*spans), ())
        )
    left = [one for one in events if not any(start <= one.minute < end for start, end in spans)]
    others = judged([*left, Event(-5000, operation="none")], (), at)
    for index in (0, 1):
        assert without_coverage(found.standings[index]) == without_coverage(others.standings[index])
        assert [without_coverage(one) for one in found.views[index]] == [
            without_coverage(one) for one in others.views[index]
        ]
    assert found.standings[2].tally.bad <= plain.standings[2].tally.bad
    assert found.standings[2].tally.total >= plain.standings[2].tally.total
    for touched, one, without in zip(found.corrections, found.uncorrected, plain.standings, strict=True):
        assert one == (without if touched else None)


@given(events=EVENTS, spans=SPANS, at=st.integers(60, 320))
@settings(max_examples=10, deadline=None)
def test_corrections_that_cover_nothing_change_nothing(
    events: list[Event], spans: list[Span], at: int
) -> None:
    elsewhere = correction(*spans, scope=Scope(journeys=("pay",)))
    later = correction(*((start + 1000, end + 1000) for start, end in spans))
    with opened(events) as filled:
        corrected, plain = (
            judge(replace(SITE, corrections=some), filled, START + at, WANTED, [Rolling(120)])
            for some in ((*elsewhere, *later), ())
        )
    assert corrected == plain
