"""What the demonstration says that it hid in its logs is there, and its jobs look as Sidekiq writes them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from reread import JST, NOW, JobLine, Request

from tabiji import demo


def story(written: demo.Written, name: str, operation: str) -> demo.Hidden:
    [found] = [hidden for hidden in written.hidden if (hidden.story, hidden.operation) == (name, operation)]
    return found


# ---------------------------------------------------------------- jobs


def test_jobs_come_to_the_ends_that_are_told(written: demo.Written, job_lines: list[JobLine]) -> None:
    done = [line["ctx"]["jid"] for _, line in job_lines if line["msg"] == "done"]
    dead = [line["ctx"]["jid"] for _, line in job_lines if line["msg"].startswith("Adding dead ")]
    started = {line["ctx"]["jid"] for _, line in job_lines if line["msg"] == "start"}
    assert (len(done), len(dead)) == (written.jobs_done, written.jobs_dead)
    assert written.jobs_dead > 0
    assert len({*done, *dead}) == len(done) + len(dead)
    assert {*done, *dead} <= started
    assert written.jobs - 20 < len(started) <= written.jobs
    assert set(Counter(line["ctx"]["class"] for _, line in job_lines if line["msg"] == "done")) == {
        "ProgressWorker",
        "CertificateMailer",
        "ReportWorker",
        "VideoEncodeWorker",
    }


def shape(value: object) -> object:
    """The keys of an object in their order, of what is JSON inside a text too."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key not in ("failed_at", "retried_at")}
    if isinstance(value, str) and value.startswith("{"):
        return shape(json.loads(value))
    return type(value).__name__


def test_a_job_that_needs_two_attempts_looks_as_sidekiq_writes_it(
    job_lines: list[JobLine],
) -> None:
    by_jid: dict[str, list[dict[str, Any]]] = {}
    for _, line in job_lines:
        if jid := line.get("ctx", {}).get("jid"):
            by_jid.setdefault(jid, []).append(line)
    twice = next(
        lines
        for lines in by_jid.values()
        if [line["msg"] for line in lines] == ["start", "fail", "start", "done"]
    )
    jid, name = twice[0]["ctx"]["jid"], twice[0]["ctx"]["class"]
    assert [list(line) for line in twice] == [["ts", "pid", "tid", "lvl", "msg", "ctx"]] * 4
    ended = ["class", "jid", "queue", "created_at", "enqueued_at"]
    assert [list(line["ctx"]) for line in twice] == [
        ["class", "jid"],
        [*ended, "elapsed"],
        ["class", "jid"],
        [*ended, "retry_count", "elapsed"],
    ]
    first, second = twice[1]["ctx"], twice[3]["ctx"]
    assert second["retry_count"] == 0
    assert first["created_at"] == second["created_at"] < first["enqueued_at"]
    assert second["enqueued_at"] - first["enqueued_at"] > 15  # Sidekiq's own pause before the first retry

    warnings = [line for _, line in job_lines if line["lvl"] == "WARN"]
    at = next(index for index, line in enumerate(warnings) if jid in line["msg"])
    raised, message, trace = (line["msg"] for line in warnings[at : at + 3])
    payload = {
        "retry": "int",
        "queue": "str",
        "args": "list",
        "class": "str",
        "jid": "str",
        "created_at": "float",
        "enqueued_at": "float",
    }
    assert shape(raised) == {"context": "str", "job": payload, "jobstr": payload}
    assert json.loads(raised)["context"] == "Job raised exception"
    assert re.match(r"[A-Z]\w+::[A-Z]\w+: .", message)
    assert trace.startswith(f"/app/app/workers/{name}.rb:12:in `perform'\n/app/vendor/")


def test_a_job_dies_with_its_last_retry(job_lines: list[JobLine]) -> None:
    dead = {line["ctx"]["jid"] for _, line in job_lines if line["msg"].startswith("Adding dead ")}
    raised = [json.loads(line["msg"])["job"] for _, line in job_lines if line["msg"].startswith('{"context"')]
    last = {job["jid"]: job["retry"] - job.get("retry_count", -1) for job in raised}
    assert {jid for jid, left in last.items() if left == 1} == dead


# ---------------------------------------------------------------- stories


