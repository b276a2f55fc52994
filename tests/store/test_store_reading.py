"""Sums, limits and rows out of the store, against plain Python."""

from __future__ import annotations

from itertools import count, pairwise
from typing import Literal

import numpy as np
import pytest
from batches import DAY, Cell, batch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji import store
from tabiji.store import reading, schema
from tabiji.store.segments import Kept, plan

sources = (f"source-{number}" for number in count())
minutes = st.one_of(
    st.integers(DAY - 3000, DAY + 3000),
    st.sampled_from(
        [DAY, DAY + 29, DAY + 30, DAY + 31, DAY + 60, DAY + 719, DAY + 720, DAY + 721, DAY + 1440]
    ),
)
cells = st.builds(
    Cell,
    minutes,
    st.sampled_from("abc"),
    st.sampled_from([-1, 0, 399, 400, 911]),
    st.integers(1, 99),
    st.integers(0, 99),
)
cuts_of = st.lists(minutes, min_size=2, max_size=6).map(sorted)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(cells, min_size=1, max_size=30), cuts=cuts_of)
def test_every_segment_is_the_sum_of_its_events(store_url: str, events: list[Cell], cuts: list[int]) -> None:
    with store.open(store_url) as opened:
        committed = opened.commit(batch(events, source=next(sources)))
        names = sorted({cell.name for cell in events}, reverse=True)
        numbers = list(committed.series)[::-1]
        segments = [
            [[cell for cell in events if cell.name == name and first <= cell.minute < end] for name in names]
            for first, end in pairwise(cuts)
        ]
        sums = opened.sums(cuts, numbers)
        assert (sums.cuts, sums.series, sums.coarse) == (tuple(cuts), tuple(numbers), False)
        assert sums.events.tolist() == [[sum(c.events for c in own) for own in row] for row in segments]
        assert sums.duration_us.tolist() == [
            [sum(c.duration_us for c in own) for own in row] for row in segments
        ]

        everything = opened.sums(cuts)
        columns = [everything.series.index(number) for number in numbers]
        assert everything.events[:, columns].tolist() == sums.events.tolist()

        limits = [911, 0, 399, 400]
        within = opened.within(cuts, numbers, limits)
        assert (within.cuts, within.series, within.coarse) == (tuple(cuts), tuple(numbers), False)
        assert within.events.tolist() == [
            [[sum(c.events for c in own if 0 <= c.bucket <= limit) for own in row] for row in segments]
            for limit in limits
        ]

        merged: dict[int, dict[int, int]] = {}
        for cell in events:
            if cell.bucket >= 0 and cuts[0] <= cell.minute < cuts[-1]:
                buckets = merged.setdefault(numbers[names.index(cell.name)], {})
                buckets[cell.bucket] = buckets.get(cell.bucket, 0) + cell.events
        assert opened.histograms(cuts[0], cuts[-1], numbers) == merged


def test_of_an_empty_store_every_sum_is_empty(store_url: str) -> None:
    with store.open(store_url) as opened:
        sums = opened.sums([DAY - 5, DAY, DAY + 5])
        assert (sums.series, sums.events.shape, sums.duration_us.shape) == ((), (2, 0), (2, 0))
        assert opened.within([DAY - 5, DAY], [], [400]).events.shape == (1, 1, 0)
        assert opened.within([DAY - 5, DAY], [7], []).events.shape == (0, 1, 1)
        assert opened.sums([DAY, DAY + 1], [7]).events.tolist() == [[0]]
        assert opened.histograms(DAY, DAY + 1, []) == {}
        assert list(opened.rows("minute", DAY, DAY + 1)) == []
        assert opened.extent() is None
        assert opened.accounts() == {}
        assert opened.chunks() == []


