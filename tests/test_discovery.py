"""Operations found → journeys: what held is promised, what nobody came for is left out, and `check` agrees."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji import definitions, discovery, histograms
from tabiji.counting import Account
from tabiji.definitions import Source
from tabiji.definitions.templates import journey_yaml, site_yaml
from tabiji.discovery import Discovery, Found, Operation, Outcome, choosing, leaving, wording

MS = 1_000


def operation(
    name: str | None,
    statuses: Mapping[int | None, int] | None = None,
    *,
    kind: str = "request",
    errors: Mapping[str | None, int] | None = None,
    ms: Mapping[int, int] | None = None,
    source: str = "web",
) -> Operation:
    """An operation as the sources' own expression names it: `METHOD route`, or anything else."""
    method, _, route = (name or "").partition(" ")
    by_route = route.startswith("/")
    ended: list[tuple[int | None, str | None, int]] = [
        (status, None, n) for status, n in (statuses or {}).items()
    ]
    ended += [(None, error, n) for error, n in (errors or {}).items()]
    outcomes = []
    left = {histograms.bucket(value * MS): n for value, n in (ms or {}).items()}
    for status, error, events in ended:
        histogram = {}
        for bucket in list(left):
            taken = min(left[bucket], events - sum(histogram.values()))
            histogram |= {bucket: taken} if taken else {}
            left[bucket] -= taken
        outcomes.append(Outcome(status, error, events, histogram))
    return Operation(
        source, kind, name, method if by_route else None, route if by_route else None, tuple(outcomes)
    )


def found(*operations: Operation, source: str = "web") -> Found:
    return Found(
        source=Source(source, "nginx" if source == "web" else "sidekiq", (f"{source}.log",)),
        kind="request" if source == "web" else "job",
        why="200 of 200 lines fit",
        fit=1.0,
        account=Account(),
        rejected=(),
        first_minute=29_000_000,
        last_minute=29_000_000 + 3 * 1440 - 1,
        operations=operations,
    )


@pytest.mark.parametrize(
    ("good", "total", "most", "text"),
    [
        pytest.param(10_000, 10_000, 1, "99.9%", id="never 100 %, nor above what people choose by default"),
        pytest.param(9_990, 10_000, 1, "99.9%", id="exactly held"),
        pytest.param(9_989, 10_000, 1, "99.5%", id="missed by one"),
        pytest.param(1_000, 1_000, 1, "99.9%", id="a budget of exactly one event"),
        pytest.param(999, 999, 1, "99.5%", id="a budget of less than one event"),
        pytest.param(10, 10, 1, "90%", id="ten events: a budget of one of them"),
        pytest.param(9, 9, 1, "90%", id="no looser for want of events alone"),
        pytest.param(4, 5, 1, "80%", id="few events, some of them bad"),
        pytest.param(5, 10, 1, "50%", id="half of them"),
        pytest.param(4, 10, 1, None, id="less than half: nothing can be promised"),
        pytest.param(0, 0, 1, None, id="nothing seen"),
        pytest.param(100_000, 100_000, Fraction(99, 100), "99%", id="latency is promised to 99 % at most"),
    ],
)
def test_a_target_held_and_has_a_budget(good: int, total: int, most: Fraction, text: str | None) -> None:
    chosen = choosing.target(good, total, most=Fraction(most))
    assert (chosen and chosen[1]) == text


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_target_was_kept_and_leaves_a_budget(one: int, other: int) -> None:
    good, total = sorted((one, other))
    chosen = choosing.target(good, total)
    if chosen is not None:
        assert 0 < chosen[0] < 1
        assert good >= chosen[0] * total
        assert chosen[0] == Fraction(chosen[1].rstrip("%")) / 100


@pytest.mark.parametrize(
    ("milliseconds", "least_ms", "limit_ms"),
    [
        pytest.param({100: 100}, 10, 100, id="a round number itself"),
        pytest.param({110: 100}, 10, 120, id="just above one"),
        pytest.param({100: 95, 5_000: 5}, 10, 100, id="the slowest 5 % do not count"),
        pytest.param({100: 94, 5_000: 6}, 10, 5_000, id="the slowest 6 % do"),
        pytest.param({1: 100}, 10, 10, id="nobody notices less"),
        pytest.param({1: 100}, 1_000, 1_000, id="nobody waits for a job"),
        pytest.param({}, 10, None, id="no durations"),
    ],
)
def test_a_limit_is_round_and_was_kept(
    milliseconds: dict[int, int], least_ms: int, limit_ms: int | None
) -> None:
    counts = {histograms.bucket(value * MS): n for value, n in milliseconds.items()}
    assert choosing.limit_us(counts, least_ms * MS) == (None if limit_ms is None else limit_ms * MS)


