"""Paths → which file each one is, and the pieces of it that have not been counted yet.

A file is its device, its inode and a print of its first bytes: a file made anew gets the same inode at once on
ext4. What has been counted is checked by a print of the bytes before the offset, so that a file which was cut off and
grew again is a new one, and the copy or the compressed twin of a file already counted is that file.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tabiji.sources import content
from tabiji.sources.content import PRINT_BYTES, CompressionError
from tabiji.store.facts import LogFile

PIECE_BYTES = 64 << 20  # a worker holds one at a time
IDLE_SECONDS = 60  # a last line without newline is complete when the file has been left alone for so long


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read, or not to its end."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that stands at a path now: which one it is, and its size on disk; `finished`: nothing new in it."""

    file: LogFile
    size: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, to be counted and committed together.

    `file` is the file as it will be once they are. [start, end) are uncompressed bytes; `content` is None where they
    can be read from the file itself. `rejected` is the reason why the piece is one line that is not even counted.
    `progress` is how many bytes of the file on disk the piece took.
    """

    file: LogFile
    offset_before: int
    start: int
    end: int
    content: bytes | None
    rejected: str | None
    progress: int


def matching(patterns: Sequence[str]) -> list[Path]:
    """The files that stand at paths or patterns now, each once, those written to last at the end.

    The order decides nothing but the order of commits; rows that come in the order of time are written fastest.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        magic = glob.has_magic(pattern)
        paths = glob.glob(pattern, recursive=True) if magic else [pattern]  # noqa: PTH207 - absolute
        found |= dict.fromkeys(sorted(paths))
    return sorted((Path(path) for path in found if not Path(path).is_dir()), key=_written)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # said later, when it can't be opened


