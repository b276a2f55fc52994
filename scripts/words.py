"""The house's messages and their translations: what lacks one, what is left over, what does not fit.

scripts/words.py                every fault of the catalogues; exit 1 where there is one
scripts/words.py missing [P…]   what has no translation yet, as entries to be filled in; of these files only
scripts/words.py tidy           the catalogues in order: a file a room, sorted, without what nobody says
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import re
import string
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
FOLDER = SOURCES / "tabiji" / "catalogues"
LANGUAGES = ("ja",)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "_h": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
PHRASES = ("message: ", "chart: ")  # contexts of what is translated by a key
_PERCENT = re.compile(r"%\(\w+\)[sd]|%[sd]")  # places of what goes to the log
HEADER = "# Messages in {language}; see scripts/words.py.\n"

Key = tuple[str | None, str]  # context, English


@dataclass
class Said:
    """A message in the code: its plural, if it has one, and where it stands."""

    plural: str | None = None
    places: list[tuple[str, int]] = field(default_factory=list)


def said() -> dict[Key, Said]:
    """All messages of the house, by what they are translated by."""
    found: dict[Key, Said] = {}

    def add(context: str | None, message: str, plural: str | None, path: str, line: int) -> None:
        one = found.setdefault((context, message), Said(plural))
        one.plural = one.plural or plural
        one.places.append((path, line))

    for path in sorted((SOURCES / "tabiji").rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        for context, one, plural, line in written(path.read_text(encoding="utf-8")):
            add(context, one, plural, name, line)
    for path in sorted((SOURCES / "tabiji").rglob("*.html")):
        name = path.relative_to(SOURCES).as_posix()
        options = {"trimmed": "false", "silent": "false"}
        with path.open("rb") as file:
            extracted = list(extract("jinja2.ext:babel_extract", file, KEYWORDS, (), options))
        for line, messages, _, context in extracted:
            one, plural = messages if isinstance(messages, tuple) else (messages, None)
            add(context, one, plural, name, line)
    for path, text in helps():
        add(None, text, None, path, 1)
    for path, context, text in keyed():
        add(context, text, None, path, 1)
    for text, plural in of_click():
        add("click", text, plural, "tabiji/cli/speaking.py", 1)
    return found


def written(source: str) -> Iterator[tuple[str | None, str, str | None, int]]:
    """What a module says, wherever it says it, f-strings included: context, message, plural, line.

    Besides what is marked: headings of tables, and what goes to the log.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        texts = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
        match node.func, texts:
            case ast.Name(id="_" | "N_" | "_h"), [str(text), *_]:
                yield None, text, None, node.lineno
            case ast.Name(id="ngettext"), [str(one), str(many), *_]:
                yield None, one, many, node.lineno
            case ast.Name(id="pgettext"), [str(context), str(text), *_] if context != "click":
                yield context, text, None, node.lineno
            case ast.Name(id="headings"), _:
                yield from (
                    ("heading", text, None, node.lineno)
                    for text in texts
                    if isinstance(text, str) and re.search("[a-z]", text)
                )
            case ast.Attribute(value=ast.Name(id="log"), attr=attr), [str(text), *_] if attr in LEVELS:
                yield None, text, None, node.lineno


def unsayable(source: str) -> Iterator[tuple[int, str]]:
    """Messages that can't be translated, for they are put together before they are said: line, how."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in KEYWORDS or name == "headings":
                for one in arguments[: 1 if name in ("_", "N_", "_h") else 2]:
                    if isinstance(one, ast.JoinedStr):
                        yield node.lineno, "an f-string"
                    elif isinstance(one, ast.BinOp):
                        yield node.lineno, "put together by an operator"
                    elif isinstance(one, ast.Call) and getattr(one.func, "attr", "") in ("format", "join"):
                        yield node.lineno, f"made by .{one.func.attr}()"  # type: ignore[attr-defined]


def helps() -> Iterator[tuple[str, str]]:
    """What the commands say of themselves and of their options: module's path, text."""
    from tabiji.cli import COMMANDS, cli, speaking

    commands = [("tabiji.cli.__init__", cli)]
    commands += [(module, importlib.import_module(module).command) for module, _ in COMMANDS.values()]
    for module, command in commands:
        path = module.replace(".", "/") + ".py"
        yield from ((path, text) for text in speaking.helps(command))


def keyed() -> Iterator[tuple[str, str, str]]:
    """What is translated by a key, as it is said in a language of choice: module's path, context, English."""
    from tabiji.charts import words
    from tabiji.reports import english

    for module, texts in (("reports/english", english), ("charts/words", words)):
        for key, text in texts.EN.items():
            yield f"tabiji/{module}.py", texts.CONTEXT.format(key=key), text


