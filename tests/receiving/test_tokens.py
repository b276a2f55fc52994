"""Tokens: what they cover, when they end; and their secrets are nowhere to be found afterwards (T24)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tabiji import store
from tabiji.store import NameTaken, Token
from tabiji.store.tokens import PREFIX

NOW = 1_750_000_000


@pytest.mark.parametrize(
    ("scopes", "asked", "may"),
    [
        (("ingest:web",), "ingest:web", True),
        (("ingest:web",), "ingest:webs", False),
        (("ingest:*",), "ingest:web", True),
        (("ingest:*",), "marks", False),
        (("marks", "read"), "read", True),
        (("marks", "read"), "ingest:web", False),
        (("admin",), "ingest:web", True),
        (("read",), "admin", False),
        ((), "read", False),
    ],
)
def test_what_a_scope_covers(scopes: tuple[str, ...], asked: str, may: bool) -> None:
    assert Token(1, "one", scopes, NOW).may(asked) is may


def test_a_token_from_its_making_to_its_end(store_url: str) -> None:
    with store.open(store_url) as opened:
        made, secret = opened.tokens.create("one", ("read",), NOW, NOW + 60)
        assert secret.startswith(PREFIX)
        assert opened.tokens.of(secret) == made == Token(1, "one", ("read",), NOW, NOW + 60)
        assert [opened.tokens.of(other) for other in (secret + "x", secret[:-1], "", "x")] == [None] * 4
        assert (made.is_valid(NOW + 59), made.is_valid(NOW + 60)) == (True, False)
        with pytest.raises(NameTaken):
            opened.tokens.create("one", ("read",), NOW)
        opened.tokens.used(made, NOW + 5)
        opened.tokens.used(made, NOW + 64)  # 59 seconds later: not worth a write
        assert [one.used_at for one in opened.tokens.all()] == [NOW + 5]
        opened.tokens.used(made, NOW + 65)
        assert [one.used_at for one in opened.tokens.all()] == [NOW + 65]
        assert opened.tokens.revoke("one", NOW + 9) == 1
        assert opened.tokens.revoke("one", NOW + 9) == 0
        revoked = opened.tokens.of(secret)
        assert revoked is not None
        assert not revoked.is_valid(NOW + 10)
        assert opened.tokens.create("one", ("marks",), NOW + 10)[0].number == 2


@pytest.mark.parametrize("scope", ["", "ingest", "ingest:", "ingest:**", "Read", "read "])
def test_what_is_no_scope_is_refused(store_url: str, scope: str) -> None:
    with store.open(store_url) as opened, pytest.raises(ValueError, match="is no scope"):
        opened.tokens.create("one", (scope,), NOW)


def tabiji(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tabiji", "token", *words, "-C", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_shows_a_secret_once_and_stores_only_its_hash(tmp_path: Path) -> None:
    (tmp_path / "tabiji.yaml").write_text("sources: {web: {format: nginx}}\n")
    made = tabiji(tmp_path, "create", "agent", "--scope", "ingest:web", "--expires", "90d", "--json")
    document = json.loads(made.stdout)
    secret = document.pop("token")
    assert (made.returncode, document["scopes"], document["valid"]) == (0, ["ingest:web"], True)
    again = tabiji(tmp_path, "create", "agent", "--scope", "marks")
    assert (again.returncode, "revoke it, or choose another name" in again.stderr) == (2, True)
    listed = tabiji(tmp_path, "list")
    assert "agent" in listed.stdout
    assert "valid until" in listed.stdout
    ended = tabiji(tmp_path, "revoke", "agent")
    assert (ended.returncode, ended.stdout) == (0, "`agent` is not valid any more.\n")
    assert tabiji(tmp_path, "revoke", "agent").returncode == 2
    assert "revoked" in tabiji(tmp_path, "list").stdout
    told = "".join(done.stdout + done.stderr for done in (again, listed, ended))
    assert secret not in told
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("ingest:wep", "`wep` is not a source; there are web"),
        ("all", "a scope is `ingest:SOURCE`"),
    ],
)
def test_a_wrong_scope_is_told_with_what_would_be_right(tmp_path: Path, scope: str, told: str) -> None:
    (tmp_path / "tabiji.yaml").write_text("sources: {web: {format: nginx}}\n")
    done = tabiji(tmp_path, "create", "agent", "--scope", scope)
    assert (done.returncode, told in done.stderr) == (2, True)
