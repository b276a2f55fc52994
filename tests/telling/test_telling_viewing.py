"""What pages show of incidents, alerts and the outbox: exact, of a site that fails when told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from stories import START, Story, story, write

from tabiji import store
from tabiji.errors import UsageError
from tabiji.incidents import Roles, Spent, roles
from tabiji.journeys import Tier
from tabiji.runs import intervening
from tabiji.runs.intervening import Word
from tabiji.runs.viewing import alerts, incident, incidents, outbox
from tabiji.runs.viewing.incidents import Asked

FAILING = {"PlayVideo": 60}  # of 100 requests a minute
PAGE = Tier(Fraction(2, 100), 60, "page")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that was calm for 50 hours, and then failed for 12 minutes."""
    folder = tmp_path_factory.mktemp("failed")
    made = story(folder, "sqlite:///tabiji.db")
    made.pass_(12, FAILING)
    made.opened.close()
    return folder


@pytest.fixture
def told(failed: Path, tmp_path: Path) -> Iterator[Story]:
    folder = tmp_path / "site"
    shutil.copytree(failed, folder)
    site = write(folder, "sqlite:///tabiji.db")
    made = Story(site, store.open(site.store), minute=3012)
    yield made
    made.opened.close()


def whole(made: Story, **asked: object) -> incidents.Listing:
    return incidents.listing(made.site, made.opened, Asked(START, START + made.minute, **asked))  # type: ignore[arg-type]


def test_an_open_incident_is_listed_first_with_who_sees_to_it(told: Story) -> None:
    told.pass_(600)
    told.pass_(12, FAILING)
    word = Word("Yuki", told.now)
    intervening.own(told.opened, 2, "Aya", "commander", word)
    found = whole(told)
    assert [(row.incident.number, row.is_open, row.roles.commander, row.taken_by) for row in found.rows] == [
        (2, True, "Aya", None),
        (1, False, None, None),
    ]
    assert (found.fast.noticed, found.fast.recovered) == (2, 1)
    assert found.fast.means.to_recover == found.fast.means.to_recover_median == 12
    assert [row.incident.number for row in whole(told, state="open").rows] == [2]
    assert [row.incident.number for row in whole(told, state="closed").rows] == [1]
    assert whole(told, team="learning").rows == found.rows
    assert whole(told, team="other").rows == whole(told, journey="other").rows == ()
    past = incidents.listing(told.site, told.opened, Asked(START, START + 3000))
    assert [row.incident.number for row in past.rows] == [2]  # what is open is always there
    assert past.any_at_all


def test_the_period_before_is_as_long(told: Story) -> None:
    told.pass_(600)
    end = START + told.minute
    found = incidents.listing(told.site, told.opened, Asked(end - 400, end))
    assert (found.rows, found.fast.noticed) == ((), 0)
    assert found.before.noticed == 1


def test_an_incident_with_all_that_belongs_to_it(told: Story) -> None:
    intervening.note(told.opened, 1, Word("Ken", told.now, "<b>we look</b>"))
    told.pass_(600)
    found = incident.view(told.site, told.opened, 1, "en")
    assert found.told.title == "Over: Watch a course works again; 1 in 5 attempts failed from 11:00 to 11:12"
    assert (found.started, found.ended, found.is_open) == (START + 3000, START + 3012, False)
    assert [(one.objective.name, one.spent, one.failed) for one in found.own] == [
        (
            "available",
            Spent("watch/available", 720, 3600, Fraction(1, 100) * 3012 * 300),
            Fraction(1, 5),
        )
    ]
    assert found.others == ()
    assert found.worst_minute == START + 3000
    assert [(one.kind, one.minute - START) for one in found.moments] == [
        ("started", 3000),
        ("detected", 3011),
        ("fires", 3011),
        ("said", 3012),
        ("told", 3012),
        ("recovered", 3012),
        ("calms", 3017),
        ("told", 3032),
        ("closed", 3032),
    ]
    assert [(one.strongest.tier, one.lasted_minutes, one.share) for one in found.fired] == [
        (PAGE, 6, Fraction(720, 9051))
    ]
    assert {one.message.receiver for one in found.posts} == {"phone", "denwa"}
    assert next(one.message.stage for one in found.posts if one.message.receiver == "phone") == "opened"
    assert [one.fact.text for one in found.moments if one.fact is not None] == ["<b>we look</b>"]
    assert found.policies == ()


