"""`/api/v1/signals` with real requests: what is taken in, who may, what is answered, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from tabiji import store
from tabiji.definitions import load
from tabiji.store import Person, Store
from tabiji.web.application import application
from tabiji.web.context import Context

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
SITE = """\
timezone: Asia/Tokyo
teams: {alpha: {}, beta: {}}
enquiries:
  rules:
    - {contains: [動画, video], journey: watch}
"""
JOURNEY = """\
journey: {name}
title: {{ja: {title}}}
team: alpha
steps: {{all: {{events: "kind = 'request'"}}}}
objectives: {{available: {{good: status < 500, target: 99%}}}}
"""
CSV = "日時,件名,番号\n2025-12-31 09:00,動画が止まる,T-1\n2025-12-31 09:30,請求書,T-2\n"
ENTRIES = [
    {"at": "2025-12-31T00:00:00Z", "text": "ＶＩＤＥＯ stops", "id": "T-1"},
    {"at": "2025-12-31 09:30", "text": "請求書", "id": 2, "amount": 3, "journey": "支払う", "author": "伊藤"},
]
Row = tuple[str, str, int, str, str | None, bool]


class Api(NamedTuple):
    client: TestClient
    kept: Store
    headers: dict[str, dict[str, str]]  # by scope, or by the name of a person

    def ask(self, method: str, path: str = "", who: str | None = "signals", **more: Any) -> tuple[int, Any]:
        headers = {**more.pop("headers", {}), **(self.headers[who] if who else {})}
        answer = self.client.request(method, f"/api/v1/signals{path}", headers=headers, **more)
        return answer.status_code, answer.json() if answer.content else None

    def csv(
        self, text: str | bytes, query: str = "kind=enquiry", who: str | None = "signals"
    ) -> tuple[int, Any]:
        content = text.encode() if isinstance(text, str) else text
        return self.ask(
            "POST", f"/import?{query}", who, content=content, headers={"Content-Type": "text/csv"}
        )

    def entries(self, some: object, query: str = "kind=enquiry") -> tuple[int, Any]:
        return self.ask("POST", f"/import?{query}", json={"signals": some})

    @property
    def rows(self) -> list[Row]:
        found = self.kept.signals.between(0, NOW * 2)
        return [(one.kind, one.key, one.amount, one.text, one.journey, one.by_hand) for one in found]


@pytest.fixture
def api(store_url: str, tmp_path: Path) -> Iterator[Api]:
    folder = tmp_path / "site"
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    for name, title in (("watch", "講座を見る"), ("pay", "支払う")):
        (folder / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, title=title), "utf-8")
    site = load(folder, {})
    with store.open(store_url) as kept:
        headers = {}
        for scope in ("signals", "read", "admin", "marks"):
            secret = kept.tokens.create(f"the {scope} job", (scope,), NOW)[1]
            headers[scope] = {"Authorization": f"Bearer {secret}"}
        with TestClient(
            application(Context(kept, lambda: site, lambda: NOW + 0.5)), "http://127.0.0.1"
        ) as client:
            for name, person in {
                "member": Person("mina", "member", ("alpha",)),
                "other": Person("otto", "member", ("beta",)),
                "viewer": Person("vera", "viewer"),
            }.items():
                secret = kept.sessions.begin(person, NOW, 3600, "tests")[1]
                headers[name] = {"Cookie": f"tabiji_session_80={secret}"}
            yield Api(client, kept, headers)


def test_a_file_is_taken_in_once_however_often_it_is_sent(api: Api) -> None:
    answer = {"kind": "enquiry", "new": 2, "known": 0, "unplaced": 1, "faulty": [], "unread_columns": []}
    assert api.csv(CSV) == (200, answer)
    assert api.csv(CSV.encode("cp932")) == (200, answer | {"new": 0, "known": 2})
    assert api.rows == [
        ("enquiry", "T-1", 1, "動画が止まる", "watch", False),
        ("enquiry", "T-2", 1, "請求書", None, False),
    ]
    (entry, _again) = api.kept.audit.between(None, what="signals-imported")[::-1]
    assert (entry.who, entry.how, entry.about, entry.details) == (
        "the signals job", "token", "enquiry", {"rows": 2, "new": 2},
    )  # fmt: skip


def test_a_document_says_the_same_as_a_file(api: Api) -> None:
    assert api.entries(ENTRIES)[1]["new"] == 2
    assert api.entries(ENTRIES)[1] | {"new": 0} == api.entries(ENTRIES)[1]
    assert api.rows == [
        ("enquiry", "T-1", 1, "ＶＩＤＥＯ stops", "watch", False),
        ("enquiry", "2", 3, "請求書", "pay", True),
    ]
    assert [one.author for one in api.kept.signals.between(0, NOW)] == ["the signals job", "伊藤"]
    assert api.csv('day,total\n2025-12-31,"12,000"\n', "kind=revenue&map=at=day&map=amount=total")[0] == 200
    assert api.rows[0][:3] == ("revenue", api.rows[0][1], 12_000)


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        pytest.param("日時,件名\ngestern,x\n2025-12-31,y\n2199-01-01,z\n", [
            (["body", "line", 2], "`gestern` is not a time; write for example `2026-03-01`, `2026/3/1 9:30` or "
                                  "`2026-03-01T09:30:00Z`"),
            (["body", "line", 4], "the time is still to come; is its zone right?"),
        ], id="lines of a file"),
        pytest.param([{"at": "2025-12-31"}, {"at": None}, {"at": "2025-12-31", "tittle": 1}, 5,
                      {"at": "2025-12-31", "amount": 1.5}, {"at": "2025-12-31", "amount": True},
                      {"at": "2025-12-31", "id": "a", "key": "b"}, {"at": "2025-12-31", "id": "a"},
                      {"at": "2025-12-31", "id": "a"}, {"at": "2025-12-31", "journey": "wach"}], [
            (["body", "signals", 1], "the time is missing"),
            (["body", "signals", 2], "`tittle` is not known; there are at, text, amount, journey, key, author, id"),
            (["body", "signals", 3], "it is not an object; an entry has at least `at`"),
            (["body", "signals", 4], "`amount` is neither a text nor a whole number"),
            (["body", "signals", 5], "`amount` is neither a text nor a whole number"),
            (["body", "signals", 6], "`id` and `key` are the same; write one of them"),
            (["body", "signals", 8], "`a` is entry 8 already"),
            (["body", "signals", 9], "`wach` is not a journey; there are pay, watch"),
        ], id="entries of a document"),
    ],
)  # fmt: skip
def test_every_fault_is_said_at_its_place_and_nothing_is_kept(api: Api, sent: Any, faults: object) -> None:
    status, answer = api.csv(sent) if isinstance(sent, str) else api.entries(sent)
    assert (status, [(one["loc"], one["msg"]) for one in answer["detail"]]) == (422, faults)
    assert api.rows == []
    query = "kind=enquiry&skip_faulty=true"
    status, answer = api.csv(sent, query) if isinstance(sent, str) else api.entries(sent, query)
    assert (status, answer["new"], len(answer["faulty"])) == (200, len(api.rows), len(faults))  # type: ignore[arg-type]
    assert api.rows != []


def test_of_very_many_faults_the_first_are_said(api: Api) -> None:
    status, answer = api.csv("日時\n" + "x\n" * 1500)
    assert (status, len(answer["detail"]), answer["detail"][-1]["msg"]) == (422, 1001, "and 500 more")


@pytest.mark.parametrize(
    ("query", "sort", "body", "status", "message"),
    [
        pytest.param("", "text/csv", CSV, 422, "Field required", id="no kind"),
        pytest.param("kind=noise", "text/csv", CSV, 422, "Input should be 'enquiry', 'churn', 'revenue' or 'voice'",
                     id="another kind"),
        pytest.param("kind=enquiry", "text/html", CSV, 415, "send `Content-Type: text/csv` or `application/json`",
                     id="neither CSV nor JSON"),
        pytest.param("kind=enquiry", "application/json", "{", 422, "the body is not JSON: ", id="broken JSON"),
        pytest.param("kind=enquiry", "application/json", "[" * 100_000, 422, "the body is not JSON: ",
                     id="JSON as deep as the sea"),
        pytest.param("kind=enquiry", "application/json", "[]", 422, "the body is to be such as ", id="a list"),
        pytest.param("kind=enquiry", "text/csv", "", 400, "the file is empty; its first line names the columns",
                     id="nothing"),
        pytest.param("kind=revenue", "text/csv", CSV, 400, "no column is known for `amount`; there are "
                     "日時, 件名, 番号; call it so, or say which it is: `--map amount=COLUMN`", id="no column"),
        pytest.param("kind=enquiry&map=when", "text/csv", CSV, 400, "`map=when`: write FIELD=COLUMN; a field is ",
                     id="a map that says nothing"),
        pytest.param("kind=enquiry", "text/csv", "x" * (5 << 20), 413, "that is more than anybody would type",
                     id="more than 4 MiB"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused(
    api: Api, query: str, sort: str, body: str, status: int, message: str
) -> None:
    answered, answer = api.ask(
        "POST", f"/import?{query}", content=body.encode(), headers={"Content-Type": sort}
    )
    said = answer["detail"] if isinstance(answer["detail"], str) else answer["detail"][0]["msg"]
    assert (answered, said[: len(message)]) == (status, message)
    assert api.rows == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("POST", "/import?kind=enquiry", {"signals", "admin"}, id="take in"),
        pytest.param("GET", "?from=2025-12-01", {"read", "admin", "member", "other", "viewer"}, id="list"),
        pytest.param("POST", "/1/place", {"admin", "member"}, id="place what is a team's"),
        pytest.param("POST", "/2/place", {"admin", "member", "other"}, id="place what is nobody's yet"),
        pytest.param("POST", "/sort", {"admin", "member", "other"}, id="sort"),
        pytest.param("DELETE", "/1", {"admin", "member"}, id="remove what is a team's"),
    ],
)
def test_who_may(api: Api, method: str, path: str, allowed: set[str]) -> None:
    found = set()
    for who in (None, *api.headers):
        api.csv(CSV, who="admin")
        number = {one.key: one.number for one in api.kept.signals.between(0, NOW)}
        there = path.replace("/1", f"/{number['T-1']}").replace("/2", f"/{number['T-2']}")
        journey = None if path.startswith("/2") else "watch"
        if "import" in path:
            status, _ = api.csv(CSV, who=who)
        else:
            status, _ = api.ask(
                method, there, who, **({"json": {"journey": journey}} if "place" in path else {})
            )
        if status in (200, 204):
            found.add(who)
        else:
            assert status in (401, 403), (who, status)
    assert found == allowed


def test_placed_sorted_and_removed(api: Api) -> None:
    api.csv(CSV)
    assert api.ask("POST", "/2/place", "member", json={"journey": "pay"})[1]["journey"] == "pay"
    assert api.ask("POST", "/sort", "member") == (200, {"changed": 0, "unplaced": 0})
    assert api.ask("POST", "/2/place", "member", json={"journey": "nowhere"})[0] == 400
    assert api.ask("POST", "/9/place", "member", json={"journey": "pay"}) == (
        404,
        {"detail": "there is no signal 9"},
    )
    listed = api.ask("GET", "?from=2025-12-01&journey=pay", "member")[1]["signals"]
    assert listed == [
        {
            "number": 2, "kind": "enquiry", "at": "2025-12-31T00:30:00Z", "amount": 1, "text": "請求書",
            "journey": "pay", "by_hand": True, "author": "the signals job", "key": "T-2",
        }
    ]  # fmt: skip
    assert api.ask("GET", "?from=2025-12-01&unplaced=true", "member") == (200, {"signals": []})
    assert api.ask("DELETE", "/2", "member") == (204, None)
    assert [row[1] for row in api.rows] == ["T-1"]


def test_words_of_enquiries_are_not_for_everybody_but_voices_are(api: Api) -> None:
    api.csv(CSV)
    api.csv("日時,声\n2025-12-31,便利\n", "kind=voice")
    words = {
        who: [one["text"] for one in api.ask("GET", "", who)[1]["signals"]]
        for who in ("viewer", "read", "other", "admin")
    }
    hidden, shown = ["便利", None, None], ["便利", "動画が止まる", "請求書"]
    assert words == {"viewer": hidden, "read": hidden, "other": shown, "admin": shown}
