"""`deploy/` and `docs/operating.md`: what they run exists, and what they tell others to read can be read."""

from __future__ import annotations

import http.server
import json
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest
import yaml

from tabiji.cli import cli, serve

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")


def settings(unit: str) -> dict[str, list[str]]:
    """The lines `Name=value` of a unit."""
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        assert re.fullmatch(r"#.*|\[(Unit|Service|Install)\]|[A-Za-z]+=.*|", line), line
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def parsed(words: list[str]) -> click.Context:
    """The words behind `tabiji`, as its command reads them. Raises UsageError."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, words
    return command.make_context(words[0], words[1:], resilient_parsing=False)


def test_the_unit_starts_what_there_is_in_a_folder_that_it_may_write() -> None:
    unit = settings((DEPLOY / "tabiji.service").read_text())
    program, *words = shlex.split(unit["ExecStart"][0])
    context = parsed(words)
    assert (program, context.command.name) == ("/opt/tabiji/bin/tabiji", "serve")
    assert (
        str(context.params["folder"])
        == unit["WorkingDirectory"][0]
        == f"/var/lib/{unit['StateDirectory'][0]}"
    )
    assert int(unit["TimeoutStopSec"][0]) > serve.STOP_SECONDS
    assert (unit["Restart"], unit["ProtectSystem"], unit["User"]) == (["always"], ["strict"], ["tabiji"])
    assert unit["EnvironmentFile"][0].removeprefix("-") in OPERATING
    assert program in OPERATING


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_is_made_of_files_that_exist_and_runs_a_command_that_exists() -> None:
    found = instructions()
    for word, rest in found:
        if word == "COPY" and not rest.startswith("--from"):
            assert [name for name in rest.split()[:-1] if not (ROOT / name).exists()] == []
    by_word = dict(found)
    context = parsed(json.loads(by_word["CMD"]))
    assert (json.loads(by_word["ENTRYPOINT"]), context.command.name) == (["tabiji"], "serve")
    assert context.params["host"] == "0.0.0.0"
    assert int(by_word["EXPOSE"]) == context.params["port"] == serve.PORT
    assert by_word["USER"] != "root"
    extra = re.search(r"--extra (\w+)", (DEPLOY / "Dockerfile").read_text())
    assert extra
    assert f"\n{extra[1]} = [" in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_check_of_the_image_says_whether_it_is_alive(status: int, code: int) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    words = json.loads(dict(instructions())["HEALTHCHECK"].partition(" CMD ")[2])
    assert words[:2] == ["python", "-c"]
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        program = words[2].replace(f":{serve.PORT}/", f":{server.server_port}/")
        assert program != words[2]
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        server.shutdown()
        thread.join()
    assert done.returncode == code


def test_compose_starts_the_image_beside_a_database() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    tabiji, postgres = composed["services"]["tabiji"], composed["services"]["postgres"]
    build = tabiji["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    user, database = postgres["environment"]["POSTGRES_USER"], postgres["environment"]["POSTGRES_DB"]
    store = re.sub(r"\$\{[^}]*\}", "PASSWORD", tabiji["environment"]["TABIJI_STORE"])
    assert store == f"postgresql://{user}:PASSWORD@postgres/{database}"
    assert tabiji["ports"] == [f"127.0.0.1:{serve.PORT}:{serve.PORT}"]
    assert any(volume.endswith(f":{dict(instructions())['VOLUME']}") for volume in tabiji["volumes"])
    assert set(composed["volumes"]) == {one.partition(":")[0] for one in postgres["volumes"]}


def promtool(*words: str) -> None:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_reads_what_the_guide_tells_it_to(tmp_path: Path) -> None:
    scraping, rules = re.findall(r"```yaml\n(.*?)```", OPERATING, re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(scraping)
    (tmp_path / "rules.yml").write_text(rules)
    promtool("check", "config", "--syntax-only", str(tmp_path / "prometheus.yml"))
    promtool("check", "rules", "--lint-fatal", str(tmp_path / "rules.yml"))


def test_the_rules_of_the_guide_ask_for_metrics_that_there_are() -> None:
    text = (ROOT / "src" / "tabiji" / "web" / "metrics.py").read_text()
    asked = set(re.findall(r"tabiji_[a-z_]+", re.findall(r"```yaml\n(.*?)```", OPERATING, re.DOTALL)[1]))
    made = set(re.findall(r"tabiji_[a-z_]+", text)) | {
        f"tabiji_source_lines_{one}" for one in ("read", "rejected")
    }
    assert {name.removesuffix("_total") for name in asked} - made == set()


def test_the_commands_of_the_guide_can_be_run() -> None:
    run = [
        line.partition(" #")[0].strip()
        for block in re.findall(r"^```[^\n]*\n(.*?)^```", OPERATING, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if re.search(r"(^|/)tabiji (?=[a-z])", line)
    ]
    assert len(run) > 4
    for line in run:
        line = re.sub(r"\$\([^)]*\)", "1", line)
        words = shlex.split(re.split(r"(?:^|/)tabiji (?=[a-z])", line)[-1])
        parsed(words)
