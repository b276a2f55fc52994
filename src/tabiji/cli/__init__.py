"""Words on a command line → what they ask for. One module a command, imported when it is called.

Only this room and `web` read the clock.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from typing import NoReturn

import click

from tabiji import __version__
from tabiji.cli import speaking
from tabiji.errors import OutsideError, TabijiError
from tabiji.language import N_, _

COMMANDS = {  # name → module and one line for the list
    "demo": ("tabiji.cli.demo", N_("A month of life-like data, counted and judged: the first look.")),
    "init": ("tabiji.cli.init", N_("Make a workspace, with objectives proposed from your logs.")),
    "discover": ("tabiji.cli.discover", N_("What is in these logs, and what could be promised about it.")),
    "check": ("tabiji.cli.check", N_("Every fault of the definitions, as file:line:column.")),
    "ingest": ("tabiji.cli.ingest", N_("Count all that is new in the sources, once.")),
    "serve": ("tabiji.cli.serve", N_("Count, judge, tell, receive and answer, until it is stopped.")),
    "status": ("tabiji.cli.status", N_("The standing of every objective.")),
    "count": ("tabiji.cli.count", N_("What has been counted, by any columns: the exploring tool.")),
    "compare": ("tabiji.cli.compare", N_("What changed between two periods, operation by operation.")),
    "alerts": ("tabiji.cli.alerts", N_("What fired, when and why, for how long, and what burnt.")),
    "incidents": ("tabiji.cli.incidents", N_("What happened, since when, noticed when, at what cost.")),
    "actions": ("tabiji.cli.actions", N_("What is to be done, by whom and until when, and what came of it.")),
    "mission": (
        "tabiji.cli.mission",
        N_("What we are here for, in versions, and which action items serve it."),
    ),
    "practice": ("tabiji.cli.practice", N_("What each team practises, at which stage, and what comes next.")),
    "reviews": ("tabiji.cli.reviews", N_("Weekly reviews: what dropped, and what was decided.")),
    "history": (
        "tabiji.cli.history",
        N_("Decisions, incidents, changes of definitions and marks on one timeline."),
    ),
    "postmortem": ("tabiji.cli.postmortem", N_("What was learnt of an incident: written, published, found.")),
    "probe": ("tabiji.cli.probe", N_("Ask the probes once, and say what they found.")),
    "mark": ("tabiji.cli.mark", N_("What happened besides: deployments, campaigns, maintenance.")),
    "signals": (
        "tabiji.cli.signals",
        N_("What users say and do: enquiries, cancellations, revenue, voices."),
    ),
    "report": ("tabiji.cli.report", N_("The week of a team, the month of the business, in plain words.")),
    "chart": ("tabiji.cli.chart", N_("A picture of an incident, for a message or a page.")),
    "notify": ("tabiji.cli.notify", N_("What is to be told and could not be; a test of every receiver.")),
    "workshop": ("tabiji.cli.workshop", N_("Journeys, votes and an order, found by people of every role.")),
    "gate": ("tabiji.cli.gate", N_("Is deploying in keeping with what was agreed; and if not, why.")),
    "policies": ("tabiji.cli.policies", N_("What was agreed about budgets, and who has signed it.")),
    "results": ("tabiji.cli.results", N_("What teams want to reach by when, and how far they have come.")),
    "lines": ("tabiji.cli.lines", N_("The very log lines behind a number.")),
    "simulate": ("tabiji.cli.simulate", N_("What changed definitions would have said of the past.")),
    "suggest": ("tabiji.cli.suggest", N_("Targets that were just kept while users did not complain.")),
    "token": ("tabiji.cli.token", N_("What programs prove with that they may push or ask.")),
    "login": ("tabiji.cli.login", N_("A link that lets somebody in to the pages, once.")),
    "doctor": ("tabiji.cli.doctor", N_("Is all well: the books, the database, the sources.")),
    "backup": ("tabiji.cli.backup", N_("The database and the definitions as one file.")),
    "restore": ("tabiji.cli.restore", N_("A backup back into the database.")),
    "formats": ("tabiji.cli.formats", N_("Which log formats there are, or what a file was recognised as.")),
    "schema": ("tabiji.cli.schema", N_("The JSON Schema of the definitions, for editors.")),
}


class _Commands(click.Group):
    """Imports a command when it is needed: `tabiji --help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return speaking.said(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(line)) for name, (module, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            raise click.UsageError(
                _("`{name}` is not a command; did you mean `{near}`?", name=args[0], near=near[0])
                if near
                else _("`{name}` is not a command; `tabiji --help` lists them", name=args[0]),
                ctx,
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="tabiji")
def cli() -> None:
    """From raw logs to a working SLO culture.

    \b
      tabiji demo                       a first look, with life-like data
      tabiji discover access.log*       what is in your own logs
      tabiji init . --from access.log   a workspace, with proposed journeys
    """


def run() -> NoReturn:
    """The entry point: `main`, and out at once, for Python takes a tenth of a second to tidy up."""
    code: object = 0
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell: nobody listens
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - for as long as it runs
    try:
        main()
    except SystemExit as done:
        code = done.code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        code = _unwritten(error)
    os._exit(code if isinstance(code, int) else 0)


def _unwritten(error: OSError) -> int:
    """Says that what was to be told could not be; raises what is no full disk."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        raise error
    if error.filename:
        said = _("{path} can't be written: {reason}", path=error.filename, reason=error.strerror)
    else:
        said = _("the output can't be written: {reason}", reason=error.strerror)
    click.echo(said, err=True)
    return OutsideError.exit_code


def main() -> None:
    """What is asked for; errors become one message on stderr and the exit code of the contract."""
    gc.set_threshold(100_000, 50, 100)  # imports make hundreds of thousands of objects, none of them garbage
    speaking.begin()
    try:
        speaking.said(cli).main(standalone_mode=False, prog_name="tabiji")
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo(_("Stopped."), err=True)
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except TabijiError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.exit(0)
    except OSError as error:
        sys.exit(_unwritten(error))
