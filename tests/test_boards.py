"""The board of a workshop: how it stands after what people did, what they may do, and which journeys come first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest

from tabiji import boards
from tabiji.acts import Act
from tabiji.boards import LIMITS, Board, Deed, Measure, Outcome, Person, Point, Suggestion, Timer, Wish

AGENDA = (Point("welcome", 10), Point("journeys", 20))
Did = tuple[Deed, str, dict[str, str]]  # what, by whom, with what


class Workshop:
    """A workshop of aya (2), ben (3) and chika (4), without a database; its first card is number 5."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.now = 1000
        self.keep(boards.opening("What?", None, AGENDA, self.now, "root"))
        for name, role in (("aya", "design"), ("ben", "sales"), ("chika", "engineering")):
            self.keep(boards.joining(self.board, name, role, f"proof of {name}", self.now))

    @property
    def board(self) -> Board:
        found = boards.fold(self.acts)
        assert found is not None
        return found

    def keep(self, act: Act) -> int:
        number = len(self.acts) + 1
        self.acts.append(replace(act, number=number, subject="1"))
        return number

    def do(self, deed: Deed, who: str = "aya", **fields: object) -> Outcome:
        person = next(one for one in self.board.people if one.name == who)
        said = {name: str(value) for name, value in fields.items()}
        outcome = boards.wished(self.board, Wish(deed, person, self.now, said))
        for act in outcome.acts:
            self.keep(act)
        return outcome

    def add(self, kind: str, text: str, under: int = 0, who: str = "aya") -> int:
        self.do("add", who, kind=kind, text=text, under=under)
        return len(self.acts)

    def texts(self, numbers: Iterable[int] = ()) -> list[str]:
        return [one.text for one in self.board.cards]


def test_a_workshop_begins_with_its_title_its_agenda_and_who_joined() -> None:
    assert Workshop().board == Board(
        number=1,
        title="What?",
        team=None,
        opened_at=1000,
        opened_by="root",
        agenda=AGENDA,
        people=(
            Person(2, "aya", "design", "proof of aya"),
            Person(3, "ben", "sales", "proof of ben"),
            Person(4, "chika", "engineering", "proof of chika"),
        ),
        last=4,
        acts=4,
    )


def test_a_link_holds_for_its_hours_and_not_after_the_end() -> None:
    workshop = Workshop()
    assert not workshop.board.is_open(1000)
    workshop.keep(boards.linking(workshop.board, "hash", 2, 1000, "root"))
    assert [workshop.board.is_open(second) for second in (1000, 8199, 8200)] == [True, True, False]
    workshop.keep(boards.ending(workshop.board, 2000, "root"))
    assert not workshop.board.is_open(2001)
    assert workshop.board.link == ""
    with pytest.raises(ValueError, match="has ended already"):
        boards.ending(workshop.board, 2001, "root")
    workshop.keep(boards.linking(workshop.board, "other", 1, 3000, "root"))
    assert workshop.board.is_open(3001)


@pytest.mark.parametrize(
    ("acts", "left"),
    {
        "begun": ([("start", 0)], 600 - 60),
        "begun at the second point": ([("start", 1)], 1200 - 60),
        "stopped, and time passes": ([("start", 0), ("stop", None), ("wait", 500)], 600),
        "stopped and gone on": ([("start", 0), ("stop", None), ("wait", 500), ("resume", None)], 600 - 60),
        "five minutes more": ([("start", 0), ("lengthen", None)], 900 - 60),
        "five minutes more of what was over": ([("start", 0), ("wait", 700), ("lengthen", None)], 300 - 60),
        "five minutes more while it stands": ([("start", 0), ("stop", None), ("lengthen", None)], 900),
        "over": ([("start", 0), ("wait", 600)], -60),
    }.values(),
    ids=lambda one: str(one),
)
def test_the_timer_is_the_same_for_all(acts: list[tuple[str, int | None]], left: int) -> None:
    workshop = Workshop()
    for what, value in acts:
        if what == "wait":
            workshop.now += value or 0
        elif what == "start":
            workshop.do("start", point=value)
        else:
            workshop.do(what)  # type: ignore[arg-type]
    timer = workshop.board.timer
    assert isinstance(timer, Timer)
    assert timer.seconds_left(workshop.now + 60) == left


