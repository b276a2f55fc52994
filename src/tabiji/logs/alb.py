"""AWS Application Load Balancer access logs → a reading."""

from __future__ import annotations

from tabiji.logs.reading import (
    SECOND_US,
    Reading,
    empty_as_null,
    iso8601_us,
    name,
    request_method,
    request_target,
)
from tabiji.logs.template import Item, Literal, Variable, compiled

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
# AWS adds fields at the end every few years, so a line may go on.
LINE = (
    "$type $time $elb $client $target $request_processing_time $target_processing_time $response_processing_time "
    '$status $target_status $received_bytes $sent_bytes "$request" "$user_agent" $ssl_cipher $ssl_protocol '
    '$target_group_arn "$trace_id"'
)
PHASES = ("request_processing_time", "target_processing_time", "response_processing_time")


def read(**others: object) -> Reading:
    """The reading of ALB lines. The duration is the sum of the three phases; a phase of -1 (the target never
    answered, or the client left) makes it unknown."""
    items: list[Item] = []
    for number, piece in enumerate(LINE.split("$")):
        if number:
            end = len(piece)
            while end and not piece[:end].replace("_", "").isalnum():
                end -= 1
            items.append(Variable(piece[:end]))
            piece = piece[end:]
        if piece:
            items.append(Literal(piece))
    parsed = compiled(items, more_may_follow=True)
    has = {variable: name(variable) for variable in parsed.columns}
    phases = [f"TRY_CAST({has[phase]} AS DOUBLE)" for phase in PHASES]
    sound = " AND ".join(f"NOT contains({has[phase]}, '_')" for phase in PHASES)
    known = " AND ".join(f"NOT starts_with({has[phase]}, '-')" for phase in PHASES)
    least, total = f"least({', '.join(phases)})", " + ".join(phases)
    # `https://host:443/path?query`: the host between `//` and the next `/` or `:`.
    url = request_target(has["request"])
    return Reading(
        format="alb",
        shape=parsed.shape,
        columns=tuple(parsed.columns.items()),
        sound=parsed.sound,
        pattern=parsed.pattern,
        tokens=parsed.tokens,
        time_us=iso8601_us(has["time"]),
        duration_us=f"CASE WHEN {least} >= 0 AND {sound} THEN ({total}) * {SECOND_US} END",
        has_duration=known,
        status=has["status"],
        method=request_method(has["request"]),
        url=url,
        target=f"substr({url}, 9 + instr(substr({url}, 10), '/'))",
        host=f"split_part(split_part({url}, '/', 3), ':', 1)",
        fields=tuple((variable, empty_as_null(sql)) for variable, sql in has.items()),
    )
