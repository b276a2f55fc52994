"""Policies are signed: who signed which terms, what changes ask anew, and what the commands say of it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from tabiji import agreements, cli, definitions, store
from tabiji.acts import Act
from tabiji.agreements import Agreement, Concern, Signature, Standing, fold, standing
from tabiji.catalogues import catalogue
from tabiji.definitions.policies import condition as read_condition
from tabiji.definitions.terms import Terms, condition_text, end_text, terms
from tabiji.errors import UsageError
from tabiji.language import LANGUAGES, Language, _, speaking
from tabiji.policies import BudgetBelow, Condition, Exemption, Exhausted, Happens
from tabiji.runs import signing
from tabiji.runs.signing import Seen
from tabiji.runs.viewing.policies import when_of
from tabiji.store import StaleAct
from tabiji.web.pages.policies import EXAMPLE

NOW = 1_750_000_000


def said(*acts: tuple[str, str, dict[str, str]]) -> list[Act]:
    """Acts one second after the other, numbered from 1."""
    return [
        Act("agreement", "spent", what, NOW + place, who, body, place)
        for place, (who, what, body) in enumerate(acts, start=1)
    ]


def signs(who: str, part: str, digest: str = "new") -> tuple[str, str, dict[str, str]]:
    return who, "signed", {"part": part, "digest": digest, "text": f"the {digest} one"}


def signature(who: str, part: agreements.Part, number: int, digest: str = "new") -> Signature:
    return Signature(who, part, NOW + number, digest, f"the {digest} one", number)


SATO, ITO = signature("Sato", "product-owner", 1), signature("Ito", "team", 2)
STANDINGS = {
    "nobody has said anything": ((), Standing("unsigned", (), (), ("product-owner", "team"), ())),
    "one has signed": (
        (signs("Sato", "product-owner"),),
        Standing("waiting", (SATO,), (), ("team",), ()),
    ),
    "product owner and team have signed": (
        (signs("Sato", "product-owner"), signs("Ito", "team")),
        Standing("agreed", (SATO, ITO), (), (), ()),
    ),
    "SRE does not stand for the team": (
        (signs("Sato", "product-owner"), signs("Ito", "sre")),
        Standing("waiting", (SATO, signature("Ito", "sre", 2)), (), ("team",), ()),
    ),
    "both signed other terms": (
        (signs("Sato", "product-owner", "old"), signs("Ito", "team", "old")),
        Standing(
            "changed",
            (),
            (signature("Sato", "product-owner", 1, "old"), signature("Ito", "team", 2, "old")),
            ("product-owner", "team"),
            (),
        ),
    ),
    "one has signed anew": (
        (signs("Sato", "product-owner", "old"), signs("Ito", "team", "old"), signs("Sato", "product-owner")),
        Standing(
            "changed",
            (signature("Sato", "product-owner", 3),),
            (signature("Ito", "team", 2, "old"),),
            ("team",),
            (),
        ),
    ),
    "a signature is taken back": (
        (signs("Sato", "product-owner"), signs("Ito", "team"), ("Ito", "withdrawn", {"why": "no"})),
        Standing("waiting", (SATO,), (), ("team",), ()),
    ),
    "a concern is told beside the signatures": (
        (
            signs("Sato", "product-owner"),
            signs("Ito", "team"),
            ("Ueda", "asked", {"why": "x", "digest": "new"}),
        ),
        Standing("agreed", (SATO, ITO), (), (), (Concern("Ueda", "x", NOW + 3, "new", 3),)),
    ),
    "a concern about other terms is over": (
        (("Ueda", "asked", {"why": "x", "digest": "old"}),),
        Standing("unsigned", (), (), ("product-owner", "team"), ()),
    ),
    "whoever signs has no concern any more": (
        (("Sato", "asked", {"why": "x", "digest": "new"}), signs("Sato", "product-owner")),
        Standing("waiting", (signature("Sato", "product-owner", 2),), (), ("team",), ()),
    ),
    "what nobody knows changes nothing": (
        (signs("Sato", "product-owner"), ("Sato", "sung", {}), ("Ito", "signed", {"part": "king"})),
        Standing("waiting", (SATO,), (), ("team",), ()),
    ),
}


@pytest.mark.parametrize(("acts", "expected"), STANDINGS.values(), ids=STANDINGS)
def test_how_a_policy_stands(acts: Sequence[tuple[str, str, dict[str, str]]], expected: Standing) -> None:
    found = fold(said(*acts))
    assert standing(found, "new") == expected
    assert found.last == len(acts)


SIGNED = fold(said(signs("Sato", "product-owner"), ("Ueda", "asked", {"why": "x", "digest": "new"})))
REFUSED = {
    "signing twice": (
        lambda: agreements.sign("spent", SIGNED, "new", "", "Sato", "product-owner", NOW),
        "Sato has signed this text already",
    ),
    "agreeing with oneself": (
        lambda: agreements.sign("spent", SIGNED, "new", "", "Sato", "team", NOW),
        "Sato has signed this text as the product owner already; nobody agrees with themselves, so somebody else signs",
    ),
    "asking without a reason": (
        lambda: agreements.ask("spent", "new", "Ito", "  ", NOW),
        "say why in a sentence; it is kept",
    ),
    "asking at too great length": (
        lambda: agreements.ask("spent", "new", "Ito", "x" * 4001, NOW),
        "the reason has 4001 characters; 4000 are the most",
    ),
    "taking back what was never said": (
        lambda: agreements.withdraw("spent", SIGNED, "Ito", "x", NOW),
        "Ito has neither signed this policy nor asked for a change of it",
    ),
}


@pytest.mark.parametrize(("act", "message"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(act: Callable[[], Act], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        act()


def test_what_makes_sense_is_an_act() -> None:
    assert agreements.sign("spent", SIGNED, "other", "t", "Sato", "team", NOW) == Act(
        "agreement", "spent", "signed", NOW, "Sato", {"part": "team", "digest": "other", "text": "t"}
    )
    assert agreements.ask("spent", "new", "Ito", "x" * 4000, NOW).body == {"why": "x" * 4000, "digest": "new"}
    assert agreements.withdraw("spent", SIGNED, "Ueda", " y ", NOW) == Act(
        "agreement", "spent", "withdrawn", NOW, "Ueda", {"why": "y"}
    )


# Terms

FIRST = """\
policies:
  spent:
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    steps:
      spent: {when: budget exhausted, then: [review]}
