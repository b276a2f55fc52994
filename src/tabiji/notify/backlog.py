"""A message → an issue in Backlog, and comments on it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from tabiji.notify import failures, http, plain
from tabiji.notify.sending import NotSent, Sending, Sent

HIGH, NORMAL = 2, 3  # its priorities; their numbers are the same everywhere
BODY_MAX = 60_000


def send(sending: Sending) -> Sent:
    """Opens an issue, or comments on the one that the topic has. Nothing is closed. Raises NotSent."""
    text = _text(sending)
    if sending.reference is not None:
        answer = _ask(sending, "POST", f"issues/{sending.reference}/comments", {"content": text})
        if answer.status != 404:  # it was deleted: the next one is opened
            _check(sending, answer)
            return Sent(sending.reference)
    project = quote(sending.option("project") or "", safe="")
    issue = {
        "projectId": _number(_got(sending, f"projects/{project}")),
        "issueTypeId": _type(sending, _got(sending, f"projects/{project}/issueTypes")),
        "priorityId": HIGH if sending.message.urgency == "page" else NORMAL,
        "summary": plain.title(sending.message),
        "description": text,
    }
    answer = _ask(sending, "POST", "issues", issue)
    _check(sending, answer)
    key = answer.document.get("issueKey") if isinstance(answer.document, dict) else None
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_]+-[0-9]+", key):
        raise NotSent(failures.NO_KEY_OF_BACKLOG)
    return Sent(key)


def _text(sending: Sending) -> str:
    heading = [plain.title(sending.message)] if sending.reference is not None else []
    lines = [plain.calm(line) for line in sending.message.lines]
    return "\n\n".join([*heading, *lines, plain.links(sending.message)])[:BODY_MAX].strip()


def _type(sending: Sending, types: Any) -> int:
    """The number of the wanted type of issue; of the project's first where none is wanted."""
    wanted = sending.option("type")
    there_are = [one for one in types if isinstance(one, dict)] if isinstance(types, list) else []
    for one in there_are:
        if wanted is None or one.get("name") == wanted:
            return _number(one)
    names = ", ".join(str(one.get("name")) for one in there_are)
    reason = failures.NO_TYPE if names else failures.NO_TYPES
    raise NotSent(reason.format(name=wanted, names=names))


def _number(document: Any) -> int:
    number = document.get("id") if isinstance(document, dict) else None
    if not isinstance(number, int):
        raise NotSent(failures.NO_NUMBER)
    return number


def _got(sending: Sending, path: str) -> Any:
    answer = _ask(sending, "GET", path, None)
    _check(sending, answer)
    return answer.document


def _ask(sending: Sending, method: str, path: str, form: dict[str, Any] | None) -> http.Answer:
    query = urlencode({"apiKey": sending.option("key") or ""})
    url = f"{sending.receiver.address.rstrip('/')}/api/v2/{path}?{query}"
    body = None if form is None else urlencode(form).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
    return http.request(method, url, headers, body, sending.allowed)


def _check(sending: Sending, answer: http.Answer) -> None:
    if answer.status not in (200, 201):
        raise http.refused(answer, sending.now, [sending.option("key") or ""])
