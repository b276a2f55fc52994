"""What happened besides, as plain values: deployments, push deliveries, campaigns, maintenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from tabiji.language import _, listed

Kind = Literal["deployment", "push", "campaign", "maintenance", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_END_SECOND = 10**10  # the year 2286: later ones are milliseconds taken for seconds
_LONGEST = {"title": 200, "author": 100, "key": 200, "link": 2000, "journeys": 100}  # characters; names


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, which may explain what came after; it changes no number.

    It lasts for `[from_second, until_second)`, since the epoch; without an end it is a moment. Without
    `journeys` it concerns all of them. `key` is of whoever sets it: the same key is the same mark. `number` is
    the store's, None before it is kept.
    """

    kind: Kind
    title: str
    from_second: int
    until_second: int | None = None
    journeys: tuple[str, ...] = ()
    link: str | None = None
    author: str = "somebody"
    key: str | None = None
    number: int | None = None

    def concerns(self, journey: str) -> bool:
        """Whether it has to do with a journey."""
        return not self.journeys or journey in self.journeys

    def within(self, from_second: int, until_second: int) -> bool:
        """Whether it was during `[from_second, until_second)`."""
        end = self.from_second + 1 if self.until_second is None else self.until_second
        return self.from_second < until_second and end > from_second


def faults(mark: Mark, journeys: Iterable[str]) -> list[tuple[str, str]]:
    """What is wrong with a mark that somebody wants to set: the field, and what would be right.

    `journeys` are those that there are.
    """
    found = []
    if mark.kind not in KINDS:
        message = _("`{kind}` is no kind of mark; there are {known}", kind=mark.kind, known=listed(KINDS))
        found.append(("kind", message))
    texts = {"title": mark.title, "author": mark.author, "key": mark.key, "link": mark.link}
    for field, text in texts.items():
        if text is not None and (fault := _text_fault(field, text)):
            found.append((field, fault))
    if mark.link is not None and not mark.link.startswith(("https://", "http://")):
        found.append(("link", _("a link begins with `https://` or `http://`")))
    for field, second in (("at", mark.from_second), ("until", mark.until_second)):
        if second is not None and not 0 <= second < _END_SECOND:
            found.append((field, _("the time is before 1970 or after 2286")))
    if mark.until_second is not None and mark.until_second <= mark.from_second:
        found.append(("until", _("the end is not after the beginning; without an end it is a moment")))
    if len(mark.journeys) > _LONGEST["journeys"]:
        found.append(("journeys", _("that are too many; without any it concerns all")))
    known = sorted(journeys)
    unknown = [name for name in mark.journeys if name not in known]
    if unknown:
        name = unknown[0][:100]
        message = _("`{name}` is not a journey; there are none", name=name)
        if known:
            message = _("`{name}` is not a journey; there are {known}", name=name, known=listed(known))
        found.append(("journeys", message))
    return found


def _text_fault(field: str, text: str) -> str | None:
    longest = _LONGEST[field]
    if not text.strip():
        return _("the {field} is empty", field=field)
    if len(text) > longest:
        return _(
            "the {field} has {n} characters; {most} are the most", field=field, n=len(text), most=longest
        )
    # A wide space is Japanese for a space; half surrogates are no text, and no database takes them
    if not text.replace("\N{IDEOGRAPHIC SPACE}", "").isprintable():
        return _(
            "the {field} holds characters that can't be printed, such as a line break; leave them out",
            field=field,
        )
    return None
