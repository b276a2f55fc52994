"""`python -m tabiji`: the command line."""

from tabiji.cli import run

run()
