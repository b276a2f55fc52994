"""Lines that DuckDB refuses as they are → lines that it takes; the rest is set aside, to be looked at one by one.

What becomes of a line depends on its own bytes, never on its neighbours: a chunk can be cut anywhere.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tabiji.engines.memory import BYTE_ORDER_MARK, LINE_BYTES_MAX, WINDOW, MemoryFile
from tabiji.engines.relations import SEPARATOR, Rows, cleaned, of_lines, paths
from tabiji.engines.singly import has_key_twice
from tabiji.logs.reading import Reading, Tokens

_LONG = b"\0"  # what stands for a line that is too long
# Runs of lines are matched whole: looking for the next line that doesn't fit would try every byte. They are atomic
# groups, and not possessive repetitions of groups, which are wrong in Python before 3.11.5 (python/cpython#106052).
_BLANKS = re.compile(rb"(?>(?:[ \t\r\f\v]*\n)*)(?:[ \t\r\f\v]+\Z)?")
_NOT_BLANK = re.compile(rb"(?>(?:[ \t\r\f\v]*+(?!\0?(?:\n|\Z))[^\n]*+(?:\n|\Z))*)")

Spans = Callable[[bytes], Iterable[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A relation of lines, and what it leaves out: lines set aside, and runs of blank ones (number, lines)."""

    rows: Rows
    aside: Sequence[int] = ()
    blank: Sequence[tuple[int, int]] = ()


def attempts(reading: Reading, fields: Sequence[str], memory: MemoryFile) -> Iterator[Attempt]:
    """Relations of the lines, the quickest first.

    The next one is for when DuckDB refuses the one before, or makes another number of rows of it.
    """
    if memory.is_plain and not (reading.shape == "lines" and memory.holds(SEPARATOR)):
        yield Attempt(of_lines(reading, fields, memory, tokens=_tokens_of_first_line(reading.tokens, memory)))
    elif reading.shape == "json":
        yield _tidied(reading, fields, memory, _misfits(None))
    if reading.shape == "json":
        yield _tidied(reading, fields, memory, _blank_or_keys_twice(reading, fields), lenient=True)
    else:
        yield _tidied(reading, fields, memory, _misfits(reading.tokens))


def _tokens_of_first_line(tokens: Tokens | None, memory: MemoryFile) -> int | None:
    """Where lines may hold more tokens than the format knows of, most likely all hold as many as the first."""
    if tokens is None or not tokens.more:
        return None
    first = next(memory.pick([0]))[2]
    token = re.compile(rb"%b(?:%b|$)" % (_token(tokens), _delimiter(tokens)))
    return max(tokens.count, sum(1 for found in token.finditer(first) if found.group()))


def _tidied(
    reading: Reading, fields: Sequence[str], memory: MemoryFile, unfit: Spans, *, lenient: bool = False
) -> Attempt:
    """The lines in UTF-8, without byte-order marks, without carriage returns at the end, and only those that fit.

    Works on blocks of lines, most of which need nothing.
    """
    tidy = _tidying(reading)
    out, aside, blank = cleaned(), array("q"), list[tuple[int, int]]()
    kept = np.ones(memory.lines, dtype=np.bool_)
    out.clear()
    for block in memory.blocks():
        content = tidy(block.content if memory.is_plain else _without_long(block.content))
        number, at = block.number, 0
        fit: list[bytes] = []
        for start, end in unfit(content):
            fit.append(content[at:start])
            number += content.count(b"\n", at, start)
            lines = max(1, content.count(b"\n", start, end))
            if content[start:end].isspace():
                blank.append((number, lines))
            else:
                aside.append(number)
            kept[number : number + lines] = False
            number, at = number + lines, end
        out.append(b"".join([*fit, content[at:]]))
    out.done()
    numbers = np.flatnonzero(kept) if aside or blank else None
    return Attempt(of_lines(reading, fields, out, numbers, lenient=lenient), aside, blank)


