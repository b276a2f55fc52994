"""The ledger of policies: only added to, by one at a time."""

from __future__ import annotations

import pytest

from tabiji import store
from tabiji.policies import Change, Episode, Exemption
from tabiji.store import Agreeing, Recorded, StaleRound

ACTED = Episode("budget", "gone", "watch/play", 10, acted=10)
LAUNCH = Exemption("Sato", "日本の春", None, 99, ("gone",), ())
HELD = Episode("budget", "low", "watch/play", 10, suspended_until=99)
BEGIN = (
    Change("acts", "exhausted", 10, ACTED, ("stop-risky-deployments", "review"), ("Sato", "Ito")),
    Change("suspended", "exception", 10, HELD, ("notify",), ("Sato",), LAUNCH),
)
END = Change("ended", "recovered", 30, Episode("budget", "gone", "watch/play", 10, acted=10, ended=30))
AGAIN = Episode("budget", "gone", "watch/play", 40, acted=40)


def test_episodes_are_open_until_they_end(store_url: str) -> None:
    with store.open(store_url) as opened:
        assert opened.agreeing() == Agreeing(0, None, ())
        opened.record_policies(0, 10, BEGIN, now=600)
        assert opened.agreeing() == Agreeing(1, 10, (ACTED, HELD))
        opened.record_policies(1, 30, [END], now=1800)
        assert opened.agreeing() == Agreeing(2, 30, (HELD,))
        opened.record_policies(2, 40, [Change("acts", "exhausted", 40, AGAIN)], now=2400)
        assert opened.agreeing() == Agreeing(3, 40, (HELD, AGAIN))


def test_the_ledger_has_every_change_as_it_was(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.record_policies(0, 10, BEGIN, now=600)
        opened.record_policies(1, 30, [END], now=1800)
        every = [Recorded(1, 600, BEGIN[0]), Recorded(2, 600, BEGIN[1]), Recorded(3, 1800, END)]
        assert opened.policy_ledger() == every
        assert opened.policy_ledger(11) == every[2:]
        assert opened.policy_ledger(10, 30) == every[:2]


def test_of_two_that_ask_at_once_one_records(store_url: str) -> None:
    with store.open(store_url) as opened:
        opened.record_policies(0, 10, BEGIN, now=600)
        with pytest.raises(StaleRound, match="somebody else has asked the policies"):
            opened.record_policies(0, 10, BEGIN, now=601)
        assert len(opened.policy_ledger()) == 2
