"""A source and a database → what is in it after a run, row by row."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from writing import FIELDS, FORMAT

from tabiji import histograms, store
from tabiji.counting import Account, Series
from tabiji.definitions import Source
from tabiji.runs import ingesting
from tabiji.runs.ingesting import Outcome
from tabiji.store import Store

GRAINS = ("minute", "hour", "day")
IDLE = 10**6  # seconds from now in which every file has been left alone for long enough

Contents = dict[str, dict[tuple[int, Series], tuple[int, int, dict[int, int]]]]


def web(*paths: Path | str, **changes: Any) -> Source:
    """A source of nginx's lines, with routes learned."""
    known: dict[str, Any] = {
        "name": "web",
        "format": "nginx",
        "log_format": FORMAT,
        "service": "learning",
        "error": "x_error",
        "labels": (("plan", "x_plan"),),
    }
    return Source(paths=tuple(map(str, paths)), **known | changes)


def objects(*paths: Path | str, **changes: Any) -> Source:
    """A source of JSON objects."""
    labels = (("plan", "plan"),)
    known = {"format": "json", "log_format": None, "fields": tuple(FIELDS.items()), "error": None}
    return web(*paths, **known | {"labels": labels} | changes)


def ingest(
    source: Source,
    opened: Store,
    *,
    later: int = 0,
    executor: Executor | None = None,
    paths: Sequence[str] | None = None,
    reached: Callable[[str], None] | None = None,
) -> Outcome:
    """One run, `later` seconds from now; the books must balance after it."""
    outcome = ingesting.ingest(
        source,
        opened,
        now=int(time.time()) + later,
        workers=2 if executor else 1,
        executor=executor,
        paths=paths,
        reached=reached,
    )
    assert_balanced(opened, source.name)
    return outcome


def contents(opened: Store, source: str = "web") -> Contents:
    """What the three grains hold: (minute, series) → events, Σ duration, events by bucket."""
    known = opened.series(source)
    held: Contents = {}
    for grain in GRAINS:
        rows: dict[tuple[int, Series], tuple[int, int, dict[int, int]]] = {}
        for page in opened.rows(grain, 0, 2**31, list(known)):  # type: ignore[arg-type]
            starts = [0, *page.ends.tolist()]
            for at in range(len(page)):
                key = int(page.minute[at]), known[int(page.series[at])]._replace(source="")
                assert key not in rows
                pairs = page.pairs[starts[at] : starts[at + 1]].tolist()
                rows[key] = int(page.events[at]), int(page.duration_us[at]), histograms.unpack(pairs)
        held[grain] = rows
    return held


def by_minute(opened: Store, source: str = "web") -> Counter[tuple[int, int]]:
    """Events by minute and status."""
    found: Counter[tuple[int, int]] = Counter()
    for (minute, series), (events, _, _) in contents(opened, source)["minute"].items():
        found[minute, series.status or 0] += events
    return found


def account(opened: Store, source: str = "web") -> Account:
    return opened.accounts().get(source, Account())


def assert_balanced(opened: Store, source: str = "web") -> None:
    """The books of a source: each line in one place, and every counted one in each of the grains."""
    one, numbers = account(opened, source), list(opened.series(source))
    assert one.read == one.counted + sum(n for _, n in one.rejected) + one.filtered + one.duplicate
    extent = opened.extent(source)
    if extent is None:
        assert one.counted == 0
        return
    first, end = extent[0], extent[1] + 1
    for grain, minutes in (("minute", 1), ("hour", 60), ("day", 1440)):
        rows = opened.rows(grain, first // minutes * minutes, end, numbers, latencies=False)  # type: ignore[arg-type]
        assert sum(int(page.events.sum()) for page in rows) == one.counted, grain


def assert_sound(url: str) -> None:
    """The database itself is well."""
    with store.open(url) as opened:
        for source in opened.accounts():
            assert_balanced(opened, source)
        assert {fact.name: fact.value for fact in opened.check()}.get("integrity", "ok") == "ok"


def idle(path: Path) -> None:
    """Makes a file look as if nobody had written to it for an hour."""
    then = time.time() - 3600
    os.utime(path, (then, then))
