"""`tabiji ingest --follow`: a process that goes on, on files that are written, renamed, cut off and made anew."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tabiji import definitions, store
from tabiji.runs.following import Following
from tabiji.store import Store

PATIENCE = 60  # seconds; a test that waits so long has failed
JOURNEY = """\
journey: j
steps: {s: {events: "route like '/%'"}}
objectives:
  works: {good: status < 500, target: 99%}
"""


def lines(count: int, status: int = 200, at: float | None = None) -> str:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC).strftime(
        "%d/%b/%Y:%H:%M:%S +0000"
    )
    return f'1.2.3.4 - - [{moment}] "GET /a HTTP/1.1" {status} 12 "-" "x"\n' * count


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "journeys" / "j.yaml").write_text(JOURNEY)
    (tmp_path / "tabiji.yaml").write_text("sources:\n  web: {format: nginx, paths: [logs/access.log*]}\n")
    return tmp_path


@pytest.fixture
def followed(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tabiji", "ingest", "--follow", "--json"]
    with (
        (folder / "stderr").open("w") as said,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        yield process
        process.kill()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def counted(opened: Store) -> int:
    extent = opened.extent()
    if extent is None:
        return 0
    return int(opened.sums([extent[0], extent[1] + 1]).events.sum())


def test_whatever_happens_to_its_files_each_line_counts_once(
    folder: Path, followed: subprocess.Popen[str]
) -> None:
    log, url = folder / "logs" / "access.log", f"sqlite:///{folder}/tabiji.db"
    append(log, lines(3))
    eventually(lambda: (folder / "tabiji.db").exists())
    with store.open(url) as opened:
        eventually(lambda: counted(opened) == 3)
        append(log, lines(2))
        eventually(lambda: counted(opened) == 5)
        log.rename(folder / "logs" / "access.log.1")
        append(log, lines(4))
        append(folder / "logs" / "access.log.1", lines(1))  # a late one, to the renamed file
        eventually(lambda: counted(opened) == 10)
        content = log.read_text()
        (folder / "logs" / "access.log.2").write_text(content)
        log.write_text("")  # as copytruncate does
        append(log, lines(6, 500))
        eventually(lambda: counted(opened) >= 16)

        journey = folder / "journeys" / "j.yaml"
        journey.write_text(JOURNEY.replace("99%", "oh"))
        eventually(lambda: "the definitions before these stay in force" in (folder / "stderr").read_text())
        journey.write_text(JOURNEY.replace("99%", "98%"))
        eventually(lambda: "are read again" in (folder / "stderr").read_text())
        append(log, lines(1))
        eventually(lambda: counted(opened) >= 17)
    followed.send_signal(signal.SIGTERM)
    said, _ = followed.communicate(timeout=PATIENCE)
    assert followed.returncode == 0
    (source,) = json.loads(said)["sources"]
    assert source["read"] == source["counted"]
    assert source["counted"] >= 17


def test_files_are_refused_with_what_to_do(folder: Path) -> None:
    append(folder / "old.log", lines(1))
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", "ingest", "--follow", "--source", "web", "old.log"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "`--follow` follows the paths of the definitions" in done.stderr
    assert not (folder / "tabiji.db").exists()


def test_a_followed_file_has_long_entries_in_the_ledger_and_is_judged_in_time(folder: Path) -> None:
    site = definitions.load(folder, {})
    log, start = folder / "logs" / "access.log", 1_800_000_000
    with store.open(site.store) as opened:
        following = Following(site, opened, site.sources, 1)
        judged = []
        for second in range(0, 600, 5):
            append(log, lines(20, 500 if second > 300 else 200, at=start + second) + "nonsense\n")
            tick = following.tick(start + second)
            assert [outcome.account.read for outcome in tick.outcomes] == [21]
            judged.append(tick.judged)
        assert following.tick(start + 596).outcomes == ()  # nothing has changed
        (entry,) = opened.chunks()
        assert (entry.start, entry.end) == (0, log.stat().st_size)
        assert (entry.account.read, entry.account.counted) == (120 * 21, 120 * 20)
        assert dict(entry.account.rejected) == {"not_this_format": 120}
        assert (entry.first_minute, entry.last_minute) == (start // 60, (start + 595) // 60)
        assert len(entry.samples) == 12
        until = [one.until_minute for one in judged if one is not None]
        assert until == sorted(until)
        assert until[-1] == (start + 595) // 60
        assert {one.tier.severity for one in opened.alerts() if one.closed_minute is None} == {
            "page",
            "ticket",
        }
