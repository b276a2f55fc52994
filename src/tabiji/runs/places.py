"""A line and a customer's id → where in the line it stands; and the same place in another line → whose that one is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

ID_LEAST, ID_MOST = 3, 200  # characters: a shorter one is part of every other line
_PART = re.compile(rb"[\w-]|[\x80-\xff]", re.ASCII)  # of a longer token
_KEY = re.compile(r"([A-Za-z_][\w.-]{0,60})=[\"']?$")
_NAMES_WHOM = re.compile(
    r"user|account|acct|customer|tenant|member|client|company|org|owner|subscriber|uid|login|e-?mail|session",
    re.IGNORECASE,
)
_IS_ID = re.compile(
    r"(?:user|account|acct|customer|tenant|member|client|subscriber)[\w.-]*?(?:id|uid|uuid|key|no|number|e-?mail|name)"
    r"|(?:[\w.-]+[._-])?(?:uid|e-?mail|login|user|account|customer|member|subscriber|remote_user)",
    re.IGNORECASE,
)
_KEYED = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]{0,60})=[\"']?([^\s\"'&;,]+)")
_NOBODY = frozenset({"", "-", "0", "null", "none", "nil", "anonymous", "guest"})
_NESTED_MAX = 6


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value stands in lines: under a key of JSON, behind `name=`, as a word or a quoted text of this number, or
    anywhere."""

    kind: Literal["json", "key", "word", "quoted", "text"]
    name: str

    @property
    def says_whom(self) -> bool:
        """Whether by its name it is that of a customer."""
        return self.kind in ("json", "key") and _NAMES_WHOM.search(self.name) is not None


def is_id(text: str) -> bool:
    """Whether a text can be looked for."""
    return ID_LEAST <= len(text) <= ID_MOST and text.isprintable() and text.strip() == text


def spellings(sought: str) -> tuple[bytes, ...]:
    """How an id may be written in a line: as it is, as JSON has it, as an address has it."""
    escaped = json.dumps(sought)[1:-1]
    return tuple(dict.fromkeys(one.encode("utf-8") for one in (sought, escaped, quote(sought, safe=""))))


def lines_with(content: bytes, spelt: tuple[bytes, ...]) -> Iterator[tuple[int, bytes]]:
    """The lines that hold an id as a whole token: where each begins, and its bytes without the newline."""
    found: dict[int, bytes] = {}
    for one in spelt:
        at = content.find(one)
        while at >= 0:
            if _is_whole(content, at, at + len(one)):
                start = content.rfind(b"\n", 0, at) + 1
                end = content.find(b"\n", at)
                end = len(content) if end < 0 else end
                found[start] = content[start:end]
                at = content.find(one, end)
            else:
                at = content.find(one, at + 1)
    yield from sorted(found.items())


def _is_whole(content: bytes, start: int, end: int) -> bool:
    before, after = content[max(start - 1, 0) : start], content[end : end + 1]
    return not (_PART.match(before) or _PART.match(after))


def places_of(line: bytes, sought: str, spelt: tuple[bytes, ...]) -> tuple[Place, ...]:
    """Where an id stands in a line that holds it."""
    document = _document(line)
    if document is not None:
        found = [Place("json", name) for name, value in _values(document) if value == sought]
        return tuple(dict.fromkeys(found)) or (Place("text", ""),)
    found = []
    for one in spelt:
        at = line.find(one)
        while at >= 0:
            if _is_whole(line, at, at + len(one)):
                found.append(_place(line, at, len(one)))
            at = line.find(one, at + 1)
    return tuple(dict.fromkeys(found)) or (Place("text", ""),)


def _place(line: bytes, start: int, length: int) -> Place:
    before, after = line[:start].decode("utf-8", "replace"), line[start + length : start + length + 1]
    key = _KEY.search(before)
    if key:
        return Place("key", key[1])
    quotes = before.count('"')
    if quotes % 2:
        alone = before.endswith('"') and after == b'"'
        return Place("quoted", str((quotes + 1) // 2)) if alone else Place("text", "")
    alone = not before[-1:].strip() and not after.strip()
    # Behind a quoted text, how many words there were before says nothing
    return Place("word", str(len(before.split()) + 1)) if alone and not quotes else Place("text", "")


def value_at(line: bytes, place: Place) -> str | None:
    """What stands at a place of a line: another customer's id; None where nothing does."""
    if place.kind == "json":
        document = _document(line)
        if document is None:
            return None
        return next((value for name, value in _values(document) if name == place.name and value), None)
    text = line.decode("utf-8", "replace")
    if place.kind == "key":
        match = re.search(rf"(?<![\w.-]){re.escape(place.name)}=[\"']?([^\s\"'&;,]+)", text)
        return match[1] if match else None
    if place.kind == "quoted":
        quoted = text.split('"')[1::2]
        number = int(place.name) - 1
        return quoted[number] if number < len(quoted) and quoted[number] not in ("", "-") else None
    if place.kind == "word":
        words = text.split()
        number = int(place.name) - 1
        return words[number] if number < len(words) and words[number] != "-" else None
    return None


def whose(line: bytes) -> Iterator[tuple[Place, str]]:
    """Where a line says, by the name of the place, which customer it is of; and which. Once for each place."""
    document = _document(line)
    if document is not None:
        pairs = [("json", name, value) for name, value in _values(document)]
    else:
        pairs = [("key", name, value) for name, value in _KEYED.findall(line.decode("utf-8", "replace"))]
    known = set()
    for kind, name, value in pairs:
        place = Place("json" if kind == "json" else "key", name)
        if place not in known and _IS_ID.fullmatch(name) and value.lower() not in _NOBODY:
            known.add(place)
            yield place, value


def _document(line: bytes) -> dict[str, object] | None:
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _values(document: dict[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """The texts and whole numbers of an object, by their dotted keys."""
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, str(value)
        elif isinstance(value, dict) and depth < _NESTED_MAX:
            yield from _values(value, f"{name}.", depth + 1)
