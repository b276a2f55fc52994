"""What policies did, in words: when, about what, by whose agreement, and how it ended."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tabiji.journeys import Text
from tabiji.policies import BudgetBelow, Change, Episode, Exemption, Exhausted, Policy, Step
from tabiji.reports.ledger import (
    Entry,
    Told,
    episodes,
    history_json,
    history_notes,
    history_sentences,
    history_table,
)

NOW = 29_000_000  # 2025-02-19 21:20 in UTC
SPENT = Step(
    "spent", Text("Spent"), Exhausted(Fraction(1, 10)), ("stop-risky-deployments", "review"), ("Ito",)
)
LOW = Step("low", Text("Low"), BudgetBelow(Fraction(1, 2), Fraction(11, 20)), ("notify",), ("Sato",))
POLICY = Policy("budget", Text("Budget"), None, ("watch",), ("Sato", "Ito"), "2025-02-01", (LOW, SPENT))
LAUNCH = Exemption("Sato", "The launch", None, NOW + 60)


def entry(number: int, change: Change, policy: Policy | None = POLICY) -> Entry:
    return Entry(number, change.minute * 60 + 5, change, policy)


def spent(acted: int | None = None, suspended: int | None = None, ended: int | None = None) -> Episode:
    return Episode("budget", "spent", "watch/play", NOW, acted, suspended, ended)


HELD = Change("suspended", "exception", NOW, spent(None, NOW + 60), SPENT.then, SPENT.owners, LAUNCH)
ACTS = Change("acts", "exception-over", NOW + 60, spent(NOW + 60), SPENT.then, SPENT.owners)
ENDED = Change("ended", "recovered", NOW + 90, spent(NOW + 60, None, NOW + 90), SPENT.then, SPENT.owners)
GONE = Change("ended", "withdrawn", NOW + 90, spent(NOW + 60, None, NOW + 90))


def test_changes_become_episodes_in_the_order_in_which_they_began() -> None:
    again = Change(
        "acts", "exhausted", NOW + 200, Episode("budget", "spent", "watch/play", NOW + 200, NOW + 200)
    )
    other = Change(
        "acts", "budget-below", NOW + 10, Episode("budget", "low", "watch/play", NOW + 10, NOW + 10)
    )
    entries = [entry(at, one) for at, one in enumerate((HELD, other, ACTS, ENDED, again), 1)]
    assert episodes(entries) == (
        Told((entries[0], entries[2], entries[3])),
        Told((entries[1],)),
        Told((entries[4],)),
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            (entry(1, HELD), entry(2, ACTS), entry(3, ENDED)),
            (
                "From 2025-02-19 21:20 to 2025-02-19 22:50, for 1 h 30 min: nothing of the budget is left.",
                "On 2025-02-19 21:20 an exception until 2025-02-19 22:20 held it back (Sato: The launch).",
                "Due on 2025-02-19 22:20: stop risky deployments, a review. Owners: Ito.",
                "It ended: 10 % of the budget is back.",
                "Agreed by Sato, Ito on 2025-02-01.",
            ),
            id="held back, due, over",
        ),
        pytest.param(
            (entry(2, ACTS),),
            (
                "Since 2025-02-19 21:20, for 2 h so far: nothing of the budget is left.",
                "Due on 2025-02-19 22:20: stop risky deployments, a review. Owners: Ito.",
                "Agreed by Sato, Ito on 2025-02-01.",
            ),
            id="lasts still",
        ),
        pytest.param(
            (entry(1, ACTS, None), entry(2, GONE, None)),
            (
                "From 2025-02-19 21:20 to 2025-02-19 22:50, for 1 h 30 min: its condition is true.",
                "Due on 2025-02-19 22:20: stop risky deployments, a review. Owners: Ito.",
                "It ended: this is no longer agreed.",
                "Who agreed to it can't be read any more.",
            ),
            id="of a policy that is gone",
        ),
    ],
)
def test_an_episode_in_words(told: tuple[Entry, ...], expected: tuple[str, ...]) -> None:
    assert history_sentences(Told(told), NOW + 120, "UTC") == expected


def test_the_table_of_episodes_marks_what_lasts_and_what_is_held_back() -> None:
    told = [Told((entry(1, HELD),)), Told((entry(2, ACTS), entry(3, ENDED)))]
    assert history_table(told, NOW + 30, "Asia/Tokyo").rows == (
        ("watch/play", "spent", "2025-02-20 06:20", "30 min +", "(stop, review)"),
        ("watch/play", "spent", "2025-02-20 06:20", "1 h 30 min", "stop, review"),
    )
    assert history_notes(told, "Asia/Tokyo") == (
        "stop: stop risky deployments; review: a review.",
        "+ It lasts still.",
        "( ) Held back by an exception.",
        "Times are those of Asia/Tokyo.",
    )


def test_the_ledger_as_json() -> None:
    (episode,) = history_json([Told((entry(1, HELD), entry(2, ACTS), entry(3, ENDED)))])["episodes"]  # type: ignore[misc]
    changes = episode.pop("changes")
    assert episode == {
        "policy": "budget",
        "step": "spent",
        "journey": "watch",
        "objective": "watch/play",
        "agreed": {"by": ["Sato", "Ito"], "on": "2025-02-01"},
        "actions": ["stop-risky-deployments", "review"],
        "owners": ["Ito"],
        "began": "2025-02-19T21:20:00Z",
        "acted": "2025-02-19T22:20:00Z",
        "suspended_until": None,
        "ended": "2025-02-19T22:50:00Z",
    }
    assert [(one["number"], one["at"], one["kind"], one["reason"]) for one in changes] == [
        (1, "2025-02-19T21:20:00Z", "suspended", "exception"),
        (2, "2025-02-19T22:20:00Z", "acts", "exception-over"),
        (3, "2025-02-19T22:50:00Z", "ended", "recovered"),
    ]
    assert changes[0]["exception"] == {"by": "Sato", "reason": "The launch", "until": "2025-02-19T22:20:00Z"}
    assert changes[0]["recorded_at"] == "2025-02-19T21:20:05Z"
