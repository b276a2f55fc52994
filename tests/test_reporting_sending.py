"""Reports that are due → issued, and told once, whoever else is at it; and those that somebody sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tabiji import definitions, store
from tabiji.cli import cli
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.notices import Message
from tabiji.reports.periodic import periods
from tabiji.runs.reporting import issuing, sending
from tabiji.runs.reporting.sending import Due, Sent
from tabiji.store import Store
from test_incidents_found import START, fill, judge, workspace
from test_reporting import END, WEEK, whole

RECEIVERS = """\
teams:
  learning: {title: Learning, information: [chat]}
  money: {title: Money, information: [am, mail]}
notifications:
  address: https://tabiji.example.com
  information: [mail]
  receivers:
    chat: {apprise: "slack://a/b/c", language: ja}
    mail: {apprise: "mailto://a:b@example.com"}
    am: {alertmanager: "http://am:9093"}
"""
NINE = WEEK.end * 60 + 9 * 3600  # on Monday
LATER = NINE + 3600


def reporting_site(folder: Path, url: str, reports: str) -> Site:
    workspace(folder, url)
    path = folder / "tabiji.yaml"
    path.write_text(f"{path.read_text('utf-8')}\n{RECEIVERS}reports: {reports}\n", "utf-8")
    for name, team in (("watch", "learning"), ("pay", "money")):
        journey = folder / "journeys" / f"{name}.yaml"
        journey.write_text(f"{journey.read_text('utf-8')}\nteam: {team}\n", "utf-8")
    return definitions.load(folder, {})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return reporting_site(tmp_path / "site", "sqlite:///tabiji.db", "{weekly: {}, monthly: {to: [mail]}}")


@pytest.fixture
def opened(store_url: str, site: Site) -> Iterator[Store]:
    with store.open(store_url) as opened:
        fill(opened, list(whole()))
        judge(site, opened, (START + END) * 60)
        yield opened


def told(opened: Store) -> list[Message]:
    return [one.message for one in opened.delivering.posted(["pending"])]


def whom(opened: Store) -> list[tuple[str, str]]:
    return [(one.receiver, one.topic) for one in told(opened)]


def test_each_team_has_its_week_and_its_own_receivers(site: Site) -> None:
    assert list(sending.due(site, NINE)) == [
        Due(WEEK, "learning", ("chat",)),
        Due(WEEK, "money", ("mail",)),  # the Alertmanager shows no reports
        Due(periods.of("monthly", WEEK.start, "UTC").before(), None, ("mail",)),
    ]
    assert next(sending.due(site, NINE - 1)).period == WEEK.before()
    (weekly, monthly) = site.schedules
    chosen = replace(
        site, schedules=(replace(weekly, teams=("money",), to=("chat",)), replace(monthly, to=None))
    )
    assert [(one.team, one.to) for one in sending.due(chosen, NINE)] == [
        ("money", ("chat",)),
        (None, ("mail",)),
    ]
    alone = replace(site, teams=(), journeys=tuple(replace(one, team=None) for one in site.journeys))
    assert next((one.team, one.to) for one in sending.due(alone, NINE)) == (None, ("mail",))


def test_what_is_due_is_told_once(opened: Store, site: Site) -> None:
    assert sending.issue_due(site, opened, NINE - 1, {}) == 0
    assert (told(opened), opened.issued.newest()) == ([], [])
    assert sending.issue_due(site, opened, NINE, {}) == 2
    assert whom(opened) == [
        ("chat", "report:weekly/learning/2026-W23"),
        ("mail", "report:weekly/money/2026-W23"),
    ]
    assert [(one.kind, one.team, one.issued_at) for one in opened.issued.newest()] == [
        ("weekly", "money", NINE), ("weekly", "learning", NINE),
    ]  # fmt: skip
    before = opened.delivering.posted(["pending"])
    for later in (NINE, NINE + 20, NINE + 86_400):
        assert sending.issue_due(site, opened, later, {}) == 0
    assert opened.delivering.posted(["pending"]) == before
    assert sending.sent(opened, WEEK, "learning") == (Sent(NINE, "", ("chat",)),)


def test_the_words_are_those_of_the_report_in_the_language_of_who_reads(opened: Store, site: Site) -> None:
    sending.issue_due(site, opened, NINE, {})
    chat, mail = told(opened)
    assert (chat.title, mail.title) == (
        "週次レポート 2026年6月1日〜7日:Learning",
        "Week of 1–7 June 2026: Money",
    )
    assert mail.lines == (
        "The one promise was kept.",
        "Users suffered once: “Pay” from Wed 3 June, 01:00, for 2 h: 1 in 20 attempts failed (600 of 12,000); "
        "nobody noticed; it took 37 % of what may fail.",
        "Nobody was told of one drop that cost more than 5 % of what may fail.",
    )
    assert chat.lines[0] == "1件の目標をすべて達成しました。"
    assert (chat.stage, chat.urgency, chat.language, chat.began_at) == (
        "report",
        "information",
        "ja",
        WEEK.start * 60,
    )
    assert chat.link == "https://tabiji.example.com/reports/weekly/learning/2026-W23"
    assert mail.facts["report"] == {
        "kind": "weekly", "team": "money", "period": "2026-W23",
        "from": "2026-06-01T00:00:00Z", "to": "2026-06-08T00:00:00Z",
    }  # fmt: skip
    (promise,) = mail.facts["promises"]  # type: ignore[misc]
    assert (promise["id"], promise["period"]["bad"]) == ("pay/available", 600)  # type: ignore[index]


def test_who_is_killed_after_issuing_is_made_up_for(opened: Store, site: Site) -> None:
    issuing.issue(site, opened, WEEK, "learning", NINE, {})
    assert sending.issue_due(site, opened, NINE + 20, {}) == 2
    assert whom(opened)[0] == ("chat", "report:weekly/learning/2026-W23")
    assert [one.issued_at for one in opened.issued.of("weekly", "learning", WEEK.start, WEEK.end)] == [NINE]


def test_of_two_that_are_at_it_at_once_one_tells(store_url: str, opened: Store, site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    together = Barrier(2)

    def tell(place: int) -> int:
        with store.open(store_url) as other:
            together.wait()
            return sending.issue_due(site, other, NINE + place, {})

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(tell, range(2)))
    assert sum(counts) == 2
    assert len(told(opened)) == 2
    assert len(opened.issued.newest()) == 2


def test_what_is_not_judged_to_its_end_waits(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(whole(0, WEEK.end - START - 5)))
        judge(site, opened, (WEEK.end - 5) * 60)
        assert sending.issue_due(site, opened, NINE, {}) == 0
        assert opened.issued.newest() == []
        fill(opened, list(whole(WEEK.end - START - 5, WEEK.end - START + 5)))
        judge(site, opened, (WEEK.end + 5) * 60)
        assert sending.issue_due(site, opened, NINE, {}) == 2


def test_of_a_time_before_the_first_event_there_is_no_report(opened: Store, site: Site) -> None:
    assert sending.issue_due(site, opened, NINE - 7 * 86_400, {}) == 0
    assert opened.issued.newest() == []


def test_without_anybody_to_tell_it_is_issued_all_the_same(opened: Store, site: Site) -> None:
    silent = replace(site, schedules=(replace(site.schedules[0], to=()),))
    assert sending.issue_due(silent, opened, NINE, {}) == 2
    assert (told(opened), len(opened.issued.newest())) == ([], 2)
    assert sending.issue_due(silent, opened, NINE, {}) == 0
    assert sending.sent(opened, WEEK, "money") == (Sent(NINE, "", ()),)


def test_what_somebody_sends_is_issued_and_told_each_time(opened: Store, site: Site) -> None:
    sending.send(site, opened, WEEK, None, ("mail", "mail"), "ito", LATER, {})
    assert whom(opened) == [("mail", "report:weekly/all/2026-W23")]
    sending.send(site, opened, WEEK, None, ("mail",), "ito", LATER, {})  # twice in a second is once
    sending.send(site, opened, WEEK, None, ("chat",), "ito", LATER + 1, {})
    assert len(whom(opened)) == 2
    assert len(opened.issued.newest()) == 1
    assert [one.receivers for one in sending.sent(opened, WEEK, None)] == [("mail",), ("mail",), ("chat",)]
    assert sending.issue_due(site, opened, NINE, {}) == 2  # the teams' own


@pytest.mark.parametrize("name", ["am", "nobody"])
def test_who_takes_no_reports_is_refused(opened: Store, site: Site, name: str) -> None:
    with pytest.raises(UsageError, match=f"`{name}` is no receiver of reports; there are chat, mail"):
        sending.send(site, opened, WEEK, None, (name,), "ito", LATER, {})
    assert (told(opened), opened.issued.newest()) == ([], [])


def test_what_was_revised_is_said_so(opened: Store, site: Site) -> None:
    issuing.issue(site, opened, WEEK, "money", LATER, {})
    fill(opened, [(10, "pay", 503, 7)])
    judge(site, opened, (START + END) * 60)
    issuing.issue(site, opened, WEEK, "money", LATER + 60, {})
    sending.send(site, opened, WEEK, "money", ("mail",), "ito", LATER + 120, {})
    (mail,) = told(opened)
    assert mail.lines[0] == "Revised on 2026-06-08 10:01; it was issued on 2026-06-08 10:00 first."
    assert "failed in this period 600 → 607" in mail.lines[1]


# The command


@pytest.fixture
def counted(tmp_path: Path) -> Site:
    site = reporting_site(tmp_path / "counted", f"sqlite:///{tmp_path / 'counted.db'}", "{weekly: {}}")
    with store.open(site.store) as opened:
        fill(opened, list(whole()))
        judge(site, opened, (START + END) * 60)
    return site


def run(site: Site, *words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words, "-C", str(site.folder)])


def test_the_command_sends(counted: Site, tmp_path: Path) -> None:
    done = run(counted, "weekly", "--at", "2026-06-03", "--team", "money", "--send", "mail", "--send", "chat")
    assert done.exit_code == 0, done.output
    assert done.stderr == "In the outbox for mail, chat.\n"
    assert "\n> As issued on " in done.stdout
    with store.open(counted.store) as opened:
        assert whom(opened) == [(name, "report:weekly/money/2026-W23") for name in ("mail", "chat")]
        (entry,) = opened.audit.between()
        assert (entry.what, entry.about, entry.details) == (
            "report-sent", "weekly 2026-W23", {"team": "money", "receivers": ["mail", "chat"]},
        )  # fmt: skip
    path = tmp_path / "week.txt"
    run(counted, "weekly", "--at", "2026-06-03", "--team", "money", "-o", str(path))
    first, blank, issued, *_rest = path.read_text("utf-8").splitlines()
    assert (first, blank) == ("Week of 1–7 June 2026: Money", "")
    assert issued.startswith("- As issued on ")
    refused = run(counted, "weekly", "--at", "2026-06-03", "--send", "nobody")
    assert "`nobody` is no receiver of reports; there are chat, mail" in str(refused.exception)
