"""Laws of counting: what a line counts as depends on its own bytes only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from counts import FIELDS, GOOD, Sums, lines, sums, total, traced
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji import engines
from tabiji.engines import Chunk, Task

# What breaks lines, or looks as if it did.
PIECES = [
    *(
        b'"',
        b" ",
        b"\\",
        b'\\"',
        b"\r",
        b"\0",
        b"\1",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\t",
        b"-",
        b'""',
        b"\xe2\x80\xa8",
    ),
    *(
        b"200",
        b"99",
        b"-1",
        b"1_0",
        b"0.1, 0.2",
        b"[10/Oct/2000:13:55:36 -0700]",
        b'"GET /b c HTTP/1.1"',
        b"ua=",
    ),
    *(
        b"{",
        b"}",
        b",",
        b'"t":1',
        b'"\\u0074":2',
        b'"p":"\xff"',
        b'"z":"\\ud800"',
        b'"a":{"ua":1,"ua":2}',
        b"NaN",
    ),
]


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """A line of the format with something put in, or in place of something."""
    line = bytearray(good)
    for piece in draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)):
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.sampled_from([0, 0, 1, 7, 20]))] = piece
    return bytes(line)


def a_line(good: bytes) -> st.SearchStrategy[bytes]:
    pieces = st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)
    anything = st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))
    return st.one_of(st.just(good), mutated(good), mutated(good), pieces, anything)


@lru_cache(maxsize=10_000)
def alone(kind: str, line: bytes) -> Sums:
    return sums(lines(line), GOOD[kind][0], *FIELDS)


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_lines_count_together_as_they_count_alone(kind: str, data: st.DataObject) -> None:
    how, good = GOOD[kind]
    some = data.draw(st.lists(a_line(good), min_size=1, max_size=6))
    cut = data.draw(st.integers(0, len(some)))
    whole = sums(lines(*some), how, *FIELDS)
    assert whole == total([alone(kind, line) for line in some])
    assert whole == sums(lines(*some[:cut]), how, *FIELDS) + sums(lines(*some[cut:]), how, *FIELDS)
    assert whole.events[next(iter(alone(kind, good).events))] >= some.count(good)
    found = traced(lines(*some), how, *FIELDS)
    assert [one.line for one in found] == [some[one.number] for one in found]
    assert [one.offset for one in found] == [len(lines(*some[: one.number])) for one in found]
    assert len(found) == whole.counted


@pytest.mark.parametrize("kind", GOOD)
def test_the_newline_of_the_last_line_changes_nothing(kind: str) -> None:
    how, good = GOOD[kind]
    for content in (good, good + b"\n" + good, good + b"\r\n" + good + b"\r", b"\xff\n" + good):
        assert sums(content, how, *FIELDS) == sums(content + b"\n", how, *FIELDS)


@pytest.mark.parametrize("kind", GOOD)
def test_a_range_of_a_file_counts_as_its_bytes(kind: str, tmp_path: Path) -> None:
    how, good = GOOD[kind]
    path = tmp_path / "access.log"
    path.write_bytes(lines(b"before", good, b"after"))
    made = engines.count(Task(Chunk(str(path), 7, 8 + len(good)), how, FIELDS))
    assert made.account == engines.count(Task(Chunk(None, 0, 0, lines(good)), how, FIELDS)).account
    (found,) = engines.trace(Task(Chunk(str(path), 7, 8 + len(good)), how, FIELDS), 0, 1 << 40)
    assert (found.number, found.offset, found.line) == (0, 0, good)


def test_an_empty_chunk_counts_nothing() -> None:
    how, _ = GOOD["nginx"]
    assert sums(b"", how) == total([])
    assert traced(b"", how) == []
