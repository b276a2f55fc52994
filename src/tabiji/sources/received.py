"""Pushed lines → files of their own, one zstd frame for each time, from where they can be read again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import zstandard

from tabiji.sources import content
from tabiji.sources.content import PRINT_BYTES
from tabiji.sources.pieces import Piece
from tabiji.store.facts import LogFile

ENDING = ".zst"
LEVEL = 3


class ReceivedFile:
    """An open file that pushed lines are appended to, by this process alone.

    It is given up after any error: what was appended and not counted stays in it, and nobody was told that it counts.
    """

    def __init__(self, path: Path, descriptor: int, file: LogFile) -> None:
        self.path = path
        self._descriptor = descriptor
        self._file = file
        self._first = self._last = b""
        self._size = 0
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)

    @classmethod
    def made(cls, folder: Path, source: str, generation: dict[tuple[int, int], int], now: int) -> Self:
        """A new, empty file of a source. `generation` is the last one of each place: device and inode.

        Raises OSError where the disk has no room for it.
        """
        own = folder / source
        own.mkdir(parents=True, exist_ok=True)
        began = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = own / f"{began}-{secrets.token_hex(4)}{ENDING}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            for parent in (own, folder):
                _sync(parent)
            status = os.fstat(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        place = status.st_dev, status.st_ino
        file = LogFile(
            source=source,
            path=str(path),
            device=place[0],
            inode=place[1],
            generation=generation.get(place, -1) + 1,
            compression="zstd",
            first_seen=now,
            last_seen=now,
        )
        return cls(path, descriptor, file)

    @property
    def offset(self) -> int:
        """How many bytes of lines it holds."""
        return self._file.offset

    @property
    def begun_at(self) -> int:
        """In seconds since the epoch."""
        return self._file.first_seen

    def append(self, lines: bytes) -> Piece:
        """Writes whole lines; they are on the disk when this returns. Raises OSError: then give the file up."""
        frame = self._compressor.compress(lines)
        left = memoryview(frame)
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.fsync(self._descriptor)
        before = self._file
        self._size += len(frame)
        self._first += lines[: PRINT_BYTES - len(self._first)]
        self._last = (self._last + lines[-PRINT_BYTES:])[-PRINT_BYTES:]
        self._file = replace(
            before,
            head_length=len(self._first),
            head_hash=content.fingerprint(self._first),
            tail_hash=content.fingerprint(self._last),
            offset=before.offset + len(lines),
        )
        return Piece(
            file=self._file,
            path=str(self.path),
            offset_before=before.offset,
            start=before.offset,
            end=self._file.offset,
            content=lines,
            rejected=None,
            progress=len(lines),
        )

    def entered(self, number: int | None) -> None:
        """Takes note of the number that the store knows the file by."""
        self._file = replace(self._file, number=number)

    def close(self) -> None:
        """Appends no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def older_received(folder: Path, before: int) -> Iterator[Path]:
    """The files of pushed lines that were last appended to before a time, in seconds since the epoch."""
    for path in sorted(folder.glob(f"*/*{ENDING}")):
        try:
            written = path.stat().st_mtime
        except OSError:
            continue  # another process was quicker
        if written < before:
            yield path


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
