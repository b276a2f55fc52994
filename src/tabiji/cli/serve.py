"""`tabiji serve`: sources are counted, judged and told of, questions answered, until it is stopped."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import following, journal, login, workspace
from tabiji.errors import DefinitionError, OutsideError, StoreError
from tabiji.language import _

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.runs.ingesting import Outcome
    from tabiji.runs.serving import Judged, Serving
    from tabiji.store import Store

PORT = 8700
LOOK_SECONDS = 0.5  # between two looks at the definitions, and at whether it is time to judge
COUNT_SECONDS = 1.0  # between two looks at the files
TIDY_SECONDS = 60.0  # between two looks at whether it is time to tidy
REPORT_SECONDS = 20.0  # between two looks at whether a report is due
AWAY_SECONDS = 5.0  # until what failed is tried again
STOP_SECONDS = 7.0  # for all that is under way; what does not end is done again by the next process

log = logging.getLogger("tabiji")

Work = Callable[[float], None]


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: a free one.")
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes that count much; the cores by default."
)
@workspace.workspace_option
def command(host: str, port: int, workers: int | None, folder: Path | None) -> None:
    """Count, judge and tell of all sources as they grow; receive what is pushed; answer.

    \b
      tabiji serve
      tabiji serve --host 0.0.0.0 --port 8080

    Stops on SIGINT and SIGTERM within ten seconds. Of several on one database, the others take over within 30.
    """
    run(folder, host, port, workers)


def run(
    folder: Path | None,
    host: str,
    port: int,
    workers: int | None = None,
    ready: Callable[[str, threading.Event], None] | None = None,
) -> None:
    """Serves a workspace until it is told to stop.

    `ready` is called once with the address that lets somebody in, or at which it answers where people sign in
    otherwise, and an event that is set when it is to stop. Raises OutsideError where it can't listen there.
    """
    from tabiji import engines
    from tabiji.runs.delivering import Delivering
    from tabiji.runs.leasing import PROBING, RENEW_SECONDS
    from tabiji.runs.probing import Probing
    from tabiji.runs.receiving import Receiving
    from tabiji.runs.serving import Serving
    from tabiji.web.application import application
    from tabiji.web.context import Context
    from tabiji.web.serving import server

    signature = following.signature_of(workspace.find(folder).absolute())
    site = workspace.load(folder)
    said = journal.begin(journal.secrets_of(site, os.environ))
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(host, port))
        store = stack.enter_context(workspace.open_store(site))
        stop = stack.enter_context(following.Stop())
        holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        serving = Serving(site, store, holder, workers or engines.cores(), time.time())
        receiving = Receiving(store, lambda: serving.site)
        probing = Probing(
            lambda: serving.site,
            receiving,
            os.environ,
            time.time,
            lambda: serving.holding.lease(PROBING) is not None,
        )
        delivering = Delivering(lambda: serving.site, store, time.time)
        stopping = threading.Event()
        context = Context(
            store,
            lambda: serving.site,
            health=serving.health,
            receiving=receiving,
            stopping=stopping.is_set,
            host=host,
        )
        answering = server(application(context))

        def judge(now: float) -> None:
            if serving.is_due(now):
                _say_judged(serving.judge(now))
                delivering.nudge()

        def tidy(now: float) -> None:
            if serving.tidy(now):
                receiving.tidy(now)

        def report(now: float) -> None:
            if serving.report(now, os.environ):
                delivering.nudge()

        works: dict[str, tuple[Work, float]] = {
            "leases": (serving.renew, RENEW_SECONDS),
            "counting": (lambda now: _say_counted(serving.count(now)), COUNT_SECONDS),
            "judging": (judge, LOOK_SECONDS),
            "tidying": (tidy, TIDY_SECONDS),
            "reporting": (report, REPORT_SECONDS),
        }
        serving.renew(time.time())
        threads = [
            threading.Thread(target=_again, args=(name, *work, serving, stopping), name=name, daemon=True)
            for name, work in works.items()
        ]
        threads.append(
            threading.Thread(target=answering.run, args=([listening],), name="answering", daemon=True)
        )
        for thread in threads:
            thread.start()
        probing.start()
        delivering.start()
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        entrance = _entrance(site, store, host, address)
        log.info("Tabiji serves at %s", address)
        if ready is not None:
            ready(entrance or address, stopping)
        try:
            _loop(serving, stop, said, signature)
        finally:
            log.info("stopping")
            until = time.monotonic() + STOP_SECONDS
            stopping.set()
            answering.should_exit = True

            def end_of_pushes() -> None:
                probing.stop(STOP_SECONDS)  # what it found is still to be counted
                receiving.close()

            ends = (end_of_pushes, lambda: delivering.stop(STOP_SECONDS))
            ending = [threading.Thread(target=end, daemon=True) for end in ends]
            for thread in ending:
                thread.start()
            for thread in (*threads, *ending):
                thread.join(max(0.1, until - time.monotonic()))
            _release(serving)
            log.info("stopped")


def _entrance(site: Site, store: Store, host: str, address: str) -> str | None:
    """A link that lets an admin in, once, for who looks at what this process says first; None where people sign in
    where their organisation has them, for a log is read by many."""
    from tabiji.web.arriving import is_loopback

    if (site.access.oidc is not None and not site.access.oidc.unset) or site.access.proxy is not None:
        return None
    who = login.user()
    code = login.let_in(store, who, "admin", (), int(time.time()), login.FIRST_SECONDS, by=who)
    if not is_loopback(host):
        address = site.notifications.address or address.replace("//0.0.0.0:", "//127.0.0.1:").replace(
            "//[::]:", "//[::1]:"
        )
    link = f"{address}/login/{code}"
    with suppress(OSError):  # nobody listens: no reason not to serve
        click.echo(_("Within an hour this lets {name} in as an admin, once: {link}", name=who, link=link))
        sys.stdout.flush()
    return link


def _listening(host: str, port: int) -> socket.socket:
    """A socket at an address. Raises OutsideError where it can't be had."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as error:
        raise OutsideError(
            _(
                "can't listen at {host}:{port}: {reason}; choose another `--port` or `--host`",
                host=host,
                port=port,
                reason=error.strerror or error,
            )
        ) from None


