"""`tabiji notify` as it is called: tests of receivers, what waits and what was given up; and no secret anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from notify_outbox import put
from notify_servers import Reply, message, server

from tabiji import store

NOW = 1_800_000_000
CANARY = "canary-7f3a"
SITE = """\
language: ja
notifications:
  receivers:
    chat: {{apprise: "json://me:${{CANARY}}@127.0.0.1:{port}/${{CANARY}}", language: en}}
    hook: {{webhook: "http://127.0.0.1:{port}/${{CANARY}}", secret: "${{CANARY}}"}}
    lost: {{webhook: "${{LOST}}"}}
  allow: [127.0.0.1]
"""


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    environment = {**os.environ, "CANARY": CANARY, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", "notify", "-C", str(folder), *words],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert CANARY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_test_says_who_was_reached(tmp_path: Path) -> None:
    with server() as hook:
        (tmp_path / "tabiji.yaml").write_text(SITE.format(port=hook.port))
        assert run(tmp_path, "--test", "hook", "chat")[0] == 0
        said = sorted((json.loads(got.body) for got in hook.got), key=lambda one: one["title"])
        assert [one["title"] for one in said] == [
            "A test message of Tabiji",
            "【テスト】Tabiji からのテスト通知です",
        ]
        code, out, _ = run(tmp_path, "--test")
        assert (code, [line.split() for line in out.splitlines()[1:]]) == (
            3,
            [
                ["chat", "apprise", "sent"],
                ["hook", "webhook", "sent"],
                ["lost", "webhook", "not", "sent:", "the", "environment", "has", "no", "`LOST`"],
            ],
        )


def test_no_secret_is_in_what_went_wrong(tmp_path: Path) -> None:
    with server(lambda got: Reply(403, b'{"message": "you sent canary-7f3a"}')) as hook:
        (tmp_path / "tabiji.yaml").write_text(SITE.format(port=hook.port))
        code, out, _ = run(tmp_path, "--test", "--json", "hook", "chat")
    assert (code, json.loads(out)) == (
        3,
        {
            "receivers": [
                {"receiver": "chat", "channel": "apprise", "sent": False, "failure": "it answered 403"},
                {
                    "receiver": "hook",
                    "channel": "webhook",
                    "sent": False,
                    "failure": "it answered 403: you sent …",
                },
            ]
        },
    )


def test_what_waits_and_what_was_given_up(tmp_path: Path) -> None:
    (tmp_path / "tabiji.yaml").write_text(SITE.format(port=1))
    assert run(tmp_path) == (0, "Nothing waits, and nothing was given up.\n", "")
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        put(
            opened,
            [message(), message(key="k2", topic="b"), message(key="k3", topic="c", title="\x1b[31mred")],
            NOW,
        )
        for due in (None, NOW + 5):
            claimed = opened.delivering.claim("hook", NOW)
            assert claimed is not None
            opened.delivering.failed(claimed[0], "it answered 500", due, NOW)
    assert run(tmp_path) == (
        0,
        "hook: Learners can't play videos (opened)\n"
        "    given up after 1 try: it answered 500; since 2027-01-15T08:00:00Z; key k1\n"
        "hook: Learners can't play videos (opened)\n"
        "    fails (1 try): it answered 500; again at 2027-01-15T08:00:05Z; since 2027-01-15T08:00:00Z; key k2\n"
        "hook:  [31mred (opened)\n    waits; since 2027-01-15T08:00:00Z; key k3\n",
        "1 given up: mend the cause, then `tabiji notify --retry all`.\n",
    )
    found = json.loads(run(tmp_path, "--json")[1])["messages"]
    assert [(one["key"], one["state"], one["tries"]) for one in found] == [
        ("k1", "dead", 1),
        ("k2", "pending", 1),
        ("k3", "pending", 0),
    ]
    assert run(tmp_path, "--retry", "k2")[0] == 2
    assert run(tmp_path, "--retry", "k1") == (0, "1 message is in the outbox again.\n", "")
    assert "given up" not in run(tmp_path)[1]


def test_wrong_words(tmp_path: Path) -> None:
    (tmp_path / "tabiji.yaml").write_text(SITE.format(port=1))
    assert run(tmp_path, "--test", "hok") == (2, "", "`hok` is not a receiver; did you mean `hook`?\n")
    assert run(tmp_path, "--test", "--retry", "all")[0] == 2
    (tmp_path / "tabiji.yaml").write_text("timezone: UTC")
    code, _, err = run(tmp_path, "--test")
    assert (code, err) == (2, "there are no receivers; `notifications:` in tabiji.yaml names them\n")
