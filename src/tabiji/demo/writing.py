"""A folder and a seed → the workspace: logs, rotated as is usual, definitions, and what is hidden in them."""

from __future__ import annotations

import gzip
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from importlib import resources
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random

from tabiji.demo import jobs, site, web
from tabiji.demo.chance import allocated
from tabiji.demo.customers import Kind, Language, Sheet, sheets
from tabiji.demo.site import DAY_S, JOB_SHARE, LEARNERS, ZONE_S
from tabiji.demo.stories import (
    DEPLOYMENTS,
    SINGLE_FAILURES,
    STORIES,
    Happened,
    Hidden,
    Window,
    happened,
    moment,
    windows,
)

EVENTS_PER_DAY_MIN = 300
_TWO_PROCESSES_FROM = 100_000  # events; below that a second process costs more than it gives
MARK = ".tabiji-demo"  # by this file a workspace of the demo is known
_HEALTH_CHECKS_MAX = 0.05  # of the requests


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log file, and the lines in it (uncompressed)."""

    path: Path
    lines: int


@dataclass(frozen=True, slots=True)
class Written:
    """What is in the workspace, and what is hidden in it. Times are epoch seconds, half-open.

    `requests` + `jobs` are the events asked for. Jobs neither done nor dead were still waiting or running in
    the end.
    """

    folder: Path
    started: int
    ended: int
    web_logs: tuple[LogFile, ...]  # the newest first
    job_logs: tuple[LogFile, ...]  # the newest first
    definitions: tuple[Path, ...]
    requests: int
    jobs: int
    jobs_done: int
    jobs_dead: int
    hidden: tuple[Hidden, ...]
    happened: tuple[Happened, ...]
    sheets: tuple[tuple[Kind, Path], ...]  # what customers said and did


@dataclass(frozen=True, slots=True)
class _Part:
    """What one task wrote: its files, its share of the events, and what is hidden in them."""

    logs: tuple[LogFile, ...]
    events: int
    windows: tuple[tuple[Window, int, int], ...]
    single_failures: tuple[tuple[str, int], ...] = ()
    done: int = 0
    dead: int = 0


def write(
    folder: Path,
    *,
    now: int,
    days: int = 30,
    events: int = 1_000_000,
    seed: int = 20261121,
    language: Language = "en",
    progress: Callable[[int, int], None] | None = None,
    processes: int | None = None,
) -> Written:
    """Write the workspace of a learning site into `folder`, which is made if it is not there.

    The logs cover the `days` × 24 hours up to the last full minute before `now` (epoch seconds) with `events`
    finished requests and enqueued jobs together. The same arguments give the same bytes, in any number of
    `processes` (1 or 2, as suits the size, by default). `progress` is told (events written, events), and
    `language` (en or ja) is what the site's pages and reports shall be in.

    Raises FileExistsError if `folder` holds a workspace already, ValueError for less than a day, or fewer
    than `EVENTS_PER_DAY_MIN` events in each.
    """
    if events < EVENTS_PER_DAY_MIN * days or days < 1:
        raise ValueError(f"at least a day, and {EVENTS_PER_DAY_MIN} events for each")
    for name in ("tabiji.yaml", "journeys", "policies", "logs", "customers"):
        if (folder / name).exists():
            raise FileExistsError(folder / name)
    (folder / "logs" / "nginx").mkdir(parents=True)
    ended = now // 60 * 60
    started = ended - days * DAY_S
    tasks = _tasks(folder / "logs", started, ended, events, seed)

    parts: dict[int, _Part] = {}
    finished = 0
    for index, part in _results(tasks, processes or (2 if events >= _TWO_PROCESSES_FROM else 1)):
        parts[index] = part
        finished += part.events
        if progress:
            progress(finished, events)

    job_part, *web_parts = (parts[index] for index in range(len(tasks)))
    return Written(
        folder=folder,
        started=started,
        ended=ended,
        web_logs=tuple(log for part in reversed(web_parts) for log in part.logs),
        job_logs=tuple(reversed(job_part.logs)),
        definitions=_write_definitions(folder, language),
        requests=sum(part.events for part in web_parts),
        jobs=job_part.events,
        jobs_done=job_part.done,
        jobs_dead=job_part.dead,
        hidden=_hidden([*web_parts, job_part]),
        happened=happened(started, ended),
        sheets=_write_sheets(folder / "customers", sheets(started, ended, seed, language)),
    )


def _tasks(logs: Path, started: int, ended: int, events: int, seed: int) -> list[Callable[[], _Part]]:
    """The month of jobs, then each local day of requests. No task needs another, so their order is free."""
    jobs_total = round(events * JOB_SHARE)
    requests_total = events - jobs_total
    stories = windows(started, ended)
    deployments = tuple(
        at
        for days_before, clock in DEPLOYMENTS
        if started <= (at := moment(ended, days_before, clock)) < ended - 60
    )
    month = jobs.JobMonth(seed, started, ended, jobs_total, stories, deployments)
    tasks: list[Callable[[], _Part]] = [partial(_write_jobs, logs, month)]

    first_day, last_day = (started + ZONE_S) // DAY_S, (ended - 1 + ZONE_S) // DAY_S
    edges = [started, *(day * DAY_S - ZONE_S for day in range(first_day + 1, last_day + 1)), ended]
    rng = Random(f"{seed} days")
    shares = []
    for age, (start, end) in enumerate(pairwise(edges)):
        day, second = divmod(start + ZONE_S, DAY_S)
        weights = site.minute_weights(LEARNERS, day, second // 60, (second + end - start) // 60)
        shares.append(sum(weights) * (1 + site.GROWTH_PER_DAY * age) * rng.gauss(1, 0.03))
    failures = tuple((name, moment(ended, before, clock)) for name, before, clock in SINGLE_FAILURES)
    health_every_s = 60 * -(-(ended - started) // int(60 * _HEALTH_CHECKS_MAX * requests_total))
    requests = allocated(requests_total, shares)
    for start, end, count in zip(edges[:-1], edges[1:], requests, strict=True):
        day = (start + ZONE_S) // DAY_S
        singles = tuple((name, at) for name, at in failures if start <= at < end)
        plan = web.WebDay(seed, day, start, end, count, health_every_s, stories, singles)
        age = last_day - day
        name = "access.log" if age == 0 else f"access.log.{age}{'.gz' if age > 1 else ''}"
        tasks.append(partial(_write_web, logs / "nginx" / name, plan))
    return tasks


def _results(tasks: list[Callable[[], _Part]], processes: int) -> Iterator[tuple[int, _Part]]:
    """The tasks' results with their places, as they come."""
    if processes == 1:
        yield from ((index, task()) for index, task in enumerate(tasks))
        return
    # Not by fork: whoever calls may have threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        places = {pool.submit(task): index for index, task in enumerate(tasks)}
        for future in as_completed(places):
            yield places[future], future.result()


