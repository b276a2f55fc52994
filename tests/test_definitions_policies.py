"""Policies and corrections in files: what they mean, every fault at its place, and when what recurs happens."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.corrections import EVERYTHING, Correction, Dated, Recurrence, Scope, merged
from tabiji.definitions import File, dated, load, schema
from tabiji.definitions.meanings import MistakeError
from tabiji.definitions.policies import condition
from tabiji.definitions.recurring import check_occurrences, check_rule, occurrences
from tabiji.definitions.shapes import FILES
from tabiji.definitions.templates import policies_yaml
from tabiji.errors import DefinitionError
from tabiji.journeys import Text
from tabiji.policies import BudgetBelow, Exemption, Exhausted, Happens, Policy, Step

DOCS = Path(__file__).parents[1] / "docs"
SITE = """\
timezone: Asia/Tokyo
sources:
  web: {format: nginx, paths: [access.log]}
  jobs: {format: sidekiq, paths: [jobs.log]}
teams: {learning: {}, billing: {}}
"""
WATCH = """\
journey: watch-course
team: learning
steps: {play: {events: "operation = 'PlayVideo'"}}
objectives:
  available: {good: status < 500, target: 99.9%}
  fast: {faster_than: 800ms, target: 99%, alerts: {ticket_only: true}}
"""
PAY = """\
journey: pay
team: billing
steps: {pay: {events: "operation = 'Pay'"}}
objectives:
  available: {good: status < 500, target: 99.9%, alerts: {ticket_only: true}}
"""
POLICIES = """\
policies:
  learning-budget:
    title: {en: When the budget runs out, ja: 予算が尽きたら}
    team: learning
    agreed: {by: [Sato (product), Ito (development)], on: 2026-04-01}
    owners: [Sato]
    steps:
      half:
        when: budget below 50%
        then: [notify]
      slow:
        when: ticket fires
        then: [ticket-next-sprint]
      gone:
        title: No risky deployments
        when: budget   exhausted
        until: budget back at 10%
        then: [stop-risky-deployments, review]
        owners: [Ito]
      unseen: {when: drop found, then: [review]}
    exceptions:
      - by: Sato
        reason: The campaign begins
        from: 2026-05-01
        until: 2026-05-08T18:00
        steps: [gone]
  everybody:
    agreed: {by: [the board], on: 2026-04-02}
    owners: [the board]
    steps: {paged: {when: page fires, then: [notify]}}
    exceptions: [{by: a, reason: b, until: 2026-05-08T00:00Z, journeys: [pay]}]
corrections:
  upgrade:
    category: planned-maintenance
    author: Ito
    reason: The database moves
    start: 2026-05-10T02:00
    end: 2026-05-10T03:30+09:00
    applies_to: {journeys: [pay], objectives: [watch-course/fast], teams: [billing], sources: [jobs]}
  night:
    category: outside-business-hours
    author: Sato
    reason: Nobody learns at night
    start: 2026-04-01T22:00
    end: 2026-04-02T07:00
    rrule: freq=daily; byday=MO,TU
    timezone: Europe/Berlin
  sundays:
    category: load-test
    author: Ito
    reason: Load tests
    start: 2026-04-05
    duration: 2d
    rrule: FREQ=WEEKLY;BYDAY=SU
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return folder


def workspace(folder: Path, policies: str) -> Path:
    files = {"tabiji.yaml": SITE, "journeys/watch.yaml": WATCH, "journeys/pay.yaml": PAY}
    return written(folder, {**files, "policies/all.yaml": policies})


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


def test_files_of_policies_load_into_values(tmp_path: Path) -> None:
    site = load(workspace(tmp_path, POLICIES), {})
    back = Fraction(5, 100)
    assert site.policies == (
        Policy(
            name="learning-budget",
            title=Text("When the budget runs out", "予算が尽きたら"),
            team="learning",
            journeys=("watch-course",),
            agreed_by=("Sato (product)", "Ito (development)"),
            agreed_on="2026-04-01",
            steps=(
                Step(
                    "half",
                    Text("half", "half"),
                    BudgetBelow(Fraction(1, 2), Fraction(55, 100)),
                    ("notify",),
                    ("Sato",),
                ),
                Step("slow", Text("slow", "slow"), Happens("ticket"), ("ticket-next-sprint",), ("Sato",)),
                Step(
                    "gone",
                    Text("No risky deployments", "No risky deployments"),
                    Exhausted(Fraction(1, 10)),
                    ("stop-risky-deployments", "review"),
                    ("Ito",),
                ),
                Step("unseen", Text("unseen", "unseen"), Happens("drop"), ("review",), ("Sato",)),
            ),
            exceptions=(
                Exemption(
                    "Sato",
                    "The campaign begins",
                    minute("2026-05-01T00:00+09:00"),
                    minute("2026-05-08T18:00+09:00"),
                    ("gone",),
                ),
            ),
        ),
        Policy(
            name="everybody",
            title=Text("everybody", "everybody"),
            team=None,
            journeys=("pay", "watch-course"),
            agreed_by=("the board",),
            agreed_on="2026-04-02",
            steps=(Step("paged", Text("paged", "paged"), Happens("page"), ("notify",), ("the board",)),),
            exceptions=(Exemption("a", "b", None, minute("2026-05-08T00:00Z"), (), ("pay",)),),
        ),
    )
    assert Exhausted(back) == condition("budget exhausted")
    assert site.corrections == (
        Correction(
            "upgrade",
            "planned-maintenance",
            "Ito",
            "The database moves",
            Scope(("pay",), ("watch-course/fast",), ("billing",), ("jobs",)),
            (minute("2026-05-10T02:00+09:00"), minute("2026-05-10T03:30+09:00")),
        ),
        Correction(
            "night",
            "outside-business-hours",
            "Sato",
            "Nobody learns at night",
            EVERYTHING,
            Recurrence(
                "FREQ=DAILY;BYDAY=MO,TU", "2026-04-01T22:00", "Europe/Berlin", 0, 9 * 60, by_clock=True
            ),
        ),
        Correction(
            "sundays",
            "load-test",
            "Ito",
            "Load tests",
            EVERYTHING,
            Recurrence("FREQ=WEEKLY;BYDAY=SU", "2026-04-05T00:00", "Asia/Tokyo", 2, 0),
        ),
    )


