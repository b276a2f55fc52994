"""A scalar of a document → what it means, or a fault at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tabiji import expressions, windows
from tabiji.definitions import shapes
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.meanings import MistakeError
from tabiji.definitions.shaping import nearest
from tabiji.expressions import ColumnType, ExpressionError, Predicate
from tabiji.language import _

Meaning = TypeVar("Meaning")


def require(document: Document, loc: Loc, message: str, *, key: bool = False) -> None:
    """That something is missing, unless what stood there had a fault that was told already."""
    if not document.left_out(loc):
        document.blame(loc, message, key=key)


def condition(
    document: Document,
    loc: Loc,
    written: str,
    columns: Mapping[str, ColumnType] | None,
    sources: frozenset[str],
) -> Predicate | None:
    """A condition over series; None where it is wrong, or the columns are not known. Sources and kinds exist."""
    if columns is None:
        return None
    try:
        condition = expressions.predicate(written, columns)
    except ExpressionError as error:
        document.blame(loc, error.message, offset=error.column - 1)
        return None
    there_are = (("source", _("a source"), sorted(sources)), ("kind", _("a kind"), list(shapes.KINDS)))
    for column, noun, known in there_are:
        for constant, place in condition.constants(column):
            if constant not in known:
                hint = nearest(constant, known)
                message = _("`{name}` is not {noun}{hint}", name=constant, noun=noun, hint=hint)
                document.blame(loc, message, offset=place - 1)
    return condition


def meaning(
    document: Document, loc: Loc, read: Callable[[str], Meaning], written: str | None
) -> Meaning | None:
    """What a scalar means; None where it is missing or wrong."""
    if written is None:
        return None
    try:
        return read(written)
    except MistakeError as mistake:
        document.blame(loc, mistake.message, offset=mistake.offset)
        return None


def minutes(document: Document, loc: Loc, written: str | None, least: int, most: int) -> int | None:
    """Whole minutes within limits; None where they are missing or wrong."""
    if written is None:
        return None
    try:
        minutes = windows.parse_minutes(written)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
    if not least <= minutes <= most:
        message = _(
            "`{written}` is not from `{least}` to `{most}`",
            written=written,
            least=windows.format_minutes(least),
            most=windows.format_minutes(most),
        )
        document.blame(loc, message)
        return None
    return minutes
