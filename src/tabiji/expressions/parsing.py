"""The text of an expression → nodes, checked against the columns and their types.

Parsed by sqlglot; what it returns is translated node by node, by a closed list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token

from tabiji.expressions.nodes import (
    AllOf,
    Among,
    AnyOf,
    Cased,
    Choice,
    Coalesced,
    Column,
    ColumnType,
    Comparison,
    ConditionNode,
    Constant,
    IsNull,
    Joined,
    Like,
    Not,
    NullIf,
    Operator,
    ValueNode,
    ValueType,
    quoted,
)
from tabiji.expressions.tokens import ExpressionError, tokens
from tabiji.language import _

_COMPARISONS: dict[type[exp.Expr], Operator] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeNEQ: "is distinct from",
    exp.NullSafeEQ: "is distinct from",  # negated by its reader
}


# What each kind of node may carry: sqlglot hides some words, such as the `not` of `not like`, in arguments.
_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    **dict.fromkeys([*_COMPARISONS, exp.And, exp.Or, exp.Nullif], frozenset({"this", "expression"})),
    **dict.fromkeys([exp.Like, exp.Is], frozenset({"this", "expression", "negate"})),
    **dict.fromkeys([exp.Column, exp.Not, exp.Neg, exp.Lower, exp.Upper], frozenset({"this"})),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Null: frozenset(),
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.DPipe: frozenset({"this", "expression", "safe"}),
    exp.Coalesce: frozenset({"this", "expressions"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true"}),
}


def condition(text: str, columns: Mapping[str, ColumnType]) -> ConditionNode:
    """The nodes of a condition. Raises ExpressionError."""
    return _condition(_tree(text, columns, functions=False), columns)


def value(text: str, columns: Mapping[str, ColumnType]) -> ValueNode:
    """The nodes of a value. Raises ExpressionError."""
    return _value(_tree(text, columns, functions=True), columns)


def _tree(text: str, columns: Mapping[str, ColumnType], *, functions: bool) -> exp.Expr:
    found = tokens(text, columns, functions=functions)
    try:
        trees = Parser(error_level=ErrorLevel.IMMEDIATE).parse_into(exp.Condition, found, text)
    except ParseError as error:
        raise _misplaced(error, found) from None
    except RecursionError:
        raise ExpressionError(_("too much within each other"), 1) from None
    if found and len(trees) != 1:  # a lone `else` is none at all to the parser
        raise ExpressionError(_unexpected(_written(found[0])), found[0].start + 1)
    if not found or trees[0] is None:
        raise ExpressionError(_("the expression is empty"), 1)
    return trees[0]


def _misplaced(error: ParseError, found: list[Token]) -> ExpressionError:
    at = error.errors[0]
    index = next(
        (i for i, token in enumerate(found) if (token.line, token.col) == (at["line"], at["col"])),
        len(found) - 1,
    )
    token, last = found[index], index == len(found) - 1
    written, column = _written(token), token.start + 1
    description = str(at["description"])
    if description.startswith("Invalid expression"):
        message = _unexpected(written)
    elif description.startswith("Expecting )"):
        message = _("a `)` is missing near {written}", written=written)
    elif description.startswith("The number of provided arguments"):
        message = _("too many arguments before {written}", written=written)
    elif last:
        message = _("the expression ends too early: something is missing after {written}", written=written)
    else:
        message = _("something is missing near {written}", written=written)
    return ExpressionError(message, column)


def _unexpected(written: str) -> str:
    return _("{written} is not expected here", written=written)


def _written(token: Token) -> str:
    return quoted(token.text) if token.token_type.name == "STRING" else f"`{token.text}`"


def _column(tree: exp.Expr) -> int:
    """Where a part of the text begins, from 1: sqlglot keeps the places of names and constants only."""
    starts = [node.meta["start"] for node in tree.walk() if "start" in node.meta]
    return min(starts, default=0) + 1


def _known(tree: exp.Expr) -> exp.Expr:
    """The node without its brackets, if it is on the list and carries nothing that is not."""
    tree = tree.unnest()
    if type(tree) is exp.Concat:
        raise ExpressionError(_("two texts in a row"), _column(tree))
    if type(tree) is exp.In and not tree.expressions:
        raise ExpressionError(_("`in` needs a list, such as `in ('a', 'b')`"), _column(tree))
    carried = {name for name, argument in tree.args.items() if argument not in (None, False, [])}
    if type(tree) not in _ARGUMENTS or carried - _ARGUMENTS[type(tree)]:
        raise ExpressionError(_("this can't be used here"), _column(tree))
    return tree


# Conditions


def _condition(tree: exp.Expr, columns: Mapping[str, ColumnType]) -> ConditionNode:
    tree = _known(tree)
    if type(tree) is exp.And:
        return _all([_condition(part, columns) for part in _chain(tree, exp.And)])
    if type(tree) is exp.Or:
        return _any([_condition(part, columns) for part in _chain(tree, exp.Or)])
    if type(tree) in _COMPARISONS:
        return _comparison(tree, columns)
    match tree:
        case exp.Not():
            return _negated(_condition(tree.this, columns))
        case exp.In():
            return _among(tree, columns)
        case exp.Between():
            return _between(tree, columns)
        case exp.Like():
            return _like(tree, columns)
        case exp.Is():
            return _is_null(tree, columns)
    written = _value(tree, columns)
    message = _("`{written}` is not a condition; compare it, for example `status < 500`", written=written.sql)
    raise ExpressionError(message, _column(tree))


def _chain(tree: exp.Expr, kind: type[exp.Expr]) -> Iterable[exp.Expr]:
    """The parts of `a and b and c`, without a level of recursion for each."""
    waiting = [tree]
    while waiting:
        part = waiting.pop().unnest()
        if type(part) is kind:
            waiting += [part.expression, part.this]
        else:
            yield part


def _all(parts: Iterable[ConditionNode]) -> AllOf:
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, AllOf) else (part,)))
    return AllOf(flat, f"({' and '.join(part.sql for part in flat)})")


def _any(parts: Iterable[ConditionNode]) -> AnyOf:
    flat = tuple(one for part in parts for one in (part.parts if isinstance(part, AnyOf) else (part,)))
    return AnyOf(flat, f"({' or '.join(part.sql for part in flat)})")


def _negated(part: ConditionNode) -> ConditionNode:
    return part.part if isinstance(part, Not) else Not(part, f"(not {part.sql})")


def _comparison(tree: exp.Expr, columns: Mapping[str, ColumnType]) -> ConditionNode:
    left, right = _value(tree.this, columns), _value(tree.expression, columns)
    _refuse_mixed(left, right, tree)
    made = _compared(left, _COMPARISONS[type(tree)], right)
    return _negated(made) if type(tree) is exp.NullSafeEQ else made


def _compared(left: ValueNode, operator: Operator, right: ValueNode) -> Comparison:
    return Comparison(left, operator, right, f"({left.sql} {operator} {right.sql})")


def _between(tree: exp.Between, columns: Mapping[str, ColumnType]) -> ConditionNode:
    whole, low, high = (_value(tree.args[name], columns) for name in ("this", "low", "high"))
    _refuse_mixed(whole, low, tree)
    _refuse_mixed(whole, high, tree)
    return _all((_compared(whole, ">=", low), _compared(whole, "<=", high)))


def _among(tree: exp.In, columns: Mapping[str, ColumnType]) -> ConditionNode:
    whole = _value(tree.this, columns)
    options = tuple(_value(option, columns) for option in tree.expressions)
    for option, written in zip(options, tree.expressions, strict=True):
        _refuse_mixed(whole, option, written)
    return Among(whole, options, f"({whole.sql} in ({', '.join(option.sql for option in options)}))")


def _like(tree: exp.Like, columns: Mapping[str, ColumnType]) -> ConditionNode:
    whole, pattern = _value(tree.this, columns), _known(tree.expression)
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise ExpressionError(_("`like` needs a pattern in single quotes"), _column(pattern))
    _refuse_integer(whole, "`like`", tree)
    made = Like(whole, pattern.this, f"({whole.sql} like {quoted(pattern.this)})")
    return _negated(made) if tree.args.get("negate") else made


def _is_null(tree: exp.Is, columns: Mapping[str, ColumnType]) -> ConditionNode:
    if not isinstance(tree.expression, exp.Null):
        raise ExpressionError(_("`is` goes with `null` and with `distinct from` only"), _column(tree))
    whole = _value(tree.this, columns)
    made = IsNull(whole, f"({whole.sql} is null)")
    return _negated(made) if tree.args.get("negate") else made


# Values


def _value(tree: exp.Expr, columns: Mapping[str, ColumnType]) -> ValueNode:
    tree = _known(tree)
    match tree:
        case exp.Column(this=exp.Identifier(this=str(name))) if name in columns:
            return Column(name, columns[name], name, _column(tree) - 1)
        case exp.Literal():
            constant = tree.this if tree.is_string else int(tree.this)
            return _constant(constant, _column(tree) - 1)
        case exp.Neg(this=exp.Literal(is_string=False) as number):
            return _constant(-int(number.this), _column(tree) - 2)
        case exp.Null():
            return _constant(None, 0)
        case exp.DPipe():
            parts = tuple(_value(part, columns) for part in _chain(tree, exp.DPipe))
            return Joined(parts, f"({' || '.join(part.sql for part in parts)})")
        case exp.Coalesce():
            parts = tuple(_value(part, columns) for part in (tree.this, *tree.expressions))
            return Coalesced(parts, _common(parts, tree), f"coalesce({', '.join(p.sql for p in parts)})")
        case exp.Nullif():
            whole, empty = _value(tree.this, columns), _value(tree.expression, columns)
            _refuse_mixed(whole, empty, tree)
            return NullIf(whole, empty, whole.type, f"nullif({whole.sql}, {empty.sql})")
        case exp.Lower() | exp.Upper():
            whole = _value(tree.this, columns)
            _refuse_integer(whole, f"`{tree.key}`", tree)
            return Cased("lower" if tree.key == "lower" else "upper", whole, f"{tree.key}({whole.sql})")
        case exp.Case():
            return _choice(tree, columns)
    if type(tree) in (*_COMPARISONS, exp.And, exp.Or, exp.Not, exp.In, exp.Between, exp.Like, exp.Is):
        raise ExpressionError(_("a condition can't stand where a value is meant"), _column(tree))
    raise ExpressionError(_("this can't be used here"), _column(tree))


def _choice(tree: exp.Case, columns: Mapping[str, ColumnType]) -> ValueNode:
    subject = _value(tree.this, columns) if tree.this else None
    branches = []
    for branch in map(_known, tree.args["ifs"]):
        if subject is None:
            chosen: ConditionNode = _condition(branch.this, columns)
        else:
            option = _value(branch.this, columns)
            _refuse_mixed(subject, option, branch)
            chosen = _compared(subject, "=", option)
        branches.append((chosen, _value(branch.args["true"], columns)))
    default = tree.args.get("default")
    otherwise = _value(default, columns) if default else _constant(None, 0)
    common = _common([*(made for _, made in branches), otherwise], tree)
    whens = " ".join(f"when {chosen.sql} then {made.sql}" for chosen, made in branches)
    return Choice(tuple(branches), otherwise, common, f"case {whens} else {otherwise.sql} end")


def _constant(constant: str | int | None, offset: int) -> Constant:
    kind: ValueType = None
    if constant is not None:
        kind = "text" if isinstance(constant, str) else "integer"
    return Constant(constant, kind, quoted(constant), offset)


# Types


def _common(parts: Iterable[ValueNode], tree: exp.Expr) -> ValueType:
    kinds = {part.type for part in parts} - {None}
    if len(kinds) > 1:
        message = _("this is now text, now an integer: it must be one of them")
        raise ExpressionError(message, _column(tree))
    return kinds.pop() if kinds else None


def _refuse_mixed(left: ValueNode, right: ValueNode, tree: exp.Expr) -> None:
    if left.type is None or right.type is None or left.type == right.type:
        return
    text, integer = (left, right) if left.type == "text" else (right, left)
    hint = ""
    if isinstance(text, Constant) and str(text.value).isdecimal():
        hint = _("; write {value} without quotes", value=text.value)
    elif isinstance(integer, Constant):
        hint = _("; write {value}", value=quoted(str(integer.value)))
    message = _(
        "{text} is text and {integer} is an integer: they can't be compared{hint}",
        text=text.sql,
        integer=integer.sql,
        hint=hint,
    )
    raise ExpressionError(message, _column(tree))


def _refuse_integer(whole: ValueNode, what: str, tree: exp.Expr) -> None:
    if whole.type == "integer":
        message = _("{what} needs text, and {value} is an integer", what=what, value=whole.sql)
        raise ExpressionError(message, _column(tree))
