"""Objectives minute by minute: what arrays hold is what plain Python finds, event by event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji import histograms, store
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Retention, Site
from tabiji.journeys import Absence, Journey, Objective, Slices, Step, Text
from tabiji.runs import asking, minutes
from tabiji.runs.minutes import Minutes
from tabiji.store import Batch, LogFile, Store
from tabiji.windows import Rolling

START = 20_000 * 1440
SITE = Site(Path(), "UTC", "en", store="", sources=(), teams=(), journeys=(), retention=Retention())


class Event(NamedTuple):
    minute: int  # after START
    status: int = 200
    duration_us: int | None = 1000
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
                cells=Cells(
                    np.array(at),
                    np.array([known.index(one) for one in series]),
                    np.array(
                        [-1 if e.duration_us is None else histograms.bucket(e.duration_us) for e in mine]
                    ),
                    np.ones(len(mine), dtype=np.int64),
                    np.array([e.duration_us or 0 for e in mine]),
                ),
                now=0,
            )
        )


def wanted(
    condition: str | None = None,
    run: int = 1,
    no_data: Absence = "exclude",
    name: str = "o",
    events: str = "source = 'web'",
    faster_than_us: int | None = None,
) -> tuple[Journey, Objective]:
    """A journey of one step, and its objective: about minutes where there is a condition."""
    one = None
    if condition is not None:
        measure, operator, limit = condition.split()
        one = Slices(measure, operator, Fraction(limit), run, no_data)  # type: ignore[arg-type]
    objective = Objective(
        journey="j", name=name, title=Text(), steps=("s",), good="status < 500", exclude="status = 499",
        faster_than_us=faster_than_us, slices=one, target=Fraction(99, 100), target_text="99%",
        window=Rolling(60), state="agreed", tiers=(),
    )  # fmt: skip
    return Journey("j", Text(), None, None, (Step("s", Text(), events),), (objective,)), objective


def judged(
    opened: Store,
    one: tuple[Journey, Objective],
    first: int,
    end: int,
    corrected: Sequence[tuple[int, int]] = (),
) -> Minutes:
    intervals = {one[1].id: [(START + start, START + stop) for start, stop in corrected]}
    return minutes.of(SITE, opened, [one], START + first, START + end, intervals)[one[1].id]


def shown(found: Minutes) -> str:
    """`x` bad, `o` good, `.` not valid; a capital where there is data."""
    letters = []
    for total, bad, valid, data in zip(found.total, found.bad, found.valid, found.data, strict=True):
        assert total == 1
        letter = "x" if bad else "o" if valid else "."
        letters.append(letter.upper() if data else letter)
    return "".join(letters)


def at(pattern: str) -> list[Event]:
    """`B`: a minute with a bad event, `G`: with a good one, a space: with none."""
    return [Event(i, 500 if letter == "B" else 200) for i, letter in enumerate(pattern) if letter != " "]


# what happened, condition, for, no_data, from minute, what it is
SLICES: dict[str, tuple[str, str, int, Absence, int, str]] = {
    "each bad minute": ("GBGBB", "error_rate >= 1", 1, "exclude", 0, "OXOXX"),
    "four of five": ("GBBBBGG", "error_rate >= 1", 5, "exclude", 0, "OOOOOOO"),
    "five of five, and all of them": ("GBBBBBG", "error_rate >= 1", 5, "exclude", 0, "OXXXXXO"),
    "a run that goes on": ("GBBBBB", "error_rate >= 1", 5, "exclude", 0, "OXXXXX"),
    "a run that began before": ("GBBBBBBG", "error_rate >= 1", 5, "exclude", 4, "XXXO"),
    "a run of which one minute is left": ("GBBBBBG", "error_rate >= 1", 5, "exclude", 5, "XO"),
    "a run too short, with what was before": ("GGBBBBG", "error_rate >= 1", 5, "exclude", 4, "OOO"),
    "silence breaks a run": ("BBB BBB", "error_rate >= 1", 4, "exclude", 0, "OOO.OOO"),
    "silence breaks a run where it is good": ("BBB BBB", "error_rate >= 1", 4, "good", 0, "OOOoOOO"),
    "silence goes on with a run where it is bad": ("BBB BBB", "error_rate >= 1", 4, "bad", 0, "XXXxXXX"),
    "silence that is bad, too short": ("GG   GG", "error_rate >= 1", 4, "bad", 0, "OOoooOO"),
    "silence that is bad, long enough": ("GG    GG", "error_rate >= 1", 4, "bad", 0, "OOxxxxOO"),
    "before there was anything": ("   GB", "error_rate >= 1", 1, "bad", 0, "...OX"),
    "few events": ("GG  B", "total < 1", 2, "exclude", 0, "OOxxO"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "condition", "run", "no_data", "first", "expected"), SLICES.values(), ids=SLICES
)
def test_minutes_of_slices(
    sqlite_template: Path,
    tmp_path: Path,
    pattern: str,
    condition: str,
    run: int,
    no_data: Absence,
    first: int,
    expected: str,
) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, at(pattern))
        found = judged(opened, wanted(condition, run, no_data), first, len(pattern))
        assert shown(found) == expected


def fresh(template: Path, folder: Path) -> Store:
    path = folder / "tabiji.db"
    path.write_bytes(template.read_bytes())
    return store.open(f"sqlite:///{path}")


def test_nothing_at_all(sqlite_template: Path, tmp_path: Path) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        assert shown(judged(opened, wanted("bad >= 1", 3, "bad"), 0, 4)) == "...."
        assert judged(opened, wanted(), 0, 4).total.tolist() == [0, 0, 0, 0]
        assert len(judged(opened, wanted("bad >= 1", 3), 4, 4)) == 0
        assert minutes.of(SITE, opened, [], START, START + 4) == {}
        fill(opened, at("GGGG"))
        assert shown(judged(opened, wanted("bad >= 1", 3, "bad", events="source = 'x'"), 0, 4)) == "...."
        assert len(judged(opened, wanted("bad >= 1"), 4, 4)) == 0


def test_what_is_not_kept_any_more_is_not_known(sqlite_template: Path, tmp_path: Path) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, [Event(-1), Event(0), Event(1), Event(1440)])
        opened.forgetting.rollups(START + 1440, 1, 1)
        assert shown(judged(opened, wanted("total < 1", 1, "bad"), -3, 3)) == "...OOx"


def test_a_correction_makes_slices_good_and_drops_events(sqlite_template: Path, tmp_path: Path) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, at("GBBBBB BG"))
        slices = wanted("error_rate >= 1", 5)
        assert shown(judged(opened, slices, 0, 9)) == "OXXXXX.OO"
        # a run stays the run that it was
        assert shown(judged(opened, slices, 0, 9, [(2, 4), (6, 7)])) == "OXOOXXoOO"
        assert shown(judged(opened, slices, 1, 9, [(-5, 2), (8, 99), (50, 60)])) == "OXXXX.OO"
        for nothing in ([], [(9, 12)], [(-3, 0)], [(4, 4)]):
            assert shown(judged(opened, slices, 0, 9, nothing)) == "OXXXXX.OO"
        events = judged(opened, wanted(), 0, 9, [(1, 3), (8, 9)])
        assert events.total.tolist() == [1, 0, 0, 1, 1, 1, 0, 1, 0]
        assert events.bad.tolist() == [0, 0, 0, 1, 1, 1, 0, 1, 0]
        assert events.valid.tolist() == events.data.tolist() == [t > 0 for t in events.total.tolist()]


def test_a_latency_limit_counts_up_to_it_and_never_what_was_not_timed(
    sqlite_template: Path, tmp_path: Path
) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(
            opened,
            [
                Event(0, 200, 800_000),
                Event(0, 200, 800_001),
                Event(0, 200, None),
                Event(0, 500, 1),
                Event(1, 499),
            ],
        )
        found = judged(opened, wanted(faster_than_us=800_000), 0, 2)
        assert (found.good.tolist(), found.total.tolist()) == ([1, 0], [4, 0])
        assert shown(judged(opened, wanted("bad >= 3", faster_than_us=800_000), 0, 2)) == "X."
        assert shown(judged(opened, wanted("bad >= 4", faster_than_us=800_000), 0, 2)) == "O."
        # of the three that were timed, the second is at the limit
        assert shown(judged(opened, wanted("p66 > 800000"), 0, 2)) == "O."
        assert shown(judged(opened, wanted("p67 > 800000"), 0, 2)) == "X."


def test_counts_beyond_64_bits_are_compared_exactly(sqlite_template: Path, tmp_path: Path) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, at("GB"))
        tiny = f"1/{10**22}"
        assert shown(judged(opened, wanted(f"error_rate >= {tiny}"), 0, 2)) == "OX"
        assert shown(judged(opened, wanted(f"error_rate < {tiny}"), 0, 2)) == "XO"


# Against plain Python, event by event

operations = st.sampled_from(["open", "play", "record"])
events = st.builds(
    Event,
    st.integers(0, 39),
    st.sampled_from([200, 200, 200, 404, 499, 500, 503]),
    st.none() | st.sampled_from([0, 99, 100, 101, 250_000, 250_001, 10**11, 10**12]),
    operations,
    st.sampled_from(["web", "jobs"]),
)
conditions = st.sampled_from(
    [
        *("error_rate >= 1/2", "error_rate > 1/3", "bad >= 2", "bad = 1", "total < 2", "total <> 1"),
        *("p50 > 250000", "p95 >= 100", "p0 < 100", "p99.9 <= 100000000000", "p50 = 250000"),
    ]
)


@given(
    st.lists(events, max_size=60),
    st.lists(
        st.tuples(
            st.none() | conditions,
            st.integers(1, 6),
            st.sampled_from(["exclude", "good", "bad"]),
            st.none() | st.sampled_from([100, 250_000, 10**11]),
            st.none() | operations,
        ),
        max_size=5,
    ),
    st.integers(0, 40),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(-5, 45), st.integers(0, 10)), max_size=2),
    st.integers(1, 70),
)
@settings(max_examples=40, deadline=None)
def test_arrays_are_what_events_say(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    happened: list[Event],
    asked: list[tuple[str | None, int, Absence, int | None, str | None]],
    first: int,
    length: int,
    corrected: list[tuple[int, int]],
    cells: int,
) -> None:
    chosen = [
        wanted(
            condition, run, no_data, f"o{i}",
            "source = 'web'" + (f" and operation <> '{without}'" if without else ""), limit,
        )
        for i, (condition, run, no_data, limit, without) in enumerate(asked)
    ]  # fmt: skip
    intervals = [(START + start, START + start + more) for start, more in corrected]
    before = minutes.CELLS
    with fresh(sqlite_template, tmp_path_factory.mktemp("law")) as opened:
        fill(opened, happened)
        try:
            minutes.CELLS = cells  # stretches of any length
            found = minutes.of(
                SITE, opened, chosen, START + first, START + first + length,
                {one.id: intervals for _, one in chosen},
            )  # fmt: skip
        finally:
            minutes.CELLS = before
    for (_, one), (*_, without) in zip(chosen, asked, strict=True):
        mine = [e for e in happened if e.source == "web" and e.status != 499 and e.operation != without]
        begin = (
            min((e.minute for e in happened if e.source == "web"), default=99)
            if seen(happened, without)
            else 99
        )
        assert plain(found[one.id]) == oracle(one, mine, first, first + length, corrected, begin)


def seen(happened: list[Event], without: str | None) -> bool:
    return any(e.source == "web" and e.status != 499 and e.operation != without for e in happened)


def plain(found: Minutes) -> list[tuple[int, int, bool, bool]]:
    columns = (found.good, found.total, found.valid, found.data)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def oracle(
    one: Objective,
    mine: list[Event],
    first: int,
    end: int,
    corrected: list[tuple[int, int]],
    begin: int,
) -> list[tuple[int, int, bool, bool]]:
    """(good, total, valid, data) of each minute, by the words of the semantics."""

    def is_good(event: Event) -> bool:
        limit = one.faster_than_us
        in_time = limit is None or (event.duration_us is not None and event.duration_us <= limit)
        return event.status < 500 and in_time

    def is_corrected(minute: int) -> bool:
        return any(start <= minute < start + length for start, length in corrected)

    if one.slices is None:
        rows = []
        for minute in range(first, end):
            here = [] if is_corrected(minute) else [event for event in mine if event.minute == minute]
            rows.append((sum(map(is_good, here)), len(here), bool(here), bool(here)))
        return rows

    wants, data_of = one.slices, {}

    def satisfies(minute: int) -> bool:
        here = [event for event in mine if event.minute == minute]
        value: Fraction | None
        if wants.measure == "total":
            value = Fraction(len(here))
            data_of[minute] = bool(here)
            if not here and wants.no_data != "exclude":
                return wants.no_data == "bad"
        else:
            value = measured(wants.measure, here, sum(not is_good(event) for event in here))
            data_of[minute] = value is not None
        if value is None:
            return wants.no_data == "bad" and minute >= begin
        limit = wants.limit
        holds = {
            "=": value == limit, "<>": value != limit, "<": value < limit,
            "<=": value <= limit, ">": value > limit, ">=": value >= limit,
        }[wants.operator]  # fmt: skip
        return holds and minute >= begin

    # a minute may belong to a run that began before, though no further back than the arrays look
    look = range(min(0, first) - 10, end)
    held = {minute: satisfies(minute) and minute >= begin for minute in look}
    rows = []
    for minute in range(first, end):
        run_first = run_end = minute
        while held.get(run_first - 1):
            run_first -= 1
        while held.get(run_end):
            run_end += 1
        bad = held[minute] and run_end - run_first >= wants.for_minutes and not is_corrected(minute)
        known = minute >= begin
        data = data_of[minute] and known
        valid = data or (known and (held[minute] or wants.no_data != "exclude")) or is_corrected(minute)
        rows.append((int(not bad), 1, valid, data))
    return rows


def measured(measure: str, here: list[Event], bad: int) -> Fraction | None:
    if measure in ("error_rate", "bad"):
        if not here:
            return None
        return Fraction(bad, len(here)) if measure == "error_rate" else Fraction(bad)
    counts: dict[int, int] = {}
    for event in here:
        if event.duration_us is not None:
            index = histograms.bucket(event.duration_us)
            counts[index] = counts.get(index, 0) + 1
    quantile = histograms.quantile_us(counts, Fraction(measure[1:]) / 100)
    return None if quantile is None else Fraction(quantile)


# As was known then


@given(
    st.text("GB ", min_size=1, max_size=40), st.integers(1, 6), st.sampled_from(["exclude", "good", "bad"])
)
@settings(max_examples=30, deadline=None)
def test_a_window_as_was_known_at_its_end_is_what_was_judged_then(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, pattern: str, run: int, no_data: Absence
) -> None:
    with fresh(sqlite_template, tmp_path_factory.mktemp("then")) as opened:
        if pattern.strip():
            fill(opened, at(pattern))
        one = wanted("error_rate >= 1", run, no_data)
        whole = judged(opened, one, 0, len(pattern))
        for length in (1, 3, 7, len(pattern)):
            bad, total = minutes.windowed(whole, length)
            for end in range(1, len(pattern) + 1):
                then = judged(opened, one, max(end - length, 0), end)
                expected = (int(then.bad.sum()), len(then)) if then.valid.any() else (0, 0)
                assert (bad[end - 1], total[end - 1]) == expected


def test_windows_of_events_are_sums(sqlite_template: Path, tmp_path: Path) -> None:
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, at("GB  BBG"))
        bad, total = minutes.windowed(judged(opened, wanted(), 0, 7), 2)
        assert bad.tolist() == [0, 1, 1, 0, 1, 2, 1]
        assert total.tolist() == [1, 2, 1, 0, 1, 2, 2]


def test_many_objectives_are_what_each_is_alone(sqlite_template: Path, tmp_path: Path) -> None:
    happened = [
        Event(m, 500 if m % 7 == 0 else 200, 100 * m, name) for m in range(50) for name in ("open", "play")
    ]
    one, other = wanted("bad >= 1", 1, name="a"), wanted("p90 > 2000", 2, name="b")
    third = (one[0], replace(one[1], name="c", slices=None))
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, happened)
        together = minutes.of(SITE, opened, [one, other, third], START, START + 50)
        for each in (one, other, third):
            alone = minutes.of(SITE, opened, [each], START, START + 50)
            assert plain(together[each[1].id]) == plain(alone[each[1].id])


def test_a_long_stretch_read_by_several_threads_is_the_same(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = [Event(m, 500 if m % 7 == 0 else 200, 100 * m, "open") for m in range(50)]
    pairs = [wanted("bad >= 1", 1, name="a"), wanted("p90 > 2000", 2, name="b")]
    with fresh(sqlite_template, tmp_path) as opened:
        fill(opened, happened)
        expected = minutes.of(SITE, opened, pairs, START, START + 53)
        monkeypatch.setattr(asking, "LONG", 10)
        monkeypatch.setattr(asking.os, "cpu_count", lambda: 3)
        found = minutes.of(SITE, opened, pairs, START, START + 53)
    assert {name: plain(one) for name, one in found.items()} == {
        name: plain(one) for name, one in expected.items()
    }
