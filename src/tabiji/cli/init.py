"""`tabiji init`: a folder → a workspace, empty or with what its owner's logs suggest."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import output, speaking, workspace
from tabiji.cli.discover import format_options, given, run
from tabiji.cli.telling import printable
from tabiji.errors import FileError, UsageError
from tabiji.language import N_, _, listed

if TYPE_CHECKING:
    from tabiji.runs.discovering import How

IGNORE = ".gitignore"
IGNORED = ("tabiji.db*", "received/")  # facts, which live in the database and not in git

STALE_SECONDS = 86_400

EXAMPLE_SITE = N_("""\
# yaml-language-server: $schema=.tabiji/site.schema.json
# Where events come from. `tabiji check` finds every fault, `tabiji formats FILE` says how a log is read.
timezone: UTC                    # of days, weeks and months, such as Asia/Tokyo
language: en                     # of pages and messages: en or ja
store: sqlite:///tabiji.db       # or postgresql://user@host/db; ${ENV} is expanded
sources:
  web:
    format: nginx                # `tabiji formats` lists them
    paths: [/var/log/nginx/access.log*]
    # nginx's own directive, verbatim, where it is not `combined`; $request_time makes latency known:
    # log_format: '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'
    # labels: {plan: x_plan}     # few values only
  # jobs: {format: sidekiq, paths: [log/sidekiq.log*]}
# notifications:                 # who is told; `tabiji notify --test` tries it
#   address: https://tabiji.example.com   # where people reach the pages, for links
#   receivers: {chat: {apprise: "${SLACK_URL}"}}
#   page: [chat]
""")

EXAMPLE_JOURNEY = N_("""\
# yaml-language-server: $schema=../.tabiji/journey.schema.json
# What users came for, step by step, and what is promised about it. Copy this file for each journey.
journey: example
title: Sign in
why: Who cannot sign in can do nothing else.
steps:
  form: {title: Open the form, events: "operation = 'GET /login'"}
  send: {title: Sign in, events: "operation = 'POST /login'"}
objectives:
  available:
    good: "status < 500"
    exclude: "status = 499"      # the client left before there was an answer
    target: 99.9%
    window: 28d
    state: provisional           # judged and shown, and notifies nobody; `agreed` once the team has agreed
  # fast: {steps: [send], faster_than: 800ms, target: 99%, state: provisional}
""")


class _Init(click.Command):
    """Takes all words after `--from` up to the next option as files, as a shell writes them for `access.log*`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        taken: list[str] = []
        taking = False
        for at, word in enumerate(args):
            if word == "--":
                taken += args[at:]
                break
            if word.startswith("-"):
                taking = word == "--from"
                taken.append(word)
            elif taking and taken[-1] != "--from":
                taken += ["--from", word]
            else:
                taken.append(word)
        return super().parse_args(ctx, taken)


@click.command(name="init", cls=_Init)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from", "paths", multiple=True, metavar="FILE...", help="Propose sources and journeys from these logs."
)
@format_options
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that count; the cores by default.")
@workspace.json_option
def command(
    folder: Path,
    paths: tuple[str, ...],
    format_name: str | None,
    log_format: str | None,
    fields: tuple[str, ...],
    workers: int | None,
    as_json: bool,
) -> None:
    """Make a workspace in DIR: tabiji.yaml, journeys/, schemas for editors. Nothing is ever overwritten.

    \b
      tabiji init
      tabiji init slo --from /var/log/nginx/access.log*
    """
    refuse_to_overwrite(folder, [workspace.DEFINITION])
    texts, ended = _example(), None
    if paths:
        texts, ended = _proposed(folder, paths, given(format_name, log_format, fields), workers)
    refuse_to_overwrite(folder, texts)
    written = write(folder, {**texts, **_schemas()})
    written += _ignore(folder)
    if as_json:
        output.print_json({"folder": str(folder), "written": written})
    else:
        for path in written:
            click.echo(_("wrote {path}", path=printable(str(folder / path))))
    _say_what_next(folder, proposed=bool(paths), ended=ended)


def _example() -> dict[str, str]:
    return {workspace.DEFINITION: _(EXAMPLE_SITE), "journeys/example.yaml": _(EXAMPLE_JOURNEY)}


