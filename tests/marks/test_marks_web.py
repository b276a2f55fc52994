"""`/api/v1/marks` with real requests: who may, what is answered, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from tabiji import store
from tabiji.definitions import load
from tabiji.store import Store
from tabiji.web.application import application
from tabiji.web.context import Context

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
SITE = "timezone: Asia/Tokyo\n"
JOURNEY = """\
journey: watch
steps: {all: {events: "kind = 'request'"}}
objectives: {available: {good: status < 500, target: 99%}}
"""


class Api(NamedTuple):
    client: TestClient
    kept: Store
    tokens: dict[str, str]  # scope → token

    def ask(self, method: str, path: str = "", scope: str | None = "marks", **more: Any) -> tuple[int, Any]:
        headers = more.pop("headers", {})
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.tokens[scope]}"
        answer = self.client.request(method, f"/api/v1/marks{path}", headers=headers, **more)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def api(store_url: str, tmp_path: Path) -> Iterator[Api]:
    folder = tmp_path / "site"
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(SITE)
    (folder / "journeys" / "watch.yaml").write_text(JOURNEY)
    site = load(folder, {})
    with store.open(store_url) as kept:
        tokens = {
            scope: kept.tokens.create(f"the {scope} job", (scope,), NOW)[1] for scope in ("marks", "read")
        }
        with TestClient(application(Context(kept, lambda: site, lambda: NOW + 0.5))) as client:
            yield Api(client, kept, tokens)


RELEASE = {"kind": "deployment", "title": "v1.42"}
KEPT = {
    "number": 1,
    "kind": "deployment",
    "title": "v1.42",
    "from": "2026-01-01T00:00:00Z",
    "until": None,
    "journeys": [],
    "link": None,
    "author": "the marks job",
    "key": None,
}


def test_a_mark_is_set_and_listed_and_removed(api: Api) -> None:
    assert api.ask("POST", json=RELEASE) == (201, KEPT)
    assert api.ask("GET", scope="read") == (200, {"marks": [KEPT]})
    assert api.ask("DELETE", "/1") == (204, None)
    assert api.ask("DELETE", "/1") == (404, {"detail": "there is no mark 1"})
    assert api.ask("DELETE", f"/{2**80}") == (404, {"detail": f"there is no mark {2**80}"})
    assert api.ask("GET", scope="read") == (200, {"marks": []})


def test_all_that_can_be_said_is_kept(api: Api) -> None:
    said = {
        "kind": "push",
        "title": "春のセール",
        "at": "2026-01-01T12:00",
        "until": "2026-01-01T12:20",
        "journeys": ["watch"],
        "link": "https://example.com/1",
        "author": "伊藤",
        "key": "sale-1",
    }
    kept = {
        **{key: value for key, value in said.items() if key != "at"},
        "number": 1,
        "from": "2026-01-01T03:00:00Z",
        "until": "2026-01-01T03:20:00Z",
    }
    assert api.ask("POST", json=said) == (201, kept)
    assert api.ask("POST", json=said) == (200, kept)
    assert api.ask("GET", "?journey=watch&to=2026-01-02", scope="read") == (200, {"marks": [kept]})
    assert api.ask("GET", "?from=2026-01-01T12:20", scope="read") == (200, {"marks": []})


def test_a_request_repeated_sets_one_mark(api: Api) -> None:
    headers = {"Idempotency-Key": "run-7"}
    answers = [api.ask("POST", json=RELEASE, headers=dict(headers)) for _ in range(3)]
    assert answers == [
        (201, KEPT | {"key": "run-7"}),
        (200, KEPT | {"key": "run-7"}),
        (200, KEPT | {"key": "run-7"}),
    ]
    ended = RELEASE | {"title": "v1.42 done", "key": "run-7", "at": "now", "until": "2026-01-01T09:00:01"}
    assert api.ask("POST", json=ended) == (
        200,
        KEPT | {"key": "run-7", "title": "v1.42 done", "until": "2026-01-01T00:00:01Z"},
    )


@pytest.mark.parametrize(
    ("method", "scope", "status"),
    [
        pytest.param("POST", None, 401, id="set without a token"),
        pytest.param("POST", "read", 403, id="set by who may read"),
        pytest.param("GET", None, 401, id="listed without a token"),
        pytest.param("GET", "marks", 403, id="listed by who may only set"),
        pytest.param("DELETE", None, 401, id="removed without a token"),
        pytest.param("DELETE", "read", 403, id="removed by who may read"),
    ],
)
def test_who_may_not_is_refused(api: Api, method: str, scope: str | None, status: int) -> None:
    api.ask("POST", json=RELEASE)
    answered, _ = api.ask(method, "/1" if method == "DELETE" else "", scope, json=RELEASE)
    assert answered == status
    assert [mark.number for mark in api.kept.marks.between(0, NOW * 2)] == [1]


@pytest.mark.parametrize(
    ("said", "loc", "message"),
    [
        pytest.param(
            {"kind": "deploy"},
            ["body", "kind"],
            "Input should be 'deployment', 'push', 'campaign', 'maintenance' or 'other'",
            id="an unknown kind",
        ),
        pytest.param(
            {"title": 42}, ["body", "title"], "Input should be a valid string", id="a title of no text"
        ),
        pytest.param({"title": ""}, ["body", "title"], "the title is empty", id="an empty title"),
        pytest.param(
            {"tittle": "x"},
            ["body", "tittle"],
            "Extra inputs are not permitted",
            id="a key that nobody knows",
        ),
        pytest.param(
            {"at": "yesterday"},
            ["body", "at"],
            "`yesterday` is not a time; write for example `now`, `now-7d`, `2026-03-01`, `2026-03-01T09:30` or "
            "`2026-03-01T09:30:00Z`",
            id="no time",
        ),
        pytest.param(
            {"until": "now"},
            ["body", "until"],
            "the end is not after the beginning; without an end it is a moment",
            id="an end at the beginning",
        ),
        pytest.param(
            {"journeys": ["wach"]},
            ["body", "journeys"],
            "`wach` is not a journey; there are watch",
            id="an unknown journey",
        ),
        pytest.param(
            {"link": "javascript:alert(1)"},
            ["body", "link"],
            "a link begins with `https://` or `http://`",
            id="a link that runs a script",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    api: Api, said: dict[str, Any], loc: list[str], message: str
) -> None:
    status, answer = api.ask("POST", json=RELEASE | said)
    assert status == 422
    assert [(one["loc"], one["msg"]) for one in answer["detail"]] == [(loc, message)]
    assert api.kept.marks.between(0, NOW * 2) == []


def test_two_keys_that_differ_are_refused(api: Api) -> None:
    status, answer = api.ask("POST", json=RELEASE | {"key": "a"}, headers={"Idempotency-Key": "b"})
    assert (status, answer["detail"][0]["msg"]) == (
        422,
        "`key` and the header `Idempotency-Key` differ; send one of them",
    )


def test_an_end_before_the_beginning_said_first_is_refused(api: Api) -> None:
    api.ask("POST", json=RELEASE | {"key": "a"})
    again = RELEASE | {"key": "a", "at": "2025-12-31", "until": "2025-12-31T01:00"}
    status, answer = api.ask("POST", json=again)
    assert (status, answer["detail"][0]["loc"]) == (422, ["body", "until"])
    assert api.ask("GET", scope="read") == (200, {"marks": [KEPT | {"key": "a"}]})
