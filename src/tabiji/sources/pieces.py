"""A file that stands somewhere → the pieces of it that have not been counted yet, in whole lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tabiji.sources import content
from tabiji.sources.content import PRINT_BYTES, CompressionError
from tabiji.sources.files import Seen
from tabiji.store.facts import LogFile

PIECE_BYTES = 64 << 20  # a worker holds one at a time
UNPACKED_BYTES = (
    16 << 20
)  # of compressed content, which this process holds as well, and on its way to the worker
IDLE_SECONDS = 60  # a last line without newline is complete when the file has been left alone for so long


class Moved(OSError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """Another file stands at the path by now: find out again which one each is."""

    def __init__(self, path: str) -> None:
        super().__init__(0, "another file took its place while it was read", path)


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, to be counted and committed together.

    `file` is the file as it will be once they are; it stands at `path`. [start, end) are uncompressed bytes;
    `content` is None where they can be read from the file itself. `rejected` is the reason why the piece is one
    line that is not even counted. `progress` is how many bytes of the file on disk the piece took.
    """

    file: LogFile
    path: str
    offset_before: int
    start: int
    end: int
    content: bytes | None
    rejected: str | None
    progress: int

    @property
    def tail_length(self) -> int:
        """How many bytes before its end `file.tail_hash` is the print of."""
        return min(PRINT_BYTES, self.file.offset)


def nothing(seen: Seen, offset_before: int) -> Piece:
    """No line, but a new place or a new name of a file."""
    offset = seen.file.offset
    return Piece(seen.file, seen.path, offset_before, offset, offset, b"", None, 0)


def pieces(seen: Seen, now: int) -> Iterator[Piece]:
    """What is new in a file, in whole lines. A half last line waits until the file has been idle for a while.

    Raises Moved where another file has taken its place meanwhile, OSError where it can't be read, and
    CompressionError after the last piece that could be had.
    """
    if not seen.finished:
        yield from _plain(seen, now) if seen.file.compression is None else _compressed(seen, now)


def _is(descriptor: int, file: LogFile) -> bool:
    """Whether an open file is a plain one that has been counted up to its offset."""
    status = os.fstat(descriptor)
    return (status.st_dev, status.st_ino) == (file.device, file.inode) and (
        not file.offset or _tail(descriptor, file.offset) == file.tail_hash
    )


def _plain(seen: Seen, now: int) -> Iterator[Piece]:
    file = seen.file
    with Path(seen.path).open("rb", buffering=0) as raw:
        descriptor = raw.fileno()
        if not _is(descriptor, file):
            raise Moved(seen.path)
        size, before = seen.size, file.offset
        at = before
        if file.torn and at < size:
            end = _newline(descriptor, at, size)
            if end is None:
                return
            if end > at:  # more of a line that was taken for whole
                yield _piece(seen, descriptor, file, at, at, end + 1, "torn")
                before = end + 1
            at = end + 1
        while at < size:
            torn = False
            end, reason = _last_newline(descriptor, at, min(at + PIECE_BYTES, size)), None
            if end is None:  # one line longer than a piece, or a half one
                end, reason = _newline(descriptor, at, size), "too_long"
            if end is None:
                status = os.fstat(descriptor)
                if status.st_size != size or now - status.st_mtime < IDLE_SECONDS:
                    return
                end, torn = size - 1, True
                reason = "too_long" if size - at > PIECE_BYTES else None
            piece = _piece(seen, descriptor, file, before, at, end + 1, reason)
            yield replace(piece, file=replace(piece.file, torn=torn))
            before = at = end + 1


def _piece(
    seen: Seen, descriptor: int, file: LogFile, before: int, start: int, end: int, rejected: str | None
) -> Piece:
    length = min(PRINT_BYTES, end)
    after = replace(
        file,
        head_length=length,
        head_hash=content.fingerprint(os.pread(descriptor, length, 0)),
        tail_hash=_tail(descriptor, end),
        offset=end,
        torn=False,
    )
    return Piece(after, seen.path, before, start, end, None, rejected, end - before)


def _tail(descriptor: int, offset: int) -> str:
    length = min(PRINT_BYTES, offset)
    return content.fingerprint(os.pread(descriptor, length, offset - length))


def _last_newline(descriptor: int, start: int, end: int) -> int | None:
    while end > start:
        begin = max(start, end - content.BLOCK)
        found = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found
        end = begin
    return None


def _newline(descriptor: int, start: int, end: int) -> int | None:
    while start < end:
        block = os.pread(descriptor, min(content.BLOCK, end - start), start)
        found = block.find(b"\n")
        if found >= 0:
            return start + found
        if not block:
            return None
        start += len(block)
    return None


