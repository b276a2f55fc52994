"""What happens, minute by minute, on both databases → who is told what, once."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stories import SITE, START, WATCH, Story, briefly, story, write

from tabiji import store
from tabiji.cli import cli
from tabiji.notices import Message, message_of
from tabiji.runs import intervening, telling
from tabiji.runs.intervening import Word
from tabiji.store import StaleTelling, Store

FAILING = {"PlayVideo": 60, "OpenCourse": 2}
STAGES = ("opened", "worse", "better", "acknowledged", "reminder", "over")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after some calm time."""
    folder = tmp_path_factory.mktemp("calm")
    story(folder, "sqlite:///tabiji.db").opened.close()
    return folder


@pytest.fixture
def told(tmp_path: Path, calm: Path) -> Iterator[Story]:
    made = copied(calm, tmp_path / "site")
    yield made
    made.opened.close()


def copied(calm: Path, folder: Path) -> Story:
    """A workspace of its own, after the calm."""
    shutil.copytree(calm, folder)
    site = write(folder, "sqlite:///tabiji.db")
    return Story(site, store.open(site.store), minute=3000)


@pytest.fixture
def stored(tmp_path: Path, store_url: str) -> Iterator[Story]:
    """On either database."""
    made = story(tmp_path, store_url)
    yield made
    made.opened.close()


def both(*stages: str, topic: str = "incident:1") -> list[tuple[str, str, str]]:
    return [(name, topic, stage) for stage in stages for name in ("phone", "denwa")]


def test_an_incident_evolves_in_one_thread(stored: Story) -> None:
    messages = stored.pass_(45, FAILING) + stored.pass_(70)
    assert briefly(messages) == both("opened", "worse", "worse", "better", "over")
    assert len({one.key for one in messages}) == len(messages)
    assert {one.acknowledge is None for one in messages if one.stage == "over"} == {True}
    assert stored.pass_(20) == []


def test_somebody_takes_note_and_everybody_who_knows_hears_of_it(stored: Story) -> None:
    stored.pass_(12, FAILING)
    assert intervening.acknowledge(stored.opened, 1, Word("Yuki", stored.now)) is None
    again = intervening.acknowledge(stored.opened, 1, Word("Ken", stored.now))
    assert again is not None
    assert again.author == "Yuki"
    assert briefly(stored.pass_(1, FAILING)) == both("acknowledged")
    late = [one.stage for one in stored.pass_(62, FAILING)]
    assert "reminder" not in late
    assert "worse" in late


def test_the_command_takes_note(told: Story) -> None:
    told.pass_(12, FAILING)
    folder = str(told.site.folder)
    said = [
        CliRunner().invoke(cli, ["incidents", "acknowledge", number, "--author", name, "-C", folder])
        for number, name in (("1", "Yuki"), ("1", "Ken"), ("2", "Ken"))
    ]
    assert [(one.exit_code, one.output) for one in said[:2]] == [
        (0, "Incident 1: Yuki has taken note.\n"),
        (0, "Incident 1: Yuki took note already.\n"),
    ]
    assert said[2].exit_code != 0
    assert briefly(told.pass_(1, FAILING)) == both("acknowledged")


def test_nobody_takes_note_and_it_is_repeated(told: Story) -> None:
    slow = {"PlayVideo": 14}  # spends little
    default = replace(told.site.notifications.default, remind_minutes=10)
    told.site = replace(told.site, notifications=replace(told.site.notifications, default=default))
    messages = told.pass_(70, slow)
    first = next(place for place, one in enumerate(messages) if one.stage == "opened")
    reminders = [one for one in messages[first:] if one.stage == "reminder"]
    assert reminders
    assert all("acknowledge" in (one.acknowledge or "") for one in reminders)


def test_what_opened_and_ended_while_nothing_ran_is_told_once(told: Story) -> None:
    assert told.pass_(30, FAILING, told=False) == []
    told.pass_(90, told=False)
    messages = telling.tell(told.site, told.opened, told.now)
    assert briefly(messages) == both("over")
    assert {one.urgency for one in messages} == {"information"}
    assert told.pass_(30) == []


def test_what_ended_while_nothing_ran_is_over_once(told: Story) -> None:
    assert briefly(told.pass_(12, FAILING)) == both("opened")
    told.pass_(120, told=False)
    assert briefly(list(telling.tell(told.site, told.opened, told.now))) == both("over")
    assert told.pass_(30) == []


def test_a_restart_tells_nothing_of_what_has_not_changed(told: Story) -> None:
    told.pass_(12, FAILING)
    told.opened.close()
    told.opened = store.open(told.site.store)
    assert telling.tell(told.site, told.opened, told.now) == ()


