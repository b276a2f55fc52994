"""kill -9 of what follows, at random moments, while its log grows and is renamed: lost 0, twice 0 (T1).

`TABIJI_SOAK_ROUNDS=500` kills so many times; `TABIJI_SEED` repeats a run.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from followers import ROUNDS, eventually, following, kill, said, seeded, start, workspace
from ids import Books, books, line, total

COMMANDS = (("ingest", "--follow"),)


class _Writer(threading.Thread):
    """Writes lines in pieces that end anywhere, about 2,000 a second, and renames its log now and then."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log
        self._chance = seeded()
        self._over = threading.Event()
        self.written = 0

    def run(self) -> None:
        file = self._log.open("ab", buffering=0)
        rotations = 0
        while not self._over.wait(self._chance.uniform(0.0, 0.05)):
            whole = b"".join(line(self.written + more) for more in range(self._chance.randrange(1, 100)))
            cut = self._chance.randrange(len(whole) + 1)
            file.write(whole[:cut])
            time.sleep(self._chance.uniform(0.0, 0.05))
            file.write(whole[cut:])
            self.written += whole.count(b"\n")
            if self._chance.random() < 0.02:
                rotations += 1
                self._log.rename(f"{self._log}.{rotations}")
                file.write(line(self.written))  # a late one
                self.written += 1
                file.close()
                file = self._log.open("ab", buffering=0)
        file.close()

    def end(self) -> int:
        """How many lines it wrote."""
        self._over.set()
        self.join()
        return self.written


def test_killed_at_any_moment_what_follows_loses_nothing_and_counts_nothing_twice(
    store_url: str, tmp_path: Path
) -> None:
    folder = workspace(tmp_path, store_url)
    chance, writer = seeded(), _Writer(folder / "logs" / "access.log")
    writer.start()
    try:
        for number in range(ROUNDS):
            before = total(store_url)
            process = start(folder, COMMANDS[number % len(COMMANDS)])
            if number % 4 == 0:  # the others die wherever they are: while they start, too
                eventually(lambda before=before: total(store_url) > before)  # type: ignore[misc]
            time.sleep(chance.uniform(0.0, 1.5))
            kill(process)
    finally:
        written = writer.end()
    with following(folder):
        eventually(lambda: total(store_url) >= written, why=lambda: (total(store_url), written, said(folder)))
    assert books(store_url, range(written)) == Books()
