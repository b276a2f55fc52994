"""Probes in tabiji.yaml: what they mean, and every fault at its place; no fault shows a secret."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tabiji.definitions import Probe, Source, load
from tabiji.errors import DefinitionError

HEAD = "sources:\n  health:\n    service: web\n    probes:\n"


def source(folder: Path, *probes: str) -> Source:
    (folder / "tabiji.yaml").write_text(HEAD + "".join(f"      {one}\n" for one in probes))
    return load(folder, {}).sources[0]


def faults(folder: Path, text: str) -> Sequence[tuple[int, int, str, str]]:
    (folder / "tabiji.yaml").write_text(text)
    with pytest.raises(DefinitionError) as raised:
        load(folder, {"TOKEN": "hush"})
    return [(one.line, one.column, one.message, one.source) for one in raised.value.faults]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            "top: {url: https://example.com/health, every: 30s, within: 5s, expect: {status: 200, text: ok}}",
            Probe("top", 30, 5000, url="https://example.com/health", statuses=(200,), text="ok"),
            id="a health check",
        ),
        pytest.param(
            "login: {url: 'http://a', method: HEAD, headers: {X-Probe: tabiji}, expect: {status: [200, 302]}, "
            "follow: false}",
            Probe(
                "login",
                60,
                10_000,
                url="http://a",
                method="HEAD",
                headers=(("X-Probe", "tabiji"),),
                follow=False,
                statuses=(200, 302),
            ),
            id="a redirect as answer",
        ),
        pytest.param(
            "cert: {url: https://a, every: 1h, expect: {certificate_days: 14}}",
            Probe("cert", 3600, 10_000, url="https://a", certificate_days=14),
            id="a certificate",
        ),
        pytest.param(
            "db: {tcp: 'db.internal:5432', every: 5s}",
            Probe("db", 5, 2500, tcp="db.internal:5432"),
            id="a port; half of a short `every` by default",
        ),
        pytest.param(
            "db: {tcp: '[::1]:65535', every: 1d, within: 800ms}",
            Probe("db", 86_400, 800, tcp="[::1]:65535"),
            id="an address of IPv6; the longest `every`",
        ),
        pytest.param(
            "a: {url: 'https://${HOST}:${PORT}/?k=${KEY}', every: 1m, within: 59999ms}",
            Probe("a", 60, 59_999, url="https://${HOST}:${PORT}/?k=${KEY}"),
            id="variables stay; the longest `within`",
        ),
    ],
)
def test_what_is_written_is_meant(tmp_path: Path, written: str, meant: Probe) -> None:
    assert source(tmp_path, written) == Source("health", "probe", (), service="web", probes=(meant,))


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        pytest.param("a: {every: 30s}", 7, "a probe needs one of `url` and `tcp`", id="nothing is asked"),
        pytest.param(
            "a: {url: http://a, tcp: 'a:1'}", 7, "a probe has only one of `url` and `tcp`", id="two are asked"
        ),
        pytest.param("a: {url: http://a, every: 4s}", 33, "`every` is from 5s to 1d", id="too often"),
        pytest.param("a: {url: http://a, every: 86401s}", 33, "`every` is from 5s to 1d", id="too seldom"),
        pytest.param(
            "a: {url: http://a, every: 5s, within: 5s}",
            45,
            "`5s` is not less than `every`, 5s: a probe would overtake itself",
            id="as long as `every`",
        ),
        pytest.param(
            "a: {url: http://a, within: 5}",
            34,
            "`5` is not a time limit; write for example `5s` or `800ms`",
            id="a limit without a unit",
        ),
        pytest.param(
            "a: {ulr: http://a}",
            11,
            "`ulr` is not a key of a probe; did you mean `url`?",
            id="an unknown key",
        ),
        pytest.param(
            "a: {url: http://a, expect: {txt: x}}",
            35,
            "`txt` is not a key of `expect`; did you mean `text`?",
            id="an unknown key of expect",
        ),
        pytest.param(
            "a: {url: ftp://a}",
            16,
            "this is not an address of the web; write for example `https://example.com/health`",
            id="no address of the web",
        ),
        pytest.param(
            "a: {tcp: 'a:65536'}",
            16,
            "write a host and a port, such as `db.internal:5432`",
            id="no such port",
        ),
        pytest.param(
            "a: {tcp: 'a:1', method: GET}", 23, "`method` goes with `url`, not with `tcp`", id="HTTP over TCP"
        ),
        pytest.param(
            "a: {url: http://a, method: PUT}",
            34,
            "`PUT` is not known here; there are GET, HEAD, POST, OPTIONS",
            id="a method that changes things",
        ),
        pytest.param(
            "a: {url: http://a, expect: {status: [200, 99]}}",
            49,
            "`99` is not a status; write for example `200` or `[200, 302]`",
            id="no status",
        ),
        pytest.param(
            "a: {url: http://a, expect: {status: []}}",
            43,
            "no status is expected here; leave `status` out for all below 400",
            id="a list of nothing",
        ),
        pytest.param(
            "a: {url: http://a, expect: {certificate_days: 3}}",
            35,
            "only an `https` address has a certificate",
            id="a certificate without TLS",
        ),
        pytest.param(
            "a: {url: http://a, method: HEAD, expect: {text: ok}}",
            49,
            "an answer to HEAD has no text; use `method: GET`",
            id="the text of HEAD",
        ),
        pytest.param(
            "a: {url: http://a, follow: no}",
            34,
            "`follow` must be `true` or `false`",
            id="neither true nor false",
        ),
        pytest.param(
            "a b: {url: http://a}",
            7,
            "`a b` can't name a probe; use letters, digits, `-`, `_` and `.`",
            id="a name with a space",
        ),
    ],
)
def test_a_fault_says_where_and_what(tmp_path: Path, written: str, column: int, message: str) -> None:
    line = f"      {written}"
    assert faults(tmp_path, f"{HEAD}{line}\n") == [(5, column, message, line)]


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        pytest.param(
            "    paths: [a.log]",
            5,
            "`paths` does not go with `probes`; make two sources of it",
            id="files too",
        ),
        pytest.param(
            "    format: json", 13, "the format of probes is `probe`: leave `format` out", id="a format"
        ),
        pytest.param("    kind: call", 11, "the kind of probes is `probe`: leave `kind` out", id="a kind"),
    ],
)
def test_a_source_probes_or_reads(tmp_path: Path, line: str, place: int, message: str) -> None:
    text = f"sources:\n  health:\n{line}\n    probes: {{a: {{url: http://a}}}}\n"
    assert faults(tmp_path, text) == [(3, place, message, line)]


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        pytest.param(
            "a: {url: http://a, headers: {Authorization: Bearer hush}}",
            51,
            "a secret does not belong in a file: write `Authorization: ${A_AUTHORIZATION}` and put it in the "
            "environment",
            id="a secret header",
        ),
        pytest.param(
            "a: {url: http://a, headers: {X: hush}, every: 1s}",
            53,
            "`every` is from 5s to 1d",
            id="beside one",
        ),
        pytest.param(
            "a: {url: 'http://sato:hush@a'}",
            16,
            "no user and password in an address: send them as a header, such as `Authorization: ${NAME}`",
            id="a password in an address",
        ),
        pytest.param(
            "a: {url: 'http://a/?token=hush', every: 1s}", 47, "`every` is from 5s to 1d", id="a query"
        ),
        pytest.param(
            "a: {url: http://a, headers: {hush hush: x}}",
            36,
            "this is not the name of a header",
            id="a value where its name belongs",
        ),
    ],
)
def test_no_fault_shows_a_secret(tmp_path: Path, written: str, column: int, message: str) -> None:
    assert faults(tmp_path, f"{HEAD}      {written}\n") == [(5, column, message, "")]


def test_variables_are_replaced_only_by_who_probes(tmp_path: Path) -> None:
    probe = source(
        tmp_path, "a: {url: 'https://${HOST}/?k=${KEY}', headers: {Authorization: 'Bearer ${KEY}'}}"
    ).probes[0]
    assert probe.variables == ("HOST", "KEY")
    expanded = probe.expanded({"HOST": "a", "KEY": "hush"})
    assert (expanded.url, expanded.headers) == ("https://a/?k=hush", (("Authorization", "Bearer hush"),))
    assert "hush" not in repr(source(tmp_path, "a: {url: http://a, headers: {X-Y: hush}}"))
