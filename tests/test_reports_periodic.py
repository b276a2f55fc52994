"""Reports in words: what is said of a week and a month, in both languages and all forms, whatever names are called."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tabiji.catalogues import catalogue
from tabiji.journeys import Text
from tabiji.language import LANGUAGES, Language, speaking
from tabiji.reports import periodic
from tabiji.reports.periodic import packing, periods, phrases, sections
from tabiji.reports.periodic.facts import (
    ActionFacts,
    AlertFacts,
    Bar,
    Cause,
    Corrected,
    Coverage,
    Failing,
    IncidentFacts,
    JourneyFacts,
    Marked,
    MonthFacts,
    NewOperation,
    PolicyFacts,
    Promise,
    Quiet,
    Report,
    Said,
    Sum,
    Voices,
)
from tabiji.reports.periodic.periods import Kind

NOON = 29_673_360  # Tuesday 2026-06-02, UTC
QUIET = Voices(0, 0, 0, 0, 0, ())


def promise(bad: int, total: int, target: str = "0.99", **more: object) -> Promise:
    fields: dict[str, object] = {
        "id": "watch/works",
        "name": "works",
        "title": Text("Videos start", "動画が再生できる"),
        "agreed": True,
        "sort": "failed",
        "target": target,
        "window": "28d",
        "state": "healthy",
        "period": Sum(bad, total),
        "before": Sum(10, 10_000),
        "budget": Sum(bad, total),
        "budget_before": Sum(10, 10_000),
        "estimated": False,
        "pages": 0,
        "tickets": 0,
        "corrected": None,
        "steps": (),
        "operations": (),
        "bars": (Bar(NOON, NOON + 60, bad, total),),
        "months": (),
    }
    return Promise(**(fields | more))  # type: ignore[arg-type]


def report(kind: Kind = "weekly", *promises: Promise, **more: object) -> Report:
    period = periods.of(kind, NOON, "Asia/Tokyo")
    journey = JourneyFacts(
        "watch", Text("Watch a course", "コースを視聴する"), "learning", None, promises, QUIET
    )
    fields: dict[str, object] = {
        "version": 1,
        "kind": kind,
        "team": None,
        "team_title": None,
        "zone": "Asia/Tokyo",
        "from_minute": period.start,
        "to_minute": period.end,
        "until_minute": period.end,
        "coarse": False,
        "definition": "f7",
        "journeys": (journey,) if promises else (),
        "incidents": (),
        "alerts": AlertFacts(0, 0, 0, 0, 0),
        "silences": (),
        "marks": (),
        "operations": (),
        "policies": (),
        "coverage": (),
        "months": (),
    }
    return Report(**(fields | more))  # type: ignore[arg-type]


INCIDENT = IncidentFacts(
    number=3,
    journey="watch",
    cause="alert",
    started_minute=NOON - 8,
    detected_minute=NOON - 4,
    detected_by="alert",
    recovered_minute=NOON + 30,
    verdict=None,
    objective="watch/works",
    bad=1200,
    total=3600,
    allowed="1000",
    steps=(Failing("play", Text("Play", "再生する"), 900, 3000), Failing("open", Text(), 300, 600)),
    operations=(Failing("PlayVideo", Text(), 900, 3000),),
    marks=(Marked(NOON - 20, "deployment", "v1", (), None),),
    said=(Said(NOON + 40, "ito", "noted", "A disk was full."),),
)
SENTENCES: dict[str, tuple[Promise, str, str]] = {
    "kept, with no failure": (
        promise(0, 10_000),
        "“Watch a course: Videos start”: all went well; the promise of 99 % was kept. Of what may fail, 100 % is left.",
        "「コースを視聴する:動画が再生できる」:失敗なし、目標99%は達成。エラーバジェットの残りは100%。",
    ),
    "kept, exactly": (
        promise(100, 10_000),
        "“Watch a course: Videos start”: 1 in 100 attempts failed (100 of 10,000); the promise of 99 % was kept. "
        "Nothing is left of what may fail.",
        "「コースを視聴する:動画が再生できる」:100回に1回が失敗(10,000件中100件)、目標99%は達成。"
        "エラーバジェットは残っていません。",
    ),
    "not kept, by one of so many that it could be luck": (
        promise(101, 10_000),
        "“Watch a course: Videos start”: 1 in 99 attempts failed (101 of 10,000); the promise of 99 % was not kept. "
        "What may fail is overspent by 1 %. So few people tried that this could be bad luck.",
        "「コースを視聴する:動画が再生できる」:99回に1回が失敗(10,000件中101件)、目標99%は未達。"
        "エラーバジェットを1%超過。件数が少なく、偶然かもしれません。",
    ),
    "not kept, and no luck": (
        promise(5000, 10_000, sort="slow"),
        "“Watch a course: Videos start”: 1 in 2 attempts failed or took too long (5,000 of 10,000); the promise of "
        "99 % was not kept. What may fail is overspent by 4900 %.",
        "「コースを視聴する:動画が再生できる」:2回に1回が失敗または遅延(10,000件中5,000件)、目標99%は未達。"
        "エラーバジェットを4900%超過。",
    ),
    "minutes": (
        promise(12, 10_080, "0.999", sort="minutes", budget=None),
        "“Watch a course: Videos start”: bad for 12 of 10,080 minutes; the promise of 99.9 % was not kept.",
        "「コースを視聴する:動画が再生できる」:10,080分のうち12分で悪化、目標99.9%は未達。",
    ),
    "nobody tried": (
        promise(0, 0),
        "“Watch a course: Videos start”: nobody tried, so nothing can be said.",
        "「コースを視聴する:動画が再生できる」:利用がなく、何も言えません。",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "english", "japanese"), SENTENCES.values(), ids=SENTENCES.keys())
def test_what_is_said_of_a_promise(one: Promise, english: str, japanese: str) -> None:
    for language, said in zip(LANGUAGES, (english, japanese), strict=True):
        with speaking(catalogue(language)):
            (journey,) = report("weekly", one).journeys
            assert phrases.promise_sentence(journey, one) == said


INCIDENTS: dict[str, tuple[IncidentFacts, str, str]] = {
    "over": (
        INCIDENT,
        "“Watch a course” from Tue 2 June, 20:52, for 38 min: 1 in 3 attempts failed (1,200 of 3,600); "
        "noticed after 4 min by an alert; it took 120 % of what may fail.",
        "「コースを視聴する」6月2日(火)20:52から38分:3回に1回が失敗(3,600件中1,200件)、4分後にアラートにより検知、"
        "エラーバジェットの120%を消費。",
    ),
    "it went on": (
        replace(INCIDENT, recovered_minute=None, bad=None, total=None, allowed=None, objective=None),
        "“Watch a course” since Tue 2 June, 20:52: it was not over when this period ended.",
        "「コースを視聴する」6月2日(火)20:52から。期間の終わりにも続いていました。",
    ),
    "nobody noticed": (
        replace(INCIDENT, detected_minute=None, detected_by=None, verdict="missed"),
        "“Watch a course” from Tue 2 June, 20:52, for 38 min: 1 in 3 attempts failed (1,200 of 3,600); "
        "nobody noticed; it took 120 % of what may fail.",
        "「コースを視聴する」6月2日(火)20:52から38分:3回に1回が失敗(3,600件中1,200件)、検知なし、"
        "エラーバジェットの120%を消費。",
    ),
    "a false alarm, at once": (
        replace(INCIDENT, detected_minute=NOON - 8, verdict="false", bad=5),
        "“Watch a course” from Tue 2 June, 20:52, for 38 min: 1 in 720 attempts failed (5 of 3,600); "
        "noticed at once by an alert; it took 0.5 % of what may fail; a false alarm, for next to nothing was lost.",
        "「コースを視聴する」6月2日(火)20:52から38分:720回に1回が失敗(3,600件中5件)、直後にアラートにより検知、"
        "エラーバジェットの0.5%を消費、影響がほとんどないため誤報。",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "english", "japanese"), INCIDENTS.values(), ids=INCIDENTS.keys())
def test_what_is_said_of_an_incident(one: IncidentFacts, english: str, japanese: str) -> None:
    for language, said in zip(LANGUAGES, (english, japanese), strict=True):
        with speaking(catalogue(language)):
            assert phrases.incident_sentence(report("weekly", promise(0, 10)), one) == said


def test_why_it_happened() -> None:
    with speaking(catalogue("en")):
        assert phrases.incident_causes(report("weekly", promise(0, 10)), INCIDENT) == (
            "Where: Play (75 % of all failures), PlayVideo (75 % of all failures).",
            "What happened around it: deployment: v1 (Tue 2 June, 20:40).",
            "ito (Tue 2 June, 21:40): A disk was full.",
        )


SHORT: dict[str, tuple[Report, list[str]]] = {
    "all is well": (report("weekly", promise(0, 10)), ["The one promise was kept.", "There was no incident."]),
    "nothing is promised": (
        report("weekly"),
        ["There were no events, so nothing can be said about any promise.", "There was no incident."],
    ),
    "what is on trial does not count": (
        report("weekly", promise(0, 10), promise(10, 10, agreed=False)),
        ["The one promise was kept.", "There was no incident."],
    ),
    "kept this week, and the budget is gone": (
        report("weekly", promise(0, 10, budget=Sum(3, 100))),
        [
            "The one promise was kept.",
            "“Watch a course: Videos start”: all went well; the promise of 99 % was kept. "
            "What may fail is overspent by 200 %.",
            "There was no incident.",
        ],
    ),
    "a false alarm is no suffering": (
        report("weekly", promise(0, 10), incidents=(replace(INCIDENT, verdict="false"),)),
        ["The one promise was kept.", "There was no incident."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "said"), SHORT.values(), ids=SHORT.keys())
def test_in_short(one: Report, said: list[str]) -> None:
    with speaking(catalogue("en")):
        assert sections.short(one) == said


HOSTILE = "<script>alert(1)</script> | `x` *b* [a](javascript:1) \"q\" & 'r'\n# h"
FULL = report(
    "weekly",
    promise(
        5000,
        10_000,
        title=Text(HOSTILE, HOSTILE),
        steps=(Failing(HOSTILE, Text(HOSTILE, HOSTILE), 5000, 10_000),),
        operations=(Failing(HOSTILE, Text(), 5000, 10_000, (Cause("error", HOSTILE, 5000),)),),
        corrected=Corrected(30, (HOSTILE,), Sum(0, 10)),
        months=(None, Sum(1, 10)),
        estimated=True,
    ),
    team=HOSTILE,
    until_minute=NOON,
    coarse=True,
    incidents=(replace(INCIDENT, said=(Said(NOON, HOSTILE, "noted", HOSTILE),), recovered_minute=NOON),),
    alerts=AlertFacts(1, 2, 1, 0, 1),
    silences=(Quiet(HOSTILE, NOON - 90, NOON - 30, None), Quiet("web", NOON - 90, NOON - 30, NOON)),
    marks=(Marked(NOON, "other", HOSTILE, (), None),),
    operations=(NewOperation("web", HOSTILE, 3, False),) * 12,
    policies=tuple(
        PolicyFacts(
            NOON, "p", Text(HOSTILE, HOSTILE), "s", Text(HOSTILE), "watch/works", change, "exhausted",
            ("notify", "review"), (HOSTILE,), HOSTILE, HOSTILE,
        )
        for change in ("acts", "suspended", "resumed", "ended")
    ),
    coverage=(Coverage(HOSTILE, 10, 5),),
    months=(MonthFacts(NOON - 60, NOON, 0, (), (), 0, 0), MonthFacts(NOON, NOON + 60, 2, (3, 8), (5,), 1, 1)),
)  # fmt: skip
FULL = replace(
    FULL, journeys=tuple(replace(one, voices=Voices(3, 1, 2, 0, 1, (HOSTILE,))) for one in FULL.journeys)
)


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name == "href"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", periods.KINDS)
def test_no_name_means_anything_to_a_browser_or_a_renderer(kind: Kind, language: Language) -> None:
    full = replace(FULL, kind=kind)
    with speaking(catalogue(language)):
        page = periodic.as_html(full, {"watch/works": b"<svg/>"}, [HOSTILE])
        text = periodic.as_markdown(full)
    tags = Tags()
    tags.feed(page)
    assert tags.tags == {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "div",
        "table", "thead", "tbody", "tr", "th", "td", "blockquote", "figure", "img",
    }  # fmt: skip
    assert "<script>" not in page
    assert not re.search(r"(?<!\\)[<`*]", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows
    assert [line for line in text.splitlines() if line.startswith("# ")] == [text.splitlines()[0]]


def test_the_document_gives_all_of_it_again() -> None:
    assert packing.read(packing.text(FULL)) == FULL


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"version": 1}', "null", '"x"'])
def test_what_is_no_document(written: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|not the document of a report"):
        packing.read(written)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", periods.KINDS)
def test_every_acronym_is_explained(kind: Kind, language: Language) -> None:
    with speaking(catalogue(language)):
        text = periodic.as_markdown(replace(FULL, kind=kind))
    last = text.rpartition("\n## ")[2]
    used = set(re.findall(r"\b(?:CUJ|SLO|SLI|TTD|TTR|MTTD|MTTR)\b", text))
    assert {one for one in used if one not in last} == set()


def test_a_page_has_its_charts_in_it_and_asks_for_nothing() -> None:
    with speaking(catalogue("en")):
        page = periodic.as_html(FULL, {"watch/works": b"<svg/>"})
        without = periodic.as_html(FULL, {})
    assert '<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="How much of' in page
    assert "<img" not in without
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)
    assert "@page" in page


# What is to be done


def action(number: int, title: str, **more: object) -> ActionFacts:
    fields: dict[str, object] = {
        "number": number, "title": title, "sort": "action", "state": "open", "team": "learning", "owner": None,
        "supporter": None, "due": None, "journey": None, "origin": "hand", "which": "", "opened_minute": NOON,
        "opened_by": "ito", "ended_minute": None, "outcome": "",
    }  # fmt: skip
    return ActionFacts(**(fields | more))  # type: ignore[arg-type]


ACTIONS = (
    action(1, "Retry", state="overdue", owner="aya", supporter="ken", due="2026-06-05"),
    action(2, "Alert", due="2026-06-14", sort="help"),
    action(3, "Later", due="2026-06-15"),
    action(4, "Slow on Mondays", sort="concern", origin="review", which="2026-06-01"),
    action(
        5,
        "Cache",
        state="done",
        ended_minute=NOON + 9,
        outcome="Twice as fast.",
        origin="incident",
        which="3",
    ),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_week_says_what_is_due_what_was_done_and_what_worries(language: Language) -> None:
    said = {
        "en": (
            "One action item is overdue: “Retry”.",
            "## What is due\n\n| due on | what | team | owner | state |\n| --- | --- | --- | --- | --- |\n"
            "| 5 June 2026 | Retry | learning | aya, with ken | overdue |\n"
            "| 14 June 2026 | unplanned help wanted: Alert | learning | nobody yet | to be done |\n\n"
            "_One more action item is open, due later or on no certain day._\n\n"
            "## What was done\n\n- “Cache” (incident 3): done. Twice as fast.\n\n"
            "## Concerns\n\n- “Slow on Mondays”: raised by ito on Tue 2 June (review 2026-06-01); "
            "nobody sees to it yet.",
        ),
        "ja": (
            "期限を過ぎたアクションアイテムが1件:「Retry」。",
            "| 2026年6月5日 | Retry | learning | aya(支援:ken) | 期限切れ |",
        ),
    }[language]
    with speaking(catalogue(language)):
        written = periodic.as_markdown(report("weekly", promise(0, 10), actions=ACTIONS))
    assert [one for one in said if one not in written] == []


def test_a_month_says_what_was_done_about_it_and_how_much_is_open() -> None:
    with speaking(catalogue("en")):
        written = periodic.as_markdown(report("monthly", promise(0, 10), actions=ACTIONS))
    done = written[written.index("## What was done about it") : written.index("## Concerns")]
    assert done == (
        "## What was done about it\n\n- “Cache” (incident 3): done. Twice as fast.\n\n"
        "3 action items are still open. One of them is overdue:\n\n"
        "| due on | what | team | owner | state |\n| --- | --- | --- | --- | --- |\n"
        "| 5 June 2026 | Retry | learning | aya, with ken | overdue |\n\n"
    )


def test_without_action_items_nothing_is_said_of_them() -> None:
    with speaking(catalogue("en")):
        written = periodic.as_markdown(report("weekly", promise(0, 10)))
    assert not {"What is due", "What was done", "Concerns"} & set(re.findall(r"## (.*)", written))
