"""A log of so many lines → how fast it is received in gzipped batches, beside `tabiji ingest` of the same file.

python bench/receiving.py [LINES] [CLIENTS]    one JSON line a size of batch; both sides take turns
"""

from __future__ import annotations

import gzip
import itertools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import traffic
from timing import OUT

TABIJI = Path(sys.executable).with_name("tabiji")
SIZES = (1_000, 10_000)  # lines of a batch
REPEATS = 3


def batches(path: Path, lines: int) -> list[bytes]:
    """A file as gzipped batches of so many lines."""
    with path.open("rb") as file:
        return [
            gzip.compress(b"".join(held), 1) for held in iter(lambda: list(itertools.islice(file, lines)), [])
        ]


def ingested(path: Path) -> float:
    """Seconds of `tabiji ingest`, into a fresh database."""
    folder = Path(tempfile.mkdtemp())
    (folder / "tabiji.yaml").write_text(f"sources: {{web: {{format: nginx, paths: ['{path}']}}}}\n")
    began = time.perf_counter()
    subprocess.run([TABIJI, "ingest", "-C", folder], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return seconds


def received(packed: list[bytes], clients: int) -> float:
    """Seconds until all batches are answered, by a server with a fresh database."""
    folder = Path(tempfile.mkdtemp())
    (folder / "tabiji.yaml").write_text("sources: {web: {format: nginx}}\n")
    made = subprocess.run(
        [TABIJI, "token", "create", "bench", "--scope", "ingest:web", "-C", folder],
        check=True,
        capture_output=True,
        text=True,
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([TABIJI, "serve", "--port", str(port), "-C", folder], stderr=subprocess.DEVNULL)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}", "Content-Encoding": "gzip"}
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
            while True:
                try:
                    client.get("/healthz")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            began = time.perf_counter()
            with ThreadPoolExecutor(clients) as threads:
                answers = threads.map(lambda body: client.post("/ingest/web", content=body), packed)
                assert {answer.status_code for answer in answers} == {200}
            return time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(15)
        shutil.rmtree(folder)


def main() -> None:
    lines, clients = (int(one) for one in (*sys.argv[1:], *("200000", "8")[len(sys.argv) - 1 :]))
    path = traffic.write(OUT, lines)["combined"]
    for size in SIZES:
        packed = batches(path, size)
        turns = [(received(packed, clients), ingested(path)) for _ in range(REPEATS)]
        pushed, read = (sorted(one)[REPEATS // 2] for one in zip(*turns, strict=True))
        told = {"lines": lines, "batch": size, "clients": clients, "lines_per_second": round(lines / pushed)}
        print(json.dumps(told | {"times_ingest": round(pushed / read, 2)}), flush=True)


if __name__ == "__main__":
    main()
