"""Ranges of files that were counted → their bytes, wherever the files are by now: rotated, compressed, or gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabiji import logs, sources
from tabiji.definitions import Source
from tabiji.language import _
from tabiji.runs import committing
from tabiji.sources import CompressionError
from tabiji.store import LedgerEntry, LogFile, Store


@dataclass(frozen=True, slots=True)
class Gone:
    """Lines that can't be read any more: the file, how many were counted of it in the period, and why."""

    path: str
    lines: int
    reason: str


def reading(source: Source, path: Path) -> logs.Reading | None:
    """How the lines of a file are read; None where it is not recognised any more."""
    if source.format is not None:
        return committing.defined(source)
    recognised = logs.recognised(sources.first_lines(path))
    return None if recognised is None else committing.as_recognised(source, recognised)


class Unpacked:
    """The content of compressed files, read on from where it was read before: ranges mostly come in order."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._blocks: Iterator[tuple[bytes, int]] = iter(())
        self._held = bytearray()
        self._at = 0  # where `held` begins

    def between(self, path: Path, kind: str, start: int, end: int) -> bytes:
        """Bytes [start, end) of the content; fewer where it ends before."""
        if path != self._path or start < self._at:
            self._path, self._at = path, 0
            self._blocks = sources.blocks(path, kind)
            self._held.clear()
        try:
            while True:
                passed = min(start - self._at, len(self._held))
                del self._held[:passed]
                self._at += passed
                if self._at + len(self._held) >= end:
                    break
                self._held += next(self._blocks)[0]
        except (StopIteration, CompressionError):
            self._path = None
        return bytes(self._held[: max(0, end - start)]) if self._at == start else b""


class Files:
    """Where the files of a source are now: rotated, compressed, or gone."""

    def __init__(self, source: Source, store: Store) -> None:
        self._source = source
        self._known = store.files(source.name)
        self._places: dict[int, Path] | None = None

    def holding(self, entry: LedgerEntry) -> Path | Gone:
        """The path at which the bytes of an entry stand now."""
        path = Path(entry.file.path)
        if self._is(path, entry.file):
            return path
        if self._places is None:
            self._places = dict(self._look())
        found = self._places.get(entry.file.number or 0)
        if found is not None:
            return found
        reason = _("its content is another by now") if path.exists() else _("the file is gone")
        return Gone(entry.file.path, entry.account.counted, reason)

    def _is(self, path: Path, file: LogFile) -> bool:
        try:
            seen = sources.identified(self._source.name, path, [file], file.last_seen)
        except OSError:
            return False
        return seen is not None and seen.file.number == file.number

    def _look(self) -> Iterator[tuple[int, Path]]:
        folders = {str(Path(file.path).parent / "*") for file in self._known}
        for path in sources.matching([*self._source.paths, *sorted(folders)]):
            try:
                seen = sources.identified(self._source.name, path, self._known, 0)
            except OSError:
                continue
            if seen is not None and seen.file.number is not None:
                yield seen.file.number, path