def test_of_two_that_tell_at_once_one_does(stored: Story) -> None:
    stored.pass_(12, FAILING, told=False)
    other = store.open(stored.site.store)
    found: list[Message] = []
    barrier = threading.Barrier(2)

    def tell(opened: Store) -> None:
        barrier.wait()
        found.extend(telling.tell(stored.site, opened, stored.now))

    threads = [threading.Thread(target=tell, args=(one,)) for one in (stored.opened, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert Counter(briefly(found)) == Counter(both("opened"))


def test_a_record_of_what_was_read_before_is_refused_whole(stored: Story) -> None:
    before, _ = stored.opened.notices.telling()
    stored.pass_(12, FAILING)
    message = telling.test_message(stored.site.notifications.receivers[0], stored.site, stored.now)
    with pytest.raises(StaleTelling):
        stored.opened.notices.record(before.round, before, [message], {}, set(), stored.now)
    assert message.key not in {one.key for one in outbox(stored.opened)}


def outbox(opened: Store) -> list[Message]:
    """The messages in the order in which they are to be sent."""
    import json

    import sqlalchemy as sa

    from tabiji.store.notices import outbox as table

    with opened.notices._transactions.reading() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.id)).all()
    return [message_of(json.loads(row.message)) for row in rows]


def test_what_is_recorded_is_what_was_decided(stored: Story) -> None:
    messages = stored.pass_(12, FAILING)
    assert outbox(stored.opened) == messages


# T10: late events


def test_no_second_page_for_an_episode_that_is_closed(told: Story) -> None:
    messages = told.pass_(12, FAILING) + told.pass_(60)
    assert [one.stage for one in messages if one.receiver == "phone"][-1] == "over"
    told.count(3005, 3012, {"PlayVideo": 100, "OpenCourse": 100, "SeekVideo": 100})  # events out of order
    assert [one for one in told.pass_(5) if one.urgency == "page"] == []


def test_what_only_late_events_show_is_information(told: Story) -> None:
    told.pass_(90)
    told.count(3000, 3012, FAILING)
    messages = told.pass_(2)
    assert briefly(messages) == [("news", "incident:1", "over")]
    assert messages[0].facts["reason"] == "late"
    assert told.pass_(30) == []


# T17: the clock


@pytest.mark.parametrize("jump", [3600, -3600, 30 * 86_400], ids=["an hour on", "an hour back", "30 days on"])
@pytest.mark.parametrize("bad", [{}, FAILING], ids=["calm", "open"])
def test_a_jump_of_the_clock_alone_tells_nothing(told: Story, jump: int, bad: dict[str, int]) -> None:
    told.pass_(12, bad)
    assert telling.tell(told.site, told.opened, told.now + jump) == ()
    told.judge(told.now + jump)
    found = telling.tell(told.site, told.opened, told.now + jump + 60)
    assert [one for one in found if one.topic.startswith("incident")] == []
    assert telling.tell(told.site, told.opened, told.now + 120) == ()


# What else there is to tell


def test_a_provisional_objective_tells_nobody(told: Story) -> None:
    told.site = write(
        told.site.folder,
        told.site.store,
        {"journeys/watch.yaml": WATCH.replace("window: 7d}", "window: 7d, state: provisional}", 1)},
    )
    assert told.pass_(60, FAILING) == []
    assert telling.decisions(told.site, told.opened, told.now) == []


def test_a_slow_loss_is_a_ticket_of_its_journey(tmp_path: Path) -> None:
    tickets = WATCH.replace("window: 7d}", "window: 7d, alerts: {ticket_only: true}}")
    made = story(tmp_path, "sqlite:///tabiji.db", files={"journeys/watch.yaml": tickets})
    messages = made.pass_(120, FAILING, step=30)
    assert briefly(messages) == [("board", "tickets:watch:1", "opened")]
    over = made.pass_(500, step=50)
    assert briefly(over) == [("board", "tickets:watch:1", "over")]
    made.opened.close()


def test_an_incident_by_hand_is_information_until_it_pages(told: Story) -> None:
    word = Word("Yuki", told.now, "a customer wrote")
    intervening.open_by_hand(told.site, told.opened, "watch", START + told.minute, "enquiry", word)
    assert briefly(told.pass_(1)) == [("news", "incident:1", "opened")]
    messages = told.pass_(12, FAILING)
    assert sorted(briefly(messages)) == sorted([*both("opened"), ("news", "incident:1", "worse")])


def test_incidents_that_are_merged_go_on_as_one(told: Story) -> None:
    told.pass_(12, FAILING)
    intervening.split(told.site, told.opened, 1, START + told.minute, Word("Yuki", told.now))
    messages = told.pass_(1, FAILING)
    assert Counter(briefly(messages)) == Counter([*both("over"), *both("opened", topic="incident:2")])
    assert {one.facts["reason"] for one in messages if one.stage == "over"} == {"split"}
    intervening.merge(told.site, told.opened, 1, 2, Word("Yuki", told.now))
    messages = told.pass_(1, FAILING)
    assert Counter(briefly(messages)) == Counter([*both("over", topic="incident:2"), *both("opened")])
    assert {one.facts["reason"] for one in messages if one.stage == "over"} == {"merged"}


def test_an_incident_that_is_closed_by_hand_is_over(told: Story) -> None:
    told.pass_(12, FAILING)
    intervening.close(told.site, told.opened, 1, START + told.minute, Word("Yuki", told.now))
    messages = told.pass_(1, FAILING)
    assert briefly(messages) == both("over")
    assert {one.facts["reason"] for one in messages} == {"closed-by-hand"}


