"""A real server on loopback with a source or two, and tokens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from tabiji import definitions, store
from tabiji.runs.receiving import Receiving
from tabiji.store import Store
from tabiji.web.application import application
from tabiji.web.context import Context
from tabiji.web.serving import server

SOURCES = """
sources:
  app: {format: json, fields: {time: ts, status: status, path: path, method: m, duration_ms: ms}}
  web: {format: nginx}
  any: {}
  otel: {format: otlp}
"""


@dataclass(frozen=True)
class Served:
    """A server under way."""

    address: str
    token: str
    store: Store
    receiving: Receiving
    client: httpx2.Client

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def push(self, source: str, lines: bytes, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/ingest/{source}", content=lines, headers={**self.headers, **named})


class Process(NamedTuple):
    """A server in a process of its own."""

    pid: int
    address: str

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


Start = Callable[..., Process]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts a server for a workspace in a process of its own: see `receivers`."""
    parent = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("receivers.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a file of pytest otherwise, which could not grow either
        text=True,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    talk, listen = parent.stdin, parent.stdout

    def begin(folder: Path, **limits: float) -> Process:
        talk.write(json.dumps({"folder": str(folder), **limits}) + "\n")
        talk.flush()
        pid, port = listen.readline().split()
        return Process(int(pid), f"http://127.0.0.1:{port}")

    with parent:
        yield begin
        talk.close()
        parent.wait(20)


Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    (tmp_path / "tabiji.db").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'tabiji.db'}"


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Starts a server on a database: `with serve(url) as served`."""

    @contextmanager
    def start(url: str, sources: str = SOURCES, request_seconds: float = 30.0) -> Iterator[Served]:
        (tmp_path / "tabiji.yaml").write_text(f"store: {url}\n{sources}")
        site = definitions.load(tmp_path, {})
        with (
            store.open(site.store) as opened,
            Receiving(opened, lambda: site) as receiving,
            socket.create_server(("127.0.0.1", 0)) as listening,
        ):
            running = server(application(Context(opened, lambda: site, receiving=receiving)), request_seconds)
            thread = threading.Thread(target=running.run, args=([listening],))
            thread.start()
            while not running.started:
                time.sleep(0.01)
            names = {token.name for token in opened.tokens.all()}
            _, secret = opened.tokens.create(f"tests {len(names)}", ("ingest:*",), int(time.time()))
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            try:
                with httpx2.Client(base_url=address, timeout=60) as client:
                    yield Served(address, secret, opened, receiving, client)
            finally:
                running.should_exit = True
                thread.join(20)

    return start


@pytest.fixture
def served(serve: Serve, sqlite_url: str) -> Iterator[Served]:
    """A server on SQLite."""
    with serve(sqlite_url) as one:
        yield one
