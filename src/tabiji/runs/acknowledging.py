"""What a signed link names → how it stands, in words, and who took note of it; somebody takes note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tabiji import notices
from tabiji.definitions import Site
from tabiji.incidents import Incident
from tabiji.reports.messages import Worded
from tabiji.runs import telling
from tabiji.runs.intervening import Word
from tabiji.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How what a link names stands: its incidents, the words for it, and who took note when (in seconds), if anybody.

    `waiting` are the open incidents of which nobody took note.
    """

    numbers: tuple[int, ...]
    words: Worded
    is_open: bool
    waiting: tuple[int, ...]
    author: str | None
    at: int | None


def standing(site: Site, store: Store, name: str, language: Literal["en", "ja"]) -> Standing | None:
    """How it stands; None where there is no such thing. The name is that of `notices.acknowledgeable`."""
    found = _incidents(store, name)
    if not found:
        return None
    going = [one.number or 0 for one in found if one.closed_minute is None]
    notes = store.notices.acknowledged([one.number or 0 for one in found])
    waiting = tuple(number for number in going if number not in notes)
    last = max(notes.values(), key=lambda note: note.at, default=None)
    return Standing(
        numbers=tuple(one.number or 0 for one in found),
        words=telling.about(site, store, found, notices.topic_of(name), language),
        is_open=bool(going),
        waiting=waiting,
        author=None if last is None else last.author,
        at=None if last is None else last.at,
    )


def acknowledge(store: Store, name: str, word: Word) -> bool:
    """Takes note of all open incidents that a link names, of which nobody had; False where there were none."""
    open_ = [one.number or 0 for one in _incidents(store, name) if one.closed_minute is None]
    notes = store.notices.acknowledged(open_)
    done = [word.of(number, "acknowledged", None) for number in open_ if number not in notes]
    if done:
        store.record_incidents([], done)
    return bool(done)


def _incidents(store: Store, name: str) -> list[Incident]:
    """The incidents that are meant: those that they are part of now, where they were merged."""
    topic = notices.topic_of(name)
    topics = {topic}
    if not topic.startswith("incident:"):
        topics = {member for knows in store.notices.knowing(topic).values() for member in knows.members}
    numbers = {int(one.partition(":")[2]) for one in topics if one.startswith("incident:")}
    every = {one.number: one for one in store.incidents()} if numbers else {}
    found: dict[int, Incident] = {}
    for number in sorted(numbers):
        one = every.get(number)
        while one is not None and one.merged_into is not None:
            one = every.get(one.merged_into)
        if one is not None and one.number is not None:
            found[one.number] = one
    return list(found.values())
