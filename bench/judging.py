"""1,000 and 10,000 objectives over a month of minutes → how long judging all of them takes beyond start-up.

python bench/judging.py WORKSPACE [--profile]    judge once in this process; prints the seconds of each part
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import month
from rows import Row, Scale, limited
from timing import ENVIRONMENT, OUT, Times, run

LIMITS_MS = (100, 150, 200, 300, 500, 800)
OBJECTIVES = ((1_000, 0.2), (10_000, 1.5))  # how many, and the limit in seconds


def workspace(objectives: int) -> Path:
    """Journeys of three objectives each, two of availability and one of latency, no two steps alike."""
    folder = OUT / "workspaces" / f"judging-{objectives}"
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(
        f"store: sqlite:///../../{month.opened(OUT).name}\n"
        f"sources:\n  {month.SOURCE}: {{format: nginx, paths: [/var/log/nginx/access.log]}}\n"
    )
    for number in range(-(-objectives // 3)):
        names = ("available", "sound", "fast")[: objectives - 3 * number]
        (folder / "journeys" / f"{number:05}.yaml").write_text(_journey(number, names))
    return folder


def _journey(number: int, names: tuple[str, ...]) -> str:
    """Its steps: one operation; a list of some; a part of the site, by its beginning and by its statuses."""
    first = number % month.OPERATIONS
    some = ", ".join(f"'GET /{(first + i * (number // 75 + 1)) % month.OPERATIONS}'" for i in range(1, 4))
    objectives = {
        "available": f"{{good: 'status < 500', exclude: 'status = 499', target: 99.{number % 9 + 1}%}}",
        "sound": f"{{steps: [one, some], good: 'status not in (499, 500)', target: 9{number % 9}.5%}}",
        "fast": f"{{steps: [one, part], faster_than: {LIMITS_MS[number % 6]}ms, good: 'status < 500', target: 95%}}",
    }
    return "\n".join(
        [
            f"journey: journey-{number}",
            "steps:",
            f"  one: {{events: \"operation = 'GET /{first}'\"}}",
            f'  some: {{events: "operation in ({some})"}}',
            f"  part: {{events: \"route like '/{number % 8}%' and method = 'GET' and status <> {400 + number % 90}\"}}",
            "objectives:",
            *(f"  {name}: {objectives[name]}" for name in names),
            "",
        ]
    )


def measured(scale: Scale) -> Iterator[Row]:
    """Each in a process of its own: definitions loaded and database opened, then judged for the first time."""
    for objectives, limit in OBJECTIVES:
        folder = workspace(objectives)
        times = Times()
        run([sys.executable, __file__, folder])
        parts = {}
        for _ in range(scale.repeats):
            parts = json.loads(run([sys.executable, __file__, folder]).output)
            times.add(parts["judge"], parts["cpu"])
        note = f"before that: definitions {parts['definitions']:.2f} s, database {parts['open']:.2f} s"
        yield limited(f"judging {objectives:,} objectives, 28 days of 300 series", times, limit, note)


def judge(folder: Path, *, profile: bool) -> None:
    """Judges the workspace once, and prints the seconds of each part."""
    from tabiji import definitions, store
    from tabiji.runs import judging

    began = time.perf_counter()
    site = definitions.load(folder, os.environ)
    loaded = time.perf_counter()
    wanted = [(journey, objective) for journey in site.journeys for objective in journey.objectives]
    with store.open(site.store) as opened:
        ready = time.perf_counter()
        if profile:
            import cProfile

            profiler = cProfile.Profile()
            profiler.runcall(judging.judge, site, opened, month.NOW, wanted)
            profiler.print_stats("tottime")
            return
        busy = time.process_time()
        judged = judging.judge(site, opened, month.NOW, wanted)
        busy, done = time.process_time() - busy, time.perf_counter()
    assert len(judged.standings) == len(wanted)
    print(
        json.dumps(
            {"definitions": loaded - began, "open": ready - loaded, "judge": done - ready, "cpu": busy}
        )
    )


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    judge(Path(sys.argv[1]), profile="--profile" in sys.argv)
