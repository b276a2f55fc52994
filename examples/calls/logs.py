"""Nothing → a day of a shop's calls to others, the same each time, in `logs/` beside this file.

    python logs.py [FOLDER]

What goes wrong is in DROPS.
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
MINUTES = 1440

# host: (calls a minute, method, path, milliseconds as a rule)
HOSTS = {
    "pay.example.com": (6, "POST", "/v1/customers/{}/charges", 220),
    "maps.example.net": (4, "GET", "/geocode", 40),
    "mail.example.org": (2, "POST", "/messages", 90),
}
# host: (from, minutes, what happens to every third call)
DROPS = {
    "pay.example.com": (("2026-06-01T14:00", 12, "silent"), ("2026-06-01T20:30", 30, "slow")),
    "maps.example.net": (("2026-06-01T03:10", 5, "broken"),),
    "mail.example.org": (("2026-06-01T12:00", 60, "too many"),),
}


def happening(host: str, minute: int) -> str:
    """What goes wrong with a host, minutes after the start; nothing, mostly."""
    for begin, minutes, what in DROPS[host]:
        first = int((datetime.fromisoformat(begin).replace(tzinfo=JST) - START).total_seconds() // 60)
        if first <= minute < first + minutes:
            return what
    return ""


def calls(chance: random.Random, host: str) -> Iterator[dict[str, object]]:
    often, method, path, usual_ms = HOSTS[host]
    for minute in range(MINUTES):
        what = happening(host, minute)
        for n, second in enumerate(sorted(chance.choices(range(60), k=often))):
            struck = what if n % 3 == 0 else ""
            http: dict[str, object] = {"method": method, "path": path.format(chance.randrange(1_000, 90_000))}
            took_ms = round(usual_ms * chance.uniform(0.8, 1.6))
            error = None
            if struck == "silent":
                took_ms, error = 10_000, "timeout"
            else:
                http["status"] = {"broken": 503, "too many": 429}.get(struck, 200)
                took_ms = took_ms * 12 if struck == "slow" else took_ms
            time = START + timedelta(minutes=minute, seconds=second)
            yield {
                "time": time.isoformat(),
                "peer": {"host": host},
                "http": http,
                "took_ms": took_ms,
                "error": error,
            }


def write(folder: Path) -> None:
    """The log into a folder, which is made."""
    chance = random.Random(4)
    found = [call for host in HOSTS for call in calls(chance, host)]
    found.sort(key=lambda call: str(call["time"]))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "calls.ndjson").open("w") as log:
        log.writelines(json.dumps(call) + "\n" for call in found)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs")
