"""Comparing schemas: a queue instead of recursion, so that no depth and no circle is too much."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from agent.openapi.change import Level
from agent.openapi.json_values import mapping
from agent.openapi.levels import LEVELS
from agent.openapi.options import Options
from agent.openapi.places import REQUEST_PROPERTY, RESPONSE_PROPERTY, Place
from agent.openapi.sameness import Sameness
from agent.openapi.shape import Shape, Shapes, Spot
from agent.openapi.spec import Spec, SpecError, component_at, escape
from agent.openapi.trail import Finding, Owner, Trail

_MOST_PAIRS = 400_000
"""Bounds the time of descriptions that are made to be slow; GitHub's needs some ten thousand."""
_DEEPEST_TRIAL = 2
_MOST_TRIALS = 20_000
"""Beyond so many schemas that may be partners, they are known by name only."""
_RULE_NAMES = {"response-body-enum-value-removed": "response-mediatype-enum-value-removed"}
"""Ids that are not made of place and rule."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas at one place, and what can be said about them."""

    base: Shape
    head: Shape
    place: Place
    owner: Owner
    walk: SchemaWalk
    places: tuple[str, str]
    """The pointers under which to report what is said of the schemas themselves."""

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
        where = pointer or self.places[0 if is_gone else 1]
        self.walk.trail.findings.append(
            Finding(name, level, self.owner, where, is_gone, what, subjects, self.place)
        )

    def descend(self, base: Spot, head: Spot, place: Place | None = None) -> None:
        """Have what is inside compared too."""
        self.walk.compare(base, head, place or self.place.inner, self.owner)


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
        *,
        trials_within: int = _DEEPEST_TRIAL,
    ) -> None:
        """Compare schemas of two descriptions by `rules`; what is found goes to `trail`."""
        self.options = options
        self.base, self.head = base, head
        self.trail = trail
        self._trials_within = trials_within
        self._sameness = sameness
        self._rules = rules
        self._met: dict[tuple[str, str, Place, tuple[str, str]], Owner] = {}
        self._waiting: deque[Pair] = deque()
        self._trials: dict[tuple[str, str], bool] = {}

    def compare(self, base: Spot, head: Spot, place: Place, user: Owner) -> None:
        """Have two schemas compared that `user` refers to, unless they are the same."""
        if self._sameness.holds(base.node, head.node):
            return
        ours, theirs = self.base.of(base), self.head.of(head)
        places = (ours.pointer, theirs.pointer)
        if not self._is_one(*map(component_at, places)):
            places = (base.pointer, head.pointer)  # another component, or none: the user changed
        self._meet(ours, theirs, place, user, places)

    def compare_shapes(self, ours: Shape, theirs: Shape, place: Place, user: Owner) -> None:
        """Have two schemas compared that `user` refers to."""
        self._meet(ours, theirs, place, user, (ours.pointer, theirs.pointer))

    def _is_one(self, base: str | None, head: str | None) -> bool:
        """Tell whether two components are one and the same; what is in none is one as well."""
        if base is None or head is None or base == head:
            return base == head
        return self.is_renamed(base, head)

    def _meet(
        self, ours: Shape, theirs: Shape, place: Place, user: Owner, places: tuple[str, str]
    ) -> None:
        key = (ours.pointer, theirs.pointer, place, places)
        owner = self._met.get(key)
        if owner is None:
            owner = self._met[key] = self.trail.owner()
            if len(self._met) > _MOST_PAIRS:
                raise SpecError(
                    f"{self.head.spec.name}: more than {_MOST_PAIRS:,} pairs of schemas differ; "
                    "compare smaller parts of the description"
                )
            self._waiting.append(Pair(ours, theirs, place, owner, self, places))
        self.trail.uses(user, owner)

    def shapes(self, base: Spot, head: Spot) -> tuple[Shape, Shape]:
        """Return the normal forms of an older and a newer schema."""
        return self.base.of(base), self.head.of(head)

    def run(self) -> None:
        """Compare what waits, and what is found waiting on the way."""
        while self._waiting:
            self._rules(self._waiting.popleft())

    def is_equal(self, base: Shape, head: Shape) -> bool:
        """Tell whether two schemas mean the same, in requests and in responses.

        Where unions stand in unions in unions, only what is easily seen to be the same is.
        """
        key = (base.pointer, head.pointer)
        if key not in self._trials:
            may_try = self._trials_within > 0 and len(self._trials) < _MOST_TRIALS
            self._trials[key] = may_try and self._try(base, head)
        return self._trials[key]

    def _try(self, base: Shape, head: Shape) -> bool:
        trail = Trail()
        trial = SchemaWalk(
            self.base,
            self.head,
            self._sameness,
            self._rules,
            trail,
            self.options,
            trials_within=self._trials_within - 1,
        )
        for place in (REQUEST_PROPERTY, RESPONSE_PROPERTY):
            trial.compare_shapes(base, head, place, trail.owner())
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
