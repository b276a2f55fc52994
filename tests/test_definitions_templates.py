"""What is written as YAML loads to the same values; the schemas know what the files may say."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.definitions import Source, Team, load, schema
from tabiji.definitions.documents import read
from tabiji.definitions.promises import default_tiers
from tabiji.definitions.templates import journey_yaml, quoted, site_yaml
from tabiji.journeys import Journey, Objective, Slices, Step, Text, Tier
from tabiji.windows import UNITS, Calendar, Rolling

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20)
NAMES = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,8}", fullmatch=True)
TEXTS = st.one_of(
    PRINTABLE.map(lambda words: Text(words, words)),
    st.builds(Text, PRINTABLE, PRINTABLE),
    st.builds(Text, PRINTABLE, st.none()),
)
TARGETS = st.sampled_from(["90%", "99%", "99.9%", "0.9995", "99.99 %"])
WINDOWS = st.one_of(
    st.integers(60, 400 * 1440).map(Rolling),
    st.builds(Calendar, st.sampled_from(UNITS), st.sampled_from(["UTC", "Asia/Tokyo"])),
)
TIERS = st.builds(
    Tier,
    st.integers(1, 12).map(lambda n: Fraction(n, 1000)),
    st.just(48),
    st.sampled_from(["page", "ticket"]),
)
SLICES = st.one_of(
    st.builds(
        Slices,
        st.just("error_rate"),
        st.sampled_from([">=", ">", "<>"]),
        st.integers(1, 999).map(lambda n: Fraction(n, 1000)),
        st.integers(1, 1440),
        st.sampled_from(["exclude", "good", "bad"]),
    ),
    st.builds(
        Slices, st.sampled_from(["p95", "p99.9"]), st.just(">"), st.sampled_from([Fraction(1_500_000)])
    ),
    st.builds(Slices, st.sampled_from(["bad", "total"]), st.just("<"), st.integers(0, 99).map(Fraction)),
)


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    name = draw(NAMES)
    steps = tuple(
        Step(step, draw(TEXTS), f"operation = 'x{i}' and error <> '{draw(NAMES)}'")
        for i, step in enumerate(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)))
    )
    objectives = []
    for objective in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        target_text, window = draw(TARGETS), draw(WINDOWS)
        percent = target_text.endswith("%")
        target = Fraction(target_text.rstrip(" %")) / (100 if percent else 1)
        default = default_tiers(target, window)
        tickets = tuple(replace(tier, severity="ticket") for tier in default)
        custom = st.lists(TIERS, min_size=1, max_size=2, unique=True).map(tuple)
        usable = isinstance(window, Rolling) and window.minutes <= 28 * 1440 and target > Fraction(9, 10)
        choices = [st.just(default), st.just(tickets), st.just(())] + [custom] * usable
        objectives.append(
            Objective(
                journey=name,
                name=objective,
                title=draw(TEXTS),
                steps=draw(st.sampled_from([tuple(step.name for step in steps), (steps[-1].name,)])),
                good="status < 500",
                exclude=draw(st.sampled_from([None, "error = 'it''s'"])),
                faster_than_us=draw(st.sampled_from([None, 1, 990, 25_000, 800_000, 1_500_000, 10**11])),
                slices=draw(st.one_of(st.none(), SLICES)),
                target=target,
                target_text=target_text,
                window=window,
                state=draw(st.sampled_from(["agreed", "provisional"])),
                tiers=draw(st.one_of(choices)),
            )
        )
    return Journey(
        name=name,
        title=draw(TEXTS),
        team=draw(st.one_of(st.none(), NAMES)),
        why=draw(st.one_of(st.none(), TEXTS)),
        steps=steps,
        objectives=tuple(objectives),
    )


@given(journey=journeys())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_journey_that_is_written_loads_to_the_same_values(tmp_path: Path, journey: Journey) -> None:
    (tmp_path / "journeys").mkdir(exist_ok=True)
    (tmp_path / "tabiji.yaml").write_text("retention: {minutes: 400d, hours: 400d}", "utf-8")
    comments = {("objectives", journey.objectives[0].name): "two\nlines: [of a comment"}
    (tmp_path / "journeys" / "x.yaml").write_text(journey_yaml(journey, comments=comments), "utf-8")
    assert load(tmp_path, {}).journeys == (journey,)


def test_a_site_that_is_written_loads_to_the_same_values(tmp_path: Path) -> None:
    routes = tmp_path / "routes.txt"
    routes.write_text("GET /", "utf-8")
    sources = (
        Source(
            name="on",
            format="nginx",
            paths=("/var/log/nginx/access.log*", "/x y/{a,b}: #1.log"),
            service='it\'s "quoted" \\ and 日本語',
            kind="request",
            log_format='$remote_addr [$time_local] "$request" $status "$http_x_plan"',
            operation="coalesce(x_plan, method || ' ' || route)",
            error="nullif(x_plan, '')",
            where="route <> '/healthz'",
            labels=(("plan", "x_plan"), ("yes", "lower(host)")),
            routes=routes,
            series_max=30,
            quiet_after_minutes=90,
            timezone="Asia/Tokyo",
        ),
        Source(name="api", format="json", paths=("/a",), fields=(("time", "at"), ("duration_ms", "took.ms"))),
        Source(name="jobs", format="sidekiq", paths=("/b",), latency="enqueued"),
    )
    teams = (Team("learning", Text("Learning", "学習")), Team("null", Text("null", "null")))
    text = site_yaml(sources, timezone="Asia/Tokyo", language="ja", store="sqlite:////srv/t.db", teams=teams)
    (tmp_path / "tabiji.yaml").write_text(text, "utf-8")
    site = load(tmp_path, {})
    assert (site.sources, site.teams) == (sources, teams)
    assert (site.timezone, site.language, site.store) == ("Asia/Tokyo", "ja", "sqlite:////srv/t.db")


def test_templates_open_with_the_line_that_editors_read() -> None:
    journey = Journey("j", Text("J", "J"), None, None, (), ())
    assert site_yaml(()).splitlines()[0] == "# yaml-language-server: $schema=.tabiji/site.schema.json"
    assert journey_yaml(journey).splitlines()[0] == (
        "# yaml-language-server: $schema=../.tabiji/journey.schema.json"
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_quoted_text_means_the_same_to_every_reader(text: str) -> None:
    written = f"key: {quoted(text)}\n"
    assert read("x.yaml", written.encode()).tree == {"key": text}
    assert yaml.safe_load(written) == {"key": text}


def test_the_schemas_name_every_key_and_nothing_is_null() -> None:
    site, journey = schema("site"), schema("journey")
    for one in (site, journey):
        assert one["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert one["additionalProperties"] is False
        assert '"null"' not in json.dumps(one)
        assert ": null" not in json.dumps(one)
        parts = [one, *one["$defs"].values()]
        assert all(key["description"] for part in parts for key in part["properties"].values())
    assert list(site["properties"]) == [
        "timezone",
        "language",
        "store",
        "sources",
        "teams",
        "retention",
        "notifications",
        "access",
        "enquiries",
        "reports",
    ]
    assert journey["required"] == ["journey", "steps", "objectives"]
    objective = journey["$defs"]["Objective"]["properties"]
    assert objective["for"] == {
        "type": "string",
        "description": "A minute is bad in a run at least this long.",
    }
    assert objective["target"]["type"] == ["string", "number"]
    assert journey["$defs"]["Tier"]["required"] == ["share", "in", "severity"]
