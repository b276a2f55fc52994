"""A request → its answer, or why there is none: to checked addresses, within a time, never redirected.

Proxies of the environment are not used: they would resolve the name, and what it resolves to could not be checked.
"""

from __future__ import annotations

import base64
import email.utils
import json
import re
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpcore2

from tabiji import __version__
from tabiji.notify import failures
from tabiji.notify.addresses import RefusedAddressError, resolved
from tabiji.notify.sending import NotSent

SECONDS = 10.0  # for all of it, from the name to the end of the answer
CONNECT_SECONDS = 5.0
ANSWER_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body up to ANSWER_BYTES_MAX."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def post_json(
    url: str,
    document: object,
    headers: Mapping[str, str],
    allowed: Sequence[str],
    seconds: float = SECONDS,
) -> Answer:
    """Posts a document. Raises NotSent where there is no answer; what the answer is worth is the caller's to say."""
    body = json.dumps(document).encode()
    return request("POST", url, {"content-type": "application/json", **headers}, body, allowed, seconds)


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    allowed: Sequence[str],
    seconds: float = SECONDS,
) -> Answer:
    """Asks once, on a connection of its own. Raises NotSent where there is no answer."""
    until = time.monotonic() + seconds
    parts = urlsplit(url)
    sent = {"user-agent": f"Tabiji/{__version__}", "accept-encoding": "identity", **headers}
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent["authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
    target = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
    limits = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
    backend = _Guarded(tuple(allowed), until)
    try:
        with (
            httpcore2.ConnectionPool(
                ssl_context=ssl.create_default_context(), network_backend=backend
            ) as pool,
            pool.stream(
                method,
                target,
                headers=list(sent.items()),
                content=body or b"",
                extensions={"timeout": limits},
            ) as response,
        ):
            fields = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            return Answer(response.status, fields, _beginning(response.iter_stream()))
    except RefusedAddressError as error:
        raise NotSent(str(error)) from None
    except httpcore2.TimeoutException:
        raise NotSent(failures.NO_ANSWER.format(seconds=f"{seconds:.0f}")) from None
    except httpcore2.ConnectError as error:
        raise NotSent(_connecting(error)) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        raise NotSent(failures.BROKE) from None
    except (httpcore2.UnsupportedProtocol, UnicodeError, ValueError):
        raise NotSent(failures.NO_ADDRESS) from None


def _beginning(chunks: Iterable[bytes]) -> bytes:
    """The first part of a body. What breaks off after the status has said all that counts."""
    body = b""
    try:
        for chunk in chunks:
            body += chunk
            if len(body) >= ANSWER_BYTES_MAX:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        pass
    return body[:ANSWER_BYTES_MAX]


def _connecting(error: BaseException) -> str:
    """Why there is no connection, in words that never hold an address."""
    words = str(error)
    if "CERTIFICATE" in words:
        return failures.NO_CERTIFICATE
    if "SSL" in words:
        return failures.NO_TLS
    if "refused" in words:
        return failures.REFUSES
    if re.search(r"Name or service|nodename|resolution|No address", words):
        return failures.NO_NAME
    return failures.UNREACHABLE


def refused(answer: Answer, now: float, secrets: Sequence[str] = ()) -> NotSent:
    """What an answer that is none of success means; the words in it, but never one of these secrets."""
    words = _words(answer.document, secrets)
    reason = failures.SAID if words else failures.ANSWERED
    if 300 <= answer.status < 400:
        reason = failures.REDIRECTS
    return NotSent(
        reason.format(status=answer.status, words=words), retry_after(answer.headers.get("retry-after"), now)
    )


def retry_after(written: str | None, now: float) -> int | None:
    """Seconds to wait, from a number of them or a date."""
    if written is None:
        return None
    if written.strip().isdecimal():
        return int(written.strip()[:9])
    try:
        return max(0, int(email.utils.parsedate_to_datetime(written).timestamp() - now))
    except (ValueError, OverflowError):
        return None


def _words(document: object, secrets: Sequence[str]) -> str:
    """What services say in `message`, `errorMessages` or `errors`, in one short line."""
    if not isinstance(document, dict):
        return ""
    said: list[str] = []
    for key in ("message", "errorMessages", "errors"):
        said += _texts(document.get(key))
    words = " ".join(" ".join(said).split())
    for secret in secrets:
        words = words.replace(secret, "…") if secret else words
    return "".join(sign for sign in words if sign.isprintable())[:200]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [
            text for key, one in value.items() for text in [f"{key}:"] * isinstance(one, str) + _texts(one)
        ]
    if isinstance(value, list):
        return [text for one in value[:5] for text in _texts(one)]
    return []


# Connections


class _Guarded(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, and to nothing else; within a time for everything."""

    def __init__(self, allowed: tuple[str, ...], until: float) -> None:
        self._allowed = allowed
        self._until = until
        self._below = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            addresses = resolved(host, port, self._allowed)
        except RefusedAddressError:
            raise
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from None
        for i, (address, _) in enumerate(addresses):
            limit = _left(self._until, timeout)
            try:
                stream = self._below.connect_tcp(address, port, limit, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if i + 1 == len(addresses):
                    raise
            else:
                return _Timed(stream, self._until)
        raise httpcore2.ConnectError("no address")


class _Timed(httpcore2.NetworkStream):
    """A stream that ends in time, however slowly its bytes drip."""

    def __init__(self, below: httpcore2.NetworkStream, until: float) -> None:
        self._below = below
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._below.write(buffer, _left(self._until, timeout))

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._below.start_tls(ssl_context, server_hostname, _left(self._until, timeout))
        return _Timed(stream, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._below.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("out of time")
    return left if timeout is None else min(left, timeout)