def test_past_files_are_read_as_those_of_the_folder(tmp_path: Path) -> None:
    site = load(workspace(tmp_path, POLICIES), {})
    assert load(tmp_path, {}, dict(site.files)) == site


# Faults

AGREED = "agreed: {by: [a], on: 2026-04-01}, owners: [o]"
POLICY = f"policies:\n  p: {{{AGREED}, steps: {{s: {{when: budget exhausted, then: [notify]}}}}}}\n"


def in_step(text: str) -> str:
    return (
        f"policies:\n  p:\n    {AGREED.replace('}, ', '}' + chr(10) + '    ')}\n    steps:\n      s:\n{text}"
    )


def in_policy(text: str) -> str:
    return in_step("        {when: budget exhausted, then: [notify]}\n") + text


def correction(text: str) -> str:
    return f"corrections:\n  c:\n    category: other\n    author: a\n    reason: r\n{text}"


RECURS = "    start: 2026-04-01T22:00\n    duration: 1h\n    rrule: "


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", ["1:1: nothing is agreed here; write `policies:` or `corrections:`"], id="empty"),
        pytest.param(
            "[]",
            ["1:1: a file of policies must be a mapping; its keys are policies, corrections"],
            id="a list",
        ),
        pytest.param(
            "policy: {}\n",
            ["1:1: `policy` is not a key of a file of policies; did you mean `policies`?"],
            id="policy",
        ),
        pytest.param(
            "policies:\n  p: {}\n",
            [
                "2:6: a policy needs `agreed`",
                "2:6: a policy needs `owners`",
                "2:6: a policy needs `steps`",
            ],
            id="a policy that says nothing",
        ),
        pytest.param(
            in_policy("    agree: x\n"),
            ["8:5: `agree` is not a key of a policy; did you mean `agreed`?"],
            id="an unknown key of a policy",
        ),
        pytest.param(
            POLICY.replace("2026-04-01", "1 April"),
            ["2:29: `1 April` is not a day; write for example `2026-04-01`"],
            id="not a day",
        ),
        pytest.param(
            POLICY.replace(", on: 2026-04-01", ""), ["2:15: `agreed` needs `on`"], id="agreed, but when?"
        ),
        pytest.param(
            in_policy("    journeys: [watch-cours]\n"),
            ["8:16: `watch-cours` is not a journey; did you mean `watch-course`?"],
            id="an unknown journey",
        ),
        pytest.param(
            in_policy("    journeys: [pay, pay]\n"), ["8:21: `pay` is here twice"], id="a journey twice"
        ),
        pytest.param(
            in_policy("    team: lerning\n"),
            ["8:11: `lerning` is not a team; did you mean `learning`?"],
            id="an unknown team",
        ),
        pytest.param(
            in_policy("    team: learning\n    journeys: [pay]\n"),
            ["9:16: `pay` belongs to team `billing`, not to `learning`"],
            id="a journey of another team",
        ),
        pytest.param(
            in_step("        when: budget under 50%\n        then: [notify]\n"),
            ["7:15: `budget under 50%` is not a condition; did you mean `budget below 50%`?"],
            id="a condition that nobody knows",
        ),
        pytest.param(
            in_step("        when: budget below 50\n        then: [notify]\n"),
            ["7:28: `50` is not a share of the budget; did you mean `50%`?"],
            id="a share without per cent",
        ),
        pytest.param(
            in_step("        when: budget below 101%\n        then: [notify]\n"),
            ["7:28: there is never more than 100% of a budget"],
            id="more than all",
        ),
        pytest.param(
            in_step("        when: budget below 0%\n        then: [notify]\n"),
            ["7:28: nothing left is `budget exhausted`"],
            id="below nothing",
        ),
        pytest.param(
            in_step(
                "        when: budget below 20%\n        until: budget back at 19%\n        then: [notify]\n"
            ),
            ["8:31: `when` begins below 20%: the end is not before that"],
            id="it would end before it begins",
        ),
        pytest.param(
            in_step("        when: drop found\n        until: budget back at 19%\n        then: [notify]\n"),
            ["8:16: `until` goes with a budget; alerts and drops are over after a quiet hour"],
            id="an end of a drop",
        ),
        pytest.param(
            in_step("        when: drop found\n        then: [notify, call]\n"),
            [
                "8:24: `call` is not known here; there are notify, ticket-next-sprint, "
                "stop-risky-deployments, review"
            ],
            id="an action that nobody knows",
        ),
        pytest.param(
            in_step("        when: drop found\n        then: [notify, notify]\n"),
            ["8:24: `notify` is here twice"],
            id="an action twice",
        ),
        pytest.param(
            in_step(
                "        {when: drop found, then: [notify]}\n      t: {when: drop found, then: [review]}\n"
            ),
            ["8:17: step `s` has the same condition; put what both do into one"],
            id="two steps with one condition",
        ),
        pytest.param(
            in_step("        {when: page fires, then: [notify]}\n    journeys: [pay]\n"),
            ["7:16: this can never happen: no objective of these journeys pages"],
            id="waiting for a page where nobody pages",
        ),
        pytest.param(
            in_policy("    exceptions: [{by: a, reason: b}]\n"),
            ["8:18: an exception needs `until`"],
            id="an exception for ever",
        ),
        pytest.param(
            in_policy("    exceptions: [{by: a, reason: b, from: 2026-05-02, until: 2026-05-02}]\n"),
            ["8:62: an exception ends after it begins"],
            id="an exception of no time",
        ),
        pytest.param(
            in_policy("    exceptions: [{by: a, reason: b, until: now}]\n"),
            ["8:44: a definition does not know when `now` is; write for example `2026-05-10T02:00`"],
            id="until now",
        ),
        pytest.param(
            in_policy("    exceptions: [{by: a, reason: b, until: 2026-05-02, steps: [t], journeys: [x]}]\n"),
            [
                "8:64: `t` is not a step of this policy; there are s",
                "8:79: `x` is not a journey of this policy; there are pay, watch-course",
            ],
            id="an exception for what is not there",
        ),
        pytest.param(
            "corrections: {c: {}}\n",
            [
                "1:18: a correction needs `author`",
                "1:18: a correction needs `category`",
                "1:18: a correction needs `end` or `duration`",
                "1:18: a correction needs `reason`",
                "1:18: a correction needs `start`",
            ],
            id="a correction that says nothing",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00\n    end: 2026-05-10T02:00\n"),
            ["7:10: a correction ends after it begins"],
            id="a correction of no time",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00\n    end: 2026-05-10T01:00\n    rrule: FREQ=DAILY\n"),
            ["7:10: a correction ends after it begins"],
            id="one that recurs and ends before it starts",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00\n    end: 2026-05-10T03:00\n    duration: 1h\n"),
            ["8:5: a correction has `end` or `duration`, not both"],
            id="two ends",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00:30\n    duration: 1h\n"),
            ["6:12: whole minutes are judged: leave the seconds out"],
            id="half a minute",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00\n    duration: 90s\n"),
            ["7:15: `90s` is not a whole number of minutes"],
            id="a minute and a half",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00+09:00\n    duration: 1h\n    rrule: FREQ=DAILY\n"),
            ["6:12: what recurs follows the clocks of a place: leave the offset out and give `timezone`"],
            id="an offset for what recurs",
        ),
        pytest.param(
            correction("    start: 2026-05-10T02:00\n    duration: 1h\n    timezone: Asia/Tokio\n"),
            ["8:15: `Asia/Tokio` is not a time zone; did you mean `Asia/Tokyo`?"],
            id="no such time zone",
        ),
        pytest.param(
            correction(
                "    start: 2026-05-10\n    duration: 1h\n    applies_to:\n      journeys: [pya]\n"
                "      objectives: [watch-course/fats]\n      teams: [x]\n      sources: [wob]\n"
            ),
            [
                "9:18: `pya` is not a journey; did you mean `pay`?",
                "10:20: `watch-course/fats` is not an objective; did you mean `watch-course/fast`?",
                "11:15: `x` is not a team; there are learning, billing",
                "12:17: `wob` is not a source; did you mean `web`?",
            ],
            id="for what is not there",
        ),
        pytest.param(
            correction("    start: 2026-05-10\n    duration: 1h\n    applies_to: {}\n"),
            ["8:5: name journeys, objectives, teams or sources, or leave `applies_to` out"],
            id="for nothing",
        ),
        pytest.param(
            correction(RECURS + "FREQ=WEEKLY;BYDAI=SU\n"),
            ["8:24: `BYDAI` is not a part of a rule here; did you mean `BYDAY`?"],
            id="a part that nobody knows",
        ),
        pytest.param(
            correction(RECURS + "FREQ=DAILY\n").replace("1h", "32d"),
            ["7:15: one that recurs lasts at most `31d`"],
            id="longer than a month, again and again",
        ),
        pytest.param(
            correction(RECURS + "FREQ=DAILY\n").replace("1h", "1d"),
            [
                "8:12: its occurrences leave no minute between them, so nothing would be judged ever again; "
                "make it shorter, or give the rule an `UNTIL`"
            ],
            id="every day all day, for ever",
        ),
        pytest.param(
            correction(RECURS + "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n"),
            ["8:12: this never happens"],
            id="30 February",
        ),
    ],
)
def test_a_fault_has_its_place_and_says_what_would_be_right(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(workspace(tmp_path, content), {})
    found = [f"{one.line}:{one.column}: {one.message}" for one in caught.value.faults]
    assert sorted(found) == sorted(expected)
    assert {one.path for one in caught.value.faults} == {"policies/all.yaml"}


def test_the_examples_that_faults_are_made_of_have_none(tmp_path: Path) -> None:
    for content in (POLICY, in_policy(""), correction(RECURS + "FREQ=DAILY\n")):
        load(workspace(tmp_path, content), {})


def test_names_are_of_the_whole_workspace(tmp_path: Path) -> None:
    content = POLICY + correction(RECURS + "FREQ=DAILY\n")
    written(workspace(tmp_path, content), {"policies/more.yaml": content, "policies/x.yml": ""})
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, {})
    assert [f"{one.path}:{one.line}:{one.column}: {one.message}" for one in caught.value.faults] == [
        "policies/more.yaml:2:3: `p` is the name of another policy, at policies/all.yaml:2:3",
        "policies/more.yaml:4:3: `c` is the name of another correction, at policies/all.yaml:4:3",
        "policies/x.yml:1:1: only files that end in `.yaml` are read; rename it",
    ]


