"""Definitions of who is told what: what they mean, every fault at its place, and no secret in any of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tabiji.definitions import Team, load
from tabiji.errors import DefinitionError
from tabiji.journeys import Text
from tabiji.notices import Duty, Notifications, Quiet, Receiver

SITE = """\
timezone: Europe/Berlin
notifications:
  address: https://tabiji.example.com/
  receivers:
    oncall:  {apprise: "${PAGERDUTY_URL}"}
    chat:    {apprise: "slack://${SLACK}", language: ja}
    am:      {alertmanager: "http://alertmanager:9093"}
    hook:    {webhook: "https://example.com/hook", secret: "${HOOK_SECRET}"}
    issues:  {github: owner/repo, token: "${GITHUB_TOKEN}", url: "https://git.example.com/api/v3"}
    jira:    {jira: "https://x.atlassian.net", project: LEARN, user: bot@example.com, token: "${JIRA}", type: Task}
    backlog: {backlog: "https://x.backlog.com", project: LEARN, key: "${BACKLOG_KEY}"}
  allow: [10.0.0.0/8, AlertManager, "::1", 192.168.1.7]
  page: [oncall, chat]
  ticket: [issues]
  information: [chat]
  quiet: {from: "22:00", to: "07:30", timezone: Asia/Tokyo, days: [sat, sun]}
teams:
  learning: {title: Learning, page: [hook], remind: never}
  billing: {quiet: {from: "00:00", to: "24:00"}}
  support: {}
"""
ENVIRONMENT = {
    "PAGERDUTY_URL": "pagerduty://K1@K2",
    "SLACK": "T1/T2/T3/#alerts",
    "HOOK_SECRET": "s3cret",
    "GITHUB_TOKEN": "ghp_x",
    "JIRA": "j",
    "BACKLOG_KEY": "b",
}
RECEIVERS = (
    Receiver("oncall", "apprise", "pagerduty://K1@K2"),
    Receiver("chat", "apprise", "slack://T1/T2/T3/#alerts", language="ja"),
    Receiver("am", "alertmanager", "http://alertmanager:9093"),
    Receiver("hook", "webhook", "https://example.com/hook", (("secret", "s3cret"),)),
    Receiver(
        "issues", "github", "owner/repo", (("url", "https://git.example.com/api/v3"), ("token", "ghp_x"))
    ),
    Receiver(
        "jira",
        "jira",
        "https://x.atlassian.net",
        (("project", "LEARN"), ("type", "Task"), ("user", "bot@example.com"), ("token", "j")),
    ),
    Receiver("backlog", "backlog", "https://x.backlog.com", (("project", "LEARN"), ("key", "b"))),
)
QUIET = Quiet(22 * 60, 7 * 60 + 30, "Asia/Tokyo", frozenset({5, 6}))
DEFAULT = Duty(("oncall", "chat"), ("issues",), ("chat",), QUIET, 240)


def written(folder: Path, text: str) -> Path:
    (folder / "tabiji.yaml").write_text(text, "utf-8")
    return folder


def test_what_is_written_loads_into_values(tmp_path: Path) -> None:
    site = load(written(tmp_path, SITE), ENVIRONMENT)
    assert site.notifications == Notifications(
        address="https://tabiji.example.com",
        receivers=RECEIVERS,
        default=DEFAULT,
        allowed=("10.0.0.0/8", "alertmanager", "::1/128", "192.168.1.7/32"),
    )
    assert site.teams == (
        Team("learning", Text("Learning", "Learning"), Duty(("hook",), ("issues",), ("chat",), QUIET, None)),
        Team(
            "billing",
            Text("billing", "billing"),
            Duty(("oncall", "chat"), ("issues",), ("chat",), Quiet(0, 0, "Europe/Berlin"), 240),
        ),
        Team("support", Text("support", "support")),
    )


def test_what_is_not_written_tells_nobody(tmp_path: Path) -> None:
    assert load(written(tmp_path, "timezone: UTC"), {}).notifications == Notifications()


def test_a_variable_that_is_missing_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Whoever only looks at numbers needs no secrets; whoever sends is told which are missing."""
    site = load(written(tmp_path, SITE), {**ENVIRONMENT, "SLACK": "", "JIRA": "x"})
    assert {one.name: one.unset for one in site.notifications.receivers if one.unset} == {"chat": ("SLACK",)}


def test_definitions_of_the_past_need_no_variables(tmp_path: Path) -> None:
    files = {"tabiji.yaml": SITE}
    site = load(tmp_path, {}, files)
    assert site.notifications.receivers[0] == Receiver("oncall", "apprise", "${PAGERDUTY_URL}")
    assert site.notifications.default == DEFAULT


def test_no_secret_is_in_what_is_kept_or_shown(tmp_path: Path) -> None:
    site = load(written(tmp_path, SITE), ENVIRONMENT)
    shown = repr(site) + repr(site.files)
    assert [secret for secret in ("K1@K2", "T1/T2", "s3cret", "ghp_x") if secret in shown] == []