@pytest.mark.parametrize(
    ("cut", "moved"),
    [
        pytest.param(DAY + 2 * 1440 + 1, DAY + 2 * 1440 + 1, id="the first minute that is kept"),
        pytest.param(DAY + 2 * 1440 - 1, DAY + 2 * 1440 - 60, id="the last that is not: to its hour"),
        pytest.param(DAY + 1440 + 61, DAY + 1440 + 60, id="where only hours are kept: to the hour"),
        pytest.param(DAY + 1440 + 60, DAY + 1440 + 60, id="where only hours are kept, at an hour"),
        pytest.param(DAY + 1439, DAY, id="where only days are kept: to the day"),
        pytest.param(DAY + 60, DAY, id="where only days are kept, at an hour: to the day"),
        pytest.param(DAY, DAY, id="where only days are kept, at a day"),
    ],
)
def test_a_cut_moves_to_where_rows_are_kept_and_the_sums_say_so(store_url: str, cut: int, moved: int) -> None:
    events = [Cell(DAY + minute, "a", 400) for minute in range(0, 4 * 1440, 20)]
    with store.open(store_url) as opened:
        numbers = opened.commit(batch(events)).series
        opened.forgetting.rollups(DAY + 4 * 1440, 2, 3)
        cuts = [cut, DAY + 4 * 1440]
        total = sum(cell.minute >= moved for cell in events)
        sums = opened.sums(cuts, numbers)
        assert (sums.cuts, sums.coarse) == ((moved, cuts[1]), moved != cut)
        assert sums.events.tolist() == [[total]]
        within = opened.within(cuts, numbers, [400])
        assert (within.cuts, within.coarse, within.events.tolist()) == (
            (moved, cuts[1]),
            moved != cut,
            [[[total]]],
        )
        assert opened.histograms(cuts[0], cuts[1], numbers) == {numbers[0]: {400: total}}


@given(
    cuts=cuts_of,
    floors=st.tuples(st.none() | st.sampled_from([DAY - 1440, DAY, DAY + 1440]), st.integers(0, 2)),
)
def test_a_plan_reads_every_minute_once_and_only_rows_that_are_kept(
    cuts: list[int], floors: tuple[int | None, int]
) -> None:
    minutes_from, days_longer = floors
    kept = Kept(minutes_from, None if minutes_from is None else minutes_from - days_longer * 1440)
    planned = plan(cuts, kept)
    read: dict[int, int] = {1: 0, 60: 0, 1440: 0}
    for piece in planned.pieces:
        floor = kept.of(piece.grain)
        assert floor is None or piece.first >= floor
        assert piece.first % piece.grain == piece.end % piece.grain == 0
        read[piece.grain] += (piece.end - piece.first) // piece.grain
    assert read[1] <= 30 * len(cuts)
    assert read[60] <= 12 * len(cuts)
    for segment, (first, end) in enumerate(pairwise(planned.cuts)):
        covered = np.zeros(7000 * 2, dtype=np.int64)
        for piece in planned.pieces:
            covered[piece.first - DAY + 7000 : piece.end - DAY + 7000] += piece.signs[segment]
        assert np.flatnonzero(covered).tolist() == list(range(first - DAY + 7000, end - DAY + 7000))
        assert covered.max(initial=0) <= 1
        assert covered.min() >= 0


def test_cuts_that_descend_and_series_named_twice_are_refused(store_url: str) -> None:
    with store.open(store_url) as opened:
        with pytest.raises(ValueError, match="ascend"):
            opened.sums([DAY + 1, DAY])
        with pytest.raises(ValueError, match="twice"):
            opened.sums([DAY, DAY + 1], [1, 1])


@pytest.mark.parametrize(
    ("first", "end", "found"),
    [
        pytest.param(DAY, DAY + 3, [DAY, DAY + 1, DAY + 2], id="all"),
        pytest.param(DAY + 1, DAY + 2, [DAY + 1], id="from is inside, to is outside"),
        pytest.param(DAY + 3, DAY + 9, [], id="behind the last"),
        pytest.param(DAY + 2, DAY + 2, [], id="no time at all"),
    ],
)
def test_rows_begin_in_the_time_asked_for(store_url: str, first: int, end: int, found: list[int]) -> None:
    with store.open(store_url) as opened:
        a, _ = opened.commit(batch([Cell(DAY + i, name, 400) for i in range(3) for name in "ab"])).series
        pages = list(opened.rows("minute", first, end, [a]))
        assert [minute for page in pages for minute in page.minute.tolist()] == found
        bare = list(opened.rows("minute", first, end, [a], latencies=False))
        assert [(page.events.tolist(), page.pairs.tolist()) for page in bare] == [
            (page.events.tolist(), []) for page in pages
        ]


