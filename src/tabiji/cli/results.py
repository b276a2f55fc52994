"""`tabiji results`: what teams want to reach by when, bound to objectives; and how far it has come, from the data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.listing import Listing
from tabiji.errors import UsageError
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.results import Measure
    from tabiji.runs.achieving.measuring import Stand
    from tabiji.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])
MEASURES = ("sli", "days-kept", "budget-left")


@click.group(name="results", cls=Listing)
def command() -> None:
    """Key results: what a team wants to reach by when, and how far it has come.

    Each is bound to one objective. How far it has come is measured, for any moment; nobody types it in.

    \b
      tabiji results --team learning
      tabiji results 3
      tabiji results open "Learners can play on nearly every day" --objective watch-course/plays \\
        --measure days-kept --start 80% --target 95% --owner Sato
      tabiji results change 3 "Mori left the team" --owner Ito
      tabiji results close 3 "The player's token was the reason; it is renewed now"
    """


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _at_option(command: Command) -> Command:
    return click.option("--at", metavar="T", help="As it stood at this moment; now by default.")(command)


@command.command(name="list")
@click.option("--team", metavar="TEAM", help="Only those of a team.")
@click.option("--objective", metavar="JOURNEY[/OBJECTIVE]", help="Only those of a journey or an objective.")
@click.option("--closed", "with_closed", is_flag=True, help="Those that are closed, too.")
@_at_option
@workspace.workspace_option
@workspace.json_option
def list_(
    team: str | None,
    objective: str | None,
    at: str | None,
    folder: Path | None,
    *,
    with_closed: bool,
    as_json: bool,
) -> None:
    """All key results, by the end of their periods."""
    from tabiji.reports.results import results_json, results_table
    from tabiji.runs.achieving.listing import Asked

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        minute, found = _found(site, store, at, Asked(team, objective, with_closed=with_closed))
    if as_json:
        output.print_json(results_json(found, minute))
    elif not found:
        click.echo(_("No key results."))
    else:
        table = results_table(found)
        output.print_table(table.columns, table.rows, right=table.right, grow=6)


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@_at_option
@workspace.workspace_option
@workspace.json_option
def show(number: int, at: str | None, folder: Path | None, as_json: bool) -> None:
    """One key result: what it is about, what was measured, and who said what."""
    from tabiji.runs import achieving
    from tabiji.runs.achieving.listing import Asked

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        achieving.find(store, number)
        _minute, found = _found(site, store, at, Asked(with_closed=True))
    chosen = next((one for one in found if one.result.number == number), None)
    if chosen is None:
        raise UsageError(_("key result {number} was not open yet at that moment", number=number))
    _tell(site, chosen, as_json=as_json)


@command.command(name="open")
@click.argument("title")
@click.option("--objective", metavar="JOURNEY/OBJECTIVE", required=True, help="What it is bound to.")
@click.option(
    "--measure",
    type=click.Choice(MEASURES),
    required=True,
    help="The share of good events over the period; of days on which the promise was kept; "
    "or of the error budget that is left at the end.",
)
@click.option("--target", metavar="SHARE", required=True, help="Where it is to be, such as 99%.")
@click.option("--start", metavar="SHARE", help="Where it is; measured over as many days before by default.")
@click.option("--from", "first", metavar="DAY", help="The first day; that of this quarter by default.")
@click.option("--to", "last", metavar="DAY", help="The last day; that of this quarter by default.")
@click.option("--owner", metavar="NAME", help="Who sees to it; you by default.")
@click.option("--team", metavar="TEAM", help="Whose it is; the team of the journey by default.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def open_(
    title: str,
    objective: str,
    measure: Measure,
    target: str,
    start: str | None,
    first: str | None,
    last: str | None,
    owner: str | None,
    team: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Open a key result, bound to an objective."""
    from fractions import Fraction

    from tabiji.actions import today
    from tabiji.results import Wanted
    from tabiji.runs import achieving, acting, naming
    from tabiji.runs.achieving import measuring

    site, now = workspace.load(folder), workspace.now()
    journey, _objective = naming.one(site, objective)
    aim = achieving.share(target)
    begin, end = achieving.quarter(today(now, site.timezone))
    wanted = Wanted(
        title,
        owner or author or login.user(),
        team or journey.team,
        objective,
        measure,
        Fraction(0),
        aim,
        begin if first is None else acting.day(first),
        end if last is None else acting.day(last),
        site.timezone,
    )
    who = author or login.user()
    with workspace.open_store(site) as store:
        begun = None if start is None else achieving.share(start)
        kept = achieving.open_(site, store, wanted, who, now, start=begun)
        store.audit.add(
            now,
            login.user(),
            "command",
            "result-opened",
            f"result {kept.number}",
            title=kept.wanted.title,
            by=who,
        )
        found = measuring.stands(site, store, [kept], now // 60)
    said = _("Key result {number} is open: {title}", number=kept.number, title=kept.wanted.title)
    _tell(site, found[0], said, as_json=as_json)


@command.command(name="change")
@click.argument("number", type=int, metavar="N")
@click.argument("text", metavar="WHY")
@click.option("--title", metavar="TEXT", help="What is to be reached, in a sentence.")
@click.option("--owner", metavar="NAME", help="Who sees to it from now on.")
@click.option("--target", metavar="SHARE", help="Where it is to be instead, such as 98.5%.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def change(
    number: int,
    text: str,
    title: str | None,
    owner: str | None,
    target: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Change the title, the owner or the target of a key result, and say why; what it was before is kept."""
    from tabiji.runs import achieving
    from tabiji.runs.achieving import measuring

    site, now, who = workspace.load(folder), workspace.now(), author or login.user()
    aim = None if target is None else achieving.share(target)
    with workspace.open_store(site) as store:
        kept = achieving.change(site, store, number, who, text, now, title=title, owner=owner, target=aim)
        store.audit.add(
            now, login.user(), "command", "result-changed", f"result {number}", text=text.strip(), by=who
        )
        found = measuring.stands(site, store, [kept], now // 60)
    said = _("Key result {number} is changed: {title}", number=number, title=kept.wanted.title)
    _tell(site, found[0], said, as_json=as_json)


@command.command(name="close")
@click.argument("number", type=int, metavar="N")
@click.argument("text")
@_author_option
@workspace.workspace_option
@workspace.json_option
def close(number: int, text: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Close a key result, and say what was learnt; what is measured now is kept with it."""
    from tabiji.runs import achieving
    from tabiji.runs.achieving import measuring

    site, now, who = workspace.load(folder), workspace.now(), author or login.user()
    with workspace.open_store(site) as store:
        kept = achieving.close(site, store, number, who, text, now)
        store.audit.add(
            now, login.user(), "command", "result-closed", f"result {number}", text=text.strip(), by=who
        )
        found = measuring.stands(site, store, [kept], now // 60)
    said = _("Key result {number} is closed: {title}", number=number, title=kept.wanted.title)
    _tell(site, found[0], said, as_json=as_json)


def _found(site: Site, store: Store, at: str | None, asked: Any) -> tuple[int, list[Stand]]:
    """The moment, and how key results stood then, by the definitions of then."""
    from tabiji.runs import recalling
    from tabiji.runs.achieving import listing

    now = workspace.now()
    if at is None:
        return now // 60, listing.listing(site, store, asked, now // 60)
    second = workspace.moment(at, site, now)
    then = recalling.site_at(site, store, second // 60, os.environ)
    return second // 60, listing.listing(then, store, asked, second // 60, second)


def _tell(site: Site, one: Stand, said: str | None = None, *, as_json: bool) -> None:
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports.numbers import local
    from tabiji.reports.results import (
        change_words,
        facts,
        measured_sentence,
        progress_sentence,
        result_json,
    )

    if as_json:
        output.print_json(result_json(one))
        return
    title = _("Key result {number}: {title}", number=one.result.number, title=one.result.wanted.title)
    click.echo(wrapped(said or title))
    for name, fact in facts(one):
        click.echo(wrapped(printable(_("{name}: {fact}", name=name, fact=fact))))
    click.echo(wrapped(measured_sentence(one)))
    if way := progress_sentence(one):
        click.echo(wrapped(way))
    for change in one.result.changes:
        when = local(change.at // 60, site.timezone)
        what = listed(change_words(change))
        text = _(
            "{who} changed it on {at}: {text} ({what})", who=change.who, at=when, text=change.text, what=what
        )
        click.echo(wrapped(printable(text)))
    if closing := one.result.closing:
        when = local(closing.at // 60, site.timezone)
        text = _("{who} closed it on {at}: {text}", who=closing.who, at=when, text=closing.text)
        click.echo(wrapped(printable(text)))
