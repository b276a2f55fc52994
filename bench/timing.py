"""Commands → how long they take, and how much memory; whole processes, in turn."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

OUT = Path(__file__).parent / "out"
SAMPLE_SECONDS = 0.01  # between two looks at the memory of processes

# Everybody's modules are compiled once and stay so, as they do after an ordinary installation.
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPYCACHEPREFIX": str(OUT / "pycache"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: seconds on the wall, seconds of all its processes' CPU, what it printed."""

    wall: float
    cpu: float
    output: str


@dataclass(slots=True)
class Times:
    """Seconds of several runs."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, seconds: float, cpu: float = 0.0) -> None:
        self.seconds.append(seconds)
        self.cpu.append(cpu)

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(command: Sequence[str | Path], cwd: Path | None = None) -> Run:
    """Runs a command to its end. A failure ends the benchmark with the command's own words."""
    read, write = os.pipe()
    began = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=write, stderr=write, env=ENVIRONMENT, cwd=cwd)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        output = pipe.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return Run(wall, usage.ru_utime + usage.ru_stime, output)


def alternate(times: int, *runs: Callable[[], Run | float], warm_up: bool = True) -> list[Times]:
    """Runs each in turn, over and over, so that a busy moment of the machine falls on all alike."""
    measured = [Times() for _ in runs]
    if warm_up:
        for one in runs:
            one()
    for _ in range(times):
        for one, into in zip(runs, measured, strict=True):
            result = one()
            if isinstance(result, Run):
                into.add(result.wall, result.cpu)
            else:
                into.add(result)
    return measured


def peak_bytes(command: Sequence[str | Path], cwd: Path | None = None) -> Mapping[str, int]:
    """The most memory that each process of a command held: "parent", and "worker" for the largest of the others.

    Pages that it shares with its parent count as its own, so that it is rather too much than too little.
    """
    process = psutil.Popen(
        list(map(str, command)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        cwd=cwd,
    )
    peak: dict[str, int] = {"parent": 0, "worker": 0}
    while process.poll() is None:
        try:
            every = [("parent", process), *(("worker", child) for child in process.children(recursive=True))]
        except psutil.NoSuchProcess:
            break
        for name, one in every:
            try:
                peak[name] = max(peak[name], _bytes(one.pid))
            except (OSError, KeyError):
                continue
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed")
    return peak


def _bytes(pid: int) -> int:
    """What a process holds: its resident memory, and the files in memory (memfd) that it has open, mapped or not."""
    status = Path(f"/proc/{pid}/status").read_text()
    held = {name: 1024 * int(size) for name, size in re.findall(r"(VmRSS|RssShmem):\s+(\d+) kB", status)}
    files = {}
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        if str(descriptor.readlink()).startswith("/memfd:"):
            found = descriptor.stat()
            files[found.st_ino] = found.st_blocks * 512
    return held["VmRSS"] - held["RssShmem"] + sum(files.values())


def busy() -> float:
    """The load of the last minute, for a note: figures taken beside other work are worse."""
    return os.getloadavg()[0]
