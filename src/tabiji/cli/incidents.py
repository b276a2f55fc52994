"""`tabiji incidents`: what happened, since when, noticed when and by whom, at what cost; and a person's word on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, headings, listed

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.incidents import Detector, Incident
    from tabiji.journeys import Tier
    from tabiji.runs.intervening import Word
    from tabiji.store import Action, Store

Command = TypeVar("Command", bound=Callable[..., Any])


class _Incidents(click.Group):
    """Lists, where nothing else is said; shows the incident of a number."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        elif args[0].isdecimal():
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(name="incidents", cls=_Incidents)
def command() -> None:
    """What happened: since when, noticed after how long and by whom, at what cost, and whose it was.

    \b
      tabiji incidents --from now-30d
      tabiji incidents show 3
      tabiji incidents detect 3 --at 2026-06-02T20:50 --by enquiry
    """


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


@command.command(name="list")
@click.option("--journey", metavar="J", help="Only those of a journey.")
@click.option("--from", "start", metavar="TIME", help="Only those that lasted after it.")
@click.option("--to", "end", metavar="TIME", help="Only those that had started before it.")
@workspace.workspace_option
@workspace.json_option
def list_(
    journey: str | None, start: str | None, end: str | None, folder: Path | None, as_json: bool
) -> None:
    """All incidents, the newest first; MTTD and MTTR.

    Missed drops and false alerts are marked.
    """
    from tabiji import incidents

    site = workspace.load(folder)
    if journey is not None:
        _known_journey(site, journey)
    now = workspace.now()
    first = None if start is None else workspace.moment(start, site, now) // 60
    last = None if end is None else workspace.moment(end, site, now) // 60
    if first is not None and last is not None and last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    with workspace.open_store(site) as store:
        found = [
            one
            for one in store.incidents(journey)
            if one.merged_into is None and one.lasted_within(first, last)
        ]
        if not as_json:
            workspace.say_if_nothing_is_counted(store)
    found.sort(key=lambda one: (one.started_minute, one.number or 0), reverse=True)
    means = incidents.means(found)
    if as_json:
        from tabiji.reports.incidents import incidents_json

        output.print_json(incidents_json(found, means))
        return
    _show_list(site, found)


def _show_list(site: Site, found: Sequence[Incident]) -> None:
    from tabiji import incidents
    from tabiji.cli.telling import wrapped
    from tabiji.reports.incidents import SENTENCES, incident_table, means_sentence

    if not found:
        click.echo(_("No incidents."))
        return
    table = incident_table(found, site.timezone)
    output.print_table(table.columns, table.rows, right=table.right, grow=1)
    click.echo()
    means = incidents.means(found)
    said = means_sentence(means)
    if said is not None:
        click.echo(wrapped(said))
    if means.missed or means.false:
        click.echo(wrapped(_(SENTENCES["marks"])))
    click.echo(_("`tabiji incidents show N` tells one of them in words."))


@command.command(name="show")
@click.argument("number", type=int, metavar="N")
@workspace.workspace_option
@workspace.json_option
def show(number: int, folder: Path | None, as_json: bool) -> None:
    """One incident in words and numbers.

    What happened, what it cost, whose it was, and what people said.
    """
    from tabiji.cli.telling import printable, wrapped
    from tabiji.reports import iso_time
    from tabiji.reports.incidents import fact_sentence, incident_json, part_table, sentence, verdict
    from tabiji.reports.marks import mark_json, mark_sentence
    from tabiji.reports.numbers import local
    from tabiji.runs import intervening

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        incident = intervening.find(store, number)
        facts = store.incident_facts(number)
        alerts = [one for one in store.alerts() if one.number in incident.alerts]
        marks = store.marks.between(*_around(incident), incident.journey)
    if as_json:
        said = [
            {
                "at": iso_time(one.at),
                "author": one.author,
                "what": one.kind,
                "time": None if one.minute is None else iso_time(one.minute * 60),
                "text": one.text,
            }
            for one in facts
        ]
        marked = [mark_json(one) for one in marks]
        output.print_json({**incident_json(incident), "history": said, "marks": marked})
        return
    titles = {journey.name: journey.title.to(site.language) for journey in site.journeys}
    objectives = {one.id: one for journey in site.journeys for one in journey.objectives}
    title = titles.get(incident.journey, incident.journey)
    state = _("open") if incident.closed_minute is None else _("closed")
    click.echo(
        _("Incident {number} · {journey} · {state}", number=number, journey=incident.journey, state=state)
    )
    click.echo(wrapped(sentence(incident, title, objectives, site.timezone)))
    if (mark := verdict(incident)) is not None:
        click.echo(mark)
    if incident.measured is not None:
        names = headings("step", "operation")
        for name, parts in zip(names, (incident.measured.steps, incident.measured.operations), strict=True):
            worst = [part for part in parts if part.bad]
            if worst:
                click.echo()
                table = part_table(name, worst)
                output.print_table(table.columns, table.rows, right=table.right)
    history = [
        (one.opened_minute, _("alert: {objective} ({tier})", objective=one.objective, tier=_tier(one.tier)))
        for one in alerts
    ]
    history += [(one.from_second // 60, mark_sentence(one)) for one in marks]
    history += [
        (one.at // 60, fact_sentence(one.kind, one.author, one.minute, one.text, site.timezone))
        for one in facts
    ]
    if history:
        click.echo()
        for minute, what in sorted(history):
            click.echo(wrapped(f"{local(minute, site.timezone)}  {printable(what)}"))


def _around(incident: Incident) -> tuple[int, int]:
    """From an hour before it began to its end, in seconds."""
    end = incident.over_minute
    begin = incident.started_minute * 60
    return begin - 3600, workspace.now() if end is None else max(end * 60, begin + 60)


def _tier(tier: Tier) -> str:
    """`page 1h`"""
    from tabiji.reports.words import severity_name
    from tabiji.windows import format_minutes

    return f"{severity_name(tier.severity)} {format_minutes(tier.long_minutes)}"


@command.command(name="open")
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
    _known_journey(site, journey)
    minute, word = _said(site, at, reason, author)
    with workspace.open_store(site) as store:
        number = intervening.open_by_hand(site, store, journey, minute, detector, word)
        _tell(store, number, "incident-opened", _("Incident {n} is open.", n=number), as_json=as_json)


@command.command(name="close")
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


@command.command(name="detect")
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


@command.command(name="merge")
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


@command.command(name="split")
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


@command.command(name="note")
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


@command.command(name="acknowledge")
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


def _known_journey(site: Site, name: str) -> None:
    known = [journey.name for journey in site.journeys]
    if name not in known:
        raise UsageError(
            _("`{name}` is not a journey; there are {names}", name=name, names=listed(known))
            if known
            else _("`{name}` is not a journey; there are none", name=name)
        )
