"""Files that are renamed, compressed, copied, cut off, made anew: each line is counted once (T3–T6)."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
from ingesters import as_anybody
from outcome import IDLE, account, by_minute, idle, ingest, web
from writing import BASE, PACKED, SUFFIX, Event, log
from writing import by_minute as expected

from tabiji import store
from tabiji.counting import Account
from tabiji.definitions import Source
from tabiji.store import Store

ONE, TWO, THREE, FOUR, FIVE = (
    [Event(BASE + minute, status, f"/{status}", us=1000) for minute in range(20) for status in statuses]
    for statuses in ((200, 201), (202, 203), (204, 206), (301, 302), (303, 304))
)


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as one:
        yield one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder / "access.log"


@pytest.fixture
def source(path: Path) -> Source:
    return web(f"{path}*")


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def rewrite(path: Path, content: bytes) -> None:
    """The same inode with other content."""
    inode = path.stat().st_ino
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(content)
    assert path.stat().st_ino == inode


def pack(path: Path, kind: str) -> Path:
    """As logrotate does it: the packed file beside it, then the plain one away."""
    packed = path.with_name(path.name + SUFFIX[kind])
    packed.write_bytes(PACKED[kind](path.read_bytes()))
    path.unlink()
    return packed


# T3: half a last line


def test_half_a_last_line_waits_for_its_newline(opened: Store, path: Path, source: Source) -> None:
    whole = log(ONE)
    append(path, whole[:-20])
    assert ingest(source, opened).account.read == len(ONE) - 1
    assert ingest(source, opened).account.read == 0
    append(path, whole[-20:-1])
    assert ingest(source, opened).account.read == 0
    append(path, b"\n")
    assert ingest(source, opened).account.read == 1
    assert by_minute(opened) == expected(ONE)


def test_a_file_that_is_half_a_line_waits(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE[:1])[:-1])
    assert ingest(source, opened).files == 0
    assert opened.files("web") == []
    append(path, b"\n")
    assert ingest(source, opened).account == Account(1, 1)


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd", "bzip2"])
def test_a_last_line_without_newline_counts_when_the_file_has_been_idle(
    opened: Store, path: Path, source: Source, kind: str
) -> None:
    path.write_bytes(PACKED[kind](log(ONE)[:-1]))
    assert ingest(source, opened).account.read == len(ONE) - 1
    idle(path)
    assert ingest(source, opened).account == Account(1, 1)
    assert ingest(source, opened).account == Account()
    assert by_minute(opened) == expected(ONE)


@pytest.mark.parametrize("kind", ["plain", "gzip"])
@pytest.mark.parametrize(
    ("goes_on", "read", "rejected"),
    [
        pytest.param(b"\n", 0, (), id="with its newline"),
        pytest.param(b"\n" + log(TWO[:1]), 1, (), id="with its newline and another line"),
        pytest.param(b" and more\n", 1, (("torn", 1),), id="with more of the line"),
        pytest.param(
            b" and more\n" + log(TWO[:1]), 2, (("torn", 1),), id="with more of it, and another line"
        ),
    ],
)
def test_a_line_that_counted_without_its_newline_never_counts_again(
    opened: Store, path: Path, source: Source, kind: str, goes_on: bytes, read: int, rejected: tuple[object]
) -> None:
    begun = log(ONE)[:-1]
    path.write_bytes(begun)
    idle(path)
    assert ingest(source, opened).account == Account(len(ONE), len(ONE))
    append(path, goes_on)
    if kind == "gzip":
        pack(path, kind)
    later = ingest(source, opened, later=IDLE)
    assert (later.account.read, later.account.rejected) == (read, rejected)
    assert by_minute(opened) == expected(ONE) + expected(TWO[: read - len(rejected)])
    assert ingest(source, opened, later=IDLE).account == Account()


def test_the_rest_of_a_counted_line_waits_for_its_newline(opened: Store, path: Path, source: Source) -> None:
    path.write_bytes(log(ONE)[:-1])
    idle(path)
    ingest(source, opened)
    append(path, b" and")
    assert ingest(source, opened, later=IDLE).account == Account()
    append(path, b" more\n" + log(TWO))
    assert ingest(source, opened).account == Account(len(TWO) + 1, len(TWO), (("torn", 1),))
    assert by_minute(opened) == expected(ONE) + expected(TWO)


# T4: rotation by rename, and compression


def test_late_writes_to_a_renamed_file_count(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    old = path.rename(f"{path}.1")
    append(old, log(TWO[:5]))
    append(path, log(THREE))
    assert ingest(source, opened).account.read == 5 + len(THREE)
    append(old, log(TWO[5:]))
    assert ingest(source, opened).account.read == len(TWO) - 5
    assert by_minute(opened) == expected(ONE + TWO + THREE)
    assert len(opened.files("web")) == 2


def test_three_rotations_while_nobody_looked(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    append(path, log(TWO[:1]))
    for rotation, content in enumerate((TWO[1:], THREE, ONE)):
        for older in range(rotation, 0, -1):
            Path(f"{path}.{older}").rename(f"{path}.{older + 1}")
        path.rename(f"{path}.1")
        append(path, log(content, 100 * rotation))
    assert ingest(source, opened).account.read == len(TWO) + len(THREE) + len(ONE)
    assert by_minute(opened) == expected(ONE + TWO + THREE + ONE)
    assert [len(opened.files("web")), ingest(source, opened).account.read] == [4, 0]


def test_a_rotated_file_is_known_by_its_new_name_although_nothing_was_written(
    opened: Store, path: Path, source: Source
) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    path.rename(f"{path}.1")
    assert ingest(source, opened).account == Account()
    assert [file.path for file in opened.files("web")] == [f"{path}.1"]
    assert len(opened.chunks("web")) == 1


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2"])
@pytest.mark.parametrize("lines_read", [0, 1, 7, len(ONE)], ids=["not read", "one line", "half read", "read"])
def test_the_compressed_twin_of_a_file_counts_from_where_the_file_was(
    opened: Store, path: Path, source: Source, kind: str, lines_read: int
) -> None:
    append(path, log(ONE[:lines_read]))
    ingest(source, opened)
    append(path, log(ONE[lines_read:], lines_read))
    pack(path.rename(f"{path}.1"), kind)
    append(path, log(TWO))
    assert ingest(source, opened).account.read == len(ONE) - lines_read + len(TWO)
    assert by_minute(opened) == expected(ONE + TWO)
    assert ingest(source, opened).account == Account()


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bzip2"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_twin_that_is_being_compressed_counts_nothing(
    opened: Store, path: Path, source: Source, kind: str, share: float
) -> None:
    content = log(ONE * 400)
    append(path, content)
    ingest(source, opened)
    packed, twin = PACKED[kind](content), path.with_name(path.name + SUFFIX[kind])
    twin.write_bytes(packed[: int(len(packed) * share)])
    assert ingest(source, opened).account == Account()
    append(twin, packed[int(len(packed) * share) :])
    assert ingest(source, opened).account == Account()
    path.unlink()
    append(path, log(TWO))
    assert ingest(source, opened).account.read == len(TWO)
    assert by_minute(opened) == expected(ONE * 400 + TWO)


def test_a_twin_that_is_met_half_made_before_its_file_counts_once(
    opened: Store, path: Path, source: Source
) -> None:
    content = log(ONE * 400)
    append(path, content)
    packed = gzip.compress(content)
    twin = path.with_name("access.log-0.gz")  # both are new
    twin.write_bytes(packed[: len(packed) // 2])
    idle(twin)  # the older one is read first
    ingest(source, opened)
    append(twin, packed[len(packed) // 2 :])
    ingest(source, opened)
    path.unlink()
    ingest(source, opened)
    assert by_minute(opened) == expected(ONE * 400)


def test_a_file_renamed_to_where_no_pattern_finds_it_is_read_to_its_end(opened: Store, path: Path) -> None:
    only = web(path)
    append(path, log(ONE))
    ingest(only, opened)
    append(path, log(TWO[:4]))
    old = path.rename(f"{path}.1")
    append(path, log(THREE))
    assert ingest(only, opened).account.read == 4 + len(THREE)
    append(old, log(TWO[4:]))
    assert ingest(only, opened).account.read == len(TWO) - 4
    assert ingest(only, opened).account == Account()
    assert by_minute(opened) == expected(ONE + TWO + THREE)


def test_a_file_beside_is_not_read_because_it_was_once(opened: Store, path: Path) -> None:
    other = path.with_name("other.log")
    append(path, log(ONE))
    append(other, log(TWO))
    ingest(web(path, other), opened)
    append(other, log(THREE))
    assert ingest(web(path), opened).account == Account()


# T5: copytruncate


def test_a_file_copied_and_cut_off_counts_once(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    append(path, log(TWO))
    shutil.copy(path, f"{path}.1")
    rewrite(path, b"")
    first = ingest(source, opened)
    assert (first.account.read, first.problems) == (len(TWO), ())
    append(path, log(THREE))
    second = ingest(source, opened)
    assert second.account.read == len(THREE)
    assert by_minute(opened) == expected(ONE + TWO + THREE)
    assert first.truncations + second.truncations == 1
    assert sum(file.truncations for file in opened.files("web")) == 1


@pytest.mark.parametrize("length", ["shorter", "equal", "longer"])
@pytest.mark.parametrize("suffix", [".1", "-copy"])
@pytest.mark.parametrize("first", ["copy", "original"])
def test_regrowth_after_the_cut_is_new(
    opened: Store, path: Path, source: Source, length: str, suffix: str, first: str
) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    copy = Path(f"{path}{suffix}")
    shutil.copy(path, copy)
    content = {"shorter": TWO[:4], "equal": TWO, "longer": TWO + THREE}[length]
    rewrite(path, log(content))
    idle(copy if first == "copy" else path)
    outcome = ingest(source, opened)
    assert (outcome.account.read, outcome.truncations) == (len(content), 1)
    assert ingest(source, opened).account == Account()
    assert by_minute(opened) == expected(ONE + content)
    assert sum(file.truncations for file in opened.files("web")) == 1


def test_every_cut_is_noticed_once(opened: Store, path: Path, source: Source) -> None:
    for number, content in enumerate([ONE, TWO, THREE, ONE[1:], TWO[1:]]):
        path.touch()
        rewrite(path, log(content))
        outcome = ingest(source, opened)
        assert (outcome.account.read, outcome.truncations) == (len(content), int(number > 0))
        assert ingest(source, opened).truncations == 0
    assert sum(file.truncations for file in opened.files("web")) == 4


def test_a_copy_counts_nothing_when_the_writer_went_on_between_copy_and_cut(
    opened: Store, path: Path, source: Source
) -> None:
    append(path, log(ONE * 5))
    shutil.copy(path, f"{path}.1")
    append(path, log(TWO))  # these are in no copy
    ingest(web(path), opened)
    rewrite(path, log(THREE))
    for _ in range(2):
        ingest(source, opened)
    pack(Path(f"{path}.1"), "gzip")
    ingest(source, opened)
    assert by_minute(opened) == expected(ONE * 5 + TWO + THREE)


@pytest.mark.parametrize("share", [0.1, 0.5, 1])
def test_a_copy_in_the_making_counts_nothing(opened: Store, path: Path, source: Source, share: float) -> None:
    content = log(ONE * 20)
    append(path, content)
    ingest(source, opened)
    copy = Path(f"{path}.1")
    copy.write_bytes(content[: int(len(content) * share)])
    append(path, log(TWO))
    assert ingest(source, opened).account.read == len(TWO)
    copy.write_bytes(path.read_bytes())
    assert ingest(source, opened).account.read == 0
    rewrite(path, log(THREE))
    assert ingest(source, opened).account.read == len(THREE)
    assert by_minute(opened) == expected(ONE * 20 + TWO + THREE)


# T6: made anew, alike, empty, linked, unreadable


@pytest.mark.parametrize("content", [TWO[:4], TWO, TWO + THREE], ids=["shorter", "equal", "longer"])
def test_a_file_made_anew_in_the_same_inode_is_another(
    opened: Store, path: Path, source: Source, content: list[Event]
) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    rewrite(path, log(content))
    assert ingest(source, opened).account.read == len(content)
    assert ingest(source, opened).account == Account()
    assert by_minute(opened) == expected(ONE + content)
    assert [file.generation for file in opened.files("web")] == [0, 1]


@pytest.mark.parametrize("content", [TWO[:4], TWO, TWO + THREE], ids=["shorter", "equal", "longer"])
def test_a_file_deleted_and_made_anew_is_another(
    opened: Store, path: Path, source: Source, content: list[Event]
) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    path.unlink()
    append(path, log(content))
    assert ingest(source, opened).account.read == len(content)
    assert by_minute(opened) == expected(ONE + content)


def test_an_inode_freed_by_compression_is_no_truncation(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE))
    ingest(source, opened)
    old = path.rename(f"{path}.1")
    ingest(source, opened)
    inode = old.stat().st_ino
    content = old.read_bytes()
    rewrite(old, log(TWO))  # the new log gets the inode of the old one
    old.rename(path)
    Path(f"{path}.1.gz").write_bytes(gzip.compress(content))
    assert path.stat().st_ino == inode
    outcome = ingest(source, opened)
    assert (outcome.account.read, outcome.truncations) == (len(TWO), 0)
    assert by_minute(opened) == expected(ONE + TWO)


def test_files_that_begin_alike_are_each_their_own(opened: Store, path: Path, source: Source) -> None:
    head = b"# the same in every file\n" * 50
    assert len(head) > 1024
    files = [Path(f"{path}.{number:02}") for number in range(50)]
    events = [[Event(BASE + n, 200 + n, us=10 * n + m) for m in range(3)] for n in range(50)]
    for number, file in enumerate(files):
        file.write_bytes(head + log(events[number][:1], number))
    ingest(source, opened)
    for number, file in enumerate(files):
        append(file, log(events[number][1:], number))
    files[7].unlink()  # counted once; its end nobody has seen
    ingest(source, opened)
    files[8].rename(f"{path}.new")
    pack(files[9], "gzip")
    ingest(source, opened)
    counted = [event for n, own in enumerate(events) for event in (own[:1] if n == 7 else own)]
    assert by_minute(opened) == expected(counted)
    assert account(opened).rejected == (("not_this_format", 50 * 50),)
    assert len(opened.files("web")) == 50


def test_files_with_nothing_but_the_same_head_are_told_apart_when_they_grow(
    opened: Store, path: Path, source: Source
) -> None:
    head = b"# the same in every file\n" * 50
    files = [Path(f"{path}.{number}") for number in range(5)]
    events = [[Event(BASE + n, 200 + n) for _ in range(n + 1)] for n in range(5)]
    for file in files:
        file.write_bytes(head)
    ingest(source, opened)
    for number, file in enumerate(files):
        append(file, log(events[number], number))
        ingest(source, opened)
    ingest(source, opened)
    assert by_minute(opened) == expected(event for own in events for event in own)
    assert account(opened).rejected == (("not_this_format", 50 * 5),)


@pytest.mark.parametrize("kind", ["plain", "gzip"])
def test_two_short_files_that_are_the_same_both_count(
    opened: Store, path: Path, source: Source, kind: str
) -> None:
    for host in ("a", "b"):
        Path(f"{path}.{host}").write_bytes(PACKED[kind](log(ONE[:2])))
    ingest(source, opened)
    ingest(source, opened)
    assert by_minute(opened) == expected(ONE[:2] * 2)


def test_empty_files_are_nothing_until_they_grow(opened: Store, path: Path, source: Source) -> None:
    for kind in PACKED:
        path.with_name(path.name + SUFFIX[kind]).write_bytes(PACKED[kind](b"") if kind != "plain" else b"")
    outcome = ingest(source, opened)
    assert (outcome.account, outcome.problems, outcome.files) == (Account(), (), 0)
    append(path, log(ONE))
    assert ingest(source, opened).account.read == len(ONE)


def test_a_link_that_is_switched_leads_to_two_files(opened: Store, path: Path) -> None:
    folder = path.parent / "days"
    folder.mkdir()
    monday, tuesday = folder / "monday.log", folder / "tuesday.log"
    append(monday, log(ONE))
    path.symlink_to(monday)
    ingest(web(path), opened)
    append(monday, log(TWO))  # seen by nobody before the link points elsewhere
    append(tuesday, log(THREE))
    path.unlink()
    path.symlink_to(tuesday)
    ingest(web(path), opened)
    path.unlink()
    path.symlink_to(monday)
    ingest(web(path), opened)
    assert by_minute(opened) == expected(ONE + THREE) + expected(TWO)


def test_a_link_and_its_file_are_one(opened: Store, path: Path, source: Source) -> None:
    append(path, log(ONE))
    Path(f"{path}.current").symlink_to(path)
    os.link(path, f"{path}.hard")
    for content in (TWO, THREE):
        ingest(source, opened)
        append(path, log(content))
    ingest(source, opened)
    assert by_minute(opened) == expected(ONE + TWO + THREE)
    assert len(opened.files("web")) == 1


def test_what_cannot_be_read_is_said_and_the_rest_counts(opened: Store, path: Path) -> None:
    good, dangling, pipe = path, path.with_name("dangling"), path.with_name("pipe")
    append(good, log(ONE))
    dangling.symlink_to(path.with_name("nowhere"))
    os.mkfifo(pipe)
    gone = path.with_name("gone")
    outcome = ingest(web(gone, f"{path.parent}/*"), opened)
    assert outcome.account.read == len(ONE)
    assert Counter((Path(problem.path).name, problem.message) for problem in outcome.problems) == Counter(
        {
            ("gone", "No such file or directory"): 1,
            ("dangling", "No such file or directory"): 1,
            ("pipe", "not a regular file"): 1,
        }
    )
    pipe.unlink()
    append(pipe, log(TWO))
    append(path.with_name("nowhere"), log(THREE))
    outcome = ingest(web(f"{path.parent}/*"), opened)
    assert (outcome.account.read, outcome.problems) == (len(TWO + THREE), ())
    assert by_minute(opened) == expected(ONE + TWO + THREE)


def test_a_file_that_may_not_be_read_counts_once_it_may(store_url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path, forbidden = Path(folder) / "access.log", Path(folder) / "access.log.1"
        append(path, log(ONE))
        append(forbidden, log(TWO))
        forbidden.chmod(0)
        denied = ((str(forbidden), "Permission denied"),)
        assert as_anybody(store_url, f"{path}*") == (len(ONE), denied)
        assert as_anybody(store_url, f"{path}*") == (0, denied)
        forbidden.chmod(0o644)
        assert as_anybody(store_url, f"{path}*") == (len(TWO), ())
    with store.open(store_url) as opened:
        assert by_minute(opened) == expected(ONE + TWO)


# All of that while files are being read


@pytest.mark.parametrize("pooled", [False, True], ids=["here", "in a pool"])
@pytest.mark.parametrize("what", ["renamed", "copied and cut off", "packed"])
def test_a_file_that_is_taken_away_while_it_is_read_is_found_again(
    opened: Store, path: Path, source: Source, pool: Executor, what: str, pooled: bool
) -> None:
    for name, content in (("first", ONE), ("second", TWO)):
        append(Path(f"{path}.{name}"), log(content))
        idle(Path(f"{path}.{name}"))
    append(path, log(THREE))
    happened = []

    def rotate(point: str) -> None:
        """When the first file is committed, the second is being counted and the third is listed."""
        if point != "before-begin" or happened:
            return
        happened.append(point)
        for name, new in (("second", FOUR), (None, FIVE)):
            old = Path(f"{path}.{name}") if name else path
            if what == "renamed":
                old.rename(f"{old}.1")
                append(old, log(new))
            elif what == "packed":
                pack(old, "gzip")
                append(old, log(new))
            else:
                shutil.copy(old, f"{old}.1")
                rewrite(old, log(new))

    ingest(source, opened, reached=rotate, executor=pool if pooled else None)
    ingest(source, opened)
    assert happened
    assert by_minute(opened) == expected(ONE + TWO + THREE + FOUR + FIVE)
    assert ingest(source, opened).account == Account()


def test_lines_that_were_read_count_although_their_file_is_deleted(
    opened: Store, path: Path, source: Source
) -> None:
    append(path, log(ONE))
    assert ingest(source, opened, reached=lambda _: path.unlink(missing_ok=True)).problems == ()
    assert by_minute(opened) == expected(ONE)
