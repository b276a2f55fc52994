"""`/healthz`, `/readyz`, `/metrics`: what a probe and Prometheus are told, of a store that is there or away."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from caretakers import BASE, line
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tabiji import __version__, definitions, store
from tabiji.runs import ingesting
from tabiji.runs.following import judge
from tabiji.runs.health import ALIVE_SECONDS, Health, SourceHealth
from tabiji.store import Store, opening, schema
from tabiji.web.application import application
from tabiji.web.context import Context
from tabiji.web.metrics import FRESH_SECONDS

NOW = (BASE + 100) * 60.0
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
WELL = Health(started_at=NOW - 500, ticked_at=NOW - 1, judged_at=NOW - 30)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def site(folder: Path, store_url: str) -> definitions.Site:
    return definitions.load(folder, {**os.environ, "TABIJI_STORE": store_url})


def client(
    opened: Store, site: definitions.Site, health: Health = WELL, now: Callable[[], float] = lambda: NOW
) -> TestClient:
    """Asks with a token to read."""
    _, secret = opened.tokens.create("prometheus", ("read",), int(NOW) - 60)
    context = Context(opened, lambda: site, now, lambda: health)
    return TestClient(application(context), headers={"Authorization": f"Bearer {secret}"})


def test_only_the_bare_status_is_for_everybody(store_url: str, site: definitions.Site) -> None:
    with store.open(store_url) as opened:
        asked = client(opened, site, Health())
        _, other = opened.tokens.create("pushes", ("ingest:web",), int(NOW))
        for token, metrics in (("", 401), ("Bearer tabiji_x", 401), (f"Bearer {other}", 403)):
            asked.headers["Authorization"] = token
            answer = asked.get("/readyz")
            assert (answer.status_code, answer.json()) == (503, {"ready": False})
            assert asked.get("/healthz").status_code == 503
            assert asked.get("/metrics").status_code == metrics


@pytest.mark.parametrize(
    ("health", "status"),
    [
        pytest.param(Health(), 503, id="it has only just begun"),
        pytest.param(Health(ticked_at=NOW - ALIVE_SECONDS + 1), 200, id="the loop came round in time"),
        pytest.param(Health(ticked_at=NOW - ALIVE_SECONDS), 503, id="the loop hangs"),
        pytest.param(Health(ticked_at=NOW + 3600), 200, id="the clock went back"),
        pytest.param(
            Health(ticked_at=NOW, paused="the disk is full"), 200, id="paused: a restart does not help"
        ),
    ],
)
def test_it_is_alive_as_long_as_its_loop_comes_round(
    tmp_path: Path, sqlite_template: Path, folder: Path, health: Health, status: int
) -> None:
    path = shutil.copy(sqlite_template, tmp_path / "tabiji.db")
    with store.open(f"sqlite:///{path}") as opened:
        site = definitions.load(folder, {"TABIJI_STORE": f"sqlite:///{path}"})
        answer = client(opened, site, health).get("/healthz")
    assert (answer.status_code, answer.json()) == (status, {"alive": status == 200})


@pytest.mark.parametrize(
    ("health", "reasons"),
    [
        pytest.param(WELL, [], id="all is well"),
        pytest.param(Health(), ["it has only just begun"], id="it has only just begun"),
        pytest.param(Health(ticked_at=NOW), ["nothing has been judged yet"], id="nothing judged yet"),
        pytest.param(
            Health(ticked_at=NOW - 300, judged_at=NOW - 300),
            ["its loop has not come round for 300 s"],
            id="the loop hangs",
        ),
        pytest.param(
            Health(ticked_at=NOW, judged_at=NOW, paused="the disk is full", stopping=True),
            ["it is stopping", "it is paused: the disk is full"],
            id="paused and stopping",
        ),
        pytest.param(
            Health(ticked_at=NOW, judged_at=NOW, fault="a.yaml:1:1: wrong"), [], id="definitions of before"
        ),
    ],
)
def test_it_is_ready_when_it_does_its_work_and_says_why_not(
    store_url: str, site: definitions.Site, health: Health, reasons: list[str]
) -> None:
    with store.open(store_url) as opened:
        answer = client(opened, site, health).get("/readyz")
    assert answer.json() == {"ready": not reasons, "reasons": reasons}
    assert answer.status_code == (503 if reasons else 200)


def test_it_is_not_ready_while_judging_is_far_behind_and_silence_is_no_lag(
    store_url: str, site: definitions.Site, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(5))))
    with store.open(store_url) as opened:
        clock = [NOW]
        asked = client(opened, site, WELL, lambda: clock[0])

        def lag() -> tuple[float, int]:
            """As it is told to Prometheus, and to who asks whether it is ready."""
            clock[0] += FRESH_SECONDS
            return samples(asked)["tabiji_judging_lag_seconds", ()], asked.get("/readyz").status_code

        ingesting.ingest(site.sources[0], opened, now=int(NOW), workers=1)
        assert lag() == (5 * 60, 503)
        assert asked.get("/readyz").json()["reasons"] == ["judging is 300 s behind what was counted"]
        judge(site, opened, int(NOW))
        assert lag() == (0, 200)
        with log.open("a") as file:
            file.writelines(map(line, range(5, 9)))
        ingesting.ingest(site.sources[0], opened, now=int(NOW), workers=1)
        assert lag() == (4 * 60, 200)


def test_it_is_not_ready_when_a_newer_program_has_migrated_the_database(
    store_url: str, site: definitions.Site
) -> None:
    with store.open(store_url) as opened:
        engine = opening.engine(opening.parsed(store_url))
        with opening.writing(engine).begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
        engine.dispose()
        answer = client(opened, site).get("/readyz")
    (reason,) = answer.json()["reasons"]
    assert (answer.status_code, reason) == (
        503,
        f"a newer Tabiji has migrated the database (schema 0999; this one knows up to {schema.HEAD}): "
        "update this one as well",
    )


def test_a_database_that_is_away_is_told(postgresql: Path, folder: Path, tmp_path: Path) -> None:
    name = tmp_path.name.lower()[:63]
    with psycopg.connect(host=str(postgresql), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        url = f"postgresql://postgres@/{name}?host={postgresql}"
        site = definitions.load(folder, {"TABIJI_STORE": url})
        with store.open(url) as opened:
            asked = client(opened, site)
            assert asked.get("/readyz").status_code == 200
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            for path in ("/readyz", "/metrics"):
                answer = asked.get(path)
                assert answer.status_code == 503
                assert name not in answer.text  # who can't be asked for a token is told no details
            assert asked.get("/healthz").status_code == 200


def samples(asked: TestClient) -> Samples:
    answer = asked.get("/metrics", headers={"Accept": OPENMETRICS})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_tell_the_books_the_standings_and_how_late_it_is(
    store_url: str, site: definitions.Site, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(map(line, range(970))) + "no line\n\n")
    health = Health(
        NOW - 500, NOW - 1, NOW - 30, (SourceHealth("web", NOW, ("a.log: no right to read",)),), ("judging",)
    )
    with store.open(store_url) as opened:
        ingesting.ingest(site.sources[0], opened, now=int(NOW) - 60, workers=1)
        judge(site, opened, int(NOW))
        found = samples(client(opened, site, health))

    def of_source(name: str, **labels: str) -> float:
        return found[f"tabiji_source_{name}", tuple(sorted({"source": "web", **labels}.items()))]

    assert of_source("lines_read_total") == 972
    assert of_source("lines_counted_total") == 970
    assert of_source("lines_rejected_total", reason="not_this_format") == 1
    assert of_source("lines_rejected_total", reason="blank") == 1
    assert of_source("lines_rejected_total", reason="too_long") == 0
    assert of_source("lines_filtered_total") == of_source("lines_duplicate_total") == 0
    assert of_source("last_commit_timestamp_seconds") == NOW - 60
    assert of_source("newest_event_timestamp_seconds") == (BASE + 96) * 60
    assert of_source("lag_seconds") == 180
    assert of_source("problems") == 1
    assert of_source("truncations_total") == of_source("silent") == 0
    objective = {"journey": "buy", "objective": "available", "team": "shop"}

    def of_objective(name: str, **labels: str) -> float:
        return found[f"tabiji_objective_{name}", tuple(sorted({**objective, **labels}.items()))]

    bad = len(range(0, 970, 11))
    assert of_objective("valid", unit="events") == 970
    assert of_objective("good", unit="events") == 970 - bad
    assert of_objective("sli_ratio") == pytest.approx((970 - bad) / 970)
    assert of_objective("target_ratio") == 0.9
    assert of_objective("budget_remaining_ratio") == pytest.approx(1 - bad / 970 / 0.1)
    states = {name: of_objective("state", state=name) for name in ("healthy", "at-risk", "exhausted")}
    assert states == {"healthy": 0, "at-risk": 1, "exhausted": 0}
    assert of_objective("burn_rate", window="3d") == pytest.approx(bad / 970 / 0.1)
    assert of_objective("alerts", severity="page") == 0
    assert found["tabiji_judging_rounds_total", ()] == 1
    assert found["tabiji_judged_until_timestamp_seconds", ()] == (BASE + 97) * 60
    assert found["tabiji_judging_lag_seconds", ()] == 0
    assert found["tabiji_messages", (("state", "dead"),)] == 0
    assert found["tabiji_lease_held", (("lease", "judging"),)] == 1
    assert found["tabiji_build_info", (("version", __version__),)] == 1
    assert found["tabiji_store_up", ()] == 1
    assert found["process_resident_memory_bytes", ()] > 0


def test_promtool_finds_nothing_to_blame(store_url: str, site: definitions.Site, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text("".join(map(line, range(100))))
    with store.open(store_url) as opened:
        ingesting.ingest(site.sources[0], opened, now=int(NOW), workers=1)
        judge(site, opened, int(NOW))
        answer = client(opened, site).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=answer.text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_source_without_lines_counts_from_nought_and_an_objective_without_events_has_no_ratio(
    store_url: str, site: definitions.Site
) -> None:
    with store.open(store_url) as opened:
        found = samples(client(opened, site))
    assert found["tabiji_source_lines_read_total", (("source", "web"),)] == 0
    names = {name for name, _ in found}
    assert "tabiji_objective_target_ratio" in names
    assert "tabiji_objective_sli_ratio" not in names
    assert "tabiji_source_lag_seconds" not in names
