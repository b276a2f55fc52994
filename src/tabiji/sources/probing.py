"""A probe → what it found: asked once, over a connection of its own."""

from __future__ import annotations

import asyncio
import json
import math
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import httpx2

from tabiji import __version__
from tabiji.definitions import Probe
from tabiji.language import N_, _, listed

Failure = Literal[
    "dns",  # the name has no address
    "refused",  # nothing listens there
    "unreachable",  # no way there, or the connection broke while it was made
    "timeout",  # it took longer than `within`
    "tls",  # no encrypted connection came about
    "certificate",  # it is not trusted, not for this host, or not valid for long enough
    "protocol",  # the answer is not HTTP, broke off, or redirects without end
    "status",
    "text",
]
FAILURES: tuple[Failure, ...] = get_args(Failure)
# What is most often wrong with certificates, as OpenSSL says it.
_OF_CERTIFICATES = (
    N_("certificate has expired"),
    N_("certificate is not yet valid"),
    N_("self-signed certificate"),
    N_("self-signed certificate in certificate chain"),
    N_("unable to get local issuer certificate"),
)
BODY_BYTES_MAX = 64 << 10
REDIRECTS_MAX = 10
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found. `error` is None where all was as expected; `detail` says more, in plain words.

    `duration_us`: from looking up the name to the end of the answer. `certificate_days`: how many whole days the
    certificates met on the way are all still valid, None where there was none.
    """

    probe: str
    host: str
    duration_us: int
    status: int | None = None
    error: Failure | None = None
    detail: str = ""
    certificate_days: int | None = None


class _FoundError(Exception):
    """An answer that is not as expected."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


@dataclass(slots=True)
class _Seen:
    """What is known of an answer so far."""

    status: int | None = None
    certificate_days: int | None = None
    connections: list[Any] = field(default_factory=list)

    async def note(self, event: str, known: Mapping[str, Any]) -> None:
        """Takes note of each connection that is made."""
        if event == "connection.connect_tcp.complete":
            self.connections.append(known["return_value"])


def trust() -> ssl.SSLContext:
    """The certificates that the system trusts, or those of `SSL_CERT_FILE`; takes some milliseconds to make."""
    return httpx2.create_ssl_context()


async def get_ready(trusted: ssl.SSLContext) -> None:
    """Loads what the client loads with its first request only, which would be measured as the other side's."""
    nowhere = Probe("nowhere", url="http://127.0.0.1:0/")  # nobody can listen there
    await ask(nowhere, trusted, 0)


