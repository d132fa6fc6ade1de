"""Reads a description of an API from bytes; whatever is wrong with them is one line."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.openapi.bounds import MAX_BYTES, MAX_VALUES, TOO_MANY, fault, shown
from agent.openapi.json_reading import read_json
from agent.openapi.spec import Spec, escape

_MARK = b"\xef\xbb\xbf"
_JSON = re.compile(rb'\s*+(?:\{\s*+["}]|\[)')
_VERSION = re.compile(r"(\d+)\.(\d+)(?:[.-].*)?")
_OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff", b"\0")
_READ = {(3, 0), (3, 1), (3, 2)}
_OUTSIDE = re.compile(rb"\$ref[\"']?+\s*+:\s*+(?![\"']?#)")
_DATA = frozenset({"example", "examples", "default", "enum", "const", "links"})
"""Keys behind which no reference stands, but values of the API's users; `links` has them too."""


def load(content: bytes, name: str) -> Spec:
    """Read an OpenAPI 3.0, 3.1 or 3.2 description in JSON or YAML, told apart by the content.

    Args:
        content: The bytes as they are in the file; let go of them to save memory.
        name: What to call it in errors, such as the file's name.

    Raises:
        SpecError: It is none, or cannot be taken; one line with the place, the cause and the fix.
    """
    _require_size(content, name)
    has_suspects = _OUTSIDE.search(content) is not None
    with _without_collector():
        document = _parsed(content, name)
    version = _version(document, name)
    if has_suspects:
        _require_inside(document, name)
    spec = Spec(document, version, name)
    spec.refuse_circles()
    return spec


def _require_size(content: bytes, name: str) -> None:
    if len(content) > MAX_BYTES:
        raise fault(name, too_large(len(content)))
    if not content.removeprefix(_MARK).strip():
        raise fault(name, "is empty; give an OpenAPI description")
    if sum(map(content.count, (b"{", b"[", b","))) > MAX_VALUES:  # texts do not have as many
        raise fault(name, TOO_MANY)


def too_large(size_bytes: int | None = None) -> str:
    """Return the cause and the fix for a description over the limit."""
    size = f"has {size_bytes / 2**20:.0f} MiB" if size_bytes else "is too large"
    return f"{size}; at most {MAX_BYTES // 2**20} MiB are read, so split the description"


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from visiting each new object again and again; a third faster."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _parsed(content: bytes, name: str) -> Any:
    if content.startswith(_OTHER_UNICODE) or content[1:2] == b"\0":
        raise fault(name, "is UTF-16 or binary; save it as UTF-8")
    content = content.removeprefix(_MARK)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise fault(name, "is not valid UTF-8; save it as UTF-8", line, column) from None
    if _JSON.match(content):
        del content
        return read_json(text, name)
    del text
    from agent.openapi.yaml_reading import read_yaml  # 0.03 s that JSON does not need

    return read_yaml(content, name)


def _version(document: Any, name: str) -> tuple[int, int]:
    if not isinstance(document, dict):
        kind = {list: "a list", type(None): "nothing"}.get(type(document), "a single value")
        raise fault(name, f"holds {kind}, no object; give an OpenAPI description")
    if "openapi" not in document:
        raise fault(name, _kind(document))
    written = str(document["openapi"])
    found = _VERSION.fullmatch(written)
    version = (int(found[1]), int(found[2])) if found else None
    if version not in _READ:
        raise fault(
            name,
            f"the OpenAPI version {shown(written)} is unknown; 3.0, 3.1 and 3.2 are read, so "
            "convert it or correct the key `openapi`",
        )
    return version


def _kind(document: dict[str, Any]) -> str:
    if "swagger" in document:
        return (
            f"Swagger {shown(str(document['swagger']))} is not read; convert it to OpenAPI 3 "
            "first, for instance with swagger2openapi"
        )
    if "asyncapi" in document:
        return "AsyncAPI describes messages and is not read; give an OpenAPI description"
    keys = ", ".join(map(shown, list(document)[:3])) or "none"
    return f"no OpenAPI description: the key `openapi` is missing (first keys: {keys}); add it"


def _require_inside(document: Any, name: str) -> None:
    """Refuse references that leave the document. Those behind `x-` keys are never followed."""
    seen: set[int] = set()
    waiting = [(document, "")]
    while waiting:
        node, pointer = waiting.pop()
        if id(node) in seen:  # aliases share what they stand for
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting += [(inner, f"{pointer}/{i}") for i, inner in enumerate(node)]
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                raise fault(
                    name,
                    f"$ref {shown(reference)} at {shown(pointer)} leaves the document, and nothing "
                    "is fetched or opened for it; bundle the description into one file first",
                )
            waiting += [
                (inner, f"{pointer}/{escape(key)}")
                for key, inner in node.items()
                if key not in _DATA and not key.startswith("x-")
            ]
