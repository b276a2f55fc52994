"""Sources that go on being written → counted as they grow, and judged as minutes pass."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tabiji import engines, sources
from tabiji.counting import Account
from tabiji.definitions import Site, Source
from tabiji.errors import UsageError
from tabiji.policies import Change
from tabiji.runs import agreeing, grouping, ingesting
from tabiji.runs.ingesting import Outcome
from tabiji.runs.leasing import Holding, counting
from tabiji.runs.recording import Judge, Round
from tabiji.sources import Problem
from tabiji.store import StaleLease, Store

LOOK_SECONDS = 10  # files are looked at again although nothing seems to have changed: a half last line waits
JUDGE_SECONDS = 10  # what has come waits no longer than this to be judged, and no minute passes without
TRIM_SECONDS = 3600

Standing = dict[Path, tuple[int, int, int]]  # inode, size, time of the last change


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look gave: outcomes of the sources that were looked at; and what judging recorded, if it was time."""

    outcomes: tuple[Outcome, ...] = ()
    judged: Round | None = None
    changes: tuple[Change, ...] = ()


class Following:
    """Sources of a site, followed. Remembers what stood where, and what judging has read."""

    def __init__(
        self,
        site: Site,
        store: Store,
        followed: Sequence[Source],
        workers: int,
        holding: Holding | None = None,
    ) -> None:
        self._site = site
        self._store = store
        self._followed = [source for source in followed if source.paths]
        self._workers = workers
        self._holding = holding
        self._judge = Judge(site, store)
        self._standing: dict[str, Standing] = {}
        self._looked = dict.fromkeys((one.name for one in followed), 0)
        self._problems: dict[str, set[Path]] = {}  # files to be looked at again although nothing changes
        self._judged = self._trimmed = 0
        self._news = True

    def tick(self, now: int) -> Tick:
        """Counts what has been written since, and judges it in time; `now` is in seconds.

        Raises StoreError where the database does not do its part; the next tick goes on from what is stored.
        """
        outcomes = self.count(now)
        self._news |= any(outcome.account.read for outcome in outcomes)
        judged: Round | None = None
        changes: tuple[Change, ...] = ()
        since = abs(now - self._judged)  # a clock may be set back
        if now // 60 != self._judged // 60 or (self._news and since >= JUDGE_SECONDS):
            judged, changes = judge(self._site, self._store, now, self._judge)
            self._judged, self._news = now, False
        if abs(now - self._trimmed) >= TRIM_SECONDS:
            trim(self._site, self._store, now)
            self._trimmed = now
        return Tick(outcomes, judged, changes)

    def count(self, now: int) -> tuple[Outcome, ...]:
        """Counts what has been written since, where this process holds the lease; `now` is in seconds.

        Raises StoreError where the database does not do its part; the next time goes on from what is stored.
        """
        return tuple(outcome for source in self._followed if (outcome := self._count(source, now)))

    def _count(self, source: Source, now: int) -> Outcome | None:
        """None where nothing has changed since the last look, or where another process counts."""
        lease = None
        if self._holding is not None:
            lease = self._holding.lease(counting(source.name))
            if lease is None:
                self._standing.pop(source.name, None)
                return None
        standing = _standing(source)
        before = self._standing.get(source.name, {})
        everything = abs(now - self._looked[source.name]) >= LOOK_SECONDS
        if standing == before and not everything:
            return None
        same = () if everything else {path for path, one in standing.items() if before.get(path) == one}
        grown = sum(size for path, (_, size, _) in standing.items()) - sum(
            size for _, size, _ in before.values()
        )
        large = self._workers > 1 and grown > engines.alone_bytes()
        try:
            with engines.pool(self._workers) if large else nullcontext() as executor:
                outcome = ingesting.ingest(
                    source,
                    self._store,
                    now=now,
                    workers=self._workers,
                    executor=executor,
                    followed=True,
                    lease=lease,
                    unchanged=same - self._problems.get(source.name, set()) if same else (),
                )
        except StaleLease:
            if self._holding is not None and lease is not None:
                self._holding.lost(lease)
            return None
        except UsageError as error:  # of this source; the others go on
            outcome = Outcome(source.name, Account(), 0, problems=(Problem(source.paths[0], str(error)),))
        self._standing[source.name] = standing
        self._problems[source.name] = {Path(one.path) for one in outcome.problems}
        if everything:
            self._looked[source.name] = now
        return outcome


def _standing(source: Source) -> Standing:
    return {
        path: (status.st_ino, status.st_size, status.st_mtime_ns)
        for path, status in sources.standing(source.paths).items()
        if status is not None
    }


def judge(
    site: Site, store: Store, now: int, alerts: Judge | None = None
) -> tuple[Round | None, tuple[Change, ...]]:
    """Judges all that was counted since: alerts, the incidents that they make, what the policies do about it.

    `now` is in seconds; `alerts` are judged by a new process where it is None.
    """
    judged = (alerts or Judge(site, store)).until(now)
    grouping.judge_recorded(site, store, judged.late_minute if judged else None)
    return judged, tuple(agreeing.agree(site, store, now))


def trim(site: Site, store: Store, now: int) -> None:
    """Lets go of minutes and hours that are kept no longer: by the newest event, so that old logs can be looked at
    in detail as well."""
    extent = store.extent()
    if extent is not None:
        kept = site.retention
        store.forgetting.rollups(min(now // 60, extent[1]), kept.minutes_days, kept.hours_days)
