"""`/api/v1` answers what the commands print with `--json`, and whatever its OpenAPI document lets one ask."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.errors
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from tabiji import store
from tabiji.definitions import load
from tabiji.web.application import application
from tabiji.web.context import Context

# 2026-02-31 has the form of a time and is none, and what is closed can't be closed: these are refused, in words
REFUSED = ["400", "401", "403", "404", "409", "422"]
OPEN = (
    "status",
    "journeys",
    "formats",
    "doctor",
    "check",
    "alerts",
    "incidents",
    "messages",
    "policies",
    "policies/history",
    "actions",
    "roadmap",
    "mission",
    "mission/history",
    "count",
)
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSED]}}}
)


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo: the API changes incidents."""
    copy = tmp_path_factory.mktemp("api") / "demo"
    shutil.copytree(demo_folder, copy)
    return copy


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    """The demo's API, asked by an admin's token."""
    site = load(folder, {})
    with store.open(site.store) as kept:
        now = (kept.extent() or (0, 0))[1] * 60 + 90
        _, secret = kept.tokens.create("tests", ("admin",), now)
        context = Context(kept, lambda: site, lambda: now)
        headers = {"Authorization": f"Bearer {secret}"}
        with TestClient(application(context), headers=headers, base_url="http://127.0.0.1:8700") as asked:
            yield asked


def printed(folder: Path, *words: str) -> Any:
    """What a command prints with `--json`."""
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", *words, "-C", str(folder), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout)


def at(folder: Path) -> str:
    """A moment that both can be asked about: the minute after the last event."""
    from tabiji.reports import iso_time

    with store.open(load(folder, {}).store) as kept:
        return iso_time(((kept.extent() or (0, 0))[1] + 1) * 60)


SAME_DOCUMENTS = {
    "action items": ("/actions", {"state": "all"}, ("actions", "--state", "all")),
    "action items of a team": (
        "/actions",
        {"team": "learning", "from": "incident"},
        ("actions", "--team", "learning", "--from", "incident"),
    ),
    "an action item": ("/actions/1", {}, ("actions", "1")),
    "the mission": ("/mission", {}, ("mission",)),
    "a version of the mission": ("/mission", {"version": 1}, ("mission", "--version", "1")),
    "versions of the mission": ("/mission/history", {}, ("mission", "history")),
    "a difference of the mission": (
        "/mission/difference",
        {"from": 1, "to": 2},
        ("mission", "diff", "1", "2"),
    ),
    "roadmaps": ("/roadmap", {"by": "month"}, ("actions", "roadmap", "--by", "month")),
}


@pytest.mark.parametrize(("path", "query", "words"), SAME_DOCUMENTS.values(), ids=SAME_DOCUMENTS)
def test_documents_are_those_of_the_command(
    client: TestClient, folder: Path, path: str, query: dict[str, Any], words: tuple[str, ...]
) -> None:
    opened = {"title": "Retry", "team": "learning", "from": "incident:1", "due": "2199-12-31"}
    assert client.post("/api/v1/actions", json=opened).status_code == 201
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json() == printed(folder, *words)


SAME = {
    "status": ("/status", {}, ("status",)),
    "status of a journey over other windows": (
        "/status",
        {"name": "watch-course", "window": ["7d", "month"]},
        ("status", "watch-course", "--window", "7d", "--window", "month"),
    ),
    "status of a team": ("/status", {"team": "learning"}, ("status", "--team", "learning")),
}


@pytest.mark.parametrize(("path", "query", "words"), SAME.values(), ids=SAME)
def test_the_standing_is_that_of_the_command(
    client: TestClient, folder: Path, path: str, query: dict[str, Any], words: tuple[str, ...]
) -> None:
    moment = at(folder)
    answer = client.get(f"/api/v1{path}", params={**query, "at": moment})
    assert answer.status_code == 200, answer.text
    assert answer.json() == printed(folder, *words, "--at", moment)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"by": "operation,status"}, ("--by", "operation,status")),
        (
            {"by": "source", "every": "1d", "quantiles": "50,99", "where": "status >= 500"},
            ("--by", "source", "--every", "1d", "--quantiles", "50,99", "--where", "status >= 500"),
        ),
    ],
    ids=["by columns", "by day, with a condition and percentiles"],
)
def test_counts_are_those_of_the_command(
    client: TestClient, folder: Path, query: dict[str, str], words: tuple[str, ...]
) -> None:
    assert client.get("/api/v1/count", params=query).json() == printed(folder, "count", *words)


def test_alerts_and_incidents_are_those_of_the_commands(client: TestClient, folder: Path) -> None:
    assert client.get("/api/v1/alerts").json() == printed(folder, "alerts")
    assert client.get("/api/v1/incidents").json() == printed(folder, "incidents")
    assert client.get("/api/v1/incidents/1").json() == printed(folder, "incidents", "show", "1")


