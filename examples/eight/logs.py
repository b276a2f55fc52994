"""Nothing → three days of the logs of a small service, the same each time, in `logs/` beside this file.

    python logs.py [FOLDER]

What goes wrong is in DROPS: what the objectives must find, and what is too short to count.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

JST = timezone(timedelta(hours=9))
START = datetime(2026, 6, 1, tzinfo=JST)
MINUTES = 3 * 1440

# source: (from, minutes, what happens)
DROPS = {
    "health": (
        ("2026-06-01T15:00", 4, "fails"),  # a restart: too short to count
        ("2026-06-02T10:00", 7, "fails"),
        ("2026-06-03T03:00", 6, "silent"),  # the prober itself is gone
    ),
    "web": (
        ("2026-06-01T11:20", 4, "errors"),  # healed before it counts
        ("2026-06-02T18:30", 12, "errors"),  # a release, rolled back
        ("2026-06-03T12:00", 9, "slow"),  # a push to everybody at noon
        ("2026-06-03T20:00", 3, "slow"),
    ),
    "apis": (
        ("2026-06-01T09:13", 1, "errors"),
        ("2026-06-02T10:01", 4, "errors"),
    ),
}
ROUTES = (("GET", "/feed"), ("GET", "/cards/{}"), ("POST", "/cards"), ("GET", "/people/{}/messages"))
CALLS = (("scan", "POST /v1/scans"), ("mail", "POST /send"), ("maps", "GET /geocode"))


def happening(source: str, minute: int) -> str:
    """What goes wrong in a source, minutes after the start; nothing, mostly."""
    for begin, minutes, what in DROPS[source]:
        first = int((datetime.fromisoformat(begin).replace(tzinfo=JST) - START).total_seconds() // 60)
        if first <= minute < first + minutes:
            return what
    return ""


def times(chance: random.Random, minute: int, events: int) -> list[datetime]:
    """When so many events of a minute were, in order."""
    return [START + timedelta(minutes=minute, seconds=s) for s in sorted(chance.choices(range(60), k=events))]


def access_log(chance: random.Random) -> Iterator[str]:
    for minute in range(MINUTES):
        what = happening("web", minute)
        busy = 8 if minute % 1440 < 420 else 24
        for place, at in enumerate(times(chance, minute, busy)):
            method, path = chance.choice(ROUTES)
            # one failing request now and then is no drop: two such minutes never follow on each other
            fails = place == 0 and (what == "errors" or minute % 101 == 0)
            took = (
                chance.uniform(1.2, 3.0) if what == "slow" and place % 4 == 0 else chance.uniform(0.02, 0.4)
            )
            yield (
                f"203.0.113.{chance.randrange(256)} - - [{at:%d/%b/%Y:%H:%M:%S %z}] "
                f'"{method} {path.format(chance.randrange(1, 10_000))} HTTP/1.1" '
                f"{502 if fails else 200} {chance.randrange(200, 20_000)} {took:.3f}"
            )


def health_log(chance: random.Random) -> Iterator[str]:
    for minute in range(MINUTES):
        what = happening("health", minute)
        if what != "silent":
            (at,) = times(chance, minute, 1)
            status = 503 if what == "fails" else 200
            took = 5000 if what == "fails" else chance.randrange(3, 30)
            event = {"time": at.isoformat(), "check": "GET /health", "status": status, "took_ms": took}
            yield json.dumps(event)


def call_log(chance: random.Random) -> Iterator[str]:
    for minute in range(MINUTES):
        for place, at in enumerate(times(chance, minute, 3)):
            api, call = chance.choice(CALLS)
            status = 503 if place == 0 and happening("apis", minute) else 200
            event = {"time": at.isoformat(), "api": api, "call": call, "status": status}
            yield json.dumps(event | {"took_ms": chance.randrange(40, 600)})


def write(folder: Path) -> None:
    """All three logs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (
        ("access.log", access_log(random.Random(1))),
        ("health.ndjson", health_log(random.Random(2))),
        ("calls.ndjson", call_log(random.Random(3))),
    ):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs")
