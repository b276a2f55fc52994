"""Definitions: what they mean, and every fault at its place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tabiji.definitions import Retention, Site, Source, Team, load
from tabiji.errors import DefinitionError
from tabiji.journeys import Journey, Objective, Slices, Step, Text, Tier
from tabiji.windows import Calendar, Rolling

DAY = 1440


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def faults(folder: Path, files: Mapping[str, str | bytes]) -> list[str]:
    """The faults of these files, without the lines and carets."""
    with pytest.raises(DefinitionError) as caught:
        load(written(folder, files), {})
    return [f"{one.path}:{one.line}:{one.column}: {one.message}" for one in caught.value.faults]


SITE = """\
timezone: Asia/Tokyo
language: ja
store: sqlite:///tabiji.db
sources:
  web:
    format: nginx
    paths: [/var/log/nginx/access.log*, "log/*.gz"]
    service: learning-web
    log_format: '$remote_addr [$time_local] "$request" $status "$http_x_plan" $request_time'
    operation: coalesce(nullif(x_plan, 'x'), method || ' ' || route)
    error: case when status >= 500 then 'down' end
    where: route <> '/healthz'
    labels: {plan: x_plan}
    series_max: 0o17
    quiet_after: 30m
  jobs: {format: sidekiq, paths: [log/sidekiq.log], kind: job, latency: elapsed, timezone: UTC}
teams:
  learning: {title: {en: Learning, ja: 学習}}
  on: {}
retention: {minutes: 50d, days: forever}
"""

JOURNEY = """\
journey: watch-course
title: {en: Watch a course, ja: コースを視聴する}      # or a plain string
team: learning
why: A learner who cannot play a video has no product.
steps:
  open:   {title: コースを開く, events: "operation = 'GET /courses/:id' and plan is not null"}
  no:     {events: "operation = 'PlayVideo'"}
  record: {title: 記録する,     events: "source = 'jobs' and operation = 'ProgressWorker'"}
objectives:
  available:
    good: "status < 500 and error is distinct from 'INTERNAL_SERVER_ERROR'"
    exclude: "status = 499"
    target: 99.9%
  fast:
    title: Fast
    steps: [no]
    faster_than: 800ms
    target: 0.99
    window: {calendar: month}
    state: provisional
    alerts: {ticket_only: true}
  error-rate:
    bad_minute: error_rate >= 1%
    good: "status < 500"
    for: 5m
    no_data: bad
    target: 90%
    window: 30d
  slow-minutes:
    bad_minute: p99.9 > 1.5s
    target: 99.95 %
    window: {calendar: week, timezone: UTC}
    alerts: none
  custom:
    good: status < 400
    target: 99%
    window: 7d
    alerts: {tiers: [{share: 20%, in: 24m, severity: ticket}]}
