"""What is kept no longer → gone: rollups by the site's retention, ids of pushed batches, messages that ended."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.definitions import Site
from tabiji.runs import following
from tabiji.store import Store

DAY_SECONDS = 86_400
BATCHES_KEPT_SECONDS = 2 * DAY_SECONDS  # the promise is a day: what was pushed twice within it counts once
MESSAGES_KEPT_SECONDS = 90 * DAY_SECONDS
SESSIONS_KEPT_SECONDS = 30 * DAY_SECONDS  # after they are over
AUDIT_KEPT_SECONDS = 730 * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many ids of pushed batches, messages, entries of the ledger, sessions and entries of the audit are gone."""

    batches: int
    messages: int
    entries: int
    sessions: int
    audit: int


def tidy(site: Site, store: Store, now: int) -> Tidied:
    """Lets go of what is kept no longer; `now` is in seconds. Running it again does nothing.

    Alerts, incidents, policies' changes, marks and the definitions stay for ever: they are small, and they are the
    memory. So do the books; but of minutes that are kept no longer, the ledger need not say where each line stands.
    Raises StoreError where the database does not do its part.
    """
    following.trim(site, store, now)
    return Tidied(
        store.received.trim(now - BATCHES_KEPT_SECONDS),
        store.forgetting.messages(now - MESSAGES_KEPT_SECONDS),
        store.forgetting.entries(now - site.retention.minutes_days * DAY_SECONDS),
        store.sessions.trim(now - SESSIONS_KEPT_SECONDS),
        store.audit.trim(now - AUDIT_KEPT_SECONDS),
    )
