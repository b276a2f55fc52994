"""What somebody may take note of, and a secret → a link that lets whoever has it do so, and nothing else."""

from __future__ import annotations

import hashlib
import hmac

from tabiji.notices.facts import Urgency

SIGNED_BY = "acknowledge"  # the name of the secret that signs these links
SIGNATURE_CHARACTERS = 32  # 128 bits


def acknowledgeable(topic: str, urgency: Urgency) -> str | None:
    """How a topic is called in a link: an incident by its number; None for what nobody can take note of."""
    kind, _, rest = topic.partition(":")
    if kind == "incident":
        return rest
    return topic if kind == "summary" and urgency == "page" else None


def topic_of(name: str) -> str:
    """The topic that `acknowledgeable` named."""
    return f"incident:{name}" if name.isascii() and name.isdecimal() else name


def signature(secret: str, name: str) -> str:
    """What only who knows the secret can make of a name."""
    signed = hmac.new(secret.encode(), f"acknowledge {name}".encode("utf-8", "replace"), hashlib.sha256)
    return signed.hexdigest()[:SIGNATURE_CHARACTERS]


def is_signed(secret: str, name: str, written: str) -> bool:
    """Whether a signature is that of a name; takes as long for any that is not."""
    return hmac.compare_digest(signature(secret, name).encode(), written.encode("utf-8", "replace"))


def link(address: str, secret: str, name: str, language: str) -> str:
    """The link, to a page in a language; `address` is where people reach the pages."""
    return f"{address}/acknowledge/{name}/{signature(secret, name)}?lang={language}"
