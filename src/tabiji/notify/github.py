"""A message → an issue at GitHub, and comments on it."""

from __future__ import annotations

import re

from tabiji.notify import failures, http, plain
from tabiji.notify.sending import NotSent, Sending, Sent

API = "https://api.github.com"
BODY_MAX = 60_000
_MARKUP = re.compile(r"([\\`*_\[\]<>|~])")


def send(sending: Sending) -> Sent:
    """Opens an issue, or comments on the one that the topic has. Nothing is closed. Raises NotSent."""
    repository = f"{(sending.option('url') or API).rstrip('/')}/repos/{sending.receiver.address}"
    text = _text(sending)
    if sending.reference is not None:
        answer = _post(sending, f"{repository}/issues/{sending.reference}/comments", {"body": text})
        if answer.status not in (404, 410):  # it was deleted: the next one is opened
            _check(sending, answer)
            return Sent(sending.reference)
    issue = {"title": plain.title(sending.message), "body": text}
    answer = _post(sending, f"{repository}/issues", issue)
    _check(sending, answer)
    number = answer.document.get("number") if isinstance(answer.document, dict) else None
    if not isinstance(number, int):
        raise NotSent(failures.NO_ISSUE)
    return Sent(str(number))


def _text(sending: Sending) -> str:
    message = sending.message
    heading = [f"**{_escaped(plain.title(message))}**"] if sending.reference is not None else []
    lines = [_escaped(plain.calm(line)) for line in message.lines]
    return "\n\n".join([*heading, *lines, plain.links(message)])[:BODY_MAX].strip()


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _post(sending: Sending, url: str, document: object) -> http.Answer:
    headers = {
        "accept": "application/vnd.github+json",
        "authorization": f"Bearer {sending.option('token')}",
        "x-github-api-version": "2022-11-28",
    }
    return http.post_json(url, document, headers, sending.allowed)


def _check(sending: Sending, answer: http.Answer) -> None:
    if answer.status in (200, 201):
        return
    refused = http.refused(answer, sending.now, [sending.option("token") or ""])
    reset = answer.headers.get("x-ratelimit-reset", "")
    if (
        answer.status in (403, 429)
        and answer.headers.get("x-ratelimit-remaining") == "0"
        and reset.isdecimal()
    ):
        raise NotSent(refused.reason, max(0, int(reset) - sending.now))
    raise refused
