"""The facts of a week and a month: what is in them, as of their end, the same whenever they are made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tabiji import actions, definitions, store
from tabiji.actions import Wanted, Word
from tabiji.catalogues import catalogue
from tabiji.cli import cli
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Text
from tabiji.language import speaking
from tabiji.marks import Mark
from tabiji.reports.periodic import packing, periods
from tabiji.reports.periodic.facts import (
    ActionFacts,
    AlertFacts,
    Cause,
    Coverage,
    Failing,
    Marked,
    MonthFacts,
    NewOperation,
    Report,
    Said,
    Sum,
    Voices,
)
from tabiji.reports.periodic.periods import Period
from tabiji.reports.periodic.revising import Difference
from tabiji.runs import acting, reporting
from tabiji.runs.reporting import issuing
from tabiji.runs.reporting.issuing import Shown
from tabiji.signals import Signal
from tabiji.store import IncidentFact, Issued, Store
from test_incidents_found import MINUTES, START, Row, fill, judge, traffic, workspace

WEEK = periods.of("weekly", START, "UTC")
AFTER = 30  # minutes of traffic after the week
END = WEEK.end - START + AFTER
NONE = Text()


def whole(first: int = 0, end: int = END) -> Iterator[Row]:
    """A week with a loud incident and a quiet one in it, and some minutes more; `seek` has a new neighbour."""
    yield from traffic(first, end)
    for minute in range(max(first, MINUTES), end, 100):
        yield minute, "GET /new", 200, 2


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return workspace(tmp_path / "site", "sqlite:///tabiji.db")


@pytest.fixture
def opened(store_url: str, site: Site) -> Iterator[Store]:
    with store.open(store_url) as opened:
        fill(opened, list(whole()))
        judge(site, opened, (START + END) * 60)
        yield opened


def made(
    site: Site, opened: Store, period: Period = WEEK, team: str | None = None, later: int = AFTER
) -> Report:
    return reporting.made(site, opened, period, team, WEEK.end + later, {})


def test_a_week_in_full(opened: Store, site: Site) -> None:
    opened.marks.add(Mark("deployment", "v1", (START + 2990) * 60, journeys=("watch",), author="ito"), 0)
    opened.signals.add([Signal("enquiry", (START + 3010) * 60, "e1", journey="watch")], 0)
    opened.signals.add([Signal("voice", (START + 3020) * 60, "v1", text="It stops!", journey="watch")], 0)
    report = made(site, opened)
    assert (report.from_minute, report.to_minute, report.until_minute) == (WEEK.start, WEEK.end, WEEK.end)
    assert (report.so_far, report.coarse, report.team) == (False, False, None)
    watch = next(one for one in report.journeys if one.name == "watch")
    available, tried = watch.promises
    minutes = WEEK.end - START
    assert replace(available, bars=()) == replace(
        available,
        bars=(),
        agreed=True,
        sort="failed",
        target="0.99",
        window="7d",
        state="healthy",
        period=Sum(1200, minutes * 200),
        before=Sum(0, 0),
        budget=Sum(1200, minutes * 200),
        budget_before=Sum(0, 0),
        estimated=False,
        pages=2,
        tickets=0,
        corrected=None,
        steps=(
            Failing("open", Text("Open", "Open"), 300, minutes * 100),
            Failing("play", Text("Play", "Play"), 900, minutes * 100),
        ),
        months=(),
    )
    assert available.operations[0] == Failing("play", NONE, 600, minutes * 60, (Cause("status", "503", 600),))
    assert (available.kept, available.luck) == (True, False)
    assert (tried.agreed, tried.pages) == (False, 0)
    assert sum(one.bad for one in available.bars) == 1200
    assert sum(one.total for one in available.bars) == minutes * 200
    assert available.bars[0].from_minute == WEEK.start
    assert available.bars[-1].to_minute == WEEK.end
    assert watch.voices == Voices(1, 0, 0, 0, 1, ("It stops!",))
    assert report.alerts == AlertFacts(pages=2, tickets=0, useful=1, false=0, missed=1)
    quiet, loud = report.incidents
    assert (quiet.journey, quiet.verdict, quiet.detected_minute, quiet.bad) == ("pay", "missed", None, 600)
    assert (loud.journey, loud.verdict, loud.bad, loud.total) == ("watch", None, 1200, 6000)
    assert (loud.to_detect, loud.to_recover) == (11, 30)
    assert loud.allowed == "6060"
    assert loud.marks == (Marked(START + 2990, "deployment", "v1", ("watch",), None),)
    assert report.marks == loud.marks
    events = minutes * 300 + 2 * len(range(MINUTES, minutes, 100))
    assert report.coverage == (Coverage("web", events, minutes * 300),)
    assert report.operations == ()  # nothing was counted before this week: all would be new
    assert report.policies == ()
    assert report.silences == ()


def test_the_document_is_the_report_and_has_no_number_with_a_point(opened: Store, site: Site) -> None:
    report = made(site, opened)
    written = packing.text(report)
    assert packing.read(written) == report
    assert packing.text(packing.read(written)) == written

    def numbers(value: object) -> Iterator[object]:
        if isinstance(value, dict):
            assert list(value) == sorted(value)
            for one in value.values():
                yield from numbers(one)
        elif isinstance(value, list):
            for one in value:
                yield from numbers(one)
        else:
            yield value

    assert not [one for one in numbers(json.loads(written)) if isinstance(one, float)]


@pytest.mark.parametrize("later", [0, 1, AFTER, 600_000])
def test_it_is_the_same_whenever_it_is_made(opened: Store, site: Site, later: int) -> None:
    assert packing.text(made(site, opened, later=later)) == packing.text(made(site, opened))


def test_what_was_done_after_its_end_is_not_in_it(opened: Store, site: Site) -> None:
    before = packing.text(made(site, opened))
    number = opened.incidents()[-1].number or 0
    opened.record_incidents([], [IncidentFact(number, WEEK.end * 60, "ito", "noted", None, "too late")])
    opened.marks.add(Mark("deployment", "v2", WEEK.end * 60, author="ito"), 0)
    opened.signals.add([Signal("voice", WEEK.end * 60, "v2", text="Thanks", journey="watch")], 0)
    fill(opened, list(whole(END, END + 30)))
    judge(site, opened, (START + END + 30) * 60)
    assert packing.text(made(site, opened)) == before
    opened.record_incidents([], [IncidentFact(number, WEEK.end * 60 - 1, "ito", "noted", None, "a disk")])
    assert made(site, opened).incidents[-1].said == (Said(WEEK.end - 1, "ito", "noted", "a disk"),)


def test_definitions_that_change_later_do_not_change_it(opened: Store, site: Site) -> None:
    before = packing.text(made(site, opened))
    path = site.folder / "journeys" / "watch.yaml"
    path.write_text(path.read_text("utf-8").replace("target: 99%", "target: 99.99%"), "utf-8")
    changed = definitions.load(site.folder, {})
    fill(opened, list(whole(END, END + 60)))
    judge(changed, opened, (START + END + 60) * 60)
    assert packing.text(made(changed, opened, later=AFTER + 60)) == before
    now = made(changed, opened, periods.of("weekly", WEEK.end, "UTC"), later=AFTER + 60)
    assert [one.target for one in now.journeys[1].promises] == ["0.9999", "0.9999"]


def test_events_that_come_late_change_it(opened: Store, site: Site) -> None:
    fill(opened, [(10, "play", 503, 7)])
    judge(site, opened, (START + END) * 60)
    promise = made(site, opened).journeys[1].promises[0]
    assert promise.period == Sum(1207, (WEEK.end - START) * 200 + 7)


def test_a_correction_that_is_made_later_changes_it(opened: Store, site: Site) -> None:
    (site.folder / "policies").mkdir()
    (site.folder / "policies" / "wrong.yaml").write_text(
        "corrections:\n  wrong:\n    category: wrong-measurement\n    author: Ito\n    reason: a test\n"
        "    start: 2026-06-04T02:00:00Z\n    end: 2026-06-04T02:30:00Z\n    applies_to: {journeys: [watch]}\n",
        "utf-8",
    )
    changed = definitions.load(site.folder, {})
    promise = made(changed, opened).journeys[1].promises[0]
    minutes = WEEK.end - START
    assert promise.period == Sum(0, (minutes - 30) * 200)
    assert promise.corrected is not None
    assert (promise.corrected.minutes, promise.corrected.names) == (30, ("wrong",))
    assert promise.corrected.without == Sum(1200, minutes * 200)


def test_an_incident_that_goes_on_costs_nothing_yet(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic(0, 3020)))
        judge(site, opened, (START + 3020) * 60)
        report = reporting.made(site, opened, WEEK, None, START + 3020, {})
    assert report.until_minute == START + 3019
    assert report.so_far
    loud = report.incidents[-1]
    assert (loud.started_minute, loud.recovered_minute, loud.bad, loud.share) == (
        START + 3000,
        None,
        None,
        None,
    )
    assert loud.detected_minute == START + 3011
    assert report.alerts.pages == 1


def test_the_next_week_has_what_is_new_and_what_was_before(opened: Store, site: Site) -> None:
    after = periods.of("weekly", WEEK.end, "UTC")
    fill(opened, [(END + 1, "GET /newer", 200, 5), *traffic(END, END + 10)])
    judge(site, opened, (START + END + 10) * 60)
    report = made(site, opened, after, later=AFTER + 10)
    assert report.so_far
    assert report.operations == (NewOperation("web", "GET /newer", 5, False),)
    promise = report.journeys[1].promises[0]
    assert promise.before == Sum(1200, (WEEK.end - START) * 200)
    assert promise.budget_before == Sum(1200, (WEEK.end - START) * 200)
    assert report.incidents == ()
    assert report.alerts == AlertFacts(0, 0, 0, 0, 0)


def test_a_month_has_the_months_before_it(opened: Store, site: Site) -> None:
    report = made(site, opened, periods.of("monthly", START, "UTC"))
    until = report.until_minute
    assert [one.from_minute for one in report.months] == [
        periods.of("monthly", START, "UTC").before(n).start for n in (5, 4, 3, 2, 1, 0)
    ]
    assert report.months[-1] == MonthFacts(report.from_minute, until, 1, (11,), (30,), 1, 0)
    assert report.months[0].incidents == 0
    promise = report.journeys[1].promises[0]
    assert promise.months == (Sum(0, 0),) * 5 + (Sum(1200, (until - START) * 200),)


def test_a_team_sees_its_own(opened: Store, site: Site) -> None:
    for name, team in (("watch", "learning"), ("pay", "money")):
        path = site.folder / "journeys" / f"{name}.yaml"
        path.write_text(f"{path.read_text('utf-8')}\nteam: {team}\n", "utf-8")
    path = site.folder / "tabiji.yaml"
    teams = "teams:\n  learning: {title: {en: Learning, ja: 学習}}\n  money: {title: Money}\n"
    path.write_text(path.read_text("utf-8") + teams, "utf-8")
    changed = definitions.load(site.folder, {})
    fill(opened, list(whole(END, END + 30)))
    judge(changed, opened, (START + END + 30) * 60)
    after = periods.of("weekly", WEEK.end, "UTC")
    report = made(changed, opened, after, "learning", AFTER + 30)
    assert report.team_title == Text("Learning", "学習")
    assert [one.name for one in report.journeys] == ["watch"]
    with pytest.raises(UsageError, match="`sales` is not a team; there are learning, money"):
        made(changed, opened, after, "sales", AFTER + 30)


def test_an_empty_site_has_an_empty_report(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        report = made(site, opened)
    assert [one.kept for journey in report.journeys for one in journey.promises] == [None] * 3
    assert (report.incidents, report.coverage, report.definition) == ((), (), None)
    assert packing.read(packing.text(report)) == report


def test_a_week_that_has_not_begun_has_no_report(opened: Store, site: Site) -> None:
    after = periods.of("weekly", WEEK.end, "UTC")
    with pytest.raises(UsageError, match="the period 2026-W24 has not begun yet"):
        made(site, opened, after, later=0)
    assert made(site, opened, after, later=1).so_far


def test_what_is_to_be_done_stands_as_it_stood_at_the_end(opened: Store, site: Site) -> None:
    def add(wanted: Wanted, minute: int) -> int:
        return acting.open_(site, opened, wanted, "ito", minute * 60).number

    late = add(Wanted("Retry", owner="aya", supporter="ken", due=date(2026, 6, 7)), START)
    today = add(Wanted("Alert", due=date(2026, 6, 8), origin="incident", which="3"), START)
    gone = add(Wanted("Old"), WEEK.start - 100)
    acting.change(site, opened, gone, "done", None, Word("ito", WEEK.start * 60 - 1, "no more"))
    ended = add(Wanted("Cache", sort="help", journey="watch"), START)
    acting.change(site, opened, ended, "done", None, Word("ito", WEEK.end * 60 - 1, "twice as fast"))
    worry = add(Wanted("Slow on Mondays", sort="concern"), WEEK.end - 1)
    add(Wanted("Too late"), WEEK.end)
    acting.change(site, opened, late, "done", None, Word("aya", WEEK.end * 60, "too late"))
    found = made(site, opened).actions
    assert [(one.number, one.sort, one.state) for one in found] == [
        (late, "action", "overdue"), (today, "action", "open"), (worry, "concern", "open"), (ended, "help", "done"),
    ]  # fmt: skip
    assert found[0] == ActionFacts(
        late, "Retry", "action", "overdue", None, "aya", "ken", "2026-06-07", None, "hand", "", START, "ito", None, "",
    )  # fmt: skip
    assert (found[3].ended_minute, found[3].outcome) == (WEEK.end - 1, "twice as fast")
    assert packing.read(packing.text(made(site, opened))) == made(site, opened)
    assert actions.today(WEEK.end * 60, "UTC") == date(2026, 6, 8)


def test_what_users_said_of_no_certain_journey_is_told_of_all_teams_only(opened: Store, site: Site) -> None:
    opened.signals.add([Signal("enquiry", (START + 3010) * 60, "e1"), Signal("churn", START * 60, "c", 4)], 0)
    assert made(site, opened).unplaced == Voices(1, 0, 4, 0, 0, ())


# The command


def run(site: Site, *words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words, "-C", str(site.folder)])


@pytest.fixture
def counted(tmp_path: Path) -> Site:
    site = workspace(tmp_path / "counted", f"sqlite:///{tmp_path / 'counted.db'}")
    with store.open(site.store) as opened:
        fill(opened, list(whole()))
        judge(site, opened, (START + END) * 60)
    return site


def test_the_command_writes_all_forms(counted: Site, tmp_path: Path) -> None:
    shown = run(counted, "weekly", "--at", "2026-06-03")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("# Week of 1–7 June 2026: all teams\n")
    document = json.loads(run(counted, "weekly", "--at", "2026-06-03", "--json").stdout)
    path = tmp_path / "week"
    for ending in (".md", ".json", ".html"):
        done = run(counted, "weekly", "--at", "2026-06-03", "-o", f"{path}{ending}")
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr == f"{path}{ending} is the report of 2026-W23.\n"
    assert path.with_suffix(".md").read_text("utf-8") == shown.stdout
    written = path.with_suffix(".json").read_text("utf-8")
    assert document == {**json.loads(written), "issued": [], "revised": False, "changes": []}
    assert json.loads(written) == packing.document(packing.read(written))
    page = path.with_suffix(".html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "<h1>Week of 1–7 June 2026: all teams</h1>" in page
    japanese = run(counted, "monthly", "--at", "2026-06-03", "--language", "ja")
    assert japanese.stdout.startswith("# 2026年6月の月次レポート\n")


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no kind of report": (("yearly",), "'yearly' is not one of 'weekly', 'monthly'"),
    "an ending that nobody asked for": (("weekly", "-o", "week.pdf"), "`week.pdf` ends in none of .md, .html, .json"),
    "no time": (("weekly", "--at", "sometime"), "`sometime` is not a time"),
    "no team": (("weekly", "--at", "2026-06-03", "--team", "x"), "`x` is not a team; there are none"),
    "a time to come": (("monthly", "--at", "2100-01-01"), "the period 2100-01 has not begun yet"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_the_command_refuses(counted: Site, words: tuple[str, ...], message: str) -> None:
    done = run(counted, *words)
    assert done.exit_code != 0
    assert message in (done.output + str(done.exception))


def test_a_file_that_cannot_be_written_is_said(counted: Site, tmp_path: Path) -> None:
    done = run(counted, "weekly", "--at", "2026-06-03", "-o", str(tmp_path / "none" / "week.md"))
    assert "can't be written: No such file or directory" in str(done.exception)


# Issued, and revised


def changed(site: Site, opened: Store) -> Shown:
    """As it is now, after 7 failures came late."""
    fill(opened, [(10, "play", 503, 7)])
    judge(site, opened, (START + END) * 60)
    return issuing.shown(site, opened, WEEK, None, LATER + 60, {}, again=True)


LATER = (WEEK.end + 9 * 60) * 60  # Monday at 9


def test_what_was_issued_is_shown_whatever_happens_after(opened: Store, site: Site) -> None:
    before = issuing.shown(site, opened, WEEK, None, LATER, {})
    assert (before.issued, before.revised, issuing.notes(before)) == ((), False, ())
    first = issuing.issue(site, opened, WEEK, None, LATER, {})
    assert first.report == before.report
    assert issuing.notes(first) == ("As issued on 2026-06-08 09:00.",)
    assert issuing.issue(site, opened, WEEK, None, LATER + 60, {}).issued == first.issued  # nothing is new
    assert issuing.notes(issuing.shown(site, opened, WEEK, None, LATER, {}, again=True)) == issuing.notes(
        first
    )
    again = changed(site, opened)
    assert issuing.shown(site, opened, WEEK, None, LATER, {}) == first
    assert again.revised
    watch = ("journeys", "watch", "promises", "watch/available")
    minutes = WEEK.end - START
    assert Difference((*watch, "period", "bad"), "1,200", "1,207") in again.changes
    total = f"{minutes * 200:,}", f"{minutes * 200 + 7:,}"
    assert Difference((*watch, "period", "total"), *total) in again.changes
    said = issuing.notes(again)
    assert said[0] == "Revised: this is not what was issued on 2026-06-08 09:00."
    assert "Watch a course: available: failed in this period 1,200 → 1,207" in said[1]


def test_a_revision_is_kept_beside_the_first(opened: Store, site: Site) -> None:
    issuing.issue(site, opened, WEEK, None, LATER, {})
    changed(site, opened)
    second = issuing.issue(site, opened, WEEK, None, LATER + 3600, {})
    assert len(second.issued) == 2
    assert second.revised
    shown = issuing.shown(site, opened, WEEK, None, LATER + 7200, {})
    assert shown == second
    assert issuing.notes(shown)[0] == "Revised on 2026-06-08 10:00; it was issued on 2026-06-08 09:00 first."
    with speaking(catalogue("ja")):
        first, second_note = issuing.notes(shown)
    assert first == "2026-06-08 10:00 に改訂(最初の発行は 2026-06-08 09:00)。"
    assert "Watch a course:available:この期間の失敗 1,200 → 1,207" in second_note
    document = issuing.document(shown)
    assert [document["revised"], document["issued"]] == [
        True,
        [{"at": "2026-06-08T09:00:00Z", "revision": 0}, {"at": "2026-06-08T10:00:00Z", "revision": 1}],
    ]


def test_what_is_not_known_to_its_end_cannot_be_issued(opened: Store, site: Site) -> None:
    after = periods.of("weekly", WEEK.end, "UTC")
    with pytest.raises(UsageError, match="the period 2026-W24 is known until 2026-06-08 00:29 only"):
        issuing.issue(site, opened, after, None, LATER, {})
    assert opened.issued.newest() == []


def test_a_document_of_another_version_is_made_again(opened: Store, site: Site) -> None:
    opened.issued.add(Issued("weekly", "", WEEK.start, WEEK.end, '{"version": 0}', LATER))
    shown = issuing.shown(site, opened, WEEK, None, LATER, {})
    assert shown.report == made(site, opened)
    assert shown.revised


def test_reports_are_issued_on_the_command_line(counted: Site) -> None:
    words = ("weekly", "--at", "2026-06-03")
    done = run(counted, *words, "--issue")
    assert done.exit_code == 0, done.output
    assert "\n> As issued on " in done.stdout
    assert run(counted, *words).stdout == run(counted, *words, "--again").stdout == done.stdout
    with store.open(counted.store) as opened:
        (entry,) = opened.audit.between()
        assert (entry.what, entry.about) == ("report-issued", "weekly 2026-W23")
        changed(counted, opened)
    assert run(counted, *words).stdout == done.stdout
    assert "\n> Revised: this is not what was issued on " in run(counted, *words, "--again").stdout
    document = json.loads(run(counted, *words, "--again", "--json").stdout)
    assert {"path": ["alerts", "pages"], "old": "2", "new": "2"} not in document["changes"]
    assert document["revised"]
