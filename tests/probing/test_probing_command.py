"""`tabiji probe`: what is found now, as a table and as JSON; nothing is counted, and no secret is shown."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from probed import Authority, Peer, served

from tabiji import cli


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes sources of probes, and works there."""
    monkeypatch.chdir(tmp_path)

    def sources(**probes: str) -> None:
        text = "".join(f"  {source}:\n    probes:\n{lines}" for source, lines in probes.items())
        (tmp_path / "tabiji.yaml").write_text(f"sources:\n{text}")

    return sources


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


def test_all_is_as_expected(write: Write, ask: Ask, peer: Peer, tmp_path: Path) -> None:
    write(
        health=f"      top: {{url: '{peer.url('/ok')}', expect: {{status: 200, text: ok}}}}\n"
        f"      port: {{tcp: '127.0.0.1:{peer.port}'}}\n"
    )
    done = ask("probe")
    assert (done.code, done.err) == (0, "")
    head, top, port = done.out.splitlines()
    assert head.split() == ["probe", "took", "status", "certificate", "found"]
    assert (top.split()[0], top.split()[-3:]) == ("health/top", ["200", "–", "ok"])
    assert (port.split()[0], port.split()[-3:]) == ("health/port", ["–", "–", "ok"])
    assert not (tmp_path / "tabiji.db").exists()


def test_what_is_not_as_expected_is_said(write: Write, ask: Ask, peer: Peer, closed_port: int) -> None:
    write(
        health=f"      top: {{url: '{peer.url('/status/503')}'}}\n",
        other=f"      db: {{tcp: '127.0.0.1:{closed_port}'}}\n      up: {{url: '{peer.url('/ok')}'}}\n",
    )
    done = ask("probe", "--json")
    assert done.code == 1
    probes = json.loads(done.out)["probes"]
    assert all(one.pop("duration_ms") > 0 for one in probes)
    assert probes == [
        {"source": "health", "probe": "top", "host": "127.0.0.1", "good": False, "error": "status",
         "detail": "the status is 503, not one below 400", "status": 503, "certificate_days": None},
        {"source": "other", "probe": "db", "host": "127.0.0.1", "good": False, "error": "refused",
         "detail": "Connection refused", "status": None, "certificate_days": None},
        {"source": "other", "probe": "up", "host": "127.0.0.1", "good": True, "error": None, "detail": None,
         "status": 200, "certificate_days": None},
    ]  # fmt: skip
    assert ask("probe", "other/up").code == 0
    only = json.loads(ask("probe", "other", "--json").out)["probes"]
    assert [(one["source"], one["probe"]) for one in only] == [("other", "db"), ("other", "up")]
    assert ask("probe", "other").out.endswith("\n\nother/db: Connection refused.\n")


def test_a_certificate_is_looked_at(
    write: Write, ask: Ask, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with served(authority.context("127.0.0.1", 10)) as tls:
        url = tls.url("/ok", "https")
        write(
            health=f"      one: {{url: '{url}'}}\n      two: {{url: '{url}', expect: {{certificate_days: 14}}}}\n"
        )
        done = ask("probe")
    assert done.code == 1
    _, one, two, _, why = done.out.splitlines()
    # ten days less the moment since it was made, which may be less than a second
    assert re.search(r" (9|10) d +ok$", one)
    assert re.search(r" (9|10) d +certificate$", two)
    assert re.fullmatch(r"health/two: the certificate is valid for (9|10) days only\.", why)


def test_variables_are_taken_from_the_environment(
    write: Write, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as peer:
        url = peer.url("/status/500?key=${PROBE_KEY}")
        write(health=f"      top: {{url: '{url}', headers: {{Authorization: 'Bearer ${{PROBE_KEY}}'}}}}\n")
        unset = ask("probe")
        assert (unset.code, unset.err) == (2, "probe health/top: the environment has no `PROBE_KEY`\n")
        monkeypatch.setenv("PROBE_KEY", "hush")
        answers = [ask("probe"), ask("probe", "--json")]
        assert [(path, sent["Authorization"]) for _, path, sent in peer.asked] == [
            ("/status/500?key=hush", "Bearer hush")
        ] * 2
    assert [one.code for one in answers] == [1, 1]
    assert "hush" not in "".join(one.out + one.err for one in answers)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["helth"],
            "`helth` is neither a source with probes nor a probe; did you mean `health`?",
            id="an unknown source",
        ),
        pytest.param(
            ["health/tip"],
            "`health/tip` is neither a source with probes nor a probe; did you mean `health/top`?",
            id="an unknown probe",
        ),
    ],
)
def test_what_is_not_there_is_said(write: Write, ask: Ask, words: list[str], message: str) -> None:
    write(health="      top: {url: http://127.0.0.1/}\n")
    assert ask("probe", *words) == (2, "", f"{message}\n")


def test_without_any_probe_it_says_how_to_write_one(ask: Ask, write: Write, tmp_path: Path) -> None:
    write(health="")
    (tmp_path / "tabiji.yaml").write_text("timezone: UTC\n")
    done = ask("probe")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("no source has probes; write some into tabiji.yaml, such as ")
