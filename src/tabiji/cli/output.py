"""Values → a terminal: tables that fit 80 columns, progress, one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from tabiji.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

STATE_STYLES = {
    N_("healthy"): "green",
    N_("at risk"): "yellow",
    N_("burning"): "bold red",
    N_("exhausted"): "red",
    N_("no data"): "dim",
}


GAP = 2  # spaces between columns
NARROWEST = 12  # what is left of a long column at least


class Advance(Protocol):
    """Moves a progress bar on by so many bytes of a file."""

    def __call__(self, path: str, done: int, /) -> None: ...


def console(*, err: bool = False) -> Console:
    """A console that never breaks words of what it is given, and is 80 columns wide where nobody looks."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else 80
    return Console(stderr=err, highlight=False, width=width, soft_wrap=False)


def print_json(document: Mapping[str, Any]) -> None:
    """One document on stdout. No NaN: what is unknown is null."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Iterable[int] = (),
    grow: int | None = 0,
    title: str | None = None,
    styled: int | None = None,
) -> None:
    """A table without lines between rows.

    Column `grow` gives way where the terminal is narrow; column `styled` holds states.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        title=title,
        title_justify="left",
        title_style="bold",
    )
    numbers, cells, target = set(right), list(rows), console()
    widths = [max(cell_len(row[at]) for row in (columns, *cells)) for at in range(len(columns))]
    if grow is not None:
        room = target.width - sum(widths) - GAP * (len(widths) - 1)
        widths[grow] = max(widths[grow] + min(room, 0), min(widths[grow], NARROWEST))
    for at, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if at in numbers else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=widths[at],
            header_style="dim",
        )
    styles = {_(state): style for state, style in STATE_STYLES.items()}
    for row in cells:
        table.add_row(
            *(
                Text(cell, style=styles.get(cell.rstrip(" ?°*"), "") if at == styled else "")
                for at, cell in enumerate(row)
            )
        )
    if target.is_terminal:
        target.print(table)
        return
    with target.capture() as drawn:
        target.print(table)
    click.echo("\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n")))


def say(message: str) -> None:
    """A message for the person, on stderr."""
    click.echo(message, err=True)


@contextmanager
def progress(label: str, total: int, *, shown: bool = True) -> Iterator[Advance]:
    """A bar with rate and remaining time, on a terminal only."""
    if not (shown and sys.stderr.isatty()):
        yield lambda path, done: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console(err=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=total)
        yield lambda path, done: bar.update(task, advance=done)
