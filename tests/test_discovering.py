"""Files → what is in them: the same however the lines are spread over files, and whoever counts them."""

from __future__ import annotations

import gzip
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.counting import Account
from tabiji.discovery import Cut, Discovery, Found, Operation
from tabiji.errors import FileError, UsageError
from tabiji.runs import discovering
from tabiji.runs.discovering import How, Read, placed

COMMON = How("apache", "common")


def line(path: str, status: int = 200, second: int = 0, method: str = "GET") -> str:
    return f'10.0.0.1 - - [21/Nov/2026:10:00:{second:02} +0000] "{method} {path} HTTP/1.1" {status} 512\n'


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines))
    return path


def events(found: Found) -> dict[str | None, int]:
    return {one.name: one.events for one in found.operations}


def comparable(discovery: Discovery) -> tuple[object, ...]:
    """All but the examples, which come from the first lines of each file."""

    def plain(one: Operation) -> object:
        return one.name, one.kind, one.method, one.route, one.outcomes

    [found] = discovery.found
    return found.account, found.first_minute, found.last_minute, tuple(map(plain, found.operations))


def test_operations_come_with_outcomes_and_examples(tmp_path: Path) -> None:
    lines = [line(f"/users/{number}?page={number}") for number in range(40)]
    lines += [line("/users/7", 500), line("/login", 302, 59, "POST"), "nonsense\n"]
    [found] = discovering.discover([written(tmp_path / "access.log", *lines)], workers=1, given=COMMON).found
    assert found.account == Account(read=43, counted=42, rejected=(("not_this_format", 1),))
    assert [(one.reason, one.line) for one in found.rejected] == [("not_this_format", "nonsense")]
    users, login = found.operations
    assert (users.name, users.route, users.events) == ("GET /users/:id", "/users/:id", 41)
    assert [(one.status, one.events) for one in users.outcomes] == [(200, 40), (500, 1)]
    assert len(users.examples) == 3
    assert all(path.startswith("/users/") and "?" not in path for path in users.examples)
    assert (login.name, login.examples) == ("POST /login", ("/login",))
    assert (found.first_minute, found.last_minute) == (29_920_920, 29_920_920)


words = st.sampled_from([f"word{number}" for number in range(150)])
requests = st.lists(st.tuples(words, st.sampled_from([200, 200, 404, 500])), min_size=1, max_size=400)


@settings(max_examples=25, deadline=None)
@given(requests, st.lists(st.integers(0, 400), max_size=3), st.booleans())
def test_lines_may_be_spread_over_files_in_any_way(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, int]], cuts: list[int], backwards: bool
) -> None:
    folder = tmp_path_factory.mktemp("spread")
    # Enough words for the routes to be learned on the way: what was counted before becomes part of a wider one.
    lines = [line(f"/blog/{word}/view", status, at % 60) for at, (word, status) in enumerate(asked)]
    lines += [line(f"/blog/post{number}x/view", second=number % 60) for number in range(120)]
    whole = discovering.discover([written(folder / "whole.log", *lines)], workers=1, given=COMMON)
    ends = sorted({0, len(lines), *(min(cut, len(lines)) for cut in cuts)})
    # Each part begins with its own number: parts that begin alike would be taken for copies.
    parts = [written(folder / f"{start}.log", *lines[start:end]) for start, end in pairwise(ends)]
    spread = discovering.discover(parts[::-1] if backwards else parts, workers=1, given=COMMON)
    assert comparable(spread) == comparable(whole)
    [found] = whole.found
    assert Counter(events(found))["GET /blog/:slug/view"] >= 120


def test_a_pool_finds_the_same(tmp_path: Path) -> None:
    paths = [
        written(tmp_path / f"{part}.log", *(line(f"/{part}/{n}", second=n % 60) for n in range(500)))
        for part in ("orders", "users", "invoices")
    ]
    alone = discovering.discover(paths, workers=1, given=COMMON)
    # This process has counted already, so that workers begin anew instead of being forked from it.
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        assert discovering.discover(paths, workers=2, executor=executor, given=COMMON) == alone


def test_a_compressed_twin_counts_once(tmp_path: Path) -> None:
    lines = [line(f"/orders/{number}", second=number % 60) for number in range(200)]
    plain = written(tmp_path / "access.log.1", *lines)
    twin = tmp_path / "access.log.1.gz"
    twin.write_bytes(gzip.compress(plain.read_bytes()))
    [found] = discovering.discover([plain, twin], workers=1, given=COMMON).found
    assert found.account.read == 200


