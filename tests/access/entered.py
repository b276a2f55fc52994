"""A small site that is served on loopback, people and programs of all sorts, and requests as they are written."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.routing import Route

from tabiji import definitions, store
from tabiji.actions import Wanted
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.missions import Line
from tabiji.runs import acting, intervening, stating
from tabiji.runs.intervening import Word
from tabiji.runs.receiving import Receiving
from tabiji.store import Person, Store
from tabiji.web import bundling, static
from tabiji.web.application import ROUTES, application
from tabiji.web.context import Context
from tabiji.web.serving import server

SITE = """\
timezone: Asia/Tokyo
teams: {alpha: {}, beta: {}}
sources:
  web: {format: nginx}
  otel: {format: otlp}
notifications:
  receivers: {room: {webhook: "http://127.0.0.1:9/hook"}}
  allow: [127.0.0.1]
"""
JOURNEY = """\
journey: watch
team: alpha
title: {en: Watch a course, ja: コースを視聴する}
steps: {play: {events: "route like '/%'"}}
objectives:
  works: {good: status < 500, target: 99%}
"""
POLICY = """\
policies:
  spent:
    team: alpha
    agreed: {by: [mina], on: 2026-04-01}
    owners: [mina]
    steps: {spent: {when: budget exhausted, then: [stop-risky-deployments]}}
"""
PEOPLE: Mapping[str, Person] = {
    "viewer": Person("vera", "viewer"),
    "member": Person("mina", "member", ("alpha",)),
    "other": Person("otto", "member", ("beta",)),
    "admin": Person("ada", "admin"),
}
TOKENS: Mapping[str, tuple[str, ...]] = {
    "token read": ("read",),
    "token ingest": ("ingest:*",),
    "token marks": ("marks",),
    "token signals": ("signals",),
    "token admin": ("admin",),
}
NOBODY = "nobody"
ROLES = (NOBODY, *PEOPLE, *TOKENS)
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Entered:
    """A site under way, and everybody who may ask it."""

    port: int
    store: Store
    site: Site
    routes: tuple[Route, ...]
    now: Callable[[], float]
    secrets: dict[str, str] = field(default_factory=dict)  # of tokens, by role

    def as_role(self, role: str) -> dict[str, str]:
        """The headers of somebody: a new session, or a token."""
        if role == NOBODY:
            return {}
        if role in TOKENS:
            return {"Authorization": f"Bearer {self.secrets[role]}"}
        _, secret = self.store.sessions.begin(PEOPLE[role], int(self.now()), 3600, "tests")
        return {"Cookie": f"tabiji_session_{self.port}={secret}"}

    def ask(
        self,
        method: str,
        target: str,
        headers: Headers | None = None,
        body: str | bytes | Mapping[str, object] | None = None,
        *,
        kind: str = "form",
    ) -> Answer:
        """Sends a request whose target is exactly as it is written here. A mapping is a form, or JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Host": f"127.0.0.1:{self.port}", "Accept": "text/html,*/*", **(headers or {})}
        content = b"" if body is None else body
        if isinstance(content, Mapping):
            form = kind == "form"
            sent["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            content = urlencode(content, doseq=True) if form else json.dumps(content)
        content = content.encode() if isinstance(content, str) else content
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if content or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(content)))
            connection.endheaders(content or None)
            answer = connection.getresponse()
            known: dict[str, str] = {}
            for name, value in answer.getheaders():  # of several of a name, all
                known[name.lower()] = "\n".join(filter(None, (known.get(name.lower()), value)))
            streamed = known.get("content-type", "").startswith("text/event-stream")
            return Answer(answer.status, known, b"" if streamed else answer.read())
        finally:
            connection.close()

    def incident(self) -> int:
        """A new incident of the journey, the only one that is open."""
        now = int(self.now())
        word = Word("ada", now, "it hangs")
        self.forget()
        before = intervening.open_by_hand(self.site, self.store, "watch", now // 60 - 90, "human", word)
        intervening.close(self.site, self.store, before, now // 60 - 80, word)
        return intervening.open_by_hand(self.site, self.store, "watch", now // 60 - 30, "human", word)

    def action(self) -> int:
        """A new action item of the team alpha."""
        wanted = Wanted("x", team="alpha")
        return acting.open_(self.site, self.store, wanted, "ada", int(self.now())).number

    def mission(self) -> int:
        """A new version of the mission: the number of its act."""
        nth = len(stating.versions(self.store)) + 1
        return stating.write(self.store, [Line("m1", "mission", str(nth))], "ada", int(self.now())).number

    def forget(self) -> None:
        """No incident any more."""
        with self.store._writing() as connection:
            for table in ("incident_alerts", "incident_facts", "incident_progress", "incidents"):
                connection.execute(sa.text(f"DELETE FROM {table}"))

    def incidents(self) -> list[Incident]:
        return self.store.incidents()


def routes(context: Context) -> tuple[Route, ...]:
    """All that the application answers, but its OpenAPI document."""
    routers = (static.routes(), bundling.routes(), *(made(context) for made in ROUTES))
    return tuple(route for router in routers for route in router.routes if isinstance(route, Route))


@contextmanager
def entered(
    folder: Path, url: str, more: str = "", now: Callable[[], float] = time.time
) -> Iterator[Entered]:
    """The site, served until the block ends; `more` of its definitions, such as `access:`."""
    (folder / "journeys").mkdir(parents=True, exist_ok=True)
    (folder / "journeys" / "watch.yaml").write_text(JOURNEY)
    (folder / "policies").mkdir()
    (folder / "policies" / "spent.yaml").write_text(POLICY)
    (folder / "tabiji.yaml").write_text(f"store: {json.dumps(url)}\n{SITE}{more}")
    site = definitions.load(folder, {"OIDC_SECRET": "canary-of-oidc"})
    with (
        store.open(site.store) as opened,
        Receiving(opened, lambda: site) as receiving,
        socket.create_server(("127.0.0.1", 0), backlog=256) as listening,
    ):
        context = Context(opened, lambda: site, now, receiving=receiving)
        running = server(application(context))
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        while not running.started:
            time.sleep(0.01)
        made = Entered(listening.getsockname()[1], opened, site, routes(context), now)
        for role, scopes in TOKENS.items():
            made.secrets[role] = opened.tokens.create(role, scopes, int(now()))[1]
        try:
            yield made
        finally:
            running.should_exit = True
            thread.join(20)
