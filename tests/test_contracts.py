"""The rules of the house that a tool can hold: imports, start-up, errors, shape."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tabiji
from tabiji.logs import FORMATS

ROOT = Path(__file__).parents[1]
SOURCES = sorted(Path(tabiji.__file__).parent.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Where anything at all may be caught, and why.
CATCH_ALL = {
    "engines": "a worker's failure is recorded as that of its chunk, and the other chunks go on",
    "notify": "a channel's failure is recorded as that of its message, and the other messages go on",
    "src/tabiji/cli/serve.py": "work that fails is logged, shown and tried again, and all other work goes on",
}
JUDGING = (
    "notices",
    "incidents",
    "targets",
    "slices",
    "results",
    "comparing",
    "alerts",
    "budgets",
    "corrections",
    "policies",
    "agreements",
    "roadmaps",
    "missions",
    "actions",
    "practice",
    "reviews",
    "boards",
    "journeys",
    "marks",
    "postmortems",
    "acts",
    "signals",
    "histograms",
    "windows",
    "errors",
    "language",
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """`src/tabiji/logs/nginx.py` and `src/tabiji/logs.py` → `logs`."""
    return path.relative_to(Path(tabiji.__file__).parent).parts[0].removesuffix(".py")


def contract(identifier: str) -> configparser.SectionProxy:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return config[f"importlinter:contract:{identifier}"]


def imports_of(tree: ast.AST) -> Iterator[str]:
    """The top-level packages that a module imports, inside functions as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_keep_to_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = run(str(linter), "--no-logo", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_format_is_kept_apart_from_the_others() -> None:
    assert contract("formats")["modules"].split() == sorted({read.__module__ for read in FORMATS.values()})


def test_every_package_of_others_is_forbidden_to_judging() -> None:
    imported = {name for path in SOURCES for name in imports_of(ast.parse(path.read_text("utf-8")))}
    theirs = imported - sys.stdlib_module_names - {"tabiji"}
    assert theirs <= set(contract("judging")["forbidden_modules"].split())
    rooms = [name.removeprefix("tabiji.") for name in contract("judging")["source_modules"].split()]
    assert rooms == list(JUDGING)


def test_judging_never_rounds() -> None:
    rounding = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        if room_of(path) in JUDGING
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round"
    ]
    assert rounding == []


def test_anything_at_all_is_caught_only_where_it_is_recorded() -> None:
    caught = [
        f"{name_of(path)}:{handler.lineno}"
        for path in SOURCES
        if room_of(path) not in CATCH_ALL and name_of(path) not in CATCH_ALL
        for handler in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or {"Exception", "BaseException"} & names_in(handler.type))
        and not raises_again(handler)
    ]
    assert caught == []


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether it only tidies up: nothing is caught for good by a handler that ends in a bare `raise`."""
    last = handler.body[-1]
    leaves = any(isinstance(node, ast.Return | ast.Continue | ast.Break) for node in ast.walk(handler))
    return isinstance(last, ast.Raise) and last.exc is None and not leaves


def names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["status", "--help"]], ids=" ".join)
def test_help_starts_without_the_heavy_parts(arguments: list[str]) -> None:
    program = (
        "import sys, json, contextlib, io\n"
        f"sys.argv = ['tabiji', *{arguments!r}]\n"
        "from tabiji.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    heavy = {
        "alembic",
        "duckdb",
        "numpy",
        "pydantic",
        "rich.table",
        "sqlalchemy",
        "sqlglot",
        "yaml",
        "zstandard",
    }
    assert heavy & set(json.loads(done.stdout)) == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_opens_with_one_line_and_ends_before_it_hurts(path: Path) -> None:
    text = path.read_text("utf-8")
    first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    assert first.endswith((".", "?")), (
        "the first line is a sentence that says what goes in and what comes out"
    )
    assert text.count("\n") <= 400, "two modules want to be made of it"


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"base", "common", "helpers", "manager", "misc", "models", "util", "utils"}
    assert [name_of(path) for path in SOURCES if path.stem in nothing or path.parent.name in nothing] == []


def test_every_test_runs_and_none_pretends() -> None:
    """No test is skipped or expected to fail, and no part is replaced by a mock."""
    words = re.compile(
        r"pytest\.skip|mark\.skip|mark\.x" + r"fail|importor" + r"skip|unittest\.mo" + r"ck|Magic" + r"Mock"
    )
    found = [
        name_of(path) for path in TESTS if path != Path(__file__) and words.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_line_is_excused_from_the_ban_on_clocks() -> None:
    excused = re.compile(r"#.*\bnoqa\b(?!:)|#.*\bnoqa:.*TID251")
    assert [name_of(path) for path in SOURCES if excused.search(path.read_text("utf-8"))] == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    later = re.compile(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b")
    assert [name_of(path) for path in SOURCES if later.search(path.read_text("utf-8"))] == []


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Python before 3.11.5 matches such patterns wrongly where the group can go back (python/cpython#106052)."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and re.search(r"(?s)\(\?.*\)(?:[*+?]|\{[0-9,]+\})\+", _text(node.value))
    ]
    assert found == []


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