def faults(folder: Path, text: str, environment: Mapping[str, str]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(written(folder, text), environment)
    return [str(fault).removeprefix("tabiji.yaml:") for fault in caught.value.faults]


CANARY = "canary-7f3a"
FAULTS: dict[str, tuple[str, list[str]]] = {
    "a key like another": (
        "receivers: {a: {aprise: json://x}}",
        ["2:19: `aprise` is not a key of a receiver; did you mean `apprise`?"],
    ),
    "two channels": (
        "receivers: {a: {apprise: json://x, jira: https://x}}",
        [
            "2:15: a receiver has only one of `apprise`, `alertmanager`, `webhook`, `github`, `jira`, `backlog`"
        ],
    ),
    "no channel": (
        "receivers: {a: {language: ja}}",
        ["2:15: a receiver has one of `apprise`, `alertmanager`, `webhook`, `github`, `jira`, `backlog`"],
    ),
    "a key of another channel": (
        "receivers: {a: {apprise: json://x, project: P}}",
        ["2:38: `project` goes with `jira` or `backlog`"],
    ),
    "a key that is missing": (
        "receivers: {a: {github: o/r}}",
        ["2:15: `github` needs `token`"],
    ),
    "a secret in the file": (
        f"receivers: {{my-hook: {{webhook: https://x, secret: {CANARY}}}}}",
        [
            "2:53: a secret does not belong in a file: write `secret: ${MY_HOOK_SECRET}` "
            "and put it in the environment"
        ],
    ),
    "no address": (
        "receivers: {a: {webhook: ftp://x}}",
        ["2:28: this is not what `webhook` takes; write for example `https://example.com/hook`"],
    ),
    "no address in a variable": (
        "receivers: {a: {alertmanager: '${CANARY}'}}",
        ["2:33: this is not what `alertmanager` takes; write for example `http://alertmanager:9093`"],
    ),
    "no repository": (
        "receivers: {a: {github: repo, token: '${CANARY}'}}",
        ["2:27: this is not what `github` takes; write for example `owner/repo`"],
    ),
    "no URL of Apprise": (
        f"receivers: {{a: {{apprise: {CANARY}}}}}",
        ["2:28: this is not what `apprise` takes; write for example `slack://${SLACK}`"],
    ),
    "a port that is none": (
        "receivers: {a: {webhook: 'http://x:99999'}}",
        ["2:28: this is not what `webhook` takes; write for example `https://example.com/hook`"],
    ),
    "no project": (
        "receivers: {a: {backlog: https://x, project: '?', key: '${CANARY}'}}",
        ["2:48: this is no project"],
    ),
    "a name": (
        "receivers: {a b: {apprise: json://x}}",
        ["2:15: `a b` can't name a receiver; use letters, digits, `-`, `_` and `.`"],
    ),
    "an unknown receiver": (
        "receivers: {chat: {apprise: json://x}}\n  page: [chta]",
        ["3:10: `chta` is not a receiver; did you mean `chat`?\n      page: [chta]\n             ^"],
    ),
    "a receiver twice": (
        "receivers: {chat: {apprise: json://x}}\n  page: [chat, chat]",
        ["3:16: `chat` is here twice\n      page: [chat, chat]\n                   ^"],
    ),
    "an unknown receiver of a team": (
        "receivers: {chat: {apprise: json://x}}\nteams: {a: {ticket: [hcat]}}",
        [
            "3:22: `hcat` is not a receiver; did you mean `chat`?\n"
            "    teams: {a: {ticket: [hcat]}}\n                         ^"
        ],
    ),
    "an address of pages": (
        "address: tabiji.example.com",
        [
            "2:12: an address of pages is such as `https://tabiji.example.com`\n"
            "      address: tabiji.example.com\n               ^"
        ],
    ),
    "a network": (
        "allow: [10.0.0.0/40]",
        [
            "2:11: `10.0.0.0/40` is neither a network, such as `10.0.0.0/8`, nor the name of a host\n"
            "      allow: [10.0.0.0/40]\n              ^"
        ],
    ),
    "quiet hours without an end": (
        "quiet: {from: '22:00'}",
        ["2:10: `quiet` needs `to`, such as `22:00`\n      quiet: {from: '22:00'}\n             ^"],
    ),
    "a time of the day": (
        "quiet: {from: '25:00', to: '7:00'}",
        [
            "2:17: `25:00` is not a time of the day; write for example `22:00`\n"
            "      quiet: {from: '25:00', to: '7:00'}\n                    ^",
            "2:30: `7:00` is not a time of the day; write for example `22:00`\n"
            "      quiet: {from: '25:00', to: '7:00'}\n                                 ^",
        ],
    ),
    "a day": (
        "quiet: {from: '22:00', to: '07:00', days: [son]}",
        [
            "2:46: `son` is not known here; did you mean `sun`?\n"
            "      quiet: {from: '22:00', to: '07:00', days: [son]}\n"
            "                                                 ^"
        ],
    ),
    "a reminder": (
        "remind: 9d",
        ["2:11: `9d` is too long: at most `7d`, or `never`\n      remind: 9d\n              ^"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_of_notifications(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = faults(tmp_path, f"notifications:\n  {text}\n", {"CANARY": CANARY})
    assert found == expected
    assert CANARY not in "".join(found)
