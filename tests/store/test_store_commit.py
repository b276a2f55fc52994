"""What a commit adds, and when it adds nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from batches import DAY, Cell, batch, contents, expected, series
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji import store
from tabiji.counting import Account, Series
from tabiji.store import Kept, LogFile, Sample, StaleOffset

minutes = st.one_of(
    st.sampled_from([DAY - 1, DAY, DAY + 1, DAY + 59, DAY + 60, DAY + 1439, DAY + 1440, -1, 0]),
    st.integers(DAY - 3000, DAY + 3000),
)
cells = st.builds(
    Cell,
    minutes,
    st.sampled_from("abc"),
    st.sampled_from([-1, 0, 1, 400, 911]),
    st.integers(1, 2**40),
    st.integers(0, 2**40),
)
sources = (f"source-{number}" for number in count())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(cells, max_size=30), data=st.data())
def test_however_events_are_split_and_ordered_the_rollups_are_the_same(
    store_url: str, events: list[Cell], data: st.DataObject
) -> None:
    source = next(sources)
    parts = data.draw(st.integers(1, 5))
    places = [data.draw(st.integers(0, parts - 1)) for _ in events]
    with store.open(store_url) as opened:
        file = None
        for part in data.draw(st.permutations(range(parts))):
            own = [event for event, place in zip(events, places, strict=True) if place == part]
            new_file = data.draw(st.booleans())
            committed = opened.commit(batch(own, None if new_file else file, source=source, inode=part))
            file = committed.file
        assert contents(opened, source) == expected(events)
        seen = [event.minute for event in events]
        assert opened.extent(source) == ((min(seen), max(seen)) if seen else None)


def test_a_commit_is_remembered_whole(store_url: str) -> None:
    account = Account(read=9, counted=4, rejected=(("not-json", 2), ("too-long", 1)), filtered=1, duplicate=1)
    sample = Sample("not-json", 17, 'a NUL \0, a lone \udc80, a "quote"')
    file = LogFile(
        source="web",
        path="/log/\udcff 日本.log",
        device=2**64 - 1,
        inode=2**63,
        head_length=1024,
        head_hash="ab",
        tail_hash="cd",
        offset=100,
        compression="gzip",
        size=2**40,
        torn=True,
        truncations=2,
        first_seen=10,
        last_seen=20,
    )
    with store.open(store_url) as opened:
        made = batch([Cell(DAY, "a", 5, 4, 20)], account=account, samples=(sample,), marks=["b", "a"], now=30)
        committed = opened.commit(replace(made, file=file))
        assert committed.minute_rows == 1
        assert committed.file == replace(file, number=committed.file.number)
        assert opened.files("web") == [committed.file]
        assert opened.files("jobs") == []
        assert opened.series() == {committed.series[0]: series("a")}
        assert opened.series("jobs") == {}
        assert opened.route_marks("web") == ("a", "b")
        assert opened.route_marks("jobs") == ()
        assert opened.accounts() == {"web": account}
        (entry,) = opened.chunks()
        assert entry == store.LedgerEntry(
            number=entry.number,
            file=committed.file,
            start=0,
            end=100,
            first_minute=DAY,
            last_minute=DAY,
            account=account,
            samples=(sample,),
            committed_at=30,
        )


def test_accounts_add_up_over_the_ledger(store_url: str) -> None:
    accounts = [
        Account(5, 2, (("a", 1), ("b", 2)), 0, 0),
        Account(5, 2, (("a", 1), ("b", 2)), 0, 0),
        Account(4, 1, (("b", 1),), 1, 1),
        Account(1, 1),
    ]
    with store.open(store_url) as opened:
        file = None
        for account in accounts:
            file = opened.commit(batch([], file, account=account)).file
        opened.commit(batch([], source="jobs", account=Account(7, 7)))
        assert opened.accounts() == {
            "jobs": Account(7, 7),
            "web": Account(15, 6, (("a", 2), ("b", 5)), 1, 1),
        }


def test_a_series_with_text_that_databases_refuse_is_one_series(store_url: str) -> None:
    hostile = Series(
        "web", None, "request", "a\0b\udc80", None, None, 2**40, "", None, (("k\0", "'; --\u2028"),)
    )
    with store.open(store_url) as opened:
        first = opened.commit(replace(batch([Cell(DAY, "x")]), series=(hostile,)))
        second = opened.commit(replace(batch([Cell(DAY, "x")], first.file), series=(hostile,)))
        assert first.series == second.series
        assert list(opened.series().values()) == [
            hostile._replace(operation="a\u2400b?", labels=(("k\u2400", "'; --\u2028"),))
        ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"service": None}, {"service": ""}, id="no service, and an empty one"),
        pytest.param({"status": None}, {"status": 0}, id="no status, and 0"),
        pytest.param({"labels": ()}, {"labels": (("a", ""),)}, id="no label, and an empty one"),
        pytest.param(
            {"route": "a", "method": None}, {"route": None, "method": "a"}, id="the same text elsewhere"
        ),
    ],
)
def test_series_that_differ_stay_apart(
    store_url: str, one: dict[str, object], other: dict[str, object]
) -> None:
    two = (series("a")._replace(**one), series("a")._replace(**other))  # type: ignore[arg-type]
    with store.open(store_url) as opened:
        committed = opened.commit(replace(batch([Cell(DAY, "a"), Cell(DAY, "b")]), series=two))
        assert opened.series() == dict(zip(committed.series, two, strict=True))
        assert len(opened.series()) == 2


def test_a_batch_from_an_offset_that_is_passed_is_refused_and_writes_nothing(store_url: str) -> None:
    with store.open(store_url) as opened:
        file = opened.commit(batch([Cell(DAY, "a")])).file
        opened.commit(batch([Cell(DAY, "b")], file))
        before = contents(opened), opened.accounts(), opened.series(), opened.files("web")
        with pytest.raises(StaleOffset):
            opened.commit(batch([Cell(DAY, "c")], file))
        assert (contents(opened), opened.accounts(), opened.series(), opened.files("web")) == before


def test_a_new_file_that_another_has_entered_is_refused(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.commit(batch([Cell(DAY, "a")]))
        with pytest.raises(StaleOffset):
            opened.commit(batch([Cell(DAY, "a")]))
        assert contents(opened) == expected([Cell(DAY, "a")])


def test_the_same_inode_of_another_generation_or_source_is_another_file(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = opened.commit(batch([Cell(DAY, "a")]))
        again = batch([Cell(DAY, "a")])
        opened.commit(replace(again, file=replace(again.file, generation=1)))
        opened.commit(batch([Cell(DAY, "a")], source="jobs"))
        assert [file.generation for file in opened.files("web")] == [0, 1]
        assert contents(opened) == expected([Cell(DAY, "a")] * 2)
        assert first.file.number == opened.files("web")[0].number


def test_a_renamed_file_keeps_its_place_and_needs_no_line(store_url: str) -> None:
    with store.open(store_url) as opened:
        file = opened.commit(batch([Cell(DAY, "a")])).file
        renamed = replace(file, path="/log/web.log.1", last_seen=99)
        still = replace(batch([], file, length=0), file=renamed)
        assert opened.commit(still).file == renamed
        assert opened.files("web") == [renamed]
        assert [entry.file for entry in opened.chunks()] == [renamed]


@pytest.mark.parametrize(
    ("merged", "cells_after", "result"),
    [
        pytest.param({"a": "x"}, [], {"a": "x"}, id="into a new series"),
        pytest.param({"a": "b"}, [], {"a": "b"}, id="into one that exists"),
        pytest.param({"a": "x", "b": "x"}, [], {"a": "x", "b": "x"}, id="two into one"),
        pytest.param(
            {"a": "x"}, [Cell(DAY, "a", 7), Cell(DAY, "x", 7)], {"a": "x"}, id="while events of both come"
        ),
        pytest.param({"a": "b", "b": "x"}, [Cell(DAY, "a")], {"a": "x", "b": "x"}, id="one after the other"),
        pytest.param({"a": "a"}, [], {}, id="into itself"),
    ],
)
def test_merged_series_move_with_all_their_rows(
    store_url: str, merged: dict[str, str], cells_after: list[Cell], result: dict[str, str]
) -> None:
    before = [
        Cell(minute, name, bucket, 2, 10)
        for minute in (DAY - 1, DAY, DAY + 61, DAY + 5 * 1440)
        for name in "abc"
        for bucket in (-1, 400, 401)
    ]
    with store.open(store_url) as opened:
        first = opened.commit(batch(before))
        numbers = dict(zip("abc", first.series, strict=True))
        merges = {numbers[old]: series(new) for old, new in merged.items()}
        second = opened.commit(batch(cells_after, first.file, merges=merges))
        after = [cell._replace(name=result.get(cell.name, cell.name)) for cell in before + cells_after]
        assert contents(opened) == expected(after)
        assert {one.operation for one in opened.series().values()} == {cell.name for cell in after}
        # whoever still holds the old numbers merges again, and nothing happens
        opened.commit(batch([], second.file, merges=merges))
        assert contents(opened) == expected(after)


def test_series_merged_in_a_circle_are_refused(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = opened.commit(batch([Cell(DAY, "a"), Cell(DAY, "b")]))
        a, b = first.series
        with pytest.raises(ValueError, match="circle"):
            opened.commit(batch([], first.file, merges={a: series("b"), b: series("a")}))
        assert contents(opened) == expected([Cell(DAY, "a"), Cell(DAY, "b")])


def test_the_number_of_a_merged_series_is_not_given_again(store_url: str) -> None:
    with store.open(store_url) as opened:
        first = opened.commit(batch([Cell(DAY, "a"), Cell(DAY, "b")]))
        second = opened.commit(batch([], first.file, merges={first.series[1]: series("a")}))
        third = opened.commit(batch([Cell(DAY, "c")], second.file))
        assert third.series[0] > max(first.series)


def test_trimming_keeps_whole_days_and_late_events_go_where_they_are_kept(store_url: str) -> None:
    days = [Cell(DAY + day * 1440 + minute, "a", 5, 1, 9) for day in range(10) for minute in (0, 1439)]
    with store.open(store_url) as opened:
        file = opened.commit(batch(days)).file
        assert opened.forgetting.rollups(DAY + 9 * 1440 + 1439, 2, 5) == 2 * 7 + 2 * 4
        assert opened.kept() == Kept(DAY + 7 * 1440, DAY + 4 * 1440)
        late = [Cell(DAY + day * 1440 + 30, "a", 5) for day in (3, 4, 6, 7)]
        assert opened.commit(batch(late, file)).minute_rows == 1
        every = expected(days + late)
        assert contents(opened) == {
            "minute": {key: row for key, row in every["minute"].items() if key[0] >= DAY + 7 * 1440},
            "hour": {key: row for key, row in every["hour"].items() if key[0] >= DAY + 4 * 1440},
            "day": every["day"],
        }


@pytest.mark.parametrize(
    ("earlier", "later", "kept"),
    [
        pytest.param((10, 2, 5), (10, 2, 5), Kept(DAY + 8 * 1440, DAY + 5 * 1440), id="twice the same"),
        pytest.param(
            (10, 2, 5), (10, 9, 20), Kept(DAY + 8 * 1440, DAY + 5 * 1440), id="what is gone stays gone"
        ),
        pytest.param((9, 2, 5), (10, 2, 5), Kept(DAY + 8 * 1440, DAY + 5 * 1440), id="the next day"),
        pytest.param((10, 2, 5), (9, 2, 5), Kept(DAY + 8 * 1440, DAY + 5 * 1440), id="the clock went back"),
        pytest.param(
            (10, 5, 2), (10, 5, 2), Kept(DAY + 5 * 1440, DAY + 5 * 1440), id="hours no shorter than minutes"
        ),
    ],
)
def test_the_floor_of_what_is_kept_only_rises(
    store_url: str, earlier: tuple[int, int, int], later: tuple[int, int, int], kept: Kept
) -> None:
    with store.open(store_url) as opened:
        assert opened.kept() == Kept(None, None)
        for day, minutes_days, hours_days in (earlier, later):
            opened.forgetting.rollups(DAY + day * 1440 + 700, minutes_days, hours_days)
        assert opened.kept() == kept
