"""`tabiji demo` tells the whole story: teams at different stages, and what they did about what went wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["en", "ja"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("story") / "demo"
    run("demo", str(made), "--events", "100000", "--language", request.param, "--no-serve")
    return made


def told(folder: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json", "-C", str(folder)))
    return found


def test_three_teams_review_their_weeks_each_led_in_its_own_way(folder: Path) -> None:
    reviews = told(folder, "reviews")["reviews"]
    assert all(one["held"] for one in reviews)
    led = {(one["team"], one["led_by"], "Nakamura" in one["present"]) for one in reviews}
    assert led == {("learning", "team", False), ("discovery", "team", True), ("growth", "sre", True)}
    decided = [choice for one in reviews for choice in one["decisions"]]
    assert {"mend", "watch"} <= {one["choice"] for one in decided}
    assert any(one["followed"] for one in reviews)


def test_an_incident_is_learnt_from_and_another_waits_to_be(folder: Path) -> None:
    stages = Counter(one["stage"] for one in told(folder, "postmortem", "list")["postmortems"])
    assert stages == {"published": 1, "review": 1}
    (published,) = [
        one["incident"]
        for one in told(folder, "postmortem", "list")["postmortems"]
        if one["stage"] == "published"
    ]
    loud = told(folder, "incidents", "show", str(published))
    assert [loud["journey"], loud["commander"]] == ["watch-course", "Sato"]


def test_one_policy_is_signed_and_another_waits(folder: Path) -> None:
    policies = {one["name"]: one["state"] for one in told(folder, "policies")["policies"]}
    assert policies == {"learning-budget": "agreed", "discovery-budget": "waiting"}


def test_what_is_to_be_done_serves_the_mission(folder: Path) -> None:
    mission = told(folder, "mission")
    assert (mission["version"], mission["versions"]) == (2, 2)
    assert all(one["actions"] for one in mission["lines"] if one["id"] in ("m1", "m2"))
    items = told(folder, "actions", "list", "--state", "all")["actions"]
    origins = {one["from"]["origin"] for one in items}
    assert origins - {"policy"} == {"hand", "review", "post-mortem"}  # policies act at some hours only
    assert {one["state"] for one in items} >= {"open", "overdue", "done"}


def test_key_results_are_measured(folder: Path) -> None:
    results = told(folder, "results")["results"]
    assert [one["team"] for one in results] == ["learning", "discovery"]
    assert all(one["value"] is not None for one in results)


def test_a_workshop_is_under_way(folder: Path) -> None:
    (workshop,) = told(folder, "workshop", "list")["workshops"]
    assert (workshop["people_count"], workshop["journeys_count"], workshop["ended_at"]) == (4, 3, None)


def test_teams_are_at_different_stages(folder: Path) -> None:
    stages = {
        team["team"]: next(one["stage"] for one in team["practices"] if one["practice"] == "reviews-held")
        for team in told(folder, "practice")["teams"]
    }
    assert {name: stages[name] for name in ("learning", "discovery", "growth", "back-office")} == {
        "learning": 3,
        "discovery": 2,
        "growth": 1,
        "back-office": 0,
    }


def test_days_without_complaints_propose_targets(folder: Path) -> None:
    (suggested,) = told(folder, "suggest", "watch-course/plays")["suggestions"]
    assert suggested["calm"] >= 7


def test_only_logs_leaves_it_to_the_reader(tmp_path: Path) -> None:
    run("demo", str(tmp_path / "demo"), "--events", "10000", "--only-logs", "--no-serve")
    assert told(tmp_path / "demo", "reviews")["reviews"] == []
    assert told(tmp_path / "demo", "signals", "list")["signals"] == []
    assert (tmp_path / "demo" / "customers" / "enquiries.csv").is_file()
