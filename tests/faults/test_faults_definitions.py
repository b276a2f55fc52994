"""Definitions that break while files are followed, and patterns that would never end (T21, T22)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from commands import COMMANDS
from followers import JOURNEY, eventually, following, said, workspace
from ids import Books, append, books, total

from tabiji import sources
from tabiji.expressions.selecting import like

BOMB = "a: &a [x, x]\n" + "".join(
    f"b{n}: &b{n} [*{p}, *{p}]\n" for n, p in enumerate(["a", *(f"b{n}" for n in range(40))])
)
BROKEN = {
    "a value that is none": JOURNEY.replace("99%", "oh"),
    "no YAML": "journey: [",
    "a bomb of aliases": BOMB,
    "an object of Python": "journey: !!python/object/apply:os.system [true]\n",
    "a key twice": JOURNEY + "journey: k\n",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_while_definitions_are_broken_those_before_stay_in_force_and_the_fault_is_shown(
    store_url: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = workspace(tmp_path, store_url)
    log, journey = folder / "logs" / "access.log", folder / "journeys" / "j.yaml"
    append(log, range(50))
    written = 50
    with following(folder, command):
        eventually(lambda: total(store_url) == 50, why=lambda: said(folder))
        for number, text in enumerate(BROKEN.values(), start=1):
            journey.write_text(text)
            eventually(
                lambda number=number: said(folder).count("stay in force") == number, why=lambda: said(folder)
            )  # type: ignore[misc]
            append(log, range(written, written + 50))
            written += 50
            eventually(lambda number=number: total(store_url) == 50 + 50 * number, why=lambda: said(folder))  # type: ignore[misc]
        journey.write_text(JOURNEY.replace("99%", "98%"))
        eventually(lambda: "read again" in said(folder), why=lambda: said(folder))
        append(log, range(written, written + 50))
        written += 50
        eventually(lambda: total(store_url) == written, why=lambda: said(folder))
    assert "journeys/j.yaml:" in said(folder)
    assert books(store_url, range(written)) == Books()


@pytest.mark.parametrize("stars", [1, 10, 40])
def test_a_pattern_of_like_takes_no_longer_than_its_text(stars: int) -> None:
    text, matches = "a" * 50_000, like("%a" * stars + "b")
    began = time.process_time()
    assert not matches(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("stars", [1, 10, 40])
def test_a_pattern_of_paths_takes_no_longer_than_its_names(tmp_path: Path, stars: int) -> None:
    (tmp_path / ("a" * 200)).touch()
    began = time.process_time()
    assert sources.matching([f"{tmp_path}/" + "*a" * stars + "b"]) == []
    assert time.process_time() - began < 1
