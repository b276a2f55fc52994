"""`tabiji mission`: what we are here for, in versions; written down from a file, and which action items serve it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.missions import Line, Version

SECTIONS = ("mission", "vision", "sre", "teams")
STDIN = "-"


class Showing(click.Group):
    """`tabiji mission` shows; its command `show` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`tabiji mission --at now-7d` shows."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(name="mission", cls=Showing)
def command() -> None:
    """What we are here for: mission, vision, and what SRE and teams expect of each other.

    \b
      tabiji mission
      tabiji mission edit mission.txt --agreed-with "Tanaka, head of engineering"
      tabiji mission edit --add mission "Learners can always watch what they paid for"
      tabiji mission diff 1
    """


@command.command(name="show")
@click.option("--at", "at", metavar="TIME", help="As it was then, such as 2026-06-01.")
@click.option("--version", "nth", type=int, metavar="N", help="A version of it.")
@click.option("--as-text", is_flag=True, help="As a text that can be edited and given to `edit`.")
@workspace.workspace_option
@workspace.json_option
def show(at: str | None, nth: int | None, as_text: bool, folder: Path | None, as_json: bool) -> None:
    """What it says now, line by line, and which action items serve each line."""
    from tabiji.cli.telling import printable, wrapped
    from tabiji.missions import written
    from tabiji.reports.mission import SECTIONS as HEADS
    from tabiji.reports.mission import version_sentence
    from tabiji.reports.numbers import local
    from tabiji.runs import acting, stating
    from tabiji.runs.documents import mission_document
    from tabiji.runs.viewing.mission import mission
    from tabiji.windows import parse_time

    site = workspace.load(folder)
    until = None
    if at is not None:
        try:
            until = parse_time(at, workspace.now(), site.timezone)
        except ValueError as error:
            raise UsageError(str(error)) from None
    with workspace.open_store(site) as store:
        versions = stating.versions(store, until)
        every = acting.every(store, until)
    if nth is not None:
        stating.version(versions, nth)
    found = mission(versions, every, nth)
    if as_json:
        output.print_json(mission_document(found))
    elif found.version is None:
        click.echo(
            wrapped(_("No mission is written down yet. `tabiji mission edit FILE` writes the first version."))
        )
    elif as_text:
        click.echo(written(found.version.lines), nl=False)
    else:
        click.echo(wrapped(version_sentence(found.version, local(found.version.at // 60, site.timezone))))
        for section in SECTIONS:
            rows = [row for row in found.rows if row.line.section == section]
            if not rows:
                continue
            click.echo(f"\n{_(HEADS[rows[0].line.section])}")
            for row in rows:
                numbers = ", ".join(f"#{one.number}" for one in (*row.open, *row.done))
                served = _("served by {numbers}", numbers=numbers) if numbers else _("nobody serves it")
                click.echo(wrapped(f"[{row.line.id}] {printable(row.line.text)} ({served})", "  "))


@command.command(name="edit")
@click.argument("file", required=False)
@click.option(
    "--add", "added", nargs=2, multiple=True, metavar="SECTION TEXT",
    help="A new line of a section: mission, vision, sre (what teams can expect of SRE), teams.",
)  # fmt: skip
@click.option(
    "--reword", "reworded", nargs=2, multiple=True, metavar="ID TEXT", help="Other words for a line."
)
@click.option("--remove", "removed", multiple=True, metavar="ID", help="Take a line away.")
@click.option(
    "--agreed-with", metavar="NAME", default="", help="With whom, such as the head of the organisation."
)
@click.option("--why", metavar="TEXT", default="", help="Why it is another now; it is kept.")
@click.option("--author", metavar="NAME", help="Who says so; you by default.")
@workspace.workspace_option
@workspace.json_option
def edit(
    file: str | None,
    added: tuple[tuple[str, str], ...],
    reworded: tuple[tuple[str, str], ...],
    removed: tuple[str, ...],
    agreed_with: str,
    why: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write the next version: from a file (`-` is standard input), or by options.

    `tabiji mission --as-text` prints what a file looks like. A line keeps its id in brackets while it is reworded or
    moved, so what serves it goes on serving it; a line without one is new. The order says what is more important.
    """
    from tabiji import missions
    from tabiji.cli.telling import wrapped
    from tabiji.reports.mission import version_sentence
    from tabiji.reports.numbers import local
    from tabiji.runs import acting, stating
    from tabiji.runs.documents import mission_document
    from tabiji.runs.viewing.mission import mission

    by_options = bool(added or reworded or removed)
    if by_options == (file is not None):
        raise UsageError(_("say it by a file or by --add, --reword and --remove: one of both"))
    site = workspace.load(folder)
    now = workspace.now()
    text = None if file is None else _text_of(file)
    with workspace.open_store(site) as store:
        before = stating.versions(store)
        if text is None:
            try:
                lines = missions.edited(before, added, reworded, removed)
            except ValueError as error:
                raise UsageError(str(error)) from None
        else:
            lines = _read(file or STDIN, text, before)
        seen = before[-1].number if before else 0
        version = stating.write(store, lines, author or login.user(), now, agreed_with, why, seen)
        store.audit.add(
            now, login.user(), "command", "mission-written", "mission",
            version=version.nth, agreed_with=agreed_with.strip() or None, text=why.strip() or None,
        )  # fmt: skip
        found = mission(stating.versions(store), acting.every(store))
    if as_json:
        output.print_json(mission_document(found))
    else:
        click.echo(wrapped(version_sentence(version, local(version.at // 60, site.timezone))))


def _text_of(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            _("can't read {path}: {reason}", path=file, reason=error.strerror or error)
        ) from None
    except UnicodeDecodeError:
        raise UsageError(_("{path} is not UTF-8", path=file)) from None


def _read(file: str, text: str, before: list[Version]) -> tuple[Line, ...]:
    from tabiji.missions import read

    lines, faults = read(text, before)
    if faults:
        raise UsageError("\n".join(f"{file}:{number}: {fault}" for number, fault in faults))
    return lines


@command.command(name="history")
@workspace.workspace_option
@workspace.json_option
def history(folder: Path | None, as_json: bool) -> None:
    """All versions: who wrote them when, agreed with whom, and why."""
    from tabiji.reports.mission import history_json, history_table
    from tabiji.runs import stating

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        found = stating.versions(store)
    if as_json:
        output.print_json(history_json(found))
    elif not found:
        click.echo(_("No mission is written down yet."))
    else:
        table = history_table(found, site.timezone)
        output.print_table(table.columns, table.rows, right=table.right, grow=5)


@command.command(name="diff")
@click.argument("before", type=int, metavar="N")
@click.argument("after", type=int, metavar="M", required=False)
@workspace.workspace_option
@workspace.json_option
def diff(before: int, after: int | None, folder: Path | None, as_json: bool) -> None:
    """What became of each line from one version to another; to the last one where none is named."""
    from tabiji.cli.telling import printable, wrapped
    from tabiji.missions import difference
    from tabiji.reports.mission import change_lines, difference_json
    from tabiji.runs import stating

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        versions = stating.versions(store)
    old, new = stating.version(versions, before), stating.version(versions, after or len(versions))
    changes = difference(old.lines, new.lines)
    if as_json:
        output.print_json(difference_json(old, new, changes))
        return
    lines = change_lines(changes)
    for line in lines:
        click.echo(wrapped(printable(line)))
    if not lines:
        click.echo(_("No line is other."))
