"""A person's word on an incident → recorded: opened, closed, owned, noted; the commands of `tabiji incidents`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.incidents import Detector, Role
    from tabiji.runs.intervening import Word
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])
NOBODY_KNOWS = "-"  # takes a kind of cause back
CAUSES = (
    "deployment",
    "configuration",
    "capacity",
    "dependency",
    "data",
    "bug",
    "operation",
    "unknown",
    "other",
)


def _author_option(command: Command) -> Command:
    return click.option("--author", metavar="NAME", help="Who says so; you by default.")(command)


def _reason_option(*, required: bool = False) -> Callable[[Command], Command]:
    return click.option("--reason", metavar="TEXT", default="", required=required, help="Why; it is kept.")


def _at_option(*, default: str | None = "now") -> Callable[[Command], Command]:
    return click.option(
        "--at",
        "at",
        default=default,
        required=default is None,
        show_default=default is not None,
        metavar="TIME",
        help="When.",
    )


@click.command(name="open")
@click.argument("journey")
@_at_option()
@click.option(
    "--detector",
    type=click.Choice(["human", "enquiry"]),
    default="human",
    show_default=True,
    help="Who noticed: one of us, or a customer who asked.",
)
@_reason_option(required=True)
@_author_option
@workspace.workspace_option
@workspace.json_option
def open_(
    journey: str,
    at: str,
    detector: Detector,
    reason: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Open an incident by hand."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    known_journey(site, journey)
    minute, word = _said(site, at, reason, author)
    with workspace.open_store(site) as store:
        number = intervening.open_by_hand(site, store, journey, minute, detector, word)
        _tell(store, number, "incident-opened", _("Incident {n} is open.", n=number), as_json=as_json)


@click.command(name="close")
@click.argument("number", type=int, metavar="N")
@_at_option()
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def close(number: int, at: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Close an incident by hand."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    minute, word = _said(site, at, reason, author)
    with workspace.open_store(site) as store:
        intervening.close(site, store, number, minute, word)
        _tell(store, number, "incident-closed", _("Incident {n} is closed.", n=number), as_json=as_json)


@click.command(name="reopen")
@click.argument("number", type=int, metavar="N")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def reopen(number: int, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Take back that an incident was closed by hand."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    word = _said(site, "now", reason, author)[1]
    with workspace.open_store(site) as store:
        intervening.reopen(site, store, number, word)
        said = _("Incident {n}: its closing is taken back.", n=number)
        _tell(store, number, "incident-reopened", said, as_json=as_json)


@click.command(name="own")
@click.argument("number", type=int, metavar="N")
@click.option(
    "--as",
    "role",
    type=click.Choice(["commander", "helper", "none"]),
    default="commander",
    show_default=True,
    help="Who decides and tells others, who helps, or who has no part in it any more.",
)
@click.option("--person", metavar="NAME", help="Who it is; the author by default.")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def own(
    number: int,
    role: str,
    person: str | None,
    reason: str,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Say who is in charge of an incident, and who helps."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    word = _said(site, "now", reason, author)[1]
    wanted: Role | None = "commander" if role == "commander" else "helper" if role == "helper" else None
    with workspace.open_store(site) as store:
        intervening.own(store, number, person or word.author, wanted, word)
        found = intervening.roles_of(store.incident_facts(number))
        said = _("Incident {n}: nobody is in charge.", n=number)
        if found.commander is not None:
            said = _("Incident {n}: {commander} is in charge.", n=number, commander=found.commander)
        _tell(store, number, "incident-owned", said, as_json=as_json)


@click.command(name="cause")
@click.argument("number", type=int, metavar="N")
@click.argument("kind", type=click.Choice([*CAUSES, NOBODY_KNOWS]), metavar="KIND")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def cause(
    number: int, kind: str, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Say what kind of cause an incident had; `-` takes it back. Where there is a post-mortem, it is said in that.

    Kinds: deployment, configuration, capacity, dependency, data, bug, operation, unknown, other.
    """
    from tabiji.postmortems import CAUSES as KNOWN
    from tabiji.reports import trends
    from tabiji.runs import intervening, learning
    from tabiji.runs.documents import incident_document

    site = workspace.load(folder)
    word = _said(site, "now", reason, author)[1]
    chosen = next((one for one in KNOWN if one == kind), None)
    with workspace.open_store(site) as store:
        learning.cause(store, number, chosen, word)
        store.audit.add(
            word.now, login.user(), "command", "incident-cause-said", f"incident {number}", cause=chosen
        )
        if as_json:
            incident = intervening.find(store, number)
            marks = intervening.marks_around(store, incident, word.now)
            facts = store.incident_facts(number)
            output.print_json(incident_document(incident, facts, marks, chosen))
            return
    click.echo(_("Incident {n}: kind of cause: {cause}.", n=number, cause=trends.cause_name(chosen)))


