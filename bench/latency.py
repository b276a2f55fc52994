"""Lines with errors are written to a file → how long until the page leaves: over the seconds of a minute.

A real `tabiji serve`, a real file, a receiver of webhooks on this machine. Each sample is a site of its own that has
gone well for an hour, and begins to fail at another second of the minute.
"""

from __future__ import annotations

import argparse
import http.server
import json
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from soak import FORMAT
from timing import ENVIRONMENT, OUT, busy

WORST_SECONDS = 75.0
APART_SECONDS = 13  # coprime to 60, so that samples begin at different seconds of the minute
BURST = 2_000  # lines with an error


def _line(at: float, status: int) -> str:
    when = datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'192.0.2.1 [{when}] "GET /a HTTP/1.1" {status} 0.010 "-"\n'


class _Pages:
    """A receiver of webhooks: when the first page of each journey came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                now = time.time()
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                for journey in set(re.findall(r"site-\d+", body)):
                    pages.came.setdefault(journey, now)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def _workspace(folder: Path, port: int, names: list[str]) -> None:
    (folder / "journeys").mkdir()
    (folder / "logs").mkdir()
    sources = "".join(
        f"  {name}: {{format: nginx, paths: [logs/{name}.log], log_format: {json.dumps(FORMAT)}}}\n"
        for name in names
    )
    (folder / "tabiji.yaml").write_text(
        f"sources:\n{sources}teams:\n  t: {{title: T}}\nnotifications:\n"
        f"  receivers: {{hook: {{webhook: 'http://127.0.0.1:{port}/'}}}}\n  allow: [127.0.0.0/8]\n  page: [hook]\n"
    )
    now = time.time()
    for name in names:
        (folder / "journeys" / f"{name}.yaml").write_text(
            f"journey: {name}\nteam: t\nsteps: {{s: {{events: \"source = '{name}'\"}}}}\n"
            "objectives:\n  works: {good: status < 500, target: 99%}\n"
        )
        (folder / "logs" / f"{name}.log").write_text(
            "".join(_line(now - second, 200) for second in range(3600, 0, -3))
        )


def measured(samples: int) -> dict[str, tuple[float, float]]:
    """By site: at which second of its minute the errors were written, and how long the page took."""
    names = [f"site-{number}" for number in range(samples)]
    pages = _Pages()
    with tempfile.TemporaryDirectory(prefix="tabiji-latency-") as place:
        folder = Path(place)
        _workspace(folder, pages.server.server_port, names)
        with (folder / "said").open("w") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "tabiji", "serve", "--port", "0"],
                cwd=folder,
                stdout=said,
                stderr=said,
                env=ENVIRONMENT,
            )
        written: dict[str, float] = {}
        over = threading.Event()

        def go_well() -> None:
            while not over.wait(3):
                for name in names:
                    with (folder / "logs" / f"{name}.log").open("a") as file:
                        file.write(_line(time.time(), 200))

        threading.Thread(target=go_well, daemon=True).start()
        time.sleep(20)
        begin = time.time()
        for number, name in enumerate(names):
            time.sleep(
                max(0.0, begin + APART_SECONDS * number + random.Random(number).random() - time.time())
            )
            with (folder / "logs" / f"{name}.log").open("a") as file:
                file.write(_line(time.time(), 500) * BURST)
            written[name] = time.time()
        until = time.time() + 2 * WORST_SECONDS
        while len(pages.came) < samples and time.time() < until:
            time.sleep(0.1)
        over.set()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        if missing := sorted(set(names) - set(pages.came)):
            sys.exit(f"no page for {', '.join(missing)}:\n{(folder / 'said').read_text()[-3000:]}")
    return {name: (at % 60, pages.came[name] - at) for name, at in written.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=24)
    found = measured(parser.parse_args().samples)
    OUT.mkdir(exist_ok=True)
    (OUT / "latency.json").write_text(json.dumps(found, indent=1) + "\n")
    for name, (second, took) in found.items():
        print(f"{name:>8}: written at second {second:4.1f}, page after {took:5.1f} s")
    took = sorted(one for _, one in found.values())
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    print(
        f"\n{len(took)} samples: min {took[0]:.1f} s, median {statistics.median(took):.1f} s, p95 {p95:.1f} s, "
        f"max {took[-1]:.1f} s (promised: {WORST_SECONDS:g} s); load {busy():.1f}"
    )
    sys.exit(0 if took[-1] <= WORST_SECONDS else 1)


if __name__ == "__main__":
    main()
