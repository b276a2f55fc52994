"""A journey → the file that defines it, and how that changed: when, and which lines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tabiji.definitions import JOURNEYS, Site
from tabiji.definitions.documents import read
from tabiji.store import Store

CHANGES_MAX = 10
VERSIONS_MAX = 50  # of all definitions, that are looked through
CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a change; `gap` stands for lines between that did not change."""

    kind: Literal["added", "removed", "same", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The file's text became another, in seconds since the epoch. `first`: nothing is known of before."""

    since: int
    first: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A file, and its last changes, the newest first; `more`: there may be older ones."""

    path: str
    text: str
    changes: tuple[Changed, ...]
    more: bool


def definition(site: Site, store: Store, journey: str) -> Definition:
    """The file in which a journey of the site is defined, and its history as far as it was judged by."""
    path, text = file_of(site.files, journey) or ("", "")
    in_force = store.defined.in_force()
    looked = in_force[-VERSIONS_MAX:]
    changes: list[Changed] = []
    later: tuple[int, str] | None = None  # since when, and the text
    for one in reversed(looked):
        then = _text(store.defined.texts(one.definition), path, journey)
        if then is None:
            break
        if later is not None and then != later[1]:
            changes.append(Changed(later[0], False, difference(then, later[1])))
            if len(changes) == CHANGES_MAX:
                return Definition(path, text, tuple(changes), True)
        later = one.since, then
    more = len(looked) < len(in_force)
    if later is not None and not more:
        changes.append(Changed(later[0], True, ()))
    return Definition(path, text, tuple(changes), more)


def file_of(files: Iterable[tuple[str, str]], journey: str) -> tuple[str, str] | None:
    """The path and the text of the file that defines a journey."""
    named = re.compile(rf"^journey:\s*['\"]?{re.escape(journey)}['\"]?\s*(#.*)?$", re.MULTILINE)
    some = [(path, text) for path, text in files if path.startswith(f"{JOURNEYS}/") and journey in text]
    for path, text in some:
        if named.search(text):
            return path, text
    for path, text in some:  # YAML that is written in another way
        tree = read(path, text.encode()).tree
        if isinstance(tree, dict) and tree.get("journey") == journey:
            return path, text
    return None


def _text(files: Mapping[str, str], path: str, journey: str) -> str | None:
    found = files.get(path)
    if found is None or journey not in found:
        other = file_of(files.items(), journey)
        return None if other is None else other[1]
    return found


def difference(before: str, after: str) -> tuple[Line, ...]:
    """What changed between two texts, with a line or two around it."""
    lines: list[Line] = []
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for place, group in enumerate(matcher.get_grouped_opcodes(CONTEXT_LINES)):
        if place:
            lines.append(Line("gap", ""))
        for tag, first, end, other, other_end in group:
            if tag == "equal":
                lines += (Line("same", text) for text in old[first:end])
                continue
            lines += (Line("removed", text) for text in old[first:end])
            lines += (Line("added", text) for text in new[other:other_end])
    return tuple(lines)
