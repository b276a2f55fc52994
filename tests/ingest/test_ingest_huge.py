"""Lines without end, values without number, broken archives: memory bounded, totals exact (T7, T19, T20)."""

from __future__ import annotations

import bz2
import gzip
import os
from itertools import product
from pathlib import Path
from string import ascii_lowercase

import pytest
from ingesters import measured
from outcome import IDLE, account, by_minute, contents, idle, ingest, objects, web
from writing import BASE, PACKED, SUFFIX, Event, line, log, ndjson, traffic
from writing import by_minute as expected

from tabiji import store
from tabiji.counting import Account

DISTINCT = 1_000_000 if "TABIJI_SOAK" in os.environ else 200_000
PEAK = 400  # MiB of a process, a third of them Python's and DuckDB's own
GOOD = log([Event(BASE)])
ONE = [Event(BASE + minute, 200 + minute % 7) for minute in range(500)]


# T7: lines without end


@pytest.mark.parametrize(
    "bytes_", [65_537, 1 << 20, (1 << 20) + 1, 10 << 20], ids=["64 KiB + 1", "1 MiB", "more", "10 MiB"]
)
@pytest.mark.parametrize("kind", ["plain", "gzip"])
@pytest.mark.parametrize(
    "last", [b"", b"\n", b"\n" + GOOD], ids=["at the end", "with newline", "in the middle"]
)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "JSON"])
def test_a_line_that_is_too_long_is_one_reject(
    sqlite_url: str, tmp_path: Path, bytes_: int, kind: str, last: bytes, as_json: bool
) -> None:
    path = tmp_path / "access.log"
    good = ndjson(Event(BASE)) + b"\n" if as_json else GOOD
    path.write_bytes(PACKED[kind](good * 2 + b"x" * bytes_ + last.replace(GOOD, good)))
    idle(path)
    with store.open(sqlite_url) as opened:
        ingest((objects if as_json else web)(path), opened)
        counted = 2 + (GOOD in last)
        assert account(opened) == Account(counted + 1, counted, (("too_long", 1),))
        (sample,) = (sample for entry in opened.chunks("web") for sample in entry.samples)
        assert (sample.offset, sample.line) == (2 * len(good), "x" * 300)