def _write_web(path: Path, day: web.WebDay) -> _Part:
    written = web.lines_of(day)
    _write_text(path, written.text, day.end)
    return _Part((LogFile(path, written.lines),), written.lines, written.windows, written.single_failures)


def _write_jobs(logs: Path, month: jobs.JobMonth) -> _Part:
    """The jobs' log is rotated on Mondays at midnight."""
    first_day, last_day = (month.started + ZONE_S) // DAY_S, (month.ended - 1 + ZONE_S) // DAY_S
    mondays = [day * DAY_S - ZONE_S for day in range(first_day + 1, last_day + 1) if (day + 3) % 7 == 0]
    written = jobs.lines_of(month)
    files = []
    texts = jobs.split_at(written.lines, [monday * 1000 for monday in mondays])
    for index, (lines, end) in enumerate(zip(texts, [*mondays, month.ended], strict=True)):
        age = len(mondays) - index
        path = logs / ("sidekiq.log" if age == 0 else f"sidekiq.log.{age}.gz")
        _write_text(path, "".join(lines), end)
        files.append(LogFile(path, len(lines)))
    return _Part(tuple(files), month.jobs, written.windows, done=written.done, dead=written.dead)


def _write_definitions(folder: Path, language: str) -> tuple[Path, ...]:
    """The files of `definitions/`, in English or Japanese."""
    kept = resources.files("tabiji.demo") / "definitions"
    site_text = (kept / "tabiji.yaml").read_text("utf-8")
    texts = {folder / "tabiji.yaml": site_text.replace("\nlanguage: en\n", f"\nlanguage: {language}\n")}
    for part in ("journeys", "policies"):
        (folder / part).mkdir()
        for file in sorted((kept / part).iterdir(), key=lambda file: file.name):
            texts[folder / part / file.name] = file.read_text("utf-8")
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    (folder / MARK).write_text(
        "Written by `tabiji demo`, which goes on writing here; delete the folder at will.\n"
    )
    return tuple(texts)


def _write_sheets(folder: Path, written: Iterable[Sheet]) -> tuple[tuple[Kind, Path], ...]:
    folder.mkdir()
    found = []
    for sheet in written:
        path = folder / sheet.name
        path.write_text(sheet.text, "utf-8")
        found.append((sheet.kind, path))
    return tuple(found)


def _write_text(path: Path, text: str, end: int) -> None:
    content = text.encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, 1, mtime=0)  # without a time of its own, so that bytes repeat
    path.write_bytes(content)
    os.utime(path, (end, end))


def _hidden(parts: Iterable[_Part]) -> tuple[Hidden, ...]:
    """The stories that happened, with what they did; a story may have parts in several days."""
    events: defaultdict[Window, int] = defaultdict(int)
    bad: defaultdict[Window, int] = defaultdict(int)
    singles: list[Hidden] = []
    for part in parts:
        for window, events_of_part, bad_of_part in part.windows:
            events[window] += events_of_part
            bad[window] += bad_of_part
        singles += [
            Hidden("single", "One request fails, of very few.", name, at, at + 1, 1, 1)
            for name, at in part.single_failures
        ]
    order = {story.name: place for place, story in enumerate(STORIES)}
    found = [
        Hidden(w.story, w.title, w.effect.operation, w.start, w.end, events[w], bad[w])
        for w in sorted(events, key=lambda w: (order[w.story], w.effect.operation))
    ]
    return (*found, *singles)
