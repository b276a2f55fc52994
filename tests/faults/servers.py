"""A PostgreSQL of a test's own, to be killed and frozen; and a go-between that can keep an answer to itself."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

SOCKET = ".s.PGSQL.5432"


def as_root(*command: object) -> None:
    """Runs a command with root's rights: root is it already, or `sudo` asks for no password."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words if os.getuid() == 0 else ["sudo", "-n", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)} (needs root's rights): {done.stderr}"


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder on a disk of its own, which everybody may get at."""
    with tempfile.TemporaryDirectory(prefix="tabiji-disk-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "none", folder)
        try:
            yield folder
        finally:
            as_root("umount", "--lazy", folder)


def fill(folder: Path) -> Path:
    """Fills a disk to its last byte with a file, which it gives."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


@contextmanager
def failing_fsync(pids: Sequence[int]) -> Iterator[None]:
    """From now on until the end, the kernel answers each fsync of these processes with EIO."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,sync_file_range"]
    command += [
        "-e",
        "inject=fsync,fdatasync:error=EIO",
        *(word for pid in pids for word in ("-p", str(pid))),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        try:
            until = 500
            while not all(_is_traced(pid) for pid in pids):
                until -= 1
                assert until, "strace does not get at the processes"
                assert tracer.poll() is None, tracer.stderr and tracer.stderr.read()
                threading.Event().wait(0.02)
            yield
        finally:
            tracer.terminate()


def _is_traced(pid: int) -> bool:
    try:
        return "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True  # it is gone


@dataclass(frozen=True)
class Server:
    """A PostgreSQL; its socket is in `folder`, its data in `folder/data`."""

    folder: Path
    binaries: Path

    def url(self, database: str, folder: Path | None = None) -> str:
        return f"postgresql://postgres@/{database}?host={folder or self.folder}"

    def control(self, *words: object) -> None:
        """`pg_ctl`."""
        _run(self.binaries / "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", *words)

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as one:
            one.execute(statement)  # type: ignore[call-overload]

    def start(self) -> None:
        self.control("-o", f"-c listen_addresses='' -c unix_socket_directories={self.folder}", "start")

    def revive(self) -> None:
        """Starts it if it has ended, as a service manager does."""
        if not (self.folder / "data" / "postmaster.pid").exists():
            self.start()

    def said(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")[-2000:]

    def kill(self) -> None:
        """As a power cut: what is not on the disk is gone."""
        self.control("-m", "immediate", "stop")

    def processes(self) -> list[psutil.Process]:
        """The server, and all that it started."""
        first = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        return [first, *first.children(recursive=True)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All its processes stand still."""
        stopped = self.processes()
        for one in stopped:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in stopped:
                one.send_signal(signal.SIGCONT)


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL of its own, with a database `tabiji` that is empty."""
    with tempfile.TemporaryDirectory(prefix="tabiji-pg-") as name:
        made = Server(Path(name), _binaries())
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(name, "postgres", "postgres")
        made.folder.chmod(0o755)
        _run(
            made.binaries / "initdb", "-D", made.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C", "-N", "--wal-segsize=1",
        )  # fmt: skip
        made.start()
        try:
            made.execute("CREATE DATABASE tabiji")
            yield made
        finally:
            made.revive()
            made.kill()


@contextmanager
def between(behind: Path, folder: Path) -> Iterator[threading.Event]:
    """A go-between with its socket in `folder`. While the event is set, the next answer to the COMMIT of a counted
    range does not come back: the connection is cut instead, and the event is cleared."""
    folder.mkdir(exist_ok=True)
    cut = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / SOCKET))
        listening.listen()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=_pass_on, args=(client, behind, cut), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield cut
        listening.shutdown(socket.SHUT_RDWR)


def _pass_on(client: socket.socket, behind: Path, cut: threading.Event) -> None:
    with closing(client), socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        server.connect(str(behind / SOCKET))
        committing = threading.Event()

        def answers() -> None:
            with suppress(OSError):
                while answer := server.recv(1 << 16):
                    if committing.is_set() and b"COMMIT\0" in answer:  # it is done, and nobody is told
                        cut.clear()
                        break
                    client.sendall(answer)
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=answers, daemon=True).start()
        counts = False
        while asked := client.recv(1 << 16):
            counts |= b"ledger" in asked
            if b"COMMIT" in asked:
                if counts and cut.is_set():
                    committing.set()
                counts = False
            server.sendall(asked)


def _binaries() -> Path:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not found:
        pytest.fail(
            "no PostgreSQL found, and these tests need a real one: install it (`apt install postgresql`)"
        )
    return found[0]


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    # pg_ctl leaves a server behind, which would keep a pipe open: so the output goes to a file
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(words, cwd="/", stdout=output, stderr=subprocess.STDOUT, check=False)
        output.seek(0)
        assert done.returncode == 0, output.read()
