"""These tests read data from beside the project; without it there is nothing to collect."""

from pathlib import Path

if not (Path(__file__).parents[3] / "shared" / "data").is_dir():
    collect_ignore_glob = ["test_*.py"]
