"""`tabiji workshop`: a board for people of every role: opened, listed, shown, ended; and written as definitions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.boards import Board
    from tabiji.definitions import Site
    from tabiji.runs.viewing.workshop import Standing
    from tabiji.store import Store


@click.group(name="workshop")
def command() -> None:
    """Find journeys, steps and an order in a workshop with people of every role, on a page without accounts.

    \b
      tabiji workshop open "What do our users come for?" --team learning
      tabiji workshop list
      tabiji workshop show 12
      tabiji workshop export 12 -o found
      tabiji workshop end 12
    """


@command.command(name="open")
@click.argument("title")
@click.option("--team", metavar="TEAM", help="Whose journeys it is about.")
@click.option(
    "--hours",
    type=click.IntRange(1, 336),
    default=4,
    show_default=True,
    help="For so long its link is valid.",
)
@click.option(
    "--address", metavar="URL", help="Where the pages are; as the definitions say, or on this machine."
)
@workspace.workspace_option
@workspace.json_option
def open_(
    title: str, team: str | None, hours: int, address: str | None, folder: Path | None, as_json: bool
) -> None:
    """Open a workshop and print its link, this once: whoever has it takes part, without an account.

    \b
      tabiji workshop open "What do our users come for?" --hours 6
    """
    from tabiji.boards import AGENDA, Point
    from tabiji.reports.boards import summary_json
    from tabiji.reports.numbers import local
    from tabiji.runs import workshops

    site, now = workspace.load(folder), workspace.now()
    agenda = [Point(topic, minutes) for topic, minutes in AGENDA.items()]
    with workspace.open_store(site) as store:
        board, link = workshops.open_(site, store, title, team, agenda, hours, now, login.user())
        store.audit.add(
            now, login.user(), "command", "workshop-opened", f"workshop {board.number}", title=board.title
        )
    base = address or site.notifications.address or f"http://127.0.0.1:{login.PORT}"
    there = f"{base.rstrip('/')}/workshop/{link}"
    if as_json:
        output.print_json({**summary_json(board), "link": there})
        return
    output.say(
        _(
            "Workshop {number}: send this link to all who take part. It is shown this once, and valid until {time}.",
            number=board.number,
            time=local(board.expires_at // 60, site.timezone),
        )
    )
    click.echo(there)


@command.command(name="list")
@workspace.workspace_option
@workspace.json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """All workshops, the newest first.

    \b
      tabiji workshop list --json
    """
    from tabiji.reports.boards import board_table, summary_json
    from tabiji.runs import workshops

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        found = workshops.every(store)
    if as_json:
        output.print_json({"workshops": [summary_json(one) for one in found]})
    elif not found:
        click.echo(_("No workshop yet; `tabiji workshop open TITLE` opens one."))
    else:
        table = board_table(found, workspace.now(), site.timezone)
        output.print_table(table.columns, table.rows, right=table.right, grow=1)


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def show(number: int, folder: Path | None, as_json: bool) -> None:
    """A workshop: its journeys in order, with the points that put them there, and why.

    \b
      tabiji workshop show 12
    """
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports.boards import board_json, place_table

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        board, standing = _standing(site, store, number, workspace.now())
    if as_json:
        output.print_json(board_json(board, standing.places))
        return
    click.echo(printable(f"{_('Workshop {number}', number=board.number)}: {board.title}"))
    if not standing.places:
        click.echo(_("There are no journeys on the board yet."))
        return
    table = place_table(standing.places)
    output.print_table(table.columns, table.rows, right=table.right, grow=4)
    for place in standing.places:
        for by, why in board.said(place.journey.number):
            said = _("{name}: {why}", name=by, why=why)
            click.echo(wrapped(printable(f"{place.agreed}. {place.journey.text} · {said}")))
    if board.order is not None:
        click.echo(wrapped(printable(_("The order was agreed by all: {why}", why=board.order.why))))


@command.command(name="export")
@click.argument("number", type=int, metavar="N")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write journeys/ into; the workspace by default.",
)  # fmt: skip
@workspace.workspace_option
@workspace.json_option
def export(number: int, target: Path | None, folder: Path | None, as_json: bool) -> None:
    """Write what a workshop came to as definitions, on trial, which `tabiji check` accepts. Nothing is overwritten.

    \b
      tabiji workshop export 12
      tabiji workshop export 12 -o found
    """
    from tabiji.cli.init import refuse_to_overwrite, write
    from tabiji.cli.telling import printable
    from tabiji.runs import concluding

    site, now = workspace.load(folder), workspace.now()
    with workspace.open_store(site) as store:
        board, standing = _standing(site, store, number, now)
        found = concluding.result(site, store, board, standing, now // 60, dict(os.environ))
    if faults := [fault for one in found.drafts for fault in one.faults]:
        raise UsageError("\n".join([_("Nothing was written, for it would not be accepted:"), *faults]))
    if not found.drafts:
        raise UsageError(
            _("nothing can be measured yet: choose operations for the steps, on the workshop's page")
        )
    into = target or site.folder
    texts = {one.path: one.text for one in found.drafts}
    refuse_to_overwrite(into, texts)
    written = write(into, texts)
    if as_json:
        output.print_json({**concluding.document(found), "folder": str(into), "written": written})
        return
    for path in written:
        click.echo(_("wrote {path}", path=printable(str(into / path))))
    for card in found.unmeasured:
        output.say(printable(_("Nothing measures “{journey}” yet: no file.", journey=card.text)))


@command.command(name="end")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def end(number: int, folder: Path | None, as_json: bool) -> None:
    """End a workshop: its link leads nowhere then, and what is on its board stays.

    \b
      tabiji workshop end 12
    """
    from tabiji.reports.boards import summary_json
    from tabiji.runs import workshops

    site, now = workspace.load(folder), workspace.now()
    with workspace.open_store(site) as store:
        board = workshops.end(store, number, now, login.user())
        store.audit.add(now, login.user(), "command", "workshop-ended", f"workshop {number}")
    if as_json:
        output.print_json(summary_json(board))
    else:
        click.echo(_("Workshop {number} has ended.", number=number))


def _standing(site: Site, store: Store, number: int, now: int) -> tuple[Board, Standing]:
    from tabiji.runs import workshops
    from tabiji.runs.viewing import workshop as viewing

    board = workshops.find(store, number)
    return board, viewing.standing(board, viewing.known(site, store, now // 60))
