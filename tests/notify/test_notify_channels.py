"""What each channel says to its service: signed, threaded, calm; tickets against servers that behave as documented."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from notify_servers import LOOPBACK, Got, Reply, message, server, webhook

from tabiji import notify
from tabiji.notices import Message, Receiver, message_json
from tabiji.notify import NotSent, Sending, plain

NOW = 1_800_000_000
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def send(
    receiver: Receiver, told: Message, reference: str | None = None, image: bytes | None = None
) -> str | None:
    return notify.send(Sending(receiver, told, NOW, LOOPBACK, reference, image)).reference


# Webhook


def test_a_webhook_is_signed_and_says_the_whole_message() -> None:
    told = message(
        facts={"journey": "watch-course", "burn": 14.4, "steps": ["play"]}, title="動画を再生できない"
    )
    with server() as hook:
        send(webhook(hook.address), told)
    got = hook.got[0]
    assert json.loads(got.body) == message_json(told)
    assert got.headers["idempotency-key"] == "k1"
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", got.headers["x-tabiji-signature"])
    assert found is not None
    expected = hmac.new(b"s3cret", f"{NOW}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert (int(found[1]), found[2]) == (NOW, expected)


def test_a_webhook_without_a_secret_is_not_signed_and_a_user_is_let_in() -> None:
    with server() as hook:
        send(Receiver("hook", "webhook", f"http://me:p%40ss@127.0.0.1:{hook.port}/x?y=1"), message())
    assert "x-tabiji-signature" not in hook.got[0].headers
    assert hook.got[0].headers["authorization"] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert hook.got[0].path == "/x?y=1"


# Tickets


def github(got: Got) -> Reply:
    if got.headers.get("authorization") != "Bearer ghp_x":
        return Reply(401, b'{"message": "Bad credentials"}')
    if got.path == "/repos/owner/repo/issues":
        return Reply(201, b'{"number": 41, "state": "open"}')
    if got.path == "/repos/owner/repo/issues/41/comments":
        return Reply(201, b'{"id": 1}')
    return Reply(404, b'{"message": "Not Found"}')


def jira(got: Got) -> Reply:
    if got.headers.get("authorization") != f"Basic {base64.b64encode(b'bot@example.com:j').decode()}":
        return Reply(401)
    if got.path == "/rest/api/2/issue":
        kind = json.loads(got.body)["fields"]["issuetype"]["name"]
        if kind != "Task":
            return Reply(
                400, b'{"errorMessages": [], "errors": {"issuetype": "The issue type is not valid."}}'
            )
        return Reply(201, b'{"id": "10000", "key": "LEARN-7"}')
    if got.path == "/rest/api/2/issue/LEARN-7/comment":
        return Reply(201, b'{"id": "1"}')
    return Reply(404, b'{"errorMessages": ["Issue does not exist"]}')


def backlog(got: Got) -> Reply:
    parts = urlsplit(got.path)
    if parse_qs(parts.query).get("apiKey") != ["b"]:
        return Reply(401, b'{"errors": [{"message": "Authentication failure.", "code": 11}]}')
    replies = {
        ("GET", "/api/v2/projects/LEARN"): Reply(200, b'{"id": 5, "projectKey": "LEARN"}'),
        ("GET", "/api/v2/projects/LEARN/issueTypes"): Reply(
            200, '[{"id": 9, "name": "タスク"}, {"id": 8, "name": "Bug"}]'.encode()
        ),
        ("POST", "/api/v2/issues"): Reply(201, b'{"id": 77, "issueKey": "LEARN-77"}'),
        ("POST", "/api/v2/issues/LEARN-77/comments"): Reply(201, b'{"id": 1}'),
    }
    return replies.get((got.method, parts.path), Reply(404, b'{"errors": [{"message": "No such issue"}]}'))


TICKETS: dict[str, tuple[Callable[[Got], Reply], Callable[[str], Receiver], str, list[str]]] = {
    "GitHub": (
        github,
        lambda url: Receiver("t", "github", "owner/repo", (("url", url), ("token", "ghp_x"))),
        "41",
        ["/repos/owner/repo/issues", "/repos/owner/repo/issues/41/comments"],
    ),
    "Jira": (
        jira,
        lambda url: Receiver(
            "t", "jira", url, (("project", "LEARN"), ("user", "bot@example.com"), ("token", "j"))
        ),
        "LEARN-7",
        ["/rest/api/2/issue", "/rest/api/2/issue/LEARN-7/comment"],
    ),
    "Backlog": (
        backlog,
        lambda url: Receiver("t", "backlog", url, (("project", "LEARN"), ("key", "b"), ("type", "Bug"))),
        "LEARN-77",
        [
            "/api/v2/projects/LEARN",
            "/api/v2/projects/LEARN/issueTypes",
            "/api/v2/issues",
            "/api/v2/issues/LEARN-77/comments",
        ],
    ),
}


@pytest.mark.parametrize(("service", "receiver", "reference", "paths"), TICKETS.values(), ids=TICKETS.keys())
def test_a_ticket_is_opened_once_and_commented_on(
    service: Callable[[Got], Reply], receiver: Callable[[str], Receiver], reference: str, paths: list[str]
) -> None:
    with server(service) as tickets:
        to = receiver(tickets.address)
        assert send(to, message(urgency="ticket")) == reference
        over = message(key="k2", stage="over", title="It is over", ended_at=NOW)
        assert send(to, over, reference) == reference
    assert [urlsplit(got.path).path for got in tickets.got] == paths
    opened, comment = (got.body.decode() for got in tickets.got[-2:])
    for text, words in ((opened, "PlayVideo"), (comment, "over")):
        assert words in text
    assert "tabiji.example.com" in opened


@pytest.mark.parametrize(("service", "receiver", "reference", "paths"), TICKETS.values(), ids=TICKETS.keys())
def test_a_ticket_that_was_deleted_is_opened_again(
    service: Callable[[Got], Reply], receiver: Callable[[str], Receiver], reference: str, paths: list[str]
) -> None:
    with server(service) as tickets:
        assert send(receiver(tickets.address), message(stage="worse"), "LEARN-999") == reference


@pytest.mark.parametrize(("service", "receiver", "reference", "paths"), TICKETS.values(), ids=TICKETS.keys())
def test_an_address_that_is_something_else_is_told_of(
    service: Callable[[Got], Reply], receiver: Callable[[str], Receiver], reference: str, paths: list[str]
) -> None:
    with server(lambda got: Reply(200, b"<html>hello</html>")) as page, pytest.raises(NotSent) as caught:
        send(receiver(page.address), message())
    assert caught.value.reason.startswith(("it answered without", "its project has no types"))


def test_what_a_ticket_says() -> None:
    to = TICKETS["GitHub"][1]
    told = message(
        lines=("4 % of `PlayVideo` fail", "see #12, @everyone, <img src=x>"), acknowledge="https://t/a?x=1"
    )
    with server(github) as tickets:
        send(to(tickets.address), told)
    assert json.loads(tickets.got[0].body) == {
        "title": "Learners can't play videos",
        "body": "4 % of \\`PlayVideo\\` fail\n\n"
        "see #\u200b12, @\u200beveryone, \\<\u200bimg src=x\\>\n\n"
        "More: https://tabiji.example.com/incidents/12\nAcknowledge: https://t/a?x=1",
    }


def test_backlog_takes_the_first_type_and_the_priority_of_a_page() -> None:
    with server(backlog) as tickets:
        send(Receiver("t", "backlog", tickets.address, (("project", "LEARN"), ("key", "b"))), message())
        to = Receiver(
            "t", "backlog", tickets.address, (("project", "LEARN"), ("key", "b"), ("type", "Story"))
        )
        with pytest.raises(NotSent) as caught:
            send(to, message())
    form = parse_qs(tickets.got[2].body.decode())
    assert {key: form[key] for key in ("projectId", "issueTypeId", "priorityId")} == {
        "projectId": ["5"],
        "issueTypeId": ["9"],
        "priorityId": ["2"],
    }
    assert caught.value.reason == "its project has no type `Story`; there are タスク, Bug"


REFUSED = {
    "GitHub": ("github", "owner/repo", (("token", "wrong"),), "it answered 401: Bad credentials"),
    "Jira": (
        "jira",
        None,
        (("project", "LEARN"), ("user", "bot@example.com"), ("token", "j"), ("type", "Epic")),
        "it answered 400: issuetype: The issue type is not valid.",
    ),
    "Backlog": (
        "backlog",
        None,
        (("project", "LEARN"), ("key", "wrong")),
        "it answered 401: message: Authentication failure.",
    ),
}


@pytest.mark.parametrize(("channel", "address", "options", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_why_a_ticket_was_refused(channel: Any, address: str | None, options: Any, reason: str) -> None:
    service = {"github": github, "jira": jira, "backlog": backlog}[channel]
    with server(service) as tickets:
        options = (*options, ("url", tickets.address)) if channel == "github" else options
        with pytest.raises(NotSent) as caught:
            send(Receiver("t", channel, address or tickets.address, options), message())
    assert caught.value.reason == reason


def test_githubs_limit_says_when_it_ends() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 90)}
    with server(lambda got: Reply(403, b'{"message": "API rate limit exceeded"}', headers)) as limited:
        to = TICKETS["GitHub"][1](limited.address)
        with pytest.raises(NotSent) as caught:
            send(to, message())
    assert caught.value.retry_after == 90


# Chat and mail


class Inbox:
    """A mail server's memory."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"


