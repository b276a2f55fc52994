"""Servers that live as long as the test session."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from probed import Authority, Peer, openssl, served


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    with served() as other, served(elsewhere=other.url("/ok?elsewhere")) as one:
        yield one


@pytest.fixture(scope="session")
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="session")
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 400,
             "-subj", "/CN=Tabiji's tests", "-addext", "keyUsage=critical,keyCertSign",
             "-keyout", folder / "ca.key", "-out", folder / "ca.pem")  # fmt: skip
    return Authority(folder)
