"""`tabiji actions`: what is to be done, by whom and until when; and what people say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.listing import Listing
from tabiji.language import N_, _

if TYPE_CHECKING:
    from tabiji.actions import Item, Sort
    from tabiji.roadmaps import By
    from tabiji.runs.acting import What
    from tabiji.runs.viewing.actions import Order, Shown

Command = TypeVar("Command", bound=Callable[..., Any])
NOBODY = "-"  # takes somebody, a day or a team away
STATES = ("open", "overdue", "done", "dropped", "all")
SORTS = ("action", "concern", "help")
BYS = ("quarter", "month")
ORDERS = ("due", "mission")


@click.group(name="actions", cls=Listing)
def command() -> None:
    """What is to be done, by whom and until when, and what came of it.

    \b
      tabiji actions --team learning
      tabiji actions add "Retry the player's token" --team learning --owner aya --due 2026-06-30
      tabiji actions done 12 "No more 401s since June 20"
    """


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _reason_option(command: Command) -> Command:
    return click.option("--reason", metavar="TEXT", default="", help="Why; it is kept.")(command)


@command.command(name="list")
@click.option("--team", metavar="TEAM", help="Only those of a team.")
@click.option(
    "--state",
    type=click.Choice(STATES),
    default="open",
    show_default=True,
    help="Only those that stand so; what is overdue is open, too.",
)
@click.option("--owner", metavar="NAME", help="Only those that somebody sees to or supports.")
@click.option(
    "--from", "origin", metavar="ORIGIN[:WHICH]", help="Only those that came from it, such as `incident:7`."
)
@click.option("--sort", type=click.Choice(SORTS), help="Only action items, concerns, or help that is wanted.")
@click.option("--line", metavar="ID", help="Only those that serve a line of the mission.")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="due",
    show_default=True,
    help="By due, or by the mission's lines.",
)
@workspace.workspace_option
@workspace.json_option
def list_(
    team: str | None,
    state: Shown,
    owner: str | None,
    origin: str | None,
    sort: Sort | None,
    line: str | None,
    order: Order,
    folder: Path | None,
    as_json: bool,
) -> None:
    """What is to be done: the overdue first, then by the day on which it is due."""
    from tabiji import actions
    from tabiji.runs import acting
    from tabiji.runs.viewing.actions import Asked, asked_for

    site = workspace.load(folder)
    acting.known_team(site, team)
    came, which = acting.came_from(origin) if origin else (None, "")
    wanted = Asked(team, state, owner or "", came, which, sort, line, order)
    today = actions.today(workspace.now(), site.timezone)
    with workspace.open_store(site) as store:
        found = asked_for(acting.every(store), wanted, today, acting.lines(store))
    if as_json:
        from tabiji.reports.actions import actions_json

        output.print_json(actions_json(found, today))
    elif not found:
        click.echo(_("No action items."))
    else:
        from tabiji.reports.actions import action_table

        table = action_table(found, today)
        output.print_table(table.columns, table.rows, right=table.right, grow=5)


@command.command(name="roadmap")
@click.option("--team", metavar="TEAM", help="Only that of a team.")
@click.option(
    "--by", type=click.Choice(BYS), default="quarter", show_default=True, help="How long a stretch of it is."
)
@workspace.workspace_option
@workspace.json_option
def roadmap(team: str | None, by: By, folder: Path | None, as_json: bool) -> None:
    """The roadmap of each team: what is due when, which help is wanted, what worries somebody."""
    from tabiji import actions, roadmaps
    from tabiji.reports.actions import roadmap_json, roadmap_table
    from tabiji.runs import acting

    site = workspace.load(folder)
    acting.known_team(site, team)
    today = actions.today(workspace.now(), site.timezone)
    with workspace.open_store(site) as store:
        every = [one for one in acting.every(store) if team in (None, one.wanted.team)]
    found = roadmaps.roadmap(every, by, today, site.timezone)
    if as_json:
        output.print_json(roadmap_json(found, by, today))
    elif not any(one.open_count for one in found):
        click.echo(_("No action items."))
    else:
        table = roadmap_table(found)
        output.print_table(table.columns, table.rows, right=table.right, grow=5)


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def show(number: int, folder: Path | None, as_json: bool) -> None:
    """One action item, and who said what of it, when and why."""
    from tabiji import actions
    from tabiji.cli.telling import printable, wrapped
    from tabiji.missions import known
    from tabiji.reports.actions import SORTS, STATES, act_sentence, action_json, origin_phrase
    from tabiji.reports.mission import line_sentence
    from tabiji.reports.numbers import local
    from tabiji.runs import acting, stating

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        item = acting.find(store, number)
        told = None if item.wanted.line is None else known(stating.versions(store)).get(item.wanted.line)
    served = item.wanted.line if told is None else line_sentence(told)
    today = actions.today(workspace.now(), site.timezone)
    if as_json:
        output.print_json(action_json(item, today))
        return
    wanted = item.wanted
    click.echo(wrapped(_("Action item {number}: {title}", number=number, title=wanted.title)))
    facts = [
        ("state", f"{_(STATES[item.state(today)])} · {_(SORTS[wanted.sort])}"),
        ("team", wanted.team),
        ("owner", wanted.owner),
        ("supporter", wanted.supporter),
        ("due", None if wanted.due is None else wanted.due.isoformat()),
        ("journey", wanted.journey),
        ("serves", served),
        ("from", origin_phrase(item)),
    ]
    for name, fact in facts:
        if fact is not None:
            click.echo(wrapped(f"{_(NAMES[name])}: {fact}"))
    for line in wanted.detail.splitlines():
        click.echo(wrapped(printable(line)))
    click.echo()
    for act in item.acts:
        said = f"{act_sentence(act)} {act.body.get('text', '')}".rstrip()
        click.echo(wrapped(f"{local(act.at // 60, site.timezone)}  {printable(said)}"))


NAMES = {
    "state": N_("State"),
    "team": N_("Team"),
    "owner": N_("Owner"),
    "supporter": N_("Supporter"),
    "due": N_("Due"),
    "journey": N_("Journey"),
    "serves": N_("Serves"),
    "from": N_("From"),
}


@command.command(name="add")
@click.argument("title")
@click.option("--team", metavar="TEAM", help="Whose it is.")
@click.option("--owner", metavar="NAME", help="Who sees to it.")
@click.option("--supporter", metavar="NAME", help="Who helps the owner, such as an SRE.")
@click.option("--due", metavar="DAY", help="Until when, such as 2026-06-30.")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="action",
    show_default=True,
    help="To be done, a concern, or help that nobody had planned.",
)
@click.option("--line", metavar="ID", help="The line of the mission that it serves, such as `m1`.")
@click.option("--journey", metavar="J", help="The journey that it is about.")
@click.option("--from", "origin", metavar="ORIGIN:WHICH", help="What it came from, such as `incident:7`.")
@click.option("--detail", metavar="TEXT", default="", help="More on it.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def add(
    title: str,
    team: str | None,
    owner: str | None,
    supporter: str | None,
    due: str | None,
    sort: Sort,
    line: str | None,
    journey: str | None,
    origin: str | None,
    detail: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Open an action item."""
    from tabiji.actions import Wanted
    from tabiji.runs import acting

    site = workspace.load(folder)
    day = None if due is None else acting.day(due)
    came = acting.came_from(origin)
    wanted = Wanted(title, detail, sort, team, owner, supporter, day, line, *came, journey)
    now = workspace.now()
    with workspace.open_store(site) as store:
        item = acting.open_(site, store, wanted, author or login.user(), now)
        about = f"action {item.number}"
        store.audit.add(now, login.user(), "command", "action-opened", about, title=item.wanted.title)
    said = _("Action item {number} is open: {title}", number=item.number, title=item.wanted.title)
    _tell(item, said, now, site.timezone, as_json=as_json)