@given(st.dictionaries(st.integers(0, histograms.OVERFLOW), st.integers(1, 1000), max_size=20))
def test_every_limit_counts_exactly_and_kept_95_in_100(counts: dict[int, int]) -> None:
    limit = choosing.limit_us(counts, 10 * MS)
    if limit is not None:
        assert histograms.is_exact(limit)
        assert 100 * histograms.within(counts, limit) >= 95 * sum(counts.values())


@pytest.mark.parametrize(
    ("found_operation", "reason"),
    [
        pytest.param(operation("GET /courses/:id", {200: 95, 404: 5}), None, id="what users came for"),
        pytest.param(operation("GET /app-:id.js", {200: 9}), "asset", id="a file by its suffix"),
        pytest.param(operation("GET /assets/logo", {200: 9}), "asset", id="a file by its folder"),
        pytest.param(operation("GET /robots.txt", {200: 9}), "asset", id="for robots"),
        pytest.param(operation("GET /javascript", {200: 9}), None, id="a word that begins like a folder"),
        pytest.param(operation("GET /healthz", {200: 9}), "health", id="a health check"),
        pytest.param(operation("GET /api/health", {200: 9}), "health", id="one below the API"),
        pytest.param(operation("GET /health/articles", {200: 9}), None, id="articles about health"),
        pytest.param(operation("GET /.env", {404: 19, 200: 1}), "not-found", id="95 % not found: a scanner"),
        pytest.param(
            operation("GET /old", {404: 18, 200: 2}), None, id="90 % not found: users could be lost"
        ),
        pytest.param(operation("GET /pay", {499: 9}), None, id="clients that left are no scanners"),
        pytest.param(operation("GET /down", {502: 9}), None, id="an outage"),
        pytest.param(operation("GET /moved", {301: 9}), "redirect", id="for ever elsewhere"),
        pytest.param(operation("GET /sign-in", {302: 9}), None, id="on to the next page"),
        pytest.param(operation("OPTIONS /courses", {204: 9}), "method", id="a browser asks for itself"),
        pytest.param(operation(None, {400: 9}), "no-operation", id="no request line"),
        pytest.param(operation("other", {}), "beyond-cap", id="what is beyond the cap"),
        pytest.param(operation("health", errors={None: 9}, kind="job"), None, id="a job, whatever its name"),
        pytest.param(operation("PlayVideo", {200: 9}), None, id="a GraphQL operation"),
    ],
)
def test_operations_are_left_out_for_a_reason(found_operation: Operation, reason: str | None) -> None:
    assert leaving.left_out(found_operation) == reason


@pytest.mark.parametrize(
    ("name", "kind", "about", "title"),
    [
        pytest.param("GET /courses", "request", "course", "See courses", id="a collection"),
        pytest.param("GET /courses/:id", "request", "course", "See a course", id="one of it"),
        pytest.param("POST /courses", "request", "course", "Add a course", id="a new one"),
        pytest.param("PATCH /courses/:id", "request", "course", "Change a course", id="a change"),
        pytest.param(
            "DELETE /api/v2/orders/:id", "request", "order", "Remove an order", id="below an API's version"
        ),
        pytest.param(
            "GET /ja/courses/:id/lessons/:id", "request", "course", "See a lesson", id="a part of one"
        ),
        pytest.param("POST /users/:id/suspend", "request", "user", "Suspend a user", id="a deed"),
        pytest.param(
            "GET /admin/categories/:id/edit",
            "request",
            "admin",
            "Open the form to change a category",
            id="a form",
        ),
        pytest.param("POST /login", "request", "login", "Log in", id="a deed by itself"),
        pytest.param("GET /search", "request", "search", "Search", id="a search"),
        pytest.param("POST /contact", "request", "contact", "Send contact", id="a form is sent"),
        pytest.param("GET /blog/:slug", "request", "blog", "See a page of blog", id="a word without plural"),
        pytest.param("GET /:slug", "request", "page", "See a page", id="nothing but a placeholder"),
        pytest.param("GET /", "request", "home", "See the home page", id="the home page"),
        pytest.param(
            "GET /caf%C3%A9/menu.html", "request", "café", "See menu", id="an encoded word, a suffix"
        ),
        pytest.param("PlayVideo", "request", "video", "Play video", id="a verb and a noun"),
        pytest.param("CourseDetail", "request", "course", "Course detail", id="a noun and its detail"),
        pytest.param(
            "graphql.getHTTPStatuses",
            "request",
            "graphql",
            "Graphql get http statuses",
            id="capitals in a row",
        ),
        pytest.param("Billing::ChargeJob", "job", "billing", "Billing charge (job)", id="a job in a module"),
        pytest.param("CertificateMailer", "job", "certificate", "Certificate mailer (job)", id="a mailer"),
        pytest.param("受注処理", "request", "受注処理", "受注処理", id="a name in Japanese"),
    ],
)
def test_operations_get_plain_words(name: str, kind: str, about: str, title: str) -> None:
    one = operation(name, {200: 1}, kind=kind)
    assert (wording.about(one), wording.title(one)) == (about, title)


