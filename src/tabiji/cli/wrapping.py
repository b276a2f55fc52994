"""A text → lines as wide as a terminal: Japanese breaks between letters, which take two cells each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import click
from click.formatting import iter_rows

from tabiji.language import pgettext

OPENING = "「『(【〔〈《"
CLOSING = "」』)】〕〉》、。,.・:;?!ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々〜…"
# what stands together: a run of letters of one cell, or one letter of two; and whether a space is before it
_PARTS = re.compile(r"(\s*)([^\s\u1100-\uffff]+|\S)")
_ENDING = re.compile(r"[])}.,:;!?%°*]+")  # of one cell, and never at the beginning of a line
_BEGINNING = re.compile(r".*[\[({]")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n")


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(_cells(letter) for letter in text)


def is_wide(text: str) -> bool:
    """Whether any of it takes two cells, so that it does not break at spaces alone."""
    return not text.isascii() and any(_cells(letter) == 2 for letter in text)


def _cells(letter: str) -> int:
    if letter.isascii():
        return 1
    return 0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def shortened(text: str, width: int) -> str:
    """As much of a text as fits into so many cells, with an ellipsis."""
    shown = text
    while cells(shown) > width - 1:
        shown = shown[:-1]
    return f"{shown}…"


def fill(text: str, width: int, first: str = "", rest: str = "") -> str:
    """A paragraph over lines of so many cells, the first of them and the others each after an indent.

    What closes or goes on, such as 」 and 。, begins no line, and what opens ends none.
    """
    lines: list[str] = []
    line, empty = first, True
    for space, part in _parts(text):
        before = "" if empty else space
        if not empty and cells(line) + cells(before) + cells(part) > width:
            lines.append(line)
            line, before = rest, ""
        line, empty = f"{line}{before}{part}", False
    return "\n".join([*lines, line])


def _parts(text: str) -> Iterable[tuple[str, str]]:
    """What no line breaks within, each with the space before it."""
    found: list[tuple[str, str]] = []
    opened = False
    for space, part in _PARTS.findall(text):
        closes = part in CLOSING or _ENDING.fullmatch(part) is not None
        if found and (opened or (closes and not space)):
            before, whole = found[-1]
            found[-1] = before, f"{whole}{' ' if space else ''}{part}"
        else:
            found.append((" " if space else "", part))
        opened = part in OPENING or _BEGINNING.fullmatch(part) is not None
    return found


class Formatter(click.HelpFormatter):
    """Helps of commands, by the cells that letters take; blocks after a \\b stay as they are."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """What is called, and with what."""
        before = f"{pgettext('click', 'Usage:') if prefix is None else prefix} {prog} "
        self.write(fill(args, self.width, before, " " * cells(before)).rstrip() + "\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, indented as the section is."""
        self.write(self._paragraphs(text, self.width, " " * self.current_indent))
        self.write("\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Two columns: what is called, and what that is."""
        listed = list(rows)
        first_column = min(max((cells(first) for first, _ in listed), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for first, second in iter_rows(listed, 2):
            lines = self._paragraphs(second, max(self.width - first_column - 2, 10), "").split("\n")
            beside = cells(first) <= first_column - col_spacing
            gap = " " * (first_column - cells(first)) if beside else f"\n{indent}{' ' * first_column}"
            self.write(f"{indent}{first}{gap}{lines[0]}".rstrip() + "\n")
            for line in lines[1:]:
                self.write(f"{indent}{' ' * first_column}{line}".rstrip() + "\n")

    @staticmethod
    def _paragraphs(text: str, width: int, indent: str) -> str:
        found = []
        for paragraph in _PARAGRAPHS.split(text.strip("\n")):
            lines = paragraph.split("\n")
            if lines[0].strip() == "\b":
                found.append("\n".join(f"{indent}{line}" for line in lines[1:]))
            else:
                found.append(fill(_joined(lines), width, indent, indent))
        return "\n\n".join(found)


def _joined(lines: Iterable[str]) -> str:
    """Lines as one: with a space between, but for those of Japanese."""
    whole = ""
    for line in (line.strip() for line in lines):
        apart = whole and not (is_wide(whole[-1]) or is_wide(line[:1]))
        whole = f"{whole}{' ' if apart else ''}{line}"
    return whole
