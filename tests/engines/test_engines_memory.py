"""The memory of a process that counts: bounded, whatever stands in a chunk of 64 MiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from counts import GOOD

CHUNK_BYTES = 64 << 20
OWN_BYTES_MAX = 300 << 20  # beside the chunk itself

COUNT = """
import pickle, sys, threading, psutil
sys.path.insert(0, sys.argv[2])
from counts import JSON, NGINX
from tabiji import engines

peak, done, process = 0, threading.Event(), psutil.Process()

def watch():
    global peak
    while not done.wait(0.002):
        peak = max(peak, process.memory_info().rss)

watching = threading.Thread(target=watch)
watching.start()
how = JSON if sys.argv[3] == "JSON" else NGINX
counted = engines.count(engines.Task(engines.Chunk(sys.argv[1], 0, 1 << 40), how, ("user_agent",)))
pickle.dumps(counted)  # as it is sent to the parent process
done.set()
watching.join()
print(peak, counted.account.read, counted.account.counted)
"""


def repeated(*some: bytes) -> bytes:
    block = b"".join(line + b"\n" for line in some)
    return block * (CHUNK_BYTES // len(block))


def distinct(line: bytes) -> bytes:
    number = CHUNK_BYTES // (len(line) + 16)
    return b"".join(
        line.replace(b"?x=1", b"/w%x" % (n * 2_654_435_761 + (1 << 50))) + b"\n" for n in range(number)
    )


LONG_OBJECT = GOOD["JSON"][1].replace(b"Moz", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" * 5)
LONG_AGENT = GOOD["nginx"][1].replace(b"Moz", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" * 3)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("nginx", repeated(LONG_AGENT), id="clean text"),
        pytest.param("JSON", repeated(LONG_OBJECT), id="clean JSON"),
        pytest.param(
            "nginx",
            repeated(*[LONG_AGENT] * 20, b"\xff broken", b"", LONG_AGENT + b"\r"),
            id="dirty text",
        ),
        pytest.param("JSON", repeated(*[LONG_OBJECT] * 20, b"\xff", b"", b'{"t":1,"t":2}'), id="dirty JSON"),
        pytest.param("nginx", distinct(LONG_AGENT), id="all paths distinct"),
        pytest.param("nginx", b"x" * (CHUNK_BYTES - 1) + b"\n", id="one line"),
    ],
)
def test_a_worker_stays_below_300_mib_beside_its_chunk(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(content)
    command = [sys.executable, "-c", COUNT, str(path), str(Path(__file__).parent), kind]
    peak, read, counted = map(int, subprocess.check_output(command, text=True).split())
    assert read == content.count(b"\n")
    assert 0 <= counted <= read
    assert peak - len(content) < OWN_BYTES_MAX