def test_names_are_told_apart() -> None:
    taken: set[str] = set()
    said = ("See a course", "See the course", "受注処理", "…")
    assert [wording.name(one, taken) for one in said] == ["see-course", "see-course-2", "step", "step-2"]


SHOP = Discovery(
    (
        found(
            operation("GET /orders/:id", {200: 8_995, 499: 5}, ms={40: 8_000, 300: 1_000}),
            operation("GET /courses", {200: 2_500, 503: 1}, ms={90: 2_501}),
            operation("POST /orders", {201: 1_990, 500: 10}, ms={250: 2_000}),
            operation("GET /app.css", {200: 700}),
            operation("GET /health", {200: 600}),
            operation("GET /wp-login.php", {404: 40}),
            operation("GET /imprint", {200: 3}),
        ),
        found(
            operation(
                "OrderMailer",
                kind="job",
                errors={None: 499, "Net::OpenTimeout": 1},
                ms={2_000: 499},
                source="jobs",
            ),
            source="jobs",
        ),
    )
)

ORDERS = """\
# yaml-language-server: $schema=../.tabiji/journey.schema.json
journey: orders
title: Orders
why: "Proposed from 11,500 events in 3 days; say here what users lose when it fails."
steps:
  add-order:
    title: Add an order
    events: "operation = 'POST /orders'"
  see-order:
    title: See an order
    events: "operation = 'GET /orders/:id'"
  order-mailer-job:
    title: "Order mailer (job)"
    events: "operation = 'OrderMailer'"
objectives:
  available:
    title: It works
    good: "status < 500 or kind = 'job' and error is null"
    exclude: "status = 499"
    # In these logs 99.904 % of 11,495 events were good.
    target: 99.9%
    window: 28d
    state: provisional
  fast:
    title: It is quick
    steps: [add-order, see-order]
    exclude: "status = 499"
    faster_than: 300ms
    # In these logs 100 % of 10,995 events were as quick as this.
    target: 99%
    window: 28d
    state: provisional
  done-soon:
    title: It is done soon
    steps: [order-mailer-job]
    faster_than: 2s
    # In these logs 99.8 % of 500 events were as quick as this.
    target: 99%
    window: 28d
    state: provisional
"""


def test_a_journey_joins_requests_and_jobs_about_one_thing() -> None:
    proposal = discovery.propose(SHOP)
    assert [(one.journey.name, one.events) for one in proposal.journeys] == [
        ("orders", 11_500),
        ("courses", 2_501),
    ]
    first = proposal.journeys[0]
    # The template may put `exclude` before or after `faster_than`; all else is compared as it is written.
    assert sorted(journey_yaml(first.journey, comments=first.comments).splitlines()) == sorted(
        ORDERS.splitlines()
    )


def test_coverage_is_what_the_proposed_steps_see() -> None:
    proposal = discovery.propose(SHOP)
    assert (proposal.events, proposal.covered) == (15_344, 14_001)
    assert proposal.left_out == {"asset": 700, "health": 600, "not-found": 40}


