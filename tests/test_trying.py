"""What policies did in the past, and what they would have done as they are and as drafted."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tabiji import definitions, policies, store
from tabiji.errors import UsageError
from tabiji.journeys import Text
from tabiji.policies import BudgetBelow, Change, Episode, Exhausted, Fact, Policy, Step
from tabiji.runs import simulating, trying
from tabiji.runs.ingesting import ingest
from tabiji.runs.judging import judge
from tabiji.runs.trying import Past, past
from tabiji.runs.viewing.redrafting import redraft

ONE = Episode("spent", "stop", "watch/plays", 10)
OTHER = replace(ONE, objective="watch/fast", began=40)


def acts(one: Episode, minute: int) -> Change:
    return Change("acts", "exhausted", minute, replace(one, acted=minute))


def ends(one: Episode, minute: int) -> Change:
    return Change("ended", "recovered", minute, replace(one, acted=one.began, ended=minute))


def held(one: Episode, minute: int) -> Change:
    return Change("suspended", "exception", minute, replace(one, suspended_until=999))


def resumes(one: Episode, minute: int) -> Change:
    return Change("resumed", "exception-over", minute, replace(one, acted=one.began))


def spans(
    objective: str, began: int, acted: int | None, ended: int | None, *some: tuple[int, int]
) -> trying.Episode:
    return trying.Episode(objective, began, acted, ended, some)


PASTS = {
    "nothing": ((), {}),
    "from its beginning to its end": (
        (acts(ONE, 10), ends(ONE, 20)),
        {"stop": Past("stop", (spans("watch/plays", 10, 10, 20, (10, 20)),), 10)},
    ),
    "it lasts still": (
        (acts(ONE, 10),),
        {"stop": Past("stop", (spans("watch/plays", 10, 10, None, (10, 100)),), 90)},
    ),
    "begun before the period": (
        (acts(replace(ONE, began=-5), -5), ends(replace(ONE, began=-5), 20)),
        {"stop": Past("stop", (spans("watch/plays", -5, None, 20, (0, 20)),), 20)},
    ),
    "over just when the period begins": (
        (acts(replace(ONE, began=-5), -5), ends(replace(ONE, began=-5), 0)),
        {},
    ),
    "begun just when the period ends": ((acts(replace(ONE, began=100), 100),), {}),
    "held back and in force again": (
        (acts(ONE, 10), held(ONE, 15), resumes(ONE, 30), ends(ONE, 35)),
        {"stop": Past("stop", (spans("watch/plays", 10, 10, 35, (10, 15), (30, 35)),), 10)},
    ),
    "held back all the time": (
        (held(ONE, 10), ends(ONE, 35)),
        {"stop": Past("stop", (spans("watch/plays", 10, None, 35),), 0)},
    ),
    "of two objectives at once no minute counts twice": (
        (acts(ONE, 10), acts(OTHER, 40), ends(ONE, 50), ends(OTHER, 60)),
        {
            "stop": Past(
                "stop",
                (spans("watch/plays", 10, 10, 50, (10, 50)), spans("watch/fast", 40, 40, 60, (40, 60))),
                50,
            )
        },
    ),
}


@pytest.mark.parametrize(("changes", "expected"), PASTS.values(), ids=PASTS)
def test_what_a_step_did_in_a_period(changes: Sequence[Change], expected: dict[str, Past]) -> None:
    assert past(changes, 0, 100) == expected


# On what was counted

SITE = """\
timezone: UTC
sources: {web: {format: json, paths: [web.ndjson], fields: {time: t, status: s}, operation: "'play'"}}
"""
JOURNEY = """\
journey: watch
steps: {play: {events: operation = 'play'}}
objectives:
  works: {good: status < 500, target: 90%, window: 2h, alerts: none}
  trial: {good: status < 400, target: 90%, window: 2h, alerts: none, state: provisional}
"""
POLICY = """\
# agreed in spring
policies:
  spent:
    agreed: {by: [Sato], on: 2026-04-01}
    owners: [Sato]
    steps:
      half: {when: budget below 50%, then: [notify]}  # a hint
      gone: {when: budget exhausted, until: budget back at 10%, then: [stop-risky-deployments, review]}
