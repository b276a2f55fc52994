"""Nodes → truth over rows: row by row, or over a whole table at once as sets of rows.

A set of rows is an integer, bit i for row i. A condition gives two sets, where it is true and where it is
false; it is null on the rest. So `and`, `or` and `not` are `&`, `|` and a swap, whatever the number of rows,
and a comparison with a constant is a lookup: its cost is the number of distinct values, not of rows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tabiji.expressions.nodes import (
    AllOf,
    Among,
    AnyOf,
    Cased,
    Choice,
    Coalesced,
    Column,
    Comparison,
    ConditionNode,
    Constant,
    IsNull,
    Joined,
    Like,
    Not,
    NullIf,
    ValueNode,
    columns,
)

Scalar = str | int | None
Row = Mapping[str, Scalar]
Truth = tuple[int, int]  # the rows where a condition is true, and where it is false

_COMPARE: dict[str, Callable[..., bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows to select from, by column; remembers what was asked. A column that a row has not is null."""

    rows: Sequence[Row]
    _indexes: dict[str, dict[Scalar, int]] = field(default_factory=dict, init=False, repr=False)
    _truths: dict[str, Truth] = field(default_factory=dict, init=False, repr=False)

    def index(self, column: str) -> dict[Scalar, int]:
        """The rows of each value of a column."""
        known = self._indexes.get(column)
        if known is None:
            known = {}
            for i, row in enumerate(self.rows):
                value = row.get(column)
                known[value] = known.get(value, 0) | 1 << i
            self._indexes[column] = known
        return known

    def truth(self, node: ConditionNode) -> Truth:
        """Where a condition is true, and where it is false."""
        known = self._truths.get(node.sql)
        if known is None:
            known = self._truths[node.sql] = self._truth(node)
        return known

    def _truth(self, node: ConditionNode) -> Truth:
        match node:
            case AllOf(parts=parts):
                true, false = -1, 0
                for part in parts:
                    here, not_here = self.truth(part)
                    true, false = true & here, false | not_here
                return true, false
            case AnyOf(parts=parts):
                true, false = 0, -1
                for part in parts:
                    here, not_here = self.truth(part)
                    true, false = true | here, false & not_here
                return true, false
            case Not(part=part):
                true, false = self.truth(part)
                return false, true
            case Comparison(left=Column(name=name), operator="=", right=Constant(value=value)) if (
                value is not None
            ):
                return self._equal(name, (value,))
            case Comparison(left=Column(name=name), operator="<>", right=Constant(value=value)) if (
                value is not None
            ):
                equal, different = self._equal(name, (value,))
                return different, equal
            case Among(whole=Column(name=name), options=options):
                values = [option.value for option in options if isinstance(option, Constant)]
                if len(values) == len(options) and None not in values:
                    return self._equal(name, values)
        return self._by_value(node)

    def _equal(self, column: str, values: Sequence[Scalar]) -> Truth:
        """Where a column is one of some values, none of them null."""
        index = self.index(column)
        found = 0
        for value in values:
            found |= index.get(value, 0)
        return found, self._all() & ~index.get(None, 0) & ~found

    def _by_value(self, node: ConditionNode) -> Truth:
        """A comparison, once for each distinct value of its column (for each row where it has several)."""
        names = columns(node)
        test = row_test(node)
        true = false = 0
        if len(names) == 1:
            (name,) = names
            for value, rows in self.index(name).items():
                holds = test({name: value})
                if holds:
                    true |= rows
                elif holds is False:
                    false |= rows
            return true, false
        if not names:
            holds = test({})
            return (self._all() if holds else 0, self._all() if holds is False else 0)
        for i, row in enumerate(self.rows):
            holds = test(row)
            if holds:
                true |= 1 << i
            elif holds is False:
                false |= 1 << i
        return true, false

    def _all(self) -> int:
        return (1 << len(self.rows)) - 1


# Row by row


def row_value(node: ValueNode) -> Callable[[Row], Scalar]:
    """A function from a row to the value."""
    match node:
        case Column(name=name):
            return lambda row: row.get(name)
        case Constant(value=value):
            return lambda row: value
        case Joined(parts=parts):
            return _joined([row_value(part) for part in parts])
        case Coalesced(parts=parts):
            return _first([row_value(part) for part in parts])
        case NullIf(whole=whole, empty=empty):
            value_of, empty_of = row_value(whole), row_value(empty)

            def unless_equal(row: Row) -> Scalar:
                value, other = value_of(row), empty_of(row)
                return None if value is not None and value == other else value

            return unless_equal
        case Cased(function=function, whole=whole):
            text_of = row_value(whole)
            change = str.lower if function == "lower" else str.upper

            def changed(row: Row) -> Scalar:
                text = text_of(row)
                return change(text) if isinstance(text, str) else None

            return changed
        case Choice(branches=branches, otherwise=otherwise):
            tests = [(row_test(chosen), row_value(made)) for chosen, made in branches]
            other_of = row_value(otherwise)

            def chosen_value(row: Row) -> Scalar:
                for test, value_of in tests:
                    if test(row):
                        return value_of(row)
                return other_of(row)

            return chosen_value