"""


def test_what_the_contract_shows_loads_into_values(tmp_path: Path) -> None:
    site = load(written(tmp_path, {"tabiji.yaml": SITE, "journeys/watch.yaml": JOURNEY}), {})
    every = ("open", "no", "record")
    first, second, third = (
        Tier(Fraction(1, 50), 60, "page"),
        Tier(Fraction(1, 20), 360, "page"),
        Tier(Fraction(1, 10), 3 * DAY, "ticket"),
    )
    common = {"journey": "watch-course", "steps": every, "exclude": None, "faster_than_us": None}
    common |= {"slices": None, "state": "agreed", "window": Rolling(28 * DAY)}
    assert site == Site(
        folder=tmp_path,
        timezone="Asia/Tokyo",
        language="ja",
        store=f"sqlite:///{tmp_path}/tabiji.db",
        sources=(
            Source(
                name="web",
                format="nginx",
                paths=("/var/log/nginx/access.log*", f"{tmp_path}/log/*.gz"),
                service="learning-web",
                log_format='$remote_addr [$time_local] "$request" $status "$http_x_plan" $request_time',
                operation="coalesce(nullif(x_plan, 'x'), method || ' ' || route)",
                error="case when status >= 500 then 'down' end",
                where="route <> '/healthz'",
                labels=(("plan", "x_plan"),),
                series_max=15,
                quiet_after_minutes=30,
            ),
            Source(
                name="jobs",
                format="sidekiq",
                paths=(f"{tmp_path}/log/sidekiq.log",),
                kind="job",
                latency="elapsed",
                timezone="UTC",
            ),
        ),
        teams=(Team("learning", Text("Learning", "学習")), Team("on", Text("on", "on"))),
        retention=Retention(minutes_days=50),
        journeys=(
            Journey(
                name="watch-course",
                title=Text("Watch a course", "コースを視聴する"),
                team="learning",
                why=Text(*["A learner who cannot play a video has no product."] * 2),
                steps=(
                    Step(
                        "open",
                        Text(*["コースを開く"] * 2),
                        "operation = 'GET /courses/:id' and plan is not null",
                    ),
                    Step("no", Text("no", "no"), "operation = 'PlayVideo'"),
                    Step(
                        "record", Text(*["記録する"] * 2), "source = 'jobs' and operation = 'ProgressWorker'"
                    ),
                ),
                objectives=(
                    Objective(
                        **{**common, "exclude": "status = 499"},
                        name="available",
                        title=Text("available", "available"),
                        good="status < 500 and error is distinct from 'INTERNAL_SERVER_ERROR'",
                        target=Fraction(999, 1000),
                        target_text="99.9%",
                        tiers=(first, second, third),
                    ),
                    Objective(
                        journey="watch-course",
                        name="fast",
                        title=Text("Fast", "Fast"),
                        steps=("no",),
                        good=None,
                        exclude=None,
                        faster_than_us=800_000,
                        slices=None,
                        target=Fraction(99, 100),
                        target_text="0.99",
                        window=Calendar("month", "Asia/Tokyo"),
                        state="provisional",
                        tiers=tuple(replace(tier, severity="ticket") for tier in (first, second, third)),
                    ),
                    Objective(
                        **{
                            **common,
                            "window": Rolling(30 * DAY),
                            "slices": Slices("error_rate", ">=", Fraction(1, 100), 5, "bad"),
                        },
                        name="error-rate",
                        title=Text("error-rate", "error-rate"),
                        good="status < 500",
                        target=Fraction(9, 10),
                        target_text="90%",
                        tiers=(second, third),  # 14.4 is beyond 1 / b = 10
                    ),
                    Objective(
                        **{
                            **common,
                            "window": Calendar("week", "UTC"),
                            "slices": Slices("p99.9", ">", Fraction(1_500_000)),
                        },
                        name="slow-minutes",
                        title=Text("slow-minutes", "slow-minutes"),
                        good=None,
                        target=Fraction(9995, 10000),
                        target_text="99.95 %",
                        tiers=(),
                    ),
                    Objective(
                        **{**common, "window": Rolling(7 * DAY)},
                        name="custom",
                        title=Text("custom", "custom"),
                        good="status < 400",
                        target=Fraction(99, 100),
                        target_text="99%",
                        tiers=(Tier(Fraction(1, 5), 24, "ticket"),),
                    ),
                ),
            ),
        ),
    )
    assert [one.id for one in site.journeys[0].objectives][:2] == [
        "watch-course/available",
        "watch-course/fast",
    ]
    assert site.columns["plan"] == "text"


def test_a_file_with_nothing_in_it_means_the_defaults(tmp_path: Path) -> None:
    site = load(written(tmp_path, {"tabiji.yaml": "# nothing yet\n"}), {})
    assert (site.timezone, site.language, site.store) == ("UTC", "en", f"sqlite:///{tmp_path}/tabiji.db")
    assert (site.sources, site.teams, site.journeys) == ((), (), ())
    assert site.retention == Retention(40, 396)


STORES = {
    "a relative file": ("sqlite:///state/t.db", "sqlite:///{folder}/state/t.db"),
    "a file from the root": ("sqlite:////srv/t.db", "sqlite:////srv/t.db"),
    "PostgreSQL": ("postgresql://tabiji@db/tabiji", "postgresql+psycopg://tabiji@db/tabiji"),
    "a password from the environment": (
        "postgresql://u:${PASSWORD}@db/x",
        "postgresql+psycopg://u:hunter2@db/x",
    ),
    "all of it from the environment": ("${WHOLE}", "postgresql+psycopg://u@h/x"),
}


@pytest.mark.parametrize(("store", "expected"), STORES.values(), ids=STORES.keys())
def test_stores(tmp_path: Path, store: str, expected: str) -> None:
    environment = {"PASSWORD": "hunter2", "WHOLE": "postgresql://u@h/x"}
    site = load(written(tmp_path, {"tabiji.yaml": f"store: {store}\n"}), environment)
    assert site.store == expected.format(folder=tmp_path)
    assert "hunter2" not in repr(site)


def test_no_fault_repeats_what_a_variable_holds(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(written(tmp_path, {"tabiji.yaml": "store: ${SECRET}\n"}), {"SECRET": "mysql://u:hunter2@h/x"})
    assert str(caught.value) == (
        "tabiji.yaml:1:8: a store is `sqlite:///FILE` or `postgresql://…`\n    store: ${SECRET}\n           ^"
    )


def test_a_folder_with_the_signs_of_a_pattern_stands_for_itself(tmp_path: Path) -> None:
    folder = tmp_path / "a[b]*"
    site = load(written(folder, {"tabiji.yaml": "sources: {web: {paths: ['*.log']}}\n"}), {})
    assert site.sources[0].paths == (f"{tmp_path}/a[[]b][*]/*.log",)


# Faults of tabiji.yaml

SITE_FAULTS = {
    "an unknown key": (
        "langage: ja",
        ["1:1: `langage` is not a key of tabiji.yaml; did you mean `language`?"],
    ),
    "a key like none": (
        "xyz: ja",
        [
            "1:1: `xyz` is not a key of tabiji.yaml; "
            "there are timezone, language, store, sources, teams, retention, notifications, access, enquiries, reports"
        ],
    ),
    "a language": ("language: jp", ["1:11: `jp` is not known here; there are en, ja"]),
    "a language in a list": ("language: [en]", ["1:11: `language` must be one of en, ja"]),
    "a time zone": (
        "timezone: Asia/Tokio",
        ["1:11: `Asia/Tokio` is not a time zone; did you mean `Asia/Tokyo`?"],
    ),
    "a store": ("store: postgres://x/y", ["1:8: a store is `postgresql://`"]),
    "a store without a file": (
        "store: sqlite://",
        ["1:8: a store on SQLite is `sqlite:///FILE` (`sqlite:////…` from the root)"],
    ),
    "a variable that is not set": (
        "store: 'postgresql://u:${PW}@h/x'",
        ["1:24: the environment has no `PW`"],
    ),
    "a format": (
        "sources: {a: {format: ngnix}}",
        ["1:23: `ngnix` is not a format; did you mean `nginx`?"],
    ),
    "paths that are no list": (
        "sources: {a: {paths: x.log}}",
        ["1:22: `paths` must be a list, such as `[a, b]`"],
    ),
    "paths that two sources read": (
        "sources: {a: {paths: [x]}, b: {paths: [y, x]}}",
        ["1:43: source `a` reads `x` already; its lines would count twice"],
    ),
    "a kind": ("sources: {a: {kind: jobb}}", ["1:21: `jobb` is not known here; did you mean `job`?"]),
    "a number": ("sources: {a: {series_max: many}}", ["1:27: `series_max` must be a whole number"]),
    "a number out of bounds": (
        "sources: {a: {series_max: 0}}",
        ["1:27: `series_max` is from 1 to 1000000"],
    ),
    "a silence that is no duration": (
        "sources: {a: {quiet_after: 30}}",
        ["1:28: `30` is not a duration; write for example `90s`, `5m`, `1h` or `28d`"],
    ),
    "a silence longer than that": (
        "sources: {a: {quiet_after: 31d}}",
        ["1:28: `31d` is too long: at most `30d`"],
    ),
    "routes that are not there": ("sources: {a: {routes: r.txt}}", ["1:23: there is no file `r.txt`"]),
    "an option of another format": (
        "sources: {a: {format: nginx, latency: elapsed}}",
        ["1:30: `latency` goes with `format: sidekiq`"],
    ),
    "an option without a format": (
        "sources: {a: {log_format: $status}}",
        ["1:15: `log_format` goes with `format: nginx` or `format: apache`"],
    ),
    "json without fields": (
        "sources: {a: {format: json}}",
        ["1:23: `json` needs `fields:`, at least `time`"],
    ),
    "an expression's column inside the text": (
        "sources: {a: {operation: \"method || ' ' || rout\"}}",
        ["1:44: `rout` is not a column; did you mean `route`?; give `format:` to use a format's own fields"],
    ),
    "an integer for a text": (
        "sources: {a: {error: status}}",
        ["1:22: this is an integer; make it a text: `status || ''`"],
    ),
    "a label that is a column": (
        "sources: {a: {labels: {status: method}}}",
        ["1:24: `status` is a column already; choose another name"],
    ),
    "a label that is a word of expressions": (
        "sources: {a: {labels: {in: method}}}",
        ["1:24: `in` can't name a label; use letters, digits and `_`, and no word of expressions"],
    ),
    "a filter that nothing passes": (
        "sources: {a: {where: status < 1 and status > 1}}",
        ["1:22: no line can satisfy this"],
    ),
    "a source that is a text": (
        "teams: {a: b}",
        ["1:12: a team must be a mapping; its keys are title, sre, page, ticket, information, quiet, remind"],
    ),
    "sources in a list": ("sources: [a]", ["1:10: `sources` must be a mapping of names"]),
    "a name with a slash": (
        "sources: {a/b: {}}",
        ["1:11: `a/b` can't name a source; use letters, digits, `-`, `_` and `.`"],
    ),
    "a title without words": ("teams: {a: {title: {}}}", ["1:20: a text needs `en`, `ja` or both"]),
    "a line begun": ("timezone:\nlanguage: en", ["1:1: `timezone` is empty; give it a value or remove it"]),
    "days that are no days": (
        "retention: {minutes: 40h}",
        ["1:22: `40h` is not a number of days; write for example `40d`"],
    ),
    "minutes gone before tiers have looked at them": (
        "retention: {minutes: 2d}",
        ["1:22: `2d` is too short: alerts look back over 3 days, minute by minute"],
    ),
    "hours gone before minutes": (
        "retention: {minutes: 400d}",
        ["1:12: hours are kept at least as long as minutes"],
    ),
    "a list of nothing for a file": (
        "- ~",
        [
            "1:1: tabiji.yaml must be a mapping; "
            "its keys are timezone, language, store, sources, teams, retention, notifications, access, "
            "enquiries, reports",
            "1:3: this item is empty; give it a value or remove it",
        ],
    ),
    "a list for a file": (
        "- a",
        [
            "1:1: tabiji.yaml must be a mapping; "
            "its keys are timezone, language, store, sources, teams, retention, notifications, access, "
            "enquiries, reports"
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SITE_FAULTS.values(), ids=SITE_FAULTS.keys())
def test_faults_of_the_site(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert faults(tmp_path, {"tabiji.yaml": text}) == [f"tabiji.yaml:{one}" for one in expected]


def test_a_log_format_is_blamed_at_its_column(tmp_path: Path) -> None:
    text = "sources: {a: {format: nginx, log_format: '$time_local $foo$bar'}}"
    found = faults(tmp_path, {"tabiji.yaml": text})
    assert len(found) == 1
    assert int(found[0].split(":")[2]) > text.index("$time_local")


def test_a_folder_without_a_site_says_so(tmp_path: Path) -> None:
    assert faults(tmp_path, {}) == ["tabiji.yaml:1:1: there is no tabiji.yaml; `tabiji init` writes one"]


# Faults of journeys

STEPS = "steps: {a: {events: status > 0}, b: {events: kind = 'job'}}\n"
HEAD = f"journey: j\n{STEPS}"


def objective(text: str) -> str:
    """A journey with one objective; its text stands in line 4, from column 6 on."""
    return f"{HEAD}objectives:\n  o: {{{text}}}"


JOURNEY_FAULTS = {
    "nothing but a null": (
        "~",
        [
            "1:1: a journey needs a name: `journey: watch-course`",
            "1:1: a journey needs at least one step",
            "1:1: a journey needs at least one objective",
        ],
    ),
    "an empty file": (
        "",
        [
            "1:1: a journey needs a name: `journey: watch-course`",
            "1:1: a journey needs at least one step",
            "1:1: a journey needs at least one objective",
        ],
    ),
    "no steps and no objectives": (
        "journey: j\nsteps: {}\nobjectives: {}",
        ["2:1: a journey needs at least one step", "3:1: a journey needs at least one objective"],
    ),
    "a name with a space": (
        f"journey: a b\n{STEPS}objectives: {{o: {{good: status < 5, target: 99%}}}}",
        ["1:10: `a b` can't name a journey; use letters, digits, `-`, `_` and `.`"],
    ),
    "an unknown team": (
        objective("good: status < 5, target: 99%") + "\nteam: lerning",
        ["5:7: `lerning` is not one of the teams in tabiji.yaml; did you mean `learning`?"],
    ),
    "a step's key misspelt": (
        "journey: j\nsteps: {a: {event: status > 0}}\nobjectives: {o: {good: status < 5, target: 99%}}",
        ["2:13: `event` is not a key of a step; did you mean `events`?"],
    ),
    "a step without events": (
        "journey: j\nsteps: {a: {title: x}}\nobjectives: {o: {good: status < 5, target: 99%}}",
        ["2:12: a step needs `events`"],
    ),
    "a step that nothing can be in": (
        "journey: j\nsteps: {a: {events: status < 200 and status > 300}}\n"
        "objectives: {o: {good: status < 5, target: 99%}}",
        ["2:21: no event can satisfy this"],
    ),
    "two steps with the same events": (
        "journey: j\nsteps: {a: {events: status > 0}, b: {events: (STATUS>0)}}\n"
        "objectives: {o: {good: status < 5, target: 99%}}",
        ["2:47: `STATUS` is not a column; did you mean `status`?"],
    ),
    "two steps with the same events, written otherwise": (
        "journey: j\nsteps: {a: {events: status > 0}, b: {events: (status>0)}}\n"
        "objectives: {o: {good: status < 5, target: 99%}}",
        ["2:46: step `a` has the same events; they would count twice"],
    ),
    "an unknown source": (
        "journey: j\nsteps: {a: {events: \"status > 1 and source in ('web', 'jbos')\"}}\n"
        "objectives: {o: {good: status < 5, target: 99%}}",
        ["2:55: `jbos` is not a source; did you mean `jobs`?"],
    ),
    "an unknown kind": (
        "journey: j\nsteps: {a: {events: kind = 'jobs'}}\nobjectives: {o: {good: status < 5, target: 99%}}",
        ["2:28: `jobs` is not a kind; did you mean `job`?"],
    ),
    "an objective's key misspelt": (
        objective("faster_thn: 1s, target: 99%"),
        ["4:7: `faster_thn` is not a key of an objective; did you mean `faster_than`?"],
    ),
    "nothing that says what is good": (
        objective("target: 99%"),
        ["4:3: an objective needs `good`, `faster_than` or `bad_minute`, to say what is good"],
    ),
    "no target": (objective("good: status < 5"), ["4:6: an objective needs a `target`, such as `99.9%`"]),
    "a target without its sign": (
        objective("good: status < 5, target: 99.9"),
        ["4:33: `99.9` is not a target; did you mean `99.9%`?"],
    ),
    "a target in words": (
        objective("good: status < 5, target: high"),
        ["4:33: `high` is not a target; write for example `99.9%`"],
    ),
    "a target of all": (
        objective("good: status < 5, target: 100%"),
        ["4:33: `100%` leaves no budget: a target is below 100%"],
    ),
    "a target of nothing": (
        objective("good: status < 5, target: 0%"),
        ["4:33: `0%` promises nothing: a target is above 0%"],
    ),
    "an unknown step": (
        objective("good: status < 5, target: 99%, steps: [a, bb]"),
        ["4:49: `bb` is not a step of this journey; did you mean `b`?"],
    ),
    "a step twice": (
        objective("good: status < 5, target: 99%, steps: [a, a]"),
        ["4:49: step `a` is here twice"],
    ),
    "no step of some": (
        objective("good: status < 5, target: 99%, steps: []"),
        ["4:38: name at least one step, or leave `steps` out for all of them"],
    ),
    "good that nothing is": (
        objective("good: error = null, target: 99%"),
        ["4:13: no event can satisfy this: all would be bad"],
    ),
    "an exclusion of nothing": (
        objective("good: status < 5, exclude: status between 5 and 3, target: 99%"),
        ["4:34: no event can satisfy this: it excludes nothing"],
    ),
    "an exclusion of everything": (
        objective("good: status < 5, exclude: error is null or error is not null, target: 99%"),
        ["4:34: every event satisfies this: none would count"],
    ),
    "a limit of three digits": (
        objective("faster_than: 812ms, target: 99%"),
        [
            "4:20: `812ms` can't be counted exactly: a limit has two significant digits; "
            "the nearest are `810ms` and `820ms`"
        ],
    ),
    "a limit between seconds": (
        objective("faster_than: 1.25s, target: 99%"),
        [
            "4:20: `1.25s` can't be counted exactly: a limit has two significant digits; "
            "the nearest are `1.2s` and `1.3s`"
        ],
    ),
    "a limit without a unit": (
        objective("faster_than: 800, target: 99%"),
        ["4:20: `800` is not a duration; did you mean `800ms`?"],
    ),
    "a limit of nothing": (objective("faster_than: 0s, target: 99%"), ["4:20: a limit is above 0"]),
    "a limit of more than a day": (
        objective("faster_than: 30h, target: 99%"),
        ["4:20: `30h` is too long: a limit is at most 100000s"],
    ),
    "a window in base sixty": (
        objective("good: status < 5, target: 99%, window: 1:30"),
        ["4:46: `1:30` is not a duration; write for example `90s`, `5m`, `1h` or `28d`"],
    ),
    "a window of less than an hour": (
        objective("good: status < 5, target: 99%, window: 59m"),
        ["4:46: a rolling window is from `1h` to `400d`"],
    ),
    "a window of more than 400 days": (
        objective("good: status < 5, target: 99%, window: 401d"),
        ["4:46: a rolling window is from `1h` to `400d`"],
    ),
    "a window of half minutes": (
        objective("good: status < 5, target: 99%, window: 3690s"),
        ["4:46: `3690s` is not a whole number of minutes"],
    ),
    "a calendar that is none": (
        objective("good: status < 5, target: 99%, window: {calendar: mont}"),
        ["4:57: `mont` is not known here; did you mean `month`?"],
    ),
    "a calendar of another world": (
        objective("good: status < 5, target: 99%, window: {calendar: month, timezone: Tokyo/Asia}"),
        ["4:74: `Tokyo/Asia` is not a time zone; for example `UTC` or `Asia/Tokyo`"],
    ),
    "a window without a calendar": (
        objective("good: status < 5, target: 99%, window: {timezone: UTC}"),
        ["4:46: a window needs `calendar`, such as `month`"],
    ),
    "a state": (
        objective("good: status < 5, target: 99%, state: provisionl"),
        ["4:45: `provisionl` is not known here; did you mean `provisional`?"],
    ),
    "a run without bad minutes": (
        objective("good: status < 5, target: 99%, for: 5m"),
        ["4:38: `for` goes with `bad_minute`"],
    ),
    "an unknown measure": (
        objective("bad_minute: error_rat > 1%, target: 99%"),
        [
            "4:19: `error_rat` can't be measured; there are error_rate, bad, total, and percentiles such as p95"
        ],
    ),
    "an unknown comparison": (
        objective("bad_minute: 'p95 => 1s', target: 99%"),
        ["4:24: `=>` does not compare; there are = <> < <= > >="],
    ),
    "no comparison": (
        objective("bad_minute: p95, target: 99%"),
        ["4:22: there are = <> < <= > >="],
    ),
    "a percentile's limit of four digits": (
        objective("bad_minute: p95 >= 1.234s, target: 99%"),
        [
            "4:26: `1.234s` can't be counted exactly: a limit has two significant digits; "
            "the nearest are `1.2s` and `1.3s`"
        ],
    ),
    "a rate without its sign": (
        objective("bad_minute: error_rate >= 1, good: status < 5, target: 99%"),
        ["4:33: `1` is not a rate; did you mean `1%`?"],
    ),
    "a number of events that is none": (
        objective("bad_minute: total < 1%, target: 99%"),
        ["4:27: `1%` is not a number of events"],
    ),
    "an error rate of nothing bad": (
        objective("bad_minute: error_rate >= 1%, target: 99%"),
        ["4:19: `error_rate` needs `good` or `faster_than`, to say which events are bad"],
    ),
    "a run of half minutes": (
        objective("bad_minute: p95 > 1s, for: 90s, target: 99%"),
        ["4:34: `90s` is not a whole number of minutes"],
    ),
    "a run of more than a day": (
        objective("bad_minute: p95 > 1s, for: 25h, target: 99%"),
        ["4:34: `25h` is not from `1m` to `1d`"],
    ),
    "alerts that are neither": (
        objective("good: status < 5, target: 99%, alerts: off"),
        ["4:46: `alerts` is `none` or a mapping; its keys are ticket_only, tiers"],
    ),
    "a truth of YAML 1.1": (
        objective("good: status < 5, target: 99%, alerts: {ticket_only: yes}"),
        ["4:60: `ticket_only` must be `true` or `false`"],
    ),
    "a tier that can never fire": (
        objective(
            "good: status < 5, target: 90%, window: 30d, alerts: {tiers: [{share: 2%, in: 1h, severity: page}]}"
        ),
        [
            "4:76: this can never fire: it needs a burn rate of 14.4, and with this target it is at most 10; "
            "the highest share is 1.38%"
        ],
    ),
    "a tier without its parts": (
        objective("good: status < 5, target: 99%, alerts: {tiers: [{}]}"),
        ["4:55: a tier needs `share`", "4:55: a tier needs `in`", "4:55: a tier needs `severity`"],
    ),
    "a tier of eleven minutes": (
        objective("good: status < 5, target: 99%, alerts: {tiers: [{share: 1%, in: 11m, severity: page}]}"),
        ["4:71: `11m` is not from `12m` to `28d`"],
    ),
    "a tier of thirteen minutes": (
        objective("good: status < 5, target: 99%, alerts: {tiers: [{share: 1%, in: 13m, severity: page}]}"),
        ["4:71: the short window, a 12th, must have whole minutes: for example `12m` or `24m`"],
    ),
    "a tier longer than its window": (
        objective(
            "good: status < 5, target: 99%, window: 1d, alerts: {tiers: [{share: 1%, in: 25h, severity: page}]}"
        ),
        ["4:83: `25h` is not from `12m` to `1d`"],
    ),
    "a tier twice": (
        objective(
            "good: status < 5, target: 99%, alerts: {tiers: ["
            "{share: 1%, in: 1h, severity: page}, {share: 0.01, in: 60m, severity: page}]}"
        ),
        ["4:92: this is the same as tier 1 above; one is enough"],
    ),
    "a tier twice, once nobody is paged": (
        objective(
            "good: status < 5, target: 99%, alerts: {ticket_only: true, tiers: ["
            "{share: 1%, in: 1h, severity: page}, {share: 1%, in: 1h, severity: ticket}]}"
        ),
        ["4:111: this is the same as tier 1 above, now that all are tickets; one is enough"],
    ),
    "a tier of nothing": (
        objective("good: status < 5, target: 99%, alerts: {tiers: [{share: 0%, in: 1h, severity: page}]}"),
        ["4:63: a share is above 0%"],
    ),
}

MINUTES = "bad_minute: p95 > 1s, target: 99%"
KEPT_FAULTS = {  # what tabiji.yaml says of retention, an objective, its faults
    "the longest window of minutes": ("{}", f"{MINUTES}, window: 40d", []),
    "a window of minutes a minute too long": (
        "{}",
        f"{MINUTES}, window: 57601m",
        [
            "4:50: minutes are kept for 40 days, and this window needs them for 41; shorten it, "
            "or write `retention: {minutes: 41d}` in tabiji.yaml"
        ],
    ),
    "a month that just fits": ("{minutes: 31d}", f"{MINUTES}, window: {{calendar: month}}", []),
    "a month that does not": (
        "{minutes: 30d}",
        f"{MINUTES}, window: {{calendar: month}}",
        [
            "4:50: minutes are kept for 30 days, and this window needs them for 31; shorten it, "
            "or write `retention: {minutes: 31d}` in tabiji.yaml"
        ],
    ),
    "a quarter": (
        "{}",
        f"{MINUTES}, window: {{calendar: quarter}}",
        [
            "4:50: minutes are kept for 40 days, and this window needs them for 92; shorten it, "
            "or write `retention: {minutes: 92d}` in tabiji.yaml"
        ],
    ),
    "more than hours are kept": (
        "{}",
        f"{MINUTES}, window: 397d",
        [
            "4:50: minutes are kept for 40 days, and this window needs them for 397; shorten it, "
            "or write `retention: {minutes: 397d, hours: 397d}` in tabiji.yaml"
        ],
    ),
    "the default window": (
        "{minutes: 27d}",
        MINUTES,
        [
            "4:7: minutes are kept for 27 days, and the default window of `28d` needs them for 28; shorten it, "
            "or write `retention: {minutes: 28d}` in tabiji.yaml"
        ],
    ),
    "a year of events": ("{}", "good: status < 5, target: 99%, window: 365d", []),
    "the longest tier": (
        "{}",
        "good: status < 5, target: 99%, window: 90d, alerts: {tiers: [{share: 1%, in: 40d, severity: page}]}",
        [],
    ),
    "a tier a little too long": (
        "{}",
        "good: status < 5, target: 99%, window: 90d, alerts: {tiers: [{share: 1%, in: 961h, severity: page}]}",
        [
            "4:84: minutes are kept for 40 days, and this tier looks back further; shorten it, "
            "or write `retention: {minutes: 41d}` in tabiji.yaml"
        ],
    ),
}


@pytest.mark.parametrize(("kept", "text", "expected"), KEPT_FAULTS.values(), ids=KEPT_FAULTS.keys())
def test_no_objective_asks_for_minutes_that_are_gone(
    tmp_path: Path, kept: str, text: str, expected: list[str]
) -> None:
    files = {"tabiji.yaml": f"retention: {kept}", "journeys/x.yaml": objective(text)}
    if not expected:
        assert load(written(tmp_path, files), {}).journeys
    else:
        assert faults(tmp_path, files) == [f"journeys/x.yaml:{one}" for one in expected]


def test_a_retention_that_is_wrong_blames_no_window(tmp_path: Path) -> None:
    journey = objective(f"{MINUTES}, window: 90d")
    for number, kept in enumerate(("{minutes: 90 d}", "{minutes: [90d]}", "90d")):
        found = faults(
            tmp_path / str(number), {"tabiji.yaml": f"retention: {kept}", "journeys/x.yaml": journey}
        )
        assert len(found) == 1
        assert found[0].startswith("tabiji.yaml:1:")


@pytest.mark.parametrize(("text", "expected"), JOURNEY_FAULTS.values(), ids=JOURNEY_FAULTS.keys())
def test_faults_of_a_journey(tmp_path: Path, text: str, expected: list[str]) -> None:
    site = "sources: {web: {}, jobs: {}}\nteams: {learning: {}}\n"
    found = faults(tmp_path, {"tabiji.yaml": site, "journeys/x.yaml": text})
    assert found == [f"journeys/x.yaml:{one}" for one in expected]


def test_the_highest_share_that_could_fire_is_accepted(tmp_path: Path) -> None:
    alerts = "alerts: {tiers: [{share: 1.38%, in: 1h, severity: page}]}"
    journey = objective(f"good: status < 5, target: 90%, window: 30d, {alerts}")
    site = load(written(tmp_path, {"tabiji.yaml": "", "journeys/x.yaml": journey}), {})
    assert site.journeys[0].objectives[0].tiers == (Tier(Fraction(138, 10_000), 60, "page"),)


def test_all_faults_of_all_files_are_told_at_once_with_line_and_caret(tmp_path: Path) -> None:
    files = {
        "tabiji.yaml": "langage: ja\ntimezone: Mars\n",
        "journeys/b.yaml": "journey: [\n",
        "journeys/a.yaml": objective("good: stauts < 5, faster_than: 812ms, target: 99%"),
        "journeys/c.yml": "journey: x",
    }
    with pytest.raises(DefinitionError) as caught:
        load(written(tmp_path, files), {})
    assert (
        str(caught.value)
        == """\