def identified(source: str, path: Path, known: Sequence[LogFile], now: int) -> Seen | None:
    """Which file stands at a path: one of the known ones (as it was last counted) or a new one; None for an empty one.

    Raises OSError where the file can't be read.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "not a regular file", str(path))
    if not status.st_size:
        return None
    kind = content.compression(path)
    head = content.head(path, kind)
    if not head:
        return None
    here = [file for file in known if (file.device, file.inode) == (status.st_dev, status.st_ino)]
    last = max(here, key=lambda file: file.generation, default=None)
    if last is not None and last.compression == kind and _begins_as(last, head):
        if kind is not None and last.size == status.st_size:
            return Seen(replace(last, path=str(path), last_seen=now), status.st_size, finished=True)
        if content.prints_before(path, kind, [last.offset]).get(last.offset) == last.tail_hash:
            return Seen(replace(last, path=str(path), last_seen=now), status.st_size)
    moved = _moved(path, kind, head, [file for file in known if file is not last])
    if moved is not None:
        generation = 0 if last is None else last.generation + 1
        here_now = replace(moved, device=status.st_dev, inode=status.st_ino, generation=generation)
        return Seen(
            replace(here_now, path=str(path), compression=kind, size=0, last_seen=now), status.st_size
        )
    return Seen(
        LogFile(
            source=source,
            path=str(path),
            device=status.st_dev,
            inode=status.st_ino,
            generation=0 if last is None else last.generation + 1,
            head_length=len(head),
            head_hash=content.fingerprint(head),
            compression=kind,
            # The same inode with other content: cut off, or deleted and made anew.
            truncations=0 if last is None or last.compression else last.truncations + 1,
            first_seen=now,
            last_seen=now,
        ),
        status.st_size,
    )


def _begins_as(file: LogFile, head: bytes) -> bool:
    return len(head) >= file.head_length and content.fingerprint(head[: file.head_length]) == file.head_hash


def _moved(path: Path, kind: str | None, head: bytes, known: Sequence[LogFile]) -> LogFile | None:
    """The known file whose counted bytes stand at the beginning of this one: copied, moved or compressed.

    Two short files may begin alike by chance, so below 1 KiB a plain copy is taken for the file itself only
    where that one is gone from its own place.
    """
    alike = [file for file in known if file.offset and _begins_as(file, head)]
    if not alike:
        return None
    prints = content.prints_before(path, kind, [file.offset for file in alike])
    same = [
        file
        for file in alike
        if prints.get(file.offset) == file.tail_hash
        and (kind or file.offset >= PRINT_BYTES or not _in_place(file))
    ]
    return max(same, key=lambda file: file.offset, default=None)


def _in_place(file: LogFile) -> bool:
    path = Path(file.path)
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) != (file.device, file.inode):
            return False
        return content.prints_before(path, file.compression, [file.offset]).get(file.offset) == file.tail_hash
    except OSError:
        return False


def pieces(seen: Seen, now: int) -> Iterator[Piece]:
    """What is new in a file, in whole lines. A half last line waits until the file has been idle for a while.

    Raises OSError, and CompressionError after the last piece that could be had.
    """
    if seen.finished:
        return
    if seen.file.compression is None:
        yield from _plain(seen, now)
    else:
        yield from _compressed(seen)


def _plain(seen: Seen, now: int) -> Iterator[Piece]:
    file, path = seen.file, Path(seen.file.path)
    with path.open("rb", buffering=0) as raw:
        descriptor = raw.fileno()
        size, at = seen.size, file.offset
        if file.torn and at < size:
            end = _newline(descriptor, at, size)
            if end is None:
                return
            skipped = end + 1
            if end > at:  # more of a line that was taken for whole
                yield _piece(descriptor, file, at, at, skipped, "torn")
                file, at = _after(descriptor, file, skipped), skipped
            else:
                file = replace(file, torn=False)
                at = skipped
        before = file.offset
        while at < size:
            end = _last_newline(descriptor, at, min(at + PIECE_BYTES, size))
            if end is not None:
                piece = _piece(descriptor, file, before, at, end + 1, None)
            else:
                end = _newline(descriptor, at, size)
                if end is not None:  # one line longer than a piece
                    piece = _piece(descriptor, file, before, at, end + 1, "too_long")
                elif (
                    os.fstat(descriptor).st_size == size
                    and now - os.fstat(descriptor).st_mtime >= IDLE_SECONDS
                ):
                    reason = "too_long" if size - at > PIECE_BYTES else None
                    piece = _piece(descriptor, file, before, at, size, reason)
                    piece = replace(piece, file=replace(piece.file, torn=True))
                else:
                    return
            yield piece
            file = piece.file
            before = at = piece.end


def _piece(descriptor: int, file: LogFile, before: int, start: int, end: int, rejected: str | None) -> Piece:
    return Piece(_after(descriptor, file, end), before, start, end, None, rejected, end - before)


def _after(descriptor: int, file: LogFile, offset: int) -> LogFile:
    """The file as it is when it has been counted up to `offset`."""
    length = min(PRINT_BYTES, offset)
    return replace(
        file,
        head_length=length,
        head_hash=content.fingerprint(os.pread(descriptor, length, 0)),
        tail_hash=content.fingerprint(os.pread(descriptor, length, offset - length)),
        offset=offset,
        torn=False,
    )


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


def _compressed(seen: Seen) -> Iterator[Piece]:
    """Pieces of a compressed file, whose end is the end of its last line. Never holds more than a piece and a block."""
    file = seen.file
    at = file.offset  # where `held` begins, or a line longer than a piece goes on
    long_from: int | None = None  # where such a line began
    held = bytearray()
    first = tail = b""
    read_before = 0

    def piece(start: int, taken: bytes, rejected: str | None, read: int) -> Piece:
        nonlocal file, tail, read_before
        end = at
        tail = (tail + taken)[-PRINT_BYTES:]
        before, file = (
            file.offset,
            replace(
                file,
                head_length=len(first),
                head_hash=content.fingerprint(first),
                tail_hash=content.fingerprint(tail),
                offset=end,
                torn=False,
            ),
        )
        progress, read_before = read - read_before, read
        return Piece(file, before, start, end, b"" if rejected else taken, rejected, progress)

    skip = file.offset
    torn = file.torn
    broken: CompressionError | None = None
    for block, read in _whole(content.blocks(Path(file.path), file.compression)):
        if isinstance(block, CompressionError):
            broken = block
            break
        first += block[: PRINT_BYTES - len(first)]
        if skip:
            tail = (tail + block[:skip])[-PRINT_BYTES:]
            block, skip = block[skip:], max(0, skip - len(block))
        if torn and block:
            torn = False
            if block.startswith(b"\n"):  # of the last line, counted without it before
                tail, block, at = tail + b"\n", block[1:], at + 1
        if long_from is not None:
            end = block.find(b"\n") + 1
            taken = block[:end] if end else block
            at += len(taken)
            if not end:
                tail = (tail + taken)[-PRINT_BYTES:]
                continue
            yield piece(long_from, taken, "too_long", read)
            long_from, block = None, block[end:]
        held += block
        if len(held) < PIECE_BYTES:
            continue
        end = held.rfind(b"\n") + 1
        taken = bytes(held[:end] if end else held)
        start, at = at, at + len(taken)
        del held[: len(taken)]
        if end:
            yield piece(start, taken, None, read)
        else:
            long_from, tail = start, (tail + taken)[-PRINT_BYTES:]
    if broken is not None:
        end = held.rfind(b"\n") + 1
        if end:
            start, at = at, at + end
            yield piece(start, bytes(held[:end]), None, read_before)
        raise broken
    start, at = (at if long_from is None else long_from), at + len(held)
    last = piece(start, bytes(held), None if long_from is None else "too_long", seen.size)
    # With its size on disk, so that a file read to its end is not opened again.
    yield replace(last, file=replace(last.file, size=seen.size))


def _whole(blocks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes | CompressionError, int]]:
    """The blocks, and the error that ends them as the last of them: what came before it still counts."""
    try:
        yield from blocks
    except CompressionError as error:
        yield error, 0