def test_many_rows_come_in_pages_without_a_gap(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    monkeypatch.setattr(reading, "PAGE_OF_LATENCIES", 4)
    keys = [(DAY + i, name) for i in range(5) for name in "abc"]
    with store.open(store_url) as opened:
        numbers = opened.commit(batch([Cell(minute, name) for minute, name in keys])).series
        pages = list(opened.rows("minute", DAY, DAY + 9))
        assert [len(page) for page in pages] == [4, 4, 4, 3]
        read = [key for page in pages for key in zip(page.minute.tolist(), page.series.tolist(), strict=True)]
        assert read == [(minute, numbers["abc".index(name)]) for minute, name in keys]


@pytest.mark.parametrize(
    ("source", "first", "end", "found"),
    [
        pytest.param(None, None, None, [0, 1, 2, 3], id="all, also a range without events"),
        pytest.param("web", None, None, [0, 1, 2], id="of one source"),
        pytest.param("web", DAY + 10, DAY + 11, [0, 1], id="the last minute of one, the first of the next"),
        pytest.param("web", DAY + 21, None, [], id="behind the last"),
        pytest.param(None, None, DAY, [], id="before the first"),
        pytest.param(None, None, DAY + 1, [0, 3], id="up to the first minute"),
    ],
)
def test_chunks_lead_from_minutes_to_ranges_of_files(
    store_url: str, source: str | None, first: int | None, end: int | None, found: list[int]
) -> None:
    with store.open(store_url) as opened:
        file = opened.commit(batch([Cell(DAY, "a"), Cell(DAY + 10, "a")])).file
        file = opened.commit(batch([Cell(DAY + 10, "a"), Cell(DAY + 20, "a")], file)).file
        opened.commit(batch([], file))
        opened.commit(batch([Cell(DAY, "a")], source="jobs"))
        every = opened.chunks()
        assert [(entry.file.source, entry.start, entry.end) for entry in every] == [
            ("web", 0, 100),
            ("web", 100, 200),
            ("web", 200, 300),
            ("jobs", 0, 100),
        ]
        assert opened.chunks(source, first, end) == [every[i] for i in found]


def test_the_facts_for_the_doctor_name_what_is_not_well(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.commit(batch([Cell(DAY, "a"), Cell(DAY + 1, "a")]))
        facts = {fact.name: fact for fact in opened.check()}
    assert facts["rows of rollup_minutes"].value == "2"
    assert facts["rows of rollup_days"].value == "1"
    assert facts["schema"].value == schema.HEAD
    assert int(facts["bytes"].value) > 10_000
    if store_url.startswith("sqlite"):
        assert (facts["integrity"].value, facts["integrity"].hint) == ("ok", "")
        assert (facts["journal"].value, facts["journal"].hint) == ("wal", "")
    else:
        assert facts["durability"].value == "synchronous_commit=on, fsync=off"  # the server of these tests
        assert "crash of the server" in facts["durability"].hint


@pytest.mark.parametrize("grain", ["minute", "hour", "day"])
@pytest.mark.parametrize("latencies", [True, False])
def test_few_series_of_many_come_as_if_there_were_no_others(
    store_url: str, monkeypatch: pytest.MonkeyPatch, grain: Literal["minute", "hour", "day"], latencies: bool
) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    monkeypatch.setattr(reading, "PAGE_OF_LATENCIES", 4)
    cells = [
        Cell(DAY + 7 * at * (1 + at % 5), f"s{at % 20}", bucket=at % 3 - 1, events=at + 1, duration_us=at)
        for at in range(400)
    ]
    with store.open(store_url) as opened:
        opened.commit(batch(cells))
        numbers = sorted(opened.series())
        few = [numbers[3], numbers[11]]
        for first, end in ((0, DAY + 10**6), (DAY + 61, DAY + 4001), (DAY + 8000, DAY + 8000)):
            every = [
                row for rows in opened.rows(grain, first, end, latencies=latencies) for row in plain(rows)
            ]
            found = [
                row
                for rows in opened.rows(grain, first, end, few, latencies=latencies)
                for row in plain(rows)
            ]
            assert found == [row for row in every if row[1] in few]
            assert found or first == end


def plain(rows: store.Rows) -> list[tuple[object, ...]]:
    begins = [0, *rows.ends.tolist()[:-1]]
    return [
        (minute, number, events, us, tuple(rows.pairs[begin:end].tolist()))
        for minute, number, events, us, begin, end in zip(
            rows.minute.tolist(),
            rows.series.tolist(),
            rows.events.tolist(),
            rows.duration_us.tolist(),
            begins,
            rows.ends.tolist(),
            strict=True,
        )
    ]
