"""A line's template, literals and variables → SQL columns for sound lines, and a pattern for all others.

Text formats are split by delimiters, not by a regular expression (twenty times faster in DuckDB): a line is split
at double quotes, and the parts between them at spaces. A line whose parts have another number of words than the
template says (a value with a space in it) is not sound, and is matched by the pattern instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabiji.logs.reading import LogFormatError

TWO_WORDS = "time_local"  # the one variable that always holds a space: `10/Oct/2000:13:55:36 +0000`


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


Item = Literal | Variable


@dataclass(frozen=True, slots=True)
class Template:
    columns: dict[str, str]  # variable → SQL over `line` and `p`
    sound: str  # SQL over `p`
    pattern: str  # a group per variable, in the order of `columns`


def compiled(items: Sequence[Item], *, more_may_follow: bool = False) -> Template:
    """The template of one line; the same variable twice is read where it stands first.

    With `more_may_follow`, a line may go on after the template (load balancers add fields every few years).
    Raises LogFormatError where two variables touch, since nothing says where the first one ends.
    """
    for before, after in zip(items, items[1:], strict=False):
        if isinstance(before, Variable) and isinstance(after, Variable):
            raise LogFormatError(f"nothing separates ${before.name} from ${after.name}")
    parts: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Variable):
            parts[-1].append(item)
            continue
        pieces = item.text.split('"')
        for number, piece in enumerate(pieces):
            if number:
                parts.append([])
            if piece:
                parts[-1].append(Literal(piece))

    columns: dict[str, str] = {}
    conditions = [f"len(p) {'>=' if more_may_follow else '='} {len(parts)}"]
    for number, part in enumerate(parts, start=1):
        quoted = number % 2 == 0
        last = number == len(parts)
        condition = _columns_of(part, f"p[{number}]", quoted, last and more_may_follow, columns)
        if condition:
            conditions.append(condition)
    return Template(columns, " AND ".join(conditions), _pattern(items, more_may_follow))


def _columns_of(
    part: Sequence[Item], sql: str, quoted: bool, open_end: bool, columns: dict[str, str]
) -> str | None:
    """Adds the columns of one part; the condition under which they are right."""
    variables = [item for item in part if isinstance(item, Variable)]
    if not variables:
        return None
    if len(part) == 1:
        columns.setdefault(variables[0].name, sql)
        # Outside quotes a lone value that holds a space would be ambiguous only beside others.
        return None
    words: list[list[Item]] = [[]]
    for item in part:
        if isinstance(item, Variable):
            words[-1].append(item)
            if item.name == TWO_WORDS:
                words.append([])
            continue
        for number, piece in enumerate(item.text.split(" ")):
            if number:
                words.append([])
            if piece:
                words[-1].append(Literal(piece))
    for number, word in enumerate(words, start=1):
        _columns_of_word(word, sql, number, columns)
    if quoted:
        # A value with spaces inside quotes, beside another one: only the pattern can tell.
        return f"len(string_split({sql}, ' ')) = {len(words)}"
    return f"len(string_split({sql}, ' ')) {'>=' if open_end else '='} {len(words)}"


def _columns_of_word(word: Sequence[Item], sql: str, number: int, columns: dict[str, str]) -> None:
    split = f"split_part({sql}, ' ', {number})"
    for position, item in enumerate(word):
        if not isinstance(item, Variable):
            continue
        piece = split
        if item.name == TWO_WORDS:
            following = f"split_part({sql}, ' ', {number + 1})"
            piece = f"{_after(split, word, position)} || ' ' || left({following}, 5)"
        else:
            piece = _after(split, word, position)
            after = word[position + 1] if position + 1 < len(word) else None
            if isinstance(after, Literal):
                piece = f"split_part({piece}, {_quote(after.text)}, 1)"
        columns.setdefault(item.name, piece)


def _after(sql: str, word: Sequence[Item], position: int) -> str:
    """What follows the literals and variables before `position` in a word."""
    for item in word[:position]:
        if isinstance(item, Literal):
            sql = f"substr({sql}, instr({sql}, {_quote(item.text)}) + {len(item.text)})"
    return sql


def _quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _pattern(items: Sequence[Item], more_may_follow: bool) -> str:
    """A regular expression for a whole line, without nested repetition: linear in practice, quadratic at worst."""
    out: list[str] = []
    seen: set[str] = set()
    inside = False
    for number, item in enumerate(items):
        if isinstance(item, Literal):
            literal = re.escape(item.text)
            # Writers cut a long last value off together with its quote; what is before it is all there.
            out.append(f"(?:{literal})?" if number + 1 == len(items) and inside else literal)
            inside ^= item.text.count('"') % 2 == 1
            continue
        if item.name == TWO_WORDS:
            body = r"[^\]\s]+ [+-]\d{4}"
        elif inside:
            body = r'(?:[^"\\]|\\.)*'
        elif item.name.startswith("upstream_"):
            body = r"[^ ,:]+(?:(?:,| :) [^ ,:]+)*"
        elif number + 1 == len(items) and not more_may_follow:
            body = r".*"
        elif item.name == "remote_user":
            body = r".*?"
        else:
            body = r"[^ ]*"
        out.append(f"(?:{body})" if item.name in seen else f"({body})")
        seen.add(item.name)
    return "".join(out) + (r"(?: .*)?" if more_may_follow else "")


def matched(pattern: re.Pattern[str], names: Sequence[str], line: str) -> Mapping[str, str] | None:
    """The columns of a line that is not sound; None where it is not of this format at all."""
    found = pattern.fullmatch(line)
    return dict(zip(names, found.groups(), strict=True)) if found else None