@click.command(name="detect")
@click.argument("number", type=int, metavar="N")
@_at_option(default=None)
@click.option("--by", type=click.Choice(["enquiry", "human"]), required=True, help="Who noticed.")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def detect(
    number: int, at: str, by: Detector, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Say when somebody noticed an incident; the earliest counts."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    minute, word = _said(site, at, reason, author)
    with workspace.open_store(site) as store:
        intervening.detect(site, store, number, minute, by, word)
        _tell(store, number, "incident-detected", _("Incident {n}: noted.", n=number), as_json=as_json)


@click.command(name="merge")
@click.argument("number", type=int, metavar="N")
@click.argument("other", type=int, metavar="M")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def merge(
    number: int, other: int, reason: str, author: str | None, folder: Path | None, as_json: bool
) -> None:
    """Make M a part of N: they were one."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    word = _said(site, "now", reason, author)[1]
    with workspace.open_store(site) as store:
        intervening.merge(site, store, number, other, word)
        _tell(
            store,
            number,
            "incident-merged",
            _("Incident {other} is part of incident {n}.", other=other, n=number),
            as_json=as_json,
        )


@click.command(name="split")
@click.argument("number", type=int, metavar="N")
@_at_option(default=None)
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def split(number: int, at: str, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Make what came from a time on an incident of its own."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    minute, word = _said(site, at, reason, author)
    with workspace.open_store(site) as store:
        new = intervening.split(site, store, number, minute, word)
        said = _("Incident {n} ends there; what came later is incident {new}.", n=number, new=new)
        _tell(store, new, "incident-split", said, as_json=as_json)


@click.command(name="note")
@click.argument("number", type=int, metavar="N")
@click.argument("text")
@_author_option
@workspace.workspace_option
@workspace.json_option
def note(number: int, text: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Keep a note with an incident."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    word = _said(site, "now", text, author)[1]
    with workspace.open_store(site) as store:
        intervening.note(store, number, word)
        _tell(store, number, "incident-noted", _("Incident {n}: noted.", n=number), as_json=as_json)


@click.command(name="acknowledge")
@click.argument("number", type=int, metavar="N")
@_reason_option()
@_author_option
@workspace.workspace_option
@workspace.json_option
def acknowledge(number: int, reason: str, author: str | None, folder: Path | None, as_json: bool) -> None:
    """Take note of an incident: nobody is reminded of it any more."""
    from tabiji.runs import intervening

    site = workspace.load(folder)
    word = _said(site, "now", reason, author)[1]
    with workspace.open_store(site) as store:
        before = intervening.acknowledge(store, number, word)
        if before is None:
            said = _("Incident {n}: {author} has taken note.", n=number, author=word.author)
        else:
            said = _("Incident {n}: {author} took note already.", n=number, author=before.author)
        _tell(store, number, "incident-acknowledged", said, as_json=as_json)


def _tell(store: Store, number: int, what: Action, said: str, *, as_json: bool) -> None:
    """What was done, noted in the audit as well; or the incident as it is now."""
    from tabiji.reports.incidents import incident_json
    from tabiji.runs import intervening

    store.audit.add(workspace.now(), login.user(), "command", what, f"incident {number}")
    if as_json:
        output.print_json(incident_json(intervening.find(store, number)))
    else:
        click.echo(said)


def _said(site: Site, at: str, text: str, author: str | None) -> tuple[int, Word]:
    """The minute that is meant, and who says what now."""
    from tabiji.runs.intervening import Word

    now = workspace.now()
    return workspace.moment(at, site, now) // 60, Word(author or login.user(), now, text)


def known_journey(site: Site, name: str) -> None:
    """Raises UsageError for what is no journey."""
    known = [journey.name for journey in site.journeys]
    if name not in known:
        raise UsageError(
            _("`{name}` is not a journey; there are {names}", name=name, names=listed(known))
            if known
            else _("`{name}` is not a journey; there are none", name=name)
        )


COMMANDS: tuple[click.Command, ...] = (
    open_,
    close,
    reopen,
    own,
    cause,
    detect,
    merge,
    split,
    note,
    acknowledge,
)