def test_cards_stand_below_each_other_and_move() -> None:
    workshop = Workshop()
    pay, watch = workshop.add("journey", "Pay"), workshop.add("journey", "Watch")
    card, done = workshop.add("step", "Card", pay), workshop.add("step", "Receipt", pay)
    idea = workshop.add("idea", "it arrives", done)
    assert [one.text for one in workshop.board.below(pay, "step")] == ["Card", "Receipt"]
    workshop.do("move", card=done, earlier=1)
    assert [one.text for one in workshop.board.below(pay, "step")] == ["Receipt", "Card"]
    assert workshop.do("move", card=done, earlier=1).acts == ()
    assert workshop.do("move", card=card, later=1).acts == ()
    more = workshop.add("step", "Mail", pay)
    workshop.do("move", card=done, later=1)
    assert [one.text for one in workshop.board.below(pay, "step")] == ["Card", "Receipt", "Mail"]
    workshop.do("move", card=done, later=1)
    assert [one.text for one in workshop.board.below(pay, "step")] == ["Card", "Mail", "Receipt"]
    workshop.do("remove", card=more, why="x")
    workshop.do("move", card=card, under=watch)
    workshop.do("move", card=idea, under=card)
    assert [one.text for one in workshop.board.below(watch, "step")] == ["Card"]
    assert [one.text for one in workshop.board.below(card, "idea")] == ["it arrives"]


def test_two_who_reword_a_card_at_once_are_both_told_and_nothing_is_lost() -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    seen = workshop.board.card(pay).version  # type: ignore[union-attr]
    assert workshop.do("reword", "aya", card=pay, text="Pay by card", seen=seen).beside is None
    late = workshop.do("reword", "ben", card=pay, text="Pay the bill", seen=seen)
    card = workshop.board.card(pay)
    assert card is not None
    assert late.beside is not None
    assert late.beside.text == card.text == "Pay by card"
    assert card.suggestions == (Suggestion(7, "Pay the bill", "ben"),)
    workshop.do("take", "chika", card=pay, suggestion=7)
    taken = workshop.board.card(pay)
    assert taken is not None
    assert (taken.text, taken.suggestions, taken.version) == ("Pay the bill", (), 8)


def test_the_same_words_twice_are_kept_once() -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    workshop.do("reword", "aya", card=pay, text="Pay by card", seen=pay)
    assert workshop.do("reword", "ben", card=pay, text="Pay by card", seen=pay) == Outcome(())
    workshop.do("reword", "ben", card=pay, text="Pay now", seen=pay)
    assert workshop.do("reword", "chika", card=pay, text="Pay now", seen=pay).acts == ()
    workshop.do("decline", card=pay, suggestion=7)
    assert workshop.board.card(pay).suggestions == ()  # type: ignore[union-attr]


def test_what_is_merged_keeps_its_words_and_what_was_below() -> None:
    workshop = Workshop()
    pay, bill = workshop.add("journey", "Pay"), workshop.add("journey", "Pay a bill")
    workshop.add("step", "Open it", bill)
    workshop.do("merge", card=bill, into=pay)
    found = workshop.board.card(pay)
    assert found is not None
    assert found.merged == ("Pay a bill",)
    assert [one.text for one in workshop.board.below(pay, "step")] == ["Open it"]
    assert [one.text for one in workshop.board.journeys] == ["Pay"]


def test_what_is_merged_keeps_the_votes_on_it_but_of_who_voted_on_both() -> None:
    workshop = Workshop()
    pay, bill = workshop.add("journey", "Pay"), workshop.add("journey", "Pay a bill")
    workshop.do("reword", "aya", card=bill, text="Settle a bill", seen=bill)
    workshop.do("reword", "ben", card=bill, text="Pay for it", seen=bill)
    workshop.do("vote", "aya", card=pay, without=3)
    workshop.do("vote", "aya", card=bill, without=1, why="I never do")
    workshop.do("vote", "ben", card=bill, without=2, revenue=1, why=" it is what  we live on ")
    workshop.do("merge", card=bill, into=pay)
    board = workshop.board
    assert board.votes[pay] == {2: {"without": 3}, 3: {"without": 2, "revenue": 1}}
    assert board.said(pay) == (("ben", "it is what we live on"),)
    assert board.card(pay).merged == ("Settle a bill", "Pay for it")  # type: ignore[union-attr]


def test_a_vote_keeps_its_reason_until_another_is_given() -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    workshop.do("vote", card=pay, without=2, why="rent is due")
    assert workshop.do("vote", card=pay, without=2, why="rent is due").acts == ()
    assert workshop.board.said(pay) == (("aya", "rent is due"),)
    workshop.do("vote", card=pay, without=2, why="")
    assert workshop.board.said(pay) == ()
    with pytest.raises(ValueError, match="1001 characters"):
        workshop.do("vote", card=pay, without=2, why="x" * 1001)


