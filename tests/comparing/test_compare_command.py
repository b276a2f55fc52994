"""`tabiji compare` on what was counted, on both databases: to the event at the edges of periods, and what is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tabiji import cli, definitions, store
from tabiji.cli import workspace
from tabiji.runs.ingesting import ingest

SITE = """\
timezone: UTC
sources:
  web: {format: json, paths: [web.ndjson], fields: {time: t, status: s, duration_ms: ms, op: op}, operation: op}
"""
HOUR = 1_780_315_200  # 2026-06-01T12:00Z
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ask]:
    """An hour before noon and one after it: CourseDetail takes three times as long from noon on, Search does not."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "tabiji.yaml").write_text(SITE + f"store: {store_url}\n")
    lines = []
    for second in range(-3600, 3600, 20):
        for operation, ms in (("CourseDetail", 120 if second < 0 else 360), ("Search", 80)):
            jitter = second // 20 % 7 * 5
            lines.append(json.dumps({"t": HOUR + second, "s": 200, "ms": ms + jitter, "op": operation}))
    (folder / "web.ndjson").write_text("\n".join(lines) + "\n")
    site = definitions.load(folder, {})
    with store.open(store_url) as opened:
        ingest(site.sources[0], opened, now=HOUR + 7200, workers=1)
    monkeypatch.setattr(workspace, "now", lambda: HOUR + 7200)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tabiji", "compare", *words, "-C", str(folder)])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def told(ask: Ask, *words: str) -> dict[str, Any]:
    code, out, err = ask(*words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_slow_deployment_is_told_and_what_did_not_change_is_not(ask: Ask) -> None:
    code, out, _ = ask("--around", "2026-06-01T12:00")
    assert code == 0
    assert "CourseDetail" in out
    assert "slower (p50)" in out
    assert "Search" not in out
    assert "1 operation did not change" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_periods_hold_their_first_minute_and_not_their_last(ask: Ask) -> None:
    found = told(
        ask,
        *("--before", "2026-06-01T11:00..2026-06-01T12:00"),
        *("--after", "2026-06-01T12:00..2026-06-01T12:59"),
    )
    detail = next(one for one in found["operations"] if one["operation"] == "CourseDetail")
    assert (detail["before"]["events"], detail["after"]["events"]) == (180, 177)
    assert (detail["before"]["p50_ms"], detail["after"]["p50_ms"]) == (140, 380)
    assert (detail["verdict"], detail["after"]["events_per_minute"]) == ("worse", 3.0)
    assert found["after"] == {"from": "2026-06-01T12:00:00Z", "to": "2026-06-01T12:59:00Z"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param((), "say either", id="nothing"),
        pytest.param(("--before", "now-2h..now-1h"), "say either", id="only one"),
        pytest.param(("--around", "now-1h", "--mark", "1"), "say either", id="two ways"),
        pytest.param(("--around", "soon"), "soon", id="no time"),
        pytest.param(("--around", "2026-06-02"), "nothing has happened after it yet", id="to come"),
        pytest.param(("--around", "now-1h", "--minutes", "0"), "from 1 to", id="no time at all"),
        pytest.param(("--mark", "7"), "there is no mark 7", id="no mark"),
        pytest.param(("--around", "now-1h", "--source", "nginx"), "not a source", id="no source"),
        pytest.param(("--around", "now-1h", "--journey", "pay"), "not a journey", id="no journey"),
        pytest.param(("--before", "now-1h..now-2h", "--after", "now-1h..now"), "not after", id="backwards"),
        pytest.param(("--before", "now-2h", "--after", "now-1h..now"), "write a period as", id="a moment"),
        pytest.param(
            ("--before", "now-2h..now-1h", "--after", "now-1h..2026-06-02"), "not over yet", id="not over"
        ),
        pytest.param(
            ("--before", "2026-05-01..2026-05-02", "--after", "now-1h..now"),
            "nothing was counted",
            id="before all",
        ),
        pytest.param(
            ("--before", "now-3h..now-1h", "--after", "now-2h..now"),
            "overlap",
            id="an event would be in both",
        ),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, words: tuple[str, ...], said: str) -> None:
    code, _, err = ask(*words)
    assert (code, said in err) == (2, True), err