async def ask(probe: Probe, trusted: ssl.SSLContext, now: float) -> Finding:
    """Asks once. `now`, in seconds, is what certificates are compared with.

    The probe's variables are replaced already. Never raises for what the other side does, nor for an address that
    is none any more with its variables replaced.
    """
    seen = _Seen()
    failure: Failure | None = None
    detail = ""
    began = time.perf_counter_ns()
    try:
        async with asyncio.timeout(probe.within_ms / 1_000):
            if probe.tcp is not None:
                await _connect(probe.tcp)
            else:
                await _request(probe, trusted, now, seen)
    except _FoundError as found:
        failure, detail = found.failure, found.detail
    except TimeoutError:
        failure = "timeout"
        detail = _("it took longer than {seconds:g} s", seconds=probe.within_ms / 1_000)
    except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        failure, detail = _failure(error)
    duration_us = max((time.perf_counter_ns() - began) // 1_000, 1)
    for connection in seen.connections:  # the client leaves one open that is given up during its handshake
        await connection.aclose()
    return Finding(probe.name, host(probe), duration_us, seen.status, failure, detail, seen.certificate_days)


def host(probe: Probe) -> str:
    """The host that is asked, without its port."""
    try:
        return urlsplit(probe.url or f"//{probe.tcp}").hostname or ""
    except ValueError:
        return ""


def line(finding: Finding, ended_at: float) -> bytes:
    """The finding as a line of the format `probe`; `ended_at` in seconds."""
    written = {
        "time_us": int(ended_at * 1_000_000),
        "probe": finding.probe,
        "host": finding.host,
        "status": finding.status,
        "error": finding.error,
        "duration_us": finding.duration_us,
    }
    return json.dumps(written, ensure_ascii=False).encode() + b"\n"


async def _connect(address: str) -> None:
    name, _colon, port = address.rpartition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise _FoundError("unreachable", _("there is no such port"))
    _reader, writer = await asyncio.open_connection(name.strip("[]"), int(port))
    writer.transport.abort()  # nothing was sent, so nothing is lost
    with suppress(OSError):
        await writer.wait_closed()


async def _request(probe: Probe, trusted: ssl.SSLContext, now: float, seen: _Seen) -> None:
    # Without a limit of its own: the caller's is over all of it
    client = httpx2.AsyncClient(verify=trusted, timeout=None, trust_env=False, follow_redirects=False)
    async with client:
        # What is compared with `text` is what was sent, and it can't grow while it is unpacked.
        headers = {"User-Agent": f"tabiji/{__version__}", "Accept-Encoding": "identity"} | dict(probe.headers)
        request = client.build_request(probe.method, probe.url or "", headers=headers)
        for _again in range(REDIRECTS_MAX + 1):
            request.extensions = {**request.extensions, "trace": seen.note}
            following = await _answered(client, request, probe, now, seen)
            if following is None:
                return
            request = _redirected(request, following, probe)
    raise _FoundError("protocol", _("more than {most} redirects", most=REDIRECTS_MAX))


def _redirected(request: httpx2.Request, following: httpx2.Request, probe: Probe) -> httpx2.Request:
    """The next request; what was meant for one host is not told to another."""
    if (following.url.scheme, following.url.netloc) != (request.url.scheme, request.url.netloc):
        for name, _ in probe.headers:
            following.headers.pop(name, None)
    return following


async def _answered(
    client: httpx2.AsyncClient, request: httpx2.Request, probe: Probe, now: float, seen: _Seen
) -> httpx2.Request | None:
    """Reads an answer and compares it with what is expected; or where it redirects to, if that is followed."""
    response = await client.send(request, stream=True)
    try:
        seen.status = response.status_code
        _note_certificate(response, now, seen)
        if probe.follow and response.next_request is not None:
            return response.next_request
        body = await _body(response)
    finally:
        await response.aclose()
    _check_status(probe, response.status_code)
    if probe.text is not None and probe.text not in body.decode(response.encoding or "utf-8", "replace"):
        detail = _("its first {n} bytes do not hold `{text}`", n=len(body), text=probe.text)
        raise _FoundError("text", detail)
    days = seen.certificate_days
    if probe.certificate_days is not None and days is not None and days < probe.certificate_days:
        raise _FoundError("certificate", _("the certificate is valid for {days} days only", days=days))
    return None


async def _body(response: httpx2.Response) -> bytes:
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) >= BODY_BYTES_MAX:
            break
    return body[:BODY_BYTES_MAX]


def _check_status(probe: Probe, status: int) -> None:
    if status in probe.statuses or (not probe.statuses and status < 400):
        return
    if probe.statuses:
        detail = _("the status is {status}, not {expected}", status=status, expected=listed(probe.statuses))
    else:
        detail = _("the status is {status}, not one below 400", status=status)
    raise _FoundError("status", detail)


def _note_certificate(response: httpx2.Response, now: float, seen: _Seen) -> None:
    """How long the certificate of this very connection is still valid."""
    connection = response.extensions["network_stream"].get_extra_info("ssl_object")
    if connection is None:
        return
    certificate = connection.getpeercert() or {}
    ends = parsedate_to_datetime(certificate["notAfter"]).timestamp()
    days = math.floor((ends - now) / DAY_SECONDS)
    seen.certificate_days = days if seen.certificate_days is None else min(days, seen.certificate_days)


def _failure(error: Exception) -> tuple[Failure, str]:
    """What went wrong, of all that the error says was its cause."""
    causes = list(_causes(error))
    found: tuple[tuple[type[BaseException], Failure], ...] = (
        (socket.gaierror, "dns"),
        (UnicodeError, "dns"),  # no name that could be looked up
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "tls"),
        (ConnectionRefusedError, "refused"),
        (httpx2.ProtocolError, "protocol"),
        (httpx2.ReadError, "protocol"),
        (OSError, "unreachable"),
        (httpx2.ConnectError, "unreachable"),
    )
    for kind, failure in found:
        for cause in causes:
            if isinstance(cause, kind):
                return failure, _words(cause)
    return "protocol", _words(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _causes(one)
    below = error.__cause__ or error.__context__
    if below is not None:
        yield from _causes(below)


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else _("no encrypted connection")
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return _(os.strerror(error.errno))  # without the address, which asyncio adds
    if isinstance(error, socket.gaierror) and error.strerror:
        return _(error.strerror)
    return str(error) or type(error).__name__
