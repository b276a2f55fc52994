"""`tabiji demo`: a workspace with a month of life-like data, counted and judged."""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import workspace
from tabiji.errors import FileError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji import demo
    from tabiji.store import Store

DAYS = 30  # that are written
PERIOD_MINUTES = 30  # made at a time, of what the site goes on writing
WRITE_SECONDS = 1.0


@click.command(name="demo")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), metavar="[DIR]"
)
@click.option("--events", type=click.IntRange(10_000, 20_000_000), default=1_000_000, show_default=True)
@click.option("--language", type=click.Choice(["en", "ja"]), default="en", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="0: a free one.")
@click.option(
    "--only-logs", is_flag=True, help="Nothing that customers or people of the site said or decided."
)
@click.option("--no-browser", is_flag=True, help="Serve, but open no browser.")
@click.option("--no-serve", is_flag=True, help="Only write, count and judge.")
def command(
    folder: Path, events: int, language: str, port: int, only_logs: bool, no_browser: bool, no_serve: bool
) -> None:
    """A month of a learning site's logs, counted and judged, and shown in the browser: the first look.

    With what its customers said, and what its four teams decided about it: weekly reviews, post-mortems, policies,
    a workshop under way; `--only-logs` leaves that to you. Writes about 300 MB into a new folder (./demo by default);
    delete it when you have seen enough. The site goes on writing its logs as long as this runs; stop it by Ctrl-C.
    Called again, it shows what it has written before.

    \b
      tabiji demo
      tabiji demo /tmp/tabiji --language ja --port 9000
    """
    from tabiji import demo

    begin = workspace.now() // 60 * 60
    if no_serve or not (folder / demo.MARK).is_file():  # nobody else's logs are written to
        link = _write(folder, begin, events, language, peopled=not only_logs)
        if link and port and not no_serve:
            click.echo()
            click.echo(_("A workshop is under way; take part in it, once the pages are there:"))
            click.echo(f"  http://127.0.0.1:{port}/workshop/{link}")
    if not no_serve:
        _serve(folder, begin, events / DAYS, port, browser=not no_browser)


def _write(folder: Path, now: int, events: int, language: str, *, peopled: bool) -> str | None:
    """The workspace, counted and judged; and what to look at next.

    Where it is `peopled`, with what its people did; then this gives the link of the workshop that is under way.
    """
    from tabiji import demo
    from tabiji.cli import ingest, peopling, status
    from tabiji.reports.documents import whole

    click.echo(_("Writing a month of a learning site's logs into {folder}/ …", folder=folder))
    try:
        written = demo.write(folder, now=now, events=events, language=language)  # type: ignore[arg-type]
    except FileExistsError as error:
        raise FileError(_("{why}; name another folder: `tabiji demo DIR`", why=error)) from None
    except OSError as error:
        raise FileError(
            _("{path} can't be written: {reason}", path=folder, reason=error.strerror or error)
        ) from None
    site = workspace.load(folder)
    every = list(site.sources)
    with ingest.counting(every) as executor, workspace.open_store(site) as store:
        _mark(store, written, language, now)
        ingest.run(site, store, every, executor)
        judged = status.judge(site, store, now // 60)
        place = peopling.Place(site, store, written.ended, language)  # type: ignore[arg-type]
        link = peopling.tell(place, written) if peopled else None
    click.echo()
    status.show(site, judged, whole, detailed=False)
    status.show_coverage(judged.coverage)
    loud = written.hidden[0]
    worst = min(
        judged.standings,
        key=lambda one: (one.few_events, one.remaining is None, one.remaining or 0),
    ).objective.id
    click.echo()
    click.echo(_("Look further:"))
    for words, what in (
        (f"tabiji status {worst}", _("in words: its alerts and its steps")),
        ("tabiji incidents", _("what happened: one loud, one in the night")),
        ("tabiji history", _("and what people decided about it")),
        ("tabiji practice", _("what each team does by itself")),
        (f"tabiji lines {worst} --bad --limit 5 --from {_iso(loud.start)} --to {_iso(loud.end)}", ""),
        ("tabiji count --by operation --quantiles 50,95,99", _("what the site does, how fast")),
    ):
        click.echo(f"  {words} -C {folder}" + (f"   # {what}" if what else ""))
    click.echo(f"  tabiji discover /var/log/nginx/access.log*   # {_('your own logs')}")
    return link


def _mark(store: Store, written: demo.Written, language: str, now: int) -> None:
    """What people of the site would have told of: deployments, a campaign."""
    from tabiji.marks import Mark

    for one in written.happened:
        mark = Mark(
            kind=one.kind,  # type: ignore[arg-type]
            title=one.title[language],
            from_second=one.at,
            until_second=one.until,
            author="CI" if one.kind == "deployment" else "Sato",
        )
        store.marks.add(mark, now)


def _serve(folder: Path, begin: int, per_day: float, port: int, *, browser: bool) -> None:
    """The pages, while the site goes on from `begin` with so many events a day; until it is told to stop."""
    from tabiji.cli import serve

    def ready(address: str, stopping: threading.Event) -> None:
        arguments = (folder, begin, per_day, stopping)
        threading.Thread(target=_go_on, args=arguments, name="demo", daemon=True).start()
        if browser and (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin"
        ):
            webbrowser.open(address)

    serve.run(folder, "127.0.0.1", port, ready=ready)


def _go_on(folder: Path, begin: int, per_day: float, stopping: threading.Event) -> None:
    """Writes the site's lines to its logs at their times, until it is time to stop."""
    from tabiji import demo

    for started, ended in demo.periods(begin, PERIOD_MINUTES):
        coming = demo.coming(folder, started, ended, per_day, begin)
        while coming:
            due_ms = time.time() * 1000
            due = [one for one in coming if one.at_ms <= due_ms]
            coming = coming[len(due) :]
            for path in {one.path for one in due}:
                with path.open("a", encoding="utf-8") as log:
                    log.write("".join(one.text for one in due if one.path == path))
            if stopping.wait(WRITE_SECONDS):
                return


def _iso(seconds: int) -> str:
    from tabiji.reports import iso_time

    return iso_time(seconds)