"""
START = 1_775_000_000 // 86400 * 86400
BAD = {range(180, 200): 9, range(400, 403): 2, range(500, 540): 9}  # of ten a minute


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten hours of ten events a minute, some of them bad."""
    made = tmp_path / "site"
    for name, text in {
        "tabiji.yaml": SITE,
        "journeys/watch.yaml": JOURNEY,
        "policies/p.yaml": POLICY,
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    lines = []
    for minute in range(600):
        bad = next((n for span, n in BAD.items() if minute in span), 0)
        lines += [json.dumps({"t": START + minute * 60 + i, "s": 500 if i < bad else 200}) for i in range(10)]
    (made / "web.ndjson").write_text("\n".join(lines) + "\n")
    return made


def asked_at_every_minute(site: definitions.Site, opened: store.Store, policy: Policy) -> list[Change]:
    """The slow way: judge and evaluate minute by minute."""
    episodes: tuple[Episode, ...] = ()
    found: list[Change] = []
    pairs = [(site.journeys[0], one) for one in site.journeys[0].objectives if one.state == "agreed"]
    for minute in range(START // 60 + 1, START // 60 + 601):
        facts = [
            Fact("watch", one.objective.id, one.remaining, {})
            for one in judge(site, opened, minute, pairs).standings
        ]
        changes = policies.evaluate([policy], facts, episodes, minute)
        episodes = policies.after(episodes, changes)
        found += changes
    return found


def counted(folder: Path) -> tuple[definitions.Site, store.Store]:
    site = definitions.load(folder, {})
    opened = store.open(site.store)
    ingest(site.sources[0], opened, now=START + 36_000, workers=1)
    return site, opened


def test_the_past_is_that_of_every_minute(folder: Path) -> None:
    site, opened = counted(folder)
    (policy,) = site.policies
    steps = (
        Step("half", Text(), BudgetBelow(Fraction(7, 10), Fraction(8, 10)), ("notify",), ("Sato",)),
        Step("gone", Text(), Exhausted(Fraction(1, 2)), ("stop-risky-deployments",), ("Sato",)),
    )
    draft = replace(policy, steps=steps)
    with opened:
        first, end = simulating.within(opened, None, None) or (0, 0)
        assert (first, end) == (START // 60, START // 60 + 600)
        found = trying.tried(site, opened, policy, draft, first, end)
        expected = [past(asked_at_every_minute(site, opened, one), first, end) for one in (policy, draft)]
    assert [dict(found.would), dict(found.drafted)] == expected
    assert found.stopped(found.would, policy) == expected[0]["gone"].minutes > 0
    assert found.stopped(found.drafted, draft) > found.stopped(found.would, policy)
    assert (found.did, found.since, found.steps) == ({}, None, ("half", "gone"))


def test_other_words_give_a_file_that_can_be_taken(folder: Path) -> None:
    site, opened = counted(folder)
    asked = {
        "when1": "budget below 70%", "until2": "budget back at 50%",
        "name3": "last", "when3": "budget below 10%", "then3": "notify、 review",
    }  # fmt: skip
    with opened:
        found = redraft(site, opened, "spent", asked, (None, None), {})
        same = redraft(site, opened, "spent", {"when1": " budget  below 50%"}, (None, None), {})
        wrong = redraft(site, opened, "spent", {"when1": "budgt", "then2": "sing"}, (None, None), {})
        gone = redraft(site, opened, "spent", {"when1": "", "until1": "", "then1": ""}, (None, None), {})
        with pytest.raises(UsageError, match="is not a policy"):
            redraft(site, opened, "nothing", {}, (None, None), {})
    assert "# a hint" in found.new_text
    assert "# agreed in spring" in found.new_text
    (folder / "policies" / "p.yaml").write_text(found.new_text)
    assert definitions.load(folder, {}).policies == (found.draft,)
    assert found.draft is not None
    assert [step.name for step in found.draft.steps] == ["half", "gone", "last"]
    assert found.draft.steps[2].then == ("notify", "review")
    assert (same.is_changed, same.draft, same.difference) == (False, None, [])
    assert [one.line for one in wrong.faults] == [7, 8]
    assert (wrong.draft, wrong.tried is not None) == (None, True)
    assert gone.draft is not None
    assert [step.name for step in gone.draft.steps] == ["gone"]


def test_a_file_is_tried_by_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from tabiji import cli

    site, opened = counted(folder)
    opened.close()

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tabiji", "policies", "try", *words, "-C", str(folder)])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        return code, *capfd.readouterr()

    draft = folder / "draft.yaml"
    draft.write_text(POLICY.replace("below 50%", "below 70%"))
    code, out, err = run(str(draft), "--json")
    assert (code, err) == (0, "")
    (found,) = json.loads(out)["policies"]
    assert found["name"] == site.policies[0].name
    minutes = {
        side: {one["name"]: one["minutes"] for one in found[side]["steps"]} for side in ("now", "draft")
    }
    assert minutes["draft"]["half"] > minutes["now"]["half"]
    assert minutes["draft"]["gone"] == minutes["now"]["gone"] == found["now"]["stopped_minutes"]
    code, out, _ = run(str(draft))
    assert code == 0
    assert out.startswith("`spent`, 2026-03-31 00:00 to 2026-03-31 10:00:\n")
    draft.write_text(POLICY.replace("budget exhausted", "budget exausted"))
    code, out, err = run(str(draft))
    assert (code, out) == (2, "")
    assert "`budget exausted` is not a condition" in err
    draft.write_text("corrections: {}\n")
    assert run(str(draft)) == (2, "", "there is no policy in `draft.yaml`\n")