def test_the_first_look_tells_only_what_is_open(tmp_path: Path) -> None:
    site = write(tmp_path, "sqlite:///tabiji.db")
    made = Story(site, store.open(site.store))
    made.count(0, 3000, {})
    made.count(3000, 3030, FAILING)
    made.count(3030, 3300, {})
    made.minute = 3300
    made.judge()
    assert [one.closed_minute is None for one in made.opened.incidents()] == [False]
    assert telling.tell(site, made.opened, made.now) == ()
    assert briefly(made.pass_(12, FAILING)) == both("opened", topic="incident:2")
    made.opened.close()


def test_logs_of_the_past_page_nobody(tmp_path: Path) -> None:
    made = story(tmp_path, "sqlite:///tabiji.db")
    made.count(3000, 3015, FAILING)
    made.minute += 15
    made.judge()
    years = made.now + 365 * 86_400
    assert telling.tell(made.site, made.opened, years) == ()
    assert {one.reason for one in telling.decisions(made.site, made.opened, years)} == {"past"}
    made.opened.close()


def test_a_receiver_that_is_there_no_more_is_told_nothing(told: Story) -> None:
    told.pass_(12, FAILING)
    only = tuple(one for one in told.site.notifications.receivers if one.name != "denwa")
    told.site = replace(told.site, notifications=replace(told.site.notifications, receivers=only))
    assert briefly(told.pass_(60)) == [("phone", "incident:1", "over")]


# T18: around the threshold


def test_a_burn_that_hovers_is_told_at_a_bounded_rate(told: Story) -> None:
    """Failing for 6 minutes of 12, for two hours."""
    messages: list[Message] = []
    times: list[int] = []
    for _ in range(10):
        for bad, minutes in ((FAILING, 6), ({}, 6)):
            for _ in range(minutes):
                some = [one for one in told.pass_(1, bad) if one.receiver == "phone"]
                messages += some
                times += [told.minute] * len(some)
    assert max(sum(start <= at < start + 60 for at in times) for start in range(3000, 3120)) <= 4
    assert_in_order(messages)


def assert_in_order(messages: list[Message]) -> None:
    """Of each topic: opened once, first; over at most once, last; each stage as it may follow."""
    by_topic: dict[tuple[str, str], list[str]] = {}
    for one in messages:
        by_topic.setdefault((one.receiver, one.topic), []).append(one.stage)
    for stages in by_topic.values():
        assert stages[0] == "opened" or stages == ["over"]
        assert stages.count("opened") <= 1
        assert "over" not in stages[:-1]


# Law: whatever happens in between, each transition is told once, in order

STEPS = st.lists(
    st.tuples(
        st.integers(1, 40),  # minutes that pass
        st.sampled_from([{}, {}, FAILING, {"PlayVideo": 100, "OpenCourse": 100, "SeekVideo": 100}]),
        st.sampled_from(["tell", "sleep", "crash"]),  # a crash is before the record
    ),
    min_size=3,
    max_size=8,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=STEPS)
def test_whatever_happens_each_transition_is_told_once_in_order(
    calm: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, dict[str, int], str]]
) -> None:
    made = copied(calm, tmp_path_factory.mktemp("law") / "site")
    for minutes, bad, what in steps:
        made.count(made.minute, made.minute + minutes, bad)
        made.minute += minutes
        made.judge()
        if what == "crash":
            telling.decisions(made.site, made.opened, made.now)
        elif what == "tell":
            found = telling.tell(made.site, made.opened, made.now)
            assert telling.tell(made.site, made.opened, made.now) == ()
            assert len({(one.receiver, one.topic) for one in found}) == len(found)
    made.count(made.minute, made.minute + 400, {})
    made.minute += 400
    made.judge()
    telling.tell(made.site, made.opened, made.now)
    every = outbox(made.opened)
    assert_in_order(every)
    ended = Counter((one.receiver, one.topic) for one in every if one.stage == "over")
    assert set(ended.values()) <= {1}
    assert ended.keys() >= {(one.receiver, one.topic) for one in every if one.receiver == "phone"}
    assert made.opened.notices.telling()[1] == {}
    made.opened.close()


def test_quiet_hours_hold_back_what_is_no_page(tmp_path: Path) -> None:
    tickets = WATCH.replace("window: 7d}", "window: 7d, alerts: {ticket_only: true}}")
    quiet = SITE.replace(
        "  remind: 1h", "  quiet: {{from: '11:05', to: '15:00'}}"
    )  # minute 3000 is 11:00 in Tokyo
    made = story(tmp_path, "sqlite:///tabiji.db", files={"journeys/watch.yaml": tickets}, site=quiet)
    first = made.pass_(200, FAILING, step=20)
    assert first == []
    messages = made.pass_(60, FAILING, step=20)
    assert briefly(messages) == [("board", "tickets:watch:1", "opened")]
    assert made.opened.notices.telling()[1]["board", "tickets:watch:1"].held is False
    made.opened.close()
