"""A real Alertmanager shows one alert while it goes on, and shows it resolved after."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from notify_outbox import Clock, put, states
from notify_servers import LOOPBACK, Got, Reply, Server, message, server, until
from test_delivering import delivering

from tabiji import notify, store
from tabiji.notices import Message, Receiver
from tabiji.notify import Sending

CONFIG = """\
route:
  receiver: hook
  group_by: [alertname, topic]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs: [{url: "%s", send_resolved: true}]
"""


@contextmanager
def alertmanager(folder: Path, hook: str) -> Iterator[str]:
    """The address of a running Alertmanager that tells a webhook."""
    binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if binary is None:
        pytest.fail(
            "no Alertmanager found, and this test needs a real one (Debian: `apt install prometheus-alertmanager`)"
        )
    (folder / "am.yml").write_text(CONFIG % hook)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [
        binary,
        f"--config.file={folder / 'am.yml'}",
        f"--storage.path={folder / 'am'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (folder / "am.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"

            def ready() -> bool:
                assert process.poll() is None, (folder / "am.log").read_text()
                try:
                    with urllib.request.urlopen(f"{address}/-/ready", timeout=2) as answer:
                        return bool(answer.status == 200)
                except OSError:
                    return False

            until(ready, 20)
            yield address
        finally:
            process.kill()
            process.wait()


def shown(address: str) -> list[dict[str, Any]]:
    """The alerts that it shows as firing."""
    with urllib.request.urlopen(f"{address}/api/v2/alerts?active=true", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def told(hook: Server) -> list[tuple[str, str]]:
    """Status and severity of what Alertmanager told on, alert by alert."""
    return [
        (alert["status"], alert["labels"]["severity"])
        for got in hook.got
        for alert in json.loads(got.body)["alerts"]
    ]


def test_one_alert_while_it_goes_on_and_resolved_after(tmp_path: Path) -> None:
    clock = Clock(start=time.time())
    now = int(clock())
    with server() as hook, alertmanager(tmp_path, hook.address) as address:
        receiver = Receiver("am", "alertmanager", address)
        with store.open(f"sqlite:///{tmp_path}/t.db") as opened, delivering(opened, clock, receiver) as at:

            def say(**changed: Any) -> None:
                said = message(receiver="am", began_at=now - 300, **changed)
                put(opened, [said], int(clock()), goes_on=True)
                at.nudge()
                until(lambda: dict(states(opened))[said.key] == "sent")

            say()
            firing = until(lambda: shown(address))
            assert [(one["labels"], one["annotations"]) for one in firing] == [
                (
                    {
                        "alertname": "Tabiji",
                        "journey": "watch-course",
                        "severity": "page",
                        "team": "learning",
                        "topic": "incident:12",
                    },
                    {
                        "summary": "Learners can't play videos",
                        "description": "Since 10:02, 4 % of plays fail.\nLook at PlayVideo first.",
                    },
                )
            ]
            assert firing[0]["generatorURL"] == "https://tabiji.example.com/incidents/12"
            say(key="k2", stage="worse", title="More learners can't play videos")
            until(lambda: shown(address)[0]["annotations"]["summary"].startswith("More"))
            assert len(shown(address)) == 1
            until(lambda: told(hook) == [("firing", "page")])
            say(key="k3", stage="over", ended_at=int(clock()))
            until(lambda: shown(address) == [])
            until(lambda: told(hook)[-1] == ("resolved", "page"))
            assert set(told(hook)) == {("firing", "page"), ("resolved", "page")}


def test_a_ticket_that_becomes_a_page_is_one_alert_at_a_time(tmp_path: Path) -> None:
    now = int(time.time())
    with server() as hook, alertmanager(tmp_path, hook.address) as address:
        receiver = Receiver("am", "alertmanager", address)

        def say(told: Message, at: int, reference: str | None) -> str | None:
            return notify.send(Sending(receiver, told, at, LOOPBACK, reference)).reference

        reference = say(message(urgency="ticket", began_at=now - 300), now, None)
        until(lambda: shown(address))
        reference = say(message(key="k2", stage="worse", began_at=now - 300), now + 1, reference)
        until(lambda: [one["labels"]["severity"] for one in shown(address)] == ["page"])


def test_what_goes_on_is_said_again_before_it_would_be_forgotten(tmp_path: Path) -> None:
    """Also by the next process, which knows only what is in the database; and never what is over."""
    clock = Clock(times=60)
    with server(lambda got: Reply()) as am, store.open(f"sqlite:///{tmp_path}/t.db") as opened:
        receiver = Receiver("am", "alertmanager", am.address)

        def ends() -> list[tuple[str, str]]:
            return [
                (alert["labels"]["topic"], alert["endsAt"])
                for got in am.got
                for alert in json.loads(got.body)
            ]

        put(opened, [message(receiver="am")], int(clock()), goes_on=True)
        with delivering(opened, clock, receiver):
            until(lambda: len(am.got) >= 3, 15)
        count = len(am.got)
        with delivering(opened, clock, receiver) as at:
            until(lambda: len(am.got) >= count + 2, 15)
            put(opened, [message(receiver="am", key="k2", stage="over")], int(clock()))
            at.nudge()
            until(lambda: states(opened)[-1] == ("k2", "sent"))
            count = len(am.got)
            time.sleep(200 / 60)  # 200 s of that clock
        assert len(am.got) == count
        found = ends()
        assert {topic for topic, _ in found} == {"incident:12"}
        assert [end for _, end in found[:-1]] == sorted(end for _, end in found[:-1])
        assert found[-1][1] < found[-2][1]


def test_a_test_is_an_alert_of_its_own() -> None:
    def answer(got: Got) -> Reply:
        return Reply()

    with server(answer) as am:
        receiver = Receiver("am", "alertmanager", am.address)
        notify.send(Sending(receiver, message(stage="test", topic="test", facts={}), 1_800_000_100, LOOPBACK))
    alert = json.loads(am.got[0].body)[0]
    assert am.got[0].path == "/api/v2/alerts"
    assert alert["labels"] == {"alertname": "TabijiTest", "topic": "test", "severity": "page"}
    assert (alert["startsAt"], alert["endsAt"]) == ("2027-01-15T08:00:00Z", "2027-01-15T08:02:40Z")
