"""`tabiji ingest`: what is new in the sources → the database."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import following, output, rounds, workspace
from tabiji.errors import StoreError, UsageError
from tabiji.language import _, listed, pgettext

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from tabiji.definitions import Site, Source
    from tabiji.runs.ingesting import Outcome
    from tabiji.store import Store


@click.command(name="ingest")
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.option("--source", "into", metavar="NAME", help="Count the FILEs that follow as this source's.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that count; the cores by default.")
@click.option("--follow", is_flag=True, help="Go on counting and judging what is written, until stopped.")
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...],
    into: str | None,
    workers: int | None,
    follow: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Count all that is new in the sources, once. Running it again counts nothing twice.

    \b
      tabiji ingest
      tabiji ingest web
      tabiji ingest --follow
      tabiji ingest --source web old/access.log-2026*.gz
    """
    site = workspace.load(folder)
    signature = following.signature_of(site.folder)
    chosen, paths = _chosen(site, names, into)
    if follow and paths is not None:
        raise UsageError(_("`--follow` follows the paths of the definitions, and no FILE"))
    outcomes: list[tuple[Outcome, float]] = []
    opened = False
    try:
        with counting(chosen, paths, workers) as executor, workspace.open_store(site) as store:
            opened = True
            outcomes = run(site, store, chosen, executor, paths, workers, quiet=as_json)
    except StoreError as error:
        if not (follow and opened):
            raise
        output.say(str(error))  # a database that goes away or is full may be well again by the next look
    if follow:
        with following.opened_again(site) as store:
            outcomes = following.follow(site, store, signature, names, outcomes, workers, quiet=as_json)
    if as_json:
        from tabiji.reports import Ingested, ingest_json

        output.print_json(ingest_json(Ingested(o.source, o.account, o.files, s) for o, s in outcomes))
    if any(outcome.problems for outcome, _ in outcomes):
        sys.exit(3)


def _chosen(
    site: Site, names: tuple[str, ...], into: str | None
) -> tuple[list[Source], tuple[str, ...] | None]:
    known = {source.name: source for source in site.sources}
    if into is not None:
        if into not in known:
            raise UsageError(workspace.no_source(into, known))
        if not names:
            raise UsageError(_("`--source NAME` is followed by the files to count"))
        missing = [name for name in names if not Path(name).exists()]
        if missing:
            raise UsageError(_("there is no file {path}", path=missing[0]))
        return [known[into]], tuple(str(Path(name).absolute()) for name in names)
    unknown = [name for name in names if name not in known]
    if unknown:
        aside = _("(files are counted with `--source NAME FILE…`)")
        said = workspace.no_source(unknown[0], known)
        raise UsageError(pgettext("two sentences", "{first} {second}", first=said, second=aside))
    return [source for source in site.sources if not names or source.name in names], None


@contextmanager
def counting(
    chosen: list[Source], paths: tuple[str, ...] | None = None, workers: int | None = None
) -> Iterator[Executor | None]:
    """Processes that count, where there may be much: they get ready while the database is opened."""
    from tabiji import engines

    patterns = paths or tuple(path for source in chosen for path in source.paths)
    found = {Path(path) for pattern in patterns for path in iglob(pattern, recursive=True)}  # noqa: PTH207 - absolute
    size = sum(path.stat().st_size for path in found if path.exists())
    workers = workers or engines.cores()
    if workers == 1 or size <= engines.ALONE_BYTES:
        yield None
        return
    with engines.pool(workers) as executor:
        yield executor


def run(
    site: Site,
    store: Store,
    chosen: list[Source],
    executor: Executor | None,
    paths: tuple[str, ...] | None = None,
    workers: int | None = None,
    *,
    quiet: bool = False,
) -> list[tuple[Outcome, float]]:
    """Counts sources and says what came of it; the outcome of each, and its seconds."""
    from tabiji import engines, sources
    from tabiji.runs import ingesting
    from tabiji.runs.following import trim

    workers = workers or engines.cores()
    now = workspace.now()
    ahead = {s.name: ingesting.bytes_ahead(s, store, paths or s.paths, now) for s in chosen}
    if sum(ahead.values()) <= engines.ALONE_BYTES:
        executor = None
    outcomes = []
    for source in chosen:
        began = time.perf_counter()
        with output.progress(source.name, ahead[source.name], shown=not quiet) as advance:
            outcome = ingesting.ingest(
                source, store, now=now, workers=workers, executor=executor, paths=paths, advance=advance
            )
        seconds = time.perf_counter() - began
        outcomes.append((outcome, seconds))
        _tell(source, outcome, seconds, quiet=quiet)
        if source.paths and not paths and not outcome.problems and not sources.matching(source.paths):
            output.say(_("{name}: there is no file at {paths}", name=source.name, paths=listed(source.paths)))
    judge(site, store, now, quiet=quiet)
    trim(site, store, now)
    return outcomes


def judge(site: Site, store: Store, now: int, *, quiet: bool = True) -> None:
    """Judges all that was counted since, and says what came of it; `now` is in seconds."""
    from tabiji.runs import following as runs

    judged, changes = runs.judge(site, store, now)
    if judged is not None and not quiet:
        rounds.tell_judged(judged)
    rounds.tell_changes(changes)


def _tell(source: Source, outcome: Outcome, seconds: float, *, quiet: bool) -> None:
    from tabiji.counting import REASONS
    from tabiji.reports import number

    account = outcome.account
    for format_name, why in outcome.recognised:
        output.say(
            _("{name}: read as {format_name} ({why})", name=source.name, format_name=format_name, why=why)
        )
    for problem in outcome.problems:
        output.say(f"{source.name}: {problem.path}: {problem.message}")
    if outcome.truncations:
        output.say(
            _(
                "{name}: {n} of its files were cut off or made anew; lines written between the copy and the cut are "
                "lost, and nobody can count them",
                name=source.name,
                n=outcome.truncations,
            )
        )
    if outcome.beyond_cap:
        output.say(
            _(
                "{name}: more than {series_max} series; {beyond_cap} events went to `other`. Declare "
                "`routes:`, use fewer labels, or raise `series_max:`",
                name=source.name,
                series_max=number(source.series_max),
                beyond_cap=number(outcome.beyond_cap),
            )
        )
    if quiet:
        return
    rate = ""
    if account.read and seconds > 0.2:
        rate = _(" ({n} lines/s)", n=number(round(account.read / seconds)))
    click.echo(
        _(
            "{name}: {read} lines read{rate}, {counted} counted, {rejected} rejected, {filtered} filtered",
            name=source.name,
            read=number(account.read),
            rate=rate,
            counted=number(account.counted),
            rejected=number(sum(lines for reason, lines in account.rejected)),
            filtered=number(account.filtered),
        )
    )
    for reason, lines in account.rejected:
        click.echo(f"    {number(lines)} {reason}: {_(REASONS.get(reason, reason))}")
