"""A file, plain or compressed → its bytes. What it is compressed with is told by its first bytes, not by its name."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from tabiji.language import N_, _

PRINT_BYTES = 1024  # of the beginning, and of the end before the offset: what a file is recognised by
BLOCK = 1 << 20
LINES_MAX = 200  # read to recognise a format

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2"}
_WINDOW_MAX = 128 << 20  # of a zstd frame, as its own tool accepts
_TOO_EARLY = N_("Compressed file ended before the end-of-stream marker was reached")  # Python's words
_NEXT_MEMBER = ("Not a gzipped file", "Unknown frame descriptor")  # what follows a sound member is none


class CompressionError(Exception):
    """Compressed content that ends too early, or is broken.

    `intact`: all that came before the error is as it was written. A broken file may give wrong bytes for a
    while before anything is noticed; one that ends too early does not.
    """

    def __init__(self, message: str, *, intact: bool) -> None:
        super().__init__(message)
        self.intact = intact


@dataclass(frozen=True, slots=True)
class Prints:
    """What content is recognised by. `length` and `end`, the print at its end, are None unless it was read so far."""

    at: dict[int, str]  # the print of the bytes just before each offset that the content reaches
    length: int | None
    end: str | None
    whole: bool  # no error ended it


def compression(path: Path) -> str | None:
    """What a file is compressed with; None for a plain one."""
    with path.open("rb") as file:
        return magic(file.read(4))


def magic(head: bytes) -> str | None:
    """What content is compressed with that begins with these bytes; None for plain content."""
    return next((kind for first, kind in _MAGIC.items() if head.startswith(first)), None)


def blocks(path: Path, kind: str | None) -> Iterator[tuple[bytes, int]]:
    """The content in blocks of 1 MiB at most, each with how many bytes of the file itself have been read so far.

    Raises CompressionError after the last block that could be had, OSError where the disk does not give it.
    """
    with path.open("rb") as raw:
        yield from stream(raw, kind)


def stream(raw: IO[bytes], kind: str | None, window_bytes: int = _WINDOW_MAX) -> Iterator[tuple[bytes, int]]:
    """The same of an open file; a zstd frame that needs a larger window is refused as broken."""
    reader = _reader(raw, kind, window_bytes)
    held: list[bytes] = []
    room = BLOCK
    try:
        while part := reader.read1(room):
            held.append(part)
            room -= len(part)
            if not room:
                yield b"".join(held), raw.tell()
                held, room = [], BLOCK
        if kind == "zstd":
            _check_frames(raw)
    except EOFError as error:
        failure = CompressionError(_(str(error)), intact=True)
    except (OSError, zlib.error, zstandard.ZstdError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        failure = CompressionError(str(error), intact=any(words in str(error) for words in _NEXT_MEMBER))
    else:
        if held:
            yield b"".join(held), raw.tell()
        return
    if held:
        yield b"".join(held), raw.tell()
    raise failure


def _reader(raw: IO[bytes], kind: str | None, window_bytes: int = _WINDOW_MAX) -> Any:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw, mode="rb")  # or it goes by the mode of the file
    if kind == "bzip2":
        return bz2.BZ2File(raw)
    if kind == "zstd":
        decompressor = zstandard.ZstdDecompressor(max_window_size=window_bytes)
        return decompressor.stream_reader(raw, read_across_frames=True, closefd=False)
    return raw


def _check_frames(raw: IO[bytes]) -> None:
    """Raises EOFError where zstd frames end in the middle: the decompressor takes that for their end.

    Goes from block to block by their sizes (RFC 8878, 3.1.1), without decompressing anything again.
    """
    size = raw.seek(0, io.SEEK_END)
    at = 0
    while at < size:
        raw.seek(at)
        head = raw.read(18)
        if head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5:  # a frame to be skipped
            at += 8 + int.from_bytes(head[4:8], "little")
            continue
        try:
            checked = zstandard.get_frame_parameters(head).has_checksum
            at += zstandard.frame_header_size(head)
        except zstandard.ZstdError:
            raise EOFError(_("ends in the middle of a frame")) from None
        last = False
        while not last:
            raw.seek(at)
            block = int.from_bytes(raw.read(3), "little")
            last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
            at += 3 + (1 if kind == 1 else length)  # 1: one byte, repeated
            if at > size:
                raise EOFError(_("ends in the middle of a frame"))
        at += 4 * checked
    if at > size:
        raise EOFError(_("ends in the middle of a frame"))


def first_lines(path: Path) -> list[bytes]:
    """Up to LINES_MAX whole lines from the beginning of a file, without their newlines."""
    held = b""
    try:
        for block, _ in blocks(path, compression(path)):
            held += block
            if held.count(b"\n") > LINES_MAX or len(held) > 4 * BLOCK:
                break
        else:
            return held.split(b"\n")[:LINES_MAX] if held else []
    except CompressionError:
        pass
    return held.split(b"\n")[:-1][:LINES_MAX]


def head(path: Path, kind: str | None, length: int = PRINT_BYTES) -> bytes:
    """The first bytes of the content; fewer where it is shorter or broken."""
    held = b""
    with path.open("rb") as raw:
        reader = _reader(raw, kind)
        try:
            while len(held) < length and (part := reader.read1(length - len(held))):
                held += part
        except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
    return held


def prints(path: Path, kind: str | None, offsets: Iterable[int]) -> Prints:
    """The prints of a file before these offsets; compressed content is read no further than to the byte after them.

    Raises OSError where the file can't be read.
    """
    wanted = sorted(set(offsets))
    found: dict[int, str] = {}
    if kind is None:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, io.SEEK_END)
            for offset in {*(one for one in wanted if one <= size), size}:
                start = max(0, offset - PRINT_BYTES)
                file.seek(start)
                found[offset] = fingerprint(file.read(offset - start))
        return Prints(found, size, found[size], whole=True)
    furthest = max(wanted, default=0)
    at, window = 0, b""
    try:
        for block, _ in blocks(path, kind):
            window = window[-PRINT_BYTES:] + block
            begin, at = at + len(block) - len(window), at + len(block)
            while wanted and wanted[0] <= at:
                offset = wanted.pop(0)
                found[offset] = fingerprint(window[max(0, offset - PRINT_BYTES - begin) : offset - begin])
            if at > furthest:
                return Prints(found, None, None, whole=True)
        whole = True
    except CompressionError:
        whole = False
    return Prints(found, at, fingerprint(window[-PRINT_BYTES:]), whole)


def fingerprint(content: bytes) -> str:
    """What bytes are recognised by."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
