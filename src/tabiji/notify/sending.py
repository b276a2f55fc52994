"""What a channel is given, and what it gives back: sent, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabiji.errors import OutsideError
from tabiji.notices import Message, Receiver


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way to one receiver.

    `image` is a PNG that belongs to it. `reference` is what sending the last message of its topic gave. `allowed` are
    the networks and hosts inside one's own net that may be reached. `now` is in seconds since the epoch.
    """

    receiver: Receiver
    message: Message
    now: int
    allowed: tuple[str, ...] = ()
    reference: str | None = None
    image: bytes | None = field(default=None, repr=False)

    def option(self, name: str) -> str | None:
        """A key of the receiver's, besides its address."""
        return dict(self.receiver.options).get(name)


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has it. `reference` is what the next message of the topic is sent with."""

    reference: str | None = None


class NotSent(OutsideError):  # noqa: N818 - an outcome that the caller expects, more than an error
    """The receiver does not have it, or did not say so: why, without addresses and secrets, as `failures` has it.

    `retry_after` is how many seconds the receiver wants to be left alone.
    """

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
