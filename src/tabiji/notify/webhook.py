"""A message → a signed POST of JSON to anybody's address."""

from __future__ import annotations

import hashlib
import hmac
import json

from tabiji.notices import message_json
from tabiji.notify import http
from tabiji.notify.sending import Sending, Sent


def send(sending: Sending) -> Sent:
    """Posts the message. A second one with the same key is the same message. Raises NotSent."""
    body = json.dumps(message_json(sending.message)).encode()
    headers = {"content-type": "application/json", "idempotency-key": sending.message.key}
    secret = sending.option("secret")
    if secret is not None:
        headers["x-tabiji-signature"] = f"t={sending.now},v1={signature(secret, sending.now, body)}"
    address = sending.receiver.address
    answer = http.request("POST", address, headers, body, sending.allowed)
    if not 200 <= answer.status < 300:
        raise http.refused(answer, sending.now, [address, secret or ""])
    return Sent()


def signature(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA256 over `{at}.{body}`, in hex: it holds for this body and this time only."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
