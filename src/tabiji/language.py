"""The language in which something is said: an English message → the same for who reads it now.

A message is a whole sentence in English with named places, `_("{n} lines were read.", n=7)`; English is its own
translation. Which language is spoken is a matter of the moment: `speaking` for a request, `speak` for a process.
What is said in tables that are made once, is marked by `N_` there, and said by `_` later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A language, and what English messages are in it: (context or None, message) → text."""

    language: Language
    texts: Mapping[tuple[str | None, str], str]


ENGLISH = Catalogue("en", {})

_of_process = ENGLISH
_of_request: ContextVar[Catalogue | None] = ContextVar("catalogue", default=None)


def speak(catalogue: Catalogue) -> None:
    """From now on the whole process speaks this language, but for what `speaking` surrounds."""
    global _of_process
    _of_process = catalogue


@contextmanager
def speaking(catalogue: Catalogue) -> Iterator[None]:
    """What is said within is said in this language: by this thread or task, and those that it asks."""
    token = _of_request.set(catalogue)
    try:
        yield
    finally:
        _of_request.reset(token)


def current() -> Language:
    """The language that is spoken now."""
    return _spoken().language


def _(message: str, /, **places: object) -> str:
    """The message in the language that is spoken now, its places filled."""
    return _said(None, message, places)


def ngettext(one: str, many: str, n: int, /, **places: object) -> str:
    """The message for one, or for another number of things; the number itself is a place like any other."""
    texts = _spoken().texts
    said = texts.get((None, one))
    if said is None:
        said = one if n == 1 else many
    return said.format(**places) if places else said


def pgettext(context: str, message: str, /, **places: object) -> str:
    """The message, where its words alone could mean several things; the context says which."""
    return _said(context, message, places)


def listed(names: Iterable[object]) -> str:
    """Names one after the other, as the language that is spoken now separates them."""
    return pgettext("between the names of a list", ", ").join(str(name) for name in names)


def either(names: Iterable[object]) -> str:
    """Names of which one is meant."""
    return pgettext("between the names of a choice", " or ").join(str(name) for name in names)


def headings(*names: str) -> tuple[str, ...]:
    """Those of a table's columns; what a column is called may mean something else in a sentence."""
    return tuple(pgettext("heading", name) for name in names)


def N_(message: str) -> str:  # noqa: N802 - as gettext's tools know it
    """Marks a message that is said later."""
    return message


def _spoken() -> Catalogue:
    return _of_request.get() or _of_process


def _said(context: str | None, message: str, places: Mapping[str, object]) -> str:
    said = _spoken().texts.get((context, message), message)
    return said.format(**places) if places else said
