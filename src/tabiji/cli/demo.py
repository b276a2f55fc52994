"""`tabiji demo`: a workspace with a month of life-like data, counted and judged."""

from __future__ import annotations

from pathlib import Path

import click

from tabiji.cli import workspace
from tabiji.errors import FileError


@click.command(name="demo")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), metavar="[DIR]"
)
@click.option("--events", type=click.IntRange(10_000, 20_000_000), default=1_000_000, show_default=True)
@click.option("--language", type=click.Choice(["en", "ja"]), default="en", show_default=True)
@click.option("--no-serve", is_flag=True, help="Only write, count and judge.")
def command(folder: Path, events: int, language: str, no_serve: bool) -> None:
    """A month of a learning site's logs, counted and judged: the first look.

    Writes about 300 MB into a new folder (./demo by default); delete it when you have seen enough.

    \b
      tabiji demo
      tabiji demo /tmp/tabiji --language ja
    """
    from tabiji import demo
    from tabiji.cli import ingest, status
    from tabiji.reports.documents import whole

    now = workspace.now() // 60 * 60
    click.echo(f"Writing a month of a learning site's logs into {folder}/ …")
    try:
        written = demo.write(folder, now=now, events=events, language=language)  # type: ignore[arg-type]
    except FileExistsError as error:
        raise FileError(f"{error}; name another folder: `tabiji demo DIR`") from None
    except OSError as error:
        raise FileError(f"{folder} can't be written: {error.strerror or error}") from None
    site = workspace.load(folder)
    every = list(site.sources)
    with ingest.counting(every) as executor, workspace.open_store(site) as store:
        ingest.run(site, store, every, executor)
        judged = status.judge(site, store, now // 60)
    click.echo()
    status.show(site, judged, whole, detailed=False)
    status.show_coverage(judged.coverage)
    loud = written.hidden[0]
    worst = min(
        judged.standings,
        key=lambda one: (one.few_events, one.remaining is None, one.remaining or 0),
    ).objective.id
    click.echo()
    click.echo("Look further:")
    for words, what in (
        (f"tabiji status {worst}", "in words: its alerts and its steps"),
        ("tabiji incidents", "what happened: one loud, one in the night"),
        (f"tabiji lines {worst} --bad --limit 5 --from {_iso(loud.start)} --to {_iso(loud.end)}", ""),
        ("tabiji count --by operation --quantiles 50,95,99", "what the site does, how fast"),
    ):
        click.echo(f"  {words} -C {folder}" + (f"   # {what}" if what else ""))
    click.echo("  tabiji discover /var/log/nginx/access.log*   # your own logs")


def _iso(seconds: int) -> str:
    from tabiji.reports import iso_time

    return iso_time(seconds)
