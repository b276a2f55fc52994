"""`tabiji discover`: log files that nobody has described → what is in them, and what could be promised."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tabiji.cli import output, workspace
from tabiji.cli.found import definitions_yaml, document, indicators, journeys_yaml
from tabiji.cli.telling import printable, tell_unrecognised, wrapped
from tabiji.cli.wrapping import cells, shortened
from tabiji.errors import UsageError
from tabiji.language import N_, _, headings, listed, ngettext, pgettext

if TYPE_CHECKING:
    from tabiji.discovery import Discovery, Found, Operation, Proposal
    from tabiji.runs.discovering import How

ROWS_MAX = 20  # of a table, unless all are wanted
EXAMPLE_ROWS_MAX = 10
SHOWN_PATHS_MAX = 3
INDICATORS = {"availability": N_("availability"), "latency": N_("latency")}

Command = TypeVar("Command", bound=Callable[..., Any])


def format_options(command: Command) -> Command:
    """`--format`, `--log-format`, `--field`: how all files are read, where it is not recognised."""
    for option in (
        click.option(
            "--field",
            "fields",
            multiple=True,
            metavar="NAME=KEY",
            help="For --format json: the key that holds it.",
        ),
        click.option("--log-format", metavar="TEXT", help="The web server's own directive, verbatim."),
        click.option(
            "--format", "format_name", metavar="NAME", help="Read all files so, instead of recognising them."
        ),
    ):
        command = option(command)
    return command


@click.command(name="discover")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--yaml", "as_yaml", is_flag=True, help="Only the proposed definitions, on stdout.")
@click.option("--all", "everything", is_flag=True, help="Every operation, also what no journey is about.")
@format_options
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that count; the cores by default.")
@workspace.json_option
def command(
    paths: tuple[str, ...],
    as_yaml: bool,
    everything: bool,
    format_name: str | None,
    log_format: str | None,
    fields: tuple[str, ...],
    workers: int | None,
    as_json: bool,
) -> None:
    """What is in these logs, and what could be promised about it. Needs no workspace; nothing is written.

    \b
      tabiji discover /var/log/nginx/access.log*
      tabiji discover access.log sidekiq.log --json
      tabiji discover --log-format '$remote_addr [$time_local] "$request" $status $request_time' app.log
    """
    if as_json and as_yaml:
        raise UsageError(_("`--json` and `--yaml` exclude each other"))
    discovery = run(paths, given(format_name, log_format, fields), workers, quiet=as_json)
    from tabiji.discovery import propose

    proposal = propose(discovery)
    if as_json:
        output.print_json(document(discovery, proposal))
    elif as_yaml:
        click.echo(definitions_yaml(discovery, proposal), nl=False)
    else:
        for found in discovery.found:
            _print_found(found, everything=everything)
        if discovery.events:
            _print_proposal(proposal)
        if proposal.journeys and not discovery.cut:
            _say_what_next(paths, format_name, log_format, fields)
    if discovery.cut:
        sys.exit(3)
    if not discovery.events:
        sys.exit(1)


def given(format_name: str | None, log_format: str | None, fields: tuple[str, ...]) -> How | None:
    """How the files are read, in the caller's words; None where it is to be recognised. Raises UsageError."""
    if format_name is None and log_format is None and not fields:
        return None
    import difflib

    from tabiji import logs
    from tabiji.runs.discovering import How

    if format_name is None:
        format_name = "json" if fields else "apache" if log_format and "%" in log_format else "nginx"
    if format_name not in logs.FORMATS:
        near = difflib.get_close_matches(format_name, logs.FORMATS, 1)
        raise UsageError(
            _("`{name}` is not a format; did you mean `{near}`?", name=format_name, near=near[0])
            if near
            else _(
                "`{name}` is not a format; there are {names}", name=format_name, names=listed(logs.FORMATS)
            )
        )
    pairs = [tuple(field.partition("=")[::2]) for field in fields]
    if any(not name or not key for name, key in pairs):
        raise UsageError(_("`--field` is written NAME=KEY, for example `--field time=ts`"))
    return How(format_name, log_format, tuple((name, key) for name, key in pairs) or None)


