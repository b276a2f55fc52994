"""A report in words → Markdown, with nothing in it that a title or a user's words could mean to a renderer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tabiji.reports.periodic.blocks import Block, Bullets, Heading, Pages, Paragraph, Picture, Quotes, Tabled
from tabiji.reports.words import Table

_MEANING = re.compile(r"([\\`*_\[\]<>|~#])")


def written(pages: Pages, notes: Sequence[str] = ()) -> str:
    """The whole document. Pictures are left out: what they show is said in numbers."""
    parts = [f"# {plain(pages.title)}", plain(pages.subtitle), *(f"> {plain(note)}" for note in notes)]
    for block in pages.blocks:
        parts += _block(block)
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """One line of text, as it stands."""
    return _MEANING.sub(r"\\\1", " ".join(text.split()))


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {plain(block.text)}"
    elif isinstance(block, Paragraph):
        yield f"_{plain(block.text)}_" if block.style == "note" else plain(block.text)
    elif isinstance(block, Bullets):
        yield "\n".join(f"- {plain(one)}" for one in block.items)
    elif isinstance(block, Quotes):
        yield "\n>\n".join(f"> {plain(one)}" for one in block.items)
    elif isinstance(block, Tabled):
        yield _table(block.table)
        if block.note:
            yield f"_{plain(block.note)}_"
    elif not isinstance(block, Picture):
        raise TypeError(block)


def _table(table: Table) -> str:
    rules = ["---:" if at in table.right else "---" for at in range(len(table.columns))]
    rows = [
        [plain(one) for one in table.columns],
        rules,
        *([plain(one) for one in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
