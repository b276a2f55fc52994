"""One local day of requests → the lines of nginx's access log, in the order in which they finished."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import exp
from operator import itemgetter
from random import Random
from time import gmtime, strftime

from tabiji.demo import site
from tabiji.demo.chance import allocated, dealt, spread, times_by_weight
from tabiji.demo.site import (
    ADMIN,
    ALWAYS,
    DAY_S,
    LEARNERS,
    OPERATIONS,
    STAFF,
    ZONE_S,
    Operation,
    Outcome,
    Rhythm,
)
from tabiji.demo.stories import SYSTEM_ERROR, Window

LOG_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" $request_time "$upstream_response_time" "$http_x_graphql_operation" '
    '"$sent_http_x_graphql_error" "$http_x_plan"'
)
Line = tuple[int, str]  # the millisecond of the day in which a request finished, and its line

_POOL = 2_048  # ready-made pieces of a kind; lines are put together from pieces drawn from pools
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15",
    "ManabiTabi/7.4.1 (iOS 18.6)",
    "ManabiTabi/7.4.0 (Android 15)",
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # for documentation, RFC 5737
_PLANS = ("free",) * 11 + ("standard",) * 6 + ("business",) * 3
_SYSTEM_ERRORS = {  # where an operation's own failures show; shares of them
    True: (Outcome(200, 0.7, SYSTEM_ERROR), Outcome(502, 0.2), Outcome(504, 0.1)),
    False: (Outcome(500, 0.7), Outcome(502, 0.2), Outcome(504, 0.1)),
}
_BODY_BYTES = {304: 0, 499: 0, 502: 552, 504: 562}
_Client = tuple[str, str, str]  # what a line has from the client: before the time, its agent, its plan


@dataclass(frozen=True, slots=True)
class WebDay:
    """A local day of the access log: what has to be written, decided before any line is.

    `day` counts local days since 1970-01-01; `start` and `end` are epoch seconds inside it, half-open.
    `single_failures`: (operation of ADMIN, epoch second); the next request to it fails.
    """

    seed: int
    day: int
    start: int
    end: int
    requests: int
    health_every_s: int
    windows: tuple[Window, ...]
    single_failures: tuple[tuple[str, int], ...]

    @property
    def midnight(self) -> int:
        return self.day * DAY_S - ZONE_S

    @property
    def first_minute(self) -> int:
        return (self.start - self.midnight) // 60

    def ms(self, second: int) -> int:
        """An epoch second as a millisecond of the day."""
        return (second - self.midnight) * 1000

    def weights(self, rhythm: Rhythm) -> list[float]:
        """The weights of the day's minutes, from the first to the last that is written."""
        return site.minute_weights(rhythm, self.day, self.first_minute, (self.end - self.midnight) // 60)


@dataclass(frozen=True, slots=True)
class WebLines:
    """A day's lines, and what they hide: per window of the day its requests and the bad ones among them."""

    text: str
    lines: int
    windows: tuple[tuple[Window, int, int], ...]
    single_failures: tuple[tuple[str, int], ...]  # (operation, epoch second) as they came out


def lines_of(day: WebDay) -> WebLines:
    """All lines of the day, sorted; exactly `day.requests` of them."""
    entries, windows, singles = _written(day)
    return WebLines("".join([line for _, line in entries]), len(entries), windows, singles)


def timed(day: WebDay) -> list[Line]:
    """The same lines, each with the millisecond of the day in which it is written."""
    return _written(day)[0]


def _written(
    day: WebDay,
) -> tuple[list[Line], tuple[tuple[Window, int, int], ...], tuple[tuple[str, int], ...]]:
    rng = Random(f"{day.seed} web {day.day}")
    entries: list[Line] = []
    singles = _admin(rng, day, entries)
    _strangers(rng, day, entries)
    _health_checks(day, entries)
    windows = _learners(rng, day, entries)
    entries.sort(key=itemgetter(0))
    return entries, windows, singles


# ---------------------------------------------------------------- who comes: each appends to the day's lines


def _learners(rng: Random, day: WebDay, entries: list[Line]) -> tuple[tuple[Window, int, int], ...]:
    """All who use the site as it is meant; the rest of the requests. → what they met in each window."""
    weights = day.weights(LEARNERS)
    shares = [operation.share * max(0.5, rng.gauss(1, 0.04)) for operation in OPERATIONS]
    found = []
    for operation, count in zip(OPERATIONS, allocated(day.requests - len(entries), shares), strict=True):
        for part, window in _parts(rng, day, operation.name, weights, count):
            lines, bad = _lines(rng, operation, part, day.day, window)
            entries += zip(part, lines, strict=True)
            if window is not None:
                found.append((window, len(part), bad))
    return tuple(found)


def _admin(rng: Random, day: WebDay, entries: list[Line]) -> tuple[tuple[str, int], ...]:
    """Colleagues, in office hours. → the single failures as they came out."""
    weights, whole = day.weights(STAFF), sum(site.minute_weights(STAFF, day.day, 0, 1440))
    singles = []
    for operation in ADMIN:
        count = int(rng.randint(*site.ADMIN_PER_DAY) * sum(weights) / whole)
        times = times_by_weight(rng, day.first_minute, weights, min(count, day.requests - len(entries)))
        lines = _calm(rng, operation, times, day.day)
        for second in (s for name, s in day.single_failures if name == operation.name and times):
            index = min(bisect_left(times, day.ms(second)), len(times) - 1)
            lines[index] = _unusual(rng, operation, times[index], day.day, Outcome(500, 1.0))
            singles.append((operation.name, day.midnight + times[index] // 1000))
        entries += zip(times, lines, strict=True)
    return tuple(singles)


def _strangers(rng: Random, day: WebDay, entries: list[Line]) -> None:
    """They look for other people's mistakes; now and then one speaks TLS to the wrong port."""
    weights = day.weights(ALWAYS)
    count = int(rng.randint(*site.SCANS_PER_DAY) * len(weights) / 1440)
    for ms in times_by_weight(rng, day.first_minute, weights, min(count, day.requests - len(entries))):
        took = f"{rng.uniform(0.002, 0.02):.3f}"
        path = rng.choice(site.SCANNED)
        answer = f'"GET {path} HTTP/1.1" 404 1564 "-" "Mozilla/5.0 zgrab/0.x" {took} "{took}"'
        if rng.random() < 0.05:
            answer = r'"\x16\x03\x01\x00\xEE\x01\x00\x00\xEA\x03\x03" 400 150 "-" "-" 0.000 "-"'
        address = f"203.0.113.{rng.randint(240, 244)}"
        entries.append((ms, f'{address} - - [{_time(day.day, ms)}{answer} "-" "-" "-"\n'))


def _health_checks(day: WebDay, entries: list[Line]) -> None:
    """The load balancer asks whether this server lives."""
    step = day.health_every_s
    checks = range(-(-day.start // step) * step, day.end, step)[: day.requests - len(entries)]
    rest = '"GET /healthz HTTP/1.1" 200 15 "-" "ELB-HealthChecker/2.0" 0.002 "0.002" "-" "-" "-"\n'
    times = [day.ms(second) + 217 for second in checks]
    entries += [(ms, f"192.0.2.250 - - [{_time(day.day, ms)}{rest}") for ms in times]


# ---------------------------------------------------------------- what they get


def _parts(
    rng: Random, day: WebDay, operation: str, weights: list[float], count: int
) -> Iterator[tuple[list[int], Window | None]]:
    """The times of an operation, cut at its stories' edges.

    How many fall into a story is not left to chance, which would decide in a small month what it comes to.
    """
    stories = sorted((w for w in day.windows if w.effect.operation == operation), key=lambda w: w.start)
    parts: list[tuple[int, int, Window | None]] = []
    done = 0  # minutes of `weights`
    for window in stories:
        start, end = (
            min(max((edge - day.midnight) // 60 - day.first_minute, 0), len(weights))
            for edge in (window.start, window.end)
        )
        parts += [(done, start, None), (start, end, window)]
        done = end
    parts.append((done, len(weights), None))
    inside = [weights[start:end] for start, end, _ in parts]
    for (start, _, told), some, share in zip(
        parts, inside, allocated(count, [sum(some) for some in inside]), strict=True
    ):
        yield times_by_weight(rng, day.first_minute + start, some, share), told


def _lines(
    rng: Random, operation: Operation, times: list[int], day: int, window: Window | None
) -> tuple[list[str], int]:
    """The lines of an operation, the usual ones first, then the unusual put in; and how many failed."""
    lines = _calm(rng, operation, times, day, window)
    told = window.effect.outcomes if window else None
    failures = told or tuple(
        Outcome(o.status, o.rate * operation.failing, o.error) for o in _SYSTEM_ERRORS[operation.graphql]
    )
    aborts = (Outcome(499, site.CLIENT_ABORTS),) if operation.upstream else ()
    outcomes = (*failures, *operation.others, *aborts)
    rates = [outcome.rate for outcome in outcomes]
    if told:  # how many fail in a story is not left to chance either
        drawn = dealt(rng, len(times), [*rates, 1 - sum(rates)])
    else:
        edges = list(accumulate(rates))
        drawn = [bisect_right(edges, rng.random()) for _ in times]
    bad = 0
    for index, which in enumerate(drawn):
        if which < len(outcomes):
            lines[index] = _unusual(rng, operation, times[index], day, outcomes[which])
            bad += which < len(failures)
    return lines, bad


def _calm(
    rng: Random, operation: Operation, times: list[int], day: int, window: Window | None = None
) -> list[str]:
    """One line per time, each answered as it should be. The hot loop: every piece is drawn ready-made."""
    effect = window.effect if window else None
    p50_ms = (effect and effect.p50_ms) or operation.p50_ms
    p95_ms = (effect and effect.p95_ms) or operation.p95_ms
    count = len(times)
    clients = rng.choices(_clients(operation.signed_in), k=count)
    bodies = rng.choices(_bodies(operation), k=count)
    durations = rng.choices(_durations(p50_ms, p95_ms, operation.upstream), k=count)
    minutes, seconds = _minute_texts(day), _SECONDS
    tail = f'{operation.name if operation.graphql else "-"}" "-" "'
    return [
        f"{before}{minutes[ms // 60_000]}{seconds[ms % 60_000 // 1000]}{body}{agent}{duration}{tail}{plan}"
        for ms, (before, agent, plan), body, duration in zip(times, clients, bodies, durations, strict=True)
    ]


def _unusual(rng: Random, operation: Operation, ms: int, day: int, outcome: Outcome) -> str:
    before, agent, plan = rng.choice(_clients(operation.signed_in))
    request, referer = _request(rng, operation)
    size = _BODY_BYTES.get(outcome.status, rng.randint(90, 400))
    took_ms = operation.p50_ms * exp(rng.gauss(0.4, 0.6))
    upstream = f"{max(took_ms - 1, 0) / 1000:.3f}"
    if outcome.status == 499:  # the learner left before the answer came
        took_ms, upstream = rng.uniform(200, 9_000), "-"
    elif outcome.status == 504:
        took_ms, upstream = 30_000 + rng.random(), "30.000"
    elif outcome.status == 502:
        upstream = f"0.001, {upstream}"
    elif not operation.upstream:
        took_ms, upstream = 0, "-"
    name = operation.name if operation.graphql else "-"
    answer = f'"{request}" {outcome.status} {size} "{referer}" "{agent}{took_ms / 1000:.3f} "{upstream}"'
    return f'{before}{_time(day, ms)}{answer} "{name}" "{outcome.error}" "{plan}'


def _time(day: int, ms: int) -> str:
    return f"{_minute_texts(day)[ms // 60_000]}{_SECONDS[ms % 60_000 // 1000]}"


# ---------------------------------------------------------------- pools: made once, the same in each process

_SECONDS = tuple(f"{second:02d} {site.ZONE_TEXT}] " for second in range(60))


@cache
def _minute_texts(day: int) -> tuple[str, ...]:
    date = strftime("%d/%b/%Y", gmtime(day * DAY_S))
    return tuple(f"{date}:{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))


@cache
def _clients(signed_in: float) -> tuple[_Client, ...]:
    rng = Random(f"clients {signed_in}")
    clients: list[_Client] = []
    while len(clients) < _POOL:
        address = f"{rng.choice(_NETWORKS)}.{rng.randint(1, 239)}"
        plan = rng.choice(_PLANS) if rng.random() < signed_in else "-"
        client = (f"{address} - - [", f'{rng.choice(_AGENTS)}" ', f'{plan}"\n')
        clients += [client] * min(20, int(rng.paretovariate(1.2)))  # some come much more often than others
    return tuple(clients)


def _request(rng: Random, operation: Operation) -> tuple[str, str]:
    """The request line, and the page it was sent from."""
    protocol = "HTTP/1.1" if rng.random() < 0.12 else "HTTP/2.0"
    referer = f"https://{site.HOST}/courses" if operation.graphql or rng.random() < 0.4 else "-"
    return f"{operation.method} {operation.target(rng)} {protocol}", referer


@cache
def _bodies(operation: Operation) -> tuple[str, ...]:
    rng = Random(f"bodies {operation.name}")
    bodies = []
    for _ in range(_POOL):
        request, referer = _request(rng, operation)
        size = rng.randint(operation.bytes_min, operation.bytes_max)
        bodies.append(f'"{request}" {operation.status} {size} "{referer}" "')
    return tuple(bodies)


@cache
def _durations(p50_ms: float, p95_ms: float, upstream: bool) -> tuple[str, ...]:
    rng = Random(f"durations {p50_ms} {p95_ms}")
    texts = []
    for took_ms in spread(p50_ms, p95_ms, _POOL):
        in_upstream = "-"
        if upstream:
            behind_ms = max(took_ms - rng.random(), 0)
            in_upstream = f"{behind_ms / 1000:.3f}"
            if rng.random() < site.UPSTREAM_RETRIED:
                first_ms = behind_ms * rng.uniform(0.05, 0.4)
                in_upstream = f"{first_ms / 1000:.3f}, {(behind_ms - first_ms) / 1000:.3f}"
        texts.append(f'{took_ms / 1000:.3f} "{in_upstream}" "')
    return tuple(texts)