@pytest.mark.parametrize(
    ("name", "operation", "minutes", "from_share", "to_share"),
    [
        pytest.param("loud", "PlayVideo", 38, 0.45, 0.45, id="the loud incident"),
        pytest.param("quiet", "RecordProgress", 184, 0.12, 0.12, id="the quiet one"),
        pytest.param(
            "slow", "CourseDetail", 6_035, 0.0, 0.01, id="the slow deployment fails no more than usual"
        ),
        pytest.param("partly-reverted", "CourseDetail", 3_250, 0.0, 0.01, id="nor does what is left of it"),
    ],
)
def test_an_incident_of_requests_is_found_again(
    written: demo.Written,
    requests: list[Request],
    name: str,
    operation: str,
    minutes: int,
    from_share: float,
    to_share: float,
) -> None:
    told = story(written, name, operation)
    inside = [r for r in requests if told.start <= r.at < told.end and r.operation == operation]
    assert told.end - told.start == minutes * 60
    assert (len(inside), sum(r.failed for r in inside)) == (told.events, told.bad)
    # but for what rounding takes: of a small month too, chance does not decide what a story comes to
    assert told.events * from_share - 1 <= told.bad <= told.events * to_share + 1


def test_the_quiet_incident_hides_behind_good_statuses(
    written: demo.Written, requests: list[Request]
) -> None:
    told = story(written, "quiet", "RecordProgress")
    bad = [
        r for r in requests if told.start <= r.at < told.end and r.operation == told.operation and r.failed
    ]
    assert {r.status for r in bad} == {200}
    local = [datetime.fromtimestamp(at, JST) for at in (told.start, told.end)]
    assert [time.strftime("%d %H:%M") for time in local] == ["17 04:10", "17 07:14"]


def test_the_quiet_incident_delays_jobs_and_kills_some(
    written: demo.Written, job_lines: list[JobLine]
) -> None:
    told = story(written, "quiet", "ProgressWorker")
    waited: dict[bool, list[float]] = {False: [], True: []}
    dead = 0
    for time, line in job_lines:
        if line["msg"] == "done" and line["ctx"]["class"] == "ProgressWorker":
            created_at = line["ctx"]["created_at"]
            inside = told.start <= created_at + 0.001 < told.end
            waited[inside].append(time.timestamp() - created_at)
        elif line["msg"].startswith('{"context"'):
            job = json.loads(line["msg"])["job"]
            inside = told.start <= job["created_at"] + 0.001 < told.end
            dead += inside and job["class"] == "ProgressWorker" and job.get("retry_count") == job["retry"] - 1
    assert (len(waited[True]) + dead, dead) == (told.events, told.bad)
    assert dead > 0
    assert quantiles(waited[False], n=20)[-1] < 1
    assert quantiles(waited[True], n=20)[9] > 60


@pytest.mark.parametrize(
    ("when", "p95_ms"),
    [
        pytest.param(lambda at, slow, after: at < slow.start, 300, id="before the deployment"),
        pytest.param(lambda at, slow, after: slow.start <= at < slow.end, 920, id="after it"),
        pytest.param(lambda at, slow, after: after.start <= at, 450, id="after it is partly reverted"),
    ],
)
def test_the_deployment_slows_the_course_page(
    written: demo.Written,
    requests: list[Request],
    when: Callable[[int, demo.Hidden, demo.Hidden], bool],
    p95_ms: int,
) -> None:
    slow, after = (story(written, name, "CourseDetail") for name in ("slow", "partly-reverted"))
    assert slow.end == after.start
    took_ms = [r.took_ms for r in requests if r.operation == "CourseDetail" and when(r.at, slow, after)]
    assert quantiles(took_ms, n=20)[-1] == pytest.approx(p95_ms, rel=0.2)


def test_single_failures_of_the_admin_pages_are_all_there_are(
    written: demo.Written, requests: list[Request]
) -> None:
    singles = [hidden.start for hidden in written.hidden if hidden.story == "single"]
    failed = [r.at for r in requests if " /admin/" in r.request and r.failed]
    assert failed == sorted(singles)
    assert len(singles) == 2


def test_a_story_before_the_month_is_not_told(tmp_path: Path) -> None:
    written = demo.write(tmp_path, now=NOW, days=3, events=3_000)
    assert [(hidden.story, hidden.operation) for hidden in written.hidden] == [
        ("slow", "CourseDetail"),
        ("partly-reverted", "CourseDetail"),
        ("single", "monthly report"),
    ]
