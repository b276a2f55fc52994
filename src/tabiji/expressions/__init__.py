"""The text of an expression → a condition or a value, checked once; then sets of series, or values of rows.

Conditions follow SQL's three-valued logic; in the end, null is false. Text is compared by code points.
No expression reaches a database, none uses a regular expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tabiji.expressions import parsing
from tabiji.expressions.nodes import ColumnType, ConditionNode, ValueType, columns
from tabiji.expressions.possible import compared_constants, possible
from tabiji.expressions.selecting import Row, Scalar, Table, row_test, row_value
from tabiji.expressions.tokens import FUNCTIONS, RESERVED, ExpressionError

__all__ = [
    "FUNCTIONS",
    "RESERVED",
    "SERIES_COLUMNS",
    "ColumnType",
    "ExpressionError",
    "Predicate",
    "Table",
    "Value",
    "predicate",
    "series_columns",
    "value",
]

# The columns of a series that are not labels.
SERIES_COLUMNS: Mapping[str, ColumnType] = {
    "source": "text",
    "service": "text",
    "kind": "text",
    "operation": "text",
    "method": "text",
    "route": "text",
    "status": "integer",
    "error": "text",
    "host": "text",
}


def series_columns(labels: Iterable[str] = ()) -> dict[str, ColumnType]:
    """The columns that an objective's expressions may use, with the labels of all sources (all text)."""
    return {**dict.fromkeys(sorted(labels), "text"), **SERIES_COLUMNS}


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition. `sql` is its canonical text: conditions that say the same in the same order are equal."""

    sql: str
    columns: frozenset[str] = field(compare=False)
    _node: ConditionNode = field(compare=False, repr=False)
    _test: Callable[[Row], bool | None] = field(compare=False, repr=False)

    def select(self, table: Table) -> int:
        """The rows where the condition is true, as bits (bit i is row i). Remembered by the table."""
        return table.truth(self._node)[0] & ((1 << len(table.rows)) - 1)

    def holds(self, row: Row) -> bool:
        """Whether it is true of one row; null is false."""
        return self._test(row) is True

    def can_hold(self) -> bool:
        """Whether some row could satisfy it. Only a proof makes it False; where in doubt, True."""
        return possible(self._node, {True})

    def can_fail(self) -> bool:
        """Whether it could be false or null of some row. Only a proof makes it False."""
        return possible(self._node, {False, None})

    def constants(self, column: str) -> tuple[tuple[str, int], ...]:
        """The texts that a column is compared with by equality, each with its column in the text, from 1."""
        return compared_constants(self._node, column)


@dataclass(frozen=True, slots=True)
class Value:
    """A text or an integer made of a row's columns; `type` is None where it is always null."""

    sql: str
    type: ValueType
    columns: frozenset[str] = field(compare=False)
    _make: Callable[[Row], Scalar] = field(compare=False, repr=False)

    def evaluate(self, row: Row) -> Scalar:
        """The value of one row; a column that the row has not is null."""
        return self._make(row)


def predicate(text: str, columns: Mapping[str, ColumnType]) -> Predicate:
    """The condition that the text states over these columns. Remembered. Raises ExpressionError."""
    return _predicate(text, tuple(columns.items()))


def value(text: str, columns: Mapping[str, ColumnType]) -> Value:
    """The value that the text makes of these columns. Remembered. Raises ExpressionError.

    Beside conditions (in `case when`), values have `||`, `coalesce`, `nullif`, `lower`, `upper` and `case`.
    """
    return _value(text, tuple(columns.items()))


@lru_cache(maxsize=65_536)
def _predicate(text: str, known: tuple[tuple[str, ColumnType], ...]) -> Predicate:
    node = parsing.condition(text, dict(known))
    return Predicate(node.sql, columns(node), node, row_test(node))


@lru_cache(maxsize=4_096)
def _value(text: str, known: tuple[tuple[str, ColumnType], ...]) -> Value:
    node = parsing.value(text, dict(known))
    return Value(node.sql, node.type, columns(node), row_value(node))
