"""Servers in processes of their own, forked from one that has imported all they need, so that many can be killed.

stdin   FOLDER[ FILE_BYTES]   start one
stdout  PID PORT              it listens
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

from tabiji import definitions, store
from tabiji.runs.receiving import Receiving
from tabiji.web.application import application
from tabiji.web.context import Context
from tabiji.web.serving import server


def serve(folder: Path, listening: socket.socket, seconds: float) -> None:
    """Serves until it is killed; requests have so many seconds to arrive."""
    signal.signal(
        signal.SIGXFSZ, signal.SIG_IGN
    )  # a write beyond the limit of a file fails with EFBIG instead
    site = definitions.load(folder, {})
    with store.open(site.store) as opened, Receiving(opened, lambda: site) as receiving:
        server(application(Context(opened, lambda: site, receiving=receiving)), seconds).run([listening])


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    children = []
    for asked in sys.stdin:
        wanted = json.loads(asked)
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        port = listening.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            serve(Path(wanted["folder"]), listening, wanted.get("seconds", 30))
            os._exit(0)
        listening.close()
        children.append(pid)
        print(pid, port, flush=True)  # noqa: T201
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
