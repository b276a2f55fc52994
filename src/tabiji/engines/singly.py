"""One line, looked at by itself → the reading's columns, or the reason why there are none."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tabiji.counting import columns_used
from tabiji.engines.memory import BYTE_ORDER_MARK, LINE_BYTES_MAX, MemoryFile
from tabiji.engines.relations import Rows, cleaned, of_columns, paths
from tabiji.logs.reading import Reading

Columns = Mapping[str, str | None]
Reject = Callable[[str, int], None]
Path = Sequence[str]


def singly(
    reading: Reading, fields: Sequence[str], memory: MemoryFile, numbers: Sequence[int], reject: Reject
) -> Rows | None:
    """The columns of lines, by number (rising), that the quick ways don't understand. None where there are none.

    Lines that have none are rejected.
    """
    columns_of = (
        _of_json(paths(reading, fields), reading, fields) if reading.shape == "json" else _of_text(reading)
    )
    names = [column for column, _ in columns_used(reading, fields)]
    out, kept = cleaned(), array("q")
    out.clear()
    for block, wanted in memory.chosen(numbers):
        lines = block.lines
        held: list[bytes] = []
        for number in wanted:
            columns = columns_of(lines[number - block.number])
            if isinstance(columns, str):
                reject(columns, number)
            else:
                held.append(json.dumps({name: columns.get(name) for name in names}).encode())
                kept.append(number)
        if held:
            out.append(b"\n".join(held) + b"\n")
    out.done()
    return of_columns(names, out, np.array(kept, dtype=np.int64)) if kept else None


def _of_text(reading: Reading) -> Callable[[bytes], Columns | str]:
    pattern = re.compile(reading.pattern or r"(?!)")
    names = [column for column, _ in reading.columns]

    def columns(line: bytes) -> Columns | str:
        plain = _plain(line)
        if plain is None:
            return _empty_or_long(line)
        found = pattern.fullmatch(plain)
        return dict(zip(names, found.groups(), strict=True)) if found else "not_this_format"

    return columns


def _of_json(
    read: Sequence[Path], reading: Reading, fields: Sequence[str]
) -> Callable[[bytes], Columns | str]:
    wanted = [(column, path) for column, path in columns_used(reading, fields) if not isinstance(path, str)]

    def columns(line: bytes) -> Columns | str:
        plain = _plain(line)
        if plain is None:
            return _empty_or_long(line)
        value = _parsed(plain)
        if value is None:
            return "not_json"
        if _is_ambiguous(value, read):
            return "duplicate_key"
        return {column: value.at(path) for column, path in wanted}

    return columns


def has_key_twice(line: bytes, read: Sequence[Path]) -> bool:
    """Whether a key that is read stands twice in one object. False for a line that is no JSON."""
    value = _parsed(line.decode("utf-8", "replace"))
    return value is not None and _is_ambiguous(value, read)


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object, with each key as often as it is written; numbers are as they are written, too."""

    pairs: Sequence[tuple[str, object]]

    def at(self, path: Path) -> str | None:
        """The text at a path of keys."""
        found = next((value for key, value in self.pairs if key == path[0]), None)
        if isinstance(found, _Object):
            return found.at(path[1:]) if path[1:] else None
        if isinstance(found, bool):
            return "true" if found else "false"
        return found if isinstance(found, str) and not path[1:] else None


def _is_ambiguous(value: _Object, read: Iterable[Path]) -> bool:
    below: dict[str, list[Path]] = {}
    for first, *rest in read:
        below.setdefault(first, []).extend([rest] if rest else [])
    seen = [key for key, _ in value.pairs if key in below]
    if len(set(seen)) < len(seen):
        return True
    return any(
        isinstance(inner, _Object) and _is_ambiguous(inner, below[key])
        for key, inner in value.pairs
        if below.get(key)
    )


def _parsed(line: str) -> _Object | None:
    try:
        value = json.loads(
            line, object_pairs_hook=_Object, parse_float=str, parse_int=str, parse_constant=_refuse
        )
        if "\\ud" in line.lower():  # half a surrogate is no character, and can't be written as one
            json.dumps(json.loads(line), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, _Object) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _plain(line: bytes) -> str | None:
    """The line as text; None where it is blank or too long."""
    if len(line) > LINE_BYTES_MAX:
        return None
    while line.startswith(BYTE_ORDER_MARK):
        line = line[len(BYTE_ORDER_MARK) :]
    if not line or line.isspace():
        return None
    return line.rstrip(b"\r").decode("utf-8", "replace")


def _empty_or_long(line: bytes) -> str:
    return "too_long" if len(line) > LINE_BYTES_MAX else "blank"
