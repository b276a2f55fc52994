"""A message → an alert of Alertmanager (API v2), fired as long as it goes on.

Alertmanager forgets what is not said again, so what goes on is sent again and again, with an end a few minutes ahead.
To it an alert is its labels: where they change, as when a ticket becomes a page, the old alert is ended by the same
request, for which the labels are the reference.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tabiji.notices import Message
from tabiji.notify import http
from tabiji.notify.sending import Sending, Sent

REPEAT_SECONDS = 60  # after which what goes on is said again
LASTS_SECONDS = 5 * 60  # until Alertmanager takes what is not said again for over
TEST_SECONDS = 60
AHEAD_SECONDS = 60  # that this clock may be ahead of Alertmanager's: an end in its future is none to it
_LABELS = ("journey", "team", "source", "policy", "objective")


def send(sending: Sending) -> Sent:
    """Fires the alert of the topic, or ends it. Raises NotSent."""
    message, now = sending.message, sending.now
    labels = _labels(message)
    ends = now + (TEST_SECONDS if message.stage == "test" else LASTS_SECONDS)
    if message.stage == "over":
        ends = min(message.ended_at or now, now - AHEAD_SECONDS)
    began = min(message.began_at, ends - 1)
    alerts = [_alert(labels, message, began, ends)]
    before = json.loads(sending.reference) if sending.reference is not None else labels
    if before != labels:
        ended = now - AHEAD_SECONDS
        alerts.append(_alert(before, message, min(began, ended - 1), ended))
    url = f"{sending.receiver.address.rstrip('/')}/api/v2/alerts"
    answer = http.post_json(url, alerts, {}, sending.allowed)
    if answer.status != 200:
        raise http.refused(answer, now, [sending.receiver.address])
    return Sent(json.dumps(labels, sort_keys=True))


def _labels(message: Message) -> dict[str, str]:
    """What names the alert: the same for all messages of a topic, as long as its urgency is."""
    labels = {
        "alertname": "TabijiTest" if message.stage == "test" else "Tabiji",
        "topic": message.topic,
        "severity": message.urgency,
    }
    for name in _LABELS:
        value = message.facts.get(name)
        if isinstance(value, str) and value:
            labels[name] = _text(value)
    return labels


def _alert(labels: dict[str, str], message: Message, began: int, ends: int) -> dict[str, object]:
    alert: dict[str, object] = {
        "labels": labels,
        "annotations": {"summary": _text(message.title), "description": _text("\n".join(message.lines))},
        "startsAt": _time(began),
        "endsAt": _time(ends),
    }
    if message.link is not None:
        alert["generatorURL"] = message.link
    return alert


def _text(text: str) -> str:
    """Alertmanager takes any text that is UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