def _change(
    what: What,
    number: int,
    value: str | None,
    text: str,
    author: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    from tabiji.actions import Word
    from tabiji.reports.actions import act_sentence
    from tabiji.runs import acting

    site = workspace.load(folder)
    now = workspace.now()
    word = Word(author or login.user(), now, text)
    with workspace.open_store(site) as store:
        item = acting.change(site, store, number, what, None if value == NOBODY else value, word)
        about = f"action {number}"
        store.audit.add(
            now, login.user(), "command", acting.AUDITED[what], about, to=value, text=text.strip() or None
        )
    said = _("Action item {number}: {what}", number=number, what=act_sentence(item.acts[-1]))
    _tell(item, said, now, site.timezone, as_json=as_json)


def _tell(item: Item, said: str, now: int, zone: str, *, as_json: bool) -> None:
    from tabiji.actions import today
    from tabiji.cli.telling import wrapped
    from tabiji.reports.actions import action_json

    if as_json:
        output.print_json(action_json(item, today(now, zone)))
    else:
        click.echo(wrapped(said))


@command.command(name="own")
@click.argument("number", type=int, metavar="N")
@click.argument("person", required=False)
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def own(
    number: int, person: str | None, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Say who sees to it: you, where nobody is named; `-` for nobody."""
    _change("own", number, person or author or login.user(), reason, author, folder, as_json=as_json)


@command.command(name="support")
@click.argument("number", type=int, metavar="N")
@click.argument("person", required=False)
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def support(
    number: int, person: str | None, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Say who supports its owner, such as an SRE: you, where nobody is named; `-` for nobody."""
    _change("support", number, person or author or login.user(), reason, author, folder, as_json=as_json)


@command.command(name="due")
@click.argument("number", type=int, metavar="N")
@click.argument("day")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def due(number: int, day: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Say until when, such as 2026-06-30; `-` for no certain day. Another day than before needs a reason."""
    _change("due", number, day, reason, author, folder, as_json=as_json)


@command.command(name="hand")
@click.argument("number", type=int, metavar="N")
@click.argument("team")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def hand(number: int, team: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Hand it to another team; `-` for none."""
    _change("hand", number, team, reason, author, folder, as_json=as_json)


@command.command(name="serve")
@click.argument("number", type=int, metavar="N")
@click.argument("line", metavar="ID")
@_reason_option
@_author_option
@workspace.workspace_option
@workspace.json_option
def serve(
    number: int, line: str, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Say which line of the mission it serves; `-` for none. `tabiji mission` lists them."""
    _change("serve", number, line, reason, author, folder, as_json=as_json)


@command.command(name="done")
@click.argument("number", type=int, metavar="N")
@click.argument("outcome")
@_author_option
@workspace.workspace_option
@workspace.json_option
def done(number: int, outcome: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Say that it is done, and what came of it."""
    _change("done", number, None, outcome, author, folder, as_json=as_json)


@command.command(name="drop")
@click.argument("number", type=int, metavar="N")
@click.argument("reason")
@_author_option
@workspace.workspace_option
@workspace.json_option
def drop(number: int, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Say that it will not be done, and why."""
    _change("drop", number, None, reason, author, folder, as_json=as_json)


@command.command(name="reopen")
@click.argument("number", type=int, metavar="N")
@click.argument("reason")
@_author_option
@workspace.workspace_option
@workspace.json_option
def reopen(number: int, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Say that it is not over after all, and why."""
    _change("reopen", number, None, reason, author, folder, as_json=as_json)


@command.command(name="note")
@click.argument("number", type=int, metavar="N")
@click.argument("text")
@_author_option
@workspace.workspace_option
@workspace.json_option
def note(number: int, text: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Keep a note with it."""
    _change("note", number, None, text, author, folder, as_json=as_json)