"""
ALIKE = {
    "comments and layout": FIRST.replace("    owners: [Sato]", "    # who?\n    owners:\n      - 'Sato'"),
    "the order of keys": FIRST.replace("    owners: [Sato]\n", "") + "    owners: [Sato]\n",
    "who agreed, by the file": FIRST.replace("by: [Sato], on: 2026-04-01", "by: [Ito], on: 2026-05-01"),
    "an exception": FIRST + "    exceptions: [{by: Sato, reason: x, until: 2026-05-01}]\n",
    "another policy beside it": FIRST + "  other: {owners: [Ito]}\n",
}
OTHER = {
    "another condition": FIRST.replace("budget exhausted", "budget below 10%"),
    "another owner": FIRST.replace("owners: [Sato]", "owners: [Ito]"),
    "journeys of its own": FIRST + "    journeys: [watch]\n",
}


def digest(text: str) -> str:
    return terms([("journeys/x.yaml", "journey: x"), ("policies/x.yaml", text)])["spent"].digest


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_what_decides_nothing_is_no_part_of_the_terms(text: str) -> None:
    assert digest(text) == digest(FIRST)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_decides_something_makes_other_terms(text: str) -> None:
    assert digest(text) != digest(FIRST)


def test_terms_are_yaml_of_one_layout() -> None:
    found = terms([("policies/x.yaml", ALIKE["comments and layout"])])
    text = (
        "spent:\n  owners: [Sato]\n  steps:\n    spent:\n      when: budget exhausted\n      then: [review]\n"
    )
    assert found == {"spent": Terms("policies/x.yaml", text, digest(FIRST))}


@pytest.mark.parametrize(
    ("start", "minute", "expected"),
    [
        pytest.param(100, 99, "later", id="the minute before it begins"),
        pytest.param(100, 100, "now", id="its first minute"),
        pytest.param(100, 199, "now", id="its last minute"),
        pytest.param(100, 200, "over", id="its end"),
        pytest.param(None, 0, "now", id="without a beginning, always before its end"),
    ],
)
def test_exceptions_hold_until_their_end(start: int | None, minute: int, expected: str) -> None:
    assert when_of(Exemption("Sato", "x", start, 200), minute) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(
            BudgetBelow(Fraction("0.5"), Fraction("0.55")),
            ("budget below 50%", "budget back at 55%"),
            id="whole percents",
        ),
        pytest.param(
            BudgetBelow(Fraction("0.1234567"), Fraction("0.2")),
            ("budget below 12.34567%", "budget back at 20%"),
            id="every decimal",
        ),
        pytest.param(
            Exhausted(Fraction(1)), ("budget exhausted", "budget back at 100%"), id="the whole budget"
        ),
        pytest.param(Happens("page"), ("page fires", None), id="an alert"),
        pytest.param(Happens("drop"), ("drop found", None), id="a drop"),
    ],
)
def test_a_condition_is_written_as_it_is_read(condition: Condition, expected: tuple[str, str | None]) -> None:
    assert (condition_text(condition), end_text(condition)) == expected
    found = read_condition(expected[0])
    assert type(found) is type(condition)


# Kept, on both databases


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one policy."""
    made = tmp_path / "site"
    (made / "journeys").mkdir(parents=True)
    (made / "policies").mkdir()
    (made / "tabiji.yaml").write_text("timezone: Asia/Tokyo\n")
    (made / "journeys" / "watch.yaml").write_text(
        "journey: watch\nsteps: {all: {events: \"kind = 'request'\"}}\n"
        "objectives: {available: {good: status < 500, target: 99%}}\n"
    )
    (made / "policies" / "x.yaml").write_text(FIRST)
    return made


