"""Each example is a workspace that runs, and its README shows what the commands really print."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tabiji.cli import cli

EXAMPLES = Path(__file__).parents[1] / "examples"
CONSOLE = re.compile(r"^```console\n\$ tabiji ([^\n]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example about a system, with its logs counted."""
    folder = tmp_path_factory.mktemp("examples") / "eight"
    shutil.copytree(EXAMPLES / "eight", folder, ignore=shutil.ignore_patterns("logs", "*.db*"))
    runpy.run_path(str(folder / "logs.py"))["write"](folder / "logs")
    tabiji(folder, "check")
    tabiji(folder, "ingest")
    return folder


def tabiji(folder: Path, *words: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(cli, [*words, "-C", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def status(folder: Path, *words: str) -> dict[str, dict[str, object]]:
    """Objectives by name."""
    document = json.loads(tabiji(folder, "status", "--json", *words))
    return {one["objective"]: one for one in document["objectives"]}


def test_the_readme_shows_what_is_printed(eight: Path) -> None:
    shown = CONSOLE.findall((EXAMPLES / "eight" / "README.md").read_text("utf-8"))
    assert len(shown) == 4
    for command, output in shown:
        printed = tabiji(eight, *shlex.split(command))
        assert "\n".join(line.rstrip() for line in printed.splitlines()) + "\n" == output, command


def test_the_drops_are_found_and_no_others(eight: Path) -> None:
    found = status(eight, "--at", "2026-06-04")
    assert {name: one["bad"] for name, one in found.items()} == {
        "up": 7 + 6, "errors": 12, "fast": 9, "partners": 1 + 4,
    }  # fmt: skip
    assert {one["unit"] for one in found.values()} == {"minutes"}
    assert {(one["total"], one["estimated"]) for one in found.values()} == {(3 * 1440, False)}
    assert {name: one["coverage"] for name, one in found.items()} == {
        "up": (3 * 1440 - 6) / (3 * 1440), "errors": 1.0, "fast": 1.0, "partners": 1.0,
    }  # fmt: skip
    up = found["up"]
    assert up["window"] == {
        "kind": "calendar", "from": "2026-05-31T15:00:00Z", "to": "2026-06-30T15:00:00Z", "elapsed": 0.1,
        "counted_from": "2026-05-31T15:00:00Z", "counted_to": "2026-06-03T15:00:00Z",
    }  # fmt: skip
    assert up["sli"] == (4320 - 13) / 4320
    assert up["budget"] == {
        "consumed": 13 / 43.2, "remaining": pytest.approx(1 - 13 / 43.2), "bad_events_left": 30,
        "minutes_left": pytest.approx(30.2),
    }  # fmt: skip


# when, bad minutes of each: a run is bad once it is long enough, and then all of it
MOMENTS = {
    "a restart of four minutes is none": (
        "2026-06-01T15:04",
        {"up": 0, "errors": 0, "fast": 0, "partners": 1},
    ),
    "the fourth failing minute": ("2026-06-02T10:04", {"up": 0, "errors": 0, "fast": 0, "partners": 4}),
    "the fifth": ("2026-06-02T10:05", {"up": 5, "errors": 0, "fast": 0, "partners": 5}),
    "the seventh and last": ("2026-06-02T10:30", {"up": 7, "errors": 0, "fast": 0, "partners": 5}),
    "four minutes of a bad release": ("2026-06-02T18:34", {"up": 7, "errors": 0, "fast": 0, "partners": 5}),
    "five": ("2026-06-02T18:35", {"up": 7, "errors": 5, "fast": 0, "partners": 5}),
    "four silent minutes": ("2026-06-03T03:04", {"up": 7, "errors": 12, "fast": 0, "partners": 5}),
    "five silent minutes": ("2026-06-03T03:05", {"up": 12, "errors": 12, "fast": 0, "partners": 5}),
    "a push at noon": ("2026-06-03T12:05", {"up": 13, "errors": 12, "fast": 5, "partners": 5}),
}


@pytest.mark.parametrize(("at", "bad"), MOMENTS.values(), ids=MOMENTS)
def test_a_drop_counts_once_it_has_lasted(eight: Path, at: str, bad: dict[str, int]) -> None:
    assert {name: one["bad"] for name, one in status(eight, "--at", at).items()} == bad


def test_a_page_with_the_fifth_minute(eight: Path) -> None:
    def fires(at: str) -> list[tuple[str, str]]:
        tiers = status(eight, "system/up", "--at", at)["up"]["tiers"]
        assert isinstance(tiers, list)
        return [(tier["long"], tier["severity"]) for tier in tiers if tier["firing"]]

    assert fires("2026-06-02T10:04") == []
    assert fires("2026-06-02T10:05") == [("1h", "page"), ("6h", "page")]


def test_other_windows_are_only_looked_at(eight: Path) -> None:
    at = ("--at", "2026-06-02T10:30")
    own, viewed = status(eight, *at)["up"], status(eight, *at, "--window", "1h", "--window", "day")["up"]
    views = viewed.pop("views")
    assert viewed == own
    assert isinstance(views, list)
    hour, day = views
    assert (hour["bad"], hour["total"], hour["budget"]["minutes_left"]) == (7, 60, 0.06 - 7)
    assert (day["bad"], day["total"], day["window"]["elapsed"]) == (7, 630, 630 / 1440)
    assert day["window"]["from"] == "2026-06-01T15:00:00Z"
