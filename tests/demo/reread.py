"""A log file → its requests or job lines: the demonstration's logs, read again by plain Python."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

JST = timezone(timedelta(hours=9))
NOW = int(datetime(2026, 11, 21, 21, 50, 7, tzinfo=JST).timestamp())  # a Saturday evening
DAYS, EVENTS = 14, 100_000
JobLine = tuple[datetime, dict[str, Any]]
SYSTEM_ERROR = "INTERNAL_SERVER_ERROR"

LINE = re.compile(
    r'(?P<address>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<size>\d+) '
    r'"(?P<referer>[^"]*)" "(?P<agent>[^"]*)" (?P<took>\d+\.\d{3}) "(?P<upstream>[^"]*)" '
    r'"(?P<operation>[^"]*)" "(?P<error>[^"]*)" "(?P<plan>[^"]*)"\n'
)


@dataclass(frozen=True, slots=True)
class Request:
    at: int
    request: str
    status: int
    took_ms: int
    operation: str
    error: str

    @property
    def failed(self) -> bool:
        return self.status >= 500 or self.error == SYSTEM_ERROR


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def requests_of(path: Path) -> list[Request]:
    requests = []
    for line in text_of(path).splitlines(keepends=True):
        found = LINE.fullmatch(line)
        assert found, line
        at = int(datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").timestamp())
        took_ms = int(found["took"].replace(".", ""))
        requests.append(
            Request(at, found["request"], int(found["status"]), took_ms, found["operation"], found["error"])
        )
    return requests


def job_lines_of(path: Path) -> list[JobLine]:
    """The JSON lines of a log of Sidekiq, with their times; its first words after a restart are not JSON."""
    lines = []
    for text in text_of(path).split("\n")[:-1]:
        if not text.startswith("{"):
            assert " INFO: Booting Sidekiq 6.4.1 " in text
            continue
        line = json.loads(text)
        lines.append((datetime.fromisoformat(line["ts"].replace("Z", "+00:00")), line))
    return lines


def local_day(at: float) -> date:
    return datetime.fromtimestamp(at, JST).date()
