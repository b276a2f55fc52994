"""`tabiji doctor`: the books, the database, the sources, the messages → is all well."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tabiji.cli import output, workspace

if TYPE_CHECKING:
    from tabiji.counting import Account
    from tabiji.definitions import Site
    from tabiji.store import Check, Store


@click.command(name="doctor")
@workspace.workspace_option
@workspace.json_option
def command(folder: Path | None, as_json: bool) -> None:
    """Is all well: the books of every source, the database, the disk, messages that were given up. Exit 1 where not.

    \b
      tabiji doctor
    """
    site = workspace.load(folder)
    with workspace.open_store(site) as store:
        document = examine(site, store, workspace.now())
    if as_json:
        output.print_json(document)
    else:
        _show(document)
    if not document["well"]:
        sys.exit(1)


def examine(site: Site, store: Store, now: int) -> dict[str, Any]:
    """What there is to know about a workspace's health; `now` is in seconds."""
    accounts, series, vitals = store.accounts(), store.series(), store.vitals.sources()
    judging, ahead = store.judging(), store.vitals.ahead(now // 60)
    names = [source.name for source in site.sources]
    sources = []
    for name in [*names, *sorted(set(accounts) - set(names))]:
        mine = {number: one for number, one in series.items() if one.source == name}
        counted = int(store.sums([0, _END], list(mine)).events.sum()) if mine else 0
        one = _source(site, store, name, accounts, len(mine), counted)
        news = judging.sources.get(name)
        last = news.last_minute if news else None
        one["lag_seconds"] = None if last is None else max(0, now - (last + 1) * 60)
        one["events_ahead"] = ahead.get(name, 0)
        one["committed_at"] = vitals[name].committed_at if name in vitals else None
        sources.append(one)
    checks = [
        {"name": check.name, "value": check.value, "hint": check.hint}
        for check in (*store.check(), *_disk(site))
    ]
    states = store.vitals.messages()
    dead = [asdict(one) for one in store.vitals.dead(now - DEAD_SECONDS)]
    balanced = all(one["balanced"] for one in sources)
    sound = not any(check["hint"] for check in checks if check["name"] not in ADVICE)
    return {
        "well": balanced and sound and not dead,
        "sources": sources,
        "judged_until": None if judging.until_minute is None else judging.until_minute * 60,
        "messages": {"pending": states.get("pending", 0), "dead": states.get("dead", 0), "lately_dead": dead},
        "leases": [
            {"name": one.name, "holder": one.holder, "epoch": one.epoch, "held": one.until_ms > now * 1000}
            for one in store.leases.held()
        ],
        "checks": checks,
    }


def _disk(site: Site) -> list[Check]:
    """The room where the database of SQLite is, or what is received; PostgreSQL's is for its own keepers."""
    from tabiji.reports import number
    from tabiji.store import Check

    path = site.folder
    if site.store.startswith("sqlite:///"):
        path = Path(site.store.removeprefix("sqlite:///").partition("?")[0]).parent
    try:
        usage = shutil.disk_usage(path)
    except OSError as error:
        return [Check("disk", f"{path}: {error.strerror}")]
    tight = usage.free < max(ROOM_BYTES, usage.total // 20)
    return [
        Check(
            "disk",
            f"{number(usage.free >> 20)} MiB free of {number(usage.total >> 20)} in {path}",
            "free some space before it is full: shorten `retention:`, or move the database" if tight else "",
        )
    ]


ADVICE = frozenset({"database"})  # hints about what could happen, not about what has
DEAD_SECONDS = 7 * 86_400  # messages that were given up make all unwell for so long
ROOM_BYTES = 1 << 30
_END = 2**31  # minutes: beyond any event


def _source(
    site: Site, store: Store, name: str, accounts: dict[str, Account], series: int, in_rollups: int
) -> dict[str, Any]:
    from tabiji.counting import OTHER, Account

    account = accounts.get(name, Account())
    rejected = dict(account.rejected)
    defined = next((source for source in site.sources if source.name == name), None)
    beyond = [n for n, one in store.series(name).items() if one.operation == OTHER and one.method is None]
    samples = [
        {"reason": sample.reason, "path": entry.file.path, "offset": sample.offset, "line": sample.line}
        for entry in reversed(store.chunks(name))
        for sample in entry.samples
    ][:5]
    explained = account.counted + sum(rejected.values()) + account.filtered + account.duplicate
    return {
        "source": name,
        "defined": defined is not None,
        "read": account.read,
        "counted": account.counted,
        "rejected": rejected,
        "filtered": account.filtered,
        "duplicate": account.duplicate,
        "in_rollups": in_rollups,
        "balanced": account.read == explained and account.counted == in_rollups,
        "series": series,
        "series_max": defined.series_max if defined else None,
        "beyond_cap": int(store.sums([0, _END], beyond).events.sum()) if beyond else 0,
        "files": len(store.files(name)),
        "truncations": sum(file.truncations for file in store.files(name)),
        "samples": samples,
    }


def _show(document: dict[str, Any]) -> None:
    from tabiji.reports import iso_time, number

    for one in document["sources"]:
        rejected = sum(one["rejected"].values())
        books = "the books balance" if one["balanced"] else "THE BOOKS DO NOT BALANCE"
        click.echo(
            f"{one['source']}: {number(one['read'])} read = {number(one['counted'])} counted + {number(rejected)} "
            f"rejected + {number(one['filtered'])} filtered + {number(one['duplicate'])} duplicate: {books}"
        )
        if not one["balanced"]:
            click.echo(f"    in the rollups: {number(one['in_rollups'])} events")
        if not one["defined"]:
            click.echo("    this source is not in tabiji.yaml any more")
        if one["truncations"]:
            click.echo(
                f"    {one['truncations']} files were cut off or made anew: lines may have been lost in between"
            )
        if one["beyond_cap"]:
            click.echo(
                f"    {number(one['beyond_cap'])} events are in `other`: more than {number(one['series_max'] or 0)} "
                "series; declare `routes:`, use fewer labels, or raise `series_max:`"
            )
        if one["events_ahead"]:
            click.echo(
                f"    events of the future: {number(one['events_ahead'])}, judged when it comes; is a clock wrong?"
            )
        elif one["lag_seconds"] is not None:
            click.echo(f"    its newest event is {_ago(one['lag_seconds'])} old")
        for sample in one["samples"]:
            line = sample["line"] if len(sample["line"]) <= 60 else sample["line"][:59] + "…"
            click.echo(f"    {sample['reason']}: {sample['path']} at byte {sample['offset']}: {line!r}")
    click.echo()
    messages = document["messages"]
    if messages["pending"] or messages["dead"]:
        click.echo(f"messages: {messages['pending']} wait to be sent, {messages['dead']} were given up")
    for one in messages["lately_dead"]:
        click.echo(
            f"    given up {iso_time(one['ended_at'])}: {one['topic']} to {one['receiver']}: {one['failure']}"
        )
    for one in document["leases"]:
        click.echo(f"{one['name']}: {'held by' if one['held'] else 'free; the last was'} {one['holder']}")
    for check in document["checks"]:
        click.echo(f"{check['name']}: {check['value']}")
        if check["hint"]:
            click.echo(f"    {check['hint']}")
    click.echo("All is well." if document["well"] else "All is not well: see above.")


def _ago(seconds: int) -> str:
    """A length of time in words: the largest unit is enough."""
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
