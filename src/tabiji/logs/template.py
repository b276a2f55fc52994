"""A line's template, literals and variables → SQL columns for sound lines, and a pattern for all others.

Text formats are split by delimiters, not by a regular expression (twenty times faster in DuckDB). Where the template is
tokens with a delimiter between them, quoted as wholes or not at all, as in most access logs, lines are read as
CSV; where quotes stand inside tokens (`ua="…"`), a line is split at its quotes, and what is between at spaces.
A line whose parts don't come out right (a value with a space in it) is matched by the pattern instead.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabiji.language import _
from tabiji.logs.reading import LogFormatError, Shape, Tokens, text

TWO_WORDS = "time_local"  # the one variable that always holds a space: `10/Oct/2000:13:55:36 +0000`
WORDS = ("http_", "sent_http_", "upstream_")  # of variables that may hold spaces where nothing quotes them
DELIMITERS = " \t|;,"  # the likeliest first


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


Item = Literal | Variable


@dataclass(frozen=True, slots=True)
class Template:
    """What `Reading` takes of a template; see there."""

    shape: Shape
    columns: dict[str, str]  # variable → SQL over `t1` … or over `p`
    sound: str
    pattern: str  # a group per variable, in the order of `columns`
    tokens: Tokens | None = None


def compiled(items: Sequence[Item], *, more_may_follow: bool = False) -> Template:
    """The template of one line; the same variable twice is read where it stands first.

    With `more_may_follow`, a line may go on after the template (load balancers add fields every few years).
    Raises LogFormatError where two variables touch, since nothing says where the first one ends.
    """
    items = joined(items)
    for before, after in itertools.pairwise(items):
        if isinstance(before, Variable) and isinstance(after, Variable):
            message = _("nothing separates ${first} from ${second}", first=before.name, second=after.name)
            raise LogFormatError(message)
    splits = {delimiter: tokens for delimiter in DELIMITERS if (tokens := _tokens(items, delimiter))}
    if splits:
        delimiter = max(splits, key=lambda delimiter: len(splits[delimiter]))
        tokens = splits[delimiter]
        if len(tokens) > 2:
            return _of_tokens(items, tokens, Tokens(delimiter, len(tokens), more_may_follow))
    return _of_lines(items, more_may_follow)


def joined(items: Sequence[Item]) -> list[Item]:
    """Neighbouring literals as one."""
    out: list[Item] = []
    for item in items:
        if isinstance(item, Literal) and out and isinstance(out[-1], Literal):
            out[-1] = Literal(out[-1].text + item.text)
        elif item != Literal(""):
            out.append(item)
    return out


def _tokens(items: Sequence[Item], delimiter: str) -> list[tuple[bool, list[Item]]] | None:
    """The tokens, each with whether it is quoted; None where a quote stands inside a token."""
    tokens: list[tuple[bool, list[Item]]] = [(False, [])]
    inside = closed = False
    for item in _characters(items):
        quoted, token = tokens[-1]
        if item == Literal('"'):
            if inside:
                inside, closed = False, True
            elif token or closed:
                return None
            else:
                inside, tokens[-1] = True, (True, [])
        elif item == Literal(delimiter) and not inside:
            tokens.append((False, []))
            closed = False
        elif closed:
            return None
        else:
            token.append(item)
            if item == Variable(TWO_WORDS) and delimiter == " " and not quoted:
                tokens.append((False, []))  # its zone
    return None if inside else tokens


def _characters(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Variable):
            yield item
        else:
            yield from map(Literal, item.text)


def _of_tokens(items: Sequence[Item], tokens: Sequence[tuple[bool, list[Item]]], how: Tokens) -> Template:
    columns: dict[str, str] = {}
    conditions: list[str] = []
    for number, (quoted, token) in enumerate(tokens, start=1):
        token = joined(token)
        # A byte-order mark may stand before the first token.
        sql = "ltrim(t1, '\ufeff')" if number == 1 else f"t{number}"
        if quoted and sum(isinstance(item, Variable) for item in token) > 1:
            conditions.append(_columns_of_part(token, sql, "=", columns))
        else:
            following = f"t{number + 1}" if how.delimiter == " " and not quoted else None
            _columns_of_word(token, sql, following, columns)
    return Template(
        "tokens", columns, " AND ".join(conditions) or "true", _pattern(items, how.more, how.delimiter), how
    )


def _of_lines(items: Sequence[Item], more_may_follow: bool) -> Template:
    """Parts between quotes: every second one is quoted."""
    parts: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Variable):
            parts[-1].append(item)
            continue
        first, *others = item.text.split('"')
        parts[-1].append(Literal(first))
        parts += [[Literal(piece)] for piece in others]
    columns: dict[str, str] = {}
    conditions = [f"len(p) {'>=' if more_may_follow else '='} {len(parts)}"]
    for number, part in enumerate(map(joined, parts), start=1):
        variables = [item for item in part if isinstance(item, Variable)]
        if len(part) == len(variables) == 1:
            columns.setdefault(variables[0].name, f"p[{number}]")
        elif variables:
            open_end = more_may_follow and number == len(parts)
            conditions.append(_columns_of_part(part, f"p[{number}]", ">=" if open_end else "=", columns))
    return Template("lines", columns, " AND ".join(conditions), _pattern(items, more_may_follow, " "))


def _columns_of_part(part: Sequence[Item], sql: str, compared: str, columns: dict[str, str]) -> str:
    """Adds the columns of words with spaces between them; the condition under which they are right."""
    words: list[list[Item]] = [[]]
    for item in part:
        if isinstance(item, Variable):
            words[-1].append(item)
            if item.name == TWO_WORDS:
                words.append([])
            continue
        first, *others = item.text.split(" ")
        words[-1].append(Literal(first))
        words += [[Literal(piece)] for piece in others]
    for number, word in enumerate(words, start=1):
        following = f"split_part({sql}, ' ', {number + 1})"
        _columns_of_word(joined(word), f"split_part({sql}, ' ', {number})", following, columns)
    return f"len(string_split({sql}, ' ')) {compared} {len(words)}"


def _columns_of_word(word: Sequence[Item], sql: str, following: str | None, columns: dict[str, str]) -> None:
    """Adds the columns of one word: what is left when its literals are taken away. Null where one isn't there.

    `following` is SQL of the next word, where a time in two words has its zone; None where it is in one.
    """
    for position, item in enumerate(word):
        if isinstance(item, Literal):
            if position == 0:
                sql = f"CASE WHEN starts_with({sql}, {text(item.text)}) THEN substr({sql}, {len(item.text) + 1}) END"
            else:
                sql = f"substr({sql}, instr({sql}, {text(item.text)}) + {len(item.text)})"
            continue
        after = word[position + 1] if position + 1 < len(word) else None
        value = f"split_part({sql}, {text(after.text)}, 1)" if isinstance(after, Literal) else sql
        if item.name == TWO_WORDS:
            value = f"{sql} || ' ' || left({following}, 5)" if following else f"left({sql}, 26)"
        columns.setdefault(item.name, value)


def _pattern(items: Sequence[Item], more_may_follow: bool, delimiter: str) -> str:
    """A regular expression for a whole line. Nothing in it can be matched in two ways for long: linear in practice.

    A value ends where the next literal begins; inside quotes, at the next quote without a backslash before it.
    """
    out: list[str] = []
    seen: set[str] = set()
    inside = False
    for number, item in enumerate(items):
        if isinstance(item, Literal):
            out.append(re.escape(item.text))
            inside ^= item.text.count('"') % 2 == 1
            continue
        following = items[number + 1] if number + 1 < len(items) else None
        ends_at = following.text[0] if isinstance(following, Literal) else None
        body = _value(item.name, ends_at, inside, delimiter)
        out.append(f"(?:{body})" if item.name in seen else f"({body})")
        seen.add(item.name)
    if out[-1] == '"':
        out.append("?")  # writers cut a long last value off together with its quote
    return "".join(out) + (f"(?:{re.escape(delimiter)}.*)?" if more_may_follow else "")


def _value(variable: str, ends_at: str | None, inside: bool, delimiter: str) -> str:
    if variable == TWO_WORDS:
        return r"[^\]\s]+ [+-]\d{4}"
    if inside and ends_at in ('"', None):
        return r'(?>(?:[^"\\]++|\\.)*)'
    if ends_at is None:
        return ".*" if variable.startswith(WORDS) else f"[^{re.escape(delimiter)}]*"
    if inside:
        return rf'(?>(?:[^"\\{re.escape(ends_at)}]++|\\.)*)'
    if variable.startswith("upstream_") and ends_at == " ":
        return "[^ ,:]+(?:(?:,| :) [^ ,:]+)*"
    if variable == "remote_user":
        return ".*?"
    return f"[^{re.escape(ends_at)}]*"