def test_what_is_removed_says_why_and_comes_back_whole() -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    step = workshop.add("step", "Card", pay)
    workshop.add("idea", "it arrives", step)
    workshop.do("remove", "ben", card=pay, why="nobody pays here")
    assert workshop.board.cards == ()
    assert [(one.card.text, one.why, one.by) for one in workshop.board.removed] == [
        ("Pay", "nobody pays here", "ben"),
        ("Card", "nobody pays here", "ben"),
        ("it arrives", "nobody pays here", "ben"),
    ]
    with pytest.raises(ValueError, match="bring that back first"):
        workshop.do("restore", card=step)
    workshop.do("restore", card=pay)
    assert workshop.texts() == ["Pay", "Card", "it arrives"]
    assert workshop.board.removed == ()


@pytest.mark.parametrize(
    ("deed", "fields", "message"),
    {
        "nothing on the card": ("add", {"kind": "journey", "text": " \n "}, "Write something"),
        "too long": ("add", {"kind": "journey", "text": "x" * (LIMITS["text"] + 1)}, "201 characters"),
        "an unknown kind": ("add", {"kind": "wish", "text": "x"}, "a journey, a step or an idea"),
        "a step of nothing": (
            "add",
            {"kind": "step", "text": "x", "under": "99"},
            "not on the board any more",
        ),
        "a step below a step": (
            "add",
            {"kind": "step", "text": "x", "under": "6"},
            "A step belongs to a journey",
        ),
        "removed for no reason": ("remove", {"card": "5", "why": ""}, "Why is it removed"),
        "merged with itself": ("merge", {"card": "5", "into": "5"}, "two of a kind"),
        "merged with another kind": ("merge", {"card": "5", "into": "6"}, "two of a kind"),
        "a vote of 4": ("vote", {"card": "5", "without": "4"}, "from 0 to 3"),
        "a vote of −1": ("vote", {"card": "5", "without": "-1"}, "from 0 to 3"),
        "a vote on a step": ("vote", {"card": "6", "without": "1"}, "Votes are on journeys"),
        "a weight of 10": ("weigh", {"without": "10"}, "from 0 to 9"),
        "an order for no reason": ("order", {"place-5": "1"}, "Why this order"),
        "a point that there is not": ("start", {"point": "2"}, "no such point"),
        "an operation of a journey": (
            "measure",
            {"card": "5", "source": "web", "operation": "x"},
            "Operations measure steps",
        ),
        "no operation": ("measure", {"card": "6"}, "Which operation"),
        "an operation of another step": (
            "measure",
            {"card": "7", "source": "web", "operation": "GET /pay"},
            "measured by this already",
        ),
    }.values(),
    ids=lambda one: str(one)[:60],
)
def test_what_can_not_be_done_says_what_could(deed: Deed, fields: dict[str, str], message: str) -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    step = workshop.add("step", "Card", pay)
    workshop.add("step", "Receipt", pay)
    workshop.do("measure", card=step, source="web", operation="GET /pay")
    before = workshop.board
    with pytest.raises(ValueError, match=message):
        workshop.do(deed, **fields)
    assert workshop.board == before


def test_a_board_takes_so_many_cards_and_no_more() -> None:
    workshop = Workshop()
    for number in range(LIMITS["cards"]):
        workshop.keep(
            Act("board", "1", "added", 1, "aya", {"kind": "journey", "text": str(number), "under": 0})
        )
    with pytest.raises(ValueError, match="400 cards are the most"):
        workshop.add("journey", "one more")


def test_texts_are_one_line_of_what_can_be_seen() -> None:
    workshop = Workshop()
    workshop.add("journey", "  Pay\u202e\n\tby\u3000card\x00 ")
    assert workshop.texts() == ["Pay by card"]


def test_operations_measure_steps_and_may_be_taken_away() -> None:
    workshop = Workshop()
    pay = workshop.add("journey", "Pay")
    step = workshop.add("step", "Card", pay)
    workshop.do("unfeasible", card=step, why="no log yet")
    workshop.do("measure", card=step, source="web", operation="GET /pay")
    workshop.do("measure", card=step, source="web", operation="POST /pay")
    found = workshop.board.card(step)
    assert found is not None
    assert (found.unfeasible, found.measures) == (
        "",
        (Measure("web", "GET /pay"), Measure("web", "POST /pay")),
    )
    workshop.do("unmeasure", card=step, source="web", operation="GET /pay")
    assert workshop.board.card(step).measures == (Measure("web", "POST /pay"),)  # type: ignore[union-attr]


# Which comes first


def voted(*votes: tuple[str, int, dict[str, int]], journeys: int = 2) -> Workshop:
    """Journeys 5, 6, …; by name of the voter, journey and votes."""
    workshop = Workshop()
    for number in range(journeys):
        workshop.add("journey", f"J{number}")
    for who, card, said in votes:
        workshop.do("vote", who, card=card, **said)
    return workshop


