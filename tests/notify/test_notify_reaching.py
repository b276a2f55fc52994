"""What may be reached, and what a receiver can do to whoever tells it (T15, T23)."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from notify_servers import LOOPBACK, Reply, message, server, webhook

from tabiji import notify
from tabiji.notices import Receiver
from tabiji.notify import NotSent, Sending, http
from tabiji.notify.addresses import RefusedAddressError, may_reach, resolved

NOW = 1_800_000_000
OWN = "is inside the own net, or none of the public internet; if it is meant, add it to `allow:` in `notifications:`"

ADDRESSES = {
    "public": ("93.184.216.34", (), True),
    "public, the sixth version": ("2606:2800:220:1:248:1893:25c8:1946", (), True),
    "this machine": ("127.0.0.1", (), False),
    "this machine, far": ("127.255.255.254", (), False),
    "this machine, the sixth version": ("::1", (), False),
    "metadata": ("169.254.169.254", (), False),
    "metadata, mapped": ("::ffff:169.254.169.254", (), False),
    "metadata, mapped, in digits": ("::ffff:a9fe:a9fe", (), False),
    "metadata, compatible": ("::169.254.169.254", (), False),
    "metadata, translated": ("64:ff9b::a9fe:a9fe", (), False),
    "metadata, translated here": ("64:ff9b:1::a9fe:a9fe", (), False),
    "metadata of another cloud": ("fd00:ec2::254", (), False),
    "metadata of a third": ("100.100.100.200", (), False),
    "public, translated": ("64:ff9b::5db8:d822", (), True),
    "public, by 6to4": ("2002:5db8:d822::1", (), True),
    "6to4 of this machine": ("2002:7f00:1::", (), False),
    "6to4 of metadata": ("2002:a9fe:a9fe::1", (), False),
    "Teredo of this machine": ("2001:0:4136:e378:8000:63bf:80ff:fffe", (), False),
    "private 10": ("10.0.0.1", (), False),
    "private 172": ("172.31.255.255", (), False),
    "private 192": ("192.168.0.1", (), False),
    "shared": ("100.64.0.1", (), False),
    "nowhere": ("0.0.0.0", (), False),
    "nowhere, the sixth version": ("::", (), False),
    "everybody": ("255.255.255.255", (), False),
    "many": ("224.0.0.1", (), False),
    "many, the sixth version": ("ff02::1", (), False),
    "on the link": ("fe80::1%eth0", (), False),
    "on the site": ("fec0::1", (), False),
    "local": ("fc00::1", (), False),
    "reserved": ("240.0.0.1", (), False),
    "documentation": ("192.0.2.1", (), False),
    "no address": ("example.com", (), False),
    "allowed": ("10.1.2.3", ("10.0.0.0/8",), True),
    "next to what is allowed": ("11.1.2.3", ("10.0.0.0/32",), True),
    "allowed, and mapped": ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
    "6to4 of what is allowed": ("2002:a01:203::1", ("10.0.0.0/8",), True),
    "allowed by name only": ("10.1.2.3", ("alertmanager",), False),
    "not allowed by that": ("192.168.0.1", ("10.0.0.0/8",), False),
}


@pytest.mark.parametrize(("address", "allowed", "expected"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_which_addresses_may_be_reached(address: str, allowed: tuple[str, ...], expected: bool) -> None:
    assert may_reach(address, allowed) is expected


SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "2130706433",
    "0177.0.0.1",
    "0x7f000001",
    "127.1",
    "0",
    "[::1]",
]
SPELLINGS += ["[::ffff:127.0.0.1]", "127.0.0.1.", "①②⑦.⓪.⓪.①"]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_reaches_it(host: str) -> None:
    """T23: a canary stands there, and hears nothing, from any channel."""
    with server() as canary:
        url = f"http://{host}:{canary.port}/"
        for receiver in (webhook(url), Receiver("am", "alertmanager", url)):
            with pytest.raises(NotSent):
                notify.send(Sending(receiver, message(), NOW))
        assert canary.got == []


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:{}/",
        "json://2130706433:{}/",
        "json://localhost:{}/",
        "mmost://[::ffff:127.0.0.1]:{}/abcdefghijkl",
    ],
)
def test_apprise_reaches_no_more_than_the_others(url: str) -> None:
    with server() as canary:
        with pytest.raises(NotSent):
            notify.send(Sending(Receiver("chat", "apprise", url.format(canary.port)), message(), NOW))
        assert canary.got == []


def test_mail_reaches_no_more_than_the_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        url = f"mailto://127.0.0.1:{canary.getsockname()[1]}/?from=a@example.com&to=b@example.com"
        with pytest.raises(NotSent) as caught:
            notify.send(Sending(Receiver("mail", "apprise", url), message(), NOW))
        assert caught.value.reason == f"127.0.0.1 {OWN}"
        with pytest.raises(TimeoutError):
            canary.accept()


def test_what_is_refused_is_named_and_what_is_allowed_by_name_is_reached() -> None:
    with server() as hook:
        receiver = webhook(f"http://localhost:{hook.port}/")
        with pytest.raises(NotSent) as caught:
            notify.send(Sending(receiver, message(), NOW, ("example.com",)))
        assert caught.value.reason.endswith(OWN)
        notify.send(Sending(receiver, message(), NOW, ("localhost",)))
        assert len(hook.got) == 1
        with pytest.raises(RefusedAddressError):
            resolved("127.0.0.1", 80, ("localhost",))


def test_a_name_that_means_another_address_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """T23, DNS rebinding: what was checked is what is connected to, as the name is asked for once."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: object, **more: object) -> object:
        if host != "rebinding.example":
            return real(host, port, *rest, **more)  # type: ignore[arg-type]
        asked.append(host)
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"  # the first one is allowed here, and silent
        return real(address, port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with server() as canary:
        with pytest.raises(NotSent):
            http.request("POST", f"http://rebinding.example:{canary.port}/", {}, b"", ("192.0.2.0/24",), 1.0)
        assert canary.got == []
    assert asked == ["rebinding.example"]


def test_a_redirect_is_not_followed() -> None:
    with server() as canary:
        to = {"Location": f"{canary.address}/"}
        for status in (301, 302, 303, 307, 308):
            with server(lambda got, status=status: Reply(status, headers=to)) as hook:  # type: ignore[misc]
                with pytest.raises(NotSent) as caught:
                    notify.send(Sending(webhook(hook.address), message(), NOW, LOOPBACK))
                assert caught.value.reason.startswith(f"it answered {status}: redirects are not followed")
        with server(lambda got: Reply(307, headers=to)) as hook:
            receiver = Receiver("chat", "apprise", f"json://127.0.0.1:{hook.port}/")
            with pytest.raises(NotSent) as caught:
                notify.send(Sending(receiver, message(), NOW, LOOPBACK))
            assert caught.value.reason == "it answered 307"
        assert canary.got == []


@contextmanager
def largest_child() -> Iterator[list[int]]:
    """How much memory, in bytes, the largest process that was begun meanwhile took, every 10 ms."""
    mine, peak, done = psutil.Process(), [0], threading.Event()
    others = set(mine.children(recursive=True))

    def watch() -> None:
        while not done.wait(0.01):
            for child in set(mine.children(recursive=True)) - others:
                with suppress(psutil.NoSuchProcess):
                    peak.append(child.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peak
    finally:
        done.set()
        watching.join()


@pytest.mark.parametrize("channel", ["webhook", "apprise"])
@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_of_10_gib_is_read_up_to_its_limit(channel: str, status: int) -> None:
    """T15. The kernel's buffers hold a few MiB; memory stays where it is."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with server(lambda got: Reply(status, endless=True)) as hook, largest_child() as peak:
        scheme = "http" if channel == "webhook" else "json"
        receiver = Receiver("hook", channel, f"{scheme}://127.0.0.1:{hook.port}/")  # type: ignore[arg-type]
        began = time.monotonic()
        if status == 200:
            notify.send(Sending(receiver, message(), NOW, LOOPBACK))
        else:
            with pytest.raises(NotSent) as caught:
                notify.send(Sending(receiver, message(), NOW, LOOPBACK))
            assert caught.value.reason == "it answered 500"
        assert time.monotonic() - began < 6
        assert hook.streamed < 32 * 2**20
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 64 * 1024  # KiB
    assert max(peak) < 512 << 20
    assert (max(peak) > 0) == (channel == "apprise")


def test_an_answer_is_read_no_further_than_its_limit() -> None:
    with server(lambda got: Reply(200, b"x" * 100_000)) as hook:
        answer = http.request("POST", hook.address, {}, b"", LOOPBACK)
    assert answer.body == b"x" * http.ANSWER_BYTES_MAX


def test_a_receiver_that_never_ends_its_answer_is_left_in_time() -> None:
    """One that drips a byte at a time never lets a time limit for single reads strike."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        import threading

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    for _ in range(100):
                        connection.send(b"H")
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(NotSent) as caught:
            http.request("POST", f"http://127.0.0.1:{listening.getsockname()[1]}/", {}, b"", LOOPBACK, 1.0)
        assert caught.value.reason in (
            "no answer within 1 s",
            "the connection broke before there was an answer",
        )
        assert time.monotonic() - began < 1.5
        thread.join()


ANSWERS = {
    "a 500": (Reply(500), ("it answered 500", None)),
    "a 429 with seconds": (Reply(429, headers={"Retry-After": "17"}), ("it answered 429", 17)),
    "a 503 with a date": (
        Reply(503, headers={"Retry-After": "Fri, 15 Jan 2027 08:01:00 GMT"}),
        ("it answered 503", 60),
    ),
    "a 429 with nonsense": (Reply(429, headers={"Retry-After": "soon"}), ("it answered 429", None)),
    "what it says": (
        Reply(400, b'{"message": "no\\u0000\\u001b[31m such   hook"}'),
        ("it answered 400: no[31m such hook", None),
    ),
    "a secret in what it says": (
        Reply(403, b'{"message": "bad s3cret"}'),
        ("it answered 403: bad \u2026", None),
    ),
    "no JSON": (Reply(404, b"<html>"), ("it answered 404", None)),
    "a broken connection": (Reply(reset=True), ("the connection broke before there was an answer", None)),
}


@pytest.mark.parametrize(("reply", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_what_a_failure_says(reply: Reply, expected: tuple[str, int | None]) -> None:
    with server(lambda got: reply) as hook, pytest.raises(NotSent) as caught:
        notify.send(Sending(webhook(hook.address), message(), NOW, LOOPBACK))
    assert (caught.value.reason, caught.value.retry_after) == expected


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    for receiver in (
        webhook(f"http://127.0.0.1:{port}/"),
        Receiver("c", "apprise", f"json://127.0.0.1:{port}/"),
    ):
        with pytest.raises(NotSent) as caught:
            notify.send(Sending(receiver, message(), NOW, LOOPBACK))
        assert caught.value.reason == "it refuses connections"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy would resolve the name, and nobody would check to what."""
    with server() as proxy, server() as hook:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        for receiver in (webhook(hook.address), Receiver("c", "apprise", f"json://127.0.0.1:{hook.port}/")):
            notify.send(Sending(receiver, message(), NOW, LOOPBACK))
        assert (len(hook.got), len(proxy.got)) == (2, 0)
