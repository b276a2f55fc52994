"""The commands for the first minute: from a stranger's own log to a workspace.

Whole ways are walked by processes of their own; tables of cases run `main` in this one, which is ten times faster.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tabiji import cli, logs
from tabiji.cli.telling import DESCRIPTIONS


def tabiji(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tabiji", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


Here = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    """As `tabiji`, in this process."""

    def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["tabiji", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(words, code, out, err)

    return run


def line(path: str, status: int = 200, method: str = "GET", day: int = 21) -> str:
    return f'10.0.0.1 - - [{day}/Nov/2026:10:00:00 +0000] "{method} {path} HTTP/1.1" {status} 512 "-" "Mozilla/5.0"\n'


def request(uri: str, milliseconds: int, status: int = 200, method: str = "GET") -> str:
    return (
        json.dumps(
            {
                "time": "2026-11-21T10:00:00Z",
                "request_method": method,
                "request_uri": uri,
                "status": status,
                "request_time": f"{milliseconds / 1000:.3f}",
            }
        )
        + "\n"
    )


def job(jid: int, message: str) -> str:
    context = {"class": "OrderMailer", "jid": f"{jid:024x}"} | (
        {"elapsed": 0.25} if message == "done" else {}
    )
    return (
        json.dumps(
            {
                "ts": "2026-11-21T10:00:00.000Z",
                "pid": 1,
                "tid": "a",
                "lvl": "INFO",
                "msg": message,
                "ctx": context,
            }
        )
        + "\n"
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the logs of a shop, and things that are no logs."""
    folder = tmp_path_factory.mktemp("place")
    shop = [line(f"/orders/{number}?ref=mail") for number in range(120)]
    shop += [line("/orders", 201, "POST")] * 60 + [line("/orders", 500, "POST")] * 2
    shop += [line("/app.css")] * 30 + [line("/healthz")] * 20 + [line("/wp-login.php", 404)] * 8
    (folder / "access.log").write_text("".join(shop))
    (folder / "access.log.1.gz").write_bytes(
        gzip.compress("".join([line("/orders/7", day=20)] * 100).encode())
    )
    (folder / "app.json").write_text("".join(request(f"/courses/{n}", 10 * n) for n in range(1, 101)))
    (folder / "sidekiq.log").write_text("".join(job(n, "start") + job(n, "done") for n in range(50)))
    (folder / "odd.log").write_text("hello world\nfoo bar \x1b[31mred\n")
    (folder / "odd.json").write_text('{"when": 1, "what": "x"}\n' * 3)
    (folder / "empty.log").write_text("")
    (folder / "binary.log").write_bytes(bytes(range(256)) * 20)
    (folder / "torn.gz").write_bytes(
        gzip.compress("".join(line(f"/a{n}") for n in range(9_000)).encode())[:15_000]
    )
    (folder / "folder").mkdir()
    return folder


def test_discover_says_what_is_there(place: Path) -> None:
    ran = tabiji("discover", "access.log", "access.log.1.gz", cwd=place)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "web: 2 files, access.log … access.log.1.gz"
    assert "  From 2026-11-20 10:00 to 2026-11-21 10:00 UTC." in lines
    assert "  340 lines read, 340 counted." in lines
    table = [re.sub(r" {2,}", "  ", one).strip() for one in lines]
    assert "operation  events  errors" in table
    assert "GET /orders/:id  220  –" in table
    assert "POST /orders  62  3.23 %" in table
    assert "/orders/:id  /orders/0  /orders/1  /orders/2" in table
    assert "  They see 100 % of the events that a journey can be about, 82 % of all 340." in lines
    told = " ".join(one.strip() for one in lines)
    assert "8.8 % static files; 5.8 % health checks; 2.3 % refused or not found" in told
    assert "tabiji init --from access.log access.log.1.gz" in ran.stderr


