"""A shop whose log says who each customer is: fifty customers, each of whom pays once in two minutes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

FIRST, END = 29_672_640, 29_672_640 + 180  # minutes: 2026-06-02T00:00Z and three hours
CUSTOMERS = 50

SITE = """
timezone: Asia/Tokyo
sources:
  web:
    format: json
    paths: [logs/web.json*]
    fields: {time: at, status: status, method: method, path: path, duration_ms: ms}
teams:
  money: {title: Money}
"""
PAY = """
journey: pay
title: {en: Pay a bill, ja: 請求を支払う}
team: money
steps:
  bill: {title: {en: See the bill, ja: 請求を見る}, events: "operation = 'GET /bill'"}
  pay: {title: {en: Pay, ja: 支払う}, events: "operation = 'POST /pay'"}
objectives:
  works: {good: status < 500, target: 99%}
  fast: {steps: [pay], faster_than: 500ms, target: 90%}
"""

Status = Callable[[int, int], int]  # minute after FIRST and customer → how paying ends


def customer(number: int) -> str:
    return f"u-{1000 + number}"


def line(minute: int, number: int, path: str, status: int, ms: int = 100) -> dict[str, object]:
    """An event of a customer, as a line has it."""
    at = datetime.fromtimestamp((FIRST + minute) * 60 + number, UTC).isoformat()
    method = "POST" if path == "/pay" else "GET"
    who: Mapping[str, object] = {"id": customer(number), "plan": "free"}
    return {"at": at, "status": status, "method": method, "path": path, "ms": ms, "user": who, "bytes": 1003}


def lines(status: Status, minutes: int = END - FIRST) -> list[dict[str, object]]:
    """What the shop logs: who looks at the bill pays in the same minute."""
    return [
        one
        for minute in range(minutes)
        for number in range(minute % 2, CUSTOMERS, 2)
        for one in (
            line(minute, number, "/bill", 200),
            line(minute, number, "/pay", status(minute, number)),
        )
    ]


def write(folder: Path, logged: list[dict[str, object]], *, packed: bool = False) -> None:
    """The shop's workspace."""
    (folder / "logs").mkdir(parents=True)
    (folder / "journeys").mkdir()
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    (folder / "journeys" / "pay.yaml").write_text(PAY, "utf-8")
    text = "".join(json.dumps(one) + "\n" for one in logged).encode()
    path = folder / "logs" / ("web.json.1.gz" if packed else "web.json")
    path.write_bytes(gzip.compress(text) if packed else text)


def only_one(minute: int, number: int) -> int:
    """Paying fails for one customer only."""
    return 500 if number == 3 else 200


def for_some(minute: int, number: int) -> int:
    """Paying fails for sixty minutes, for three customers of five."""
    return 503 if 60 <= minute < 120 and number % 5 < 3 else 200
