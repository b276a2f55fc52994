"""What happened, and what each receiver was told of it → what to tell whom, when; as plain values."""

from tabiji.notices.facts import (
    STAGES,
    URGENCIES,
    Channel,
    Duty,
    Message,
    Notifications,
    Quiet,
    Receiver,
    Stage,
    Urgency,
    message_json,
    message_of,
)
from tabiji.notices.knowing import Knows, Seen, Telling, knows_json, knows_of

__all__ = [
    "STAGES",
    "URGENCIES",
    "Channel",
    "Duty",
    "Knows",
    "Message",
    "Notifications",
    "Quiet",
    "Receiver",
    "Seen",
    "Stage",
    "Telling",
    "Urgency",
    "knows_json",
    "knows_of",
    "message_json",
    "message_of",
]