def _tidying(reading: Reading) -> Callable[[bytes], bytes]:
    """What is done to a block, by the shape of its lines. A line stays a line."""
    tokens = reading.tokens
    shortened = None
    if tokens and tokens.more:
        shortened = re.compile(rb"^(%b)(?:%b.*)?$" % (_shape(tokens), _delimiter(tokens)), re.MULTILINE)

    def tidy(content: bytes) -> bytes:
        if not content.isascii():
            content = _without_marks(content.decode("utf-8", "replace").encode())
        while b"\r\n" in content:
            content = content.replace(b"\r\n", b"\n")
        content = content.rstrip(b"\r")
        if reading.shape == "lines":
            content = content.replace(b"\r", b" ").replace(SEPARATOR, b"?")
        return shortened.sub(rb"\1", content) if shortened else content

    return tidy


def _without_marks(content: bytes) -> bytes:
    """Without byte-order marks at the beginning of lines."""
    while content.startswith(BYTE_ORDER_MARK):
        content = content.removeprefix(BYTE_ORDER_MARK)
    while b"\n" + BYTE_ORDER_MARK in content:
        content = content.replace(b"\n" + BYTE_ORDER_MARK, b"\n")
    return content


def _without_long(content: bytes) -> bytes:
    """With _LONG for each line that is too long: such a line holds a window without a newline."""
    kept: list[bytes] = []
    at = 0
    for window in range(0, len(content) - WINDOW + 1, WINDOW):
        if window < at or content.find(b"\n", window, window + WINDOW) >= 0:
            continue
        start = content.rfind(b"\n", at, window) + 1 or at
        end = content.find(b"\n", window)
        end = len(content) if end < 0 else end
        if end - start > LINE_BYTES_MAX:
            kept += [content[at:start], _LONG]
            at = end
    return b"".join([*kept, content[at:]])


def _misfits(tokens: Tokens | None) -> Spans:
    """Blank lines, and lines of other than so many tokens."""
    fit = _NOT_BLANK
    if tokens:
        fit = re.compile(rb"(?>(?:%b%b?(?:\n|\Z))*)" % (_shape(tokens), _delimiter(tokens)))

    def spans(content: bytes) -> Iterator[tuple[int, int]]:
        at = _end(fit, content, 0)
        while at < len(content):
            blank = _end(_BLANKS, content, at)
            until = blank if blank > at else content.find(b"\n", at) + 1 or len(content)
            yield at, until
            at = _end(fit, content, until)

    return spans


def _end(pattern: re.Pattern[bytes], content: bytes, at: int) -> int:
    """Where a match that begins there ends."""
    found = pattern.match(content, at)
    return found.end() if found else at


def _blank_or_keys_twice(reading: Reading, fields: Sequence[str]) -> Spans:
    """Lines over which lenient DuckDB passes without a word, or without saying which of two values it took."""
    read = paths(reading, fields)
    keys = [
        json.dumps(key, ensure_ascii=False).encode() for key in sorted({key for path in read for key in path})
    ]

    def spans(content: bytes) -> Iterator[tuple[int, int]]:
        at = 0
        for line in content.split(b"\n"):
            end = min(at + len(line) + 1, len(content))
            for key in keys:
                if line.count(key) > 1:
                    suspect = True
                    break
            else:
                suspect = b"\\u" in line  # a key can be written so, too
            if at < end and (
                not line or line.isspace() or line == _LONG or (suspect and has_key_twice(line, read))
            ):
                yield at, end
            at = end

    return spans


def _shape(tokens: Tokens) -> bytes:
    return rb"%b(?:%b%b){%d}" % (_token(tokens), _delimiter(tokens), _token(tokens), tokens.count - 1)


def _token(tokens: Tokens) -> bytes:
    """A token as DuckDB reads it: up to the next quote where it begins with one, else to the next delimiter."""
    return rb'(?:"[^"\n]*+"|(?!")[^%b\r\n]*+)' % _delimiter(tokens)


def _delimiter(tokens: Tokens) -> bytes:
    return re.escape(tokens.delimiter).encode()
