"""Support's answer with 300 journeys, at moments all over four weeks → its time, against the limit of a second.

python bench/support.py           only this, as a table
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rows import Row, Scale, markdown
from timing import OUT, run

import pages

SECONDS_MAX = 1.0
MOMENTS = 40
MINUTES = 28 * 1440


def measured(scale: Scale) -> Iterator[Row]:
    """In a process of its own; the first moment is that of a process that was not asked before."""
    folder = OUT / "workspaces" / "support"
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, pages.__file__, "make", folder])
    seconds = json.loads(run([sys.executable, __file__, "ask", folder]).output)
    last = sorted(seconds)[math.ceil(len(seconds) * 0.95) - 1]
    note = f"p95 {last:.2f} s, at most {max(seconds):.2f} s, the first {seconds[0]:.2f} s, of {len(seconds)}"
    yield Row(
        "support's answer, 300 journeys",
        f"{SECONDS_MAX:g} s",
        last / SECONDS_MAX,
        1,
        note,
        seconds,
        at_most=True,
    )


def ask(folder: Path) -> None:
    """Asks at one moment after the other; prints the seconds of each."""
    from tabiji import definitions, store
    from tabiji.runs import impacting
    from tabiji.runs.viewing import support

    site, seconds = definitions.load(folder, {}), []
    with store.open(site.store) as opened:
        now = (opened.extent() or (0, 0))[1] + 1
        for minute in range(now - MINUTES, now, MINUTES // MOMENTS):
            began = time.perf_counter()
            support.told(site, opened, minute, now, impacting.watched(site))
            seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]))
    else:
        print(markdown(list(measured(Scale(0, 1, keep=True)))))
