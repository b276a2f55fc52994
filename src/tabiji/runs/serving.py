"""A site that is served: its files counted, what came judged, what follows told; each by the process that may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabiji.definitions import Site
from tabiji.policies import Change
from tabiji.runs import telling, tidying
from tabiji.runs.following import JUDGE_SECONDS, Following, judge
from tabiji.runs.health import Health, SourceHealth
from tabiji.runs.ingesting import Outcome
from tabiji.runs.leasing import JUDGING, PROBING, Holding, counting
from tabiji.runs.recording import SETTLE_SECONDS, Judge, Round
from tabiji.runs.reporting import sending
from tabiji.store import Store

TIDY_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Judged:
    """What a round of judging recorded: alerts, what the policies do about it, and how many messages are due."""

    round: Round | None
    changes: tuple[Change, ...]
    messages: int


class Serving:
    """What one process does of a site. `count`, `judge` and `renew` are called by a thread each, again and again.

    Each of them raises OutsideError where something outside fails; called again, it goes on from what is stored.
    """

    def __init__(self, site: Site, store: Store, holder: str, workers: int, started_at: float) -> None:
        self._store = store
        self._workers = workers
        self._started_at = started_at
        self.holding = Holding(store, holder)
        self._looked: dict[str, SourceHealth] = {}
        self._paused: dict[str, str] = {}  # by what is paused
        self._fault: str | None = None
        self._ticked_at: float | None = None
        self._judged_at: float | None = None
        self._tidied_at: float | None = None
        self._stopping = False
        self._take(site)

    def _take(self, site: Site) -> None:
        self._site = site
        self._following = Following(site, self._store, site.sources, self._workers, self.holding)
        self._judge = Judge(site, self._store)

    @property
    def site(self) -> Site:
        """The definitions in force."""
        return self._site

    def reload(self, site: Site) -> None:
        """Takes other definitions."""
        self._take(site)
        self._fault = None

    def refuse(self, fault: str) -> None:
        """Notes what is wrong with definitions that changed; those before stay in force."""
        self._fault = fault

    def beat(self, now: float) -> None:
        """The loop came round; `now` is in seconds."""
        self._ticked_at = now

    def stop(self) -> None:
        """Notes that this process is about to end, and lets others take over at once."""
        self._stopping = True
        self.holding.release()

    def paused(self, what: str, why: str | None) -> None:
        """Notes why something is not done for now; None: it is done again."""
        if why is None:
            self._paused.pop(what, None)
        else:
            self._paused[what] = why

    def renew(self, now: float) -> None:
        """Takes or renews the leases of all that there is to do."""
        names = [JUDGING, PROBING, *(counting(one.name) for one in self._site.sources if one.paths)]
        self.holding.renew(names, now)

    def count(self, now: float) -> tuple[Outcome, ...]:
        """Counts what has been written since."""
        outcomes = self._following.count(int(now))
        for one in outcomes:
            problems = tuple(f"{problem.path}: {problem.message}" for problem in one.problems)
            self._looked[one.source] = SourceHealth(one.source, now, problems)
        return outcomes

    def is_due(self, now: float) -> bool:
        """Whether it is time to judge: soon after each minute, and again for what has come since."""
        last = self._judged_at
        return (
            last is None
            or abs(now - last) >= JUDGE_SECONDS
            or int(now - SETTLE_SECONDS) // 60 != int(last - SETTLE_SECONDS) // 60
        )

    def judge(self, now: float) -> Judged | None:
        """Judges all that was counted since, and decides what is to be told; None where another process does."""
        if self.holding.lease(JUDGING) is None:
            self._judged_at = now
            return None
        judged, changes = judge(self._site, self._store, int(now), self._judge)
        messages = telling.tell(self._site, self._store, int(now))
        self._judged_at = now
        return Judged(judged, changes, len(messages))

    def report(self, now: float, environment: Mapping[str, str]) -> int:
        """Issues the reports that are due, where this process may; how many."""
        if self.holding.lease(JUDGING) is None:
            return 0
        return sending.issue_due(self._site, self._store, int(now), environment)

    def tidy(self, now: float) -> bool:
        """Lets go of what is kept no longer, once an hour; whether it was time."""
        if self._tidied_at is not None and 0 <= now - self._tidied_at < TIDY_SECONDS:
            return False
        if self.holding.lease(JUDGING) is not None:
            tidying.tidy(self._site, self._store, int(now))
        self._tidied_at = now
        return True

    def health(self) -> Health:
        """How this process does."""
        return Health(
            started_at=self._started_at,
            ticked_at=self._ticked_at,
            judged_at=self._judged_at,
            sources=tuple(self._looked.get(one.name, SourceHealth(one.name)) for one in self._site.sources),
            leases=self.holding.names(),
            paused="; ".join(dict.fromkeys(self._paused.values())) or None,
            fault=self._fault,
            stopping=self._stopping,
        )
