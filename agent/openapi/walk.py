"""Comparing schemas: a queue instead of recursion, so that no depth and no circle is too much."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from agent.openapi.change import Level
from agent.openapi.json_values import mapping
from agent.openapi.levels import LEVELS
from agent.openapi.options import Options
from agent.openapi.places import REQUEST_PROPERTY, RESPONSE_PROPERTY, Place
from agent.openapi.sameness import Sameness
from agent.openapi.shape import Shape, Spot
from agent.openapi.shapes import Shapes
from agent.openapi.spec import Spec, SpecError, component_at, escape
from agent.openapi.trail import Finding, Owner, Trail

_MOST_PAIRS = 400_000
"""Bounds the time of descriptions that are made to be slow; GitHub's needs some ten thousand."""
_DEEPEST_TRIAL = 2
_MOST_TRIALS = 20_000
"""Beyond so many schemas that may be partners, they are known by name only."""
_RULE_NAMES = {"response-body-enum-value-removed": "response-mediatype-enum-value-removed"}
"""Ids that are not made of place and rule."""


class Trials(NamedTuple):
    """Which schemas mean the same, as far as that was tried."""

    known: dict[tuple[object, ...], bool]
    depth: int
    """How many trials may still begin within trials."""
    running: set[tuple[object, ...]]


class Found(NamedTuple):
    """Where to report what is found about a pair of schemas, in the older and the newer one."""

    origin: tuple[str, str] | None
    """The place at which one component was exchanged for another; None where none was."""
    at: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas at one place, and what can be said about them."""

    base: Shape
    head: Shape
    place: Place
    owner: Owner
    walk: SchemaWalk
    found: Found

    @property
    def is_wrapped(self) -> bool:
        """Tell whether one of them is a union and the other is not."""
        return self.base.has_union != self.head.has_union

    def say(
        self,
        rule: str,
        what: str,
        *subjects: str,
        pointer: str | None = None,
        is_gone: bool = False,
        place: Place | None = None,
        level: Level | None = None,
    ) -> None:
        """Note a difference, if there is a rule about it at this place.

        Args:
            rule: The rule without the place.
            what: The end of a sentence that starts with the place.
            subjects: What tells findings of this rule at this pointer apart.
            pointer: Where, if not at the schema itself.
            is_gone: True when that pointer is into the older description.
            place: Whose rules hold, if not those of the schema's place.
            level: What it means here, if not what it means in general.
        """
        for prefix in (place or self.place).prefixes:
            name = _RULE_NAMES.get(f"{prefix}-{rule}", f"{prefix}-{rule}")
            known = LEVELS.get(name)
            if known is not None:
                self.note(name, level or known, what, *subjects, pointer=pointer, is_gone=is_gone)
                return

    def note(
        self,
        name: str,
        level: Level,
        what: str,
        *subjects: str,
        pointer: str | None = None,
        is_gone: bool = False,
    ) -> None:
        """Note a difference under a rule's full id."""
        side = 0 if is_gone else 1
        where = self._reported(side, pointer) if pointer else self.found.at[side]
        self.walk.trail.findings.append(
            Finding(name, level, self.owner, where, is_gone, what, subjects, self.place)
        )

    def descend(self, base: Spot, head: Spot, place: Place | None = None) -> None:
        """Have what is inside compared too."""
        self.walk.compare(base, head, place or self.place.inner, self.owner, self)

    def translated(self, pointers: tuple[str, str]) -> tuple[str, str]:
        """Return where to report what stands at two pointers inside the schemas."""
        return self._reported(0, pointers[0]), self._reported(1, pointers[1])

    def _reported(self, side: int, pointer: str) -> str:
        if self.found.origin is None:
            return pointer
        start = (self.base, self.head)[side].pointer
        is_below = pointer.startswith(f"{start}/")
        rest = pointer[len(start) :] if is_below else "/" + "/".join(pointer.split("/")[-2:])
        return self.found.at[side] + rest


