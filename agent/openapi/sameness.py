"""What did not change at all, references included: most of a description, and it costs nothing."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.openapi.json_values import mapping
from agent.openapi.spec import Spec, escape


class Sameness:
    """Tells which parts are written the same in both descriptions and mean the same."""

    def __init__(self, base: Spec, head: Spec) -> None:
        """Compare all components of two descriptions."""
        self._is_same_version = base.version == head.version
        self._clean = _clean(base, head) if self._is_same_version else frozenset()

    def holds(self, base: Any, head: Any) -> bool:
        """Tell whether two nodes are the same, with all that they refer to."""
        return (
            self._is_same_version
            and base == head
            and all(_component(ref) in self._clean for ref in references(base))
        )


def references(node: Any) -> Iterator[str]:
    """Yield every `$ref` below a node; where it is only data, nothing is lost but time."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(here)
        elif isinstance(here, dict):
            reference = here.get("$ref")
            if isinstance(reference, str):
                yield reference
            waiting.extend(value for value in here.values() if isinstance(value, dict | list))


def _clean(base: Spec, head: Spec) -> frozenset[str]:
    """Return the references to components that are the same, and refer to nothing else."""
    theirs = dict(_components(head))
    clean = {ref for ref, node in _components(base) if ref in theirs and node == theirs[ref]}
    users: defaultdict[str, set[str]] = defaultdict(set)
    spoiled: list[str] = []
    for name in clean:
        for reference in map(_component, references(theirs[name])):
            users[reference].add(name)
            if reference not in clean:
                spoiled.append(name)
    while spoiled:
        name = spoiled.pop()
        if name in clean:
            clean.remove(name)
            spoiled.extend(users[name])
    return frozenset(clean)


def _components(spec: Spec) -> Iterator[tuple[str, Any]]:
    for kind, named in mapping(spec.document.get("components")).items():
        for name, node in mapping(named).items():
            yield f"#/components/{escape(kind)}/{escape(name)}", node


def _component(reference: str) -> str:
    """Return the component that a reference is to, or to a part of."""
    return "/".join(reference.split("/", 4)[:4])