def _proposed(
    folder: Path, paths: tuple[str, ...], how: How | None, workers: int | None
) -> tuple[dict[str, str], int | None]:
    """The files of a workspace that suits these logs, and the minute after their last event.

    Exits with 1 where nothing is recognised.
    """
    from tabiji.definitions.templates import journey_yaml, site_yaml
    from tabiji.discovery import propose
    from tabiji.runs.discovering import placed

    discovery = run(paths, how, workers, quiet=False)
    if discovery.cut:
        raise FileError(_("Nothing was written: name only files that can be read to their end."))
    if not discovery.events:
        output.say(_("Nothing was written: nothing in these files could be counted."))
        sys.exit(1)
    proposal = propose(discovery)
    comments: dict[tuple[str | int, ...], str] = {
        ("sources", found.source.name): _("Recognised: {why}.", why=found.why)
        for found in discovery.found
        if how is None
    }
    texts = {
        workspace.DEFINITION: site_yaml(
            placed(discovery, folder), language=speaking.chosen(os.environ) or "en", comments=comments
        )
    }
    for one in proposal.journeys:
        texts[f"journeys/{one.journey.name}.yaml"] = journey_yaml(one.journey, comments=one.comments)
    if not proposal.journeys:
        output.say(
            _("Nothing in these logs can be judged, so no journey is proposed; see `tabiji discover`.")
        )
    last = max(
        (found.last_minute for found in discovery.found if found.last_minute is not None), default=None
    )
    return texts, None if last is None else last + 1


def _schemas() -> dict[str, str]:
    """For editors; made anew in each workspace, and never edited."""
    from tabiji import definitions
    from tabiji.definitions.templates import JOURNEY_SCHEMA, POLICY_SCHEMA, SITE_SCHEMA

    return {
        SITE_SCHEMA: json.dumps(definitions.schema("site"), indent=2) + "\n",
        JOURNEY_SCHEMA: json.dumps(definitions.schema("journey"), indent=2) + "\n",
        POLICY_SCHEMA: json.dumps(definitions.schema("policy"), indent=2) + "\n",
    }


def refuse_to_overwrite(folder: Path, paths: Iterable[str]) -> None:
    there = [path for path in paths if (folder / path).exists()]
    if there:
        raise UsageError(
            _(
                "{path} is there already; nothing was written, for nothing is overwritten",
                path=folder / there[0],
            )
        )


def write(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Writes the files, all or none. Raises FileError."""
    made: list[Path] = []
    try:
        for path, text in texts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                made.append(target)
            target.write_text(text, "utf-8")
    except OSError as error:
        for target in made:
            target.unlink(missing_ok=True)
        raise FileError(
            _("{path}: {reason}; nothing was written", path=error.filename, reason=error.strerror)
        ) from None
    return list(texts)


def _ignore(folder: Path) -> list[str]:
    """Keeps the database out of git; a .gitignore that is there already gets what it lacks."""
    path = folder / IGNORE
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        missing = [line for line in IGNORED if line not in text.splitlines()]
        if not missing:
            return []
        path.write_text(
            text + ("\n" if text and not text.endswith("\n") else "") + "\n".join(missing) + "\n", "utf-8"
        )
    except (OSError, UnicodeDecodeError) as error:
        output.say(
            _(
                "{path}: {reason}; keep {names} out of git yourself",
                path=path,
                reason=error,
                names=listed(IGNORED),
            )
        )
        return []
    return [IGNORE]


def _say_what_next(folder: Path, *, proposed: bool, ended: int | None) -> None:
    import shlex

    from tabiji.reports import iso_time

    at = "" if folder == Path() else f" -C {shlex.quote(str(folder))}"
    output.say("")
    output.say(_("What next:"))
    if not proposed:
        first, second = folder / workspace.DEFINITION, folder / "journeys/example.yaml"
        output.say("  " + _("edit {first} and {second}", first=first, second=second))
    # Old logs say nothing about today.
    old = ended is not None and workspace.now() - ended * 60 > STALE_SECONDS
    then = f" --at {iso_time(ended * 60)}" if old and ended is not None else ""
    for words, does in (
        ("check", _("are the definitions sound")),
        ("ingest", _("count what is in the logs")),
        (f"status{then}", _("how every objective stands")),
    ):
        output.say(f"  {f'tabiji {words}{at}':{max(24, 20 + len(at) + len(then))}} {does}")
