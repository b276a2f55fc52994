"""Selections and sums → tallies."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.tallies import BLOCK, tally


@pytest.mark.parametrize(
    ("selected", "events", "expected"),
    [
        pytest.param([], [[1, 2]], np.zeros((0, 1)), id="no selections"),
        pytest.param([0], [[1, 2]], [[0]], id="nothing selected"),
        pytest.param([0b01, 0b10, 0b11], [[1, 2], [10, 20]], [[1, 10], [2, 20], [3, 30]], id="two segments"),
        pytest.param(
            [1 << 7, 1 << 8], [list(range(9))], [[7], [8]], id="the last bit of a byte, and the next"
        ),
        pytest.param([0], np.zeros((3, 0)), [[0, 0, 0]], id="no series"),
        pytest.param([0b11], [[2**62, 2**62 - 1]], [[2**63 - 1]], id="beyond the precision of floats"),
    ],
)
def test_each_selection_is_summed(selected: list[int], events: object, expected: object) -> None:
    assert tally(selected, np.array(events, dtype=np.int64)).tolist() == np.array(expected).tolist()


@pytest.mark.parametrize(
    ("selected", "series"),
    [
        pytest.param([0b100], 2, id="one bit beyond, in the same byte"),
        pytest.param([1 << 8], 8, id="one bit beyond, in the next byte"),
        pytest.param([-1], 8, id="negative"),
        pytest.param([1], 0, id="any bit, without series"),
    ],
)
def test_a_selection_of_series_that_are_not_there_is_refused(selected: list[int], series: int) -> None:
    with pytest.raises(ValueError, match="selection"):
        tally(selected, np.ones((1, series), dtype=np.int64))


@given(
    st.integers(1, 40).flatmap(
        lambda series: st.tuples(
            st.lists(st.integers(0, (1 << series) - 1), max_size=20),
            st.lists(
                st.lists(st.integers(0, 10**12), min_size=series, max_size=series), min_size=1, max_size=4
            ),
        )
    )
)
def test_the_sum_of_a_selection_is_the_sum_of_its_bits(case: tuple[list[int], list[list[int]]]) -> None:
    selected, events = case
    expected = [
        [sum(n for i, n in enumerate(segment) if bits >> i & 1) for segment in events] for bits in selected
    ]
    assert tally(selected, np.array(events, dtype=np.int64)).tolist() == expected


def test_selections_beyond_one_block_keep_their_order() -> None:
    selected = [1 << (i % 3) for i in range(BLOCK + 2)]
    expected = [[(7, 8, 9)[i % 3]] for i in range(BLOCK + 2)]
    assert tally(selected, np.array([[7, 8, 9]])).tolist() == expected


def test_ten_thousand_selections_of_three_hundred_series_take_no_time_to_speak_of() -> None:
    selected = [((1 << 300) - 1) // (i + 1) for i in range(10_000)]
    events = np.arange(7 * 300, dtype=np.int64).reshape(7, 300)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        tally(selected, events)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.25  # about 0.03 s on an idle core; the rest is for busy machines
