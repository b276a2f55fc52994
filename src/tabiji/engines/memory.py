"""A chunk's bytes in memory, as a file that DuckDB can read: exact byte ranges of files that go on growing.

Copying costs 3 to 7 % of the time of counting, and bounds memory whatever the file's size.
"""

from __future__ import annotations

import codecs
import mmap
import os
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LINE_BYTES_MAX = 65_536  # without its newline; a longer line is rejected

BLOCK = 1 << 20
PIECE = 1 << 18  # small enough to stay in the processor's cache while it is looked at
WINDOW = LINE_BYTES_MAX // 2  # a line that is too long holds a whole one
NEWLINE = ord("\n")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: the number of the first one (from 0), its offset, and the bytes.

    A line that is too long may be a block of its own: only its beginning, and no newline.
    """

    number: int
    offset: int
    content: bytes

    @property
    def lines(self) -> list[bytes]:
        """The lines without their newlines."""
        return self.content.removesuffix(b"\n").split(b"\n")


class MemoryFile:
    """An anonymous file, used again for each chunk. Linux keeps it in memory; elsewhere it is a temporary file.

    It is written through a mapping, so that bytes are copied only once.
    """

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self.descriptor = os.memfd_create("tabiji-chunk")
            self.path = f"/proc/self/fd/{self.descriptor}"
        else:
            self.descriptor, self.path = tempfile.mkstemp(prefix="tabiji-")
        self._map: mmap.mmap | None = None
        self._capacity = 0  # bytes that are mapped
        self._room = 0  # bytes that the file has; touching one beyond is fatal
        self.clear()

    def clear(self) -> None:
        """Forgets what was written; the memory is kept for what comes next."""
        self.size = self.newlines = 0
        self.is_plain = True  # UTF-8 without byte-order marks, and no line is too long; if in doubt, not
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def close(self) -> None:
        """Gives the memory back."""
        if self._map is not None:
            self._map.close()
        os.close(self.descriptor)
        if not self.path.startswith("/proc/"):
            Path(self.path).unlink()

    def copy_from(self, descriptor: int, start: int, end: int) -> None:
        """Appends the bytes [start, end) of an open file; fewer where it ends before."""
        with memoryview(self._mapped(max(0, end - start))) as view:
            while start < end:
                got = os.preadv(descriptor, [view[self.size : self.size + min(PIECE, end - start)]], start)
                if not got:
                    break
                self._look_at(view, got)
                start += got

    def append(self, content: bytes) -> None:
        """Appends bytes."""
        with memoryview(self._mapped(len(content))) as view:
            for start in range(0, len(content), BLOCK):
                part = content[start : start + BLOCK]
                view[self.size : self.size + len(part)] = part
                self._look_at(view, len(part))

    def done(self) -> None:
        """Cuts off what an earlier, longer chunk left behind."""
        os.ftruncate(self.descriptor, self.size)
        self._room = self.size
        if self.is_plain and self._decoder.getstate()[0]:
            self.is_plain = False  # the last character is torn

    def holds(self, byte: bytes) -> bool:
        """Whether a byte stands anywhere in it."""
        return self._map is not None and self._map.find(byte, 0, self.size) >= 0

    @property
    def lines(self) -> int:
        """Lines, counting a last one without a newline."""
        if not self.size:
            return 0
        return self.newlines + (os.pread(self.descriptor, 1, self.size - 1) != b"\n")

    def blocks(self) -> Iterator[Block]:
        """The content in blocks of at most 1 MiB."""
        number = at = 0
        while at < self.size:
            content = os.pread(self.descriptor, min(BLOCK, self.size - at), at)
            last = at + len(content) == self.size
            end = len(content) if last else content.rfind(b"\n") + 1
            if end:
                yield Block(number, at, content[:end])
                number += content.count(b"\n", 0, end)
                at += end
            else:
                yield Block(number, at, content[: LINE_BYTES_MAX + 1])
                number += 1
                at = self._newline(at) + 1

    def chosen(self, wanted: Sequence[int]) -> Iterator[tuple[Block, Sequence[int]]]:
        """The blocks that hold any of these lines (by number, rising), each with those that it holds."""
        at = 0
        for block in self.blocks():
            if at == len(wanted):
                return
            end = block.number + max(1, block.content.count(b"\n") + (not block.content.endswith(b"\n")))
            until = bisect_left(wanted, end, at)
            if until > at:
                yield block, wanted[at:until]
            at = until

    def pick(self, wanted: Sequence[int]) -> Iterator[tuple[int, int, bytes]]:
        """Lines by number (rising): number, offset and bytes; of a line that is too long, the beginning."""
        for block, numbers in self.chosen(wanted):
            lines = block.lines
            offset, at = block.offset, 0
            for number in numbers:
                place = number - block.number
                offset += sum(map(len, lines[at:place])) + place - at
                at = place
                yield number, offset, lines[place][: LINE_BYTES_MAX + 1]

    def cuts(self, parts: int) -> list[int]:
        """Offsets of lines that cut the file in about so many parts; fewer where lines are long."""
        cuts = (self._newline(self.size * part // parts) + 1 for part in range(1, parts))
        return sorted({0, self.size, *(cut for cut in cuts if cut < self.size)})

    def _newline(self, at: int) -> int:
        while at < self.size:
            block = os.pread(self.descriptor, BLOCK, at)
            found = block.find(b"\n")
            if found >= 0:
                return at + found
            at += len(block)
        return self.size

    def _mapped(self, more: int) -> mmap.mmap:
        """The mapping, with room for so many bytes more."""
        needed = max(self.size + more, 1)
        if self._map is None or needed > self._capacity:
            if self._map is not None:
                self._map.close()
            self._capacity = self._room = max(BLOCK, 1 << (needed - 1).bit_length())
            os.ftruncate(self.descriptor, self._capacity)
            self._map = mmap.mmap(self.descriptor, self._capacity)
        elif needed > self._room:
            os.ftruncate(self.descriptor, needed)
            self._room = needed
        return self._map

    def _look_at(self, view: memoryview, length: int) -> None:
        """Takes note of bytes that have just been written at the end, while they are in the processor's cache."""
        start, end = self.size, self.size + length
        self.size = end
        written = np.frombuffer(view[start:end], dtype=np.uint8)
        self.newlines += int(np.count_nonzero(written == NEWLINE))
        if not self.is_plain or self._map is None:
            return
        windows = range(start, end - WINDOW + 1, WINDOW)
        if any(self._map.find(b"\n", window, window + WINDOW) < 0 for window in windows):
            self.is_plain = False
        elif written.max() >= 128 or self._decoder.getstate()[0]:
            try:
                self._decoder.decode(view[start:end])
            except UnicodeDecodeError:
                self.is_plain = False
            self.is_plain &= self._map.find(BYTE_ORDER_MARK, start, end) < 0
