"""Secrets are looked for in all that Tabiji shows, says, keeps and answers: none is there (T24)."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from caretakers import Ask
from starlette.routing import Route

from tabiji import store
from tabiji.store import Person, Store
from tabiji.web.application import ROUTES
from tabiji.web.context import Context

PATIENCE = 60  # seconds; a test that waits so long has failed
STORE_PASSWORD = "canary+store/pa55"
SECRETS = {
    "CHAT": "canaryT0KENofCHAT",
    "HOOK_PATH": "canary-path-of-the-hook",
    "HOOK_SECRET": "canary secret that signs",
    "ISSUES_TOKEN": "ghp_canaryTokenOfIssues",
    "PROBE_TOKEN": "canary-token-of-the-probe",
    "OIDC_SECRET": "canary-secret-of-signing-in",
}
SITE = """\
store: ${TABIJI_STORE}
notifications:
  address: https://slo.example.com
  receivers:
    chat: {apprise: "slack://${CHAT}/B1/C1"}
    hook: {webhook: "http://127.0.0.1:9/${HOOK_PATH}", secret: "${HOOK_SECRET}"}
    issues: {github: owner/repo, url: "http://127.0.0.1:9/api", token: "${ISSUES_TOKEN}"}
  allow: [127.0.0.1]
  page: [hook, issues]
  ticket: [hook, issues]
access:
  oidc: {issuer: "https://127.0.0.1:9", client_id: tabiji, client_secret: "${OIDC_SECRET}"}
  members: {}
sources:
  web: {format: nginx, paths: [access.log]}
  health:
    service: web
    probes:
      home:
        url: "http://127.0.0.1:9/${HOOK_PATH}"
        every: 5s
        headers: {Authorization: "Bearer ${PROBE_TOKEN}"}
"""
JOURNEY = """\
journey: buy
steps: {pay: {events: "route like '/pay%'"}}
objectives:
  available: {good: status < 500, target: 99%}