def test_alerts_one_after_the_other_are_one_moment(told: Story) -> None:
    told.pass_(600)
    found = incident.view(told.site, told.opened, 1, "ja").moments
    kinds = [one.kind for one in found]
    assert "alerts" in kinds or sum(kind in ("fires", "calms") for kind in kinds) < 4
    every = [each for one in found for each in (one.within or (one,))]
    opened = [each.alert for each in every if each.kind == "fires"]
    closed = [each.alert for each in every if each.kind == "calms"]
    assert sorted(one.number or 0 for one in opened if one) == sorted(
        one.number or 0 for one in closed if one
    )
    assert [one.minute for one in every] == sorted(one.minute for one in every)


def test_a_stamp_changes_with_what_is_done_and_not_with_notes(told: Story) -> None:
    first = incident.view(told.site, told.opened, 1, "en").stamp
    word = Word("Yuki", told.now, "seen")
    intervening.note(told.opened, 1, word)
    assert incident.view(told.site, told.opened, 1, "en").stamp == first
    intervening.acknowledge(told.opened, 1, word)
    found = incident.view(told.site, told.opened, 1, "en")
    assert found.stamp != first
    assert [one.kind for one in incident.since(first, found.facts)] == ["acknowledged"]
    assert incident.since(found.stamp, found.facts) == ()
    assert incident.since("hostile", found.facts) == ()


# Roles


ROLES = {
    "nobody": ([], Roles()),
    "one commands": ([("commands", "a")], Roles("a")),
    "who takes over relieves": ([("commands", "a"), ("commands", "b")], Roles("b", ("a",))),
    "a helper takes over": ([("helps", "a"), ("helps", "b"), ("commands", "a")], Roles("a", ("b",))),
    "a commander steps back": ([("commands", "a"), ("helps", "a")], Roles(None, ("a",))),
    "helping twice": ([("helps", "a"), ("helps", "a")], Roles(None, ("a",))),
    "leaving": ([("commands", "a"), ("helps", "b"), ("leaves", "a")], Roles(None, ("b",))),
    "leaving without a part": ([("leaves", "a")], Roles()),
}


@pytest.mark.parametrize(("said", "expected"), ROLES.values(), ids=ROLES)
def test_who_does_what(said: list[tuple[str, str]], expected: Roles) -> None:
    assert roles(said) == expected  # type: ignore[arg-type]


def test_a_role_is_kept_with_who_said_it_and_why(told: Story) -> None:
    assert intervening.own(told.opened, 1, "Aya: PM", "commander", Word("Yuki", told.now, "knows it: best"))
    assert not intervening.own(told.opened, 1, "Aya PM", "commander", Word("Ken", told.now))
    assert told.opened.notices.acknowledged([1]) == {}  # somebody else said so
    assert intervening.own(told.opened, 1, "Ken", "helper", Word("Ken", told.now))
    assert told.opened.notices.acknowledged([1])[1].author == "Ken"
    facts = told.opened.incident_facts(1)
    assert [(one.author, one.kind, one.text) for one in facts] == [
        ("Yuki", "commands", "Aya PM: knows it: best"),
        ("Ken", "helps", "Ken"),
        ("Ken", "acknowledged", ""),
    ]
    assert intervening.roles_of(facts) == Roles("Aya PM", ("Ken",))
    with pytest.raises(UsageError):
        intervening.own(told.opened, 1, " \n", "helper", Word("Ken", told.now))


def test_a_closing_by_hand_can_be_taken_back(told: Story) -> None:
    word = Word("Yuki", told.now)
    with pytest.raises(UsageError):
        intervening.reopen(told.site, told.opened, 1, word)  # it is open
    intervening.close(told.site, told.opened, 1, START + told.minute, word)
    intervening.reopen(told.site, told.opened, 1, word)
    assert intervening.find(told.opened, 1).closed_minute is None
    told.pass_(600)
    over = intervening.find(told.opened, 1)
    assert over.closing == "calm"
    with pytest.raises(UsageError):
        intervening.reopen(told.site, told.opened, 1, word)
    assert [one.kind for one in told.opened.incident_facts(1)] == ["closed", "reopened"]