class SchemaWalk:
    """The schemas that are still to be compared, and those that were."""

    def __init__(
        self,
        base: Shapes,
        head: Shapes,
        sameness: Sameness,
        rules: Callable[[Pair], None],
        trail: Trail,
        options: Options,
        trials: Trials | None = None,
    ) -> None:
        """Compare schemas of two descriptions by `rules`; what is found goes to `trail`."""
        self.options = options
        self.base, self.head = base, head
        self.trail = trail
        self._trials = trials or Trials({}, _DEEPEST_TRIAL, set())
        self._sameness = sameness
        self._rules = rules
        self._met: dict[tuple[object, ...], Owner] = {}
        self._waiting: deque[Pair] = deque()

    def compare(
        self, base: Spot, head: Spot, place: Place, user: Owner, within: Pair | None = None
    ) -> None:
        """Have two schemas compared that `user` refers to, unless they are the same."""
        if not self.is_written_the_same(base, head):
            ours, theirs = self.base.of(base), self.head.of(head)
            self.compare_shapes(ours, theirs, (base.pointer, head.pointer), place, user, within)

    def compare_shapes(
        self,
        ours: Shape,
        theirs: Shape,
        users: tuple[str, str],
        place: Place,
        user: Owner,
        within: Pair | None = None,
    ) -> None:
        """Have two schemas compared that `user` refers to, at the pointers `users`."""
        found = self._found_at(ours, theirs, users, within)
        key = (ours.key, theirs.key, place, found.origin)
        owner = self._met.get(key)
        if owner is None:
            owner = self._met[key] = self.trail.owner()
            if len(self._met) > _MOST_PAIRS:
                raise SpecError(
                    f"{self.head.spec.name}: more than {_MOST_PAIRS:,} pairs of schemas differ; "
                    "compare smaller parts of the description"
                )
            self._waiting.append(Pair(ours, theirs, place, owner, self, found))
        self.trail.uses(user, owner)

    def _found_at(
        self, ours: Shape, theirs: Shape, users: tuple[str, str], within: Pair | None
    ) -> Found:
        """Return where to report what is found.

        Within one component it is the component's. Where a reference was exchanged for another one
        neither component changed: it is said of the place with the reference, down to the bottom.
        """
        base, head = component_at(ours.pointer), component_at(theirs.pointer)
        if base and head and (base == head or self.is_renamed(base, head)):
            return Found(None, (ours.pointer, theirs.pointer))
        if within is not None and within.found.origin is not None:
            return Found(within.found.origin, within.translated(users))
        if base is None and head is None:
            return Found(None, (ours.pointer, theirs.pointer))
        return Found(users, users)

    def is_written_the_same(self, base: Spot, head: Spot) -> bool:
        """Tell whether two schemas are the same without a look at what they mean."""
        return self._sameness.holds(base.node, head.node)

    def shapes(self, base: Spot, head: Spot) -> tuple[Shape, Shape]:
        """Return the normal forms of an older and a newer schema."""
        return self.base.of(base), self.head.of(head)

    def run(self) -> None:
        """Compare what waits, and what is found waiting on the way."""
        while self._waiting:
            self._rules(self._waiting.popleft())

    def is_equal(self, base: Shape, head: Shape) -> bool:
        """Tell whether two schemas mean the same, in requests and in responses.

        Beyond a certain depth, and in a circle, they are taken to: this only decides which of them
        are compared, and whatever differs is found then.
        """
        known, depth, running = self._trials
        both = (base.key, head.key)
        if both in running or depth == 0 or len(known) > _MOST_TRIALS:
            return True
        key = (*both, depth)
        if key not in known:
            running.add(both)
            known[key] = self._try(base, head)
            running.remove(both)
        return known[key]

    def _try(self, base: Shape, head: Shape) -> bool:
        trail = Trail()
        inner = self._trials._replace(depth=self._trials.depth - 1)
        trial = SchemaWalk(
            self.base, self.head, self._sameness, self._rules, trail, self.options, inner
        )
        pointers = (base.pointer, head.pointer)
        for place in (REQUEST_PROPERTY, RESPONSE_PROPERTY):
            trial.compare_shapes(base, head, pointers, place, trail.owner())
        while trial._waiting and not trail.findings:
            self._rules(trial._waiting.popleft())
        return not trail.findings

    def is_renamed(self, base: str, head: str) -> bool:
        """Tell whether an older component may be a newer one of another name.

        It may not be where both names stay and mean what they meant: then they are two things.
        """
        return not (self._stays(base) or self._stays(head))

    def _stays(self, component: str) -> bool:
        """Tell whether a component of that name is in both descriptions and means the same."""
        if not (_has(self.base.spec, component) and _has(self.head.spec, component)):
            return False
        kind, _, name = component.partition("/")
        pointer = f"/components/{escape(kind)}/{escape(name)}"
        spot = Spot({"$ref": f"#{quote(pointer)}"}, pointer)
        return self.is_equal(self.base.of(spot), self.head.of(spot))


def _has(spec: Spec, component: str) -> bool:
    kind, _, name = component.partition("/")
    return name in mapping(mapping(spec.document.get("components")).get(kind))
