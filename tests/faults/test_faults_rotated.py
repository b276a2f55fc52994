"""What happens to log files while they are followed: each line counts once, each cut is noticed once (T3-T6).

One process follows one source for each case; all cases happen to it at the same time.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from followers import FOLLOW, eventually, following, said, workspace
from ids import FORMAT, Books, append, books, line, lines, total

from tabiji import store

HEAD = b"# the same in every file\n" * 50


class Case(NamedTuple):
    """A case at work: its folder, and a wait until so many of its lines have counted."""

    folder: Path
    seen: Callable[[int], None]

    @property
    def log(self) -> Path:
        return self.folder / "access.log"


class Came(NamedTuple):
    """What must have come of a case."""

    ids: Iterable[int]
    truncations: int = 0
    rejected: int = 0


def renamed_with_late_lines(case: Case) -> Came:
    append(case.log, range(10))
    case.seen(10)
    for turn in range(3):
        first = 10 + 20 * turn
        old = case.log.rename(f"{case.log}.{turn}")
        append(case.log, range(first, first + 10))
        case.seen(first + 10)
        append(old, range(first + 10, first + 20))
        case.seen(first + 20)
    return Came(range(70))


def renamed_again_and_again_between_two_looks(case: Case) -> Came:
    append(case.log, range(10))
    case.seen(10)
    for turn in range(1, 6):
        append(case.log, range(10 * turn, 10 * turn + 10))
        for older in range(turn - 1, 0, -1):
            Path(f"{case.log}.{older}").rename(f"{case.log}.{older + 1}")
        case.log.rename(f"{case.log}.1")
    append(case.log, range(60, 70))
    return Came(range(70))


def renamed_to_where_no_pattern_finds_it(case: Case) -> Came:
    append(case.log, range(10))
    case.seen(10)
    old = case.log.rename(case.folder / "old")
    append(old, range(10, 20))
    append(case.log, range(20, 30))
    case.seen(30)
    append(old, range(30, 40))
    return Came(range(40))


def compressed_after_a_delay(case: Case) -> Came:
    for turn in range(3):
        append(case.log, range(100 * turn, 100 * turn + 100))
        case.seen(100 * turn + 100)
        plain = Path(f"{case.log}.1")
        if plain.exists():  # as `delaycompress` does: the one before is packed when the next is renamed
            Path(f"{case.log}.{turn + 1}.gz").write_bytes(gzip.compress(plain.read_bytes()))
            plain.unlink()
        case.log.rename(plain)
    append(case.log, range(300, 310))
    return Came(range(310))


def compressed_before_its_last_lines_were_seen(case: Case) -> Came:
    append(case.log, range(100))
    case.seen(100)
    append(case.log, range(100, 200))
    Path(f"{case.log}.1.gz").write_bytes(gzip.compress(case.log.read_bytes()))
    case.log.unlink()
    return Came(range(200))


def copied_and_cut_off(case: Case) -> Came:
    append(case.log, range(100))
    case.seen(100)
    append(case.log, range(100, 110))
    shutil.copy(case.log, f"{case.log}.1")
    os.truncate(case.log, 0)
    append(case.log, range(110, 120))
    case.seen(120)
    return Came(range(120), truncations=1)


def cut_off_and_grown_beyond_where_it_was(case: Case) -> Came:
    append(case.log, range(100))
    case.seen(100)
    shutil.copy(case.log, f"{case.log}.1")
    os.truncate(case.log, 0)
    append(case.log, range(100, 400))
    case.seen(400)
    os.truncate(case.log, 0)
    case.seen(400)
    append(case.log, range(400, 410))
    return Came(range(410), truncations=2)


def deleted_and_made_anew(case: Case) -> Came:
    written = 0
    for length in (100, 40, 40, 200):  # shorter, equal, longer
        case.log.unlink(missing_ok=True)
        append(case.log, range(written, written + length))
        written += length
        case.seen(written)
    # ext4 gives the inode of the one just deleted; whether it was cut off or made anew nobody can tell then
    return Came(range(written))


def the_same_inode_with_other_content(case: Case) -> Came:
    written = 0
    for length in (100, 40, 40, 200):
        case.log.touch()
        with case.log.open("r+b") as file:
            file.truncate(0)
            file.write(lines(range(written, written + length)))
        written += length
        case.seen(written)
    return Came(range(written), truncations=3)


def fifty_files_that_begin_alike(case: Case) -> Came:
    logs = [Path(f"{case.log}.{number}") for number in range(50)]
    for log in logs:
        log.write_bytes(HEAD)
    for number, log in enumerate(logs):
        append(log, range(10 * number, 10 * number + 5))
    case.seen(250)
    for number, log in enumerate(logs):
        append(log, range(10 * number + 5, 10 * number + 10))
    case.seen(500)
    return Came(range(500), rejected=50 * 50)


def empty_for_a_while(case: Case) -> Came:
    logs = [Path(f"{case.log}.{number}") for number in range(5)]
    for log in logs:
        log.touch()
    append(logs[0], range(5))
    case.seen(5)
    for number, log in enumerate(logs):
        append(log, range(10 + number, 11 + number))
    return Came([*range(5), *range(10, 15)])


def a_link_that_is_switched(case: Case) -> Came:
    days = [case.folder / day / "app" for day in ("monday", "tuesday")]
    for day in days:
        day.parent.mkdir()
    append(days[0], range(10))
    case.log.symlink_to(days[0])
    case.seen(10)
    append(days[1], range(10, 20))
    case.log.unlink()
    case.log.symlink_to(days[1])
    append(days[0], range(20, 25))  # the old one's late lines
    case.seen(25)
    append(days[0], range(25, 30))
    append(days[1], range(30, 40))
    return Came(range(40))


def a_folder_that_appears_later(case: Case) -> Came:
    append(case.log, range(10))
    case.seen(10)
    deep = case.folder / "new" / "deep"
    deep.mkdir(parents=True)
    append(deep / "access.log", range(10, 20))
    case.seen(20)
    append(case.folder / "new" / "access.log", range(20, 30))
    return Came(range(30))


def half_a_line_for_a_while(case: Case) -> Came:
    append(case.log, range(10))
    with case.log.open("ab", buffering=0) as file:
        file.write(line(10)[:30])
        case.seen(10)
        file.write(line(10)[30:] + line(11)[:-1])
        case.seen(11)
        os.utime(case.log, (0, 0))  # left alone for a long time
        case.seen(12)
        file.write(b" and more\n" + line(12))
    return Came(range(13), rejected=1)


def nothing_there_and_then_unreadable(case: Case) -> Came:
    case.log.symlink_to(case.folder / "later")
    append(case.folder / "access.log.good", range(10))
    case.seen(10)
    append(case.folder / "later", range(10, 20))
    case.seen(20)
    forbidden = case.folder / "access.log.forbidden"
    append(forbidden.with_name("hidden"), range(20, 30))
    forbidden.with_name("hidden").chmod(0)
    forbidden.with_name("hidden").rename(forbidden)
    root = case.folder.parents[1]
    eventually(lambda: f"{forbidden}: Permission denied" in said(root), why=lambda: said(root))
    forbidden.chmod(0o644)
    return Came(range(30))


CASES = (
    renamed_with_late_lines,
    renamed_again_and_again_between_two_looks,
    renamed_to_where_no_pattern_finds_it,
    compressed_after_a_delay,
    compressed_before_its_last_lines_were_seen,
    copied_and_cut_off,
    cut_off_and_grown_beyond_where_it_was,
    deleted_and_made_anew,
    the_same_inode_with_other_content,
    fifty_files_that_begin_alike,
    empty_for_a_while,
    a_link_that_is_switched,
    a_folder_that_appears_later,
    half_a_line_for_a_while,
    nothing_there_and_then_unreadable,
)


def test_whatever_happens_to_followed_files_each_line_counts_once(store_url: str, tmp_path: Path) -> None:
    workspace(tmp_path, store_url)
    if not store_url.startswith("sqlite"):
        Path(store_url.partition("?host=")[2]).chmod(
            0o755
        )  # to the server's socket, also without root's rights
    definition = [f"store: {json.dumps(store_url)}", "sources:"]
    for case in CASES:
        (tmp_path / "logs" / case.__name__).mkdir()
        definition.append(
            f"  {case.__name__}: {{format: nginx, paths: ['logs/{case.__name__}/**/access.log*'], "
            f"log_format: {json.dumps(FORMAT)}}}"
        )
    (tmp_path / "tabiji.yaml").write_text("\n".join(definition) + "\n")

    def run(case: Callable[[Case], Came]) -> tuple[Books, int, int, Came]:
        name = case.__name__

        def seen(lines: int) -> None:
            eventually(lambda: total(store_url, name) >= lines, why=lambda: (name, lines, said(tmp_path)))

        came = case(Case(tmp_path / "logs" / name, seen))
        seen(len(list(came.ids)))
        with store.open(store_url) as opened:
            files = opened.files(name)
            rejected = sum(lines for _, lines in opened.accounts()[name].rejected)
        cuts = came.truncations if case is deleted_and_made_anew else sum(one.truncations for one in files)
        return books(store_url, came.ids, name), cuts, rejected, came

    with following(tmp_path, FOLLOW, without_rights=True), ThreadPoolExecutor(len(CASES)) as threads:
        found = dict(zip((case.__name__ for case in CASES), threads.map(run, CASES), strict=True))
    assert {name: (were, cuts, rejected) for name, (were, cuts, rejected, _) in found.items()} == {
        name: (Books(), came.truncations, came.rejected) for name, (_, _, _, came) in found.items()
    }
