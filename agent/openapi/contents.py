"""The contents of bodies: media types and their schemas."""

from __future__ import annotations

from typing import NamedTuple

from agent.openapi.comparison import Comparison
from agent.openapi.json_values import mapping
from agent.openapi.media_types import MediaType
from agent.openapi.places import (
    FOREIGN_REQUEST_BODY,
    FOREIGN_RESPONSE_BODY,
    FORM,
    REQUEST_BODY,
    RESPONSE_BODY,
    Direction,
    Place,
)
from agent.openapi.shape import Spot
from agent.openapi.shapes import Shapes
from agent.openapi.trail import Owner
from agent.openapi.words import quoted


class Contents(NamedTuple):
    """Two bodies that travel the same way."""

    comparison: Comparison
    direction: Direction
    owner: Owner
    words: str
    """What to call the body, such as "the response `200`"."""

    def compare(self, base: Spot, head: Spot) -> None:
        """Compare the contents of two bodies, given with their `content`."""
        ours, theirs = _media(base.down("content")), _media(head.down("content"))
        for name in ours.keys() & theirs.keys():
            self._compare_schemas(name, ours[name], theirs[name])
        gone = {name: spot for name, spot in ours.items() if name not in theirs}
        new = {name: spot for name, spot in theirs.items() if name not in ours}
        for name, spot in gone.items():
            partner = self._partner(name, new)
            if partner is None:
                self._say_removed(name, spot)
            else:
                self._renamed(name, partner, spot, new.pop(partner))
        for name, spot in new.items():
            self._say_added(name, spot)

    def _partner(self, name: MediaType, new: dict[MediaType, Spot]) -> MediaType | None:
        """Return the new media type that took the place of one that is gone."""
        if self.direction is Direction.REQUEST:
            return next((other for other in new if other.covers(name)), None)
        related = (o for o in new if o.kind == name.kind or o.covers(name) or name.covers(o))
        return next(related, None)

    def _renamed(self, name: MediaType, partner: MediaType, base: Spot, head: Spot) -> None:
        self._compare_schemas(partner, base, head)
        if self.direction is Direction.REQUEST:
            return self._say_added(partner, head)
        what = f"{self.words}: the media type went from {_shown(name)} to {_shown(partner)}"
        way = "generalized" if partner.covers(name) else "specialized"
        rule = f"response-media-type-name-{way if partner.kind != name.kind else 'changed'}"
        return self.comparison.say(rule, self.owner, head.pointer, what, self.words, _shown(name))

    def _say_removed(self, name: MediaType, spot: Spot) -> None:
        rule = f"{self._stem}media-type-removed"
        what = f"{self.words}: the media type {_shown(name)} is gone"
        self.comparison.say(
            rule, self.owner, spot.pointer, what, self.words, _shown(name), is_gone=True
        )

    def _say_added(self, name: MediaType, spot: Spot) -> None:
        rule = f"{self._stem}media-type-added"
        what = f"{self.words}: the media type {_shown(name)} is new"
        self.comparison.say(rule, self.owner, spot.pointer, what, self.words, _shown(name))

    @property
    def _stem(self) -> str:
        return "request-body-" if self.direction is Direction.REQUEST else "response-"

    def _compare_schemas(self, name: MediaType, base: Spot, head: Spot) -> None:
        for keyword in ("schema", "itemSchema"):
            walk = self.comparison.schemas
            had = _describes(walk.base, base.down(keyword), name)
            has = _describes(walk.head, head.down(keyword), name)
            if had != has and keyword == "schema":
                rule = f"{self.direction}-body-media-type-schema-{'added' if has else 'removed'}"
                what = f"{self.words}: the schema of {_shown(name)} is {'new' if has else 'gone'}"
                self.comparison.say(rule, self.owner, head.pointer, what, self.words, _shown(name))
            elif had or has:
                ours = base.down(keyword) if had else Spot({}, f"{base.pointer}/{keyword}")
                theirs = head.down(keyword) if has else Spot({}, f"{head.pointer}/{keyword}")
                self.comparison.schemas.compare(ours, theirs, self._place(name), self.owner)

    def _place(self, name: MediaType) -> Place:
        if self.direction is Direction.RESPONSE:
            return RESPONSE_BODY if name.is_json or name.is_form else FOREIGN_RESPONSE_BODY
        if name.is_form:
            return FORM
        return REQUEST_BODY if name.is_json else FOREIGN_REQUEST_BODY


def _describes(shapes: Shapes, spot: Spot, name: MediaType) -> bool:
    """Tell whether a schema says anything; of bytes 3.0 says `format: binary`, and 3.1 nothing."""
    if spot.node is None:
        return False
    shape = shapes.of(spot)
    is_bytes = shape.types == {"string"} and shape.plain == {"format": "binary"}
    return bool(shape.types or shape.says_more) and not (is_bytes and not name.is_json)


def _media(content: Spot) -> dict[MediaType, Spot]:
    return {MediaType.parse(name): content.down(name) for name in mapping(content.node)}


def _shown(name: MediaType) -> str:
    rest = "".join(f"; {key}={value}" for key, value in name.parameters)
    return quoted(name.kind + rest)
