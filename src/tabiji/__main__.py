"""`python -m tabiji`: the command line."""

from tabiji.cli import main

main()
