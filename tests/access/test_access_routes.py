"""Every route × who asks × form of its path (T27): a new route fails here until it is listed.

The requests are written to a real server byte by byte, so that nothing is tidied up on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from entered import NOBODY, ROLES, Answer, Entered

from tabiji import postmortems, practice, reviews
from tabiji.boards import Point
from tabiji.results import Wanted
from tabiji.runs import achieving, intervening, learning, reviewing, signing, workshops
from tabiji.runs.intervening import Word
from tabiji.runs.practising import engaging
from tabiji.signals import Signal
from tabiji.store import Person

EVERYBODY = frozenset(ROLES)
LOOKING = frozenset({"viewer", "member", "other", "admin", "token read", "token admin"})
READING_LINES = frozenset({"member", "other", "admin", "token admin"})
CHANGING = frozenset({"member", "admin", "token admin"})  # what is alpha's
MEMBERS = frozenset({"member", "other", "admin", "token admin"})  # of any team
ADMINS = frozenset({"admin", "token admin"})
SIGNED_IN = frozenset({"viewer", "member", "other", "admin"})
READERS = frozenset({"token read", "token admin"})  # by tokens alone
MARKERS = frozenset({"token marks", "token admin"})
TELLERS = frozenset({"token signals", "token admin"})
PUSHERS = frozenset({"token ingest", "token admin"})

Made = Callable[[Entered], str]
Body = Mapping[str, Any] | str | bytes | None


@dataclass(frozen=True)
class Asked:
    """How a route is asked for, who gets an answer, and which; everybody else is sent to sign in, or refused."""

    who: frozenset[str]
    target: str | Made
    status: int = 200
    body: Body | Callable[[Entered], Body] = None
    json: bool = False  # the body is
    refused: int = 403


def of_incident(path: str) -> Made:
    return lambda site: path.replace("{number}", str(site.incident()))


def of_workshop(path: str) -> Made:
    def made(site: Entered) -> str:
        board, _link = workshops.open_(
            site.site, site.store, "x", "alpha", [Point("welcome", 5)], 4, int(site.now()), "ada"
        )
        return path.replace("{number}", str(board.number))

    return made


def of_action(path: str) -> Made:
    """A new action item of the team alpha."""
    return lambda site: path.replace("{number}", str(site.action()))


def with_mission(path: str) -> Made:
    """Something is written down already."""

    def made(site: Entered) -> str:
        site.mission()
        return path

    return made


def new_mission(site: Entered) -> Body:
    return {"text": f"# mission\nx {site.mission()}\n"}


def new_lines(site: Entered) -> Body:
    last = site.mission()
    return {"mission": f"y {last}", "seen": str(last)}


def without(path: str) -> Made:
    def forgotten(site: Entered) -> str:
        site.forget()
        return path

    return forgotten


def closed(path: str) -> Made:
    def made(site: Entered) -> str:
        number = site.incident()
        now = int(site.now())
        intervening.close(site.site, site.store, number, now // 60, Word("ada", now, ""))
        return path.replace("{number}", str(number))

    return made


def unsigned(path: str) -> Made:
    """Nobody has signed the policy."""

    def made(site: Entered) -> str:
        with site.store._writing() as connection:
            connection.execute(sa.text("DELETE FROM acts WHERE kind = 'agreement'"))
        return path

    return made


def asked_by_all(path: str) -> Made:
    """Everybody who may has asked for a change of the policy."""

    def made(site: Entered) -> str:
        for who in ("mina", "ada", "token admin"):
            signing.ask(site.site, site.store, "spent", who, "x", int(site.now()))
        return path

    return made


def begun(path: str) -> Made:
    def made(site: Entered) -> str:
        word = reviews.Word("ada", int(site.now()))
        review = reviewing.find(site.site, site.store, "alpha", "2026-01-05")
        if review.held_at is not None:
            review = reviewing.reopen(site.store, review, "again", word)
        reviewing.begin(site.store, review, "ada", "team", [], word)
        return path

    return made


def drafted(path: str) -> Made:
    def made(site: Entered) -> str:
        number = site.incident()
        learning.draft(site.site, site.store, number, Word("ada", int(site.now())))
        return path.replace("{number}", str(number))

    return made


def closed_review(path: str) -> Made:
    def made(site: Entered) -> str:
        begun(path)(site)
        word = reviews.Word("ada", int(site.now()))
        reviewing.hold(site.store, reviewing.find(site.site, site.store, "alpha", "2026-01-05"), word)
        return path

    return made


def of_signal(path: str) -> Made:
    """An enquiry about alpha's journey."""

    def made(site: Entered) -> str:
        site.store.signals.add([Signal("enquiry", 60, "T-1", journey="watch")], 60)
        return path.replace("{number}", str(site.store.signals.between(0, 61)[0].number))

    return made


