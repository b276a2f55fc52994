"""A condition → whether any row at all could make it true: what no event can satisfy is a mistake.

The condition is tried on representative rows. For a column that is compared with constants these are each
constant, its neighbours and null: between two neighbours nothing changes. What constants can't represent
(`like`, two columns with each other, functions) counts as possible either way, so that only what is proved
impossible is called so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from itertools import product
from math import prod

from tabiji.expressions.nodes import (
    AllOf,
    Among,
    AnyOf,
    Column,
    Comparison,
    ConditionNode,
    Constant,
    IsNull,
    Like,
    Node,
    Not,
    walk,
)
from tabiji.expressions.selecting import Row, Scalar, row_test

ROWS_MAX = 2_000  # where more would have to be tried, all is taken for possible

Outcomes = frozenset[bool | None]
_ANYTHING: Outcomes = frozenset({True, False, None})
_JUST: dict[bool | None, Outcomes] = {one: frozenset({one}) for one in (True, False, None)}


def possible(node: ConditionNode, wanted: Set[bool | None]) -> bool:
    """Whether the condition could have one of these outcomes (None is null) on some row."""
    domains = _domains(node)
    if prod(map(len, domains.values())) > ROWS_MAX:
        return True
    rows = (dict(zip(domains, values, strict=True)) for values in product(*domains.values()))
    outcomes = _outcomes(node)
    return any(outcomes(row) & wanted for row in rows)


def compared_constants(node: ConditionNode, column: str) -> tuple[tuple[str, int], ...]:
    """The texts compared with a column by `=`, `<>`, `is distinct from` or `in`, with their places."""
    return tuple(
        (constant.value, constant.offset + 1)
        for name, constant in _pairs(node)
        if name == column and isinstance(constant.value, str)
    )


def _pairs(node: Node) -> Iterator[tuple[str, Constant]]:
    for part in walk(node):
        match part:
            case Comparison(
                left=Column(name=name), operator="=" | "<>" | "is distinct from", right=Constant() as constant
            ):
                yield name, constant
            case Comparison(
                left=Constant() as constant, operator="=" | "<>" | "is distinct from", right=Column(name=name)
            ):
                yield name, constant
            case Among(whole=Column(name=name), options=options):
                yield from ((name, option) for option in options if isinstance(option, Constant))


def _domains(node: ConditionNode) -> dict[str, list[Scalar]]:
    """The values to try of each column, those that satisfy an equality first."""
    domains: dict[str, dict[Scalar, None]] = {}
    constants: dict[str, list[str | int]] = {}
    for part in walk(node):
        if isinstance(part, Column):
            domains.setdefault(part.name, {})
    for part in walk(node):
        match part:
            case (
                Comparison(left=Column(name=name), right=Constant(value=value))
                | Comparison(left=Constant(value=value), right=Column(name=name))
            ) if value is not None:
                constants.setdefault(name, []).append(value)
            case Among(whole=Column(name=name), options=options):
                found = [option.value for option in options if isinstance(option, Constant)]
                constants.setdefault(name, []).extend(value for value in found if value is not None)
    for name, domain in domains.items():
        known = constants.get(name, [])
        domain.update(dict.fromkeys(known))
        for value in known:
            if isinstance(value, int):
                domain.update(dict.fromkeys((value - 1, value + 1)))
            else:
                domain.update(dict.fromkeys((value + "\0", "")))  # its follower, and the first of all
        domain[None] = None
        if not known:
            domain[""] = None
    return {name: list(domain) for name, domain in domains.items()}


def _outcomes(node: ConditionNode) -> Callable[[Row], Outcomes]:
    """A function from a row to what the condition can be there."""
    match node:
        case AllOf(parts=parts):
            return _combined([_outcomes(part) for part in parts], False)
        case AnyOf(parts=parts):
            return _combined([_outcomes(part) for part in parts], True)
        case Not(part=part):
            inner = _outcomes(part)
            return lambda row: frozenset(None if holds is None else not holds for holds in inner(row))
        case Like(whole=Column(name=name)):
            return lambda row: _ANYTHING if row[name] is not None else _JUST[None]
        case (
            IsNull(whole=Column())
            | Comparison(left=Column(), right=Constant())
            | Comparison(left=Constant(), right=Column())
        ):
            test = row_test(node)
            return lambda row: _JUST[test(row)]
        case Among(whole=Column(), options=options) if all(isinstance(one, Constant) for one in options):
            among = row_test(node)
            return lambda row: _JUST[among(row)]
        case Comparison(left=Constant(), right=Constant()):
            holds = row_test(node)({})
            return lambda row: _JUST[holds]
    return lambda row: _ANYTHING


def _combined(parts: list[Callable[[Row], Outcomes]], deciding: bool) -> Callable[[Row], Outcomes]:
    """What `and` (decided by False) or `or` (by True) can be, each part taken by itself."""

    def combined(row: Row) -> Outcomes:
        found = [part(row) for part in parts]
        others = [outcomes - {deciding} for outcomes in found]
        result: set[bool | None] = {deciding} if any(deciding in outcomes for outcomes in found) else set()
        if all(others):
            if all((not deciding) in outcomes for outcomes in others):
                result.add(not deciding)
            if any(None in outcomes for outcomes in others):
                result.add(None)
        return frozenset(result)

    return combined
