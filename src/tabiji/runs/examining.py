"""The books, the database, the sources, the messages → is all well, and what is known of each."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tabiji.counting import OTHER, Account
from tabiji.definitions import Site
from tabiji.reports import number
from tabiji.store import Check, Store

ADVICE = frozenset({"database"})  # hints about what could happen, not about what has
DEAD_SECONDS = 7 * 86_400  # messages that were given up make all unwell for so long
ROOM_BYTES = 1 << 30
_END = 2**31  # minutes: beyond any event


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


def _source(
    site: Site, store: Store, name: str, accounts: dict[str, Account], series: int, in_rollups: int
) -> dict[str, Any]:
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
