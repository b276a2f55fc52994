"""Ten minutes of a busy site, its log renamed each minute and `tabiji serve` killed each minute → is anything lost?

    just soak                               the loops of the fault tests 500 times, then this
    python bench/soak.py --minutes 10       only this; `--store postgresql://…` on PostgreSQL

Each line has a cell of its own of its second: (second, status, route, duration). So a line that is lost or
counted twice is a cell whose number is wrong, and the ledger says the same in bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from timing import OUT, busy

from tabiji import histograms, store
from tabiji.counting import Account
from tabiji.errors import StoreError

STATUSES, ROUTES, DURATIONS = 20, 10, 100  # of a second: so many lines have each a cell of their own
FORMAT = '$remote_addr [$time_local] "$request" $status $request_time "$http_x_id"'
SLICES = 20  # writes a second, each of which may end in the middle of a line
JOURNEY = """\
journey: j
steps: {s: {events: "route like '/%'"}}
objectives:
  works: {good: status < 215, target: 70%}
  fast: {faster_than: 500ms, target: 30%}
"""

Cell = tuple[int, int, str, int]  # minute, status, route, bucket


def _line_ends(per_second: int) -> list[tuple[str, str]]:
    """For each line of a second what stands before and after its time."""
    found = []
    for number in range(per_second):
        status = 200 + number % STATUSES
        route = "abcdefghij"[number // STATUSES % ROUTES]
        took = (number // (STATUSES * ROUTES) % DURATIONS + 1) / 100
        found.append(("192.0.2.1 [", f'] "GET /{route} HTTP/1.1" {status} {took:.3f} "'))
    return found


class Writer(threading.Thread):
    """Writes so many lines a second, and renames its log every minute; the one before is compressed then."""

    def __init__(self, log: Path, per_second: int, rotate_seconds: int) -> None:
        super().__init__()
        self._log, self._per_second, self._rotate = log, per_second, rotate_seconds
        self._ends = _line_ends(per_second)
        self._over = threading.Event()
        self.seconds: Counter[int] = Counter()  # minute → whole seconds written in it
        self.lines = 0
        self.rotations = 0
        self.late_most = 0.0

    def run(self) -> None:
        chance = random.Random(1)
        file = self._log.open("ab", buffering=0)
        second = int(time.time()) + 1
        rotate_at = second + self._rotate
        while not self._over.is_set():
            when = datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
            block = "".join(
                f'{before}{when}{after}{second}-{number:05d}"\n'
                for number, (before, after) in enumerate(self._ends)
            ).encode()
            cuts = sorted(chance.randrange(len(block)) for _ in range(SLICES - 1))
            for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(block)], strict=True)):
                wait = second + number / SLICES - time.time()
                if wait > 0:
                    time.sleep(wait)
                self.late_most = max(self.late_most, -wait)
                file.write(block[start:end])
                if second >= rotate_at and number == SLICES // 2:
                    self._rename()  # the rest of this second comes late, to the renamed file
                    rotate_at += self._rotate
            if self._log.exists() is False:
                file.close()
                file = self._log.open("ab", buffering=0)
            self.seconds[second // 60] += 1
            self.lines += self._per_second
            second += 1
        file.close()

    def _rename(self) -> None:
        self.rotations += 1
        older = Path(f"{self._log}.{self.rotations - 1}")
        if older.exists():
            threading.Thread(target=_compress, args=(older,)).start()
        self._log.rename(f"{self._log}.{self.rotations}")

    def end(self) -> None:
        self._over.set()
        self.join()

    def expected(self) -> Counter[Cell]:
        """How many lines were written of each cell of a minute."""
        found: Counter[Cell] = Counter()
        for number, (_, after) in enumerate(self._ends):
            words = after.split()
            bucket = histograms.bucket(round(float(words[5]) * 1_000_000))
            for minute, seconds in self.seconds.items():
                found[minute, int(words[4]), words[2], bucket] += seconds
            del number
        return found


def _compress(path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    with path.open("rb") as plain, gzip.open(part, "wb", compresslevel=1) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    part.rename(f"{path}.gz")
    path.unlink()


@dataclass
class Life:
    """One process from its start to its end."""

    began: float
    rss: list[int] = field(default_factory=list)  # bytes, each second, of all its processes
    cpu: float = 0.0  # seconds


class Served:
    """`tabiji serve`, started again and again, and watched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.lives: list[Life] = []

    def start(self) -> None:
        with (self._folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tabiji", "serve", "--port", "0"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self.lives.append(Life(time.time()))

    def look(self) -> None:
        """Notes memory and CPU of now."""
        assert self._process is not None
        try:
            first = psutil.Process(self._process.pid)
            every = [first, *first.children(recursive=True)]
            self.lives[-1].rss.append(sum(one.memory_info().rss for one in every))
            ended = sum(first.cpu_times()[2:4])  # of processes that it started and that have ended
            self.lives[-1].cpu = ended + sum(sum(one.cpu_times()[:2]) for one in every)
        except psutil.NoSuchProcess:
            pass

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> float:
        """Tells it to stop; how many seconds that took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(30):
            sys.exit(f"did not stop well: {(self._folder / 'said').read_text()[-2000:]}")
        return time.monotonic() - began


def counted_lines(url: str) -> int:
    try:
        with store.open(url) as opened:
            return opened.accounts().get("web", Account()).counted
    except StoreError:
        return 0


def found_cells(url: str) -> Counter[Cell]:
    found: Counter[Cell] = Counter()
    with store.open(url) as opened:
        known = opened.series("web")
        for page in opened.rows("minute", 0, 2**31, list(known)):
            starts = [0, *page.ends.tolist()]
            for at in range(len(page)):
                series = known[int(page.series[at])]
                pairs = page.pairs[starts[at] : starts[at + 1]].tolist()
                for bucket, events in histograms.unpack(pairs).items():
                    found[int(page.minute[at]), series.status or 0, series.route or "", bucket] += events
    return found


def books(url: str) -> dict[str, str]:
    """What the accounts, the ledger and the database itself say."""
    with store.open(url) as opened:
        account = opened.accounts()["web"]
        gaps, ends = 0, dict[int | None, int]()
        for entry in sorted(opened.chunks("web"), key=lambda one: (one.file.number or 0, one.start)):
            gaps += ends.get(entry.file.number, 0) != entry.start
            ends[entry.file.number] = entry.end
        integrity = {fact.name: fact.value for fact in opened.check()}.get("integrity", "ok")
        rejected = sum(lines for _, lines in account.rejected)
        balance = account.read - account.counted - rejected - account.filtered - account.duplicate
    return {
        "read − counted − rejected − filtered − duplicate": str(balance),
        "lines rejected": str(rejected),
        "gaps and overlaps in the ledger": str(gaps),
        "integrity_check": integrity,
    }


def soak(url: str | None, minutes: int, per_second: int, every: int) -> dict[str, str]:
    """Writes, renames, kills; then what is to be read in the table."""
    folder = Path(tempfile.mkdtemp(prefix="tabiji-soak-"))
    url = url or f"sqlite:///{folder}/tabiji.db"
    (folder / "journeys").mkdir()
    (folder / "logs").mkdir()
    (folder / "journeys" / "j.yaml").write_text(JOURNEY)
    (folder / "tabiji.yaml").write_text(
        f"store: {json.dumps(url)}\nsources:\n  web:\n    format: nginx\n    paths: ['logs/access.log*']\n"
        f"    log_format: {json.dumps(FORMAT)}\n"
    )
    served, writer = Served(folder), Writer(folder / "logs" / "access.log", per_second, every)
    chance, kills, behind = random.Random(2), 0, list[int]()
    began = time.monotonic()
    served.start()
    writer.start()
    kill_at = time.monotonic() + every * chance.uniform(0.5, 1.0)
    looks = 0
    while time.monotonic() - began < minutes * 60:
        time.sleep(1)
        served.look()
        looks += 1
        if looks % 5 == 0:
            before = writer.lines
            behind.append(max(0, before - counted_lines(url)))
        if time.monotonic() >= kill_at:
            served.kill()
            kills += 1
            kill_at += every
            served.start()
            print(f"{time.monotonic() - began:5.0f} s: killed, {writer.lines:,} lines written", flush=True)
    writer.end()
    ended = time.monotonic()
    while counted_lines(url) < writer.lines and time.monotonic() - ended < 120:
        time.sleep(0.2)
        served.look()
    caught_up, stop_seconds = time.monotonic() - ended, served.stop()
    found, expected = found_cells(url), writer.expected()
    lost = sum((expected - found).values())
    twice = sum((found - expected).values())
    peaks = [max(life.rss) / (1 << 20) for life in served.lives if life.rss]
    seconds = sum(len(life.rss) for life in served.lives)
    figures = {
        "minutes": str(minutes),
        "lines written": f"{writer.lines:,}",
        "lines a second": f"{writer.lines / (minutes * 60):,.0f}",
        "writer behind its plan at most": f"{writer.late_most:.1f} s",
        "renamed and compressed": str(writer.rotations),
        "kill -9": str(kills),
        "lost": str(lost),
        "counted twice": str(twice),
        **books(url),
        "cells compared (minute, status, route, duration)": f"{len(expected):,}",
        "peak memory of each life, MiB": " ".join(f"{one:.0f}" for one in peaks),
        "CPU of serve, cores": f"{sum(life.cpu for life in served.lives) / max(1, seconds):.2f}",
        "lines behind, median of looks": f"{statistics.median(behind):,.0f}",
        "lines behind, at most": f"{max(behind):,}",
        "caught up after the last line": f"{caught_up:.1f} s",
        "stopped within": f"{stop_seconds:.1f} s",
        "database": f"{sum(one.stat().st_size for one in folder.glob('tabiji.db*')) / (1 << 20):.0f} MiB",
        "load of the machine": f"{busy():.1f} on {os.cpu_count()} cores",
    }
    rss = [round(one / (1 << 20)) for life in served.lives for one in life.rss]
    (OUT / "soak.json").write_text(json.dumps({"figures": figures, "rss_mib": rss}, indent=1) + "\n")
    if lost or twice:
        print(f"kept for a look: {folder}")
    else:
        shutil.rmtree(folder)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", help="the address of an empty PostgreSQL database; SQLite where left out")
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--lines", type=int, default=20_000, help="a second")
    parser.add_argument("--every", type=int, default=60, help="seconds between two kills, and two renamings")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    figures = soak(arguments.store, arguments.minutes, arguments.lines, arguments.every)
    print("\n| | |\n|---|---|")
    for name, figure in figures.items():
        print(f"| {name} | {figure} |")
    sound = figures["lost"] == figures["counted twice"] == "0" and figures["integrity_check"] == "ok"
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
