"""The month of jobs → the lines of Sidekiq's log, as its JSON formatter writes them (version 6.4).

This site adds to `ctx`, when an attempt ends, what its latency can be judged by: the queue, `created_at`,
`enqueued_at` and, from the second attempt on, `retry_count`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import itemgetter
from random import Random
from time import gmtime, strftime

from tabiji.demo import site
from tabiji.demo.chance import allocated, spread, times_by_weight
from tabiji.demo.site import DAY_S, JOBS, ZONE_S, Job
from tabiji.demo.stories import Window

Line = tuple[int, str]  # epoch milliseconds, and the line of that time

_POOL = 2_048
_GEMS = "/app/vendor/bundle/ruby/3.1.0/gems/sidekiq-6.4.1/lib/sidekiq"
_FRAMES = (
    "processor.rb:196:in `execute_job'",
    "processor.rb:164:in `block (2 levels) in process'",
    "middleware/chain.rb:133:in `invoke'",
    "processor.rb:163:in `block in process'",
    "job_retry.rb:114:in `local'",
    "processor.rb:257:in `stats'",
    "job_logger.rb:13:in `call'",
    "job_retry.rb:81:in `global'",
    "processor.rb:78:in `process_one'",
    "util.rb:65:in `block in safe_thread'",
)
_RESTART = (  # (seconds after the deployment, message); None: a line from before it has a formatter
    (0, "Shutting down"),
    (0, "Terminating quiet workers"),
    (1, "Pausing to allow workers to finish..."),
    (2, "Bye!"),
    (9, None),
    (9, "Running in ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]"),
    (9, "See LICENSE and the LGPL-3.0 for licensing details."),
)


@dataclass(frozen=True, slots=True)
class JobMonth:
    """The jobs that have to be written. `started` and `ended` are epoch seconds, half-open, whole minutes."""

    seed: int
    started: int
    ended: int
    jobs: int
    windows: tuple[Window, ...]
    deployments: tuple[int, ...]  # epoch seconds at which Sidekiq restarts


@dataclass(frozen=True, slots=True)
class JobLines:
    """All lines, sorted by time, and what became of the jobs by the end of the month."""

    lines: tuple[Line, ...]
    done: int
    dead: int
    windows: tuple[tuple[Window, int, int], ...]  # with the jobs enqueued in it, and those of them that died


def lines_of(month: JobMonth) -> JobLines:
    """Every line of every job until the month ends: what is not finished by then has no last line."""
    entries: list[Line] = []
    for deployment in month.deployments:
        entries += _restart(deployment)
    endings: Counter[str] = Counter()
    found: list[tuple[Window, int, int]] = []
    for job, count in zip(JOBS, allocated(month.jobs, [job.share for job in JOBS]), strict=True):
        rng = Random(f"{month.seed} {job.name}")
        windows = [window for window in month.windows if window.effect.operation == job.name]
        enqueued = _times(rng, job, month.started, month.ended, count)
        fates = _runs(rng, job, enqueued, windows, month.ended * 1000, entries)
        endings.update(fates)
        for window in windows:
            inside = [
                fate
                for at, fate in zip(enqueued, fates, strict=True)
                if window.start <= at / 1000 < window.end
            ]
            found.append((window, len(inside), inside.count("dead")))
    entries.sort(key=itemgetter(0))
    return JobLines(tuple(entries), endings["done"], endings["dead"], tuple(found))


def _times(rng: Random, job: Job, started: int, ended: int, count: int) -> list[int]:
    """Epoch milliseconds at which jobs are enqueued, sorted, in the rhythm of their class."""
    weights: list[float] = []
    at = started
    while at < ended:
        day, second = divmod(at + ZONE_S, DAY_S)
        until = min(at + DAY_S - second, ended)
        weights += site.minute_weights(job.rhythm, day, second // 60, (second + until - at) // 60)
        at = until
    if not any(weights):  # a short time at night
        weights = [1.0] * len(weights)
    return times_by_weight(rng, started // 60, weights, count)


def _runs(
    rng: Random, job: Job, enqueued: list[int], windows: list[Window], end_ms: int, entries: list[Line]
) -> list[str]:
    """Appends the lines of each job to `entries`; → what became of each: done, dead, or open."""
    random = rng.random
    elapsed = spread(job.elapsed_p50_ms, job.elapsed_p95_ms, _POOL)
    waiting = spread(job.waiting_p50_ms, job.waiting_p95_ms, _POOL)
    fates = []
    for at in enqueued:
        window = next((w for w in windows if w.start <= at / 1000 < w.end), None)
        waits = waiting
        if window and window.effect.waiting_p50_ms and window.effect.waiting_p95_ms:
            waits = _waiting(window.effect.waiting_p50_ms, window.effect.waiting_p95_ms)
        start = at + int(waits[int(random() * _POOL)])
        end = start + 1 + int(elapsed[int(random() * _POOL)])
        jid = f"{rng.getrandbits(96):024x}"
        thread = _THREADS[int(random() * len(_THREADS))]
        created_us = (at - 1) * 1000 + int(random() * 900)
        failing = (window and window.effect.failing_attempts) or job.failing
        if random() < failing:
            again = (window and window.effect.failing_attempts) or job.failing_again
            failures = 1
            while failures <= job.retries and random() < again:
                failures += 1
            lines = list(_attempts(rng, job, jid, created_us, start, end, failures))
            written = [line for line in lines if line[0] < end_ms]
            entries += written
            ending = "dead" if failures > job.retries else "done"
            fates.append(ending if len(written) == len(lines) else "open")
            continue
        ctx = f'"class":"{job.name}","jid":"{jid}"'
        if start < end_ms:
            entries.append((start, f'{_stamp(start)}{thread}"INFO","msg":"start","ctx":{{{ctx}}}}}\n'))
        if end < end_ms:
            times = f'"created_at":{created_us / 1e6!r},"enqueued_at":{(created_us + 40) / 1e6!r}'
            ctx += f',"queue":"{job.queue}",{times},"elapsed":{(end - start) / 1000}'
            entries.append((end, f'{_stamp(end)}{thread}"INFO","msg":"done","ctx":{{{ctx}}}}}\n'))
        fates.append("done" if end < end_ms else "open")
    return fates


def _attempts(
    rng: Random, job: Job, jid: str, created_us: int, start: int, end: int, failures: int
) -> Iterator[Line]:
    """The lines of a job whose first `failures` attempts fail; it is dead if these are all it has.

    The keys of the job and the pauses between attempts (count ** 4 + 15 s and more) are those of Sidekiq 6.4.
    """
    thread = rng.choice(_THREADS)
    plain = {"class": job.name, "jid": jid}
    payload: dict[str, object] = {
        "retry": job.retries,
        "queue": job.queue,
        "args": [1 + rng.randrange(site.USERS), 1 + rng.randrange(site.COURSES)],
        **plain,
        "created_at": created_us / 1e6,
        "enqueued_at": (created_us + 40) / 1e6,
    }
    for attempt in range(job.retries + 1):
        yield _info(start, thread, "start", plain)
        kept = {
            key: payload[key]
            for key in ("queue", "created_at", "enqueued_at", "retry_count")
            if key in payload
        }
        ctx = plain | kept | {"elapsed": (end - start) / 1000}
        if attempt >= failures:
            yield _info(end, thread, "done", ctx)
            return
        if attempt == job.retries:
            yield _info(end, thread, f"Adding dead {job.name} job {jid}", plain)
        yield _info(end, thread, "fail", ctx)
        job_text = _json(payload)
        raised = {"context": "Job raised exception", "job": payload, "jobstr": job_text}
        yield _warning(end, thread, _json(raised))
        yield _warning(end, thread, f"{job.error}: {job.message}")
        frames = "\n".join(f"{_GEMS}/{frame}" for frame in _FRAMES)
        yield _warning(end, thread, f"/app/app/workers/{job.name}.rb:12:in `perform'\n{frames}")
        failed_at = round(end / 1000 + rng.random() / 1000, 6)
        payload |= {"error_message": job.message, "error_class": job.error}
        if attempt == 0:
            payload |= {"failed_at": failed_at, "retry_count": 0}
        else:
            payload |= {"retry_count": attempt, "retried_at": failed_at}
        pause_ms = (attempt**4 + 15 + rng.randrange(10) * (attempt + 1)) * 1000
        again = end + pause_ms + rng.randrange(5_000)  # Sidekiq looks at its retries every five seconds or so
        payload["enqueued_at"] = again / 1000
        start = again + rng.randint(1, 30)
        end = start + 1 + int(job.elapsed_p50_ms * rng.uniform(0.6, 2.0))
        thread = rng.choice(_THREADS)


def _restart(deployment: int) -> Iterator[Line]:
    thread = '"pid":1,"tid":"4cg","lvl":'
    for after_s, message in _RESTART:
        ms = (deployment + after_s) * 1000 + 151
        if message is None:
            at = strftime("%Y-%m-%dT%H:%M:%S", gmtime(ms // 1000))
            yield (
                ms,
                f"{at}.151Z pid=1 tid=4cg INFO: Booting Sidekiq 6.4.1 with redis options {{:url=>nil}}\n",
            )
        else:
            yield ms, f'{_stamp(ms)}{thread}"INFO","msg":{_json(message)}}}\n'


def _info(ms: int, thread: str, message: str, ctx: dict[str, object] | dict[str, str]) -> Line:
    return ms, f'{_stamp(ms)}{thread}"INFO","msg":{_json(message)},"ctx":{_json(ctx)}}}\n'


def _warning(ms: int, thread: str, message: str) -> Line:
    return ms, f'{_stamp(ms)}{thread}"WARN","msg":{_json(message)}}}\n'


def _json(value: object) -> str:
    """As Ruby writes it: no spaces, and no escapes for what is not ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_THREADS = tuple(
    f'"pid":1,"tid":"{tid}","lvl":'
    for tid in ("4os", "4o0", "4lw", "4mw", "4ac", "41o", "484", "57g", "5as", "5bg")
)


def _stamp(ms: int) -> str:
    seconds, milliseconds = divmod(ms, 1000)
    minute, second = divmod(seconds, 60)
    return f'{_minute_text(minute)}{second:02d}.{milliseconds:03d}Z",'


@cache
def _minute_text(minute: int) -> str:
    return strftime('{"ts":"%Y-%m-%dT%H:%M:', gmtime(minute * 60))


@cache
def _waiting(p50_ms: float, p95_ms: float) -> list[float]:
    return spread(p50_ms, p95_ms, _POOL)


def split_at(lines: tuple[Line, ...], edges_ms: list[int]) -> Iterator[list[str]]:
    """The texts of sorted lines, in one list more than there are edges; a line at an edge is after it."""
    times = [ms for ms, _ in lines]
    cuts = [0, *(bisect_right(times, edge - 1) for edge in edges_ms), len(lines)]
    for start, end in pairwise(cuts):
        yield [text for _, text in lines[start:end]]