@pytest.mark.parametrize(
    ("votes", "measurable", "expected"),
    {
        "more points first": (
            [("aya", 5, {"without": 1}), ("aya", 6, {"without": 2})],
            {},
            [(6, "score", Fraction(6)), (5, "score", Fraction(3))],
        ),
        "the mean of all who voted": (
            [("aya", 5, {"without": 3}), ("ben", 5, {"without": 0}), ("aya", 6, {"without": 2})],
            {},
            [(6, "score", Fraction(6)), (5, "score", Fraction(9, 2))],
        ),
        "the last vote of a person counts": (
            [("aya", 5, {"without": 3}), ("aya", 6, {"without": 2}), ("aya", 5, {"without": 0})],
            {},
            [(6, "score", Fraction(6)), (5, "score", Fraction(0))],
        ),
        "with weights": (
            [("aya", 5, {"without": 1}), ("aya", 6, {"revenue": 2, "enquiries": 1})],
            {},
            [(6, "score", Fraction(5)), (5, "score", Fraction(3))],
        ),
        "what can be measured counts": (
            [("aya", 5, {"without": 1}), ("aya", 6, {"without": 1})],
            {6: Fraction(1, 3)},
            [(6, "score", Fraction(4)), (5, "score", Fraction(3))],
        ),
        "as many points: worse off without": (
            [("aya", 5, {"without": 0, "revenue": 3}), ("aya", 6, {"without": 2, "revenue": 0})],
            {},
            [(6, "without", Fraction(6)), (5, "score", Fraction(6))],
        ),
        "alike: the older one": (
            [("aya", 6, {"without": 2}), ("ben", 5, {"without": 2})],
            {},
            [(5, "older", Fraction(6)), (6, "score", Fraction(6))],
        ),
        "without votes last, however well it can be measured": (
            [("aya", 6, {"without": 0})],
            {5: Fraction(1)},
            [(6, "score", Fraction(0)), (5, "no-votes", None)],
        ),
    }.values(),
    ids=lambda one: str(one)[:80],
)
def test_which_journey_comes_first_and_why(
    votes: list[tuple[str, int, dict[str, int]]],
    measurable: dict[int, Fraction],
    expected: list[tuple[int, str, Fraction | None]],
) -> None:
    places = boards.ranked(voted(*votes).board, measurable)
    assert [(one.journey.number, one.why, one.score) for one in places] == expected
    assert [one.agreed for one in places] == [1, 2]


def test_people_decide_otherwise_and_the_reason_stays() -> None:
    workshop = voted(("aya", 5, {"without": 3}), ("aya", 6, {"without": 1}), journeys=3)
    workshop.do("order", "ben", **{"place-6": 1, "place-5": 2, "why": "the contract says so"})
    workshop.add("journey", "new")
    places = boards.ranked(workshop.board, {})
    assert [(one.journey.text, one.agreed, one.place) for one in places] == [
        ("J1", 1, 2),
        ("J0", 2, 1),
        ("J2", 3, 3),
        ("new", 4, 4),
    ]
    order = workshop.board.order
    assert order is not None
    assert (order.why, order.by) == ("the contract says so", "ben")
    workshop.do("order", "aya", **{"place-5": 1, "why": "it was renewed"})
    assert [(one.why, one.by) for one in workshop.board.orders] == [
        ("the contract says so", "ben"),
        ("it was renewed", "aya"),
    ]
    assert workshop.board.order == workshop.board.orders[-1]
    workshop.do("unorder")
    assert (workshop.board.order, len(workshop.board.orders)) == (None, 2)
    assert [one.journey.text for one in boards.ranked(workshop.board, {})][:2] == ["J0", "J1"]


def test_other_weights_give_another_order() -> None:
    workshop = voted(("aya", 5, {"without": 2}), ("aya", 6, {"revenue": 3}))
    assert [one.journey.number for one in boards.ranked(workshop.board, {})] == [5, 6]
    before = workshop.board.weights
    workshop.do("weigh", without=1, revenue=3, enquiries=1, feasible=1)
    assert before != workshop.board.weights
    assert [one.journey.number for one in boards.ranked(workshop.board, {})] == [6, 5]


def test_how_it_stood_at_a_past_moment_is_the_fold_of_the_acts_until_then() -> None:
    workshop = voted(("aya", 5, {"without": 2}))
    workshop.do("remove", card=5, why="x")
    assert len(workshop.board.journeys) == 1
    before = boards.fold(workshop.acts[:-1])
    assert before is not None
    assert len(before.journeys) == 2
