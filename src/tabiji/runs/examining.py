"""The books, the database, the sources, the messages → is all well, and what is known of each."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tabiji.definitions import Site
from tabiji.reports import number
from tabiji.runs.health import Health
from tabiji.runs.viewing import sources as viewing
from tabiji.runs.viewing.sources import Facts
from tabiji.store import Check, Store

ADVICE = frozenset({"database"})  # hints about what could happen, not about what has
DEAD_SECONDS = 7 * 86_400  # messages that were given up make all unwell for so long
ROOM_BYTES = 1 << 30
SAMPLES_MAX = 5  # of the lines of a source that were rejected


def examine(site: Site, store: Store, now: int) -> dict[str, Any]:
    """What there is to know about a workspace's health; `now` is in seconds."""
    judging = store.judging()
    found = viewing.sources(site, store, Health(), now)
    sources = [_source_json(one, store, now) for one in found]
    checks = [
        {"name": check.name, "value": check.value, "hint": check.hint}
        for check in (*store.check(), *_disk(site))
    ]
    states = store.vitals.messages()
    dead = [asdict(one) for one in store.vitals.dead(now - DEAD_SECONDS)]
    balanced = all(one.balanced for one in found)
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


def _source_json(one: Facts, store: Store, now: int) -> dict[str, Any]:
    samples = [
        {"reason": sample.reason, "path": sample.path, "offset": sample.offset, "line": sample.line}
        for sample in store.vitals.rejected(one.name, SAMPLES_MAX)
    ]
    return {
        "source": one.name,
        "defined": one.source is not None,
        "read": one.account.read,
        "counted": one.account.counted,
        "rejected": dict(one.account.rejected),
        "filtered": one.account.filtered,
        "duplicate": one.account.duplicate,
        "in_rollups": one.in_rollups,
        "balanced": one.balanced,
        "series": one.series,
        "series_max": one.source.series_max if one.source else None,
        "beyond_cap": one.beyond_cap,
        "files": one.files,
        "truncations": one.truncations,
        "samples": samples,
        "lag_seconds": None if one.last_minute is None else max(0, now - (one.last_minute + 1) * 60),
        "events_ahead": one.ahead,
        "committed_at": one.committed_at,
    }
