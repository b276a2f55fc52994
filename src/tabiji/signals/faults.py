"""A signal that somebody wants to keep → what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection

from tabiji.language import _, listed
from tabiji.signals.facts import KINDS, Signal

AMOUNT_MAX = 10**15
AHEAD_SECONDS = 86_400  # clocks differ, and zones are mixed up; a day more is a mistake
_LONGEST = {"text": 2000, "key": 200, "author": 100}  # characters
_LEAST = {"enquiry": 1, "voice": 1, "churn": 0, "revenue": -AMOUNT_MAX}  # money is paid back


def faults(signal: Signal, journeys: Collection[str], now: int) -> list[tuple[str, str]]:
    """What is wrong with a signal: the field, and what would be right.

    `journeys` are those that there are; `now` is in seconds since the epoch.
    """
    found = []
    if signal.kind not in KINDS:
        message = _("`{kind}` is no kind of signal; there are {known}", kind=signal.kind, known=listed(KINDS))
        found.append(("kind", message))
    elif not _LEAST[signal.kind] <= signal.amount <= AMOUNT_MAX:
        message = _("the amount is from {least} to {most}", least=_LEAST[signal.kind], most=AMOUNT_MAX)
        found.append(("amount", message))
    if signal.at < 0:
        found.append(("at", _("the time is before 1970")))
    elif signal.at > now + AHEAD_SECONDS:
        found.append(("at", _("the time is still to come; is its zone right?")))
    if signal.kind == "voice" and not signal.text.strip():
        found.append(("text", _("a voice without words says nothing")))
    if not signal.key.strip():
        found.append(("key", _("the {field} is empty", field="key")))
    for field, text in (("text", signal.text), ("key", signal.key), ("author", signal.author)):
        if fault := _text_fault(field, text):
            found.append((field, fault))
    if signal.journey is not None and signal.journey not in journeys:
        name = signal.journey[:100]
        message = _("`{name}` is not a journey; there are none", name=name)
        if journeys:
            known = listed(sorted(journeys))
            message = _("`{name}` is not a journey; there are {known}", name=name, known=known)
        found.append(("journey", message))
    return found


def _text_fault(field: str, text: str) -> str | None:
    most = _LONGEST[field]
    if len(text) > most:
        return _("the {field} has {n} characters; {most} are the most", field=field, n=len(text), most=most)
    plain = text.replace("\N{IDEOGRAPHIC SPACE}", "")
    if field == "text":
        plain = plain.replace("\n", "").replace("\t", "")
    if not plain.isprintable():
        return _("the {field} holds characters that can't be printed; leave them out", field=field)
    return None
