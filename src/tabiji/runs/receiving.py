"""Pushed lines → rollups, by the same road as lines of files: what waits is gathered, committed, then answered."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tabiji import engines, logs, sources
from tabiji.counting import Account
from tabiji.definitions import Site, Source
from tabiji.definitions.shaping import nearest
from tabiji.errors import FileError, OutsideError, UsageError, reason
from tabiji.language import ENGLISH, _, speaking
from tabiji.logs import Reading
from tabiji.runs import committing
from tabiji.runs.classifying import Classifier
from tabiji.runs.committing import Made
from tabiji.sources import ReceivedFile
from tabiji.store import KnownBatch, StaleOffset, Store

WAITING_BYTES_MAX = 64 << 20  # of lines that wait for their commit; more are not taken for now
GROUP_BYTES = 8 << 20  # that are committed together, if so much waits
FILE_BYTES_MAX = 256 << 20  # of lines; the next go to a new file
FILE_SECONDS_MAX = 3600
FILES_MAX = 4  # open at once for a source, one for each way in which its lines are read
TRIES_MAX = 5  # of a commit, where other processes count the same batches
BATCH_CHARACTERS_MAX = 200
RETRY_SECONDS = 5
LINES_LOOKED_AT = 200  # to recognise a format


class UnknownSource(UsageError):  # noqa: N818 - as the others are named by what is wrong
    """No source has this name."""


class NotRecognised(UsageError):  # noqa: N818 - likewise
    """The format of pushed lines is not recognised, and the definitions say none."""


class Unavailable(OutsideError):  # noqa: N818 - likewise
    """Nothing can be taken for now; nothing of it was counted. `retry_seconds`: when to come again."""

    def __init__(self, message: str, retry_seconds: int = RETRY_SECONDS) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


@dataclass(frozen=True, slots=True)
class Received:
    """What became of pushed lines, once they are committed. `duplicate`: their batch was counted before, and nothing
    was read now."""

    source: str
    account: Account
    duplicate: bool = False


@dataclass(slots=True, eq=False)
class _Request:
    lines: bytes
    batch: str | None
    now: float
    how: _How | None  # None: as the definitions say
    answer: Future[Received] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _How:
    """How lines were recognised, as far as it parts one way from another."""

    format: str
    log_format: str | None
    parts: tuple[tuple[str, str], ...]
    recognised: logs.Recognised = field(compare=False)


@dataclass(slots=True, eq=False)
class _Open:
    """A file that is appended to, and how its lines are read."""

    file: ReceivedFile
    made: Made


class Receiving:
    """What is pushed to this process. For use from any thread; one for a process and folder.

    `site` gives the definitions in force. Lines that are counted stand in files in `folder`, by default `received`
    in the workspace, until they are `tidy`ed away. `reached` is called at each point of a commit; see `Store.commit`.
    """

    def __init__(
        self,
        store: Store,
        site: Callable[[], Site],
        folder: Path | None = None,
        *,
        reached: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._reached = reached
        self._site = site
        self._folder = folder if folder is not None else site().folder / "received"
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[_Request]] = {}
        self._bytes = 0
        self._closed = False
        self._counters: dict[str, _Counter] = {}  # of the committer's thread alone
        self._committer = ThreadPoolExecutor(1, "committer")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def receive(self, source: str, lines: bytes, batch: str | None, now: float) -> Received:
        """Counts pushed lines and waits until they are committed; `now` is in seconds.

        Lines of a `batch` with an id that was counted before are not counted again. Raises UnknownSource,
        NotRecognised, UsageError for what will never be taken; Unavailable, and any other OutsideError, when nothing
        is counted now and the same may be pushed again later.
        """
        return self.submit(source, lines, batch, now).result()

    def submit(self, source: str, lines: bytes, batch: str | None, now: float) -> Future[Received]:
        """As `receive`, without waiting. Until it is being counted, the answer can be cancelled."""
        if batch is not None and not (0 < len(batch) <= BATCH_CHARACTERS_MAX and batch.isprintable()):
            message = _("the id of a batch has 1 to {most} printable characters", most=BATCH_CHARACTERS_MAX)
            raise UsageError(message)
        defined = one_of(self._site(), source)
        if lines and not lines.endswith(b"\n"):
            lines += b"\n"  # a push is complete
        how = _recognised(defined, lines) if defined.format is None and lines else None
        request = _Request(lines, batch, now, how)
        with self._lock:
            if self._closed:
                raise Unavailable(_("this process is stopping; push again to the next one"))
            if self._bytes and self._bytes + len(lines) > WAITING_BYTES_MAX:
                message = _("more is waiting to be counted than this process holds; push again later")
                raise Unavailable(message)
            self._bytes += len(lines)
            self._waiting.setdefault(source, deque()).append(request)
            # One round for each request, most of which find nothing left to do: none is ever forgotten.
            self._committer.submit(self._round, source)
        return request.answer

    def tidy(self, now: float) -> None:
        """Deletes this machine's files of lines that are kept no longer; `now` is in seconds."""
        kept_seconds = self._site().retention.received_days * 86_400
        for path in sources.older_received(self._folder, int(now) - kept_seconds):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Takes no more, and returns when all that waits is committed."""
        with self._lock:
            self._closed = True
        self._committer.shutdown()
        for counter in self._counters.values():
            counter.close()

    def _round(self, source: str) -> None:
        """Commits what waits for a source, as much as goes together."""
        taken = self._taken(source)
        if not taken:
            return
        try:
            with speaking(ENGLISH):  # who pushed what is counted together may read several languages
                self._count(source, taken)
        except BaseException as error:
            self._give_up(source)
            for request in taken:
                if not request.answer.done():
                    request.answer.set_exception(error)
            raise
        finally:
            with self._lock:
                self._bytes -= sum(len(request.lines) for request in taken)

    def _taken(self, source: str) -> list[_Request]:
        taken: list[_Request] = []
        size = 0
        with self._lock:
            waiting = self._waiting.get(source)
            while waiting and (not taken or size + len(waiting[0].lines) <= GROUP_BYTES):
                if taken and waiting[0].how != taken[0].how:
                    break
                request = waiting.popleft()
                if not request.answer.set_running_or_notify_cancel():
                    self._bytes -= len(request.lines)
                    continue
                taken.append(request)
                size += len(request.lines)
        return taken

    def _count(self, source: str, taken: Sequence[_Request]) -> None:
        for _try in range(TRIES_MAX):
            counter = self._counter(source)
            try:
                counter.count(taken)
            except (KnownBatch, StaleOffset):
                self._give_up(source)  # another process was quicker: look again
                continue
            except OSError as error:
                message = _("pushed lines can't be written: {why}; nothing was counted", why=reason(error))
                raise FileError(f"{error.filename}: {message}" if error.filename else message) from error
            return
        raise Unavailable(_("other processes count the same batches; push again later"))

    def _counter(self, source: str) -> _Counter:
        defined = one_of(self._site(), source)
        counter = self._counters.get(source)
        if counter is None or counter.source != defined:
            self._give_up(source)
            counter = self._counters[source] = _Counter(defined, self._store, self._folder, self._reached)
        return counter

    def _give_up(self, source: str) -> None:
        """Nothing is appended any more to files of which it is not certain how far they are counted."""
        counter = self._counters.pop(source, None)
        if counter is not None:
            counter.close()


class _Counter:
    """The pushed lines of one source, as it is defined now."""

    def __init__(
        self, source: Source, store: Store, folder: Path, reached: Callable[[str], None] | None
    ) -> None:
        self.source = source
        self._reached = reached
        self._store = store
        self._folder = folder
        self._open: dict[_How | None, _Open] = {}
        self._classifier: Classifier | None = None
        self._commits = -1  # of the source, that the classifier knows of

    def close(self) -> None:
        for one in self._open.values():
            one.file.close()
        self._open.clear()

    def count(self, requests: Sequence[_Request]) -> None:
        """Counts requests that are read alike, and answers them."""
        name = self.source.name
        ids = {request.batch for request in requests if request.batch is not None}
        known, commits = self._store.received.known(name, ids)
        fresh: list[_Request] = []
        seen = set(known)
        again: list[_Request] = []
        for request in requests:
            if request.answer.done():
                continue
            if request.batch in seen:
                again.append(request)
                continue
            if request.batch is not None:
                seen.add(request.batch)
            fresh.append(request)
        if fresh:
            classifier = self._current(commits)
            accounts = self._commit(fresh, classifier)
            for request, account in zip(fresh, accounts, strict=True):
                request.answer.set_result(Received(name, account))
        for request in again:
            request.answer.set_result(Received(name, Account(), duplicate=True))

    def _current(self, commits: int) -> Classifier:
        """Sorts as things stand in the store: others count the same source as well."""
        if self._classifier is None or commits != self._commits:
            self._classifier = committing.classifier(self.source, self._store)
            self._commits = commits
        return self._classifier

    def _commit(self, requests: Sequence[_Request], classifier: Classifier) -> list[Account]:
        now = int(requests[-1].now)
        lines = requests[0].lines if len(requests) == 1 else b"".join(one.lines for one in requests)
        if not lines:
            return [Account()] * len(requests)
        opened = self._file(requests[0].how, now)
        piece = opened.file.append(lines)
        task = committing.task(piece, opened.made)
        counted = engines.count(task) if task is not None else committing.uncounted(piece)
        by_series = classifier.sort(counted, opened.made[0])
        batch = committing.batch(
            piece,
            piece.file,
            by_series,
            counted,
            now,
            lengthens=True,
            received=tuple(one.batch for one in requests if one.batch is not None),
        )
        committed = self._store.commit(batch, self._reached) if self._reached else self._store.commit(batch)
        classifier.committed(by_series.series, committed.series, by_series.merges)
        self._commits += len(by_series.cells.minute) > 0
        opened.file.entered(committed.file.number)
        account = by_series.account
        if len(requests) == 1:
            return [account]
        return self._accounts(requests, classifier, opened.made, account)

    def _accounts(
        self, requests: Sequence[_Request], classifier: Classifier, made: Made, whole: Account
    ) -> list[Account]:
        """What became of the lines of each request: plain where all were counted, else each is looked at again."""
        if whole.read == whole.counted:
            return [Account(n, n) for n in (request.lines.count(b"\n") for request in requests)]
        accounts = []
        for request in requests:
            task = engines.Task(
                engines.Chunk(None, 0, len(request.lines), request.lines), made[1], made[0].fields
            )
            accounts.append(classifier.sort(engines.count(task), made[0]).account)
        return accounts

    def _file(self, how: _How | None, now: int) -> _Open:
        """The file that lines read like this go to now."""
        opened = self._open.pop(how, None)
        if opened is not None and (
            opened.file.offset >= FILE_BYTES_MAX or now - opened.file.begun_at >= FILE_SECONDS_MAX
        ):
            opened.file.close()
            opened = None
        if opened is None:
            if len(self._open) >= FILES_MAX:
                self._open.pop(next(iter(self._open))).file.close()
            made = committing.made(self.source, self._reading(how))
            generations = {
                (file.device, file.inode): file.generation
                for file in sorted(self._store.files(self.source.name), key=lambda file: file.generation)
            }
            opened = _Open(ReceivedFile.made(self._folder, self.source.name, generations, now), made)
        self._open[how] = opened  # the last used stands last
        return opened

    def _reading(self, how: _How | None) -> Reading:
        defined = committing.defined(self.source)
        if defined is not None:
            return defined
        if how is None:
            raise NotRecognised(_("source `{source}` has no format any more", source=self.source.name))
        return committing.as_recognised(self.source, how.recognised)


def one_of(site: Site, name: str) -> Source:
    """A source by its name. Raises UnknownSource."""
    found = next((source for source in site.sources if source.name == name), None)
    if found is not None:
        return found
    hint = nearest(name, [source.name for source in site.sources])
    noun = _("a source")
    raise UnknownSource(_("`{name}` is not {noun}{hint}", name=name[:100], noun=noun, hint=hint))


def _recognised(source: Source, lines: bytes) -> _How:
    first = lines[: 1 << 20].split(b"\n")[:LINES_LOOKED_AT]
    found = logs.recognised(first)
    if found is None:
        message = _(
            "the format of these lines is not recognised; say `format:` of source `{source}` in tabiji.yaml",
            source=source.name,
        )
        raise NotRecognised(message)
    parts = tuple(one for one in found.fields or () if one[0] in logs.PARTS)
    return _How(found.format, found.log_format, parts, found)
