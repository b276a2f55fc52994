"""Counted batches → files, ledger, series and rollups that a crash can't tear apart, and sums of them, fast.

The only place that executes SQL on the state. One schema on SQLite and PostgreSQL. Offsets and counts commit
in one transaction, so what is counted is counted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Literal

import sqlalchemy as sa

from tabiji.acts import Act
from tabiji.alerts import Alert, QuietHour, Silence
from tabiji.counting import Account, Integers, Series
from tabiji.incidents import Incident
from tabiji.policies import Change
from tabiji.store import acts, alerts, checking, incidents, opening, policies, reading, writing
from tabiji.store.acts import Acts, StaleAct
from tabiji.store.alerts import Definitions, Judging, Progress, SourceNews, StaleRound, Verdict
from tabiji.store.audit import ACTIONS, Action, Audit, How
from tabiji.store.backup import Backups
from tabiji.store.checking import Vitals
from tabiji.store.defined import Defined, InForce
from tabiji.store.delivering import Delivering, Posted
from tabiji.store.facts import (
    COMMIT_POINTS,
    Batch,
    Check,
    Committed,
    KnownBatch,
    LedgerEntry,
    LogFile,
    Sample,
    StaleOffset,
    Sums,
    Within,
)
from tabiji.store.failures import translated
from tabiji.store.forgetting import Forgetting
from tabiji.store.incidents import FactKind, IncidentFact, IncidentProgress, StaleIncident
from tabiji.store.issued import Issued, IssuedReports
from tabiji.store.leases import Lease, Leases, StaleLease
from tabiji.store.marks import Marks
from tabiji.store.notices import Notices, StaleTelling
from tabiji.store.policies import Agreeing, Recorded
from tabiji.store.received import ReceivedBatches
from tabiji.store.rollups import DAY, HOUR, Rows
from tabiji.store.segments import Kept
from tabiji.store.sessions import Person, Session, Sessions
from tabiji.store.signals import Signals
from tabiji.store.tokens import NameTaken, Token, Tokens
from tabiji.store.transactions import Transactions

__all__ = [
    "ACTIONS",
    "COMMIT_POINTS",
    "Action",
    "Agreeing",
    "Batch",
    "Check",
    "Committed",
    "Definitions",
    "Delivering",
    "FactKind",
    "How",
    "InForce",
    "IncidentFact",
    "IncidentProgress",
    "Issued",
    "Judging",
    "Kept",
    "KnownBatch",
    "Lease",
    "LedgerEntry",
    "LogFile",
    "NameTaken",
    "Person",
    "Posted",
    "Progress",
    "Recorded",
    "Rows",
    "Sample",
    "Session",
    "SourceNews",
    "StaleAct",
    "StaleIncident",
    "StaleLease",
    "StaleOffset",
    "StaleRound",
    "StaleTelling",
    "Store",
    "Sums",
    "Token",
    "Verdict",
    "Within",
    "open",
]

Grain = Literal["minute", "hour", "day"]
_MINUTES: dict[Grain, int] = {"minute": 1, "hour": HOUR, "day": DAY}


def _nothing(_: str) -> None:
    """Nobody watches the points of a commit."""


class Store:
    """An open database of counts. Every method raises StoreError when the database does not do its part."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writer = opening.writing(engine)
        self._reader = opening.reading(engine)
        transactions = Transactions(self._reading, self._writing)
        self.backups = Backups(transactions)
        self.forgetting = Forgetting(transactions)
        self.leases = Leases(transactions)
        self.received = ReceivedBatches(transactions)
        self.tokens = Tokens(transactions)
        self.sessions = Sessions(transactions)
        self.audit = Audit(transactions)
        self.marks = Marks(transactions)
        self.acts = Acts(transactions)
        self.signals = Signals(transactions)
        self.issued = IssuedReports(transactions)
        self.notices = Notices(transactions)
        self.delivering = Delivering(transactions)
        self.vitals = Vitals(transactions)
        self.defined = Defined(transactions)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all connections."""
        self._engine.dispose()

    def commit(self, batch: Batch, reached: Callable[[str], None] = _nothing) -> Committed:
        """Adds a counted range, once: file, ledger, series, merges, marks and rollups, or nothing at all.

        Raises StaleOffset, having written nothing, when the file is not at `batch.offset_before` any more: drop the
        batch and read the files again; and StaleLease when another process has taken over. After any other
        StoreError the same holds, because a connection can break between the commit and its answer. `reached` is
        called with each of COMMIT_POINTS in turn.
        """
        reached("before-begin")
        with self._writing() as connection:
            committed = writing.commit(connection, batch, reached)
            reached("before-commit")
        reached("after-commit")
        return committed

    def files(self, source: str) -> list[LogFile]:
        """The log files of a source, in the order in which they were first committed."""
        with self._reading() as connection:
            return reading.files(connection, source)

    def series(self, source: str | None = None) -> dict[int, Series]:
        """Series by their number, ascending; a number is never given to another series."""
        with self._reading() as connection:
            return reading.series(connection, source)

    def route_marks(self, source: str) -> tuple[str, ...]:
        """The route marks learned for a source, sorted."""
        with self._reading() as connection:
            return reading.marks(connection, source)

    def accounts(self) -> dict[str, Account]:
        """Where the lines of each source went: the sum of its ledger."""
        with self._reading() as connection:
            return reading.accounts(connection)

    def chunks(
        self, source: str | None = None, from_minute: int | None = None, to_minute: int | None = None
    ) -> list[LedgerEntry]:
        """The ranges of files that hold events of `[from_minute, to_minute)`, in the order of their commits.

        Without minutes: all ranges, also those without any event.
        """
        with self._reading() as connection:
            return reading.chunks(connection, source, from_minute, to_minute)

    def extent(self, source: str | None = None) -> tuple[int, int] | None:
        """The minutes of the first and the last event, both inclusive; of one source, or of all."""
        with self._reading() as connection:
            return reading.extent(connection, source)

    def kept(self) -> Kept:
        """From which minute on minutes and hours are kept."""
        with self._reading() as connection:
            return writing.retention(connection)

    def sums(self, cuts: Sequence[int], series: Sequence[int] | None = None) -> Sums:
        """Adds up each series over the consecutive segments `[cuts[i], cuts[i + 1])`, cuts ascending.

        Reads at most 30 minutes of rows per cut, then hours, then days. `series` are numbers, each once, and
        the order of the columns; None: all, ascending. A cut inside an hour whose minutes are trimmed moves
        down to the hour, one inside a day whose hours are trimmed to the day (UTC): `coarse` says so, and
        `cuts` holds those used, for which the sums are exact.
        """
        with self._reading() as connection:
            return reading.sums(connection, cuts, series)

    def within(self, cuts: Sequence[int], series: Sequence[int], limit_buckets: Sequence[int]) -> Within:
        """Counts the events that took at most each limit, given as the limit's bucket; cuts as in `sums`."""
        with self._reading() as connection:
            return reading.within(connection, cuts, series, limit_buckets)

    def histograms(
        self, from_minute: int, to_minute: int, series: Sequence[int]
    ) -> dict[int, dict[int, int]]:
        """Events by bucket for each series that has any with a duration; minutes are cuts as in `sums`."""
        with self._reading() as connection:
            return reading.histograms(connection, from_minute, to_minute, series)

    def rows(
        self,
        grain: Grain,
        from_minute: int,
        to_minute: int,
        series: Sequence[int] | None = None,
        *,
        latencies: bool = True,
        durations: bool = True,
    ) -> Iterator[Rows]:
        """Rows of one grain that begin in `[from_minute, to_minute)`, in order, at most 50,000 at a time.

        Without `latencies` the histograms are left empty, without `durations` their sums are 0, which is faster.
        Read the iterator to its end.
        """
        minutes = _MINUTES[grain]
        with self._reading() as connection:
            yield from reading.rows(connection, minutes, from_minute, to_minute, series, latencies, durations)

    def busy_minutes(self, source: str, from_minute: int, to_minute: int) -> Integers:
        """The minutes of `[from_minute, to_minute)` in which a source has events, ascending."""
        with self._reading() as connection:
            return reading.busy_minutes(connection, source, from_minute, to_minute)

    def last_busy_minute(self, source: str, before_minute: int) -> int | None:
        """The last minute before another in which a source has events, of those whose minutes are kept."""
        with self._reading() as connection:
            return reading.last_busy_minute(connection, source, before_minute)

    def judging(self) -> Judging:
        """Where judging stands, and what came since."""
        with self._reading() as connection:
            return alerts.judging(connection)

    def record(self, verdict: Verdict) -> None:
        """Writes what judging found, whole or not at all.

        Raises StaleRound, having written nothing, when somebody else has judged since `judging` was read.
        """
        with self._writing() as connection:
            alerts.record(connection, verdict)

    def alerts(
        self,
        objectives: Sequence[str] | None = None,
        from_minute: int | None = None,
        to_minute: int | None = None,
        *,
        only_open: bool = False,
    ) -> tuple[Alert, ...]:
        """The alerts of objectives (ids; None: all) open at some moment of `[from_minute, to_minute)`.

        In the order of their opening; without minutes, of all time.
        """
        with self._reading() as connection:
            return alerts.alerts(connection, objectives, from_minute, to_minute, only_open=only_open)

    def silences(
        self,
        sources: Sequence[str] | None = None,
        from_minute: int | None = None,
        to_minute: int | None = None,
        *,
        only_open: bool = False,
    ) -> tuple[Silence, ...]:
        """As `alerts`, the silences of sources."""
        with self._reading() as connection:
            return alerts.silences(connection, sources, from_minute, to_minute, only_open=only_open)

    def quiet_hours(self, source: str, from_minute: int, to_minute: int) -> dict[int, QuietHour]:
        """What the hours that begin in `[from_minute, to_minute)` were like, by their first minutes.

        Hours that were not judged are left out.
        """
        with self._reading() as connection:
            return alerts.quiet_hours(connection, source, from_minute, to_minute)

    def definitions_at(self, minute: int) -> Definitions | None:
        """The definitions that a moment was judged by; the first ones before all that was judged.

        None where nothing was ever judged.
        """
        with self._reading() as connection:
            return alerts.definitions(connection, minute)

    def incidents(self, journey: str | None = None) -> list[Incident]:
        """All incidents, or a journey's, by number."""
        with self._reading() as connection:
            return incidents.read(connection, journey)

    def incident_facts(self, incident: int) -> list[IncidentFact]:
        """What people did to an incident, the oldest first."""
        with self._reading() as connection:
            return incidents.facts(connection, incident)

    def incident_progress(self) -> dict[str, IncidentProgress]:
        """How far the incidents of each journey are judged."""
        with self._reading() as connection:
            return incidents.progress(connection)

    def record_incidents(
        self,
        changes: Sequence[tuple[Incident | None, Incident]],
        done: Sequence[IncidentFact] = (),
        judged: Mapping[str, tuple[IncidentProgress | None, IncidentProgress]] | None = None,
    ) -> list[int]:
        """Writes incidents (before, after), what people did, and progress by journey (before, after), or nothing.

        Gives the numbers of the incidents. A fact with 0 for its incident belongs to the last new one. Raises
        StaleIncident, having written nothing, where something is not as it was before.
        """
        with self._writing() as connection:
            return incidents.record(connection, changes, done, judged or {})

    def agreeing(self) -> Agreeing:
        """How far the policies were asked, and their open episodes."""
        with self._reading() as connection:
            return policies.read(connection)

    def record_policies(
        self, round_: int, until_minute: int, changes: Sequence[Change], now: int, made: Sequence[Act] = ()
    ) -> None:
        """Adds what the policies did to their ledger, and the acts that come of it, whole or not at all.

        `now` is in seconds. Raises StaleRound, having written nothing, when somebody else has asked them since
        `agreeing` was read.
        """
        with self._writing() as connection:
            policies.record(connection, round_, until_minute, changes, now)
            for act in made:
                acts.keep(connection, act)

    def policy_ledger(self, from_minute: int | None = None, to_minute: int | None = None) -> list[Recorded]:
        """What the policies did at the minutes `[from_minute, to_minute)`, in the order of writing."""
        with self._reading() as connection:
            return policies.ledger(connection, from_minute, to_minute)

    def check(self) -> tuple[Check, ...]:
        """Facts about the database's health; those with a hint want something done."""
        with self._reading() as connection:
            return checking.check(connection)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with translated(self._engine.url), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with translated(self._engine.url), self._writer.begin() as connection:
            yield connection


def open(url: str) -> Store:  # noqa: A001 - read as `store.open`
    """Opens the database at a URL, made and migrated to the newest schema if need be.

    `sqlite:///path` or `postgresql://user@host/database`. Raises StoreError when it can't be reached, or was
    written by a newer Tabiji.
    """
    address = opening.parsed(url)
    with translated(address):
        engine = opening.engine(address)
        try:
            opening.migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    return Store(engine)