def test_signatures_are_kept_and_told_for_any_moment(store_url: str, folder: Path) -> None:
    site = definitions.load(folder, {})
    with store.open(store_url) as opened:
        signing.sign(site, opened, "spent", "team", "Ito", NOW)
        signing.sign(site, opened, "spent", "product-owner", "Sato", NOW + 60)
        signing.withdraw(site, opened, "spent", "Ito", "too strict", NOW + 120)

        def state(until: int | None) -> str:
            return signing.one_of(site, opened, "spent", until).standing.state

        moments = [NOW, NOW + 1, NOW + 61, NOW + 121, None]
        assert [state(one) for one in moments] == ["unsigned", "waiting", "agreed", "waiting", "waiting"]
        with pytest.raises(UsageError, match="did you mean `spent`"):
            signing.one_of(site, opened, "spend")


def test_nobody_signs_what_they_have_not_seen(store_url: str, folder: Path) -> None:
    site = definitions.load(folder, {})
    with store.open(store_url) as opened:
        read = signing.one_of(site, opened, "spent")
        (folder / "policies" / "x.yaml").write_text(OTHER["another condition"])
        changed = definitions.load(folder, {})
        with pytest.raises(StaleAct, match="the terms have changed"):
            signing.sign(changed, opened, "spent", "team", "Ito", NOW, Seen(read.terms.digest))
        signing.sign(site, opened, "spent", "team", "Ito", NOW, Seen(read.terms.digest, 0))
        with pytest.raises(StaleAct, match="somebody else was faster"):
            signing.sign(site, opened, "spent", "product-owner", "Sato", NOW, Seen(read.terms.digest, 0))
        last = signing.one_of(site, opened, "spent").agreement.last
        signing.sign(site, opened, "spent", "product-owner", "Sato", NOW, Seen(read.terms.digest, last))
        assert signing.one_of(site, opened, "spent").standing.state == "agreed"
        assert signing.one_of(changed, opened, "spent").standing.state == "changed"


