"""`tabiji notify`: what is to be told and could not be; and a test of every receiver."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tabiji.cli import login, output, workspace
from tabiji.errors import UsageError
from tabiji.language import _, headings, ngettext

if TYPE_CHECKING:
    from tabiji.definitions import Site
    from tabiji.store import Posted, Store

SHOWN_MAX = 50


@click.command(name="notify")
@click.argument("names", metavar="[RECEIVER]...", nargs=-1)
@click.option("--test", is_flag=True, help="Send a test message now to these receivers, or to all.")
@click.option("--retry", metavar="KEY|all", help="Put what was given up back into the outbox.")
@workspace.workspace_option
@workspace.json_option
def command(
    names: tuple[str, ...], test: bool, retry: str | None, folder: Path | None, as_json: bool
) -> None:
    """What is to be told and was not yet: waiting, failing, given up; and why.

    \b
      tabiji notify
      tabiji notify --test              is everybody reached?
      tabiji notify --test chat oncall
      tabiji notify --retry all         after the cause is mended

    Exit 3 where a test message did not arrive.
    """
    site = workspace.load(folder)
    if test and retry is not None:
        raise UsageError(_("`--test` and `--retry` don't go together"))
    if names:
        _refuse_unknown(site, names)
    if test:
        sys.exit(_test(site, names, as_json))
    with workspace.open_store(site) as store:
        if retry is not None:
            if names:
                raise UsageError(_("`--retry` takes the key of a message, or `all`, and no receivers"))
            _retry(store, retry, as_json)
        else:
            _show(store, names, as_json)


def _refuse_unknown(site: Site, names: tuple[str, ...]) -> None:
    from tabiji.definitions.shaping import nearest

    there_are = [one.name for one in site.notifications.receivers]
    for name in names:
        if name not in there_are:
            noun, hint = _("a receiver"), nearest(name, there_are)
            raise UsageError(_("`{name}` is not {noun}{hint}", name=name, noun=noun, hint=hint))


def _test(site: Site, names: tuple[str, ...], as_json: bool) -> int:
    """Tells each of them that this is a test; the exit code."""
    from concurrent.futures import ThreadPoolExecutor

    from tabiji.notify import said
    from tabiji.runs import delivering

    wanted = [one for one in site.notifications.receivers if not names or one.name in names]
    if not wanted:
        raise UsageError(_("there are no receivers; `notifications:` in tabiji.yaml names them"))
    with ThreadPoolExecutor(min(len(wanted), 8)) as pool:
        failures = list(pool.map(lambda one: delivering.tried(site, one, workspace.now()), wanted))
    found = list(zip(wanted, failures, strict=True))
    if as_json:
        rows = [
            {"receiver": one.name, "channel": one.channel, "sent": why is None, "failure": why}
            for one, why in found
        ]
        output.print_json({"receivers": rows})
    else:
        rows_ = [
            (one.name, one.channel, _("sent") if why is None else _("not sent: {why}", why=said(why)))
            for one, why in found
        ]
        output.print_table(headings("receiver", "channel", "result"), rows_, grow=None)
    return 3 if any(failures) else 0


def _retry(store: Store, key: str, as_json: bool) -> None:
    count = store.delivering.retry(None if key == "all" else key, workspace.now())
    if count:
        store.audit.add(workspace.now(), login.user(), "command", "message-retried", key, messages=count)
    if not count and key != "all":
        raise UsageError(
            _("nothing that was given up has the key `{key}`; `tabiji notify` shows the keys", key=key)
        )
    if as_json:
        output.print_json({"retried": count})
    else:
        click.echo(
            ngettext(
                "{n} message is in the outbox again.", "{n} messages are in the outbox again.", count, n=count
            )
        )


def _show(store: Store, names: tuple[str, ...], as_json: bool) -> None:
    posted = [
        one
        for one in store.delivering.posted(["pending", "dead"])
        if not names or one.message.receiver in names
    ]
    if as_json:
        from tabiji.runs.documents import posted_json

        output.print_json({"messages": [posted_json(one) for one in posted]})
        return
    if not posted:
        click.echo(_("Nothing waits, and nothing was given up."))
        return
    for one in posted[:SHOWN_MAX]:
        click.echo(f"{one.message.receiver}: {_plain(one.message.title)} ({one.message.stage})")
        click.echo(
            "    "
            + _(
                "{state}; since {at}; key {key}",
                state=_state(one),
                at=_time(one.created_at),
                key=one.message.key,
            )
        )
    if len(posted) > SHOWN_MAX:
        click.echo(_("… and {n} more; `--json` shows all", n=len(posted) - SHOWN_MAX))
    dead = sum(one.state == "dead" for one in posted)
    if dead:
        output.say(_("{n} given up: mend the cause, then `tabiji notify --retry all`.", n=dead))


def _state(one: Posted) -> str:
    from tabiji.notify import said

    tries = ngettext("{n} try", "{n} tries", one.tries, n=one.tries)
    failure = said(one.failure or "")
    if one.state == "dead":
        return _("given up after {tries}: {failure}", tries=tries, failure=failure)
    if one.failure is not None:
        names = {"tries": tries, "failure": failure, "at": _time(one.due_at)}
        return _("fails ({tries}): {failure}; again at {at}", **names)
    return _("waits") if one.tries == 0 else _("is being sent")


def _time(second: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _plain(text: str) -> str:
    """Without what a terminal would act on."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
