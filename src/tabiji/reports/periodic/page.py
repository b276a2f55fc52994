"""A report in words, with its charts → one HTML file that needs nothing else, and prints well on A4."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tabiji.language import current
from tabiji.reports.periodic.blocks import Pages

if TYPE_CHECKING:
    from jinja2 import Environment


def whole(pages: Pages, charts: Mapping[str, bytes], notes: Sequence[str] = ()) -> str:
    """The file. `charts` are SVG, by the ids of promises; `notes` stand above all: that it was revised."""
    return _filled("report.html", pages, charts, notes)


def body(pages: Pages, charts: Mapping[str, bytes], notes: Sequence[str] = ()) -> str:
    """What stands between the beginning and the end of a page, as HTML."""
    return _filled("body.html", pages, charts, notes)


def _filled(template: str, pages: Pages, charts: Mapping[str, bytes], notes: Sequence[str]) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            language=current(),
            pages=pages,
            blocks=[(type(block).__name__, block) for block in pages.blocks],
            charts={name: base64.b64encode(svg).decode("ascii") for name, svg in charts.items()},
            notes=notes,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # takes long: only who needs it waits

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
