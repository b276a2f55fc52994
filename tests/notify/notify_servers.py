"""Receivers that are real servers on loopback: they keep what they were sent, and answer as they are told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tabiji.notices import Message, Receiver

LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True)
class Got:
    """A request that came, at a moment of a clock that does not jump."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. `seconds` is how long that takes; `reset` breaks the connection instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    reset: bool = False
    endless: bool = False


class Server:
    """A receiver. `reply` says what to answer to a request; `got` are those that came."""

    def __init__(self, reply: Callable[[Got], Reply], host: str = "127.0.0.1", port: int = 0) -> None:
        self.reply = reply
        self.got: list[Got] = []
        self.streamed = 0  # bytes of endless answers that were taken
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.command, self.path, headers, body, time.monotonic())
                outer.got.append(got)
                reply = outer.reply(got)
                time.sleep(reply.seconds)
                if reply.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    self.connection.close()
                    return
                with suppress(OSError):
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    if reply.endless:
                        self.send_header("content-length", str(10 * 2**30))
                        self.end_headers()
                        self._stream()
                        return
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)

            do_GET = do_POST = _answer  # noqa: N815 - names of the library

            def _stream(self) -> None:
                part = b"x" * 65536
                while outer.streamed < 10 * 2**30:
                    self.wfile.write(part)
                    outer.streamed += len(part)

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Broken connections are meant."""

        self._server = Quiet((host, port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def server(
    reply: Callable[[Got], Reply] = lambda got: Reply(), host: str = "127.0.0.1", port: int = 0
) -> Iterator[Server]:
    """A receiver for the time of the block."""
    made = Server(reply, host, port)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def message(**changed: Any) -> Message:
    """Something to tell."""
    return Message(
        **{
            "key": "k1",
            "topic": "incident:12",
            "receiver": "hook",
            "stage": "opened",
            "urgency": "page",
            "language": "en",
            "title": "Learners can't play videos",
            "lines": ("Since 10:02, 4 % of plays fail.", "Look at PlayVideo first."),
            "began_at": 1_800_000_000,
            "link": "https://tabiji.example.com/incidents/12",
            "facts": {"journey": "watch-course", "team": "learning"},
            **changed,
        }
    )


def webhook(address: str, name: str = "hook") -> Receiver:
    return Receiver(name, "webhook", address, (("secret", "s3cret"),))


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What a condition comes to, as soon as it holds."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.01)
    return found
