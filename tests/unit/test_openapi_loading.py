"""What is read as a description, and what is refused, in one line, soon, and in little memory."""

import gc
import gzip
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agent.openapi import yaml_reading
from agent.openapi.bounds import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from agent.openapi.loading import load
from agent.openapi.spec import SpecError
from tests.fakes.specs import find_spec

ROOT = Path(__file__).parents[2]
YAML = "openapi: 3.1.0\npaths: {}\n"
MIB = 2**20


def refusal(content: bytes | str) -> str:
    """Return why a description is refused, without the name in front."""
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(SpecError) as caught:
        load(data, "spec")
    said = str(caught.value)
    assert said.startswith("spec: ")
    assert "\n" not in said
    assert len(said) < 400
    return said.removeprefix("spec: ")


def values(text: str) -> object:
    """Return what a YAML text says below a key of a description."""
    return load(f"{YAML}x-it:{text}".encode(), "spec").document["x-it"]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read with libyaml and with the parser for machines without it."""
    monkeypatch.setattr(yaml_reading, "_LOADER", getattr(yaml, request.param))
    return str(request.param)


@pytest.mark.parametrize(
    ("written", "version"),
    [("3.0.0", (3, 0)), ("3.0.4-rc1", (3, 0)), ("3.1.1", (3, 1)), ("3.2.0", (3, 2))],
)
def test_each_known_version_is_read_from_json_and_yaml(
    written: str, version: tuple[int, int]
) -> None:
    assert load(json.dumps({"openapi": written}).encode(), "spec").version == version
    assert load(f"openapi: {written}\n".encode(), "spec").version == version
    assert load(f"openapi: {written[:3]}\n".encode(), "spec").version == version


@pytest.mark.parametrize("written", ["3.3.0", "4.0.0", "2.0", "3", "three", "", "3.10.0", "3.0x"])
def test_another_version_is_refused_with_those_that_are_read(written: str) -> None:
    said = refusal(json.dumps({"openapi": written}))
    assert said.startswith(f"the OpenAPI version {written!r} is unknown; 3.0, 3.1 and 3.2 are read")


@pytest.mark.parametrize("content", ['{"swagger": "2.0"}', "swagger: 2.0\n", 'swagger: "2.0"\n'])
def test_swagger_is_refused_with_the_way_out(content: str) -> None:
    said = refusal(content)
    assert said.startswith("Swagger '2.0' is not read; convert it to OpenAPI 3 first")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        ("# only a remark\n", "holds nothing, no object"),
        ("---\n", "holds nothing, no object"),
        ("null", "holds nothing, no object"),
        ("hello", "holds a single value, no object"),
        ("12", "holds a single value, no object"),
        ("[]", "holds a list, no object"),
        ("- a\n", "holds a list, no object"),
        ("{}", "the key `openapi` is missing (first keys: none)"),
        ('{"name": 1, "b": 2}', "the key `openapi` is missing (first keys: 'name', 'b')"),
        ("asyncapi: 3.0.0", "AsyncAPI describes messages"),
        (b"\x89PNG\r\n", "line 1, column 1: is not valid UTF-8"),
        (b"\x7fELF\x02\x01", "no valid YAML (unacceptable character #x007f"),
        ("<!DOCTYPE html>\n<p>: x: y\n", "line 2, column 4: no valid YAML"),
    ],
)
def test_what_is_no_description_is_refused(content: bytes | str, cause: str) -> None:
    assert cause in refusal(content)


def test_a_large_input_is_refused_before_it_is_read() -> None:
    content = b'{"openapi": "3.1.0"' + b" " * MAX_BYTES
    assert refusal(content) == "has 64 MiB; at most 64 MiB are read, so split the description"


def test_a_byte_order_mark_is_accepted() -> None:
    for content in (b'\xef\xbb\xbf{"openapi": "3.1.0"}', b"\xef\xbb\xbfopenapi: 3.1.0\n"):
        assert load(content, "spec").document == {"openapi": "3.1.0"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_of_unicode_are_named(encoding: str) -> None:
    assert refusal('{"openapi": "3.1.0"}'.encode(encoding)).startswith("is UTF-16 or binary")


@pytest.mark.parametrize("content", [b'{"openapi":\n "\xff"}', b"openapi:\n  \xe4"])
def test_invalid_utf_8_is_refused_with_its_place(content: bytes) -> None:
    assert refusal(content) == "line 2, column 3: is not valid UTF-8; save it as UTF-8"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '{"openapi": "3.1.0",\n "paths": 1,\n "paths": 2}',
            "line 3, column 2: the key 'paths' is there twice; remove one of them",
        ),
        (
            '{"a": [{"b": 1}, {"b": {"c": ":", "\\u0063": "x"}}]}',
            "line 1, column 35: the key 'c' is there twice; remove one of them",
        ),
        (
            "openapi: 3.1.0\npaths:\n  /a: {}\n  '/a': {}\n",
            "line 4, column 3: the key '/a' is there twice; remove one of them",
        ),
        (
            "openapi: 3.1.0\nx: {200: a, '200': b}\n",
            "line 2, column 13: the key '200' is there twice; remove one of them",
        ),
    ],
)
def test_a_key_that_is_there_twice_is_named_with_its_place(content: str, said: str) -> None:
    assert refusal(content) == said


def test_a_long_key_with_control_characters_is_shown_short_and_harmless() -> None:
    key = json.dumps("\x1b[2J\u202e" + "k" * 10_000)
    said = refusal(f"{{{key}: 1, {key}: 2}}")
    assert "'\\x1b[2J\\u202ekkk" in said
    assert len(said) < 200


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ('{"openapi": "3.1.0",}', "line 1, column 21: no valid JSON (Expecting property name"),
        ('{"openapi": 3.1.0}', "line 1, column 16: no valid JSON (Expecting ',' delimiter)"),
        ('{"openapi": "3.1.0"}\n}', "line 2, column 1: text follows after the end"),
        ('{"openapi": "3.1.0"', "line 1, column 20: no valid JSON"),
        ('{"openapi": "a\tb"}', "line 1, column 15: no valid JSON (Invalid control character"),
    ],
)
def test_broken_json_is_refused_with_its_place(content: str, cause: str) -> None:
    assert refusal(content).startswith(cause)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_json_does_not_know_is_refused(literal: str) -> None:
    said = refusal(f'{{"a": "NaN, 1e999",\n "b": [{literal}]}}')
    assert said.startswith(f"line 2, column 8: the number '{literal}' is no JSON number")


@pytest.mark.parametrize("literal", [".inf", "-.INF", ".nan", "1e999", "9" * 400 + ".0"])
def test_a_number_in_yaml_that_json_does_not_know_is_refused(literal: str) -> None:
    assert refusal(f"{YAML}x:\n  - {literal}\n").startswith("line 4, column 5: the number ")


@pytest.mark.parametrize("template", ['{"openapi": "3.1.0", "x": %s}', "openapi: 3.1.0\nx: %s\n"])
@pytest.mark.parametrize("number", ["9" * 10_000_000, "9" * 4301, "0x" + "f" * 5000])
def test_a_number_with_too_many_digits_is_refused(template: str, number: str) -> None:
    said = refusal(template % number)
    assert "the number " in said or "no valid JSON" in said


def test_the_largest_integer_that_python_takes_is_read() -> None:
    content = f'{{"openapi": "3.1.0", "x": {"9" * 4300}}}'
    assert load(content.encode(), "spec").document["x"] == int("9" * 4300)


@pytest.mark.parametrize(
    "text", [r"\ud800", r"\udc00 x", r"\ud800\ud800\udc00", r"\\\ud83d", r"\ud83d\\\ude00"]
)
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    assert "is half a surrogate pair" in refusal(f'{{"openapi": "3.1.0",\n "x": "{text}"}}')


def test_whole_pairs_and_escaped_backslashes_are_read() -> None:
    content = rb'{"openapi": "3.1.0", "x": "\ud83d\ude00 \\ud800 \\\\udc00"}'
    assert load(content, "spec").document["x"] == "\U0001f600 \\ud800 \\\\udc00"


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize("text", [r'"\ud800"', r'"\UFFFFFFFF"', r'"\U00110000"'])
def test_an_escape_in_yaml_that_names_no_character_is_refused(text: str) -> None:
    refusal(f"openapi: {text}\n")


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" ", None),
        (" ~", None),
        (" Null", None),
        (" nUll", "nUll"),
        (" TRUE", True),
        (" yes", "yes"),
        (" off", "off"),
        (" 017", 17),
        (" 0o17", 15),
        (" 0x1F", 31),
        (" 0b1", "0b1"),
        (" 1_000", "1_000"),
        (" 1:30", "1:30"),
        (" -12", -12),
        (" +12", 12),
        (" 1.", 1.0),
        (" .5e1", 5.0),
        (" 1e3", 1000.0),
        ("\n  -", [None]),
        (" 2024-01-31", "2024-01-31"),
        (" 2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        (" '12'", "12"),
        (' ""', ""),
        (" !!str 12", "12"),
        (" !!int 12", 12),
        (" !!float 12", 12),
        (" !!map {a: 1}", {"a": 1}),
        (" !!seq [1]", [1]),
        (" ! 12", "12"),
        (" =", "="),
        (" >-\n  a\n  b\n", "a b"),
        (" \U0001f600", "\U0001f600"),
    ],
)
def test_yaml_means_what_its_core_schema_says(text: str, value: object) -> None:
    found = values(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.usefixtures("each_parser")
def test_keys_stay_text_as_written() -> None:
    keys = ["on", "yes", "200", "1.0", "null", "~", "2024-01-31", "0x10", ".inf", "1e999", "true"]
    found = values("".join(f"\n  {key}: 1" for key in keys))
    assert found == dict.fromkeys(keys, 1)


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [id]",
        "!!python/name:os.system x",
        "!!binary aGVsbG8=",
        "!!timestamp 2024-01-31",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "!Ref name",
        "!!int twelve",
        "!!bool 1",
        "!!float true",
    ],
)
def test_a_tag_that_json_has_no_value_for_is_refused(text: str) -> None:
    assert "is nothing that JSON can say; write plain values" in refusal(f"{YAML}x: {text}\n")


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize("key", ["? [a]\n", "? {a: 1}\n", "[a]", "{a: 1}", "&k [1]\n*k "])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    refusal(f"{YAML}{key}: 1\n")


@pytest.mark.usefixtures("each_parser")
def test_aliases_and_merge_keys_are_followed() -> None:
    lines = [
        "one: &one {a: 1, b: 1}",
        "two: &two {b: 2, c: 2}",
        "list: [*one, &word text, *word]",
        "first: {<<: [*one, *two], c: 3}",
        'second: {c: 4, <<: *one, "<<": 5}',
        "*word : &code 200",
        "code: *code",
    ]
    found = values("".join(f"\n  {line}" for line in lines))
    assert found == {
        "one": {"a": 1, "b": 1},
        "two": {"b": 2, "c": 2},
        "list": [{"a": 1, "b": 1}, "text", "text"],
        "first": {"a": 1, "b": 1, "c": 3},
        "second": {"a": 1, "b": 1, "c": 4, "<<": 5},
        "text": 200,
        "code": 200,
    }


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("x: &a [*a]\n", "the alias 'a' stands within what it repeats"),
        ("x: &a {b: {<<: *a}}\n", "the alias 'a' stands within what it repeats"),
        ("x: *none\n", "the alias 'none' is unknown"),
        ("x: {<<: 1}\n", "`<<` can take over objects only"),
        ("x: {<<: [1]}\n", "`<<` can take over objects only"),
        ("---\nopenapi: 3.1.0\n", "a second YAML document begins; keep one in a file"),
        ("x:\n\ty: 1\n", "a tab stands where YAML wants spaces"),
        ("x: [1\n", "no valid YAML"),
        ("x: 'a\n", "no valid YAML"),
        (" x: 1\n", "no valid YAML"),
        ("x: @y\n", "no valid YAML"),
        ("x: \x01\n", "no valid YAML (unacceptable character #x0001"),
    ],
)
def test_broken_yaml_is_refused(content: str, cause: str) -> None:
    assert cause in refusal(YAML + content)


def test_broken_yaml_is_refused_with_its_place() -> None:
    assert refusal("openapi: 3.1.0\nx:\n\ty: 1\n").startswith("line 3, column 1: a tab")


@pytest.mark.usefixtures("each_parser")
@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"a":', "}"), ("[{a: ", "}]"), ("- ", "")]
)
def test_what_is_nested_too_deep_is_refused(opening: str, closing: str) -> None:
    for levels in (MAX_DEPTH, 100_000):
        said = refusal(f"openapi: 3.1.0\nx:\n  {opening * levels}{closing * levels}\n")
        assert "is nested more than 100 levels deep" in said


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_that_is_nested_too_deep_is_refused(opening: str, closing: str) -> None:
    for levels in (MAX_DEPTH, 800, 100_000):
        said = refusal(f'{{"openapi": "3.1.0", "x": {opening * levels}1{closing * levels}}}')
        assert said.startswith("is nested more than 100 levels deep")


def test_the_deepest_nesting_that_is_allowed_is_read_from_both() -> None:
    levels = MAX_DEPTH - 1
    inner = "[" * levels + "]" * levels
    from_json = load(f'{{"openapi": "3.1.0", "x": {inner}}}'.encode(), "spec")
    assert load(f"openapi: 3.1.0\nx: {inner}\n".encode(), "spec").document == from_json.document


def test_nesting_through_aliases_is_counted() -> None:
    lines = ["a0: &a0 []", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 1000))]
    assert "is nested more than 100 levels deep" in refusal(YAML + "\n".join(lines))


def test_many_values_are_refused_before_they_are_built() -> None:
    content = f'{{"openapi": "3.1.0", "x": [{"{}," * (MAX_VALUES // 2)}1]}}'
    assert refusal(content).startswith("holds more than 3,000,000 values")


OUTSIDE = ["./other.yaml#/Pet", "https://example.com/openapi.json", "file:///etc/passwd", "a.yaml"]


@pytest.mark.parametrize("reference", OUTSIDE)
def test_a_reference_that_leaves_the_document_is_refused(reference: str) -> None:
    path = {"get": {"responses": {"200": {"$ref": reference}}}}
    document = {"openapi": "3.1.0", "paths": {"/a/b": path}}
    for content in (json.dumps(document), json.dumps(document, indent=1), yaml.dump(document)):
        place = "/paths/~1a~1b/get/responses/200"
        assert refusal(content).startswith(f"$ref {reference!r} at {place!r} leaves the document")


@pytest.mark.parametrize("key", ["example", "examples", "default", "enum", "const", "x-data"])
def test_what_looks_like_a_reference_within_data_is_left_alone(key: str) -> None:
    data = {"$ref": "https://example.com"}
    document = {"openapi": "3.1.0", "components": {"schemas": {"A": {key: [data]}}}}
    assert load(json.dumps(document).encode(), "spec").document == document


def test_a_property_called_ref_is_no_reference() -> None:
    schema = {"properties": {"$ref": {"type": "string"}}}
    document = {"openapi": "3.1.0", "components": {"schemas": {"A": schema}}}
    assert load(json.dumps(document).encode(), "spec").document == document


def test_references_are_found_in_little_time_where_aliases_share() -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} {{l: *a{i - 1}, r: *a{i - 1}}}" for i in range(1, 17)]
    lines += ["z: {$ref: other.yaml}"]
    assert "leaves the document" in refusal(YAML + "\n".join(lines))


PROBE = """
import sys, time
from agent.openapi import loading
from agent.openapi.spec import SpecError
from tests.fakes.specs import find_spec
content = eval(sys.argv[1])
started = time.process_time()
try:
    loading.load(content, "spec")
    said = "read"