def test_what_followed_a_closing_is_merged_and_not_overlapped(told: Story) -> None:
    word = Word("Yuki", told.now)
    intervening.close(told.site, told.opened, 1, START + told.minute, word)
    told.pass_(600)
    told.pass_(12, FAILING)
    with pytest.raises(UsageError, match="2"):
        intervening.reopen(told.site, told.opened, 1, word)


# Alerts


def test_alerts_are_listed_with_what_they_cost_and_whether_they_were_useful(told: Story) -> None:
    asked = alerts.Asked(START, START + told.minute)
    found = alerts.listing(told.site, told.opened, asked)
    assert found.counts == {"open": len(found.rows), "useful": 0, "false": 0, "late": 0}
    told.pass_(6000, step=500)
    found = alerts.listing(told.site, told.opened, alerts.Asked(START, START + told.minute))
    assert found.counts["open"] == 0
    agreed = [row for row in found.rows if not row.alert.provisional]
    assert {row.incident for row in agreed} == {1}
    assert {row.state for row in agreed} == {"useful"}
    (page,) = (row for row in agreed if row.alert.tier == PAGE)
    assert page.burnt is not None
    assert (page.burnt.tally.bad, page.lasted_minutes) == (
        720,
        (page.alert.closed_minute or 0) - page.alert.opened_minute,
    )
    few = alerts.listing(told.site, told.opened, asked, shown_max=1)
    assert (len(few.rows), few.left_out) == (1, len(found.rows) - 1)
    only = alerts.Asked(
        START, START + told.minute, severity="page", state="useful", objective="watch/available"
    )
    assert {row.alert.tier.severity for row in alerts.listing(told.site, told.opened, only).rows} == {"page"}
    none = alerts.Asked(START, START + told.minute, team="other")
    assert alerts.listing(told.site, told.opened, none).rows == ()


def test_why_each_tier_fires_at_a_moment_or_not(told: Story) -> None:
    before = alerts.why(told.site, told.opened, "watch/available", START + 3000, {})
    assert [tier.reason for tier in before.standing.tiers] == ["below-both"] * 3
    assert (before.fired, before.alerts) == (frozenset(), ())
    now = alerts.why(told.site, told.opened, "watch/available", START + told.minute, {})
    assert {PAGE} <= now.fired
    assert {one.tier for one in now.alerts} == now.fired
    assert next(tier.firing for tier in now.standing.tiers)
    assert not now.gone
    with pytest.raises(UsageError):
        alerts.why(told.site, told.opened, "watch/nothing", START + told.minute, {})


# The outbox


def test_the_outbox_with_its_receivers(told: Story) -> None:
    found = outbox.outbox(told.site, told.opened)
    assert [(one.message.receiver, one.message.stage) for one in found.pending] == [
        ("phone", "opened"),
        ("denwa", "opened"),
    ]
    assert [(one.name, one.channel, one.teams, one.pending, one.failing) for one in found.receivers] == [
        ("phone", "webhook", ("learning",), 1, 0),
        ("denwa", "webhook", ("learning",), 1, 0),
        ("board", "webhook", ("learning",), 0, 0),
        ("news", "webhook", ("learning",), 0, 0),
    ]
    posted, _ = told.opened.delivering.claim("phone", told.now) or (None, None)
    assert posted is not None
    told.opened.delivering.failed(posted, "it did not answer", None, told.now)
    posted, _ = told.opened.delivering.claim("denwa", told.now) or (None, None)
    assert posted is not None
    told.opened.delivering.sent(posted, None, told.now)
    found = outbox.outbox(told.site, told.opened)
    assert [(one.message.receiver, one.failure) for one in found.dead] == [("phone", "it did not answer")]
    assert [one.message.receiver for one in found.sent] == ["denwa"]
    assert (found.pending, found.failing) == ((), 0)
    assert [one.state for one in incident.view(told.site, told.opened, 1, "en").posts] == ["dead", "sent"]
