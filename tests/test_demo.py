"""The demonstration's logs, read again by plain Python: what it says it wrote is there."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
import yaml

from tabiji import demo
from tabiji.demo.chance import allocated, spread
from tabiji.demo.site import OPERATIONS
from tabiji.demo.web import LOG_FORMAT

JST = timezone(timedelta(hours=9))
NOW = int(datetime(2026, 11, 21, 21, 50, 7, tzinfo=JST).timestamp())  # a Saturday evening
DAYS, EVENTS = 14, 100_000
JobLine = tuple[datetime, dict[str, Any]]
SYSTEM_ERROR = "INTERNAL_SERVER_ERROR"

LINE = re.compile(
    r'(?P<address>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<size>\d+) '
    r'"(?P<referer>[^"]*)" "(?P<agent>[^"]*)" (?P<took>\d+\.\d{3}) "(?P<upstream>[^"]*)" '
    r'"(?P<operation>[^"]*)" "(?P<error>[^"]*)" "(?P<plan>[^"]*)"\n'
)


@dataclass(frozen=True, slots=True)
class Request:
    at: int
    request: str
    status: int
    took_ms: int
    operation: str
    error: str

    @property
    def failed(self) -> bool:
        return self.status >= 500 or self.error == SYSTEM_ERROR


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def requests_of(path: Path) -> list[Request]:
    requests = []
    for line in text_of(path).splitlines(keepends=True):
        found = LINE.fullmatch(line)
        assert found, line
        at = int(datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").timestamp())
        took_ms = int(found["took"].replace(".", ""))
        requests.append(
            Request(at, found["request"], int(found["status"]), took_ms, found["operation"], found["error"])
        )
    return requests


def job_lines_of(path: Path) -> list[JobLine]:
    """The JSON lines of a log of Sidekiq, with their times; its first words after a restart are not JSON."""
    lines = []
    for text in text_of(path).split("\n")[:-1]:
        if not text.startswith("{"):
            assert " INFO: Booting Sidekiq 6.4.1 " in text
            continue
        line = json.loads(text)
        lines.append((datetime.fromisoformat(line["ts"].replace("Z", "+00:00")), line))
    return lines


def local_day(at: float) -> date:
    return datetime.fromtimestamp(at, JST).date()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> demo.Written:
    return demo.write(tmp_path_factory.mktemp("demo"), now=NOW, days=DAYS, events=EVENTS, processes=1)


@pytest.fixture(scope="module")
def web_files(written: demo.Written) -> list[list[Request]]:
    return [requests_of(log.path) for log in written.web_logs]


@pytest.fixture(scope="module")
def job_files(written: demo.Written) -> list[list[JobLine]]:
    return [job_lines_of(log.path) for log in written.job_logs]


@pytest.fixture(scope="module")
def requests(web_files: list[list[Request]]) -> list[Request]:
    return [request for file in reversed(web_files) for request in file]


@pytest.fixture(scope="module")
def job_lines(job_files: list[list[JobLine]]) -> list[JobLine]:
    return [line for file in reversed(job_files) for line in file]


def story(written: demo.Written, name: str, operation: str) -> demo.Hidden:
    [found] = [hidden for hidden in written.hidden if (hidden.story, hidden.operation) == (name, operation)]
    return found


# ---------------------------------------------------------------- files


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_arguments_write_the_same_bytes_in_one_process_or_two(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"now": NOW, "days": 3, "events": 4_000, "seed": 7}
    one = demo.write(tmp_path / "one", processes=1, **arguments)
    two = demo.write(tmp_path / "two", processes=2, **arguments)
    assert tree(one.folder) == tree(two.folder)
    assert one.hidden == two.hidden


def test_another_seed_writes_another_month(tmp_path: Path) -> None:
    logs = [
        text_of(demo.write(tmp_path / str(seed), now=NOW, days=1, events=300, seed=seed).web_logs[0].path)
        for seed in (1, 2)
    ]
    assert logs[0] != logs[1]


def test_files_are_rotated_daily_and_weekly_and_compressed_as_usual(written: demo.Written) -> None:
    nginx, logs = written.folder / "logs/nginx", written.folder / "logs"
    older = [nginx / f"access.log.{age}.gz" for age in range(2, DAYS + 1)]
    assert [log.path for log in written.web_logs] == [nginx / "access.log", nginx / "access.log.1", *older]
    # it ends on a Saturday: this week, a full one, and a Saturday and Sunday
    assert [log.path for log in written.job_logs] == [
        logs / "sidekiq.log",
        *(logs / f"sidekiq.log.{age}.gz" for age in (1, 2)),
    ]


def test_every_line_ends_with_a_newline_and_is_counted(written: demo.Written) -> None:
    for log in (*written.web_logs, *written.job_logs):
        text = text_of(log.path)
        assert text.endswith("\n")
        assert text.count("\n") == log.lines


def test_times_are_sorted_and_each_file_keeps_to_its_own(
    written: demo.Written, web_files: list[list[Request]], job_files: list[list[JobLine]]
) -> None:
    today = local_day(written.ended - 1)
    for age, file in enumerate(web_files):
        seconds = [request.at for request in file]
        assert seconds == sorted(seconds)
        assert {local_day(at) for at in seconds} == {today - timedelta(days=age)}
    weeks = []
    for lines in job_files:
        times = [time for time, _ in lines]
        assert times == sorted(times)
        weeks.append({local_day(time.timestamp()).isocalendar()[:2] for time in times})
    assert weeks == [{(2026, 47)}, {(2026, 46)}, {(2026, 45)}]


def test_the_month_ends_with_the_last_full_minute(
    written: demo.Written, requests: list[Request], job_lines: list[JobLine]
) -> None:
    assert written.ended == int(datetime(2026, 11, 21, 21, 50, tzinfo=JST).timestamp())
    assert written.ended - written.started == DAYS * 86_400
    assert written.started <= requests[0].at
    assert written.ended - 600 < requests[-1].at < written.ended
    assert written.started <= job_lines[0][0].timestamp()
    assert job_lines[-1][0].timestamp() < written.ended


@pytest.mark.parametrize(
    ("now", "days", "logs"),
    [
        pytest.param(datetime(2026, 11, 21, 0, 0, 59, tzinfo=JST), 1, 1, id="exactly one local day"),
        pytest.param(datetime(2026, 11, 21, 0, 1, 0, tzinfo=JST), 1, 2, id="a minute into the next"),
        pytest.param(datetime(2026, 11, 23, 0, 1, 0, tzinfo=JST), 2, 3, id="a minute into Monday"),
    ],
)
def test_events_are_as_many_as_asked_for_wherever_the_day_is_cut(
    tmp_path: Path, now: datetime, days: int, logs: int
) -> None:
    written = demo.write(tmp_path / "site", now=int(now.timestamp()), days=days, events=1_000)
    assert written.requests + written.jobs == 1_000
    assert sum(log.lines for log in written.web_logs) == written.requests == 930
    assert len(written.web_logs) == logs


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    demo.write(tmp_path, now=NOW, days=2, events=1_000, progress=lambda *told_now: told.append(told_now))
    assert told == sorted(told)
    assert told[-1] == (1_000, 1_000)


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tabiji.yaml").write_text("timezone: UTC\n")
    with pytest.raises(FileExistsError):
        demo.write(tmp_path, now=NOW)
    assert tree(tmp_path) == {"tabiji.yaml": b"timezone: UTC\n"}


@pytest.mark.parametrize(
    ("days", "events"),
    [
        pytest.param(0, 1_000, id="no day"),
        pytest.param(2, 599, id="one event too few"),
    ],
)
def test_less_than_a_site_is_refused(tmp_path: Path, days: int, events: int) -> None:
    with pytest.raises(ValueError, match="at least a day, and 300 events for each"):
        demo.write(tmp_path, now=NOW, days=days, events=events)


# ---------------------------------------------------------------- rhythm


def test_requests_are_as_many_as_said_and_busy_when_learners_are(
    written: demo.Written, requests: list[Request]
) -> None:
    assert (len(requests), written.jobs) == (written.requests, 7_000)
    days = Counter(local_day(request.at) for request in requests)
    whole_days = list(days.values())[1:-1]
    assert len(whole_days) == DAYS - 1
    assert max(whole_days) < 1.6 * min(whole_days)

    served = [r for r in requests if "healthz" not in r.request]
    local = [datetime.fromtimestamp(request.at, JST) for request in served]
    hours = Counter(time.hour for time in local if time.weekday() < 5)
    for peak in (8, 12, 21):
        assert hours[peak] > hours[peak - 2]
        assert hours[peak] > hours[peak + 2]
    assert 8 * max(hours[hour] for hour in (2, 3, 4)) < hours[21]
    weekend = Counter(time.hour for time in local if time.weekday() >= 5)
    assert weekend[15] * hours.total() > 1.3 * hours[15] * weekend.total()


def test_addresses_are_those_for_documentation(written: demo.Written) -> None:
    networks = {
        line.rpartition(".")[0] for line in re.findall(r"^\S+", text_of(written.web_logs[1].path), re.M)
    }
    assert networks == {"192.0.2", "198.51.100", "203.0.113"}


def test_what_makes_logs_hard_to_read_is_there(written: demo.Written, requests: list[Request]) -> None:
    text = "".join(text_of(log.path) for log in written.web_logs)
    phrases = {
        "two upstreams for one request": r'"\d\.\d{3}, \d\.\d{3}" "',
        "an upstream that was not asked": r' 0\.\d{3} "-" "-"',
        "percent-encoded Japanese": r'"GET /search\?q=%E[0-9A-F]%',
        "a UUID": r'"GET /certificates/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} ',
        "a fixed word where ids are": r'"GET /users/(?:me|new) ',
        "an id where fixed words are": r'"GET /users/\d+ ',
        "two ids in one path": r'"GET /courses/\d+/lessons/\d+ ',
        "a learner who left": r'" 499 0 "',
        "a client's own error in a 200": r'"POST /graphql HTTP/\S+" 200 .*"SubmitQuiz" "BAD_USER_INPUT"',
        "the system's error in a 200": r'"POST /graphql HTTP/\S+" 200 .*"INTERNAL_SERVER_ERROR"',
        "a stranger": r'"GET /wp-login\.php HTTP/1\.1" 404 ',
        "a request that is none": r'"\\x16\\x03\\x01[^"]*" 400 ',
        "a visitor without a plan": r'"-" "-" "-"\n',
    }
    assert [phrase for phrase, pattern in phrases.items() if not re.search(pattern, text)] == []
    assert len({r.request.split()[1] for r in requests if r.request.startswith("GET /blog/")}) > 150


def test_admin_pages_have_some_tens_of_requests_a_day(requests: list[Request]) -> None:
    admin = Counter(local_day(r.at) for r in requests if " /admin/" in r.request)
    assert max(admin.values()) <= 60
    assert sum(admin.values()) > 10 * DAYS


def test_calm_days_have_few_errors(requests: list[Request], written: demo.Written) -> None:
    told = [(hidden.start, hidden.end) for hidden in written.hidden if hidden.bad]
    calm = [r for r in requests if not any(start <= r.at < end for start, end in told)]
    assert 0 < sum(r.failed for r in calm) / len(calm) < 0.0006


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
        pytest.param("loud", "PlayVideo", 38, 0.1, 0.7, id="the loud incident"),
        pytest.param("quiet", "RecordProgress", 184, 0.02, 0.4, id="the quiet one"),
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
    assert from_share <= told.bad / told.events <= to_share


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


# ---------------------------------------------------------------- definitions


@pytest.mark.parametrize("language", ["en", "ja"])
def test_definitions_are_in_the_language_asked_for(tmp_path: Path, language: Any) -> None:
    written = demo.write(tmp_path, now=NOW, days=1, events=300, language=language)
    site, *journeys = (path.read_text("utf-8") for path in written.definitions)
    assert yaml.safe_load(site)["language"] == language
    assert yaml.safe_load(site)["sources"]["web"]["log_format"] == LOG_FORMAT
    assert site.startswith("# yaml-language-server: $schema=.tabiji/site.schema.json\n")
    assert len(journeys) == 6
    for text in journeys:
        assert text.startswith("# yaml-language-server: $schema=../.tabiji/journey.schema.json\n")
        journey = yaml.safe_load(text)
        assert journey["team"] in yaml.safe_load(site)["teams"]
        titled = [journey, *journey["steps"].values(), *journey["objectives"].values()]
        assert all(set(part["title"]) == {"en", "ja"} for part in titled)
        assert set(journey["why"]) == {"en", "ja"}


def test_every_operation_that_a_journey_names_is_one_of_the_site(written: demo.Written) -> None:
    of_graphql = {operation.name for operation in OPERATIONS if operation.graphql}
    known = of_graphql | {"ProgressWorker", "CertificateMailer"}
    for path in written.definitions[1:]:
        for step in yaml.safe_load(path.read_text("utf-8"))["steps"].values():
            for name in re.findall(r"'([^']+)'", step["events"]):
                assert name in known or name.startswith(("GET /", "POST /")), name


# ---------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        pytest.param(10, [1.0, 1.0], [5, 5], id="even"),
        pytest.param(10, [2.0, 1.0], [7, 3], id="the larger remainder is rounded up"),
        pytest.param(0, [1.0, 3.0], [0, 0], id="nothing"),
        pytest.param(1, [0.0, 1.0], [0, 1], id="a share of nothing gets nothing"),
    ],
)
def test_wholes_are_split_into_wholes(total: int, shares: list[float], parts: list[int]) -> None:
    assert allocated(total, shares) == parts


def test_durations_have_the_quantiles_asked_for() -> None:
    durations = spread(120, 360, 10_001)
    assert durations[5_000] == pytest.approx(120)
    assert durations[9_500] == pytest.approx(360, rel=0.001)
