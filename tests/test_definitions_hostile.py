"""YAML that means harm or means something else: refused quickly, at its place, and never by a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.definitions import load
from tabiji.definitions.documents import read
from tabiji.errors import DefinitionError

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)
NAUGHTY = Path(__file__).parents[1].parent / "shared" / "data" / "hostile" / "blns.txt"

REFUSED = {
    "an alias bomb": (BOMB, "the aliases unfold into more than 200,000 values"),
    "an alias that contains itself": ("a: &a [*a]", "1:8: `*a` contains itself"),
    "a key that contains itself": ("a: &a\n  b: *a", "2:6: `*a` contains itself"),
    "an alias of nothing": ("a: *b", "1:4: "),
    "an object of Python": (
        "a: !!python/object/apply:os.system [id]",
        "1:4: tags such as `!!python/object/apply:os.system` are not allowed",
    ),
    "a tag of one's own": ("a: !x 1", "1:4: tags such as `!x` are not allowed"),
    "a harmless tag": ("a: !!str 1", "1:4: tags such as `!!str` are not allowed"),
    "a duplicate key": (
        "language: en\nlanguage: ja",
        "2:1: the key `language` is here twice; the first is in line 1",
    ),
    "a key without a name": ("language: en\n?\n: x", "2:2: a key is a plain text"),
    "a list for a key": ("? [a]\n: b", "1:3: a key is a plain text"),
    "a second document": ("language: en\n---\nlanguage: ja", "2:1: a file has one document"),
    "a merge": ("x: &x {language: en}\n<<: *x", "2:1: `<<` is not a key of tabiji.yaml"),
    "a million brackets": ("[" * 1_000_000, "1:21: at most 20 levels within each other"),
    "a million braces": ("{a: " * 200_000, "1:81: at most 20 levels within each other"),
    "a million dashes": ("- " * 400_000, "1:41: at most 20 levels within each other"),
    "more than a mebibyte": ("#" * (1024 * 1024 + 1), "1:1: a definition has at most 1,048,576 bytes"),
    "a tab for indentation": ("sources:\n\tweb: {}", "2:1: a tab can't indent; use spaces"),
    "a text that begins with a sign": ("language: @en", "1:11: text that begins with `@` needs quotes"),
    "a colon inside a text": ("store: a: b", "1:9: a `:` can't stand here; put the text in quotes"),
    "a quote left open": ("language: 'en\n", "1:11: the quote that opens here is not closed"),
    "bytes that are no text": (b"language: \xff", "1:11: this is not UTF-8"),
    "half a character": (b"a: 1\nlanguage: \xe3\x81", "2:11: this is not UTF-8"),
    "UTF-16": ("language: en".encode("utf-16"), "1:1: this is not UTF-8"),
    "a NUL": (b"a: b\nlanguage: \x00", "2:11: the character U+0000 is not allowed"),
    "an escape sequence": (b"language: \x1b[31m", "1:11: the character U+001B is not allowed"),
    "a mark of bytes in the middle": ("language: e\ufeffn", "1:12: the character U+FEFF is not allowed"),
}


@pytest.mark.parametrize(("content", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_hostile_yaml_is_refused_within_a_second(tmp_path: Path, content: str | bytes, expected: str) -> None:
    (tmp_path / "tabiji.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    started = time.process_time()
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, {})
    assert time.process_time() - started < 1
    assert any(expected in str(fault) for fault in caught.value.faults)
    assert max(len(str(fault)) for fault in caught.value.faults) < 1_000


SCALARS = {
    "words that YAML 1.1 took for truths": ("on", "on"),
    "a number of base sixty": ("1:30", "1:30"),
    "a number of base eight": ("010", "010"),
    "a fraction": ("0.10", "0.10"),
    "a date": ("2026-03-01", "2026-03-01"),
    "a quoted null": ("'null'", "null"),
    "a quoted nothing": ("''", ""),
    "a null": ("null", None),
    "a tilde": ("~", None),
    "nothing": ("", None),
    "not a number": (".nan", ".nan"),
    "an equals sign": ("=", "="),
}


@pytest.mark.parametrize(("text", "expected"), SCALARS.values(), ids=SCALARS.keys())
def test_scalars_stay_what_was_written(text: str, expected: str | None) -> None:
    document = read("x.yaml", f"key: {text}\n".encode())
    assert (document.tree, document.faults) == ({"key": expected}, [])


def test_aliases_are_allowed_where_they_are_few() -> None:
    document = read("x.yaml", b"a: &a {b: [c]}\nd: *a\n")
    assert document.tree == {"a": {"b": ["c"]}, "d": {"b": ["c"]}}


def test_a_mark_of_bytes_and_carriage_returns_do_no_harm() -> None:
    document = read("x.yaml", "\ufeffa: b\r\nc: d\r\n".encode())
    assert document.tree == {"a": "b", "c": "d"}


def test_faults_count_lines_as_the_scanner_does() -> None:
    document = read("x.yaml", "a: 'x\u2028y'\na: c\n".encode())
    (fault,) = document.faults
    assert (fault.line, fault.source) == (3, "a: c")


# Whatever is in the files, the answer is a site or faults with places, in words of our own.

KEYS = st.sampled_from(
    [
        *("journey", "title", "team", "why", "steps", "objectives", "events", "good", "exclude", "target"),
        *("window", "calendar", "timezone", "alerts", "tiers", "share", "in", "severity", "ticket_only"),
        *("bad_minute", "for", "no_data", "faster_than", "state", "en", "ja", "language", "store", "sources"),
        *("format", "paths", "labels", "fields", "log_format", "operation", "where", "routes", "latency"),
        *(
            "kind",
            "series_max",
            "quiet_after",
            "teams",
            "retention",
            "minutes",
            "hours",
            "days",
            "a",
            "b",
            "x y",
            "is",
        ),
    ]
)
SCALAR = st.one_of(
    st.sampled_from(
        [
            *(
                "a",
                "99%",
                "99.9",
                "28d",
                "800ms",
                "month",
                "page",
                "none",
                "true",
                "nginx",
                "json",
                "en",
                "''",
            ),
            *("status < 500", "status = 'x'", "error_rate >= 1%", "p95 > 1s", "sidekiq", "1h", "2%", "~"),
            *("sqlite:///x", "postgresql://${X}", "$time_local $status", "UTC", "job", "forever", "40d"),
        ]
    ),
    st.text(max_size=8).map(lambda text: '"' + "".join(f"\\U{ord(one):08x}" for one in text) + '"'),
)
TREES = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(KEYS, inner, max_size=6).map(
            lambda items: "{" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}"
        ),
    ),
    max_leaves=25,
)
MAPPINGS = st.dictionaries(KEYS, TREES, max_size=6).map(
    lambda items: "".join(f"{key}: {item}\n" for key, item in items.items())
)


@st.composite
def mappings(draw: st.DrawFn) -> str:
    return draw(MAPPINGS)


def answer(folder: Path, site: bytes, journey: bytes) -> None:
    (folder / "journeys").mkdir(exist_ok=True)
    (folder / "tabiji.yaml").write_bytes(site)
    (folder / "journeys" / "x.yaml").write_bytes(journey)
    try:
        load(folder, {})
    except DefinitionError as error:
        faults = error.faults
    else:
        faults = ()
    for fault in faults:
        content = site if fault.path == "tabiji.yaml" else journey
        assert 1 <= fault.line <= len(content) + 1
        assert 1 <= fault.column <= len(content) + 1
        for foreign in ("Input should", "Extra inputs", "Field required", "pydantic", "sqlglot", "<class"):
            assert foreign not in fault.message


@given(site=mappings(), journey=mappings())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_is_read_or_refused(tmp_path: Path, site: str, journey: str) -> None:
    answer(tmp_path, site.encode(), journey.encode())


@given(content=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda text: text.encode("utf-8"))))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    document = read("x.yaml", content)
    assert (document.tree is None) <= bool(document.faults)
    answer(tmp_path, content, content)


if NAUGHTY.is_file():

    def test_naughty_strings_are_read_or_refused(tmp_path: Path) -> None:
        for line in NAUGHTY.read_text("utf-8").splitlines():
            answer(tmp_path, f"store: {line}\n".encode(), f"journey: {line}\ntitle: '{line}'\n".encode())