def of_result(path: str) -> Made:
    """There is a key result of alpha's, and nobody has closed it."""

    def made(site: Entered) -> str:
        day = date(2026, 4, 1)
        shares = Fraction(90, 100), Fraction(99, 100)
        wanted = Wanted("x", "mina", "alpha", "watch/works", "sli", *shares, day, day, "UTC")
        found = achieving.open_(site.site, site.store, wanted, "mina", int(site.now()), start=shares[0])
        return path.replace("{number}", str(found.number))

    return made


def published(path: str) -> Made:
    def made(site: Entered) -> str:
        number, word = site.incident(), Word("ada", int(site.now()))
        learning.draft(site.site, site.store, number, word)
        told: dict[postmortems.Section, str] = dict.fromkeys(postmortems.NEEDED, "told")
        learning.edit(site.store, number, postmortems.Words("t", told, "bug", "ada"), word)
        intervening.close(site.site, site.store, number, word.now // 60, word)
        learning.publish(site.store, number, word)
        return path.replace("{number}", str(number))

    return made


def disengaged(path: str) -> Made:
    """SRE is engaged in nothing."""

    def made(site: Entered) -> str:
        with site.store._writing() as connection:
            connection.execute(sa.text("DELETE FROM acts WHERE kind = 'engagement'"))
        return path

    return made


def engaged(path: str) -> Made:
    """SRE leads a practice of the team."""

    def made(site: Entered) -> str:
        disengaged(path)(site)
        wanted = practice.Wanted("alpha", "leads", "coverage", 3, "x")
        one = engaging.begin(site.site, site.store, wanted, "ada", int(site.now()))
        return path.replace("{number}", str(one.number))

    return made


def with_other(site: Entered) -> Body:
    return {"other": min(one.number for one in site.incidents()), "reason": "one"}


def code(site: Entered) -> str:
    return f"/login/{site.store.sessions.let_in(Person('new', 'viewer'), int(site.now()), 600)}"


def session(site: Entered) -> str:
    made, _ = site.store.sessions.begin(Person("mina", "viewer"), int(site.now()), 60, "")
    return f"/sessions/{made.number}/revoke"


INCIDENT = "/api/v1/incidents/{number}"
SIGNAL = "/api/v1/signals/{number}"
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]}
SPANS = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x", "kind": 2, "startTimeUnixNano": "1"}]}]}]}
RESULT = {"title": "x", "objective": "watch/works", "measure": "sli", "start": "90%", "target": "99%"}
SAID = {"journey": "watch", "word": "calm", "from": "2026-06-01", "to": "2026-06-01"}
ROUTES: dict[tuple[str, str], Asked] = {
    ("GET", "/static/{version}/{name}"): Asked(EVERYBODY, "/static/x/style.css"),
    ("GET", "/static/charts/{version}/bundle.js"): Asked(EVERYBODY, "/static/charts/x/bundle.js", 404),
    ("GET", "/healthz"): Asked(EVERYBODY, "/healthz", 503),  # nothing ticks in this process
    ("GET", "/readyz"): Asked(EVERYBODY, "/readyz", 503),
    ("GET", "/metrics"): Asked(READERS, "/metrics"),
    ("POST", "/ingest/{source}"): Asked(PUSHERS, "/ingest/web", 200, b"\n"),
    ("POST", "/ingest/{source}/firehose"): Asked(
        PUSHERS, "/ingest/web/firehose", 200, {"requestId": "1", "records": []}, True,
    ),
    ("POST", "/v1/logs"): Asked(PUSHERS, "/v1/logs", 200, LOGS, True),
    ("POST", "/v1/traces"): Asked(PUSHERS, "/v1/traces", 200, SPANS, True),
    ("POST", "/api/v1/marks"): Asked(MARKERS, "/api/v1/marks", 201, {"kind": "deployment", "title": "v1"}, True),
    ("GET", "/api/v1/marks"): Asked(READERS, "/api/v1/marks"),
    ("DELETE", "/api/v1/marks/{number}"): Asked(MARKERS, "/api/v1/marks/99", 404),
    ("GET", "/acknowledge/{name}/{signature}"): Asked(EVERYBODY, "/acknowledge/x/y", 404),
    ("POST", "/acknowledge/{name}/{signature}"): Asked(EVERYBODY, "/acknowledge/x/y", 404, {"name": "x"}),
    ("GET", "/workshop/{link}"): Asked(EVERYBODY, "/workshop/1-x", 404),
    ("GET", "/workshop/{link}/events"): Asked(EVERYBODY, "/workshop/1-x/events", 404),
    ("GET", "/workshop/{link}/journeys.zip"): Asked(EVERYBODY, "/workshop/1-x/journeys.zip", 404),
    ("POST", "/workshop/{link}/{deed}"): Asked(EVERYBODY, "/workshop/1-x/join", 404, {"name": "x"}),
    ("GET", "/login"): Asked(EVERYBODY, "/login"),
    ("GET", "/login/oidc"): Asked(EVERYBODY, "/login/oidc", 404),
    ("GET", "/login/oidc/callback"): Asked(EVERYBODY, "/login/oidc/callback", 404),
    ("GET", "/login/{code}"): Asked(EVERYBODY, code),
    ("POST", "/login/{code}"): Asked(EVERYBODY, code, 303),
    # the API
    ("GET", "/api/v1/status"): Asked(LOOKING, "/api/v1/status"),
    ("GET", "/api/v1/gate"): Asked(LOOKING, "/api/v1/gate?name=watch"),
    ("GET", "/gate/{journey}"): Asked(LOOKING, "/gate/watch"),
    ("GET", "/api/v1/policies/history"): Asked(LOOKING, "/api/v1/policies/history"),
    ("GET", "/api/v1/policies"): Asked(LOOKING, "/api/v1/policies"),
    ("GET", "/api/v1/policies/{name}"): Asked(LOOKING, "/api/v1/policies/spent"),
    ("POST", "/api/v1/policies/{name}/sign"): Asked(
        CHANGING, unsigned("/api/v1/policies/spent/sign"), 200, {"as": "team"}, True,
    ),
    ("POST", "/api/v1/policies/{name}/ask"): Asked(
        CHANGING, "/api/v1/policies/spent/ask", 200, {"reason": "x"}, True,
    ),
    ("POST", "/api/v1/policies/{name}/withdraw"): Asked(
        CHANGING, asked_by_all("/api/v1/policies/spent/withdraw"), 200, {"reason": "x"}, True,
    ),
    ("GET", "/api/v1/actions"): Asked(LOOKING, "/api/v1/actions"),
    ("GET", "/api/v1/mission"): Asked(LOOKING, "/api/v1/mission"),
    ("GET", "/api/v1/mission/history"): Asked(LOOKING, "/api/v1/mission/history"),
    ("GET", "/api/v1/mission/difference"): Asked(LOOKING, with_mission("/api/v1/mission/difference?from=1")),
    ("POST", "/api/v1/mission"): Asked(MEMBERS, "/api/v1/mission", 201, new_mission, True),
    ("GET", "/api/v1/roadmap"): Asked(LOOKING, "/api/v1/roadmap"),
    ("POST", "/api/v1/actions"): Asked(CHANGING, "/api/v1/actions", 201, {"title": "x", "team": "alpha"}, True),
    ("GET", "/api/v1/actions/{number}"): Asked(LOOKING, of_action("/api/v1/actions/{number}")),
    ("POST", "/api/v1/actions/{number}/{what}"): Asked(
        CHANGING, of_action("/api/v1/actions/{number}/done"), 200, {"text": "x"}, True,
    ),
    ("GET", "/api/v1/check"): Asked(LOOKING, "/api/v1/check"),
    ("GET", "/api/v1/schema/{file}"): Asked(LOOKING, "/api/v1/schema/site"),
    ("GET", "/api/v1/count"): Asked(LOOKING, "/api/v1/count?by=route&from=now-1h"),
    ("GET", "/api/v1/lines"): Asked(READING_LINES, "/api/v1/lines?objective=watch/works&from=now-1h&to=now"),
    ("POST", "/api/v1/simulate"): Asked(
        LOOKING, "/api/v1/simulate", 400, {"files": {"journeys/watch.yaml": ""}}, True,
    ),
    ("GET", "/api/v1/suggest"): Asked(LOOKING, "/api/v1/suggest?name=watch"),
    ("POST", "/api/v1/suggest"): Asked(CHANGING, "/api/v1/suggest", 422, {**SAID, "why": " "}, True),
    ("POST", "/api/v1/signals/import"): Asked(
        TELLERS, "/api/v1/signals/import?kind=enquiry", 200, {"signals": []}, True,
    ),
    ("GET", "/api/v1/signals"): Asked(LOOKING, "/api/v1/signals"),
    ("GET", "/api/v1/signals/correlation"): Asked(LOOKING, "/api/v1/signals/correlation"),
    ("POST", f"{SIGNAL}/place"): Asked(CHANGING, of_signal(f"{SIGNAL}/place"), 200, {"journey": "watch"}, True),
    ("POST", "/api/v1/signals/sort"): Asked(MEMBERS, "/api/v1/signals/sort"),
    ("DELETE", SIGNAL): Asked(CHANGING, of_signal(SIGNAL), 204),
    ("GET", "/api/v1/alerts"): Asked(LOOKING, "/api/v1/alerts"),
    ("GET", "/api/v1/alerts/why"): Asked(LOOKING, "/api/v1/alerts/why?objective=watch/works"),
    ("GET", "/api/v1/reports"): Asked(LOOKING, "/api/v1/reports"),
    ("GET", "/api/v1/reports/{kind}/{period}"): Asked(LOOKING, "/api/v1/reports/weekly/latest"),
    ("GET", "/api/v1/incidents"): Asked(LOOKING, "/api/v1/incidents"),
    ("GET", "/api/v1/compare"): Asked(LOOKING, "/api/v1/compare?around=now-1h"),
    ("GET", "/api/v1/incidents/trend"): Asked(LOOKING, "/api/v1/incidents/trend"),
    ("GET", "/api/v1/incidents/{number}"): Asked(LOOKING, of_incident(INCIDENT)),
    ("POST", "/api/v1/incidents"): Asked(
        CHANGING, without("/api/v1/incidents"), 201, {"journey": "watch", "at": "now-5m", "reason": "x"}, True,
    ),
    ("POST", f"{INCIDENT}/acknowledge"): Asked(CHANGING, of_incident(f"{INCIDENT}/acknowledge"), 200, {}, True),
    ("POST", f"{INCIDENT}/close"): Asked(CHANGING, of_incident(f"{INCIDENT}/close"), 200, {"at": "now"}, True),
    ("POST", f"{INCIDENT}/detect"): Asked(
        CHANGING, of_incident(f"{INCIDENT}/detect"), 200, {"at": "now", "by": "human"}, True,
    ),
    ("POST", f"{INCIDENT}/cause"): Asked(
        CHANGING, of_incident(f"{INCIDENT}/cause"), 200, {"cause": "bug"}, True,
    ),
    ("POST", f"{INCIDENT}/merge"): Asked(CHANGING, of_incident(f"{INCIDENT}/merge"), 200, with_other, True),
    ("POST", f"{INCIDENT}/own"): Asked(CHANGING, of_incident(f"{INCIDENT}/own"), 200, {}, True),
    ("POST", f"{INCIDENT}/reopen"): Asked(CHANGING, closed(f"{INCIDENT}/reopen"), 200, {}, True),
    ("POST", f"{INCIDENT}/split"): Asked(
        CHANGING, of_incident(f"{INCIDENT}/split"), 201, {"at": "now-10m", "reason": "x"}, True,
    ),
    ("POST", f"{INCIDENT}/note"): Asked(CHANGING, of_incident(f"{INCIDENT}/note"), 200, {"text": "x"}, True),
    ("GET", "/api/v1/practice"): Asked(LOOKING, "/api/v1/practice"),
    ("GET", "/api/v1/practice/{team}"): Asked(LOOKING, "/api/v1/practice/alpha"),
    ("POST", "/api/v1/practice/{team}/engagements"): Asked(
        CHANGING, disengaged("/api/v1/practice/alpha/engagements"), 201,
        {"practice": "coverage", "mode": "leads", "why": "x"}, True,
    ),
    ("POST", "/api/v1/practice/{team}/engagements/{number}/end"): Asked(
        CHANGING, engaged("/api/v1/practice/alpha/engagements/{number}/end"), 200, {"why": "x"}, True,
    ),
    ("GET", "/api/v1/reviews"): Asked(LOOKING, "/api/v1/reviews"),
    ("GET", "/api/v1/reviews/{team}/{week}"): Asked(LOOKING, "/api/v1/reviews/alpha/2026-01-05"),
    ("POST", "/api/v1/reviews/{team}/{week}/begin"): Asked(
        CHANGING, "/api/v1/reviews/alpha/2026-01-05/begin", 200, {"led_by": "team"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/decide"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/decide"), 200,
        {"objective": "watch/works", "choice": "nothing", "why": "luck"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/step"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/step"), 200, {"step": "why"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/note"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/note"), 200,
        {"objective": "watch/works", "cause": "x"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/concern"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/concern"), 200, {"text": "x"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/change"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/change"), 400, {"decision": 999, "reason": "x"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/withdraw"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/withdraw"), 400, {"decision": 999, "reason": "x"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/follow"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/follow"), 400,
        {"decision": "alpha/2025-12-29#1", "outcome": "done"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/reopen"): Asked(
        CHANGING, closed_review("/api/v1/reviews/alpha/2026-01-05/reopen"), 200, {"reason": "x"}, True,
    ),
    ("POST", "/api/v1/reviews/{team}/{week}/hold"): Asked(
        CHANGING, begun("/api/v1/reviews/alpha/2026-01-05/hold"), 200, {}, True,
    ),
    ("GET", "/api/v1/postmortems"): Asked(LOOKING, "/api/v1/postmortems"),
    ("GET", "/api/v1/postmortems/{number}"): Asked(LOOKING, published("/api/v1/postmortems/{number}")),
    ("POST", "/api/v1/postmortems/{number}"): Asked(CHANGING, of_incident("/api/v1/postmortems/{number}"), 201),
    ("POST", "/api/v1/postmortems/{number}/edit"): Asked(
        CHANGING, published("/api/v1/postmortems/{number}/edit"), 200, {"title": "x"}, True,
    ),
    ("POST", "/api/v1/postmortems/{number}/actions"): Asked(
        CHANGING, drafted("/api/v1/postmortems/{number}/actions"), 201, {"title": "x"}, True,
    ),
    ("POST", "/api/v1/postmortems/{number}/{step}"): Asked(
        CHANGING, drafted("/api/v1/postmortems/{number}/submit"), 200, {}, True,
    ),
    ("GET", "/api/v1/journeys"): Asked(LOOKING, "/api/v1/journeys"),
    ("GET", "/api/v1/formats"): Asked(LOOKING, "/api/v1/formats"),
    ("GET", "/api/v1/doctor"): Asked(LOOKING, "/api/v1/doctor"),
    ("GET", "/api/v1/messages"): Asked(LOOKING, "/api/v1/messages"),
    ("POST", "/api/v1/messages/retry"): Asked(ADMINS, "/api/v1/messages/retry", 200, {"key": "all"}, True),
    ("GET", "/api/docs"): Asked(LOOKING, "/api/docs"),
    ("GET", "/events"): Asked(LOOKING, "/events"),
    ("GET", "/badge/{journey}.svg"): Asked(LOOKING, "/badge/watch.svg"),
    ("GET", "/embed/journeys/{journey}"): Asked(LOOKING, "/embed/journeys/watch"),
    # pages
    ("GET", "/"): Asked(LOOKING, "/"),
    ("GET", "/journeys/{name}"): Asked(LOOKING, "/journeys/watch"),
    ("GET", "/journeys/{journey}/{objective}"): Asked(LOOKING, "/journeys/watch/works"),
    ("GET", "/help"): Asked(LOOKING, "/help"),
    ("GET", "/sessions"): Asked(SIGNED_IN | ADMINS, "/sessions"),
    ("POST", "/sessions/{number}/revoke"): Asked(ADMINS | {"member"}, session, 303, refused=404),  # mina's
    ("GET", "/audit"): Asked(ADMINS, "/audit"),
    ("GET", "/settings"): Asked(ADMINS, "/settings"),
    ("POST", "/logout"): Asked(LOOKING, "/logout", 303),
    ("GET", "/charts/objectives/{journey}/{objective}/{chart}.{form}"): Asked(
        LOOKING, "/charts/objectives/watch/works/bad.csv",
    ),
    ("GET", "/charts/journeys/{journey}/{chart}.{form}"): Asked(LOOKING, "/charts/journeys/watch/bad.csv"),
    ("GET", "/charts/incidents/{number}.{form}"): Asked(LOOKING, of_incident("/charts/incidents/{number}.csv"), 404),
    ("GET", "/charts/operations/{chart}.{form}"): Asked(LOOKING, "/charts/operations/traffic.csv?source=web", 404),
    ("GET", "/charts/trends.{form}"): Asked(LOOKING, "/charts/trends.csv"),
    ("GET", "/charts/kept/{name}.{form}"): Asked(LOOKING, "/charts/kept/x.csv", 404),
    ("GET", "/what-if"): Asked(LOOKING, "/what-if?objective=watch/works"),
    ("GET", "/suggest"): Asked(LOOKING, "/suggest?objective=watch/works"),
    ("POST", "/suggest"): Asked(CHANGING, "/suggest", 422, {"objective": "watch/works", "first": "today"}),
    ("GET", "/incidents"): Asked(LOOKING, "/incidents"),
    ("GET", "/compare"): Asked(LOOKING, "/compare"),
    ("GET", "/incidents/trends"): Asked(LOOKING, "/incidents/trends"),
    ("POST", "/incidents"): Asked(
        CHANGING, without("/incidents"), 303, {"journey": "watch", "at": "now", "text": "x"},
    ),
    ("GET", "/incidents/{number}"): Asked(LOOKING, of_incident("/incidents/{number}")),
    ("POST", "/incidents/{number}/{act}"): Asked(
        CHANGING, of_incident("/incidents/{number}/note"), 303, {"text": "x"},
    ),
    ("GET", "/reports"): Asked(LOOKING, "/reports"),
    ("GET", "/reports/{kind}/{team}/{period}"): Asked(LOOKING, "/reports/weekly/all/latest"),
    ("POST", "/reports/{kind}/{team}/{period}/{act}"): Asked(
        CHANGING, "/reports/weekly/alpha/latest/send", 422, {"receiver": "nobody"},
    ),
    ("GET", "/practice"): Asked(LOOKING, "/practice"),
    ("GET", "/practice/{team}"): Asked(LOOKING, "/practice/alpha"),
    ("POST", "/practice/{team}/engage"): Asked(
        CHANGING, disengaged("/practice/alpha/engage"), 303,
        {"practice": "coverage", "mode": "leads", "until": "3", "why": "x"},
    ),
    ("POST", "/practice/{team}/engagements/{number}/end"): Asked(
        CHANGING, engaged("/practice/alpha/engagements/{number}/end"), 303, {"why": "x"},
    ),
    ("GET", "/reviews"): Asked(LOOKING, "/reviews"),
    ("GET", "/reviews/{team}/{week}"): Asked(LOOKING, "/reviews/alpha/2026-01-05"),
    ("GET", "/reviews/{team}/{week}/events"): Asked(LOOKING, "/reviews/alpha/2026-01-05/events"),
    ("POST", "/reviews/{team}/{week}/{act}"): Asked(
        CHANGING, "/reviews/alpha/2026-01-12/begin", 303, {"leader": "ada", "led_by": "team"},
    ),
    ("GET", "/workshops"): Asked(LOOKING, "/workshops"),
    ("POST", "/workshops"): Asked(CHANGING, "/workshops", 200, {"title": "x", "team": "alpha"}),
    ("GET", "/workshops/{number}"): Asked(LOOKING, of_workshop("/workshops/{number}")),
    ("GET", "/workshops/{number}/journeys.zip"): Asked(LOOKING, of_workshop("/workshops/{number}/journeys.zip")),
    ("POST", "/workshops/{number}/{act}"): Asked(CHANGING, of_workshop("/workshops/{number}/end"), 303, {}),
    ("GET", "/api/v1/workshops"): Asked(LOOKING, "/api/v1/workshops"),
    ("POST", "/api/v1/workshops"): Asked(
        CHANGING, "/api/v1/workshops", 201, {"title": "x", "team": "alpha"}, True,
    ),
    ("GET", "/api/v1/workshops/{number}"): Asked(LOOKING, of_workshop("/api/v1/workshops/{number}")),
    ("GET", "/api/v1/workshops/{number}/export"): Asked(LOOKING, of_workshop("/api/v1/workshops/{number}/export")),
    ("POST", "/api/v1/workshops/{number}/end"): Asked(
        CHANGING, of_workshop("/api/v1/workshops/{number}/end"), 200, {}, True,
    ),
    ("GET", "/postmortems"): Asked(LOOKING, "/postmortems"),
    ("GET", "/postmortems/{number}"): Asked(LOOKING, of_incident("/postmortems/{number}")),
    ("GET", "/postmortems/{number}.md"): Asked(LOOKING, published("/postmortems/{number}.md")),
    ("POST", "/postmortems/{number}/{act}"): Asked(CHANGING, of_incident("/postmortems/{number}/draft"), 303),
    ("GET", "/alerts"): Asked(LOOKING, "/alerts"),
    ("GET", "/alerts/why"): Asked(LOOKING, "/alerts/why?objective=watch/works"),
    ("GET", "/policies"): Asked(LOOKING, "/policies"),
    ("GET", "/policies/{name}"): Asked(LOOKING, "/policies/spent"),
    ("GET", "/policies/{name}/past"): Asked(LOOKING, "/policies/spent/past"),
    ("POST", "/policies/{name}/{act}"): Asked(CHANGING, "/policies/spent/ask", 303, {"text": "x"}),
    ("GET", "/actions"): Asked(LOOKING, "/actions"),
    ("POST", "/actions"): Asked(CHANGING, "/actions", 303, {"title": "x", "team": "alpha"}),
    ("GET", "/actions/{number}"): Asked(LOOKING, of_action("/actions/{number}")),
    ("POST", "/actions/{number}/{act}"): Asked(CHANGING, of_action("/actions/{number}/done"), 303, {"text": "x"}),
    ("GET", "/mission"): Asked(LOOKING, "/mission"),
    ("GET", "/mission/difference"): Asked(LOOKING, with_mission("/mission/difference?before=1")),
    ("GET", "/mission/edit"): Asked(MEMBERS, "/mission/edit"),
    ("POST", "/mission"): Asked(MEMBERS, with_mission("/mission"), 303, new_lines),
    ("GET", "/roadmap"): Asked(LOOKING, "/roadmap"),
    ("GET", "/voices"): Asked(LOOKING, "/voices"),
    ("POST", "/voices"): Asked(MEMBERS, "/voices", 303, {"text": "x"}),
    ("POST", "/voices/import"): Asked(MEMBERS, "/voices/import", 422, {"kind": "enquiry"}),
    ("POST", "/voices/sort"): Asked(MEMBERS, "/voices/sort", 303, {}),
    ("POST", "/voices/{number}/{act}"): Asked(
        CHANGING, of_signal("/voices/{number}/place"), 303, {"journey": "watch"},
    ),
    ("GET", "/outbox"): Asked(READING_LINES, "/outbox"),
    ("POST", "/outbox/retry"): Asked(ADMINS, "/outbox/retry", 303, {"key": "all"}),
    ("POST", "/outbox/test"): Asked(ADMINS, "/outbox/test", 404, {"receiver": "nobody"}),
    ("GET", "/explore"): Asked(LOOKING, "/explore"),
    ("GET", "/explore/operation"): Asked(LOOKING, "/explore/operation?source=web&operation=x", 404),
    ("GET", "/support"): Asked(LOOKING, "/support"),
    ("POST", "/support"): Asked(LOOKING, "/support", 303, {"at": "now"}),
    ("GET", "/lines"): Asked(LOOKING, "/lines?objective=watch/works"),
    ("GET", "/lines.csv"): Asked(READING_LINES, "/lines.csv?objective=watch/works"),
    ("GET", "/lines.ndjson"): Asked(READING_LINES, "/lines.ndjson?objective=watch/works"),
    ("GET", "/sources"): Asked(LOOKING, "/sources"),
    ("GET", "/sources/{source}"): Asked(LOOKING, "/sources/web"),
    ("GET", "/tokens"): Asked(ADMINS, "/tokens"),
    ("POST", "/tokens"): Asked(ADMINS, "/tokens", 422, {"name": "", "scope": "read"}),
    ("POST", "/tokens/revoke"): Asked(ADMINS, "/tokens/revoke", 404, {"name": "nobody"}),
    ("GET", "/support/searches/{key}"): Asked(LOOKING, "/support/searches/x", 404),
    ("POST", "/api/v1/policies/try"): Asked(LOOKING, "/api/v1/policies/try", 400, {"text": "policies: {}"}, True),
    ("POST", "/api/v1/policies/{name}/except"): Asked(
        CHANGING, "/api/v1/policies/spent/except", 400, {"until": "now", "reason": "x"}, True,
    ),
    ("POST", "/api/v1/policies/{name}/resume"): Asked(
        CHANGING, "/api/v1/policies/spent/resume", 400, {"number": 1, "reason": "x"}, True,
    ),
    ("GET", "/history"): Asked(LOOKING, "/history"),
    ("GET", "/api/v1/history"): Asked(LOOKING, "/api/v1/history"),
    # key results
    ("GET", "/api/v1/results"): Asked(LOOKING, "/api/v1/results"),
    ("GET", "/api/v1/results/{number}"): Asked(LOOKING, of_result("/api/v1/results/{number}")),
    ("POST", "/api/v1/results"): Asked(CHANGING, "/api/v1/results", 201, RESULT, True),
    ("GET", "/results"): Asked(LOOKING, "/results"),
    ("POST", "/results"): Asked(CHANGING, "/results", 303, RESULT),
    ("GET", "/results/{number}"): Asked(LOOKING, of_result("/results/{number}")),
    ("POST", "/results/{number}/change"): Asked(
        CHANGING, of_result("/results/{number}/change"), 303,
        {"title": "t", "owner": "o", "target": "99%", "text": "x"},
    ),
    ("POST", "/api/v1/results/{number}/change"): Asked(
        CHANGING, of_result("/api/v1/results/{number}/change"), 200, {"title": "t", "text": "x"}, True,
    ),
    ("POST", "/results/{number}/close"): Asked(CHANGING, of_result("/results/{number}/close"), 303, {"text": "x"}),
    ("POST", "/api/v1/results/{number}/close"): Asked(
        CHANGING, of_result("/api/v1/results/{number}/close"), 200, {"text": "x"}, True,
    ),
}  # fmt: skip


def target_of(asked: Asked, site: Entered) -> str:
    return asked.target if isinstance(asked.target, str) else asked.target(site)


def ask(site: Entered, method: str, asked: Asked, target: str, headers: Mapping[str, str]) -> Answer:
    body = asked.body(site) if callable(asked.body) else asked.body
    return site.ask(method, target, headers, body, kind="json" if asked.json else "form")


def test_every_route_is_listed(site: Entered) -> None:
    found = {(method, route.path) for route in site.routes for method in route.methods or ()}
    assert sorted(found) == sorted(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda one: one)
def test_who_gets_an_answer(site: Entered, method: str, path: str) -> None:
    asked, found = ROUTES[method, path], {}
    own = asked.who in (READERS, MARKERS, TELLERS, PUSHERS)
    machine = own or path.startswith("/api/v1")
    expected: dict[str, object] = {}
    for role in ROLES:
        answer = ask(site, method, asked, target_of(asked, site), site.as_role(role))
        signs_in = answer.location.partition("?")[0] == "/login" and path != "/logout"
        found[role] = f"{answer.status} to sign in" if signs_in else answer.status
        if role in asked.who:
            expected[role] = asked.status
        elif role == NOBODY or (own and role in SIGNED_IN):
            expected[role] = 401 if machine else "303 to sign in"
        else:
            expected[role] = asked.refused if role in SIGNED_IN else 403
    if path == "/logout":
        expected[NOBODY] = 303
    assert found == expected


def test_what_nobody_knows_is_for_visitors_as_well(site: Entered) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        for target in ("/nothing", "/api/nothing", "/audit", "/api/v1/status", "/openapi.json", "/docs", "*"):
            answer = site.ask(method, target)
            assert (answer.status, method, target) in (
                (401, method, target), (303, method, target), (400, method, target),
            )  # fmt: skip
    assert site.ask("GET", "/api/openapi.json").status == 401
    assert site.ask("GET", "/nothing", site.as_role("viewer")).status == 404


FORMS: dict[str, Callable[[str], str]] = {
    "two slashes before": lambda path: f"/{path}",
    "two slashes within": lambda path: path.replace("/", "//"),
    "a slash after": lambda path: f"{path}/",
    "a dot before": lambda path: f"/.{path}",
    "up from nowhere": lambda path: f"/..{path}",
    "up from an open path": lambda path: f"/healthz/..{path}",
    "up from files": lambda path: f"/static/x/..{path}",
    "up from files, encoded": lambda path: f"/static/x/..%2f..{path.replace('/', '%2f')}",
    "up from the way in, encoded": lambda path: f"/login/%2e%2e{path}",
    "up, encoded twice": lambda path: f"/login/%252e%252e{path}",
    "capitals": lambda path: path.upper(),
    "a backslash before": lambda path: f"/\\{path[1:]}",
    "a backslash instead": lambda path: f"\\{path[1:]}",
    "a backslash, encoded": lambda path: f"/%5c{path[1:]}",
    "a letter encoded": lambda path: f"/%{ord(path[1:2] or 'x'):02x}{path[2:]}",
    "a letter encoded twice": lambda path: f"/%25{ord(path[1:2] or 'x'):02x}{path[2:]}",
    "slashes encoded": lambda path: f"/{path[1:].replace('/', '%2f')}",
    "the first slash encoded": lambda path: f"%2f{path[1:]}",
    "a NUL after": lambda path: f"{path}%00",
    "a space after": lambda path: f"{path}%20",
    "a dot after": lambda path: f"{path}.",
    "a parameter after": lambda path: f"{path};/healthz",
    "a fragment after": lambda path: f"{path}#/healthz",
    "an open path after": lambda path: f"{path}%3f/healthz",
    "a line break within": lambda path: f"{path}%0d%0a",
    "an address": lambda path: f"http://127.0.0.1{path}",
    "another's address": lambda path: f"http://evil.example{path}",
    "no slash": lambda path: path[1:] or ".",
    "overlong UTF-8": lambda path: f"/%c0%ae%c0%ae{path}",
    "full-width": lambda path: f"/%ef%bc%8f{path[1:]}",
}


@pytest.mark.parametrize("form", FORMS, ids=lambda one: one)
def test_no_form_of_a_path_lets_anybody_around(site: Entered, form: str) -> None:
    wrong = []
    viewer = site.as_role("viewer")
    for (method, _path), asked in ROUTES.items():
        if asked.who == EVERYBODY:
            continue
        query_free = target_of(asked, site).partition("?")[0]
        target = FORMS[form](query_free)
        nobody = ask(site, method, asked, target, {})
        if nobody.status < 300 or (nobody.status < 400 and not nobody.location.startswith("/login")):
            wrong.append((method, target, NOBODY, nobody.status, nobody.location))
        if "viewer" not in asked.who:
            seen = ask(site, method, asked, target, viewer)
            if seen.status < 300 or (seen.status == 303 and seen.location != "/login"):
                wrong.append((method, target, "viewer", seen.status, seen.location))
    assert wrong == []
