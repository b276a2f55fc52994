"""A number of lines → two hours of a busy site's access log, as nginx JSON, combined text and ALB.

The same events in all three, the same for every run. Written once into `bench/out/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

START_MS = 1_780_272_000_000  # 2026-06-01T00:00:00Z
HOURS = 2
BLOCK = 50_000  # lines drawn and written at a time

# share of the traffic, method, path, median of seconds; {n}: a number, {u}: a UUID, {q}: a word
ROUTES = (
    (0.22, "GET", "/courses/{n}", 0.045),
    (0.16, "GET", "/api/v1/videos/{u}/manifest", 0.020),
    (0.14, "POST", "/api/v1/videos/{u}/progress", 0.012),
    (0.10, "GET", "/courses/{n}/lessons/{n}", 0.060),
    (0.09, "GET", "/", 0.030),
    (0.07, "GET", "/search?q={q}&page={n}", 0.180),
    (0.06, "GET", "/api/v1/users/me", 0.015),
    (0.05, "GET", "/api/v1/users/{n}", 0.018),
    (0.04, "GET", "/api/v1/orders/{u}", 0.050),
    (0.03, "GET", "/health", 0.001),
    (0.02, "POST", "/session", 0.250),
    (0.015, "PUT", "/api/v1/users/{n}/settings", 0.040),
    (0.005, "POST", "/enquiries", 0.400),
)
STATUSES = (200, 304, 302, 404, 401, 499, 500, 502, 504)
STATUS_SHARES = (0.9, 0.04, 0.02, 0.02, 0.008, 0.005, 0.004, 0.002, 0.001)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "LearningApp/4.12.1 (iOS 17.5; ja_JP)",
    "kube-probe/1.29",
)
WORDS = ("finance", "leadership", "python", "marketing", "%E4%BC%9A%E8%A8%88", "design")

FORMATS: dict[str, str] = {"json": "access.ndjson", "combined": "access.log", "alb": "alb.log"}


def write(folder: Path, lines: int) -> dict[str, Path]:
    """The files of so many lines, by format; those that exist are left as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{lines}-{name}" for kind, name in FORMATS.items()}
    if all(path.exists() for path in paths.values()):
        return paths
    parts = {kind: folder / f"{path.name}.part" for kind, path in paths.items()}
    files = {kind: part.open("w", encoding="ascii") for kind, part in parts.items()}
    for block in _blocks(lines):
        for kind, file in files.items():
            file.write("".join(map(_LINES[kind], block)))
    for kind, file in files.items():
        file.close()
        parts[kind].rename(paths[kind])
    return paths


Event = tuple[int, str, str, int, int, int, str, str, str, str]  # ms, method, target, status, bytes, ms, …


def _blocks(lines: int) -> Iterator[list[Event]]:
    random = np.random.default_rng(20260601)
    shares = np.array([share for share, *_ in ROUTES])
    medians = np.array([median for *_, median in ROUTES])
    for first in range(0, lines, BLOCK):
        size = min(BLOCK, lines - first)
        at = START_MS + (np.arange(first, first + size) * HOURS * 3_600_000 // lines)
        route = random.choice(len(ROUTES), size, p=shares / shares.sum())
        status = random.choice(STATUSES, size, p=STATUS_SHARES)
        took = np.clip(medians[route] * random.lognormal(0, 0.7, size) * 1000, 0, 60_000).astype(np.int64)
        numbers = random.zipf(1.3, (size, 2)) % 1_000_000 + 1
        sizes = random.integers(120, 60_000, size)
        hexes = random.bytes(32 * size).hex()
        agent, word, address = (random.integers(0, n, size) for n in (len(AGENTS), len(WORDS), 65_536))
        yield [
            _event(*event, hexes[64 * i : 64 * i + 64])
            for i, event in enumerate(
                zip(
                    at.tolist(),
                    route.tolist(),
                    status.tolist(),
                    took.tolist(),
                    numbers.tolist(),
                    sizes.tolist(),
                    agent.tolist(),
                    word.tolist(),
                    address.tolist(),
                    strict=True,
                )
            )
        ]


def _event(
    at: int,
    route: int,
    status: int,
    took: int,
    numbers: list[int],
    size: int,
    agent: int,
    word: int,
    address: int,
    hexes: str,
) -> Event:
    _, method, path, _ = ROUTES[route]
    if "{n}" in path:
        for number in numbers:
            path = path.replace("{n}", str(number), 1)
    if "{u}" in path:
        uuid = f"{hexes[32:40]}-{hexes[40:44]}-4{hexes[45:48]}-a{hexes[49:52]}-{hexes[52:64]}"
        path = path.replace("{u}", uuid)
    path = path.replace("{q}", WORDS[word])
    client = f"203.0.{address >> 8}.{address & 255}"
    referer = "https://learning.example/courses" if word < 4 else ""
    return at, method, path, status, size, took, client, AGENTS[agent], referer, hexes[:32]


def _json(event: Event) -> str:
    """As `log_format … escape=json` of ../shared/data/access/nginx_json/nginx.conf.txt writes it."""
    at, method, target, status, size, took, client, agent, referer, request = event
    seconds = f"{took // 1000}.{took % 1000:03d}"
    return (
        f'{{"ts":"{_iso(at // 1000)}+00:00","msec":"{at // 1000}.{at % 1000:03d}","remote_addr":"{client}",'
        f'"method":"{method}","uri":"{target}","route":"{target.partition("?")[0]}","status":{status},'
        f'"bytes":{size},"request_time":{seconds},"upstream_time":"{seconds}","upstream_status":"{status}",'
        f'"ua":"{agent}","ref":"{referer}","rid":"","request_id":"{request}"}}\n'
    )


def _combined(event: Event) -> str:
    """`combined` with `$request_time` behind it."""
    at, method, target, status, size, took, client, agent, referer, _ = event
    iso = _iso(at // 1000)
    return (
        f'{client} - - [{iso[8:10]}/Jun/2026:{iso[11:]} +0000] "{method} {target} HTTP/1.1" {status} {size} '
        f'"{referer or "-"}" "{agent}" {took // 1000}.{took % 1000:03d}\n'
    )


def _alb(event: Event) -> str:
    at, method, target, status, size, took, client, agent, _, request = event
    return (
        f"https {_iso(at // 1000)}.{at % 1000:03d}000Z app/learning/50dc6c495c0c9188 {client}:46532 10.0.0.7:80 "
        f"0.000 {took // 1000}.{took % 1000:03d} 0.000 {status} {status} 412 {size} "
        f'"{method} https://learning.example:443{target} HTTP/2.0" "{agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/learning/73e2d6bc24d8a067 "
        f'"Root=1-{request[:8]}-{request[8:32]}" "learning.example" "-" 0 {_iso(at // 1000)}.000000Z "forward" "-" '
        f'"-" "10.0.0.7:80" "{status}" "-" "-"\n'
    )


_LINES: dict[str, Callable[[Event], str]] = {"json": _json, "combined": _combined, "alb": _alb}


def _iso(seconds: int) -> str:
    """`2026-06-01T…`, of a second of START's day."""
    of_day = seconds - START_MS // 1000
    return f"2026-06-01T{of_day // 3600:02d}:{of_day // 60 % 60:02d}:{of_day % 60:02d}"
