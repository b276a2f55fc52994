"""What is probed: a server that answers well and badly, with and without TLS, and ports that do not."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Peer:
    """A server on loopback. `asked` are the requests that it had: method, path and headers."""

    port: int
    ending: threading.Event
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    peer: Peer
    elsewhere: str = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.peer.asked.append((self.command, self.path, dict(self.headers)))
        path = self.path
        if path == "/hang":
            self.peer.ending.wait(20)
        elif path == "/drip":  # a byte now and then: each read is quick, all of it is not
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            while not self.peer.ending.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            while not self.peer.ending.is_set():
                self.wfile.write(b"." * 65_536)
        elif path == "/broken":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
        elif path == "/no-http":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.close_connection = True
        elif path in ("/there", "/loop", "/elsewhere"):
            goal = {"/there": "/ok", "/loop": "/loop", "/elsewhere": self.elsewhere}[path]
            self._answer(302, b"", Location=goal)
        elif path == "/ja":
            self._answer(200, "正常です".encode("cp932"), **{"Content-Type": "text/plain; charset=Shift_JIS"})
        elif path == "/late-text":
            self._answer(200, b"." * 65_536 + b"ok")
        else:
            status = int(path.rpartition("/")[2]) if path.startswith("/status/") else 200
            self._answer(status, b"all is ok")

    do_HEAD = do_GET  # noqa: N815 - as the standard library calls it

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients leave when they have seen enough."""


@contextmanager
def served(tls: ssl.SSLContext | None = None, elsewhere: str = "") -> Iterator[Peer]:
    peer = Peer(0, threading.Event())
    handler = type("Handler", (_Handler,), {"peer": peer, "elsewhere": elsewhere})
    server = _Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    peer.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.ending.set()
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Authority:
    """Somebody who certifies hosts; `path` is what is to be trusted."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "ca.pem"

    def context(self, name: str, days: int) -> ssl.SSLContext:
        """What a server of this name shows, valid for so many days."""
        key, request, made = (self.folder / f"{name}-{days}.{end}" for end in ("key", "csr", "pem"))
        alternative = self.folder / f"{name}.ext"
        kind = "IP" if name[0].isdigit() else "DNS"
        alternative.write_text(f"subjectAltName={kind}:{name}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", key, "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", self.path, "-CAkey", self.folder / "ca.key",
                 "-CAcreateserial", "-days", days, "-extfile", alternative, "-out", made)  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        return context


def openssl(*words: object) -> None:
    done = subprocess.run(
        ["openssl", *map(str, words)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


class Nginx:
    """A real nginx on loopback, which answers `ok` and can go away and come back at the same port."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        assert program, (
            "no nginx found, and this test needs a real one: install it (Debian: `apt install nginx`)"
        )
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/health"
        (folder / "nginx").mkdir()
        paths = "".join(
            f"{one}_temp_path {folder}/nginx/{one}; "
            for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = folder / "nginx" / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {folder}/nginx/pid; worker_processes 1; events {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; {paths}\n"
            f"  server {{ listen 127.0.0.1:{self.port}; location = /health {{ return 200 'ok'; }} }} }}\n"
        )
        self._command = [program, "-c", str(configuration), "-e", str(folder / "nginx" / "error.log")]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    made = Nginx(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def until(holds: object, seconds: float = 10.0) -> None:
    """Waits until something holds."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
