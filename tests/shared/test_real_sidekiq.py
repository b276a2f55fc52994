"""A real Sidekiq log replayed while it is followed → the rollups of the whole file counted at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tabiji import definitions, store
from tabiji.counting import Account, Series
from tabiji.runs import ingesting
from tabiji.store import Store

LOGS = sorted((Path(__file__).parents[3] / "shared" / "data" / "jobs" / "sidekiq").glob("*json*"))
PIECES = 12
PATIENCE = 60


def contents(opened: Store) -> dict[tuple[int, Series], tuple[int, int]]:
    known, found = opened.series("jobs"), {}
    for page in opened.rows("minute", 0, 2**31, list(known), latencies=False):
        for at in range(len(page)):
            key = int(page.minute[at]), known[int(page.series[at])]
            found[key] = int(page.events[at]), int(page.duration_us[at])
    return found


def workspace(folder: Path, url: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tabiji.yaml").write_text(
        f"store: '{url}'\nsources:\n  jobs: {{format: sidekiq, paths: [sidekiq.log*]}}\n"
    )
    return folder


def test_there_is_a_real_log() -> None:
    assert LOGS


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_a_log_replayed_in_pieces_counts_as_the_whole(log: Path, store_url: str, tmp_path: Path) -> None:
    content = log.read_bytes()
    whole = workspace(tmp_path / "whole", f"sqlite:///{tmp_path}/whole.db")
    (whole / "sidekiq.log").write_bytes(content)
    site = definitions.load(whole, {})
    with store.open(site.store) as opened:
        ingesting.ingest(site.sources[0], opened, now=int(time.time()), workers=1)
        expected, account = contents(opened), opened.accounts()["jobs"]
    folder = workspace(tmp_path / "live", store_url)
    live = folder / "sidekiq.log"
    command = [sys.executable, "-m", "tabiji", "serve", "--port", "0"]
    with (
        (folder / "said").open("w") as said,
        subprocess.Popen(command, cwd=folder, stdout=said, stderr=said) as process,
        store.open(store_url) as opened,
    ):
        try:
            for number in range(PIECES):
                start, end = len(content) * number // PIECES, len(content) * (number + 1) // PIECES
                with live.open("ab") as file:
                    file.write(content[start:end])
                if content[end - 1 : end] == b"\n" and number % 2:
                    live.rename(f"{live}.{number}")
                time.sleep(0.3)
            until = time.monotonic() + PATIENCE
            while opened.accounts().get("jobs", Account()).read < account.read:
                assert time.monotonic() < until, (folder / "said").read_text()
                time.sleep(0.1)
        finally:
            process.terminate()
        assert process.wait(20) == 0
        assert opened.accounts()["jobs"] == account
        assert contents(opened) == expected
