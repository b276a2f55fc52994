"""A file, plain or compressed → its bytes. What it is compressed with is told by its first bytes, not by its name."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

PRINT_BYTES = 1024  # of the beginning, and of the end before the offset: what a file is recognised by
BLOCK = 1 << 20
LINES_MAX = 200  # read to recognise a format

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2"}


class CompressionError(Exception):
    """Compressed content that ends too early, or is broken."""


def compression(path: Path) -> str | None:
    """What a file is compressed with; None for a plain one."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def blocks(path: Path, kind: str | None) -> Iterator[tuple[bytes, int]]:
    """The content in blocks of 1 MiB at most, each with how many bytes of the file itself have been read so far.

    Raises CompressionError after the last block that could be had.
    """
    with path.open("rb") as raw, _reader(raw, kind) as reader:
        while True:
            try:
                block = reader.read(BLOCK)
            except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
                raise CompressionError(str(error)) from None
            if not block:
                return
            yield block, raw.tell()


def _reader(raw: BinaryIO, kind: str | None) -> BinaryIO:
    if kind == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if kind == "bzip2":
        return cast(BinaryIO, bz2.BZ2File(raw))
    if kind == "zstd":
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False)
        return cast(BinaryIO, reader)
    return raw


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
    try:
        for block, _ in blocks(path, kind):
            held += block
            if len(held) >= length:
                break
    except CompressionError:
        pass
    return held[:length]


def prints_before(path: Path, kind: str | None, offsets: Sequence[int]) -> dict[int, str]:
    """For each offset that the content reaches, the print of the bytes just before it."""
    wanted = sorted(set(offsets))
    found: dict[int, str] = {}
    if kind is None:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            for offset in wanted:
                if offset <= size:
                    start = max(0, offset - PRINT_BYTES)
                    file.seek(start)
                    found[offset] = fingerprint(file.read(offset - start))
        return found
    at, window = 0, b""
    try:
        for block, _ in blocks(path, kind):
            window = window[-PRINT_BYTES:] + block
            begin, at = at + len(block) - len(window), at + len(block)
            while wanted and wanted[0] <= at:
                offset = wanted.pop(0)
                found[offset] = fingerprint(window[max(0, offset - PRINT_BYTES - begin) : offset - begin])
            if not wanted:
                break
    except CompressionError:
        pass
    return found


def fingerprint(content: bytes) -> str:
    """What bytes are recognised by."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
