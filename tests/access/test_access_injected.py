"""SQL, paths and other people's languages through every parameter of every route, and through paths themselves (T26).

Whatever is asked, the answer is one of ours: nothing of the database or the machine is in it, and nothing is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from entered import Answer, Entered
from fastapi.routing import APIRoute
from starlette.routing import Route

PAYLOADS = {
    "SQL": "x' OR '1'='1' UNION SELECT hash FROM tokens; DROP TABLE sessions --",
    "a path": "../../../../../../etc/passwd",
    "a path, encoded": "..%2f..%2f..%2fetc%2fpasswd",
    "a template": "{{7*7*191}}${7*7*191}<%=7*7*191%>{7*7*191}",
    "a format": "{0.__class__.__mro__}%s%n%(x)s{page.context.store}",
    "a header": "x\r\nSet-Cookie: evil=1\r\n\r\n<script>alert(1)</script>",
    "a script": '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "a formula": "=cmd|'/c calc'!A1",
    "no number": "-99999999999999999999999999",
    "NUL": "a\0b",
    "half a character": "\ud800",
    "much": "x" * 6000,
    "deep": "(" * 3000,
}
ENDLESS = ("/events", "/reviews/{team}/{week}/events")
ALSO = ("zone", "from", "to", "at")  # that pages read by themselves
NAMES = {
    "journey": "watch", "name": "watch", "objective": "works", "source": "web", "number": "1", "chart": "bad",
    "form": "csv", "file": "site", "act": "note", "key": "x", "code": "x", "version": "x", "signature": "x",
    "team": "all", "week": "2026-06-01", "kind": "weekly", "period": "latest",
    "link": "1-x", "deed": "join",
}  # fmt: skip
FORBIDDEN = re.compile(
    rb"root:x:0|sqlalchemy\.|sqlite3\.|psycopg|OperationalError|ProgrammingError|no such (?:table|column)|\[SQL: |"
    rb"Traceback|\.py\b.{0,9}line|9359|[0-9a-f]{64}"
)
SCRIPTS = re.compile(rb"<script>alert|onerror=alert\(1\)>")  # where a browser would run them


def parameters(route: Route) -> Iterator[str]:
    """What a route reads of the query, by its signature; models are taken apart."""
    if not route.path.startswith("/api/"):
        yield from ALSO
    if route.path == "/":
        yield from ("lang", "theme", "token", "next")
    if isinstance(route, APIRoute):
        for field in route.dependant.query_params:
            yield field.alias
            kind: Any = field.field_info.annotation
            for name, inner in getattr(kind, "model_fields", {}).items():
                yield inner.alias or name


def filled(path: str, changed: str = "", payload: str = "") -> str:
    """A path with names that there are, but for one."""

    def value(name: re.Match[str]) -> str:
        return (
            quote(payload.encode("utf-8", "surrogatepass"), safe="") if name[1] == changed else NAMES[name[1]]
        )

    return re.sub(r"\{(\w+)\}", value, path)


def fault(target: str, answer: Answer) -> str | None:
    """What is wrong with an answer."""
    if answer.status >= 500 and target.partition("?")[0] not in ("/healthz", "/readyz"):
        return f"{answer.status} for {target[:200]}"
    shown = answer.headers.get("content-type", "").startswith(("text/html", "image/svg"))
    found = FORBIDDEN.search(answer.body) or (SCRIPTS.search(answer.body) if shown else None)
    if found is not None and not target.startswith(("/static", "/metrics")):
        return f"{found[0]!r} for {target[:200]}"
    if "evil" in answer.headers.get("set-cookie", ""):
        return f"a cookie for {target[:200]}"
    return None


def tables(site: Entered) -> dict[str, int]:
    with site.store._reading() as connection:
        names = sa.inspect(connection).get_table_names()
        return {
            name: connection.execute(sa.text(f"SELECT COUNT(*) FROM {name}")).scalar_one() for name in names
        }


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_nothing_gets_through_a_parameter(site: Entered, payload: str) -> None:
    admin = site.as_role("admin")
    wrong: list[str | None] = []
    before = tables(site)
    written = quote(payload.encode("utf-8", "surrogatepass"), safe="")
    for route in site.routes:
        if "GET" not in (route.methods or ()) or route.path in ENDLESS:
            continue
        targets = [filled(route.path, name, payload) for name in re.findall(r"\{(\w+)\}", route.path)]
        names = dict.fromkeys(parameters(route))
        targets += [f"{filled(route.path)}?{name}={written}" for name in names]
        wrong += [fault(target, site.ask("GET", target, admin)) for target in targets]
    after = tables(site)
    assert [one for one in wrong if one] == []
    grown = {
        "audit",
        "secrets",
    }  # lines that were looked at; the secret that signs links, made when it is first needed
    assert {name: rows for name, rows in after.items() if name not in grown} == {
        name: rows for name, rows in before.items() if name not in grown
    }


FORMS: dict[str, tuple[str, ...]] = {
    "/incidents": ("journey", "at", "by", "text"),
    "/incidents/1/note": ("text", "person", "role", "at", "by", "other", "seen"),
    "/incidents/1/own": ("person", "role"),
    "/support": ("at", "picked", "what", "who"),
    "/tokens": ("name", "scope", "expires"),
    "/tokens/revoke": ("name",),
    "/outbox/retry": ("key",),
    "/outbox/test": ("receiver",),
    "/acknowledge/x/y": ("name",),
    "/reports/weekly/all/latest/send": ("receiver",),
    "/workshop/1-x/join": ("name",),
    "/workshops": ("title", "team", "hours", "minutes"),
}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/incidents": {"journey": "watch", "at": "now", "reason": "x", "by": "human"},
    "/api/v1/incidents/1/note": {"text": "x"},
    "/api/v1/incidents/1/close": {"at": "now", "reason": "x"},
    "/api/v1/messages/retry": {"key": "all"},
    "/api/v1/workshops": {"title": "x", "team": "alpha", "hours": 4},
    "/api/v1/simulate": {"files": {"journeys/watch.yaml": "x"}, "from": "now-1h", "to": "now"},
    "/api/v1/marks": {
        "kind": "deployment",
        "title": "x",
        "at": "now",
        "link": "https://x",
        "author": "x",
        "key": "k",
    },
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_nothing_gets_through_what_is_sent(site: Entered, payload: str) -> None:
    wrong: list[str | None] = []
    admin, program = site.as_role("admin"), site.as_role("token admin")
    whole = payload.encode("utf-8", "replace").decode()
    for target, names in FORMS.items():
        for name in names:
            form = {
                "journey": "watch",
                "text": "x",
                "name": "x",
                "key": "x",
                "receiver": "x",
                "at": "now",
                name: whole,
            }
            sent = {key: form[key] for key in form if key in names}
            wrong.append(fault(f"{target}?{name}", site.ask("POST", target, admin, sent)))
    for target, document in BODIES.items():
        for name in document:
            value: Any = {f"journeys/{whole}.yaml": whole} if name == "files" else whole
            answer = site.ask("POST", target, program, {**document, name: value}, kind="json")
            wrong.append(fault(f"{target}?{name}", answer))
    line = whole.translate({10: None, 13: None}).encode("latin-1", "replace").decode("latin-1")
    cookies = f"lang={line}; theme={line}; tabiji_session_{site.port}={line}"
    for name, written in (
        ("User-Agent", line),
        ("Cookie", cookies),
        ("Accept-Language", line),
        ("Origin", line),
    ):
        wrong.append(fault(f"/login {name}", site.ask("GET", "/login", {name: written})))
    assert [one for one in wrong if one] == []
    assert site.ask("GET", "/audit", admin).status == 200
    assert not list(Path(site.site.folder).glob("**/*passwd*"))


@pytest.mark.parametrize(
    "target",
    [
        "/static/x/../../../../etc/passwd",
        "/static/x/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/x/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static/x/%252e%252e%252fetc%252fpasswd",
        "/static/x//etc/passwd",
        "/static//etc/passwd",
        "/static/x/%2fetc%2fpasswd",
        "/static/x/..\\..\\etc\\passwd",
        "/static/x/__init__.py",
        "/static/x/.",
        "/static/x/..",
        "/static/x/style.css%00.png",
        "/static/x/STYLE.CSS",
        "/static/../web/static/style.css",
    ],
)
def test_files_are_those_of_the_pages_only(site: Entered, target: str) -> None:
    answer = site.ask("GET", target, site.as_role("admin"))
    assert (answer.status, b"root:" in answer.body, b"import" in answer.body) == (404, False, False)
