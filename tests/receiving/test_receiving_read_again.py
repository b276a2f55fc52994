"""Pushed lines can be looked at again; a source that is only pushed to is no fault anywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pushed import NOW, line, lines

from conftest import SOURCES
from tabiji import definitions, store
from tabiji.definitions import Site
from tabiji.runs import exploring
from tabiji.runs.exploring import Gone, Line
from tabiji.runs.receiving import FILE_SECONDS_MAX, Receiving
from tabiji.store import Store

JOURNEY = """
journey: look
steps: {a: {events: "source = 'app'"}}
objectives:
  good: {good: status < 500, target: 99%}
"""
DAY = 86_400


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Site:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "look.yaml").write_text(JOURNEY)
    (tmp_path / "tabiji.yaml").write_text(f"store: {store_url}\nretention: {{received: 3d}}\n{SOURCES}")
    return definitions.load(tmp_path, {})


def bad(site: Site, opened: Store) -> list[Line | Gone]:
    (journey,) = site.journeys
    first = NOW // 60
    return list(
        exploring.lines(
            site, opened, journey, journey.objectives[0], bad=True, first_minute=first, end_minute=first + 1
        )
    )


def test_pushed_lines_are_found_again_until_they_are_kept_no_longer(site: Site) -> None:
    with store.open(site.store) as opened, Receiving(opened, lambda: site) as receiving:
        for number, now in enumerate((NOW, NOW + 1, NOW + FILE_SECONDS_MAX)):
            receiving.receive("app", lines(3) + line(90 + number, 500), f"{number}", now)
        found = bad(site, opened)
        assert [json.loads(one.text)["path"] for one in found if isinstance(one, Line)] == [
            "/a/90",
            "/a/91",
            "/a/92",
        ]
        assert len({one.path for one in found}) == 2  # a new file each hour
        written = max(path.stat().st_mtime for path in (site.folder / "received").rglob("*.zst"))
        receiving.tidy(written + 3 * DAY - 60)
        assert bad(site, opened) == found
        receiving.tidy(written + 3 * DAY + 60)
        gone = bad(site, opened)
        assert {(one.lines, one.reason) for one in gone if isinstance(one, Gone)} == {
            (8, "the file is gone"),
            (4, "the file is gone"),
        }
        assert len(gone) == 2
        assert opened.accounts()["app"].counted == 12  # counts stay


def test_what_was_written_and_not_counted_is_never_counted_later(site: Site) -> None:
    """A crash between the file and the commit: the next process begins a file of its own."""
    with store.open(site.store) as opened:
        with Receiving(opened, lambda: site) as receiving:
            receiving.receive("app", lines(3), None, NOW)
        (path,) = (site.folder / "received").rglob("*.zst")
        with path.open("ab") as file:
            file.write(path.read_bytes())
        with Receiving(opened, lambda: site) as receiving:
            receiving.receive("app", lines(2), None, NOW + 1)
        assert opened.accounts()["app"].counted == 5
        assert len(bad(site, opened)) == 0


def test_a_file_that_is_lost_while_it_is_open_loses_no_counts(site: Site) -> None:
    with store.open(site.store) as opened, Receiving(opened, lambda: site) as receiving:
        receiving.receive("app", lines(3), None, NOW)
        shutil.rmtree(site.folder / "received")
        assert receiving.receive("app", lines(3), None, NOW + FILE_SECONDS_MAX).account.counted == 3
        assert opened.accounts()["app"].counted == 6


@pytest.mark.parametrize("command", ["check", "ingest", "doctor"])
def test_a_source_without_paths_is_no_fault(tmp_path: Path, command: str) -> None:
    (tmp_path / "tabiji.yaml").write_text(SOURCES)
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", command, "-C", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "path" in done.stderr) == (0, False), done.stdout + done.stderr