def test_mail_arrives_with_its_chart_and_nobody_can_add_a_header() -> None:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}/?from=tabiji@example.com&to=oncall@example.com"
        told = message(
            title="動画を再生できない\r\nBcc: victim@example.com",
            lines=("<script>alert(1)</script> 4 % が失敗",),
        )
        send(Receiver("mail", "apprise", url), told, image=PNG)
    finally:
        controller.stop()
    mail = inbox.mails[0]
    assert mail["to"] == "oncall@example.com"
    assert mail["bcc"] is None
    assert str(mail["subject"]).startswith("動画を再生できない Bcc: victim")
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert parts["image/png"] == PNG
    text = "".join(part for kind, part in parts.items() if kind == "text/plain")
    assert "4 % が失敗" in text
    assert "https://tabiji.example.com/incidents/12" in text
    assert "<script>" not in "".join(part for part in parts.values() if isinstance(part, str))


def test_chat_is_told_in_its_own_words() -> None:
    """Mattermost's webhooks are what Slack's are."""
    with server(lambda got: Reply(200, b"ok")) as chat:
        send(Receiver("chat", "apprise", f"mmost://127.0.0.1:{chat.port}/abcdefghijklmnop"), message())
    said = json.loads(chat.got[0].body)["text"].replace("\r", "")
    assert said == (
        "Learners can't play videos\nSince 10:02, 4 % of plays fail.\nLook at PlayVideo first.\n\n"
        "More: https://tabiji.example.com/incidents/12"
    )


