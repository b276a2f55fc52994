"""`tabiji signals`: what users say and do apart from the logs; imported, listed, placed, sorted, removed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.cli.telling import wrapped
from tabiji.errors import FileError, UsageError, reason
from tabiji.language import _, listed

if TYPE_CHECKING:
    from tabiji.signals import Field, Kind

LAST = 10**10  # the year 2286
CONTENT_MAX = 256 * 1024 * 1024  # bytes


class _Signals(click.Group):
    """Lists, where nothing else is said."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(name="signals", cls=_Signals)
def command() -> None:
    """What users say and do apart from the logs: enquiries, cancellations, revenue, voices.

    \b
      tabiji signals import enquiry tickets.csv
      tabiji signals list --unplaced
      tabiji signals place 12 watch-course
    """


@command.command(name="list")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="enquiry, churn, revenue or voice; all.")
@click.option("--journey", metavar="J", help="Only those about a journey.")
@click.option("--unplaced", is_flag=True, help="Only those that nothing tells the journey of.")
@click.option("--from", "start", default="now-30d", show_default=True, metavar="TIME", help="From then on.")
@click.option("--to", "end", metavar="TIME", help="Until then.")
@workspace.workspace_option
@workspace.json_option
def list_(
    kinds: tuple[str, ...],
    journey: str | None,
    unplaced: bool,
    start: str,
    end: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """What is kept, the oldest first.

    \b
      tabiji signals list --kind voice --journey watch-course
    """
    from tabiji.reports.signals import signal_json, signal_table
    from tabiji.runs import signalling
    from tabiji.signals import is_unplaced

    site = workspace.load(folder)
    now = workspace.now()
    first = workspace.moment(start, site, now)
    last = LAST if end is None else workspace.moment(end, site, now)
    if last <= first:
        raise UsageError(_("`--to` is not after `--from`"))
    if journey is not None:
        signalling.check_journey(site, journey)
    wanted = [_kind(kind) for kind in kinds]
    with workspace.open_store(site) as store:
        found = store.signals.between(first, last, *wanted, journey=journey)
    found = [one for one in found if not unplaced or is_unplaced(one)]
    if as_json:
        output.print_json({"signals": [signal_json(one) for one in found]})
    elif not found:
        click.echo(_("Nothing is kept of this time; `tabiji signals import` takes in a CSV file."))
    else:
        table = signal_table(found, site.timezone)
        output.print_table(table.columns, table.rows, right=table.right, grow=5)


@command.command(name="import")
@click.argument("kind")
@click.argument("file", metavar="FILE")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column holds what, as at=created_at.",
)
@click.option("--skip-faulty", is_flag=True, help="Import the rows that are right, and say which are not.")
@click.option("--author", metavar="NAME", help="Whom it is from; the name of the file by default.")
@workspace.workspace_option
@workspace.json_option
def import_(
    kind: str,
    file: str,
    mapped: tuple[str, ...],
    skip_faulty: bool,
    author: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Import a CSV file of enquiry, churn, revenue or voice; `-` reads from stdin.

    The first line names the columns: time, subject, amount, journey, id, in English or Japanese. UTF-8 and Shift_JIS
    are recognised. Imported again, what is known by its id stays one; nothing is imported unless every row is right.

    \b
      tabiji signals import enquiry tickets.csv --map at=opened --map text=headline
      tabiji signals import revenue sales.csv
    """
    from tabiji.reports.signals import import_json
    from tabiji.runs import signalling

    site = workspace.load(folder)
    now = workspace.now()
    chosen = _kind(kind)
    content, columns = _content(file), _columns(mapped)
    origin = author or ("stdin" if file == "-" else Path(file).name[:100])
    try:
        found = signalling.read_table(site, content, chosen, columns, origin, now)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None
    wrong = [f"{file}:{line}: {message}" for line, message in found.faults]
    if wrong and not skip_faulty:
        hint = _("Nothing was imported; mend these rows, or leave them out with `--skip-faulty`.")
        raise UsageError("\n".join([*wrong, hint]))
    with workspace.open_store(site) as store:
        new = store.signals.add(found.signals, now)
        store.audit.add(
            now,
            login.user(),
            "command",
            "signals-imported",
            chosen,
            file=file,
            rows=len(found.signals),
            new=new,
        )
    for message in wrong:
        output.say(message)
    known = len(found.signals) - new
    unplaced = sum(one.journey is None for one in found.signals)
    if as_json:
        output.print_json(import_json(chosen, found, new))
        return
    said = _("{new:,} new, {known:,} known already.", new=new, known=known)
    if found.faults:
        said += " " + _("{n:,} rows left out.", n=len(found.faults))
    click.echo(said)
    if unplaced and chosen in ("enquiry", "voice"):
        click.echo(
            _(
                "{n:,} are about no journey yet: write rules (`enquiries:` in {file}), or `tabiji signals place`.",
                n=unplaced,
                file=workspace.DEFINITION,
            )
        )
    if found.unread:
        output.say(_("Columns not read: {columns}", columns=listed(found.unread)))


@command.command(name="place")
@click.argument("number", type=int, metavar="NUMBER")
@click.argument("journey", metavar="JOURNEY")
@workspace.workspace_option
@workspace.json_option
def place(number: int, journey: str, folder: Path | None, as_json: bool) -> None:
    """Say by hand which journey one is about, `none` for none; no rule changes it afterwards.

    \b
      tabiji signals place 12 watch-course
    """
    site = workspace.load(folder)
    chosen = None if journey == "none" else journey
    from tabiji.runs import signalling

    with workspace.open_store(site) as store:
        signalling.place(site, store, number, chosen)
        now, about = workspace.now(), f"signal {number}"
        store.audit.add(now, login.user(), "command", "signal-placed", about, journey=chosen)
    if as_json:
        output.print_json({"number": number, "journey": chosen})
    elif chosen is None:
        click.echo(_("{number} is about no journey.", number=number))
    else:
        click.echo(_("{number} is about {journey}.", number=number, journey=chosen))


@command.command(name="sort")
@workspace.workspace_option
@workspace.json_option
def sort(folder: Path | None, as_json: bool) -> None:
    """Apply the rules of `enquiries:` to all that is kept, after they have changed.

    What somebody placed by hand, or came with its journey, stays.

    \b
      tabiji signals sort
    """
    from tabiji.runs import signalling

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        found = signalling.sort(site, store)
        if found.changed:
            now = workspace.now()
            store.audit.add(now, login.user(), "command", "signals-sorted", "signals", changed=found.changed)
    if as_json:
        output.print_json({"changed": found.changed, "unplaced": found.unplaced})
    else:
        click.echo(
            _(
                "{changed:,} changed; {n:,} are about no journey.",
                changed=found.changed,
                n=found.unplaced,
            )
        )


@command.command(name="remove")
@click.argument("number", type=int, metavar="NUMBER")
@workspace.workspace_option
@workspace.json_option
def remove(number: int, folder: Path | None, as_json: bool) -> None:
    """Forget what was imported or written by mistake.

    \b
      tabiji signals remove 12
    """
    from tabiji.runs import signalling

    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        signalling.remove(store, number)
        store.audit.add(workspace.now(), login.user(), "command", "signal-removed", f"signal {number}")
    if as_json:
        output.print_json({"removed": number})
    else:
        click.echo(_("{number} is removed.", number=number))


@command.command(name="correlate")
@click.argument("names", nargs=-1, metavar="[JOURNEY[/OBJECTIVE]]...")
@click.option("--team", metavar="TEAM", help="Only the journeys of a team.")
@workspace.workspace_option
@workspace.json_option
def correlate(names: tuple[str, ...], team: str | None, folder: Path | None, as_json: bool) -> None:
    """Whether enquiries, cancellations and revenue go with what was spent of budgets, day by day.

    Spearman's rank correlation over the last 90 days that are over. It says what goes together, not what is the cause.

    \b
      tabiji signals correlate watch-course
    """
    site = workspace.load(folder)
    pairs = workspace.wanted(site, names, team)
    from tabiji.reports.links import cause_sentence, link_sentences, links_json, links_table
    from tabiji.runs import correlating

    with workspace.open_store(site) as store:
        workspace.say_if_nothing_is_counted(store)
        found = correlating.links(site, store, pairs)
    if as_json:
        output.print_json(links_json(found))
        return
    if not found:
        click.echo(
            _("Nothing can be compared yet: it takes whole days that were counted, and signals of them.")
        )
        return
    table = links_table(found)
    output.print_table(table.columns, table.rows, right=table.right)
    for one in found:
        if one.link.verdict in ("together", "opposite") or len(pairs) == 1:
            click.echo(wrapped(f"{one.objective.id}: {link_sentences(one)[0]}"))
    if warning := cause_sentence(found):
        click.echo(wrapped(warning))


def _kind(written: str) -> Kind:
    from tabiji.signals import KINDS

    if written not in KINDS:
        raise UsageError(
            _("`{kind}` is no kind of signal; there are {known}", kind=written, known=listed(KINDS))
        )
    return written


def _columns(mapped: tuple[str, ...]) -> dict[Field, str]:
    from tabiji.signals import FIELDS

    columns: dict[Field, str] = {}
    for one in mapped:
        field, equals, column = one.partition("=")
        if not equals or not column or field not in FIELDS:
            raise UsageError(
                _(
                    "`--map {written}`: write FIELD=COLUMN; a field is {fields}",
                    written=one,
                    fields=listed(FIELDS),
                )
            )
        columns[field] = column
    return columns


def _content(file: str) -> bytes:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(CONTENT_MAX + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(CONTENT_MAX + 1)
    except OSError as error:
        raise FileError(_("{path} can't be read: {reason}", path=file, reason=reason(error))) from None
    if len(content) > CONTENT_MAX:
        raise UsageError(_("{path} is too large: {most:,} bytes are the most", path=file, most=CONTENT_MAX))
    return content