def test_a_torn_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = "".join(line(f"/orders/{number}", second=number % 60) for number in range(20_000))
    torn = tmp_path / "access.log.gz"
    torn.write_bytes(gzip.compress(whole.encode())[:20_000])
    discovery = discovering.discover([torn], workers=1, given=COMMON)
    [found] = discovery.found
    assert 0 < found.account.counted < 20_000
    assert [type(cut) for cut in discovery.cut] == [Cut]


def test_a_last_line_without_its_end_counts(tmp_path: Path) -> None:
    [found] = discovering.discover(
        [written(tmp_path / "access.log", line("/a"), line("/b").rstrip("\n"))], workers=1, given=COMMON
    ).found
    assert events(found) == {"GET /a": 1, "GET /b": 1}


def test_graphql_operations_are_told_by_the_format_given(tmp_path: Path) -> None:
    log_format = '[$time_local] "$request" $status "$http_x_graphql_operation" "$sent_http_x_graphql_error"'
    head = '[21/Nov/2026:10:00:00 +0000] "POST /graphql HTTP/1.1" 200'
    path = written(
        tmp_path / "access.log",
        f'{head} "PlayVideo" "-"\n{head} "PlayVideo" "INTERNAL_SERVER_ERROR"\n{head} "-" "-"\n',
    )
    [found] = discovering.discover([path], workers=1, given=How("nginx", log_format)).found
    assert found.source.operation == "coalesce(nullif(x_graphql_operation, ''), method || ' ' || route)"
    assert found.source.error == "nullif(x_graphql_error, '')"
    assert {one.name: [(o.error, o.events) for o in one.outcomes] for one in found.operations} == {
        "PlayVideo": [(None, 1), ("INTERNAL_SERVER_ERROR", 1)],
        "POST /graphql": [(None, 1)],
    }


@pytest.mark.parametrize(
    ("names", "patterns"),
    [
        pytest.param(["access.log"], ["access.log*"], id="its rotated ones will come"),
        pytest.param(
            ["access.log", "access.log.1", "access.log.2.gz"], ["access.log*"], id="all that were rotated"
        ),
        pytest.param(["access.log-20261121.gz"], ["access.log*"], id="rotated by date"),
        pytest.param(["shop.ndjson.gz"], ["shop.ndjson*"], id="compressed from the beginning"),
        pytest.param(["apache_logs"], ["apache_logs"], id="a name without a suffix is itself"),
        pytest.param(["a[1].log"], ["a[[]1].log*"], id="brackets stand for themselves"),
        pytest.param(["a.log", "b.log"], ["a.log*", "b.log*"], id="two logs"),
    ],
)
def test_files_become_patterns_that_find_them(tmp_path: Path, names: list[str], patterns: list[str]) -> None:
    paths = [written(tmp_path / name, line("/a"), line(f"/{name}")) for name in names]
    discovery = discovering.discover(paths, workers=1, given=COMMON)
    inside, outside = placed(discovery, tmp_path), placed(discovery, tmp_path / "elsewhere")
    assert [list(source.paths) for source in inside] == [patterns]
    assert [list(source.paths) for source in outside] == [[f"{tmp_path}/{pattern}" for pattern in patterns]]


def test_folders_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder; name the files in it, such as .*/\*\.log"):
        discovering.files([str(tmp_path)])
    with pytest.raises(FileError, match="there is no such file"):
        discovering.files([str(tmp_path / "gone.log")])
    path = written(tmp_path / "a[1].log", line("/a"))
    assert discovering.files([str(path), f"{tmp_path}/a*.log"]) == [path]


def test_generations_of_one_log_are_read_alike(tmp_path: Path) -> None:
    # In one of them nothing was passed on to an upstream yet, so that alone it tells less about its last field.
    start = '10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl"'
    paths = [
        written(tmp_path / "access.log", *[f'{start} 0.010 "-"\n'] * 50),
        written(tmp_path / "access.log.1", *[f'{start} 0.020 "0.018"\n'] * 51),
    ]
    alone = [discovering.recognise([path])[0] for path in paths]
    assert len({read.how for read in alone if isinstance(read, Read)}) == 2
    [found] = discovering.discover(paths, workers=1).found
    assert found.account.counted == 101
    assert found.source.log_format is not None
    assert "$upstream_response_time" in found.source.log_format


def test_fields_without_a_name_are_said(tmp_path: Path) -> None:
    start = '10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "POST /graphql HTTP/1.1" 200 5 "-" "curl"'
    names = ("PlayVideo", "CourseDetail", "Viewer")
    path = written(tmp_path / "access.log", *(f'{start} "{name}"\n' for name in names * 20))
    [found] = discovering.discover([path], workers=1).found
    assert found.notes[-2:] == (
        "fields without a name: `extra_1` (PlayVideo, CourseDetail). "
        "To use them, give nginx's own directive as `--log-format`",
        "GraphQL requests can't be told apart: log the operation's name, for example as a header",
    )