def test_lines_are_those_of_the_command(client: TestClient, folder: Path) -> None:
    times = client.get("/api/v1/incidents/1").json()
    query = {
        "objective": "watch-course/plays",
        "from": times["started"],
        "to": times["recovered"],
        "bad": "true",
    }
    answer = client.get("/api/v1/lines", params=query).json()
    words = ("--bad", "--from", times["started"], "--to", times["recovered"])
    assert answer == {**printed(folder, "lines", "watch-course/plays", *words), "complete": True}
    assert len(answer["lines"]) == sum(
        one["bad"] for one in times["objectives"] if one["objective"] == "watch-course/plays"
    )


def test_a_draft_is_tried_on_the_past(client: TestClient, folder: Path, tmp_path: Path) -> None:
    text = (folder / "journeys" / "watch-course.yaml").read_text("utf-8")
    draft = tmp_path / "watch-course.yaml"
    draft.write_text(text.replace("target: 99.9%", "target: 99.5%", 1), "utf-8")
    answer = client.post("/api/v1/simulate", json={"files": {"watch-course.yaml": draft.read_text("utf-8")}})
    assert answer.status_code == 200, answer.text
    assert answer.json() == printed(folder, "simulate", str(draft))


def test_a_draft_with_a_fault_says_where(client: TestClient) -> None:
    draft = {"files": {"watch.yaml": "journey: watch-course\nstep: {}\n"}}
    answer = client.post("/api/v1/simulate", json=draft)
    assert answer.status_code == 422
    assert (2, 1) in [(one["line"], one["column"]) for one in answer.json()["detail"]]


def test_the_servers_own_variables_can_not_be_asked_for(client: TestClient, folder: Path) -> None:
    text = (folder / "tabiji.yaml").read_text("utf-8").replace("Asia/Tokyo", "${HOME}")
    answer = client.post("/api/v1/simulate", json={"files": {"tabiji.yaml": text}})
    assert (answer.status_code, "HOME" in answer.text) == (400, False)


def test_a_gate_says_no_by_its_status(client: TestClient) -> None:
    gate = client.get("/api/v1/gate", params={"name": "watch-course"}).json()
    assert client.get("/gate/watch-course").status_code == (200 if gate["open"] else 409)
    assert client.get("/gate/nothing").status_code == 400


def test_a_badge_is_a_picture_that_browsers_keep_for_a_minute(client: TestClient) -> None:
    badge = client.get("/badge/watch-course.svg", params={"lang": "ja"})
    assert (badge.status_code, badge.headers["content-type"]) == (200, "image/svg+xml")
    assert "コースを視聴する" in badge.text
    again = client.get(
        "/badge/watch-course.svg", params={"lang": "ja"}, headers={"If-None-Match": badge.headers["etag"]}
    )
    assert again.status_code == 304


def test_what_is_said_of_an_incident_is_kept_with_who_said_it(client: TestClient) -> None:
    opened = client.post("/api/v1/incidents", json={"journey": "enrol", "at": "now-1h", "reason": "a call"})
    assert opened.status_code == 201, opened.text
    number = opened.json()["incident"]
    assert client.post(f"/api/v1/incidents/{number}/note", json={"text": "It is the bank"}).status_code == 200
    closed = client.post(f"/api/v1/incidents/{number}/close", json={"at": "now"})
    assert closed.status_code == 200, closed.text
    said = [
        (one["author"], one["what"]) for one in client.get(f"/api/v1/incidents/{number}").json()["history"]
    ]
    assert [what for _, what in said] == ["opened", "noted", "closed"]
    assert client.post(f"/api/v1/incidents/{number}/close", json={}).status_code == 400
    assert client.get("/api/v1/incidents/99999").status_code == 404


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whatever_may_be_asked_is_answered_as_documented(client: TestClient, mode: GenerationMode) -> None:
    """What fits the document, and what does not: never a fault of ours, always as the document says."""
    headers = dict(client.headers)
    document = schemathesis.openapi.from_asgi("/api/openapi.json", client.app, config=CONFIG, headers=headers)
    asked, answered = 0, set()
    for found in document.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith(("/api/", "/gate/")):
            continue  # what is pushed and scraped has tests of its own

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=15, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            answer = case.call_and_validate(headers=headers)
            if answer.status_code < 300:
                answered.add((case.operation.method.upper(), case.operation.path))

        try:
            ask()
        except hypothesis.errors.Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing about it can be asked wrongly
    assert asked > 100
    if (
        mode is GenerationMode.POSITIVE
    ):  # what can be asked without knowing any name is answered, and not only refused
        assert {("GET", f"/api/v1/{path}") for path in OPEN} <= answered


@pytest.mark.parametrize("path", ["/incidents", "/api/v1/simulate"])
def test_a_body_that_nobody_would_type_is_not_read(client: TestClient, path: str) -> None:

    def endless() -> Iterator[bytes]:

        for _ in range(64):
            yield b"a" * (1 << 20)

    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    answer = client.post(path, content=endless(), headers={"Content-Type": kind})
    assert answer.status_code == 413
