"""Which branches of two unions belong together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from agent.openapi.json_values import mapping, same, text
from agent.openapi.shape import Shape, Spot
from agent.openapi.shapes import Shapes
from agent.openapi.walk import SchemaWalk
from agent.openapi.words import quoted


class Branch(NamedTuple):
    """One of the schemas of a union."""

    node: Any
    """As it is written, with references; None for a schema that stands alone."""
    pointer: str
    component: str | None
    shape: Shape

    @classmethod
    def read(cls, shapes: Shapes, spot: Spot) -> Branch:
        """Return the branch at a spot."""
        return cls(spot.node, spot.pointer, shapes.component_of(spot), shapes.of(spot))

    @classmethod
    def split(cls, shape: Shape, *, is_by_type: bool) -> list[Branch]:
        """Return a schema that is no union as the branches of one: itself, or one a type."""
        parts = shape.by_type() if is_by_type else [shape.alone()]
        return [cls(None, shape.pointer, shape.component, part) for part in parts]

    @property
    def title(self) -> str:
        """Return the title, if it has one."""
        return text(mapping(self.node).get("title"))

    @property
    def name(self) -> str:
        """Return what to call it, in backticks."""
        kinds = "/".join(sorted(self.shape.types)) or "a schema"
        named = self.component.partition("/")[2] if self.component else self.title or kinds
        return quoted(named)


class Match(NamedTuple):
    """Which branches belong together, and which have no partner."""

    pairs: list[tuple[Branch, Branch]]
    removed: list[Branch]
    added: list[Branch]


Partner = Callable[[SchemaWalk, Branch, Branch], bool]


def match_branches(walk: SchemaWalk, ours: list[Branch], theirs: list[Branch]) -> Match:
    """Match branches by component, by what is written, by title, and by meaning."""
    match = Match([], list(ours), list(theirs))
    for is_partner in (_is_same_component, _is_written_the_same, _has_same_title):
        _take(walk, match, is_partner)
    _take(walk, match, _means_the_same)
    _take(walk, match, partial(_is_only_one_of_its_type, match))
    if len(match.removed) == len(match.added) == 1:
        _take(walk, match, _is_of_one_kind)
    return match


def match_parts(walk: SchemaWalk, ours: list[Branch], theirs: list[Branch]) -> Match:
    """Match the parts of an allOf, whose names nobody sees: by meaning, then as branches."""
    match = Match([], list(ours), list(theirs))
    _take(walk, match, _is_equal)
    rest = match_branches(walk, match.removed, match.added)
    return Match([*match.pairs, *rest.pairs], rest.removed, rest.added)


def _take(walk: SchemaWalk, match: Match, is_partner: Partner) -> None:
    for base in list(match.removed):
        at = next((i for i, head in enumerate(match.added) if is_partner(walk, base, head)), None)
        if at is not None:
            match.pairs.append((base, match.added.pop(at)))
            match.removed[:] = [branch for branch in match.removed if branch is not base]


def _is_same_component(_walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    return base.component is not None and base.component == head.component


def _is_written_the_same(_walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    are_inline = base.component is None and head.component is None
    return are_inline and base.node is not None and same(base.node, head.node)


def _has_same_title(walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    return bool(base.title) and base.title == head.title and _may_be_one(walk, base, head)


def _means_the_same(walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    return _may_be_one(walk, base, head) and _is_equal(walk, base, head)


def _is_equal(walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    return base.shape.looks_like(head.shape) and walk.is_equal(base.shape, head.shape)


def _is_only_one_of_its_type(match: Match, walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    types = base.shape.types
    if not types or types != head.shape.types or not _may_be_one(walk, base, head):
        return False
    sides = (match.removed, match.added)
    return all(sum(branch.shape.types == types for branch in side) == 1 for side in sides)


def _is_of_one_kind(walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    kinds = base.shape.types & head.shape.types
    return bool(kinds) and _may_be_one(walk, base, head)


def _may_be_one(walk: SchemaWalk, base: Branch, head: Branch) -> bool:
    """Tell whether names allow it: two components that both stay are two things."""
    if base.node is None or head.node is None:  # it was no branch, so its name was none either
        return True
    if base.component is None or head.component is None or base.component == head.component:
        return True
    return walk.is_renamed(base.component, head.component)
