"""One description of an API, and what its references point at."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from agent.domain.errors import PermanentError

Node = Mapping[str, Any]
_LONGEST_CHAIN = 64


class SpecError(PermanentError):
    """A description that cannot be read; one line with the cause and the fix."""


class Resolved(NamedTuple):
    """What stands behind a node once references are followed."""

    node: Node
    pointer: str
    """Where it stands; for a reference the place that it points at."""
    component: str | None
    """`schemas/Pet` when a reference to a component was followed, else None."""


class Spec:
    """A description as plain JSON values, with references followed on demand."""

    def __init__(self, document: Node, version: tuple[int, int], name: str) -> None:
        """Keep a parsed description.

        Args:
            document: JSON values with text keys only.
            version: (3, 0), (3, 1) or (3, 2).
            name: What to call it in errors, such as the file's name.
        """
        self.document = document
        self.version = version
        self.name = name
        self._followed: dict[str, Resolved] = {}

    def resolve(self, node: object, pointer: str) -> Resolved:
        """Follow a node's `$ref`, if it has one, to what is no reference itself.

        What is no object at all counts as an empty one.

        Raises:
            SpecError: The reference points outside the document, nowhere, or at itself.
        """
        if not isinstance(node, dict):
            return Resolved({}, pointer, None)
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return Resolved(node, pointer, None)
        found = self._followed.get(reference)
        if found is None:
            found = self._followed[reference] = self._follow(reference)
        return found

    def refuse_circles(self) -> None:
        """Raise SpecError if a component is nothing but a reference that leads back to itself."""
        for kind in _objects(self.document.get("components")).values():
            for node in _objects(kind).values():
                following = _objects(node).get("$ref")
                seen: set[str] = set()
                while isinstance(following, str) and _component(following):
                    if following in seen:
                        raise self._circle(following)
                    seen.add(following)
                    place, _, name = following.removeprefix("#/components/").partition("/")
                    named = _objects(_objects(self.document.get("components")).get(place))
                    following = _objects(named.get(unescape(name))).get("$ref")

    def _circle(self, reference: str) -> SpecError:
        words = f"$ref {reference!r} goes round in a circle; break the circle"
        return SpecError(f"{self.name}: {words}")

    def _follow(self, reference: str) -> Resolved:
        pointer, component = reference, None
        for _step in range(_LONGEST_CHAIN):
            node = self.at(pointer)
            component = _component(pointer) or component
            following = node.get("$ref") if isinstance(node, dict) else None
            if not isinstance(following, str):
                return Resolved(node if isinstance(node, dict) else {}, pointer[1:], component)
            pointer = following
        raise self._circle(reference)

    def at(self, reference: str) -> Any:
        """Return what `#/a/b` points at. Raises SpecError."""
        if reference.startswith("#") and reference[1:2] not in ("", "/"):
            raise SpecError(
                f"{self.name}: $ref {reference!r} names an anchor, and anchors are not followed; "
                "write the way to the place, such as '#/components/schemas/Pet'"
            )
        if reference != "#" and not reference.startswith("#/"):
            raise SpecError(
                f"{self.name}: $ref {reference!r} leaves the document, and nothing is fetched or "
                "opened for it; bundle the description into one file first"
            )
        node: Any = self.document
        for part in reference[2:].split("/") if reference != "#" else ():
            key = unescape(part)
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise SpecError(
                    f"{self.name}: $ref {reference!r} points nowhere; add what it names, or "
                    "correct it"
                )
        return node


def _objects(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _component(pointer: str) -> str | None:
    parts = pointer.split("/")
    is_component = len(parts) == 4 and parts[:2] == ["#", "components"]
    return f"{parts[2]}/{unescape(parts[3])}" if is_component else None


def component_at(pointer: str) -> str | None:
    """Return the component, such as `schemas/Pet`, that a JSON pointer leads into."""
    parts = pointer.split("/", 4)
    if len(parts) < 4 or parts[1] != "components":
        return None
    return f"{parts[2]}/{unescape(parts[3])}"


def unescape(part: str) -> str:
    """Return one part of a JSON pointer in a URI fragment as the key it means."""
    return unquote(part).replace("~1", "/").replace("~0", "~")


def escape(key: str) -> str:
    """Return a key as one part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
