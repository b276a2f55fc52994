"""Probes asked slot by slot, on a clock that the test sets, counted in a real database: once for each slot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import zstandard
from probed import Peer, nginx, served, until

from tabiji import store
from tabiji.definitions import Site, load
from tabiji.runs.probing import Probing, slot
from tabiji.runs.receiving import Receiving
from tabiji.store import Store

BEGIN = 1_767_225_600  # 2026-01-01T00:00:00Z
EVERY = 5


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = float(BEGIN)

    def __call__(self) -> float:
        return self.now


def yes() -> bool:
    return True


def site(folder: Path, *probes: str) -> Site:
    folder.mkdir(exist_ok=True)
    lines = "".join(f"      {one}\n" for one in probes)
    (folder / "tabiji.yaml").write_text(f"sources:\n  health:\n    service: web\n    probes:\n{lines}")
    return load(folder, {})


class Run:
    """A process that probes: its clock, its database, what it is told to do."""

    def __init__(
        self, kept: Store, folder: Path, site: Site, clock: Clock, may: Callable[[], bool], **environment: str
    ) -> None:
        self.kept = kept
        self.site = site
        self.clock = clock
        self.receiving = Receiving(kept, lambda: self.site, folder)
        self.probing = Probing(lambda: self.site, self.receiving, environment, clock, may)

    def read(self) -> int:
        account = self.kept.accounts().get("health")
        return 0 if account is None else account.read

    def to_boundary(self) -> None:
        """Moves the clock to just before the first probe's next slot begins, so that it is looked at often."""
        probe = self.site.sources[0].probes[0]
        _, late_ms = slot("health", probe, BEGIN)
        self.clock.now = BEGIN + probe.every_seconds - (late_ms + 5) / 1_000


@contextmanager
def running(
    kept: Store,
    folder: Path,
    site: Site,
    clock: Clock | None = None,
    may: Callable[[], bool] = yes,
    **environment: str,
) -> Iterator[Run]:
    run = Run(kept, folder, site, clock or Clock(), may, **environment)
    if clock is None:
        run.to_boundary()
    with run.receiving:
        run.probing.start()
        try:
            yield run
        finally:
            assert run.probing.stop(5)


def unpacked(path: Path) -> bytes:
    with path.open("rb") as packed:
        return zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read()


def operations(kept: Store) -> dict[tuple[str, int | None, str | None], int]:
    """Events by operation, status and error."""
    found: dict[tuple[str, int | None, str | None], int] = {}
    series = kept.series("health")
    for rows in kept.rows("minute", 0, 1 << 40):
        for number, events in zip(rows.series, rows.events, strict=True):
            one = series[int(number)]
            assert (one.kind, one.service, one.host) == ("probe", "web", "127.0.0.1")
            key = (one.operation or "", one.status, one.error)
            found[key] = found.get(key, 0) + int(events)
    return found


def test_each_slot_is_asked_and_counted_once_in_its_minute(
    store_url: str, tmp_path: Path, peer: Peer
) -> None:
    defined = site(
        tmp_path / "site",
        f"top: {{url: '{peer.url('/ok')}', every: 5s}}",
        f"bad: {{url: '{peer.url('/status/503')}', every: 5s}}",
        "gone: {tcp: '127.0.0.1:1', every: 5s}",
    )
    with store.open(store_url) as kept:
        with running(kept, tmp_path / "received", defined) as run:
            for n in range(1, 14):
                run.clock.now += EVERY
                until(lambda n=n: run.probing.findings == 3 * n)
            assert run.probing.problems() == ()
        assert operations(kept) == {
            ("top", 200, None): 13,
            ("bad", 503, "status"): 13,
            ("gone", None, "refused"): 13,
        }
        assert kept.accounts()["health"].counted == 39
        first, last = kept.extent("health") or (0, 0)
        assert (first, last) == (BEGIN // 60, BEGIN // 60 + 1)


def test_two_processes_in_the_same_slots_count_once(store_url: str, tmp_path: Path) -> None:
    with (
        served() as peer,
        store.open(store_url) as kept,
        store.open(store_url) as other,
        ExitStack() as stack,
    ):
        defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}")
        one = stack.enter_context(running(kept, tmp_path / "one", defined))
        two = stack.enter_context(running(other, tmp_path / "two", defined, one.clock))
        for n in range(1, 11):
            one.clock.now += EVERY
            until(lambda n=n: len(peer.asked) == 2 * n)
            until(lambda n=n: one.probing.findings == two.probing.findings == n)
        stack.close()  # all that was found has been answered
        assert (len(peer.asked), operations(kept)) == (20, {("top", 200, None): 10})


def test_only_who_may_asks_and_takes_over_in_time(store_url: str, tmp_path: Path) -> None:
    holds = [False]
    with served() as peer, store.open(store_url) as kept:
        defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}")
        with running(kept, tmp_path / "received", defined, may=lambda: holds[0]) as run:
            run.clock.now += EVERY
            time.sleep(0.1)
            assert peer.asked == []
            holds[0] = True  # within the same slot
            until(lambda: run.read() == 1)
            holds[0] = False
            run.clock.now += EVERY
            time.sleep(0.1)
            assert len(peer.asked) == 1


