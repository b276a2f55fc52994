"""Sidekiq's JSON formatter → a reading: one event per job, judged on its final outcome.

Sidekiq writes `start` and `done` or `fail` for each attempt, and for each failed one a warning whose message is
itself JSON and holds the job. An attempt that fails and will be retried is not the job's outcome: of the lines of a
job, only `done` and the warning of the last failure count; all others are filtered.
"""

from __future__ import annotations

from collections.abc import Mapping

from tabiji.language import N_, _
from tabiji.logs.reading import SECOND_US, LogFormatError, Reading, decimal, iso8601_us, name, text

RETRIES_BY_DEFAULT = 25  # Sidekiq's own, for `retry: true`

# In the warning's JSON. `retry_count` is absent at the first failure, 0 at the second.
_JOB = ("retry", "retry_count", "queue", "class", "jid", "created_at", "enqueued_at", "error_class")

_WAITED = N_(
    "latency runs from `enqueued_at`; where the lines lack it, `latency: elapsed` judges the attempt alone"
)


def read(latency: str | None = None, **others: object) -> Reading:
    """The reading of Sidekiq's JSON lines.

    `latency` is "enqueued" (from the first `enqueued_at` to the end of the last attempt, retries and queueing
    included; the default) or "elapsed" (the last attempt alone, as Sidekiq measures it). Sidekiq sets `enqueued_at`
    anew at each retry, so for a retried job the first one is its `created_at`. Sidekiq's own `done` lines carry no
    `enqueued_at`; a site that wants latency adds it to the job's logging context.
    """
    if latency not in (None, "enqueued", "elapsed"):
        raise LogFormatError(_("`latency` is `enqueued` or `elapsed`"))
    columns: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("ts", ("ts",)),
        ("msg", ("msg",)),
        ("level", ("lvl",)),
        ("class", ("ctx", "class")),
        ("jid", ("ctx", "jid")),
        ("elapsed", ("ctx", "elapsed")),
        ("queue", ("ctx", "queue")),
        ("retry_count", ("ctx", "retry_count")),
        ("created_at", ("ctx", "created_at")),
        ("enqueued_at", ("ctx", "enqueued_at")),
    )
    msg = name("msg")
    is_warning = f"starts_with({msg}, '{{') AND json_valid({msg})"
    job = {
        key: f"(CASE WHEN {is_warning} THEN json_extract_string({msg}, {text(f'$.job.{key}')}) END)"
        for key in _JOB
    }
    attempts_left = (
        f"coalesce(TRY_CAST({job['retry_count']} AS INTEGER) + 1, 0) < "
        f"CASE {job['retry']} WHEN 'true' THEN {RETRIES_BY_DEFAULT} WHEN 'false' THEN 0 "
        f"ELSE coalesce(TRY_CAST({job['retry']} AS INTEGER), 0) END"
    )
    failed = f"({job['class']} IS NOT NULL AND NOT ({attempts_left}))"
    done = f"({msg} = 'done' AND {name('class')} IS NOT NULL)"
    ended_us = iso8601_us(name("ts"))
    if latency == "elapsed":
        elapsed = f"CASE WHEN {done} THEN {name('elapsed')} END"
        duration, has_duration = f"({decimal(elapsed)}) * {SECOND_US}", f"{elapsed} IS NOT NULL"
    else:
        first = _first_enqueued(job)
        # Clocks of two machines may differ by a little: never below zero.
        waited = f"{ended_us} - ({_moment_us(first)})"
        duration, has_duration = f"CASE WHEN {waited} < 0 THEN 0 ELSE {waited} END", f"({first}) IS NOT NULL"
    return Reading(
        format="sidekiq",
        shape="json",
        columns=columns,
        time_us=ended_us,
        duration_us=duration,
        has_duration=has_duration,
        kind="job",
        operation="class",
        error="error_class",
        is_event=f"({done} OR {failed})",
        fields=(
            ("class", f"coalesce({name('class')}, {job['class']})"),
            ("queue", f"coalesce({name('queue')}, {job['queue']})"),
            ("outcome", f"CASE WHEN {done} THEN 'done' ELSE 'failed' END"),
            # A first failure has no error in its payload yet; `failed` says that there was one.
            ("error_class", f"CASE WHEN {done} THEN NULL ELSE coalesce({job['error_class']}, 'failed') END"),
        ),
        notes=() if latency else (_(_WAITED),),
    )


def _first_enqueued(job: Mapping[str, str]) -> str:
    """SQL of when a job was enqueued for the first time."""
    retried = f"coalesce({name('retry_count')}, {job['retry_count']})"
    return (
        f"CASE WHEN {retried} IS NULL THEN coalesce({name('enqueued_at')}, {job['enqueued_at']}) "
        f"ELSE coalesce({name('created_at')}, {job['created_at']}) END"
    )


def _moment_us(sql: str) -> str:
    """Sidekiq 8 writes milliseconds since the epoch, as whole numbers; before, seconds with decimals."""
    number = f"({decimal(sql)})"
    return f"CASE WHEN {number} > 1e11 THEN {number} * 1000 ELSE {number} * {SECOND_US} END"
