"""Bombs, slow and greedy clients: refused or cut off, within little memory, while others are served (T20)."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import zstandard
from pushed import NOW, lines

from conftest import SOURCES, Process, Start
from tabiji import definitions, store
from tabiji.store import Store

MIB = 1 << 20
RSS_MAX = 64 * MIB  # more than before
PATIENCE = 2.0  # seconds for a request to arrive


def gzip_bomb(mib: int = 1024) -> bytes:
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=9) as packing:
        for _ in range(mib):
            packing.write(b"\0" * MIB)
    return held.getvalue()


def zstd_bomb(mib: int = 4096) -> bytes:
    packing = zstandard.ZstdCompressor(level=1).compressobj()
    return b"".join([*(packing.compress(b"\n" * MIB) for _ in range(mib)), packing.flush()])


def zstd_window() -> bytes:
    """Small, but whoever unpacks it needs 128 MiB for its window."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    packing = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packing.compress(b"x" * MIB) + packing.flush()


@pytest.fixture
def opened(tmp_path: Path, sqlite_url: str) -> Iterator[Store]:
    (tmp_path / "tabiji.yaml").write_text(f"store: {sqlite_url}\n{SOURCES}")
    with store.open(definitions.load(tmp_path, {}).store) as one:
        yield one


@pytest.fixture
def server(tmp_path: Path, opened: Store, start: Start) -> Iterator[Process]:
    one = start(tmp_path, seconds=PATIENCE)
    yield one
    one.kill()


@pytest.fixture
def attacker(opened: Store) -> str:
    return opened.tokens.create("attacker", ("ingest:app",), NOW)[1]


@pytest.fixture
def healthy(server: Process, opened: Store) -> Iterator[httpx2.Client]:
    _, secret = opened.tokens.create("healthy", ("ingest:app",), NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx2.Client(base_url=server.address, headers=headers, timeout=20) as client:
        for _ in range(3):  # so that all is loaded that will ever be
            assert client.post("/ingest/app", content=lines(2000)).status_code == 200
        yield client


def memory(server: Process, field: str = "VmRSS") -> int:
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) << 10
    raise AssertionError(field)


def grown(server: Process, attack: Callable[[], None], healthy: httpx2.Client) -> tuple[int, list[float]]:
    """By how many bytes the peak of the server's memory is above what it had; and how long others waited meanwhile."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # VmHWM begins anew
    before = memory(server)
    done = threading.Event()
    seconds: list[float] = []

    def others() -> None:
        while not done.is_set() or not seconds:
            began = time.monotonic()
            answer = healthy.post("/ingest/app", content=lines(20))
            assert answer.status_code == 200, answer.text
            seconds.append(time.monotonic() - began)
            time.sleep(0.02)

    with ThreadPoolExecutor(1) as threads:
        served = threads.submit(others)
        try:
            attack()
        finally:
            done.set()
        served.result(30)
    return memory(server, "VmHWM") - before, seconds


@pytest.mark.parametrize(
    ("encoding", "body", "statuses"),
    [
        ("gzip", gzip_bomb(), {413, 429, 503}),
        ("zstd", zstd_bomb(), {413, 429, 503}),
        ("zstd", zstd_window(), {400}),
        ("gzip", gzip.compress(gzip_bomb(64)), {400}),
        ("gzip", gzip_bomb(16)[:-20], {400, 429, 503}),
    ],
    ids=["gzip", "zstd", "a large window", "nested", "truncated"],
)
def test_bombs_are_refused_within_little_memory(
    server: Process, healthy: httpx2.Client, attacker: str, encoding: str, body: bytes, statuses: set[int]
) -> None:
    found: Counter[int] = Counter()

    def throw(_: int) -> int:
        headers = {"Authorization": f"Bearer {attacker}", "Content-Encoding": encoding}
        with httpx2.Client(base_url=server.address, headers=headers, timeout=30) as client:
            return client.post("/ingest/app", content=body).status_code

    def attack() -> None:
        with ThreadPoolExecutor(12) as threads:
            found.update(threads.map(throw, range(36)))

    more, seconds = grown(server, attack, healthy)
    print(f"RSS +{more / MIB:.0f} MiB, others waited {max(seconds):.2f} s, {dict(found)}")  # noqa: T201
    assert set(found) <= statuses
    assert max(statuses) == 503 or set(found) == statuses
    assert more < RSS_MAX
    assert max(seconds) < 5


def test_greedy_clients_leave_room_for_others(server: Process, healthy: httpx2.Client, attacker: str) -> None:
    found: Counter[int] = Counter()

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * MIB  # without a newline, and without a length said before

    def push(_: int) -> int:
        with httpx2.Client(base_url=server.address, timeout=30) as client:
            try:
                headers = {"Authorization": f"Bearer {attacker}"}
                return client.post("/ingest/app", content=endless(), headers=headers).status_code
            except httpx2.TransportError:
                return 0  # refused before it had all been sent

    def attack() -> None:
        with ThreadPoolExecutor(20) as threads:
            found.update(threads.map(push, range(40)))

    more, seconds = grown(server, attack, healthy)
    print(f"RSS +{more / MIB:.0f} MiB, others waited {max(seconds):.2f} s, {dict(found)}")  # noqa: T201
    assert set(found) <= {0, 413, 429, 503}
    assert more < RSS_MAX
    assert max(seconds) < 5


def test_slow_clients_are_cut_off_while_others_are_served(
    server: Process, healthy: httpx2.Client, attacker: str
) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    head = f"POST /ingest/app HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {attacker}\r\n"
    beginnings = [
        b"",  # says nothing
        b"POST /ing",  # half a line
        head.encode(),  # headers without an end
        head.encode() + b"Content-Length: 1000\r\n\r\n{",  # a body that does not come
        head.encode() + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ]
    lasted: list[float] = []

    def crawl(beginning: bytes) -> float:
        began = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(beginning)
            connection.settimeout(0.3)
            while time.monotonic() - began < 20:
                try:
                    if beginning:
                        connection.sendall(b"x" if b"\r\n\r\n" in beginning else b"X-A: b\r\n")
                    if connection.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        return time.monotonic() - began

    def attack() -> None:
        with ThreadPoolExecutor(100) as threads:
            lasted.extend(threads.map(crawl, beginnings * 20))

    more, seconds = grown(server, attack, healthy)
    print(f"RSS +{more / MIB:.0f} MiB, others waited {max(seconds):.2f} s")  # noqa: T201
    assert max(lasted) < 3 * PATIENCE
    assert more < RSS_MAX
    assert len(seconds) > 10
    assert max(seconds) < 5
