"""Requests → answers: what is pushed, what is asked. With `cli` the only room that reads the clock."""