def test_a_large_log_is_counted_by_processes_of_its_own(tmp_path: Path) -> None:
    lines = [line(f"/orders/{number}") for number in range(100)]
    (tmp_path / "access.log").write_text("".join(lines) * 1_000)
    ran = tabiji("discover", "access.log", "--workers", "2", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    [source] = json.loads(ran.stdout)["sources"]
    assert [(one["operation"], one["events"]) for one in source["operations"]] == [
        ("GET /orders/:id", 100_000)
    ]


@pytest.mark.parametrize("name", ["access.log", "app.json", "sidekiq.log"])
def test_what_is_not_yaml_fits_80_columns(here: Here, place: Path, name: str) -> None:
    ran = here("discover", name, cwd=place)
    above = ran.stdout.partition("# journeys/")[0].splitlines()
    assert above
    assert [one for one in above if len(one.rstrip()) > 80] == []


def test_discover_json_is_one_document_with_every_operation(place: Path) -> None:
    ran = tabiji("discover", "app.json", "sidekiq.log", "--json", cwd=place)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    web, jobs = document["sources"]
    assert (web["source"], web["format"], web["read"], web["counted"], web["rejected"]) == (
        "web",
        "json",
        100,
        100,
        {},
    )
    assert web["indicators"] == ["availability", "latency"]
    [courses] = web["operations"]
    assert courses.pop("examples") == ["/courses/1", "/courses/2", "/courses/3"]
    assert courses == {
        "operation": "GET /courses/:id",
        "kind": "request",
        "method": "GET",
        "route": "/courses/:id",
        "events": 100,
        "errors": 0,
        "error_share": 0.0,
        "statuses": {"200": 100},
        "p50_ms": 500.0,
        "p95_ms": 950.0,
        "p99_ms": 990.0,
        "left_out": None,
    }
    assert (jobs["source"], jobs["format"], jobs["latency"]) == ("jobs", "sidekiq", "elapsed")
    assert (jobs["read"], jobs["counted"], jobs["filtered"]) == (100, 50, 50)
    [mailer] = jobs["operations"]
    assert (mailer["operation"], mailer["kind"], mailer["errors"], mailer["p95_ms"]) == (
        "OrderMailer",
        "job",
        0,
        250.0,
    )
    assert document["coverage"] == {"events": 150, "covered": 150, "share": 1.0, "left_out": {}}
    assert [one["journey"] for one in document["journeys"]] == ["order", "courses"]


def test_discover_yaml_is_what_init_writes(here: Here, place: Path, tmp_path: Path) -> None:
    ran = here("discover", place / "access.log", place / "sidekiq.log", "--yaml", cwd=tmp_path)
    documents = list(yaml.safe_load_all(ran.stdout))
    assert [document.get("journey") for document in documents] == [None, "orders"]
    made = here("init", ".", "--from", place / "access.log", place / "sidekiq.log", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    written = [tmp_path / "tabiji.yaml", tmp_path / "journeys" / "orders.yaml"]
    assert [yaml.safe_load(path.read_text()) for path in written] == documents


def test_from_a_log_to_a_standing_in_four_commands(place: Path, tmp_path: Path) -> None:
    made = tabiji("init", "slo", "--from", place / "access.log", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    names = sorted(
        str(path.relative_to(tmp_path / "slo")) for path in (tmp_path / "slo").rglob("*") if path.is_file()
    )
    assert names == [
        ".gitignore",
        ".tabiji/journey.schema.json",
        ".tabiji/policy.schema.json",
        ".tabiji/site.schema.json",
        "journeys/orders.yaml",
        "tabiji.yaml",
    ]
    site = yaml.safe_load((tmp_path / "slo" / "tabiji.yaml").read_text())
    assert site["sources"] == {"web": {"format": "nginx", "paths": [f"{place}/access.log*"]}}
    for command in ("check", "ingest"):
        ran = tabiji(command, "-C", "slo", cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
    ran = tabiji("status", "-C", "slo", "--at", "2026-11-21T10:01:00Z", "--json", cwd=tmp_path)
    standing = json.loads(ran.stdout)
    # The rotated file as well, which the pattern found; the promise is the one that held in the first.
    assert [(one["id"], one["total"], one["bad"], one["provisional"]) for one in standing["objectives"]] == [
        ("orders/available", 282, 2, True)
    ]


def test_init_without_logs_gives_an_example_that_check_accepts(here: Here, tmp_path: Path) -> None:
    made = here("init", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["written"] == [
        "tabiji.yaml",
        "journeys/example.yaml",
        ".tabiji/site.schema.json",
        ".tabiji/journey.schema.json",
        ".tabiji/policy.schema.json",
        ".gitignore",
    ]
    assert "tabiji check" in made.stderr
    ran = here("check", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "No faults: 1 source, 1 journey, 1 objective.\n")


def test_init_never_overwrites(here: Here, place: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc")
    (tmp_path / "journeys").mkdir()
    mine = tmp_path / "journeys" / "orders.yaml"
    mine.write_text("mine")
    ran = here("init", ".", "--from", place / "access.log", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "journeys/orders.yaml is there already" in ran.stderr
    assert mine.read_text() == "mine"
    assert not (tmp_path / "tabiji.yaml").exists()
    mine.unlink()
    assert here("init", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\ntabiji.db*\nreceived/\n"
    ran = here("init", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "tabiji.yaml is there already" in ran.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["gone.log"], 3, ["gone.log: there is no such file"], id="no such file"),
        pytest.param(["folder"], 2, ["folder is a folder", "folder/*.log"], id="a folder"),
        pytest.param(["empty.log"], 1, ["empty.log: it is empty"], id="an empty file"),
        pytest.param(["binary.log"], 1, ["binary.log: it is binary"], id="a binary file"),
        pytest.param(
            ["odd.log"], 1, ["no format fits", "nginx", "apache", "alb", "--log-format"], id="no format"
        ),
        pytest.param(
            ["odd.json"], 1, ["json", "sidekiq", "Its keys: when, what", "--field"], id="unknown JSON"
        ),
        pytest.param(["torn.gz"], 3, ["torn.gz: read only in part"], id="a file that ends too early"),
        pytest.param(
            ["access.log", "--format", "ngnix"], 2, ["did you mean `nginx`?"], id="a misspelt format"
        ),
        pytest.param(
            ["access.log", "--log-format", "$status"], 2, ["the time is missing"], id="a format without time"
        ),
        pytest.param(["access.log", "--field", "time"], 2, ["NAME=KEY"], id="a field without key"),
        pytest.param(
            ["odd.log", "--format", "nginx"],
            1,
            ["no line could be counted", "hello world"],
            id="not that one",
        ),
        pytest.param(["access.log", "--json", "--yaml"], 2, ["exclude each other"], id="two outputs"),
        pytest.param([], 2, ["FILE"], id="nothing named"),
    ],
)
def test_what_can_not_be_read_is_said(
    here: Here, place: Path, words: list[str], code: int, said: list[str]
) -> None:
    ran = here("discover", *words, cwd=place)
    assert (ran.returncode, [one for one in said if one not in ran.stderr]) == (code, []), ran.stderr
    assert "Traceback" not in ran.stderr
    assert "\x1b" not in ran.stderr + ran.stdout


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("gone.log", 3, id="no such file"),
        pytest.param("empty.log", 1, id="an empty file"),
        pytest.param("odd.log", 1, id="no format"),
        pytest.param("torn.gz", 3, id="a file that ends too early"),
    ],
)
def test_init_leaves_nothing_half_done(here: Here, place: Path, tmp_path: Path, name: str, code: int) -> None:
    ran = here("init", "slo", "--from", place / name, cwd=tmp_path)
    assert ran.returncode == code, ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_one_file_that_no_format_fits_does_not_hide_the_others(here: Here, place: Path) -> None:
    ran = here("discover", "odd.log", "app.json", "--json", cwd=place)
    assert ran.returncode == 0
    document = json.loads(ran.stdout)
    assert [one["file"] for one in document["unrecognised"]] == ["odd.log"]
    assert [one["source"] for one in document["sources"]] == ["web"]


def test_a_format_given_is_offered_to_init(here: Here, place: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.log"
    own.write_text(
        "".join(f'2026-11-21T10:00:{n % 60:02}Z "GET /users/{n} HTTP/1.1" 200\n' for n in range(50))
    )
    words = ["--log-format", '$time_iso8601 "$request" $status']
    ran = here("discover", "own.log", *words, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert """tabiji init --log-format '$time_iso8601 "$request" $status' --from own.log""" in ran.stderr
    made = here("init", *words, "--from", "own.log", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert yaml.safe_load((tmp_path / "tabiji.yaml").read_text())["sources"]["web"] == {
        "format": "nginx",
        "log_format": words[1],
        "paths": ["own.log*"],
    }
    assert here("check", cwd=tmp_path).returncode == 0


def test_formats_lists_every_format_and_recognises_files(here: Here, place: Path) -> None:
    assert list(DESCRIPTIONS) == list(logs.FORMATS)
    listed = here("formats", "--json", cwd=place)
    assert json.loads(listed.stdout)["formats"] == [
        {"format": n, "description": d} for n, d in DESCRIPTIONS.items()
    ]
    assert here("formats", cwd=place).stdout.count("\n") == len(DESCRIPTIONS) + 1
    ran = here("formats", "access.log", "sidekiq.log", "empty.log", "--json", cwd=place)
    assert ran.returncode == 0
    files = json.loads(ran.stdout)["files"]
    assert [(one["file"], one["format"], one["fits"]) for one in files] == [
        ("access.log", "nginx", 1.0),
        ("sidekiq.log", "sidekiq", 1.0),
        ("empty.log", None, None),
    ]
    ran = here("formats", "access.log", "odd.log", cwd=place)
    assert ran.returncode == 1
    assert ran.stdout.startswith("access.log: nginx\n  100 % of the sampled lines fit: ")
    assert "odd.log: no format fits" in ran.stderr


def test_schema_is_a_json_schema_of_either_file(here: Here, tmp_path: Path) -> None:
    for file, key in (("site", "sources"), ("journey", "objectives")):
        schema = json.loads(here("schema", file, cwd=tmp_path).stdout)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert key in schema["properties"]
    assert here("schema", "other", cwd=tmp_path).returncode == 2
