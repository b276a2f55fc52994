"""The text of an expression → tokens that the parser may see; everything else is refused, at its column.

sqlglot reads far more SQL than is meant here, and lets unknown functions through. So its parser is only given
words and signs of a closed list; a word that is a column is marked as a name, whatever it means in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from tabiji.errors import UsageError
from tabiji.expressions.nodes import ColumnType, quoted
from tabiji.language import N_, _, listed

CHARACTERS_MAX = 20_000
DEPTH_MAX = 40  # brackets, `not` and `case` within each other
DIGITS_MAX = 1_000  # of an integer

FUNCTIONS = ("coalesce", "nullif", "lower", "upper")
_WORDS = frozenset({"and", "or", "not", "in", "between", "like", "is", "null", "distinct", "from"})
_CASE_WORDS = frozenset({"case", "when", "then", "else", "end"})
RESERVED = _WORDS | _CASE_WORDS | frozenset(FUNCTIONS)  # can't be the name of a label

_SIGNS = frozenset({"(", ")", ",", "=", "<>", "<", "<=", ">", ">="})
_BEFORE_MINUS = _SIGNS - {")"} | {"", "||"}
_INSTEAD = {
    "==": N_("write `=`"),
    "!=": N_("write `<>`"),
    "^=": N_("write `<>`"),
    "<=>": N_("write `is not distinct from`"),
    "&&": N_("write `and`"),
    "&": N_("write `and`"),
    "|": N_("write `or`"),
    "!": N_("write `not`"),
    "~": N_("there are no regular expressions; use `like`, where `%` stands for any text"),
    "~~": N_("write `like`"),
    ";": N_("one expression only"),
    "`": N_("names stand without quotes, text in single quotes"),
    "::": N_("there are no casts"),
    ".": N_("the name of a column has no dots"),
    "+": N_("there is no arithmetic"),
    "-": N_("there is no arithmetic"),
    "*": N_("there is no arithmetic"),
    "/": N_("there is no arithmetic"),
    "%": N_("there is no arithmetic"),
    "＝": N_("write `=`"),
    "（": N_("write `(`"),
    "）": N_("write `)`"),
    "ilike": N_("use `like`, which tells large letters from small ones"),
    "rlike": N_("use `like`"),
    "regexp": N_("use `like`"),
    "glob": N_("use `like`"),
    "similar": N_("use `like`"),
    "similar to": N_("use `like`"),
    "isnull": N_("write `is null`"),
    "notnull": N_("write `is not null`"),
    "select": N_("there are no subqueries"),
    "exists": N_("there are no subqueries"),
    "true": N_("write a condition, such as `status < 500`"),
    "false": N_("write a condition, such as `status < 500`"),
    "xor": N_("only `and`, `or` and `not` join conditions"),
    "escape": N_("`like` has no escape"),
}
_SIGNS_THERE_ARE = N_("there are = <> < <= > >= in, between, like, is null, is distinct from, and, or, not")
_WORD = re.compile(r"[^\W\d]\w*")
_OPEN = re.compile(r"'(?:[^']|'')*('?)|\"[^\"]*(\"?)|--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)


class ExpressionError(UsageError):
    """What is wrong with an expression; `column` counts from 1, in characters of its text.

    `of_column`: it is about the name of a column that there is not.
    """

    def __init__(self, message: str, column: int, *, of_column: bool = False) -> None:
        super().__init__(_("{message} (column {column})", message=message, column=column))
        self.message = message
        self.column = column
        self.of_column = of_column


def tokens(text: str, columns: Mapping[str, ColumnType], *, functions: bool) -> list[Token]:
    """The tokens of an expression over these columns. Raises ExpressionError at the first that may not be."""
    if len(text) > CHARACTERS_MAX:
        raise ExpressionError(_("an expression has at most {most:,} characters", most=CHARACTERS_MAX), 1)
    try:
        found = Tokenizer().tokenize(text)
    except TokenError:
        raise _unreadable(text) from None
    _refuse_comments(text, found)
    if not found:
        raise ExpressionError(_("the expression is empty"), 1)
    before = ["", *(token.text for token in found[:-1])]
    after = [*(token.text for token in found[1:]), ""]
    checked = [
        _checked(token, text, neighbours, columns, functions)
        for token, *neighbours in zip(found, before, after, strict=True)
    ]
    _refuse_depth(checked)
    return checked


def _checked(
    token: Token,
    text: str,
    neighbours: Sequence[str],
    columns: Mapping[str, ColumnType],
    functions: bool,
) -> Token:
    before, after = neighbours
    written = text[token.start : token.end + 1]
    column = token.start + 1
    word = written.lower()
    match token.token_type:
        case TokenType.STRING if written.startswith("'"):
            return token
        case TokenType.NUMBER:
            return _integer(token, text, column)
        case TokenType.IDENTIFIER if written.startswith('"'):
            message = _("text stands in single quotes: {text}", text=quoted(token.text))
            raise ExpressionError(message, column)
    if _WORD.fullmatch(written):
        if word in _WORDS or (functions and word in _CASE_WORDS):
            return token
        if word in _CASE_WORDS and written not in columns:
            message = _("`{written}` is for the expressions of a source", written=written)
            raise ExpressionError(message, column)
        if after == "(":
            if functions and word in FUNCTIONS:
                return token
            raise ExpressionError(_no_function(written, functions), column)
        if written in columns:
            return Token(TokenType.IDENTIFIER, written, token.line, token.col, token.start, token.end)
        if word in _INSTEAD:
            raise ExpressionError(_not_here(written, _INSTEAD[word]), column)
        raise ExpressionError(unknown_column(written, columns), column, of_column=True)
    if written in _SIGNS or (written == "||" and functions):
        return token
    if written == "-" and after.isdecimal() and (before in _BEFORE_MINUS or before.lower() in RESERVED):
        return token
    if written == "||":
        message = _("`||` joins texts in the expressions of a source; here, write `or`")
        raise ExpressionError(message, column)
    if written[:1] in "‘’“”＇＂":
        raise ExpressionError(_("text stands in plain single quotes: '…'"), column)
    instead = _INSTEAD.get(word) or _INSTEAD.get(written[:1]) or _SIGNS_THERE_ARE
    raise ExpressionError(_not_here(written, instead), column)


def _not_here(written: str, instead: str) -> str:
    return _("`{written}` can't be used here; {instead}", written=written, instead=_(instead))


def _integer(token: Token, text: str, column: int) -> Token:
    rest = re.match(r"[\w.]*", text[token.start :])
    written = rest[0] if rest else token.text
    if not written.isascii() or not written.isdigit():
        raise ExpressionError(_("`{written}` is not a whole number", written=written), column)
    if len(written) > DIGITS_MAX:
        raise ExpressionError(_("a number has at most {most:,} digits", most=DIGITS_MAX), column)
    return token


def unknown_column(name: str, columns: Iterable[str]) -> str:
    """That there is no such column, and which is near."""
    known = sorted(columns)
    near = get_close_matches(name.lower(), known, 1, 0.6)
    if near:
        return _("`{name}` is not a column; did you mean `{near}`?", name=name, near=near[0])
    return _(
        "`{name}` is not a column; there are {known} (text stands in single quotes)",
        name=name,
        known=listed(known),
    )


def _no_function(name: str, functions: bool) -> str:
    if not functions:
        return _("`{name}` is a function; conditions have none", name=name)
    near = get_close_matches(name.lower(), FUNCTIONS, 1, 0.6)
    if near:
        return _("`{name}` is not a function; did you mean `{near}`?", name=name, near=near[0])
    return _("`{name}` is not a function; there are {known}", name=name, known=listed(FUNCTIONS))


def _unreadable(text: str) -> ExpressionError:
    for match in _OPEN.finditer(text):
        sign = match[0][0]
        if sign in "'\"" and not (match[1] or match[2]):
            return ExpressionError(_("the quote that opens here is not closed"), match.start() + 1)
        if sign not in "'\"":
            return _comment(match.start())
    return ExpressionError(_("this can't be read"), 1)


def _refuse_comments(text: str, found: list[Token]) -> None:
    """Comments are what lies between tokens and isn't space."""
    start = 0
    for end, following in [(token.start, token.end + 1) for token in found] + [(len(text), 0)]:
        between = text[start:end]
        if between.strip():
            raise _comment(start + len(between) - len(between.lstrip()))
        start = following


def _comment(offset: int) -> ExpressionError:
    return ExpressionError(_("an expression has no comments"), offset + 1)


def _refuse_depth(found: list[Token]) -> None:
    depth = negations = 0
    for token in found:
        word = token.text.lower() if token.token_type is not TokenType.STRING else ""
        negations = negations + 1 if word == "not" else 0
        depth += (word in ("(", "case")) - (word in (")", "end"))
        if depth + negations > DEPTH_MAX:
            message = _("at most {most} levels within each other", most=DEPTH_MAX)
            raise ExpressionError(message, token.start + 1)
