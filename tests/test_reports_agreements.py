"""Corrections and the gate in plain words and as JSON."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tabiji import alerts
from tabiji.alerts import Standing
from tabiji.budgets import Tally
from tabiji.corrections import EVERYTHING, Correction, Dated
from tabiji.journeys import Objective, Text
from tabiji.policies import BudgetBelow, Condition, Exemption, Exhausted, Gate, Ground, Happens, Step
from tabiji.reports import (
    correction_notes,
    correction_sentences,
    corrections_json,
    gate_json,
    gate_sentences,
    status_table,
)
from tabiji.windows import Rolling

NOW = 29_000_000  # 2025-02-19 21:20
UPGRADE = Correction("upgrade", "planned-maintenance", "Ito", "The database moves", EVERYTHING, (0, 1))
DATED = Dated(UPGRADE, ((NOW - 300, NOW - 240), (NOW - 100, NOW - 70)))


def standing(good: int, total: int) -> Standing:
    objective = Objective(
        journey="watch", name="play", title=Text(), steps=("s",), good="a", exclude=None, faster_than_us=None,
        slices=None, target=Fraction(99, 100), target_text="99%", window=Rolling(1440), state="agreed", tiers=(),
    )  # fmt: skip
    tally = Tally(good, total)
    return alerts.standing(objective, tally, dict.fromkeys(alerts.burn_windows(objective), tally), NOW)


def test_a_corrected_standing_says_by_what_and_what_it_would_be_without() -> None:
    without = standing(992, 1000)
    assert correction_sentences([DATED], without) == (
        "Corrected for 1 h 30 min: upgrade (planned maintenance; Ito: The database moves).",
        "Without corrections 99.2 % would be good, and 20 % of the budget left.",
    )
    assert correction_notes([[DATED], []], [without, None]) == (
        "* Corrected: watch/play by upgrade; without, 99.2 % good and 20 % left.",
    )
    assert status_table([without], {"watch/play"}).rows[0][1] == "at risk *"


def test_a_corrected_standing_without_data_says_so() -> None:
    without = standing(0, 0)
    assert correction_sentences([DATED], without)[1] == "Without corrections there would be no data either."
    assert correction_notes([[DATED]], [without]) == (
        "* Corrected: watch/play by upgrade; without, no data as well.",
    )


def test_nothing_is_said_where_nothing_is_corrected() -> None:
    assert correction_sentences([], None) == ()
    assert correction_notes([[]], [None]) == ()
    assert corrections_json([], None) == {"corrections": [], "uncorrected": None}


def test_json_has_each_correction_and_the_standing_without() -> None:
    found = corrections_json([DATED], standing(992, 1000))
    assert found["corrections"] == [
        {
            "name": "upgrade",
            "category": "planned-maintenance",
            "author": "Ito",
            "reason": "The database moves",
            "from": "2025-02-19T16:20:00Z",
            "to": "2025-02-19T20:10:00Z",
            "minutes": 90,
        }
    ]
    without = found["uncorrected"]
    assert isinstance(without, dict)
    assert (without["state"], without["good"], without["total"]) == ("at-risk", 992, 1000)


def step(when: Condition) -> Step:
    return Step("spent", Text(), when, ("stop-risky-deployments",), ("Sato", "Ito"))


LAUNCH = Exemption("Sato", "The campaign begins", None, NOW + 60)
GONE = step(Exhausted(Fraction(1, 10)))


@pytest.mark.parametrize(
    ("ground", "expected"),
    [
        pytest.param(
            Ground("stopped", "watch", "budget", GONE, "watch/play", NOW),
            "watch: stop, because nothing of the budget is left for watch/play since 2025-02-19 21:20. Step "
            "`spent` of the policy `budget` stops risky deployments until 10 % of the budget is back. "
            "Ask Sato, Ito.",
            id="exhausted",
        ),
        pytest.param(
            Ground(
                "stopped",
                "watch",
                "budget",
                step(BudgetBelow(Fraction(1, 4), Fraction(3, 10))),
                "watch/play",
                NOW,
            ),
            "watch: stop, because less than 25 % of the budget is left for watch/play since "
            "2025-02-19 21:20. Step `spent` of the policy `budget` stops risky deployments until 30 % of the "
            "budget is back. Ask Sato, Ito.",
            id="below a share",
        ),
        pytest.param(
            Ground("stopped", "watch", "budget", step(Happens("page")), "watch/play", NOW),
            "watch: stop, because a page fires for watch/play since 2025-02-19 21:20. Step `spent` of the "
            "policy `budget` stops risky deployments until there was an hour without any. Ask Sato, Ito.",
            id="a page",
        ),
        pytest.param(
            Ground("excepted", "watch", "budget", GONE, "watch/play", NOW, LAUNCH),
            "watch: go, by an exception until 2025-02-19 22:20 (Sato: The campaign begins). Step `spent` of "
            "the policy `budget` would stop risky deployments, because nothing of the budget is left for "
            "watch/play since 2025-02-19 21:20.",
            id="an exception",
        ),
        pytest.param(
            Ground("in-keeping", "watch"),
            "watch: go. Nothing that was agreed stops deployments now.",
            id="in keeping",
        ),
        pytest.param(
            Ground("never-stops", "watch"),
            "watch: go. What was agreed about it never stops deployments.",
            id="never stops",
        ),
        pytest.param(
            Ground("no-policy", "watch"), "watch: go. Nothing was agreed about it.", id="nothing agreed"
        ),
    ],
)
def test_the_gate_says_why_in_plain_words(ground: Ground, expected: str) -> None:
    is_open = ground.kind != "stopped"
    head = "Go: deploying is in keeping with what was agreed." if is_open else "Stop: no risky deployments."
    assert gate_sentences(Gate(is_open, (ground,)), "UTC") == (head, expected)


def test_the_gate_as_json() -> None:
    ground = Ground("excepted", "watch", "budget", GONE, "watch/play", NOW, LAUNCH)
    gate = Gate(True, (ground, Ground("no-policy", "pay")))
    assert gate_json(gate, NOW * 60, "UTC") == {
        "at": "2025-02-19T21:20:00Z",
        "open": True,
        "grounds": [
            {
                "kind": "excepted",
                "journey": "watch",
                "text": gate_sentences(gate, "UTC")[1],
                "policy": "budget",
                "step": "spent",
                "objective": "watch/play",
                "since": "2025-02-19T21:20:00Z",
                "owners": ["Sato", "Ito"],
                "exception": {
                    "by": "Sato",
                    "reason": "The campaign begins",
                    "until": "2025-02-19T22:20:00Z",
                },
            },
            {"kind": "no-policy", "journey": "pay", "text": "pay: go. Nothing was agreed about it."},
        ],
    }
