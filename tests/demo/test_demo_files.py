"""The demonstration's files: the same bytes each time, as many lines as asked for, in the site's rhythm."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from reread import DAYS, JST, NOW, JobLine, Request, local_day, text_of

from tabiji import demo
from tabiji.demo.chance import allocated, spread
from tabiji.demo.site import OPERATIONS
from tabiji.demo.web import LOG_FORMAT

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


# ---------------------------------------------------------------- definitions


@pytest.mark.parametrize("language", ["en", "ja"])
def test_definitions_are_in_the_language_asked_for(tmp_path: Path, language: Any) -> None:
    written = demo.write(tmp_path, now=NOW, days=1, events=300, language=language)
    site, *journeys = (
        path.read_text("utf-8") for path in written.definitions if path.parent.name != "policies"
    )
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
    for path in (one for one in written.definitions if one.parent.name == "journeys"):
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