def test_chat_says_when_to_come_back_and_nothing_of_its_address() -> None:
    with (
        server(lambda got: Reply(429, headers={"Retry-After": "33"})) as chat,
        pytest.raises(NotSent) as caught,
    ):
        send(Receiver("c", "apprise", f"json://me:canary-5@127.0.0.1:{chat.port}/canary-6"), message())
    assert (caught.value.reason, caught.value.retry_after) == ("it answered 429", 33)


@pytest.mark.parametrize("url", ["nobody://x", "json://", "slack://x", "pagerduty://"])
def test_a_url_that_apprise_does_not_know(url: str) -> None:
    with pytest.raises(NotSent) as caught:
        send(Receiver("c", "apprise", url), message())
    assert caught.value.reason == "its URL is none that Apprise knows"


def test_a_long_message_keeps_its_link() -> None:
    with server() as chat:
        told = message(lines=("x" * 100_000,))
        send(Receiver("c", "apprise", f"json://127.0.0.1:{chat.port}/"), told)
    said = json.loads(chat.got[0].body)["message"]
    assert len(said) < 4_000
    assert said.endswith("…\n\nMore: https://tabiji.example.com/incidents/12")


# Words of anybody (T25)

ACTING = re.compile(
    r"@(?:channel|here|everyone|all|\w)|<[!@#/?a-z]|\]\(|\]\[|://|www\.|javascript:|data:|\[~|!\[|&#?\w+;|\{\{|\{\w",
    re.IGNORECASE,
)
WORDS = [
    "<!here>", "<!channel|x>", "<@U012AB3CD>", "<#C123>", "@channel", "@everyone", "＠all @all", "a@b.example",
    "[click](https://evil.example)", "[click][1]", "[1]: https://evil.example", "![x](http://evil.example/x.png)",
    "https://evil.example", "HTTP://EVIL.EXAMPLE", "www.evil.example", "<a href='//evil.example'>x</a>",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "data:text/html,x",
    "[~accountid:5b10]", "[~admin]", "{noformat}x{noformat}", "{{x}}", "!http://evil.example/x.png!",
    "&lt;script&gt;", "&#60;script>", "\u202eevil\u202c", "\u200b@\u200bchannel", "a\x00b\x1b[31mc\u2028d", "\ud800",
    "mailto:a@b.example", "#general", "x\r\nBcc: a@b.example",
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS, ids=ascii)
def test_anybodys_words_call_nobody_and_link_nowhere(words: str) -> None:
    told = message(title=words, lines=(words, f"x {words} y"), link=None)
    for text in (plain.title(told), plain.text(told)):
        assert ACTING.findall(text) == []
        assert not any(sign in text for sign in "\x00\x1b\u2028\u202e\ud800\r")
    assert "\n" not in plain.title(told)


def test_calm_text_stays_readable() -> None:
    text = "p95 > 1s, a < b, 4 % of GET /courses/:id fail; 50 (of 100) at 10:02 [page] #1 & more!"
    assert plain.calm(text) == text.replace("#1", "#\u200b1")
