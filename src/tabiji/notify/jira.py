"""A message → an issue in Jira, and comments on it."""

from __future__ import annotations

import base64
import re

from tabiji.notify import failures, http, plain
from tabiji.notify.sending import NotSent, Sending, Sent

TYPE = "Task"
BODY_MAX = 30_000  # Jira takes 32,767 characters
_MARKUP = re.compile(r"([\\{}\[\]!|*_^~+])")  # of its wiki


def send(sending: Sending) -> Sent:
    """Opens an issue, or comments on the one that the topic has. Nothing is closed. Raises NotSent."""
    api = f"{sending.receiver.address.rstrip('/')}/rest/api/2/issue"
    text = _text(sending)
    if sending.reference is not None:
        answer = _post(sending, f"{api}/{sending.reference}/comment", {"body": text})
        if answer.status not in (404, 410):  # it was deleted: the next one is opened
            _check(sending, answer)
            return Sent(sending.reference)
    fields = {
        "project": {"key": sending.option("project")},
        "issuetype": {"name": sending.option("type") or TYPE},
        "summary": plain.title(sending.message),
        "description": text,
    }
    answer = _post(sending, api, {"fields": fields})
    _check(sending, answer)
    key = answer.document.get("key") if isinstance(answer.document, dict) else None
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_]+-[0-9]+", key):
        raise NotSent(failures.NO_KEY_OF_JIRA)
    return Sent(key)


def _text(sending: Sending) -> str:
    message = sending.message
    heading = [f"*{_escaped(plain.title(message))}*"] if sending.reference is not None else []
    lines = [_escaped(plain.calm(line)) for line in message.lines]
    return "\n\n".join([*heading, *lines, plain.links(message)])[:BODY_MAX].strip()


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _post(sending: Sending, url: str, document: object) -> http.Answer:
    user = f"{sending.option('user')}:{sending.option('token')}".encode()
    headers = {"accept": "application/json", "authorization": f"Basic {base64.b64encode(user).decode()}"}
    return http.post_json(url, document, headers, sending.allowed)


def _check(sending: Sending, answer: http.Answer) -> None:
    if answer.status not in (200, 201):
        raise http.refused(answer, sending.now, [sending.option("token") or ""])