def test_a_site_without_policies_has_nothing_to_sign(store_url: str, folder: Path) -> None:
    (folder / "policies" / "x.yaml").unlink()
    site = definitions.load(folder, {})
    with store.open(store_url) as opened:
        assert signing.all_of(site, opened) == ()
        with pytest.raises(UsageError, match="`spent` is not a policy; there are none"):
            signing.ask(site, opened, "spent", "Ito", "x", NOW)
        assert opened.acts.of() == []
    assert fold(()) == Agreement()


# The command


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in the workspace."""
    monkeypatch.chdir(folder)

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["tabiji", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Answer(code, *capfd.readouterr())

    return run


SHOWN = """\
spent (spent)
  When nothing of the budget is left: a review. Who sees to it: Sato.
  It waits for the product owner, the team.
  Its file says: agreed by Sato on 2026-04-01.
"""


def test_a_policy_is_read_signed_and_changed(ask: Ask, folder: Path) -> None:
    assert ask("policies", "show", "spent") == (0, SHOWN, "")
    assert ask("policies", "sign", "spent", "--as", "team", "--author", "Ito") == (
        0, "Ito has signed `spent`.\nIt waits for the product owner.\n", "",
    )  # fmt: skip
    refused = ask("policies", "sign", "spent", "--as", "product-owner", "--author", "Ito")
    assert (refused.code, refused.out) == (2, "")
    assert "nobody agrees with themselves" in refused.err
    signed = ask("policies", "sign", "spent", "--as", "product-owner", "--author", "Sato", "--json")
    document = json.loads(signed.out)
    assert (document["state"], document["missing"]) == ("agreed", [])
    assert [(one["who"], one["as"], one["current"]) for one in document["signatures"]] == [
        ("Ito", "team", True),
        ("Sato", "product-owner", True),
    ]
    (folder / "policies" / "x.yaml").write_text(OTHER["another condition"])
    shown = ask("policies", "show", "spent")
    assert "Sato signed earlier terms as the product owner" in shown.out
    assert "-       when: budget exhausted\n  +       when: budget below 10%\n" in shown.out
    (listed,) = json.loads(ask("policies", "--json").out)["policies"]
    assert (listed["state"], listed["steps"][0]["when"]) == ("changed", "budget below 10%")
    assert [one["current"] for one in listed["signatures"]] == [False, False]
    asked = ask("policies", "ask", "spent", "--reason", "too early", "--author", "Ueda")
    assert asked.out.startswith("Kept: Ueda asks for a change of `spent`.\n")
    back = ask("policies", "withdraw", "spent", "--reason", "we talked", "--author", "Ueda", "--json")
    assert json.loads(back.out)["concerns"] == []
    with store.open(f"sqlite:///{folder / 'tabiji.db'}") as opened:
        done = [(one.what, one.about, one.details["by"]) for one in opened.audit.between()]
    assert done == [
        ("policy-withdrawn", "policy spent", "Ueda"),
        ("policy-questioned", "policy spent", "Ueda"),
        ("policy-signed", "policy spent", "Sato"),
        ("policy-signed", "policy spent", "Ito"),
    ]


def test_what_there_is_not_is_told(ask: Ask, folder: Path) -> None:
    unknown = ask("policies", "show", "spend")
    assert unknown == (2, "", "`spend` is not a policy; did you mean `spent`?\n")
    (folder / "policies" / "x.yaml").unlink()
    assert ask("policies") == (0, "", "Nothing was agreed: there are no policies.\n")
    assert ask("policies", "sign", "spent", "--as", "team").err == "`spent` is not a policy; there are none\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_policy_that_the_page_shows_can_be_taken(folder: Path, language: Language) -> None:
    with speaking(catalogue(language)):
        (folder / "policies" / "x.yaml").write_text(_(EXAMPLE), "utf-8")
    (policy,) = definitions.load(folder, {}).policies
    assert [step.name for step in policy.steps] == ["half-spent", "spent"]
