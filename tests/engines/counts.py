"""Chunks → what was counted, in values that can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabiji import engines
from tabiji.counting import BASE, Account
from tabiji.engines import Chunk, Counted, Found, Task
from tabiji.logs import Reading, reading

Key = tuple[str | int | None, ...]

NGINX = reading(
    "nginx",
    log_format='$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_user_agent" $request_time',
)
NAMED = reading(
    "nginx",
    log_format='at="$time_local" req="$request" status=$status rt=$request_time ua="$http_user_agent" '
    "urt=$upstream_response_time",
)
TABBED = reading("nginx", log_format='$time_iso8601\t$status\t"$request"\t$request_time\t$http_user_agent')
ALB = reading("alb")
JSON = reading(
    "json", fields={"time": "t", "status": "s", "path": "p", "duration": "d", "user_agent": "a.ua"}
)

# A format, and a line of it that counts.
GOOD: dict[str, tuple[Reading, bytes]] = {
    "nginx": (
        NGINX,
        b'1.2.3.4 - ann [10/Oct/2000:13:55:36 -0700] "GET /a/12?x=1 HTTP/1.1" 200 17 "Moz" 0.123',
    ),
    "named": (
        NAMED,
        b'at="10/Oct/2000:13:55:36 -0700" req="GET /a HTTP/1.1" status=200 rt=0.5 ua="Moz 5" urt=0.1',
    ),
    "tabbed": (TABBED, b'2000-10-10T20:55:36Z\t200\t"GET /a HTTP/1.1"\t0.5\tMoz 5'),
    "alb": (
        ALB,
        b"http 2000-10-10T20:55:36.17Z lb 1.2.3.4:40860 10.0.0.1:80 0.001 0.002 0.000 301 - 204 333 "
        b'"GET http://h.example:80/a/1 HTTP/1.1" "Moz 5" - - - "Root=1" "-"',
    ),
    "JSON": (JSON, b'{"t":971211336.25,"s":201,"p":"/x/1","d":0.25,"a":{"ua":"Moz"}}'),
}
FIELDS = ("user_agent",)


@dataclass(frozen=True)
class Sums:
    """Events and microseconds by (minute, bucket, key), and the account of the lines."""

    events: Counter[tuple[int, int, Key]]
    duration_us: Counter[tuple[int, int, Key]]
    rejected: Counter[str]
    read: int
    counted: int
    filtered: int

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.events + other.events,
            self.duration_us + other.duration_us,
            self.rejected + other.rejected,
            self.read + other.read,
            self.counted + other.counted,
            self.filtered + other.filtered,
        )


NOTHING = Sums(Counter(), Counter(), Counter(), 0, 0, 0)


def counted(content: bytes, how: Reading, *fields: str) -> Counted:
    return engines.count(Task(Chunk(None, 0, 0, content), how, fields))


def traced(content: bytes, how: Reading, *fields: str) -> list[Found]:
    return engines.trace(Task(Chunk(None, 0, 0, content), how, fields), 0, 1 << 40)


def sums(content: bytes, how: Reading, *fields: str) -> Sums:
    """What a chunk counts as; its books balance."""
    made = counted(content, how, *fields)
    account = made.account
    assert account.read == account.counted + sum(n for _, n in account.rejected) + account.filtered
    assert account == Account(account.read, account.counted, account.rejected, account.filtered)
    events: Counter[tuple[int, int, Key]] = Counter()
    duration_us: Counter[tuple[int, int, Key]] = Counter()
    cells = made.cells
    for minute, series, bucket, n, us in zip(
        *(
            part.tolist()
            for part in (cells.minute, cells.series, cells.bucket, cells.events, cells.duration_us)
        ),
        strict=True,
    ):
        events[minute, bucket, made.keys[series]] += n
        duration_us[minute, bucket, made.keys[series]] += us
    assert events.total() == account.counted
    return Sums(
        events, +duration_us, Counter(dict(account.rejected)), account.read, account.counted, account.filtered
    )


def event(line: bytes, how: Reading, *fields: str) -> dict[str, object] | str:
    """The one event of a line, or the reason why there is none."""
    found = traced(line + b"\n", how, *fields)
    account = counted(line + b"\n", how, *fields).account
    if not found:
        return next((reason for reason, _ in account.rejected), "filtered")
    (one,) = found
    named = dict(zip((*BASE, *fields), one.key, strict=True))
    return {"minute": one.minute, "us": one.duration_us} | {
        name: value for name, value in named.items() if value is not None
    }


def lines(*some: bytes) -> bytes:
    return b"".join(one + b"\n" for one in some)


def total(some: Sequence[Sums]) -> Sums:
    return sum(some, NOTHING)
