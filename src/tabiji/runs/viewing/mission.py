"""The mission and all action items → each line with what serves it, which lines nobody serves, how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tabiji import actions, missions
from tabiji.actions import Item
from tabiji.missions import Known, Line, Section, Version


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a version, how high it stands (1 is the highest), and the action items that serve it."""

    line: Line
    place: int
    open: tuple[Item, ...]
    done: tuple[Item, ...]

    @property
    def is_served(self) -> bool:
        """Whether anything that serves it is under way or was done."""
        return bool(self.open or self.done)


@dataclass(frozen=True, slots=True)
class Gone:
    """A line that was removed, and the open items that serve it still."""

    known: Known
    open: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Mission:
    """A version of the mission as its page shows it; `version` is None where none is written down.

    `before` is the version before it. `gone` are removed lines that something still serves; `adrift` are open items
    that serve no line.
    """

    version: Version | None
    before: Version | None
    versions: tuple[Version, ...]
    rows: tuple[Row, ...]
    gone: tuple[Gone, ...]
    adrift: tuple[Item, ...]

    @property
    def is_last(self) -> bool:
        """Whether it is the one that holds now."""
        return self.version is None or self.version.nth == len(self.versions)

    @property
    def unserved(self) -> tuple[Line, ...]:
        """The lines that no action item serves."""
        return tuple(row.line for row in self.rows if not row.is_served)

    def of(self, section: Section) -> tuple[Row, ...]:
        """The lines of a section."""
        return tuple(row for row in self.rows if row.line.section == section)


def mission(some: Sequence[Version], every: Iterable[Item], nth: int | None = None) -> Mission:
    """A version and what serves it; the last one where none is named."""
    version = None if not some else some[(nth or len(some)) - 1]
    items = actions.sorted_by_due(every)
    serving: dict[str, list[Item]] = {}
    for one in items:
        serving.setdefault(one.wanted.line or "", []).append(one)

    def those(name: str, ended: str | None) -> tuple[Item, ...]:
        return tuple(one for one in serving.get(name, ()) if one.ended == ended)

    known = missions.known(some)
    return Mission(
        version,
        some[version.nth - 2] if version is not None and version.nth > 1 else None,
        tuple(some),
        tuple(
            Row(line, place, those(line.id, None), those(line.id, "done"))
            for place, line in enumerate(version.lines if version else (), 1)
        ),
        tuple(
            Gone(one, those(name, None))
            for name, one in known.items()
            if one.place is None and those(name, None)
        ),
        those("", None),
    )