def of_click() -> Iterator[tuple[str, str | None]]:
    """What click says of its own accord: message, plural. Its names of types are those in usages, and stay."""
    from tabiji.cli.speaking import CLICK_MODULES

    yield "required", None
    for name in CLICK_MODULES:
        module = importlib.import_module(f"click.{name}")
        with Path(inspect.getsourcefile(module) or "").open("rb") as file:
            for _, messages, _, _ in extract("python", file, KEYWORDS, ()):
                one, plural = messages if isinstance(messages, tuple) else (messages, None)
                if one not in ("file", "directory", "path"):
                    yield one, plural


def places(text: str) -> list[str]:
    """The named places of a message, in order of their names."""
    try:
        return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})
    except ValueError:
        return []


def catalogues(language: str) -> dict[Path, Catalog]:
    """The files of a language."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found[path] = read_po(file, locale=language)
    return found


def entries(language: str) -> Iterator[tuple[Path, Key, Message, str]]:
    """All translations: file, what they translate, the entry, and what they say."""
    for path, catalog in catalogues(language).items():
        for message in catalog:
            if message.id:
                one = message.id if isinstance(message.id, str) else message.id[0]
                text = message.string if isinstance(message.string, str) else message.string[0]
                yield path, (message.context, one), message, text


def faults() -> list[str]:
    """What is wrong with the catalogues, a line each."""
    known, found = said(), []
    for path in sorted((SOURCES / "tabiji").rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        found += [f"{name}:{line}: a message is {how}" for line, how in unsayable(path.read_text("utf-8"))]
    for language in LANGUAGES:
        translated: dict[Key, str] = {}
        for path, key, message, text in entries(language):
            where = f"{language}/{path.name}: {key[1]!r}"
            if key in translated and translated[key] != text:
                found.append(f"{where} is translated twice, differently")
            if key not in known:
                found.append(f"{where} is said by nobody")
            elif not text or message.fuzzy:
                found.append(f"{where} has no translation")
            elif not _fit(key, known[key].plural, text):
                found.append(f"{where} has other places than {text!r}")
            elif text.strip() != text and key[1].strip() == key[1]:
                found.append(f"{where} has spaces around its translation")
            translated[key] = text
        for key, one in known.items():
            if key not in translated:
                path, line = one.places[0]
                found.append(f"{language}: {path}:{line}: {key[1]!r} has no translation")
    return found


def _fit(key: Key, plural: str | None, text: str) -> bool:
    """Whether a translation names the places of its message. Phrases of messages are filled with all that is known of
    what they tell, and may name more of it or less: the tests of messages read them whole."""
    context, message = key
    if (context or "").startswith(PHRASES):
        return True
    one, many = set(places(message)), set(places(plural or message))
    return one & many <= set(places(text)) <= one | many and _PERCENT.findall(text) == _PERCENT.findall(
        message
    )


def missing(wanted: list[str]) -> Iterator[tuple[Key, Said]]:
    """What has no translation yet, of some files or of all."""
    translated = {key for _, key, _, text in entries("ja") if text}
    for key, one in said().items():
        if key not in translated and (
            not wanted or any(path in asked or asked in path for path, _ in one.places for asked in wanted)
        ):
            yield key, one


def catalog(language: str, messages: list[tuple[Key, Said, str]]) -> bytes:
    """A file of translations."""
    made = Catalog(locale=language, header_comment=HEADER.format(language=language).strip())
    for (context, text), one, translation in sorted(messages, key=lambda m: (m[0][1], m[0][0] or "")):
        made.add(
            text if one.plural is None else (text, one.plural),
            translation if one.plural is None else (translation,),
            locations=[(path, 0) for path in sorted({path for path, _ in one.places})],
            context=context,
        )
    file = io.BytesIO()
    write_po(file, made, width=110, omit_header=False, include_lineno=False, sort_output=False)
    lines = file.getvalue().decode().splitlines(keepends=True)
    stale = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Project-Id', '"Report-', '"Last-')
    return "".join(line for line in lines if not line.startswith(stale)).encode()


def tidy() -> None:
    """Writes the catalogues anew: a file for each room, by where a message is said first."""
    known = said()
    for language in LANGUAGES:
        translated = {key: text for _, key, _, text in entries(language) if text}
        rooms: dict[str, list[tuple[Key, Said, str]]] = defaultdict(list)
        for key, one in known.items():
            room = Path(one.places[0][0]).parts[1].removesuffix(".py")
            rooms[room].append((key, one, translated.get(key, "")))
        for path in (FOLDER / language).glob("*.po"):
            path.unlink()
        for room, messages in rooms.items():
            (FOLDER / language / f"{room}.po").write_bytes(catalog(language, messages))


def main() -> int:
    """What is asked for on the command line."""
    what = sys.argv[1:] or ["check"]
    if what[0] == "missing":
        rest = [(key, one, "") for key, one in missing(what[1:])]
        sys.stdout.write(catalog("ja", rest).decode())
        return 0
    if what[0] == "tidy":
        tidy()
    wrong = faults()
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