tabiji.yaml:1:1: `langage` is not a key of tabiji.yaml; did you mean `language`?
    langage: ja
    ^
tabiji.yaml:2:11: `Mars` is not a time zone; for example `UTC` or `Asia/Tokyo`
    timezone: Mars
              ^
journeys/a.yaml:4:13: `stauts` is not a column; did you mean `status`?
      o: {good: stauts < 5, faster_than: 812ms, target: 99%}
                ^
journeys/a.yaml:4:38: `812ms` can't be counted exactly: a limit has two significant digits; \
the nearest are `810ms` and `820ms`
      o: {good: stauts < 5, faster_than: 812ms, target: 99%}
                                         ^
journeys/b.yaml:1:10: the bracket that opens here is not closed
    journey: [
             ^
journeys/c.yml:1:1: only files that end in `.yaml` are read; rename it"""
    )


def test_a_name_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    journey = objective("good: status < 5, target: 99%")
    files = {"tabiji.yaml": "", "journeys/a.yaml": f"# mine\n{journey}", "journeys/b.yaml": journey}
    assert faults(tmp_path, files) == [
        "journeys/b.yaml:1:10: `j` is the name of another journey, at journeys/a.yaml:2:10"
    ]


def test_without_a_readable_site_nothing_is_said_of_columns(tmp_path: Path) -> None:
    journey = objective("good: plan = 'pro', target: 99.9")
    assert faults(tmp_path, {"tabiji.yaml": "sources: [", "journeys/a.yaml": journey}) == [
        "tabiji.yaml:1:10: the bracket that opens here is not closed",
        "journeys/a.yaml:4:35: `99.9` is not a target; did you mean `99.9%`?",
    ]


PLACES = {
    "plain": "events: status > 1 and stauts < 2",
    "single quotes, one doubled": "events: 'error = ''x'' and stauts < 2'",
    "double quotes with escapes": r'events: "error = \u0027x\x27 and stauts < 2"',
    "wide characters before": "events: \"error = 'コース' and stauts < 2\"",
    "a literal block": "events: |\n      status > 1\n        and stauts < 2",
    "a folded block": "events: >-\n      status > 1\n      and stauts < 2",
    "plain over two lines": "events: status > 1\n      and stauts < 2",
    "single quotes over two lines": "events: 'error = ''x''\n      and stauts < 2'",
    "an anchor's alias": "title: &x stauts = 1\n    events: *x",
}


@pytest.mark.parametrize("events", PLACES.values(), ids=PLACES.keys())
def test_a_fault_is_placed_inside_the_text(tmp_path: Path, events: str) -> None:
    text = f"journey: j\nsteps:\n  a:\n    {events}\nobjectives: {{o: {{good: status < 5, target: 99%}}}}"
    line, column = next(
        (i, line.index("stauts") + 1) for i, line in enumerate(text.splitlines(), 1) if "stauts" in line
    )
    assert faults(tmp_path, {"tabiji.yaml": "", "journeys/x.yaml": text}) == [
        f"journeys/x.yaml:{line}:{column}: `stauts` is not a column; did you mean `status`?"
    ]


def test_definitions_of_the_past_are_read_from_their_texts(tmp_path: Path) -> None:
    files = {"tabiji.yaml": SITE.replace("30m", "30d"), "journeys/watch-course.yaml": JOURNEY}
    now = load(written(tmp_path, files), {})
    assert dict(now.files) == files
    (tmp_path / "journeys" / "watch-course.yaml").write_text("not: the same")
    then = load(tmp_path, {}, files=dict(now.files))
    assert (then, then.files) == (now, now.files)
    with pytest.raises(DefinitionError, match=r"journeys/x\.yaml:1:1: `a` is not a key"):
        load(tmp_path, {}, files={"tabiji.yaml": "", "journeys/x.yaml": "a: b"})


def test_a_thousand_objectives_in_a_hundred_files_load_in_about_a_second(tmp_path: Path) -> None:
    files = {"tabiji.yaml": "sources: {web: {}}\n"}
    for i in range(100):
        steps = "".join(f"  s{j}: {{events: \"operation = 'GET /a{i}/{j}'\"}}\n" for j in range(10))
        objectives = "".join(
            f"  o{j}:\n    steps: [s{j}]\n    good: status < {500 + i}\n    exclude: status = {i}\n"
            f"    faster_than: 800ms\n    target: 99.9%\n    window: 28d\n"
            for j in range(10)
        )
        files[f"journeys/{i}.yaml"] = f"journey: j{i}\nsteps:\n{steps}objectives:\n{objectives}"
    written(tmp_path, files)
    started = time.process_time()
    site = load(tmp_path, {})
    taken = time.process_time() - started
    assert sum(len(journey.objectives) for journey in site.journeys) == 1_000
    assert taken < 2  # about 0.7 s on a machine of its own
