"""A large file is taken in pieces that become smaller towards its end, so that workers come to it together."""

from __future__ import annotations

import itertools
from pathlib import Path

from tabiji import sources

LINE = b"a line of some length, so that there are not too many of them" * 16 + b"\n"
SIZE = 150 << 20


def test_pieces_are_whole_lines_of_the_whole_file_and_the_last_ones_small(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    lines = SIZE // len(LINE)
    path.write_bytes(LINE * lines)
    seen = sources.identified("web", path, [], 0)
    assert seen is not None
    pieces = list(sources.pieces(seen, 0))
    assert [pieces[0].start, pieces[-1].end] == [0, lines * len(LINE)]
    assert all(one.end == after.start for one, after in itertools.pairwise(pieces))
    assert all(piece.start % len(LINE) == 0 for piece in pieces)
    sizes = [piece.end - piece.start for piece in pieces]
    assert sizes == sorted(sizes, reverse=True)
    assert sources.PIECE_BYTES > sizes[0] > 2 * sizes[-1]
    assert len(sizes) < 10
