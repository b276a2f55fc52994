"""`tabiji mark`: what happened besides, such as a deployment; kept, listed and removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.marks import Kind


@click.command(name="mark")
@click.argument("kind", required=False)
@click.argument("title", required=False)
@click.option("--journey", "journeys", metavar="J", multiple=True, help="Whom it concerns; all by default.")
@click.option(
    "--at", "at", default="now", show_default=True, metavar="TIME", help="When it happened, or began."
)
@click.option("--until", "until", metavar="TIME", help="When it ends; without it, it is a moment.")
@click.option("--link", metavar="URL", help="Where there is more to read.")
@click.option("--key", metavar="K", help="The same key is the same mark, however often it is set.")
@click.option("--author", metavar="NAME", help="Who says so; you by default.")
@click.option("--list", "listing", is_flag=True, help="List what is marked, the oldest first.")
@click.option("--from", "start", default="now-30d", show_default=True, metavar="TIME", help="With --list.")
@click.option("--to", "end", metavar="TIME", help="With --list; what is planned is listed too by default.")
@click.option("--remove", "number", type=int, metavar="N", help="Remove the mark of a number.")
@workspace.workspace_option
@workspace.json_option
def command(
    kind: str | None,
    title: str | None,
    journeys: tuple[str, ...],
    at: str,
    until: str | None,
    link: str | None,
    key: str | None,
    author: str | None,
    listing: bool,
    start: str,
    end: str | None,
    number: int | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Mark what may explain the numbers: deployment, push, campaign, maintenance or other.

    It is shown on charts and in messages, and changes no number.

    \b
      tabiji mark deployment "v1.42" --link https://example.com/v1.42
      tabiji mark push "Spring sale" --at 2026-04-01T12:00 --until 2026-04-01T12:20
      tabiji mark --list
      tabiji mark --remove 3
    """
    site = workspace.load(folder)
    if (kind is not None) + listing + (number is not None) != 1:
        raise UsageError(
            _('say what happened, as in `tabiji mark deployment "v1.42"`; or `--list`; or `--remove N`')
        )
    if number is not None:
        _remove(site, number, as_json=as_json)
    elif listing:
        _list(site, journeys, start, end, as_json=as_json)
    elif title is None:
        raise UsageError(_('a mark has a title too, as in `tabiji mark deployment "v1.42"`'))
    else:
        from tabiji.marks import Mark, faults

        now = workspace.now()
        mark = Mark(
            kind=cast("Kind", kind),  # `faults` says where it is none
            title=title,
            from_second=workspace.moment(at, site, now),
            until_second=None if until is None else workspace.moment(until, site, now),
            journeys=tuple(dict.fromkeys(journeys)),
            link=link,
            author=author or login.user(),
            key=key,
        )
        if found := faults(mark, [journey.name for journey in site.journeys]):
            raise UsageError("; ".join(fault for _, fault in found))
        with workspace.open_store(site) as store:
            kept = store.marks.add(mark, now)
            about = f"mark {kept.number}"
            store.audit.add(
                now, login.user(), "command", "mark-added", about, kind=kept.kind, title=kept.title
            )
        if as_json:
            from tabiji.reports.marks import mark_json

            output.print_json(mark_json(kept))
        else:
            from tabiji.reports.marks import KINDS

            click.echo(f"{_('Mark {number}', number=kept.number)}: {_(KINDS[kept.kind])} {kept.title}")


def _list(site: Site, journeys: tuple[str, ...], start: str, end: str | None, *, as_json: bool) -> None:
    from tabiji.reports.marks import mark_json, mark_table

    now = workspace.now()
    first = workspace.moment(start, site, now)
    last = workspace.moment("2286-01-01" if end is None else end, site, now)
    if last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    with workspace.open_store(site) as store:
        found = store.marks.between(first, last)
    found = [mark for mark in found if not journeys or any(mark.concerns(name) for name in journeys)]
    if as_json:
        output.print_json({"marks": [mark_json(mark) for mark in found]})
    elif not found:
        click.echo(_("No marks."))
    else:
        table = mark_table(found, site.timezone)
        output.print_table(table.columns, table.rows, right=table.right, grow=4)


def _remove(site: Site, number: int, *, as_json: bool) -> None:
    with workspace.open_store(site) as store:
        if not store.marks.remove(number):
            raise UsageError(_("there is no mark {number}; `tabiji mark --list` lists them", number=number))
        store.audit.add(workspace.now(), login.user(), "command", "mark-removed", f"mark {number}")
    if as_json:
        output.print_json({"removed": number})
    else:
        click.echo(_("Mark {number} is removed.", number=number))
