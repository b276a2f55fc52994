"""What a process that serves knows of itself → whether it is alive, and whether it does its work, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.store import Judging

LATE_SECONDS = 300  # events that wait for so long to be judged: alerts come late
ALIVE_SECONDS = 60  # a loop that has not come round for so long hangs


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source that this process follows or receives.

    `looked_at` is when its files were last looked at, in seconds since the epoch (None: not yet). `problems` are
    what kept files from being read when they were, each as `path: what is wrong`.
    """

    name: str
    looked_at: float | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """A process that serves, as of the last time its loop came round. Times are seconds since the epoch.

    `ticked_at` is when the loop last came round, whatever it could do then; `judged_at` when judging last went
    through, here or in the process that holds its lease. `leases` are those that this process holds, by name.
    `paused` says why nothing is counted or judged now (database away, disk full), `fault` what is wrong with
    definitions that changed and were not taken: those before are in force. Neither may hold secrets.
    """

    started_at: float = 0.0
    ticked_at: float | None = None
    judged_at: float | None = None
    sources: tuple[SourceHealth, ...] = ()
    leases: tuple[str, ...] = ()
    paused: str | None = None
    fault: str | None = None
    stopping: bool = False


def alive(health: Health, now: float) -> bool:
    """Whether the loop still comes round; a process that is not alive is best started again."""
    return health.ticked_at is not None and now - health.ticked_at < ALIVE_SECONDS


def unready(health: Health, now: float) -> tuple[str, ...]:
    """Why a process does not do its work now, each reason a sentence; none where it does. The database is not asked."""
    reasons = []
    if health.stopping:
        reasons.append("it is stopping")
    if health.ticked_at is None:
        reasons.append("it has only just begun")
    elif not alive(health, now):
        reasons.append(f"its loop has not come round for {int(now - health.ticked_at)} s")
    elif health.judged_at is None:
        reasons.append("nothing has been judged yet")
    if health.paused is not None:
        reasons.append(f"it is paused: {health.paused}")
    return tuple(reasons)


def judging_lag(judging: Judging, now: float) -> float | None:
    """For how many seconds of what was counted nothing is judged yet; None where nothing was ever counted.

    In silence it does not grow: without events there is nothing to judge. `now` is in seconds.
    """
    lasts = [one.last_minute for one in judging.sources.values() if one.last_minute is not None]
    firsts = [one.first_minute for one in judging.sources.values() if one.first_minute is not None]
    if not lasts:
        return None
    until = min(firsts) if judging.until_minute is None else judging.until_minute
    return max(0.0, min(now, (max(lasts) + 1) * 60.0) - until * 60.0)