def test_errors_that_name_a_fault_of_the_service_are_bad_whatever_the_status() -> None:
    outcomes = (
        Outcome(200, None, 9_000, {}),
        Outcome(200, "VALIDATION_FAILED", 900, {}),
        Outcome(200, "INTERNAL_SERVER_ERROR", 100, {}),
    )
    one = Operation("web", "request", "SubmitQuiz", "POST", "/graphql", outcomes)
    [proposed] = discovery.propose(Discovery((found(one),))).journeys
    [available] = proposed.journey.objectives
    assert available.good == "status < 500 and error is distinct from 'INTERNAL_SERVER_ERROR'"
    assert available.target_text == "99%"
    assert [discovery.is_failure("request", outcome) for outcome in outcomes] == [False, False, True]


def test_one_name_in_two_sources_is_told_apart_by_the_source() -> None:
    twice = Discovery(
        (
            found(operation("GET /courses", {200: 50})),
            found(operation("GET /courses", {200: 50}, source="balancer"), source="balancer"),
        )
    )
    [proposed] = discovery.propose(twice).journeys
    assert {step.events for step in proposed.journey.steps} == {
        "source = 'web' and operation = 'GET /courses'",
        "source = 'balancer' and operation = 'GET /courses'",
    }


def test_what_can_not_be_judged_is_not_promised() -> None:
    silent = Discovery((found(operation("GET /courses", {None: 50})),))
    assert discovery.propose(silent).journeys == ()
    assert discovery.propose(Discovery(())) == discovery.Proposal((), 0, 0, {})


names = st.one_of(
    st.sampled_from(
        [
            "GET /courses/:id",
            "POST /courses",
            "GET /",
            "GET /a'b/:id",
            "PlayVideo",
            "A::BJob",
            "GET /%FF",
            "GET /x_%/y",
        ]
    ),
    st.text(min_size=1, max_size=30).map("GET /{}".format),
    st.text(min_size=1, max_size=30),
)
outcomes = st.builds(
    Outcome,
    st.one_of(st.none(), st.sampled_from([200, 302, 404, 460, 499, 500, 503])),
    st.one_of(st.none(), st.sampled_from(["TIMEOUT", "it's a 500", "NOT_YOURS", "database\x00gone"])),
    st.integers(1, 10_000),
    st.just({}),
).flatmap(
    lambda one: st.dictionaries(st.integers(0, histograms.OVERFLOW), st.just(one.events), max_size=1).map(
        lambda histogram: Outcome(one.status, one.error, one.events, histogram)
    )
)


@st.composite
def discoveries(draw: st.DrawFn) -> Discovery:
    sources = []
    for source, kind in (("web", "request"), ("jobs", "job")):
        some = draw(st.lists(names, unique=True, max_size=12))
        operations = []
        for name in some:
            ended = draw(
                st.lists(outcomes, min_size=1, max_size=3, unique_by=lambda one: (one.status, one.error))
            )
            plain = operation(name, source=source)
            operations.append(Operation(source, kind, name, plain.method, plain.route, tuple(ended)))
        sources.append(found(*operations, source=source))
    return Discovery(tuple(sources))


@settings(max_examples=60, deadline=None)
@given(discoveries(), st.randoms(use_true_random=False))
def test_check_accepts_whatever_is_proposed(all_found: Discovery, chance: random.Random) -> None:
    proposal = discovery.propose(all_found)
    assert proposal.covered + sum(proposal.left_out.values()) <= proposal.events == all_found.events
    with tempfile.TemporaryDirectory() as written:
        folder = Path(written)
        (folder / "journeys").mkdir()
        (folder / "tabiji.yaml").write_text(site_yaml([one.source for one in all_found.found]), "utf-8")
        for one in proposal.journeys:
            text = journey_yaml(one.journey, comments=one.comments)
            (folder / "journeys" / f"{one.journey.name}.yaml").write_text(text, "utf-8")
        site = definitions.load(folder, {})
    by_name = {journey.name: journey for journey in site.journeys}
    assert by_name == {one.journey.name: one.journey for one in proposal.journeys}
    mixed = []
    for one in all_found.found:
        operations = list(one.operations)
        chance.shuffle(operations)
        mixed.append(found(*operations, source=one.source.name))
    assert discovery.propose(Discovery(tuple(reversed(mixed)))) == proposal
