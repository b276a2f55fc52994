"""A real nginx under load, its log rotated by a real logrotate: what is counted is what nginx answered (T4, T5)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from commands import SERVE
from followers import eventually, following, said, workspace
from ids import FORMAT, total

from tabiji import store

ROTATIONS = 6
CLIENTS = 4
CREATE = "create 0644\n  delaycompress\n  postrotate\n    kill -USR1 $(cat {folder}/pid)\n  endscript"


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found, f"this test needs a real {name}: install it (Debian: `apt install nginx-light logrotate`)"
    return found


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """An nginx that writes to `folder/logs`, and the port at which it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"pid {folder}/pid;\nworker_processes 2;\nerror_log {folder}/error.log;\n{_user()}"
        "events { worker_connections 256; }\nhttp {\n"
        f"  log_format ids '{FORMAT}';\n  access_log {folder}/logs/access.log ids;\n  keepalive_requests 100000;\n"
        f"  client_body_temp_path {folder}/tmp;\n  proxy_temp_path {folder}/tmp;\n  fastcgi_temp_path {folder}/tmp;\n"
        f"  uwsgi_temp_path {folder}/tmp;\n  scgi_temp_path {folder}/tmp;\n"
        f"  server {{ listen 127.0.0.1:{port}; location / {{ return 200 ok; }} location /bad {{ return 503; }} }}\n}}\n"
    )
    process = subprocess.Popen([_program("nginx"), "-c", str(configuration), "-g", "daemon off;"])
    try:
        eventually(lambda: _answers(port), why=lambda: (folder / "error.log").read_text())
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _user() -> str:
    return "user root;\n" if os.getuid() == 0 else ""


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1).close()
    except OSError as error:
        return isinstance(error, urllib.error.HTTPError)
    return True


@contextmanager
def _clients(port: int) -> Iterator[list[_Client]]:
    """Those who ask nginx, until they are told to stop, or all is over."""
    some = [_Client(port) for _ in range(CLIENTS)]
    for one in some:
        one.start()
    try:
        yield some
    finally:
        for one in some:
            one.over.set()
            one.join()


class _Client(threading.Thread):
    """Asks as fast as it can, and counts what was answered."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port, self.over = port, threading.Event()
        self.good = self.bad = 0

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port)
        while not self.over.is_set():
            bad = (self.good + self.bad) % 10 == 9
            connection.request("GET", "/bad" if bad else "/a", headers={"X-Id": f"{self.good + self.bad}"})
            connection.getresponse().read()
            self.bad += bad
            self.good += not bad
        connection.close()


@pytest.mark.parametrize("how", ["create", "copytruncate"])
def test_under_load_what_is_counted_is_what_nginx_answered(store_url: str, tmp_path: Path, how: str) -> None:
    folder = workspace(tmp_path, store_url)
    way = CREATE.format(folder=folder) if how == "create" else "copytruncate\n  delaycompress"
    (folder / "logrotate.conf").write_text(
        f"{folder}/logs/access.log {{\n  size 1\n  rotate 100\n  compress\n  missingok\n  {way}\n}}\n"
    )
    (folder / "logrotate.conf").chmod(0o644)
    with nginx(folder) as port, following(folder, SERVE), _clients(port) as clients:
        eventually(lambda: total(store_url) > 0, why=lambda: said(folder))
        for _ in range(ROTATIONS):
            time.sleep(1.5)
            subprocess.run(
                [_program("logrotate"), "--force", "--state", folder / "state", folder / "logrotate.conf"],
                check=True,
            )
        time.sleep(1)
        for one in clients:
            one.over.set()
            one.join()
        answered = 1 + sum(
            one.good + one.bad for one in clients
        )  # and the first, that asked whether it is up
        if how == "create":
            eventually(
                lambda: total(store_url) >= answered, why=lambda: (answered, total(store_url), said(folder))
            )
        else:
            _settled(store_url)
    with store.open(store_url) as opened:
        account, files = opened.accounts()["web"], opened.files("web")
        statuses: dict[int, int] = {}
        known = opened.series("web")
        for page in opened.rows("minute", 0, 2**31, list(known), latencies=False):
            for at in range(len(page)):
                status = known[int(page.series[at])].status or 0
                statuses[status] = statuses.get(status, 0) + int(page.events[at])
    good, bad = 1 + sum(one.good for one in clients), sum(one.bad for one in clients)
    assert answered > 1000
    if how == "create":
        assert (account.read, account.counted, statuses) == (answered, answered, {200: good, 503: bad})
        return
    # Between copy and cut the writer's lines go nowhere: less may be counted, never more.
    assert answered * 0.9 < account.counted <= answered
    assert statuses[200] <= good
    assert statuses[503] <= bad
    assert sum(one.truncations for one in files) > 0


def _settled(url: str) -> None:
    before = -1
    while (now := total(url)) != before:
        before = now
        time.sleep(3)
