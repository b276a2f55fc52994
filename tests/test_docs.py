"""The documentation says what is true: commands exist, words are explained, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tabiji

ROOT = Path(__file__).parents[1]
PACKAGE = Path(tabiji.__file__).parent
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
DOCUMENTS = [path for path in TRACKED if path.suffix == ".md"]

# The nouns of the house: one word, one meaning, in YAML, code, table, command and page.
NOUNS = [
    "event",
    "series",
    "rollup",
    "step",
    "journey",
    "indicator",
    "objective",
    "window",
    "tally",
    "budget",
    "tier",
    "alert",
    "incident",
    "correction",
    "policy",
    "review",
    "practice",
    "standing",
    "burn rate",
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[str]:
    """The fenced blocks of a document, without their fences."""
    return re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def commands() -> set[str]:
    """What `tabiji --help` lists."""
    program = "import sys; sys.argv = ['tabiji', '--help']; from tabiji.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    listed = re.search(r"^Commands:\n((?: .*\n?|\n)+)", done.stdout, re.MULTILINE)
    assert listed, done.stdout
    return set(re.findall(r"^  (\w[\w-]*)", listed[1], re.MULTILINE))


def test_every_command_in_the_documents_exists() -> None:
    known = commands()
    unknown = {
        f"{name_of(path)}: tabiji {word}"
        for path in DOCUMENTS
        for text in [path.read_text("utf-8")]
        for code in [*blocks(text), *re.findall(r"`([^`\n]+)`", prose(text))]
        for word in re.findall(r"(?:^|[\s/;&$(])tabiji ((?!-)[a-z][a-z-]*)", code)
        if word not in known
    }
    assert unknown == set()


def test_readme_begins_with_the_command_that_ci_runs() -> None:
    lines = [
        line.strip()
        for block in blocks((ROOT / "README.md").read_text("utf-8"))
        for line in block.splitlines()
    ]
    assert "./test" in lines
    assert re.search(r"^\./test\b", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert ".ci/run" in (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every table row of a document, without the heads."""
    found = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in found]
    heads = {i - 1 for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", cell) for cell in row)}
    return [row for i, row in enumerate(cells) if i not in heads and i - 1 not in heads]


def test_glossary_explains_every_noun_in_both_languages() -> None:
    table = rows((ROOT / "GLOSSARY.md").read_text("utf-8"))
    terms = [row[0].strip("*").lower() for row in table]
    assert sorted(set(NOUNS) - set(terms)) == []
    assert [term for term in set(terms) if terms.count(term) > 1] == []
    incomplete = [
        row for row in table if len(row) != 4 or not all(row) or not re.search(r"[ぁ-んァ-ヶ一-龠]", row[3])
    ]
    assert incomplete == []


def test_code_map_lists_every_module_and_nothing_else() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    section = text.partition("## Code map")[2].partition("\n## ")[0]
    mapped = [line.split()[0] for line in blocks(section)[0].splitlines() if line[:1].strip()]
    paths = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    # A revision of the schema is history, not a room: their folder stands for them.
    rooms = {path.as_posix() for path in paths if "versions" not in path.parts}
    assert sorted(mapped) == sorted(
        re.sub(r"(?:^|(?<=/))__init__\.py$", "", room) or "__init__.py" for room in rooms
    )


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", "")).replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue  # the network is no part of the tests
        target, _, anchor = link.partition("#")
        goal = (path.parent / target).resolve() if target else path
        headings = re.findall(r"^#+ (.+)$", goal.read_text("utf-8"), re.MULTILINE) if anchor else []
        if not goal.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_and_tests_named_in_documents_exist(path: Path) -> None:
    missing = []
    pattern = r"`((?:\./)?(?:src|tests|bench|docs|examples|\.ci|\.github)/[\w./-]+)(?:::(\w+))?`"
    for name, test in re.findall(pattern, prose(path.read_text("utf-8"))):
        file = ROOT / name
        if not file.exists() or (test and f"def {test}(" not in file.read_text("utf-8")):
            missing.append(f"{name}::{test}" if test else name)
    assert missing == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    folder = re.compile(
        rb"(?<![\w.:/])/(?:work|root|home|Users|private)/[\w.-]+/|/tmp/[\w.-]*(?:job|spec|clone)"
    )
    found = [
        f"{name_of(path)}: {match[0].decode()}"
        for path in TRACKED
        if path != Path(__file__) and (match := folder.search(path.read_bytes()))
    ]
    assert found == []
