"""`tabiji status` over calendar windows, across the nights on which clocks change, and over several at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tabiji.cli import cli

EVERY = 10  # minutes between events
# nights on which clocks change somewhere, and one on which none does
NIGHTS = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-06-15", "2026-10-04", "2026-10-25", "2026-11-01")
ZONES = {
    "berlin": "Europe/Berlin",
    "new-york": "America/New_York",
    "tokyo": "Asia/Tokyo",
    "lord-howe": "Australia/Lord_Howe",
}
JOURNEY = """\
journey: {name}
steps:
  all: {{events: "source = 'web'"}}
  bad: {{events: "status >= 500"}}
objectives:
  day: {{good: status < 500, target: 90%, window: {{calendar: day, timezone: {zone}}}}}
  busy: {{bad_minute: total < 1, target: 5%, window: {{calendar: day, timezone: {zone}}}}}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An event every ten minutes around each night, every hundredth bad; a journey for each zone."""
    folder = tmp_path_factory.mktemp("windows")
    lines = []
    for night in NIGHTS:
        begin = datetime.fromisoformat(f"{night}T00:00:00Z") - timedelta(days=1)
        for i in range(3 * 1440 // EVERY):
            event = {"time": (begin + timedelta(minutes=EVERY * i)).isoformat(), "status": 200}
            lines.append(json.dumps(event | ({"status": 500} if i % 100 == 0 else {})))
    (folder / "web.ndjson").write_text("\n".join(lines) + "\n")
    (folder / "tabiji.yaml").write_text(
        "timezone: Asia/Tokyo\n"
        "retention: {minutes: 400d, hours: 400d}\n"
        "sources:\n  web: {format: json, paths: [web.ndjson], fields: {time: time, status: status}}\n"
    )
    (folder / "journeys").mkdir()
    for name, zone in ZONES.items():
        (folder / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, zone=zone))
    assert run(folder, "ingest").exit_code == 0
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "-C", str(folder)])


def status(folder: Path, name: str, at: str, *more: str) -> dict[str, object]:
    document = json.loads(run(folder, "status", name, "--at", at, "--json", *more).stdout)
    (objective,) = document["objectives"]
    assert isinstance(objective, dict)
    return objective


def utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# zone, now, the day's start and end, hours so far, hours of the day
DAYS: dict[str, tuple[str, str, str, str, float, float]] = {
    "Berlin, 23 hours, before the change": (
        "berlin", "2026-03-29T01:30+01:00", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 1.5, 23,
    ),
    "Berlin, 23 hours, after it": (
        "berlin", "2026-03-29T03:30+02:00", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 2.5, 23,
    ),
    "Berlin, 25 hours, half past two": (
        "berlin", "2026-10-25T02:30+02:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 2.5, 25,
    ),
    "Berlin, 25 hours, half past two again": (
        "berlin", "2026-10-25T02:30+01:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 3.5, 25,
    ),
    "New York, 23 hours, noon": (
        "new-york", "2026-03-08T12:00-04:00", "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00", 11, 23,
    ),
    "New York, 25 hours, noon": (
        "new-york", "2026-11-01T12:00-05:00", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00", 13, 25,
    ),
    "Tokyo, never another": (
        "tokyo", "2026-03-29T12:00+09:00", "2026-03-29T00:00+09:00", "2026-03-30T00:00+09:00", 12, 24,
    ),
    "Lord Howe, 24½ hours, noon": (
        "lord-howe", "2026-04-05T12:00+10:30", "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", 12.5, 24.5,
    ),
    "Lord Howe, 23½ hours, noon": (
        "lord-howe", "2026-10-04T12:00+11:00", "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00", 11.5, 23.5,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("journey", "now", "start", "end", "so_far", "length"), DAYS.values(), ids=DAYS)
def test_a_day_on_which_clocks_change(
    workspace: Path, journey: str, now: str, start: str, end: str, so_far: float, length: float
) -> None:
    window = {
        "kind": "calendar", "from": utc(start), "to": utc(end), "elapsed": pytest.approx(so_far / length, 1e-15),
        "counted_from": utc(start), "counted_to": utc(now),
    }  # fmt: skip
    found = status(workspace, f"{journey}/day", now)
    assert found["window"] == window
    assert (found["total"], found["unit"], found["estimated"]) == (so_far * 60 / EVERY, "events", True)
    # of minutes, all of the day is known in advance, its budget too
    busy = status(workspace, f"{journey}/busy", now)
    quiet = so_far * 60 * (EVERY - 1) / EVERY
    assert busy["window"] == window
    assert (busy["total"], busy["bad"], busy["unit"]) == (so_far * 60, quiet, "minutes")
    assert busy["estimated"] is False
    budget = busy["budget"]
    assert isinstance(budget, dict)
    assert budget["minutes_left"] == pytest.approx(0.95 * length * 60 - quiet, 1e-12)
    # the same window, viewed by an objective of its zone
    (view,) = status(workspace, f"{journey}/day", now, "--window", "day")["views"]  # type: ignore[misc]
    assert view == {key: found[key] for key in view}


def test_the_first_minute_of_a_day_has_no_data_yet(workspace: Path) -> None:
    found = status(workspace, "berlin/day", "2026-03-29T00:00+01:00")
    assert (found["state"], found["total"], found["sli"], found["coverage"]) == ("no-data", 0, None, None)
    # what fired before midnight fires on: silence closes nothing
    busy = status(workspace, "berlin/busy", "2026-03-29T00:00+01:00")
    assert (busy["state"], busy["total"], busy["sli"], busy["coverage"]) == ("burning", 0, None, None)


def test_one_objective_over_several_windows(workspace: Path) -> None:
    at = "2026-06-15T12:00+09:00"
    found = status(
        workspace, "tokyo/day", at, *("--window", "1h"), *("--window", "month"), *("--window", "7d")
    )
    views = found["views"]
    assert isinstance(views, list)
    hour, month, week = views
    assert [view["total"] for view in (found, hour, month, week)] == [12 * 6, 6, 27 * 6, 27 * 6]
    assert [view["window"]["from"] for view in (hour, month, week)] == [
        "2026-06-15T02:00:00Z", "2026-05-31T15:00:00Z", "2026-06-08T03:00:00Z",
    ]  # fmt: skip
    assert [view["estimated"] for view in (hour, month, week)] == [False, True, False]
    assert month["window"]["to"] == "2026-06-30T15:00:00Z"
    assert "state" not in hour


def test_calendars_are_those_of_the_site_for_an_objective_without_one(
    workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "journeys").mkdir()
    site = (workspace / "tabiji.yaml").read_text().replace("web.ndjson", str(workspace / "web.ndjson"))
    (tmp_path / "tabiji.yaml").write_text(site)
    (tmp_path / "journeys" / "all.yaml").write_text(
        JOURNEY.format(name="all", zone="UTC").replace("{calendar: day, timezone: UTC}", "28d")
    )
    assert run(tmp_path, "ingest").exit_code == 0
    found = status(tmp_path, "all/day", "2026-03-29T12:00Z", "--window", "day")
    (view,) = found["views"]  # type: ignore[misc]
    assert view["window"] == {
        "kind": "calendar", "from": "2026-03-28T15:00:00Z", "to": "2026-03-29T15:00:00Z", "elapsed": 0.875,
        "counted_from": "2026-03-28T15:00:00Z", "counted_to": "2026-03-29T12:00:00Z",
    }  # fmt: skip


def test_an_event_belongs_to_the_first_step_that_selects_it(workspace: Path) -> None:
    found = status(workspace, "tokyo/day", "2026-06-16T00:00+09:00", "--window", "7d")
    steps = found["steps"]
    assert isinstance(steps, list)
    assert [step["total"] for step in steps] == [found["total"], 0]
    assert [step["share_of_bad"] for step in steps] == ([1, 0] if found["bad"] else [None, None])


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (
            "fortnight",
            "`fortnight` is not a window; write for example `7d`, or day, week, month, quarter, year",
        ),
        ("90s", "`90s` is not a window"),
        ("59m", "a rolling window is from `1h` to `400d`"),
        ("401d", "a rolling window is from `1h` to `400d`"),
    ],
)
def test_what_is_not_a_window(workspace: Path, window: str, message: str) -> None:
    done = run(workspace, "status", "--window", window)
    assert message in str(done.exception)


def test_the_table_of_several_windows_says_what_is_an_estimate(workspace: Path) -> None:
    done = run(
        workspace, "status", "tokyo", "--at", "2026-06-15T12:00+09:00", "--window", "month", "--window", "28d"
    )
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "objective   window             good  promise    left",
        "tokyo/day   today (judged)  98.61 %     90 %  ≈ 86 %",
        "            this month      98.76 %     90 %  ≈ 87 %",
        "            28d             98.76 %     90 %    87 %",
        "tokyo/busy  today (judged)     10 %      5 %    52 %",
        "            this month       0.77 %      5 %    49 %",
        "            28d               0.4 %      5 %  −4.8 %",
        "≈ An estimate: 50 % of today is over.",
        "≈ An estimate: 48 % of this month is over.",
        "Minutes with data: tokyo/busy 10 %.",
    ]


def test_where_minutes_are_gone_it_is_said_what_is_counted(tmp_path: Path) -> None:
    begin, end = datetime.fromisoformat("2026-03-01T00:00Z"), datetime.fromisoformat("2026-03-11T00:00Z")
    lines = [
        json.dumps({"time": (begin + timedelta(minutes=minute)).isoformat(), "status": 200})
        for minute in range(0, int((end - begin).total_seconds()) // 60, 10)
    ]
    (tmp_path / "web.ndjson").write_text("\n".join(lines) + "\n")
    (tmp_path / "tabiji.yaml").write_text(
        "timezone: Asia/Tokyo\n"
        "retention: {minutes: 3d, hours: 5d}\n"
        "sources:\n  web: {format: json, paths: [web.ndjson], fields: {time: time, status: status}}\n"
    )
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "all.yaml").write_text(
        JOURNEY.format(name="all", zone="UTC").replace("{calendar: day, timezone: UTC}", "3d")
    )
    assert run(tmp_path, "ingest").exit_code == 0

    def counted(name: str, at: str, window: str) -> tuple[str, str]:
        (view,) = status(tmp_path, name, at, "--window", window)["views"]  # type: ignore[misc]
        return view["window"]["counted_from"], view["window"]["counted_to"]

    now = "2026-03-10T23:50Z"  # minutes are kept from 7 March on, hours from 5 March on
    assert counted("all/day", now, "3d") == (utc("2026-03-07T23:50Z"), utc(now))
    assert counted("all/day", now, "4d") == (utc("2026-03-06T23:00Z"), utc(now))
    assert counted("all/day", now, "7d") == (utc("2026-03-03T00:00Z"), utc(now))
    assert counted("all/day", now, "20d") == (
        utc("2026-02-18T23:50Z"),
        utc(now),
    )  # nothing was before 1 March
    assert counted("all/busy", now, "4d") == (utc("2026-03-07T00:00Z"), utc(now))
    assert counted("all/day", "2026-03-06T12:34Z", "1h") == (
        utc("2026-03-06T11:00Z"),
        utc("2026-03-06T12:00Z"),
    )
    assert "ounted" not in run(tmp_path, "status", "--at", now).stdout
    said = " ".join(run(tmp_path, "status", "--at", now, "--window", "4d").stdout.split())
    assert (
        "all/day: counted from 2026-03-07 08:00 to 2026-03-11 08:50, for only whole hours or days are kept of "
        "that time."
    ) in said
    assert (
        "all/busy: counted from 2026-03-07 09:00 to 2026-03-11 08:50, for no minutes are kept of before."
        in said
    )
    said = " ".join(run(tmp_path, "status", "all/day", "--at", "2026-03-08T12:34Z").stdout.split())
    assert "Counted from 2026-03-05 21:00 to 2026-03-08 21:34, for only whole hours" in said

    def said_of(*words: str) -> str:
        return run(tmp_path, "count", *words).stderr

    assert said_of("--from", "2026-03-06T12:34Z", "--to", now) == (
        "From 2026-03-06 21:00: only whole hours or days are kept of that time.\n"
    )
    assert said_of("--from", "2026-03-07T12:34Z") == said_of() == ""
    assert said_of("--every", "1d") == (  # of Tokyo: days are not those of UTC
        "No hours are kept of before 2026-03-05 09:00: nothing is shown of then.\n"
    )
    assert said_of("--every", "1m", "--from", "2026-03-06") == (
        "No minutes are kept of before 2026-03-07 09:00: nothing is shown of then.\n"
    )
    assert said_of("--every", "1m", "--from", "2026-03-07T00:00Z") == ""
