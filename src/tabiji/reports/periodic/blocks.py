"""What reports are made of, in order: headings, paragraphs, lists, tables, pictures; as plain text, for any form."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.reports.words import Table


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a section (2) or a part of one (3)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences. `lead`: what is to be read first; `note`: what may be left out."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table, and what its columns mean."""

    table: Table
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quotes:
    """The words of users."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The chart of a promise, by its id; `text` says what is to be seen."""

    promise: str
    text: str


Block = Heading | Paragraph | Bullets | Tabled | Quotes | Picture


@dataclass(frozen=True, slots=True)
class Pages:
    """A report in words: its title, what it is about, and the rest."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
