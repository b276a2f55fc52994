# `just` alone runs every check, the cheap ones first; CI runs the same. `just --list` shows the rest.

# the project's own tools come first, so that `just` works with and without `uv run`
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")
set positional-arguments

# every check: form, types, imports, tests
default: lint types imports test

# format, and mend what can be mended
fmt:
    ruff check --fix-only --quiet
    ruff format

# form and habits, the clock ban among them
lint:
    ruff format --check
    ruff check

# types, strictly
types:
    mypy

# who may import whom (.importlinter)
imports:
    lint-imports --no-logo

# the tests; arguments go to pytest: `just test tests/test_alerts.py -k tier`
test *args:
    pytest "$@"

# what the catalogues lack, and what does not fit (`just words missing PATH…` prints entries to fill in)
words *args:
    python scripts/words.py "$@"

# the pictures of README and docs, taken of the demo by the tests
pictures:
    TABIJI_SCREENSHOTS=docs/images pytest -q tests/pages/test_pages_walk.py -k picture

# the table of speeds: ratios against peers, in one run
bench *args:
    python bench/run.py "$@"

# the loops of the fault tests 500 times, then ten minutes of load with a kill each minute
soak *args:
    TABIJI_SOAK_ROUNDS="${TABIJI_SOAK_ROUNDS:-500}" TABIJI_SOAK="${TABIJI_SOAK_ROUNDS:-500}" pytest tests/faults \
      tests/ingest tests/store/test_store_crashes.py tests/receiving/test_received_once.py \
      tests/notify/test_delivering_killed.py tests/caretaking/test_caretaking_backup.py
    python bench/soak.py "$@"

# a month of life-like logs, counted and judged
demo *args:
    tabiji demo "$@"