def test_journeys_that_could_not_be_read_are_not_called_unknown(tmp_path: Path) -> None:
    written(workspace(tmp_path, in_policy("    journeys: [pay]\n")), {"journeys/pay.yaml": "["})
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, {})
    assert [one.path for one in caught.value.faults] == ["journeys/pay.yaml"]


# Rules


@pytest.mark.parametrize(
    ("rule", "message", "offset"),
    [
        pytest.param("", "write a rule such as `FREQ=WEEKLY;BYDAY=SU`", 0, id="nothing"),
        pytest.param("FREQ=DAILY;", "write a rule such as `FREQ=WEEKLY;BYDAY=SU`", 11, id="a `;` too many"),
        pytest.param("every day", "write a rule such as `FREQ=WEEKLY;BYDAY=SU`", 0, id="plain words"),
        pytest.param("RRULE:FREQ=DAILY", "`RRULE:FREQ` is not a part of a rule here;", 0, id="a property"),
        pytest.param("BYDAY=SU", "a rule needs `FREQ`, such as `FREQ=WEEKLY;BYDAY=SU`", 0, id="no frequency"),
        pytest.param(
            "FREQ=DAYLY", "`DAYLY` is not a frequency; did you mean `DAILY`?", 5, id="a typing error"
        ),
        pytest.param("FREQ=HOURLY", "a correction recurs daily at most;", 5, id="hourly"),
        pytest.param("FREQ=SECONDLY", "a correction recurs daily at most;", 5, id="every second"),
        pytest.param("FREQ=DAILY;FREQ=DAILY", "`FREQ` is here twice", 11, id="a part twice"),
        pytest.param("FREQ=DAILY;BYSECOND=1", "`BYSECOND` is not a part of a rule here;", 11, id="seconds"),
        pytest.param("FREQ=YEARLY;BYEASTER=0", "`BYEASTER` is not a part of a rule here;", 12, id="Easter"),
        pytest.param("FREQ=DAILY;INTERVAL=0", "`INTERVAL` is a number from 1 to 1000", 20, id="interval 0"),
        pytest.param("FREQ=DAILY;INTERVAL=1001", "`INTERVAL` is a number from 1 to 1000", 20, id="too far"),
        pytest.param("FREQ=DAILY;COUNT=1_0", "`COUNT` is a number from 1 to 99999", 17, id="1_0"),
        pytest.param("FREQ=WEEKLY;BYDAY=MO,DI", "`DI` is not a day;", 21, id="a German day"),
        pytest.param("FREQ=MONTHLY;BYDAY=0MO", "`0MO` is not a day;", 19, id="the 0th Monday"),
        pytest.param(
            "FREQ=WEEKLY;BYDAY=1MO", "`1MO` counts days within a month or a year:", 18, id="1st of a week"
        ),
        pytest.param(
            "FREQ=MONTHLY;BYMONTHDAY=1,32",
            "`32` is not a number of `BYMONTHDAY`: from 1 to 31",
            26,
            id="32nd",
        ),
        pytest.param("FREQ=YEARLY;BYMONTH=-1", "`-1` is not a number of `BYMONTH`:", 20, id="month -1"),
        pytest.param(
            "FREQ=DAILY;BYHOUR=24", "`24` is not a number of `BYHOUR`: from 0 to 23", 18, id="24:00"
        ),
        pytest.param("FREQ=DAILY;BYHOUR=x", "`X` is not a number of `BYHOUR`:", 18, id="no number"),
        pytest.param(
            "FREQ=MONTHLY;BYWEEKNO=1", "`BYWEEKNO` goes with `FREQ=YEARLY`", 22, id="weeks of months"
        ),
        pytest.param("FREQ=WEEKLY;BYMONTHDAY=1", "`BYMONTHDAY` goes with ", 23, id="days of months of weeks"),
        pytest.param(
            "FREQ=MONTHLY;BYSETPOS=1", "`BYSETPOS` chooses among other", 22, id="chosen from nothing"
        ),
        pytest.param("FREQ=DAILY;COUNT=2;UNTIL=20270101", "a rule has `COUNT` or `UNTIL`", 17, id="two ends"),
        pytest.param(
            "FREQ=DAILY;UNTIL=2027-01-01", "`2027-01-01` is not a time of a rule;", 17, id="ISO time"
        ),
        pytest.param(
            "FREQ=DAILY;UNTIL=20270230", "`20270230` is not a time of a rule;", 17, id="30 February"
        ),
        pytest.param("FREQ=DAILY;WKST=XX", "`XX` is not a day;", 16, id="a week without beginning"),
        pytest.param(
            "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,1,2,3,4", "this is 25 times a day;", 18, id="25 a day"
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_blamed_where_it_is_wrong(rule: str, message: str, offset: int) -> None:
    with pytest.raises(MistakeError) as caught:
        check_rule(rule)
    assert caught.value.message.startswith(message)
    assert caught.value.offset == offset


def local(text: str, zone: str, days: int, minutes: int, rule: str, *, by_clock: bool = False) -> Recurrence:
    return Recurrence(check_rule(rule), text, zone, days, minutes, by_clock)


def shown(recurrence: Recurrence, first: str, end: str) -> list[str]:
    """Occurrences in UTC: `MM-DD HH:MM/minutes`."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        f"{epoch + timedelta(minutes=start):%m-%d %H:%M}/{stop - start}"
        for start, stop in occurrences(recurrence, minute(first), minute(end))
    ]


@pytest.mark.parametrize(
    ("recurrence", "first", "end", "expected"),
    [
        pytest.param(
            local("2026-01-01T01:00", "Asia/Tokyo", 0, 60, "FREQ=DAILY"),
            "2026-03-01T00:00Z",
            "2026-03-03T00:00Z",
            ["03-01 16:00/60", "03-02 16:00/60"],
            id="daily where the clocks never change",
        ),
        pytest.param(
            local("2026-01-01T03:00", "Europe/Berlin", 0, 60, "FREQ=DAILY"),
            "2026-03-28T00:00Z",
            "2026-03-30T00:00Z",
            ["03-28 02:00/60", "03-29 01:00/60"],
            id="the same time on the clock, an hour earlier in UTC from spring on",
        ),
        pytest.param(
            local("2026-01-01T02:30", "Europe/Berlin", 0, 60, "FREQ=DAILY"),
            "2026-03-28T00:00Z",
            "2026-03-30T12:00Z",
            ["03-28 01:30/60", "03-29 01:30/60", "03-30 00:30/60"],
            id="a time that is skipped is taken with the offset before",
        ),
        pytest.param(
            local("2026-01-01T02:30", "Europe/Berlin", 0, 60, "FREQ=DAILY"),
            "2026-10-24T00:00Z",
            "2026-10-26T12:00Z",
            ["10-24 00:30/60", "10-25 00:30/60", "10-26 01:30/60"],
            id="a time that happens twice is the first",
        ),
        pytest.param(
            local("2026-01-01T22:00", "Europe/Berlin", 0, 540, "FREQ=DAILY"),
            "2026-03-28T12:00Z",
            "2026-03-29T12:00Z",
            ["03-28 21:00/540"],
            id="9 hours are 9 hours, also in the night that has one less",
        ),
        pytest.param(
            local("2026-01-01T22:00", "Europe/Berlin", 0, 540, "FREQ=DAILY", by_clock=True),
            "2026-03-28T12:00Z",
            "2026-03-29T12:00Z",
            ["03-28 21:00/480"],
            id="until 07:00 on the clock, 8 hours in spring",
        ),
        pytest.param(
            local("2026-01-01T22:00", "Europe/Berlin", 0, 540, "FREQ=DAILY", by_clock=True),
            "2026-10-24T12:00Z",
            "2026-10-25T12:00Z",
            ["10-24 20:00/600"],
            id="until 07:00 on the clock, 10 hours in autumn",
        ),
        pytest.param(
            local("2026-01-04T00:00", "America/New_York", 1, 0, "FREQ=WEEKLY;BYDAY=SU"),
            "2026-03-01T00:00Z",
            "2026-03-16T12:00Z",
            ["03-01 05:00/1440", "03-08 05:00/1380", "03-15 04:00/1440"],
            id="a day of the calendar has 23 hours once",
        ),
        pytest.param(
            local("2026-01-04T00:00", "Australia/Lord_Howe", 1, 0, "FREQ=WEEKLY;BYDAY=SU"),
            "2026-04-03T00:00Z",
            "2026-04-06T00:00Z",
            ["04-04 13:00/1470"],
            id="and 24½ on Lord Howe",
        ),
        pytest.param(
            local("2026-01-01T02:15", "Europe/Berlin", 0, 45, "FREQ=DAILY", by_clock=True),
            "2026-03-28T12:00Z",
            "2026-03-29T12:00Z",
            [],
            id="a time on the clock that is skipped is over at once",
        ),
        pytest.param(
            local("2026-01-31T10:00", "UTC", 0, 5, "FREQ=MONTHLY"),
            "2026-01-01T00:00Z",
            "2026-06-01T00:00Z",
            ["01-31 10:00/5", "03-31 10:00/5", "05-31 10:00/5"],
            id="months without a 31st have none",
        ),
        pytest.param(
            local("2026-01-01T10:00", "UTC", 0, 5, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
            "2026-01-01T00:00Z",
            "2026-04-01T00:00Z",
            ["01-30 10:00/5", "02-27 10:00/5", "03-31 10:00/5"],
            id="the last working day of the month",
        ),
        pytest.param(
            local("2026-01-01T10:00", "Asia/Tokyo", 0, 5, "FREQ=DAILY;UNTIL=20260103"),
            "2026-01-01T00:00Z",
            "2026-02-01T00:00Z",
            ["01-01 01:00/5", "01-02 01:00/5", "01-03 01:00/5"],
            id="until a day, that one as well",
        ),
        pytest.param(
            local("2026-01-01T10:00", "Asia/Tokyo", 0, 5, "FREQ=DAILY;UNTIL=20260102T010000Z"),
            "2026-01-01T00:00Z",
            "2026-02-01T00:00Z",
            ["01-01 01:00/5", "01-02 01:00/5"],
            id="until a moment in UTC, that one as well",
        ),
        pytest.param(
            local("2026-01-01T10:00", "Asia/Tokyo", 0, 5, "FREQ=DAILY;UNTIL=20260102T095959"),
            "2026-01-01T00:00Z",
            "2026-02-01T00:00Z",
            ["01-01 01:00/5"],
            id="until a local time just before the next",
        ),
        pytest.param(
            local("2026-01-01T10:00", "UTC", 0, 5, "FREQ=DAILY;COUNT=2"),
            "2026-01-02T00:00Z",
            "2026-02-01T00:00Z",
            ["01-02 10:00/5"],
            id="counted from the first, whatever is asked",
        ),
        pytest.param(
            local("2026-01-01T10:00", "UTC", 31, 0, "FREQ=YEARLY"),
            "2026-01-31T09:00Z",
            "2026-01-31T12:00Z",
            ["01-31 09:00/180"],
            id="one that began long before lasts into the period",
        ),
        pytest.param(
            local("2026-01-01T10:00", "UTC", 0, 120, "FREQ=DAILY;BYHOUR=10,11"),
            "2026-01-01T00:00Z",
            "2026-01-02T00:00Z",
            ["01-01 10:00/180"],
            id="occurrences that overlap count once",
        ),
        pytest.param(
            local("2026-01-01T10:00", "UTC", 0, 5, "FREQ=DAILY"),
            "2025-12-01T00:00Z",
            "2026-01-01T10:00Z",
            [],
            id="not before it starts",
        ),
    ],
)
def test_what_recurs_happens_at_its_local_times(
    recurrence: Recurrence, first: str, end: str, expected: list[str]
) -> None:
    check_occurrences(recurrence)
    assert shown(recurrence, first, end) == expected


@pytest.mark.parametrize(
    ("recurrence", "harmful"),
    [
        pytest.param(local("2026-01-01T00:00", "UTC", 0, 1439, "FREQ=DAILY"), False, id="a minute a day"),
        pytest.param(local("2026-01-01T00:00", "UTC", 0, 1440, "FREQ=DAILY"), True, id="no minute a day"),
        pytest.param(
            local("2026-01-01T00:00", "UTC", 0, 1440, "FREQ=DAILY;UNTIL=20300101"), False, id="it has an end"
        ),
        pytest.param(
            local("2026-01-01T00:00", "UTC", 0, 60, "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24)))),
            True,
            id="every hour of every day",
        ),
        pytest.param(local("2026-01-01T00:00", "UTC", 7, 0, "FREQ=WEEKLY"), True, id="week after week"),
        pytest.param(local("2026-01-01T00:00", "UTC", 31, 0, "FREQ=MONTHLY"), True, id="month after month"),
        pytest.param(local("2026-01-01T00:00", "UTC", 30, 0, "FREQ=MONTHLY"), False, id="but for the 31st"),
    ],
)
def test_a_rule_leaves_something_to_be_judged(recurrence: Recurrence, harmful: bool) -> None:
    if harmful:
        with pytest.raises(MistakeError, match="leave no minute between them"):
            check_occurrences(recurrence)
    else:
        check_occurrences(recurrence)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31,-31;BYDAY=MO",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=20251231",
    ],
)
def test_a_rule_that_never_happens_is_refused_at_once(rule: str) -> None:
    begin = time.process_time()
    with pytest.raises(MistakeError, match="never happens"):
        check_occurrences(local("2026-01-01T00:00", "UTC", 0, 5, rule))
    assert time.process_time() - begin < 3


RULES = st.builds(
    ";".join,
    st.tuples(
        st.sampled_from(
            ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,WE", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;BYMONTH=3,10"]
        ),
        st.sampled_from(["INTERVAL=1", "INTERVAL=3", "COUNT=9", "UNTIL=20261115T010000Z"]),
    ),
)
ZONES = st.sampled_from(
    ["UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]
)
RECURRENCES = st.builds(
    lambda rule, hour, zone, days, minutes, by_clock: Recurrence(
        rule, f"2026-02-0{hour % 9 + 1}T{hour:02}:30", zone, days, minutes, by_clock
    ),
    RULES,
    st.integers(0, 23),
    ZONES,
    st.integers(0, 2),
    st.integers(1, 1439),
    st.booleans(),
)
YEAR = minute("2026-01-01T00:00Z")


@given(recurrence=RECURRENCES, cuts=st.tuples(*[st.integers(0, 400 * 1440)] * 3).map(sorted))
@settings(deadline=None)
def test_a_period_in_parts_has_the_occurrences_of_the_whole(recurrence: Recurrence, cuts: list[int]) -> None:
    first, middle, end = (YEAR + cut for cut in cuts)
    parts = occurrences(recurrence, first, middle) + occurrences(recurrence, middle, end)
    assert merged(parts, first, end) == occurrences(recurrence, first, end)


def test_corrections_are_dated_for_a_period_and_those_outside_are_left_out(tmp_path: Path) -> None:
    site = load(workspace(tmp_path, POLICIES), {})
    upgrade, night, sundays = site.corrections
    first, end = minute("2026-05-10T03:00+09:00"), minute("2026-05-12T07:00+09:00")
    assert dated(site.corrections, first, end) == (
        Dated(upgrade, ((first, first + 30),)),
        Dated(night, ((minute("2026-05-11T22:00+02:00"), end),)),
        Dated(sundays, ((first, minute("2026-05-12T00:00+09:00")),)),
    )
    assert dated(site.corrections, minute("2026-01-01T00:00Z"), minute("2026-02-01T00:00Z")) == ()


def test_long_rules_are_expanded_quickly() -> None:
    recurrence = local("1970-01-01T10:00", "Europe/Berlin", 0, 60, "FREQ=DAILY")
    begin = time.process_time()
    for day in range(300):
        occurrences(recurrence, YEAR + day * 1440, YEAR + day * 1440 + 60)
    assert time.process_time() - begin < 5


# Writing them, and the documents

NAMES = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,8}", fullmatch=True)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20)
MINUTES = st.integers(0, 60_000_000)
SHARES = st.integers(1, 100).map(lambda percent: Fraction(percent, 100))
CONDITIONS = st.one_of(
    st.sampled_from(["page", "ticket", "drop"]).map(Happens),
    st.tuples(SHARES, SHARES).map(lambda two: BudgetBelow(min(two), max(two))),
    SHARES.map(Exhausted),
)


@st.composite
def written_policies(draw: st.DrawFn) -> Policy:
    conditions = draw(st.lists(CONDITIONS, min_size=1, max_size=3, unique_by=repr))
    names = draw(st.lists(NAMES, min_size=len(conditions), max_size=len(conditions), unique=True))
    people = st.lists(LINES, min_size=1, max_size=2).map(tuple)
    actions = st.sampled_from([("notify",), ("stop-risky-deployments", "review"), ("ticket-next-sprint",)])
    starts = st.one_of(st.none(), st.integers(0, 1000))
    return Policy(
        name=draw(NAMES),
        title=draw(LINES.map(lambda words: Text(words, words))),
        team=None,
        journeys=draw(st.sampled_from([("pay",), ("watch-course",), ("pay", "watch-course")])),
        agreed_by=draw(people),
        agreed_on="2026-04-01",
        steps=tuple(
            Step(name, Text(name, name), when, draw(actions), draw(people))
            for name, when in zip(names, conditions, strict=True)
        ),
        exceptions=tuple(
            Exemption(by, by, draw(starts), 2000, draw(st.sampled_from([(), (names[0],)])), ())
            for by in draw(st.lists(LINES, max_size=2))
        ),
    )


CORRECTIONS = st.builds(
    Correction,
    NAMES,
    st.sampled_from(["planned-maintenance", "other"]),
    LINES,
    LINES,
    st.sampled_from(
        [EVERYTHING, Scope(journeys=("pay",)), Scope((), ("pay/available",), ("billing",), ("web",))]
    ),
    st.one_of(
        st.tuples(MINUTES, st.integers(1, 99_999)).map(lambda two: (two[0], two[0] + two[1])),
        st.builds(
            lambda recurrence, exact: Recurrence(
                recurrence.rule,
                recurrence.start,
                recurrence.zone,
                0,
                recurrence.minutes if exact else 30,
                not exact,
            ),
            RECURRENCES,
            st.booleans(),
        ),
    ),
)


@given(
    policy=written_policies(), corrections=st.lists(CORRECTIONS, max_size=3, unique_by=lambda one: one.name)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_loads_to_the_same_values(
    tmp_path: Path, policy: Policy, corrections: list[Correction]
) -> None:
    text = policies_yaml([policy], corrections, comments={("policies", policy.name): "two\nlines"})
    assert text.startswith("# yaml-language-server: $schema=../.tabiji/policy.schema.json\n")
    pages = PAY.replace(", alerts: {ticket_only: true}", "")
    site = load(written(workspace(tmp_path, text), {"journeys/pay.yaml": pages}), {})
    assert site.policies == (policy,)
    assert site.corrections == tuple(corrections)


KEYS = st.sampled_from(
    [
        *(
            "policies",
            "corrections",
            "agreed",
            "by",
            "on",
            "owners",
            "steps",
            "when",
            "then",
            "until",
            "title",
        ),
        *(
            "exceptions",
            "from",
            "reason",
            "journeys",
            "team",
            "category",
            "author",
            "start",
            "end",
            "duration",
        ),
        *("rrule", "timezone", "applies_to", "objectives", "teams", "sources", "p", "x y"),
    ]
)
SCALARS = st.sampled_from(
    [
        *(
            "a",
            "pay",
            "notify",
            "budget below 5%",
            "page fires",
            "2026-04-01",
            "2026-04-01T02:00Z",
            "1h",
            "9d",
        ),
        *("FREQ=DAILY", "FREQ=YEARLY;BYDAY=MO", "other", "''", "~", "9999-12-31", "0001-01-01", "now-1d"),
        *("FREQ=DAILY;UNTIL=99991231T235959Z", "Asia/Tokyo", "Europe", "8000-01-01T00:00", "1000000000m"),
    ]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(KEYS, inner, max_size=8).map(
            lambda items: "{" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}"
        ),
    ),
    max_leaves=25,
)
SHAPED = st.one_of(
    TREES,
    TREES.map(lambda tree: f"policies: {{p: {tree}}}"),
    TREES.map(lambda tree: f"policies: {{p: {{steps: {{s: {tree}}}, exceptions: [{tree}]}}}}"),
    st.dictionaries(KEYS, TREES, max_size=8).map(
        lambda items: "corrections: {c: {" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}}"
    ),
)


@given(content=SHAPED)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_is_read_or_refused(tmp_path: Path, content: str) -> None:
    try:
        load(workspace(tmp_path, content), {})
    except DefinitionError as error:
        for fault in error.faults:
            assert fault.path == "policies/all.yaml"
            for foreign in ("Input should", "Extra inputs", "pydantic", "<class", "dateutil"):
                assert foreign not in fault.message


def keys(part: Any) -> set[str]:
    """All keys that a JSON Schema knows."""
    if isinstance(part, list):
        return {key for one in part for key in keys(one)}
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", {})) | {key for below in part.values() for key in keys(below)}


def test_the_schema_of_policies_names_every_key_and_nothing_is_null() -> None:
    found = schema("policy")
    assert '"null"' not in json.dumps(found)
    parts = [found, *found["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in parts)
    assert all(key["description"] for part in parts for key in part["properties"].values())
    assert found["$defs"]["PolicyException"]["required"] == ["by", "reason", "until"]
    assert "from" in found["$defs"]["PolicyException"]["properties"]


HEADINGS = {"site": "tabiji.yaml", "journey": "journeys/*.yaml", "policy": "policies/*.yaml"}


@pytest.mark.parametrize("file", FILES)
def test_the_reference_explains_every_key_and_no_other(file: File) -> None:
    text = (DOCS / "definitions.md").read_text("utf-8")
    section = text.partition(f"\n## {HEADINGS[file]}\n")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| `(\w+)` \| (?=\S)", section, re.MULTILINE)
    assert sorted(explained) == sorted(keys(schema(file)))


def test_the_examples_of_the_reference_load(tmp_path: Path) -> None:
    text = (DOCS / "definitions.md").read_text("utf-8")
    files = dict(re.findall(r"^```yaml\n# ([\w./-]+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert sorted(files) == ["journeys/watch-course.yaml", "policies/learning.yaml", "tabiji.yaml"]
    site = load(written(tmp_path, {**files, "config/routes.txt": "GET /"}), {})
    assert [len(part) for part in (site.sources, site.journeys, site.policies, site.corrections)] == [
        2,
        1,
        1,
        3,
    ]