@pytest.mark.parametrize(
    ("seconds", "asked", "counted"),
    [
        pytest.param([30], 1, 1, id="the last moment at which a slot is still asked"),
        pytest.param([3600 * 24 * 30], 1, 1, id="a month ahead: what was missed is not made up"),
        pytest.param([5, -5, 5], 3, 2, id="the clock goes back: what is counted again counts once"),
        pytest.param([5, -3600 * 24 * 30], 2, 2, id="a month back"),
    ],
)
def test_a_clock_that_jumps_does_no_harm(
    store_url: str, tmp_path: Path, seconds: Sequence[int], asked: int, counted: int
) -> None:
    with served() as peer, store.open(store_url) as kept:
        defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}")
        with running(kept, tmp_path / "received", defined) as run:
            for n, step in enumerate(seconds, 1):
                run.clock.now += step
                until(lambda n=n: len(peer.asked) == n)
                until(lambda n=n: run.probing.findings == n)
        assert (len(peer.asked), run.read()) == (asked, counted)


def test_slots_of_long_ago_are_missed(store_url: str, tmp_path: Path) -> None:
    with served() as peer, store.open(store_url) as kept:
        defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 1h}}")
        with running(kept, tmp_path / "received", defined) as run:
            run.clock.now += 31
            time.sleep(0.1)
            run.clock.now += 3600 - 31  # just before the next
            time.sleep(1.1)
            assert peer.asked == []
            run.clock.now += 1
            until(lambda: run.read() == 1)


def test_one_that_hangs_delays_no_other_and_no_stop(store_url: str, tmp_path: Path, peer: Peer) -> None:
    probes = [f"hang{n}: {{url: '{peer.url('/hang')}', every: 5s, within: 4s}}" for n in range(50)]
    defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}", *probes)
    with store.open(store_url) as kept:
        began = time.monotonic()
        with running(kept, tmp_path / "received", defined) as run:
            for n in range(1, 6):
                run.clock.now += EVERY
                until(lambda n=n: run.probing.findings == n)
        assert time.monotonic() - began < 3
        assert operations(kept) == {("top", 200, None): 5}


def test_a_variable_that_is_not_set_is_told_and_nothing_is_asked(
    store_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served() as peer, store.open(store_url) as kept:
        defined = site(
            tmp_path / "site",
            f"top: {{url: '{peer.url('/ok')}', every: 5s, headers: {{Authorization: 'Bearer ${{KNOWN}}'}}}}",
            f"me: {{url: '{peer.url('/me')}', every: 5s, headers: {{Authorization: 'Bearer ${{UNKNOWN}}'}}}}",
        )
        with running(kept, tmp_path / "received", defined, KNOWN="hush") as run:
            run.clock.now += EVERY
            until(lambda: run.read() == 1)
            assert run.probing.problems() == ("health/me: the environment has no `UNKNOWN`",)
        assert caplog.messages == ["probe health/me is not asked: the environment has no `UNKNOWN`"]
        assert [(path, sent["Authorization"]) for _, path, sent in peer.asked] == [("/ok", "Bearer hush")]
        kept_lines = b"".join(unpacked(path) for path in (tmp_path / "received").rglob("*.zst"))
        assert b"top" in kept_lines
        assert b"hush" not in kept_lines


def test_definitions_that_change_are_taken_up(store_url: str, tmp_path: Path) -> None:
    with served() as peer, store.open(store_url) as kept:
        defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}")
        with running(kept, tmp_path / "received", defined) as run:
            run.clock.now += EVERY
            until(lambda: run.read() == 1)
            run.site = site(
                tmp_path / "site",
                f"top: {{url: '{peer.url('/status/500')}', every: 5s}}",
                f"new: {{url: '{peer.url('/ok')}', every: 5s}}",
            )
            time.sleep(0.05)
            run.clock.now += EVERY
            until(lambda: run.read() == 3)
        assert operations(kept) == {
            ("top", 200, None): 1,
            ("top", 500, "status"): 1,
            ("new", 200, None): 1,
        }


def test_what_can_not_be_counted_now_is_counted_later(
    store_url: str, tmp_path: Path, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tabiji")
    defined = site(tmp_path / "site", f"top: {{url: '{peer.url('/ok')}', every: 5s}}")
    received = tmp_path / "received"
    received.write_text("a file where lines are to be written")
    with store.open(store_url) as kept:
        with running(kept, received, defined) as run:
            for n in range(1, 4):
                run.clock.now += EVERY
                what = "finding of a probe waits" if n == 1 else "findings of probes wait"
                said = f"{n} {what} until they can be counted"
                until(lambda said=said: run.probing.problems() == (said,))  # within a second or two
            received.unlink()
            until(lambda: run.read() == 3)
            assert run.probing.problems() == ()
        assert operations(kept) == {("top", 200, None): 3}
    told, again = caplog.messages
    assert told.startswith("findings of probes can't be counted, and are kept: ")
    assert again == "findings of probes are counted again"


def test_hundreds_are_asked_in_their_time(store_url: str, tmp_path: Path) -> None:
    with nginx(tmp_path) as server, store.open(store_url) as kept:
        probes = [f"p{n}: {{url: '{server.url}', every: 5s, within: 2s}}" for n in range(300)]
        with running(kept, tmp_path / "received", site(tmp_path / "site", *probes)) as run:
            run.clock.now += EVERY  # all at once, which their offsets would spread
            until(lambda: run.read() == 300, 20)
        assert operations(kept) == {(f"p{n}", 200, None): 1 for n in range(300)}