def run(paths: tuple[str, ...], how: How | None, workers: int | None, *, quiet: bool) -> Discovery:
    """What is in files, with a progress bar; what could not be read is said on stderr.

    Raises FileError, UsageError; exits with 1 where nothing is recognised.
    """
    from tabiji import engines
    from tabiji.runs import discovering

    files = discovering.files(paths)
    workers = workers or engines.cores()
    size = discovering.size(files)
    pool = engines.pool(workers) if workers > 1 and size > engines.ALONE_BYTES else nullcontext()
    with pool as executor, output.progress(_("Reading"), size, shown=not quiet) as advance:
        discovery = discovering.discover(
            files, workers=workers, executor=executor, advance=advance, given=how
        )
    for path in discovery.empty:
        output.say(_("{path}: it is empty.", path=printable(path)))
    for one in discovery.unrecognised:
        tell_unrecognised(one)
    for cut in discovery.cut:
        output.say(_("{path}: read only in part: {reason}", path=printable(cut.path), reason=cut.reason))
    for found in discovery.found:
        if not found.events:
            output.say(
                _(
                    "{files}: read as {format}, but no line could be counted",
                    files=_files(found),
                    format=found.source.format,
                )
            )
            _tell_rejected(found)
    return discovery


# For people


def _print_found(found: Found, *, everything: bool) -> None:
    from tabiji.discovery import left_out
    from tabiji.histograms import quantile_us
    from tabiji.reports import latency, number

    if not found.events:
        return
    click.secho(f"{found.source.name}: {_files(found)}", bold=True)
    click.echo(
        wrapped(_("Read as {format}: {why}.", format=found.source.format, why=printable(found.why)), "  ")
    )
    click.echo(wrapped(_span(found), "  "))
    click.echo(wrapped(_lines(found), "  "))
    for reason, lines in found.account.rejected:
        sample = next((one for one in found.rejected if one.reason == reason), None)
        names = {"n": number(lines), "reason": _reason(reason)}
        said = _("{n} × {reason}", **names)
        if sample:
            said = _("{n} × {reason}, such as {line}", **names, line=printable(sample.line))
        click.echo(_cut(f"    {said}"))
    click.echo(wrapped(_indicators(found), "  "))
    for note in found.notes:
        click.echo(wrapped(_("Note: {note}.", note=printable(note)), "  "))
    click.echo()
    chosen = [one for one in found.operations if everything or left_out(one) is None]
    timed = any(one.histogram for one in chosen)
    rows = []
    for one in chosen if everything else chosen[:ROWS_MAX]:
        cells = [printable(one.name or _("(none)")), number(one.events), _errors(one)]
        for share in (50, 95, 99) if timed else ():
            upper = quantile_us(one.histogram, Fraction(share, 100))
            cells.append("" if upper is None else latency(upper) if upper else _("{n} ms", n=0))
        rows.append(cells)
    columns = [*headings("operation", "events", "errors"), *(["p50", "p95", "p99"] if timed else [])]
    output.print_table(columns, rows, right=range(1, len(columns)))
    hidden = chosen[len(rows) :]
    if hidden:
        events = number(sum(one.events for one in hidden))
        click.echo(
            _("… and {n} more with {events} events; --all shows them", n=number(len(hidden)), events=events)
        )
    click.echo()
    _print_examples(chosen[: len(rows)])


