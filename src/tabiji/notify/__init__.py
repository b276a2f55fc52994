"""Messages → receivers, one channel a module; to add one, copy a module and extend CHANNELS."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping

from tabiji.notices import Channel
from tabiji.notify import alertmanager, backlog, chat, failures, github, jira, webhook
from tabiji.notify.failures import said
from tabiji.notify.sending import NotSent, Sending, Sent

__all__ = ["CHANNELS", "SHOWING", "NotSent", "Sending", "Sent", "repeat_seconds", "said", "send"]

CHANNELS: Mapping[Channel, Callable[[Sending], Sent]] = {
    "apprise": chat.send,
    "alertmanager": alertmanager.send,
    "webhook": webhook.send,
    "github": github.send,
    "jira": jira.send,
    "backlog": backlog.send,
}
SHOWING: frozenset[Channel] = frozenset({"apprise"})  # the channels that can show an image

log = logging.getLogger("tabiji")


def send(sending: Sending) -> Sent:
    """Tells one receiver one message, once. Raises NotSent, with the reason, for whatever goes wrong."""
    receiver = sending.receiver
    if receiver.unset:
        names = ", ".join(f"`{name}`" for name in receiver.unset)
        raise NotSent(failures.NO_VARIABLES.format(names=names))
    try:
        return CHANNELS[receiver.channel](sending)
    except NotSent:
        raise
    except Exception as error:  # noqa: BLE001 - recorded as that of its message, and the others go on
        # without its words, which may hold an address
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error("%s failed: %s at %s:%s", receiver.name, type(error).__name__, where.filename, where.lineno)
        raise NotSent(failures.NO_CHANNEL.format(error=type(error).__name__)) from None


def repeat_seconds(channel: Channel) -> int | None:
    """After how long what goes on is said to a channel again; None for those that remember."""
    return alertmanager.REPEAT_SECONDS if channel == "alertmanager" else None
