"""Each chart over ninety days, from rollups to the spec that a browser draws → its time, against a limit of 0.5 s.

python bench/charts.py WORKSPACE     the seconds of each chart, in a process of their own

The rollups are those of `past`: 8 million rows of minutes, with their durations. An objective of two operations, its
journey, and one of these operations are asked for, as a page of them asks.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import month
import past
from rows import Row, Scale, limited
from timing import ENVIRONMENT, Times, run

SECONDS_MAX = 0.5


def measured(scale: Scale) -> Iterator[Row]:
    """All charts in turn, each time in a new process."""
    folder, times = past.workspace(), dict[str, Times]()
    for _ in range(scale.repeats):
        for name, seconds in json.loads(run([sys.executable, __file__, folder]).output).items():
            times.setdefault(name, Times()).add(*seconds)
    for name, one in times.items():
        yield limited(f"chart over 90 days: {name}", one, SECONDS_MAX)


def ask(folder: Path) -> None:
    """Prints the seconds, on the wall and of CPU, of each chart."""
    from tabiji import charts, definitions, store
    from tabiji.runs.viewing import durations, figures, rates

    site, zone = definitions.load(folder, os.environ), "Asia/Tokyo"
    journey = site.journeys[0]
    pair, between = (journey, journey.objectives[0]), (month.START, past.END)
    looks = charts.Looks("en", zone, "light", 900, live=True)
    operation = month.SOURCE, "GET /3"
    found = {}
    with store.open(site.store) as opened:
        of = site, opened
        made = {
            "burn-down": lambda: figures.burn_down(*of, pair, *between, "en", zone),
            "bad": lambda: figures.bad(*of, pair, *between, "en", zone),
            "burn rates": lambda: rates.burn_rates(*of, pair, *between, "en", zone),
            "latency": lambda: durations.of_objective(*of, pair, *between, "en", zone),
            "bad, of a journey": lambda: figures.lanes(*of, journey, *between, "en", zone),
            "latency, of a journey": lambda: durations.of_journey(*of, journey, None, *between, "en", zone),
            "traffic of an operation": lambda: figures.traffic(opened, *operation, *between, zone),
            "latency of an operation": lambda: durations.of_operation(opened, *operation, *between, zone),
        }
        for name, make in made.items():
            began, busy = time.perf_counter(), time.process_time()
            spec = json.dumps(charts.chart(make(), looks))
            found[name] = time.perf_counter() - began, time.process_time() - busy
            assert len(spec) > 10_000, f"{name}: hardly anything to see"
    print(json.dumps(found))


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    ask(Path(sys.argv[1]))
