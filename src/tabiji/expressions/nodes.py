"""What an expression can consist of: a closed list, whatever SQL could say beyond it.

`sql` is the canonical text of a node: two expressions that differ in spaces, brackets or the case of keywords
only have the same. It is also the key under which results are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "integer"]
ValueType = ColumnType | None  # None: only NULL, which goes with either
Operator = Literal["=", "<>", "<", "<=", ">", ">=", "is distinct from"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: ColumnType
    sql: str
    offset: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | int | None
    type: ValueType
    sql: str
    offset: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """`a || b`"""

    parts: tuple[ValueNode, ...]
    sql: str
    type: ValueType = "text"


@dataclass(frozen=True, slots=True)
class Coalesced:
    """The first that is not null."""

    parts: tuple[ValueNode, ...]
    type: ValueType
    sql: str


@dataclass(frozen=True, slots=True)
class NullIf:
    """`whole`, but null where it equals `empty`."""

    whole: ValueNode
    empty: ValueNode
    type: ValueType
    sql: str


@dataclass(frozen=True, slots=True)
class Cased:
    """`lower(whole)` or `upper(whole)`"""

    function: Literal["lower", "upper"]
    whole: ValueNode
    sql: str
    type: ValueType = "text"


@dataclass(frozen=True, slots=True)
class Choice:
    """`case when condition then value … else otherwise end`"""

    branches: tuple[tuple[ConditionNode, ValueNode], ...]
    otherwise: ValueNode
    type: ValueType
    sql: str


@dataclass(frozen=True, slots=True)
class Comparison:
    left: ValueNode
    operator: Operator
    right: ValueNode
    sql: str


@dataclass(frozen=True, slots=True)
class Among:
    """`whole in (options)`"""

    whole: ValueNode
    options: tuple[ValueNode, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class Like:
    whole: ValueNode
    pattern: str
    sql: str


@dataclass(frozen=True, slots=True)
class IsNull:
    whole: ValueNode
    sql: str


@dataclass(frozen=True, slots=True)
class Not:
    part: ConditionNode
    sql: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """`a and b`"""

    parts: tuple[ConditionNode, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`a or b`"""

    parts: tuple[ConditionNode, ...]
    sql: str


ValueNode = Column | Constant | Joined | Coalesced | NullIf | Cased | Choice
ConditionNode = Comparison | Among | Like | IsNull | Not | AllOf | AnyOf
Node = ValueNode | ConditionNode


def children(node: Node) -> Iterable[Node]:
    match node:
        case Joined(parts=parts) | Coalesced(parts=parts):
            return parts
        case AllOf(parts=conditions) | AnyOf(parts=conditions):
            return conditions
        case NullIf(whole=whole, empty=empty):
            return (whole, empty)
        case Cased(whole=whole) | Like(whole=whole) | IsNull(whole=whole):
            return (whole,)
        case Among(whole=whole, options=options):
            return (whole, *options)
        case Choice(branches=branches, otherwise=otherwise):
            return (*(part for branch in branches for part in branch), otherwise)
        case Comparison(left=left, right=right):
            return (left, right)
        case Not(part=part):
            return (part,)
        case Column() | Constant():
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def columns(node: Node) -> frozenset[str]:
    return frozenset(part.name for part in walk(node) if isinstance(part, Column))


def quoted(value: str | int | None) -> str:
    """A constant as SQL."""
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