def _joined(parts: list[Callable[[Row], Scalar]]) -> Callable[[Row], Scalar]:
    def joined(row: Row) -> Scalar:
        texts = []
        for part in parts:
            value = part(row)
            if value is None:
                return None
            texts.append(str(value))
        return "".join(texts)

    return joined


def _first(parts: list[Callable[[Row], Scalar]]) -> Callable[[Row], Scalar]:
    def first(row: Row) -> Scalar:
        for part in parts:
            value = part(row)
            if value is not None:
                return value
        return None

    return first


def row_test(node: ConditionNode) -> Callable[[Row], bool | None]:
    """A function from a row to true, false or None (null)."""
    match node:
        case AllOf(parts=parts):
            return _decided([row_test(part) for part in parts], False)
        case AnyOf(parts=parts):
            return _decided([row_test(part) for part in parts], True)
        case Not(part=part):
            test = row_test(part)

            def negated(row: Row) -> bool | None:
                holds = test(row)
                return None if holds is None else not holds

            return negated
        case Comparison():
            return _comparison(node)
        case Among(whole=whole, options=options):
            return _among(row_value(whole), [row_value(option) for option in options])
        case Like(whole=whole, pattern=pattern):
            text_of, matches = row_value(whole), like(pattern)

            def alike(row: Row) -> bool | None:
                text = text_of(row)
                return matches(text) if isinstance(text, str) else None

            return alike
        case IsNull(whole=whole):
            value_of = row_value(whole)
            return lambda row: value_of(row) is None


def _decided(tests: list[Callable[[Row], bool | None]], deciding: bool) -> Callable[[Row], bool | None]:
    """`and` is decided by one false part, `or` by a true one; else a null makes them null."""

    def decided(row: Row) -> bool | None:
        outcome: bool | None = not deciding
        for test in tests:
            holds = test(row)
            if holds is deciding:
                return deciding
            if holds is None:
                outcome = None
        return outcome

    return decided


def _comparison(node: Comparison) -> Callable[[Row], bool | None]:
    left_of, right_of = row_value(node.left), row_value(node.right)
    if node.operator == "is distinct from":
        return lambda row: left_of(row) != right_of(row)
    compare = _COMPARE[node.operator]

    def compared(row: Row) -> bool | None:
        left, right = left_of(row), right_of(row)
        return None if left is None or right is None else compare(left, right)

    return compared


def _among(
    value_of: Callable[[Row], Scalar], options: list[Callable[[Row], Scalar]]
) -> Callable[[Row], bool | None]:
    def among(row: Row) -> bool | None:
        value = value_of(row)
        if value is None:
            return None
        found = [option(row) for option in options]
        if value in found:
            return True
        return None if None in found else False

    return among


# Like


@lru_cache(maxsize=1024)
def like(pattern: str) -> Callable[[str], bool]:
    """Whether a text is like a pattern: `%` stands for any characters, `_` for one; nothing is escaped.

    The pieces between the `%` are sought from left to right, each at its first place, and no place is tried
    twice: no pattern makes it slow.
    """
    head, *middle = pattern.split("%")
    if not middle:
        return lambda text: len(text) == len(head) and _fits(text, head, 0)
    tail = middle.pop()
    pieces = [piece for piece in middle if piece]

    def matches(text: str) -> bool:
        start, end = len(head), len(text) - len(tail)
        if end < start or not _fits(text, head, 0) or not _fits(text, tail, end):
            return False
        for piece in pieces:
            found = _find(text, piece, start, end)
            if found < 0:
                return False
            start = found + len(piece)
        return True

    return matches


def _fits(text: str, piece: str, at: int) -> bool:
    if "_" not in piece:
        return text.startswith(piece, at)
    return all(wanted in ("_", text[at + i]) for i, wanted in enumerate(piece))


def _find(text: str, piece: str, start: int, end: int) -> int:
    if "_" not in piece:
        return text.find(piece, start, end)
    return next((at for at in range(start, end - len(piece) + 1) if _fits(text, piece, at)), -1)
