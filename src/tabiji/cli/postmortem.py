"""`tabiji postmortem`: what was learnt of an incident; begun, written, published, listed and looked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import intervening, login, output, workspace
from tabiji.cli.intervening import CAUSES
from tabiji.errors import UsageError
from tabiji.language import _, current, listed

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.postmortems import Postmortem
    from tabiji.runs.intervening import Word
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])
SECTIONS = ("summary", "users", "timeline", "why", "well", "lucky", "change")


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


@click.group(name="postmortem")
def command() -> None:
    """What was learnt of an incident: what users met, how it came about, what changes. Nobody is blamed.

    \b
      tabiji postmortem draft 3
      tabiji postmortem edit 3 --set summary "Videos did not play for 40 minutes." --cause deployment
      tabiji postmortem publish 3
      tabiji postmortem action 3 "Alert on the pool" --owner aya --due 2026-06-30
      tabiji postmortem search "connection pool"
    """


@command.command(name="draft")
@click.argument("number", type=int, metavar="N")
@_author_option
@workspace.workspace_option
@workspace.json_option
def draft(number: int, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Begin the post-mortem of an incident, with what was measured in it.

    Users are counted by the lines of the failures, where a field says whose they are.
    """
    from tabiji.runs import learning

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        learning.draft(site, store, number, _word(author))
        _tell(store, site, number, "postmortem-drafted", as_json=as_json)


