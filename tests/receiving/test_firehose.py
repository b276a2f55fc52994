"""Amazon Data Firehose delivers to an HTTP endpoint: its requests, and exactly the answers that it wants."""

from __future__ import annotations

import base64
import gzip
import json
import time
from typing import Any

import pytest
from pushed import line, lines

from conftest import Served
from tabiji.counting import Account

ID = "ed1d787c-b9e2-4631-92dc-8e7c9d26d804"


def delivery(*records: bytes, named: str = ID) -> dict[str, Any]:
    held = [{"data": base64.b64encode(record).decode()} for record in records]
    return {"requestId": named, "timestamp": 1_578_090_901_599, "records": held}


def deliver(served: Served, document: object, /, key: str | None = None, packed: bool = False) -> Any:
    content = json.dumps(document).encode()
    headers = {
        "X-Amz-Firehose-Protocol-Version": "1.0",
        "X-Amz-Firehose-Request-Id": ID,
        "X-Amz-Firehose-Source-Arn": "arn:aws:firehose:us-east-1:123456789:deliverystream/logs",
        "X-Amz-Firehose-Access-Key": served.token if key is None else key,
        "Content-Type": "application/json",
    } | ({"Content-Encoding": "gzip"} if packed else {})
    body = gzip.compress(content) if packed else content
    return served.client.post("/ingest/app/firehose", content=body, headers=headers)


def cloudwatch(kind: str, *messages: str) -> bytes:
    events = [{"id": "1", "timestamp": 0, "message": message} for message in messages]
    return gzip.compress(
        json.dumps({"messageType": kind, "logEvents": events}, separators=(",", ":")).encode()
    )


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_delivery_is_counted_and_answered_as_firehose_wants(served: Served, packed: bool) -> None:
    before = time.time() * 1000
    answer = deliver(served, delivery(lines(3), line(4).rstrip(b"\n"), line(5)), packed=packed)
    found = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert before - 1 <= found.pop("timestamp") <= time.time() * 1000 + 1
    assert found == {"requestId": ID}
    assert served.store.accounts() == {"app": Account(5, 5)}


def test_a_delivery_that_is_tried_again_is_counted_once(served: Served) -> None:
    for _ in range(3):
        assert deliver(served, delivery(lines(3))).status_code == 200
    assert served.store.accounts() == {"app": Account(3, 3)}


def test_what_cloudwatch_logs_hands_on_is_unpacked(served: Served) -> None:
    records = (
        cloudwatch("CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health of destination."),
        cloudwatch("DATA_MESSAGE", line(1).decode(), line(2).decode().rstrip()),
        gzip.compress(line(3)),
    )
    assert deliver(served, delivery(*records)).status_code == 200
    assert served.store.accounts() == {"app": Account(3, 3)}


@pytest.mark.parametrize(
    ("document", "status", "told"),
    [
        ([], 400, "no delivery of Firehose"),
        ({"requestId": ID}, 400, "no delivery of Firehose"),
        ({"requestId": ID, "records": [{"data": 1}]}, 400, "no delivery of Firehose"),
        ({"requestId": ID, "records": [{"data": "?"}]}, 400, "not base64"),
        (delivery(line(1), named="another"), 400, "not the one of the header"),
        (delivery(gzip.compress(lines(9))[:-9]), 400, "ends too early"),
        (delivery(gzip.compress(b"\0" * (9 << 20))), 413, "larger than 8 MiB"),
    ],
    ids=["a list", "no records", "a number", "no base64", "two ids", "half of gzip", "a bomb"],
)
def test_what_is_not_taken_is_answered_with_a_message(
    served: Served, document: object, status: int, told: str
) -> None:
    answer = deliver(served, document)
    found = answer.json()
    assert answer.status_code == status
    assert set(found) == {"requestId", "timestamp", "errorMessage"}
    assert told in found["errorMessage"]
    assert served.store.accounts() == {}


def test_the_access_key_is_a_token(served: Served) -> None:
    answer = deliver(served, delivery(line(1)), key="tabiji_wrong")
    assert (answer.status_code, answer.json()["requestId"]) == (401, ID)
    assert served.store.accounts() == {}
