"""What pages on incidents and alerts say alike: who noticed, and times that people type."""

from __future__ import annotations

from collections.abc import Mapping

from tabiji import windows
from tabiji.errors import UsageError
from tabiji.incidents import Detector
from tabiji.language import N_
from tabiji.web.rendering import Page

NOTICED: Mapping[Detector, str] = {
    "alert": N_("an alert"),
    "enquiry": N_("an enquiry"),
    "human": N_("a person"),
}


def minute_of(page: Page, typed: str) -> int:
    """The minute that somebody typed, now where nothing was. Raises UsageError for what is no time."""
    try:
        return windows.parse_time(typed.strip() or "now", page.now, page.zone) // 60
    except ValueError as error:
        raise UsageError(str(error)) from None
