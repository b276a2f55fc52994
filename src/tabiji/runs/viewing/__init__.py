"""What pages show: the store, the definitions and judging, joined into plain facts; words are the pages' own."""