def _again(name: str, work: Work, seconds: float, serving: Serving, stopping: threading.Event) -> None:
    """Does a piece of work again and again. What fails is said once, shown, and tried again."""
    wait, said = 0.0, None
    while not stopping.wait(wait):
        why = None
        try:
            work(time.time())
        except OutsideError as error:
            why = str(error)
            if why != said:
                log.warning("%s pauses: %s", name, why)
        except Exception as error:  # a fault of ours: the others go on, and it is there to be seen
            why = _("{error} in {work}; the log has more", error=type(error).__name__, work=name)
            if why != said:
                log.exception("%s fails", name)
        if said is not None and why is None:
            log.info("%s goes on", name)
        said, wait = why, seconds if why is None else AWAY_SECONDS
        serving.paused(name, why)


def _loop(
    serving: Serving, stop: following.Stop, said: journal.Journal, signature: following.Signature
) -> None:
    """Until it is time to stop: shows that this process lives, and takes definitions that change from `signature`."""
    while not stop.wait(LOOK_SECONDS):
        serving.beat(time.time())
        if (found := following.signature_of(serving.site.folder)) == signature:
            continue
        signature = found
        try:
            site = workspace.load(serving.site.folder)
        except DefinitionError as error:
            serving.refuse(str(error))
            log.error("the definitions before these stay in force: %s", error)
            continue
        said.hide(journal.secrets_of(site, os.environ))
        serving.reload(replace(site, store=serving.site.store))
        log.info("the definitions have changed, and are read again")


def _release(serving: Serving) -> None:
    try:
        serving.stop()
    except StoreError as error:
        log.warning("the leases can't be given back, others wait for their end: %s", error)


def _say_counted(outcomes: tuple[Outcome, ...]) -> None:
    for one in outcomes:
        for problem in one.problems:
            log.debug("%s: %s: %s", one.source, problem.path, problem.message)
        rejected = sum(lines for _, lines in one.account.rejected)
        if one.account.read:
            log.debug(
                "%s: %d lines counted, %d rejected",
                one.source,
                one.account.counted,
                rejected,
            )


def _say_judged(judged: Judged | None) -> None:
    if judged is None:
        return
    alerts = judged.round.alerts if judged.round else ()
    for one in alerts:
        if one.number is None:
            log.info("%s: an alert began (%s)", one.objective, one.tier.severity)
        elif one.closed_minute is not None:
            log.info("%s: an alert is over (%s)", one.objective, one.ending)
    for silence in judged.round.silences if judged.round else ():
        if silence.number is None:
            log.info("%s: no events come", silence.source)
        else:
            log.info("%s: events come again", silence.source)
    for change in judged.changes:
        if change.kind == "acts":
            log.info(
                "%s: due by the policy %s: %s",
                change.episode.objective,
                change.episode.policy,
                ", ".join(change.actions),
            )
    if judged.messages:
        log.info("%d messages are due", judged.messages)