def test_a_gigabyte_without_newline_is_one_reject(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with path.open("wb") as file:
        file.write(GOOD)
        file.truncate(1 << 30)  # a hole: zeros that take no room on the disk
    found = measured(store_url, web(path))
    assert (found.outcome.account, found.peak < PEAK) == (Account(1, 1), True)  # the line may go on
    idle(path)
    found = measured(store_url, web(path))
    assert (found.outcome.account, found.peak < PEAK) == (Account(1, 0, (("too_long", 1),)), True)
    with path.open("ab") as file:
        file.write(b"the end of it\n" + GOOD)
    found = measured(store_url, web(path))
    assert found.outcome.account == Account(2, 1, (("torn", 1),))
    with store.open(store_url) as opened:
        assert by_minute(opened) == expected([Event(BASE)] * 2)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_long_line_in_a_small_archive_is_one_reject(
    sqlite_url: str, tmp_path: Path, kind: str, workers: int
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(PACKED[kind](GOOD + bytes(200 << 20) + b"\n" + GOOD))
    assert path.stat().st_size < 1 << 20
    found = measured(sqlite_url, web(path), workers)
    assert found.outcome.account == Account(3, 2, (("too_long", 1),))
    assert (found.peak < PEAK, found.peak_of_workers < PEAK) == (True, True)


@pytest.mark.parametrize("kind", ["plain", "gzip"])
def test_a_log_of_many_pieces_is_held_piece_by_piece(sqlite_url: str, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "access.log"
    lines = 200 * 8000
    with path.open("wb") if kind == "plain" else gzip.open(path, "wb", 1) as file:
        for _ in range(200):
            file.write(GOOD * 8000)
    found = measured(sqlite_url, web(path), 2)
    assert found.outcome.account == Account(lines, lines)
    assert (found.peak < PEAK, found.peak_of_workers < PEAK) == (True, True)
    with store.open(sqlite_url) as opened:
        assert by_minute(opened) == {(BASE, 200): lines}
        assert len(opened.chunks("web")) > 2


# T19: values without number


def test_paths_methods_hosts_and_labels_without_number(store_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    words = ("".join(letters) for letters in product(ascii_lowercase, repeat=5))
    before = line(Event(BASE)).decode()
    head, tail = before[: before.index('"')], before[before.index(" 200 ") : before.index('"learn')]
    with path.open("w") as file:
        for word, _ in zip(words, range(DISTINCT), strict=False):
            file.write(
                f'{head}"{word.upper()} /{word}/{word} HTTP/1.1"{tail}"{word}.example" "{word}" "{word}" "1"\n'
            )
    found = measured(store_url, web(path, series_max=100))
    assert found.outcome.account == Account(DISTINCT, DISTINCT)
    assert found.peak < 2 * PEAK
    assert 0 < found.outcome.beyond_cap < DISTINCT
    with store.open(store_url) as opened:
        assert len(opened.series("web")) <= 101
        assert by_minute(opened) == {
            (BASE, 200): DISTINCT - found.outcome.beyond_cap,
            (BASE, 0): found.outcome.beyond_cap,
        }


def test_labels_without_end(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    events = [Event(BASE, plan=f"{number}" + "x" * 60_000) for number in range(300)]
    path.write_bytes(log([*events, Event(BASE, plan="x" * (1 << 20))]))
    found = measured(sqlite_url, web(path, series_max=100))
    assert found.outcome.account == Account(301, 300, (("too_long", 1),))
    assert (found.outcome.beyond_cap, found.peak < PEAK) == (200, True)
    with store.open(sqlite_url) as opened:
        assert max(len(plan) for series in opened.series().values() for _, plan in series.labels) == 300


# T20: archives that are broken


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2"])
@pytest.mark.parametrize("repaired", ["in place", "anew"])
def test_what_comes_before_the_end_of_a_truncated_archive_counts(
    store_url: str, tmp_path: Path, kind: str, repaired: str
) -> None:
    path = tmp_path / f"access.log{SUFFIX[kind]}"
    events = [Event(BASE + n % 500, 200 + n % 7, path=f"/{n}", us=n * 7919 % 10**6) for n in range(30_000)]
    packed = bz2.compress(log(events), 1) if kind == "bzip2" else PACKED[kind](log(events))
    path.write_bytes(packed[: len(packed) * 3 // 4])
    with store.open(store_url) as opened:
        outcome = ingest(web(path), opened)
        assert 10_000 < outcome.account.counted == outcome.account.read < len(events)
        (problem,) = outcome.problems
        assert problem.path == str(path)
        assert "end" in problem.message
        again = ingest(web(path), opened)
        assert (again.account, again.problems) == (Account(), (problem,))
        if repaired == "anew":
            path.unlink()
        path.write_bytes(packed)
        assert ingest(web(path), opened).problems == ()
        assert by_minute(opened) == expected(events)
        assert account(opened) == Account(len(events), len(events))
        assert ingest(web(path), opened).account == Account()


@pytest.mark.parametrize("kind", ["gzip", "bzip2"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_nothing_of_a_broken_archive_counts_until_it_is_repaired(
    store_url: str, tmp_path: Path, kind: str, share: float
) -> None:
    path = tmp_path / f"access.log{SUFFIX[kind]}"
    packed = PACKED[kind](log(ONE))
    at = int(len(packed) * share)
    path.write_bytes(packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :])
    with store.open(store_url) as opened:
        for _ in range(2):  # wrong bytes may look like lines, and nobody could take them back
            outcome = ingest(web(path), opened, later=IDLE)
            assert (outcome.account, len(outcome.problems)) == (Account(), 1)
        path.write_bytes(packed)
        assert ingest(web(path), opened).problems == ()
        assert by_minute(opened) == expected(ONE)


def test_the_pieces_before_the_break_of_a_large_archive_count(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    part = log(traffic(1, 10_000))
    packed = gzip.compress(part * 30, 1)
    path.write_bytes(packed[:-40_000] + b"\xff" * 40_000)
    with store.open(sqlite_url) as opened:
        outcome = ingest(web(path), opened)
        assert 0 < outcome.account.read < 300_000
        assert len(outcome.problems) == 1
        path.write_bytes(packed)
        assert ingest(web(path), opened).problems == ()
        assert account(opened).read == 300_000
        once = contents(opened)
        ingest(web(tmp_path / "plain", name="plain"), opened) if (tmp_path / "plain").write_bytes(
            part * 30
        ) else None
        assert contents(opened, "plain") == once


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2"])
def test_what_follows_a_whole_archive_does_not_hide_it(sqlite_url: str, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"access.log{SUFFIX[kind]}"
    path.write_bytes(PACKED[kind](log(ONE)) + b"garbage")
    with store.open(sqlite_url) as opened:
        ingest(web(path), opened)
        ingest(web(path), opened, later=IDLE)
        assert by_minute(opened) == expected(ONE)


def test_an_archive_in_an_archive_is_no_log(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(gzip.compress(log(ONE))))
    with store.open(sqlite_url) as opened:
        assert ingest(web(path), opened, later=IDLE).account.counted == 0