@command.command(name="edit")
@click.argument("number", type=int, metavar="N")
@click.option(
    "--set",
    "texts",
    nargs=2,
    multiple=True,
    metavar="SECTION TEXT",
    help="A section's text; `-` reads it from stdin. Sections: summary, users, timeline, why, well, lucky, change.",
)
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option(
    "--cause",
    type=click.Choice(CAUSES),
    metavar="KIND",
    help="What kind of cause it was: deployment, configuration, capacity, dependency, data, bug, operation, unknown, "
    "other.",
)
@click.option("--lead", metavar="NAME", help="Who sees to it that it is written.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def edit(
    number: int,
    texts: Sequence[tuple[str, str]],
    title: str | None,
    cause: str | None,
    lead: str | None,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Say something in a post-mortem; what is not named stays as it is."""
    from tabiji import postmortems
    from tabiji.runs import learning

    body: dict[str, object] = {}
    for name, text in texts:
        if name not in SECTIONS:
            message = _("`{name}` is not a section; there are {known}", name=name, known=listed(SECTIONS))
            raise UsageError(message)
        body[name] = sys.stdin.read().strip() if text == "-" else text
    given = {"title": title, "cause": cause, "lead": lead}
    body |= {name: value for name, value in given.items() if value is not None}
    if not body:
        raise UsageError(
            _("say what is to be changed: `--set SECTION TEXT`, `--title`, `--cause` or `--lead`")
        )
    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        now = learning.find(store, number)
        learning.edit(store, number, postmortems.edited(now.words, body), _word(author), now.seen)
        _tell(store, site, number, "postmortem-edited", as_json=as_json)


@command.command(name="submit")
@click.argument("number", type=int, metavar="N")
@_author_option
@workspace.workspace_option
@workspace.json_option
def submit(number: int, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Hand a draft in for review."""
    from tabiji.runs import learning

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        learning.submit(store, number, _word(author))
        _tell(store, site, number, "postmortem-submitted", as_json=as_json)


@command.command(name="publish")
@click.argument("number", type=int, metavar="N")
@_author_option
@workspace.workspace_option
@workspace.json_option
def publish(number: int, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Publish a post-mortem as it stands: everybody who may look reads it."""
    from tabiji.runs import learning

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        learning.publish(store, number, _word(author))
        _tell(store, site, number, "postmortem-published", as_json=as_json)


@command.command(name="action")
@click.argument("number", type=int, metavar="N")
@click.argument("title")
@click.option("--owner", metavar="NAME", help="Who sees to it.")
@click.option("--supporter", metavar="NAME", help="Who helps the owner, such as an SRE.")
@click.option("--due", metavar="DAY", help="Until when, such as 2026-06-30.")
@click.option("--team", metavar="TEAM", help="Whose it is; that of the journey by default.")
@click.option("--detail", metavar="TEXT", default="", help="More on it.")
@_author_option
@workspace.workspace_option
@workspace.json_option
def action(
    number: int,
    title: str,
    owner: str | None,
    supporter: str | None,
    due: str | None,
    team: str | None,
    detail: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Open an action item that came of a post-mortem. `tabiji actions` says how it stands from then on."""
    from tabiji.actions import Wanted, today
    from tabiji.cli.telling import wrapped
    from tabiji.reports.actions import action_json
    from tabiji.runs import acting, learning

    site = workspace.load(folder)
    day = None if due is None else acting.day(due)
    wanted = Wanted(title, detail, team=team, owner=owner, supporter=supporter, due=day)
    word = _word(author)
    with workspace.open_store(site) as store:
        item = learning.open_item(site, store, number, wanted, word)
        about = f"action {item.number}"
        store.audit.add(word.now, login.user(), "command", "action-opened", about, title=item.wanted.title)
    if as_json:
        output.print_json(action_json(item, today(word.now, site.timezone)))
        return
    click.echo(
        wrapped(_("Action item {number} is open: {title}", number=item.number, title=item.wanted.title))
    )


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def show(number: int, folder: Path | None, as_json: bool) -> None:
    """The whole post-mortem as Markdown: words, what was measured, what happened when."""
    from tabiji.runs import learning
    from tabiji.runs.viewing import postmortem as viewing

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        learning.find(store, number)
        found = viewing.view(site, store, number, current(), workspace.now())
    if as_json:
        output.print_json(viewing.document(found, site, current()))
        return
    click.echo(viewing.markdown(found, site, current()), nl=False)


@command.command(name="list")
@click.option("--journey", metavar="J", help="Only those of a journey.")
@click.option("--team", metavar="T", help="Only those of a team's journeys.")
@click.option("--cause", type=click.Choice(CAUSES), metavar="KIND", help="Only those with a kind of cause.")
@workspace.workspace_option
@workspace.json_option
def list_(
    journey: str | None, team: str | None, cause: str | None, folder: Path | None, as_json: bool
) -> None:
    """All post-mortems, those of the newest incidents first."""
    _list(folder, "", journey, team, cause, as_json=as_json)


@command.command(name="search")
@click.argument("words", nargs=-1, required=True)
@workspace.workspace_option
@workspace.json_option
def search(words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Post-mortems in which all these words stand, also as parts of longer ones."""
    _list(folder, " ".join(words), None, None, None, as_json=as_json)


def _list(
    folder: Path | None,
    query: str,
    journey: str | None,
    team: str | None,
    cause: str | None,
    *,
    as_json: bool,
) -> None:
    from tabiji.postmortems import CAUSES as KNOWN
    from tabiji.reports.postmortems import postmortem_json, postmortem_table
    from tabiji.runs.viewing import postmortems as viewing

    site = workspace.load(folder)
    if journey is not None:
        intervening.known_journey(site, journey)
    kind = next((one for one in KNOWN if one == cause), None)
    with workspace.open_store(site) as store:
        found = viewing.listing(site, store, viewing.Asked(query, journey, team, kind))
    if as_json:
        output.print_json({"postmortems": [postmortem_json(row.postmortem) for row in found.rows]})
        return
    if not found.rows:
        click.echo(_("No post-mortems."))
        return
    rows = [
        (row.postmortem, row.words, row.incident.journey, row.incident.started_minute) for row in found.rows
    ]
    table = postmortem_table(rows, site.timezone)
    output.print_table(table.columns, table.rows, right=table.right, grow=5)


def _word(author: str | None) -> Word:
    from tabiji.runs.intervening import Word

    return Word(author or login.user(), workspace.now())


def _tell(store: Store, site: Site, number: int, what: Action, *, as_json: bool) -> None:
    """What was done is noted, and how it stands now is said."""
    from tabiji.runs import learning

    found = learning.find(store, number)
    store.audit.add(workspace.now(), login.user(), "command", what, f"incident {number}")
    if as_json:
        from tabiji.reports.postmortems import postmortem_json

        output.print_json(postmortem_json(found))
        return
    click.echo(_said(found))


def _said(found: Postmortem) -> str:
    from tabiji.postmortems import lacking
    from tabiji.reports.postmortems import STAGES, field_name, users_sentence

    lines = [
        _(
            "The post-mortem of incident {number}: {stage}.",
            number=found.incident,
            stage=_(STAGES[found.stage]),
        )
    ]
    if found.stage == "published" and found.published is not None:
        lines.append(_("It is version {n}; everybody who may look reads it.", n=found.published.number))
    else:
        lines.append(users_sentence(found.users))
        if missing := lacking(found.words):
            names = listed(field_name(name) for name in missing)
            lines.append(_("Before it is published, fill in: {fields}.", fields=names))
    return "\n".join(lines)
