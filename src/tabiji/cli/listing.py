"""Commands of one sort of thing: lists them where nothing else is said, and shows the one of a number."""

from __future__ import annotations

import click


class Listing(click.Group):
    """Its commands `list` and `show` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`tabiji incidents --from now-7d` lists, `tabiji incidents 3` shows."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        elif args[0].isdecimal():
            args = ["show", *args]
        return super().parse_args(ctx, args)
