"""Every word in English and Japanese: what the catalogues lack, what bypasses them."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from babel.messages.pofile import read_po

from tabiji import catalogues

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "tabiji"
sys.path.insert(0, str(ROOT / "scripts"))
words = importlib.import_module("words")  # a script of ours, and no package

# The catalogues


def test_every_message_has_one_translation_that_fits() -> None:
    assert words.faults() == []


@pytest.mark.parametrize("path", sorted(catalogues.FOLDER.glob("*/*.po")), ids=lambda path: path.stem)
def test_translations_are_read_as_gettext_reads_them(path: Path) -> None:
    with path.open("rb") as file:
        known = [message for message in read_po(file, locale=path.parent.name) if not message.fuzzy]
    firsts = {
        (message.context, _first(message.id)): _first(message.string) for message in known if message.id
    }
    assert dict(catalogues.read(path.read_text("utf-8"))) == {
        key: text for key, text in firsts.items() if text
    }


def _first(text: str | Sequence[str] | None) -> str:
    return text if isinstance(text, str) else text[0] if text else ""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param('_("{n} lines", n=1)', [], id="a message with a place"),
        pytest.param('_(f"{n} lines")', [(1, "an f-string")], id="an f-string"),
        pytest.param('_("a" + b)', [(1, "put together by an operator")], id="a sum"),
        pytest.param('_("%s lines" % n)', [(1, "put together by an operator")], id="a percent sign"),
        pytest.param('ngettext("one", "{}".format(n), n)', [(1, "made by .format()")], id="a format"),
        pytest.param('pgettext("of a tier", f"{n}")', [(1, "an f-string")], id="an f-string in a context"),
    ],
)
def test_what_cannot_be_translated_is_found(source: str, found: list[tuple[int, str]]) -> None:
    assert list(words.unsayable(source)) == found


def test_messages_are_found_wherever_they_stand() -> None:
    source = (
        'print(f"{_(\'in an f-string\')}", headings("#", "left"), pgettext("c", "d"), ngettext("1", "{n}", 2))\n'
        'log.info("%s began", name)\nTABLE = {"a": N_("later")}\n'
    )
    assert sorted((c or "", one, many) for c, one, many, _ in words.written(source)) == [
        ("", "%s began", None),
        ("", "1", "{n}"),
        ("", "in an f-string", None),
        ("", "later", None),
        ("c", "d", None),
        ("heading", "left", None),
    ]


# What bypasses them

SAY = frozenset({"echo", "secho", "say", "wrapped"})
TRANSLATE = frozenset({"_", "N_", "_h", "ngettext", "pgettext", "headings"})
SEVERAL_WORDS = re.compile(r"[A-Za-z]{2,}[,;:]? (?:[a-z]{2,}|[aI]\b)")
# Faults of ours, for which nobody but a developer is meant; and texts that are asked for, logged or kept, not told.
OURS = frozenset({"ValueError", "TypeError", "AssertionError", "OSError", "SignInFailed"})
CAUGHT = frozenset({"PydanticCustomError", "ConnectError", "ReadTimeout", "_no_chart"})
SENT = (
    "web/pages/charts.py",
    "web/pages/lines.py",
    "web/pages/login.py",
    "web/pages/reports.py",
    "web/pages/postmortems.py",
)  # lists of names, headers, the audit log
COMMAND_LINE = re.compile(r"^[ `]*(tabiji |health: )")
LANGUAGE_ITSELF = {  # module → texts that are of no language, or of one on purpose
    "cli/output.py": {"bold red"},  # a style
    "cli/formats.py": {"not recognised"},  # in JSON
    "reports/phrases.py": {"less than a minute"},  # of a receiver's language
}
EXPRESSION = re.compile(r"\b(is null|is distinct from|in \(|kind = )")


@pytest.mark.parametrize(
    "room", sorted({path.relative_to(SOURCES).parts[0] for path in SOURCES.rglob("*.py")})
)
def test_nobody_is_told_anything_past_the_catalogues(room: str) -> None:
    paths = [SOURCES / room] if room.endswith(".py") else sorted((SOURCES / room).rglob("*.py"))
    assert [fault for path in paths for fault in _past_the_catalogues(path)] == []


def _past_the_catalogues(path: Path) -> Iterator[str]:
    name = path.relative_to(SOURCES).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    found = [*_told(tree)]
    if name.startswith(("cli/", "reports/", "discovery/", "web/pages/")) and name not in SENT:
        found += _bare(tree)
    allowed = LANGUAGE_ITSELF.get(name, set())
    for line, text in found:
        if text not in allowed and not COMMAND_LINE.match(text) and not EXPRESSION.search(text):
            yield f"{name}:{line}: {text!r}"


def test_what_bypasses_them_is_found() -> None:
    tree = ast.parse(
        'raise UsageError(f"no {thing} is there")\nclick.echo("All is well" if well else _("Not so"))'
    )
    assert sorted(_told(tree)) == [(1, " is there"), (2, "All is well")]
    assert list(_bare(ast.parse('"""Not this."""\nSAID = "that is so"\nlog.info("nor this one")'))) == [
        (2, "that is so")
    ]


def _told(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words that are raised, or printed, as they stand."""
    for node in ast.walk(tree):
        arguments: list[ast.expr] = []
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if _name(node.exc.func) not in OURS | CAUGHT:
                arguments = [*node.exc.args, *(one.value for one in node.exc.keywords)]
        elif isinstance(node, ast.Call) and _name(node.func) in SAY:
            arguments = node.args[:1]
        for argument in arguments:
            yield from _texts(argument)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(node: ast.expr) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Constant(value=str(text)) if SEVERAL_WORDS.search(text) or re.fullmatch(
            r" [a-z]+ [a-z]+", text
        ):
            yield node.lineno, text
        case ast.JoinedStr():
            for one in node.values:
                yield from _texts(one)
        case ast.IfExp():
            yield from _texts(node.body)
            yield from _texts(node.orelse)
        case ast.BinOp():
            yield from _texts(node.left)
            yield from _texts(node.right)