"""
NAMES = {
    "journey": "buy",
    "objective": "available",
    "source": "web",
    "number": "1",
    "chart": "bad",
    "form": "json",
}
QUERY = "?objective=buy/available&source=web&operation=GET%20/pay&by=route&from=now-1h&to=now"
ENDLESS = ("/events",)


def lines(count: int, status: int) -> str:
    moment = datetime.fromtimestamp(time.time() - 120, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'1.2.3.4 - - [{moment}] "GET /pay HTTP/1.1" {status} 12 "-" "x"\n' * count


@pytest.fixture
def database(postgresql: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty database whose address, in the environment, has a password; all other secrets as well."""
    name = tmp_path.name.lower()[:63]
    with psycopg.connect(host=str(postgresql), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    password = quote(STORE_PASSWORD, safe="")
    monkeypatch.setenv("TABIJI_STORE", f"postgresql://postgres:{password}@/{name}?host={postgresql}")
    for variable, value in SECRETS.items():
        monkeypatch.setenv(variable, value)
    return name


@pytest.fixture
def workspace(tmp_path: Path, database: str) -> Path:
    folder = tmp_path / "workspace"
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(SITE)
    (folder / "journeys" / "buy.yaml").write_text(JOURNEY)
    (folder / "access.log").write_text(lines(50, 200) + lines(50, 500))
    return folder


def leaks(shown: dict[str, bytes], *more: str) -> list[str]:
    """Where a secret is shown, in whatever way it may be written."""
    found = []
    for secret in (STORE_PASSWORD, *SECRETS.values(), *more):
        forms = {secret, quote(secret), quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
        for place, content in shown.items():
            found += [f"{form} in {place}" for form in forms if form.encode() in content]
    return found


def test_the_commands_show_no_secret(ask: Ask, workspace: Path, tmp_path: Path) -> None:
    created = ask("token", "create", "ci", "--scope", "read", "-C", workspace)
    token = re.search(r"tabiji_\S+", created.out)
    assert token, created
    shown = {}
    for words in (
        ("ingest",),
        ("check", "--json"),
        ("doctor",),
        ("doctor", "--json"),
        ("status", "--json"),
        ("alerts", "--json"),
        ("incidents", "--json"),
        ("gate", "buy", "--json"),
        ("count", "--by", "route", "--json"),
        ("lines", "buy/available", "--bad", "--from", "now-1h", "--to", "now"),
        ("token", "list"),
        ("backup", tmp_path / "a.backup"),
        ("restore", tmp_path / "a.backup", "--force"),
    ):
        answer = ask(*words, "-C", workspace)
        assert answer.code in (0, 1), answer
        shown[" ".join(map(str, words))] = (answer.out + answer.err).encode()
    shown["the backup"] = (tmp_path / "a.backup").read_bytes()
    (workspace / "tabiji.yaml").write_text(SITE.replace("page:", "pages:").replace("allow:", "alow:"))
    for words in (("check",), ("status",)):
        answer = ask(*words, "-C", workspace)
        assert answer.code == 2
        shown[f"{words} of a fault"] = (answer.out + answer.err).encode()
    assert leaks(shown, token[0]) == []


def test_a_store_that_is_away_is_named_without_its_password(
    ask: Ask, workspace: Path, postgresql: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = quote(STORE_PASSWORD, safe="")
    shown = {}
    for address in (
        f"postgresql://guarded:{password}@/tabiji_template?host={postgresql}",
        f"postgresql://postgres:{password}@/nowhere?host={postgresql}",
        f"postgresql://me:{password}@127.0.0.1:9/x",
        f"mysql://me:{password}@h/x",
        f"postgresql://me:{password}@h:port/x",
    ):
        monkeypatch.setenv("TABIJI_STORE", address)
        answer = ask("status", "-C", workspace)
        assert answer.code in (2, 3), answer
        shown[address.replace(password, "…")] = (answer.out + answer.err).encode()
    assert leaks(shown) == []


def test_a_process_that_serves_shows_no_secret_also_when_all_fails(
    workspace: Path, database: str, postgresql: Path
) -> None:
    with store.open(os.environ["TABIJI_STORE"]) as opened:
        now = int(time.time())
        _, token = opened.tokens.create("ci", ("admin",), now)
        _, session = opened.sessions.begin(Person("ada", "admin"), now, 3600, "")
        entrance = opened.sessions.let_in(Person("ada", "admin"), now, 3600)
        answers = addresses(opened)
    said = workspace.parent / "said"
    shown: dict[str, bytes] = {}
    with said.open("wb") as into:
        command = [sys.executable, "-X", "dev", "-m", "tabiji", "serve", "--port", "0", "-C", str(workspace)]
        process = subprocess.Popen(command, stdout=into, stderr=into)
    try:
        eventually(lambda: b"http://" in said.read_bytes() or process.poll() is not None)
        address = re.search(r"http://127[0-9.:]+", said.read_text())
        assert address, said.read_text()
        with store.open(os.environ["TABIJI_STORE"]) as opened:
            eventually(lambda: bool(opened.alerts()) and "web" in opened.accounts())
            eventually(lambda: "health" in opened.accounts())
            eventually(lambda: sum(opened.vitals.messages().values()) > 0)
            time.sleep(2)  # for the first tries to tell, which fail
        for path in answers:
            shown[path] = answer(address[0] + path, token)
        assert b"tabiji_objective_sli_ratio" in shown["/metrics"]
        assert all(word in shown["/settings"] for word in (b"hook", b"127.0.0.1:9", b"PostgreSQL"))
        with psycopg.connect(
            host=str(postgresql), user="postgres", dbname="postgres", autocommit=True
        ) as admin:
            for table in (
                "outbox",
                "received_batches",
                "alerts",
                "sessions",
                "entrances",
                "audit",
                "definitions",
            ):
                with psycopg.connect(host=str(postgresql), user="postgres", dbname=database) as own:
                    shown[table] = str(own.execute(f"SELECT * FROM {table}").fetchall()).encode()
            admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        eventually(lambda: b"pauses" in said.read_bytes())
        for path in answers:
            shown[f"{path} without a database"] = answer(address[0] + path, token)
    finally:
        process.terminate()
        process.wait(PATIENCE)
    shown["the log"] = said.read_bytes()
    assert leaks(shown, token, session, entrance) == []


def addresses(opened: Store) -> list[str]:
    """All that can be looked at: every route, with names that there are, with and without a query."""
    context = Context(opened, lambda: None)  # type: ignore[arg-type, return-value]
    paths = ["/nothing", "/api/openapi.json"]
    for routes in ROUTES:
        for route in routes(context).routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()) and route.path not in ENDLESS:
                path = re.sub(r"\{(\w+)\}", lambda name: NAMES.get(name[1], "x"), route.path)
                paths += [path, path + QUERY]
    assert len(paths) > 80
    return paths


def answer(address: str, token: str) -> bytes:
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answered:
            return bytes(answered.read()) + str(answered.headers).encode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read() + str(error.headers).encode()


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)