except SpecError as error:
    said = str(error)
print(round(time.process_time() - started, 2), said[:150])
"""
BOMBS = [
    (
        "laughs",
        r"'openapi: 3.1.0\na0: &a0 [x,x]\n' + ''.join("
        r"f'a{i}: &a{i} [' + ','.join([f'*a{i-1}'] * 10) + ']\n' for i in range(1, 40))",
        "holds more than 3,000,000 values",
    ),
    (
        "merges",
        r"'openapi: 3.1.0\na: &a {' + ','.join(f'k{i}: 1' for i in range(100000)) + '}\n'"
        r" + 'b:\n' + ' - {<<: *a}\n' * 10000",
        "holds more than 3,000,000 values",
    ),
    (
        "merge chains",
        r"'openapi: 3.1.0\na0: &a0 {x: 1}\n' + ''.join("
        r"f'a{i}: &a{i} {{<<: [*a{i-1}, *a{i-1}, *a{i-1}], k{i}: 1}}\n' for i in range(1, 90))",
        "holds more than 3,000,000 values",
    ),
    ("lists", "'openapi: 3.1.0\\nx: [' + '[],' * 5000000 + ']'", "more than 3,000,000 values"),
    ("lines", "'openapi: 3.1.0\\nx:\\n' + '- x\\n' * 400000 + 'openapi: 1'", "there twice"),
    ("objects", "'{\"openapi\": \"3.1.0\", \"x\": [' + '{},' * 15000000 + '1]}'", "3,000,000"),
    ("open lists", '\'{"openapi": "3.1.0", "x": \' + \'[\' * 60000000', "3,000,000 values"),
    ("open objects", "'openapi: 3.1.0\\nx: ' + '{' * 2000000", "nested more than 100 levels"),
    ("indents", "'openapi: 3.1.0\\n' + ''.join(' ' * i + 'a:\\n' for i in range(9000))", "nested"),
    ("digits", "'{\"openapi\": ' + '9' * 10000000 + '}'", "too large"),
    ("anchors", "'openapi: 3.1.0\\nx: ' + '&a ' * 10000000", "no valid YAML"),
    ("escapes", '\'{"openapi": "3.1.0", "openapi": "\' + \'\\\\n\' * 15000000 + \'"}\'', "twice"),
    ("one text", "'openapi: 3.1.0\\nx: ' + 'y' * 60000000 + '\\nopenapi: 1'", "twice"),
]


@pytest.mark.parametrize(
    ("content", "cause"), [bomb[1:] for bomb in BOMBS], ids=[bomb[0] for bomb in BOMBS]
)
def test_a_bomb_is_refused_soon_and_in_bounded_memory(content: str, cause: str) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1024 * MIB, 1024 * MIB))
        resource.setrlimit(resource.RLIMIT_CPU, (30, 30))

    done = subprocess.run(
        [sys.executable, "-c", PROBE, f"({content}).encode()"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert cause in done.stdout


def test_the_collector_is_left_as_it_was() -> None:
    refusal("{")
    assert gc.isenabled()
    gc.disable()
    try:
        load(YAML.encode(), "spec")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "name",
    [
        "github-rest.api.github.com.openapi.json.gz",
        "github-webhooks.openapi.json.gz",
        "jira-cloud-platform-v3.openapi.json.gz",
        "jira-software-agile.openapi.json.gz",
    ],
)
def test_the_vendors_own_descriptions_are_read_as_they_are(name: str) -> None:
    content = gzip.decompress(find_spec(name).read_bytes())
    assert load(content, name).document == json.loads(content)


def test_a_vendors_swagger_is_refused() -> None:
    content = gzip.decompress(find_spec("slack-web-api.swagger2.json.gz").read_bytes())
    assert refusal(content).startswith("Swagger '2.0' is not read")


def test_all_descriptions_of_the_oracle_are_read() -> None:
    pairs = find_spec("../openapi/pairs.tsv").with_name("pairs")
    files = sorted(pairs.glob("*.yaml"))
    assert len(files) > 100
    for file in files:
        assert load(file.read_bytes(), file.name).document["openapi"]