class _Unpacked:
    """Pieces of a compressed file in the making: how far it has been read, and what it is recognised by."""

    def __init__(self, seen: Seen) -> None:
        self.path = seen.path
        self.file = seen.file
        self.at = seen.file.offset  # where `held` begins, or the end of what was left out
        self.held = bytearray()
        self.first = self.tail = b""
        self._read_before = 0

    def skip(self, taken: bytes) -> None:
        """Passes over bytes that no worker has to see."""
        self.tail = (self.tail + taken)[-PRINT_BYTES:]
        self.at += len(taken)

    def taken(self, length: int, read: int) -> Piece:
        """The first bytes of what is held."""
        with memoryview(self.held) as view:
            lines = bytes(view[:length])
        del self.held[:length]
        start = self.at
        self.skip(lines)
        return self.piece(start, lines, None, read)

    def piece(self, start: int, lines: bytes, rejected: str | None, read: int) -> Piece:
        """[start, at): `read` bytes of the file on disk have been read by then."""
        before = self.file.offset
        self.file = replace(
            self.file,
            head_length=len(self.first),
            head_hash=content.fingerprint(self.first),
            tail_hash=content.fingerprint(self.tail),
            offset=self.at,
            torn=False,
        )
        progress, self._read_before = read - self._read_before, read
        return Piece(self.file, self.path, before, start, self.at, lines, rejected, progress)


def _compressed(seen: Seen, now: int) -> Iterator[Piece]:
    """Pieces of a compressed file. Never holds more than a piece and a block."""
    with Path(seen.path).open("rb") as raw:
        status = os.fstat(raw.fileno())
        if (status.st_dev, status.st_ino) != (seen.file.device, seen.file.inode):
            raise Moved(seen.path)
        own = _Unpacked(seen)
        behind = seen.file.offset  # bytes counted before, to be passed over
        # Where a line began that is left out, and why: longer than a piece, or the rest of one already counted.
        out = (behind, "torn") if seen.file.torn else None
        broken: CompressionError | None = None
        read = 0
        for block, read in _until_broken(content.stream(raw, seen.file.compression)):
            if isinstance(block, CompressionError):
                broken = block
                break
            own.first += block[: PRINT_BYTES - len(own.first)]
            if behind:
                own.tail = (own.tail + block[:behind])[-PRINT_BYTES:]
                block, behind = block[behind:], max(0, behind - len(block))
                if not behind and content.fingerprint(own.tail) != seen.file.tail_hash:
                    raise Moved(seen.path)
            if out is not None and block:
                end = block.find(b"\n") + 1
                own.skip(block[:end] if end else block)
                if not end:
                    continue
                start, reason = out
                if reason != "torn" or own.at > start + 1:
                    yield own.piece(start, b"", reason, read)
                out, block = None, block[end:]
            own.held += block
            if len(own.held) >= UNPACKED_BYTES:
                end = own.held.rfind(b"\n") + 1
                if end:
                    yield own.taken(end, read)
                else:
                    out = own.at, "too_long"
                    own.skip(bytes(own.held))
                    own.held.clear()
        if behind and broken is None:
            raise Moved(seen.path)
        yield from _rest(seen, own, out, broken, raw.fileno(), now)
    if broken is not None:
        raise broken


def _rest(
    seen: Seen,
    own: _Unpacked,
    out: tuple[int, str] | None,
    broken: CompressionError | None,
    descriptor: int,
    now: int,
) -> Iterator[Piece]:
    """The last piece of a compressed file: with its size on disk if it was read to its end, not to be opened again."""
    if broken is not None:
        end = own.held.rfind(b"\n") + 1
        if end and broken.intact:  # a broken file may have given wrong bytes before it was noticed
            yield own.taken(end, seen.size)
        return
    whole = not own.held or own.held.endswith(b"\n")
    status = os.fstat(descriptor)
    idle = now - status.st_mtime >= IDLE_SECONDS and status.st_size == seen.size
    if out is not None and out[1] == "torn":
        end_of_line = Piece(
            own.file, own.path, own.file.offset, own.file.offset, own.file.offset, b"", None, 0
        )
        yield replace(end_of_line, file=replace(own.file, size=seen.size))
    elif out is not None:
        if idle:
            piece = own.piece(out[0], b"", out[1], seen.size)
            yield replace(piece, file=replace(piece.file, torn=True, size=seen.size))
    elif whole or idle:
        piece = own.taken(len(own.held), seen.size)
        yield replace(piece, file=replace(piece.file, torn=not whole, size=seen.size))
    elif end := own.held.rfind(b"\n") + 1:
        yield own.taken(end, seen.size)


def _until_broken(blocks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes | CompressionError, int]]:
    """The blocks, and the error that ends them as the last of them: what came before it still counts."""
    try:
        yield from blocks
    except CompressionError as error:
        yield error, 0