def _bare(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """All texts of several words, but for docstrings, helps, words of vocabularies, and what is said or logged."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        aside: list[ast.AST] = []
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if (
                ast.get_docstring(node)
            ):
                aside = [node.body[0]]
            case ast.Call(func=ast.Name(id=name)) if name in TRANSLATE:
                aside = [*node.args]
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
                aside = [*node.args]
            case ast.keyword(arg="help"):
                aside = [node.value]
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
                name == "EN" or name.endswith("_WORDS")
            ):
                aside = [node]
            case ast.Raise():
                aside = [node]  # `_told` looks at these
        passed |= {id(below) for one in aside for below in ast.walk(one)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield from _texts(node)


TOLD_ATTRIBUTES = ("aria-label", "title", "alt", "aria-description")  # and placeholders, but for examples
NAMES = frozenset(
    {"Tabiji", "YAML", "CSV", "JSON", "SVG", "PNG", "NDJSON", "URL", "SLO", "API", "ID", "OpenAPI"}
)


WORD = re.compile(r"(?<![-\w])[A-Za-z\u3040-\u9fff]{2,}(?![-\w])")  # and no part of an id


class _Page(HTMLParser):
    """Collects what a reader sees or hears of a template, its expressions left out."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.seen += [value for name, value in attrs if name in TOLD_ATTRIBUTES and value]
        self.seen += [
            value or ""
            for name, value in attrs
            if name == "placeholder" and SEVERAL_WORDS.search(value or "")
        ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen.append(data)


def _unsaid(template: str) -> list[str]:
    """Words of a template that stand there as they are, whatever the language."""
    kept = []
    for _, kind, text in jinja2.Environment(extensions=["jinja2.ext.do"]).lex(template):
        if kind == "data":
            kept.append(text)
        elif kind in ("variable_begin", "block_begin"):
            kept.append(" ")
    page = _Page()
    page.feed("".join(kept))
    found = [word for text in page.seen for word in WORD.findall(text)]
    return [word for word in found if word not in NAMES]


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_say_everything_through_the_catalogues(path: Path) -> None:
    assert _unsaid(path.read_text("utf-8")) == []


def test_words_in_templates_are_found() -> None:
    template = (
        '<p title="Why so">{{ _("said") }} Not said {# a note #}{% if x %}<b>日本</b>{% endif %}'
        '<img alt="{{ _("x") }}"></p>'
    )
    assert _unsaid(template) == ["Why", "so", "Not", "said", "日本"]