def _print_examples(operations: Iterable[Operation]) -> None:
    """What stands behind templates."""
    rows = [
        (printable(one.route or ""), "  ".join(printable(path) for path in one.examples))
        for one in operations
        if one.route and ":" in one.route and one.examples
    ]
    if rows:
        distinct = dict(rows)
        width = max(min(max(map(len, distinct)), output.console().width // 2), 8)
        shown = [
            (_cut(route, width), _cut(paths, output.console().width - width - 2))
            for route, paths in distinct.items()
        ]
        output.print_table(headings("template", "seen as"), shown[:EXAMPLE_ROWS_MAX], grow=1)
        click.echo()


def _print_proposal(proposal: Proposal) -> None:
    from tabiji.discovery import REASONS
    from tabiji.reports import number, percent

    def share(events: int) -> str:
        return percent(Fraction(events, proposal.events), 0)

    click.secho(_("Proposed journeys"), bold=True)
    if not proposal.journeys:
        click.echo(
            wrapped(
                _("Nothing here can be judged: no operation has a status, an outcome or a duration."), "  "
            )
        )
        return
    outside = sum(proposal.left_out.values())
    inside = percent(Fraction(proposal.covered, proposal.events - outside), 0)
    click.echo(
        wrapped(
            _(
                "They see {inside} of the events that a journey can be about, {share} of all {events}.",
                inside=inside,
                share=share(proposal.covered),
                events=number(proposal.events),
            ),
            "  ",
        )
    )
    if outside:
        gone = (f"{share(events)} {_(REASONS[reason])}" for reason, events in proposal.left_out.items())
        between = pgettext("between the parts of a sentence", "; ")
        click.echo(wrapped(_("No journey is about {these}.", these=between.join(gone)), "  "))
    click.echo(wrapped(_("All are provisional: they are judged and shown, and notify nobody."), "  "))
    click.echo()
    click.echo(journeys_yaml(proposal), nl=False)


def _say_what_next(
    paths: tuple[str, ...], format_name: str | None, log_format: str | None, fields: tuple[str, ...]
) -> None:
    """The command that writes what was proposed, ready to be run."""
    import shlex

    words = ["tabiji", "init"]
    words += ["--format", format_name] if format_name else []
    words += ["--log-format", log_format] if log_format else []
    words += [word for field in fields for word in ("--field", field)]
    shown = " ".join(map(shlex.quote, [*words, "--from", *paths[:SHOWN_PATHS_MAX]]))
    output.say("")
    output.say(_("To write this as a workspace:"))
    output.say(f"  {shown}{' …' if len(paths) > SHOWN_PATHS_MAX else ''}")


def _files(found: Found) -> str:
    names = [printable(Path(path).name) for path in found.source.paths]
    if len(names) == 1:
        return names[0]
    return _("{n} files, {first} … {last}", n=len(names), first=names[0], last=names[-1])


def _lines(found: Found) -> str:
    from tabiji.reports import number

    account = found.account
    parts = [
        ngettext("{n} line read", "{n} lines read", account.read, n=number(account.read)),
        _("{n} counted", n=number(account.counted)),
    ]
    if rejected := sum(lines for reason, lines in account.rejected):
        parts.append(_("{n} rejected", n=number(rejected)))
    if account.filtered:
        parts.append(_("{n} that are no events", n=number(account.filtered)))
    return _("{parts}.", parts=listed(parts))


def _span(found: Found) -> str:
    if found.first_minute is None or found.last_minute is None:
        return _("No events.")
    return _("From {first} to {last} UTC.", first=_time(found.first_minute), last=_time(found.last_minute))


def _time(minute: int) -> str:
    from tabiji.reports import iso_time

    return iso_time(minute * 60)[:16].replace("T", " ")


def _indicators(found: Found) -> str:
    """What could be an SLI, and what not, and why."""
    can = [_(INDICATORS[name]) for name, there in indicators(found).items() if there]
    said = _("Can be judged: nothing.")
    if can:
        both = pgettext("between two things", " and ").join(can)
        said = _("Can be judged: {both}.", both=both)
    routeless = sum(one.events for one in found.operations if one.route is None and one.kind == "request")
    if routeless:
        from tabiji.reports import percent

        without = _("{share} of the events have no route.", share=percent(Fraction(routeless, found.events)))
        said = pgettext("two sentences", "{first} {second}", first=said, second=without)
    return said


def _errors(operation: Operation) -> str:
    """The share of failures, rounded up, so that none looks like none at all."""
    from tabiji.discovery import is_failure
    from tabiji.reports import percent

    failures = sum(one.events for one in operation.outcomes if is_failure(operation.kind, one))
    hundredths = -(-failures * 10_000 // operation.events)
    return percent(Fraction(hundredths, 10_000)) if failures else "–"


def _reason(reason: str) -> str:
    from tabiji.counting import REASONS

    return _(REASONS.get(reason, reason))


def _tell_rejected(found: Found) -> None:
    for one in found.rejected[:3]:
        output.say(f"  {_reason(one.reason)}: {printable(one.line)}")


def _cut(text: str, width: int | None = None) -> str:
    width = width or output.console().width
    return text if cells(text) <= width else shortened(text, width)
