"""YAML as its 1.2 core schema has it, cut down to what JSON can say.

Built from the parser's events rather than with a constructor of PyYAML: keys stay text as written,
aliases are counted before anything follows them, and it takes half the time.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

import yaml

from agent.openapi.bounds import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY, fault, shown
from agent.openapi.spec import SpecError
from agent.openapi.yaml_scalars import TAG_PREFIX, ScalarError, scalar_value, unknown

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_KEY = object()
_MERGE = object()


def read_yaml(content: bytes, name: str) -> Any:
    """Return the value of a YAML text in UTF-8; equal parts may be one object. Raises SpecError.

    Merge keys (`<<`) are followed, although YAML 1.2 has dropped them: descriptions use them.
    """
    try:
        return _Builder(name).build(yaml.parse(content, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise fault(name, _syntax(content, error, place[0]), *place) from None
    except yaml.YAMLError as error:
        raise fault(name, f"no valid YAML ({str(error).splitlines()[0]}); correct it") from None
    except (ValueError, OverflowError):  # the pure parser on an escape such as \UFFFFFFFF
        raise fault(name, "an escape sequence names no character; correct it") from None


def _syntax(content: bytes, error: yaml.MarkedYAMLError, line: int | None) -> str:
    lines = islice(BytesIO(content), line - 1, line) if line else ()
    if any(found.lstrip(b" ").startswith(b"\t") for found in lines):
        return "a tab stands where YAML wants spaces; indent with spaces"
    return f"no valid YAML ({error.problem or error.context}); correct it there"


class _Known(NamedTuple):
    """What an alias stands for."""

    value: Any
    text: str | None
    """A scalar as written, for use as a key."""
    size: int
    height: int


class _Open:
    """An object or a list whose end has not come yet."""

    __slots__ = ("anchor", "before", "height", "key", "merged", "value")

    def __init__(self, value: Any, anchor: str | None, before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        """How many values had been counted when it began."""
        self.height = 1
        self.key: Any = _NO_KEY
        self.merged: list[dict[str, Any]] = []


class _Builder:
    """Puts JSON values together from the events of a YAML parser."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[_Open] = []
        self._anchors: dict[str, _Known | None] = {}
        """None while the anchored value is open."""
        self._texts: dict[str, str] = {}
        self._count = 0
        """Values so far, those behind aliases included as often as they are used."""
        self._documents = 0
        self._root: Any = None

    def build(self, events: Iterable[yaml.Event]) -> Any:
        """Return the value of the only document; None when there is none."""
        actions: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceStartEvent: self._sequence,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            action = actions.get(type(event))
            if action:
                action(event)
        return self._root

    def _fault(self, event: yaml.Event, cause: str) -> SpecError:
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        return fault(self._name, cause, *place)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._fault(event, "a second YAML document begins; keep one in a file")

    def _counted(self, event: yaml.Event, values: int = 1) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            raise self._fault(event, f"{TOO_MANY}, or use fewer aliases")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        if not text.isascii():
            self._whole(event, text)
        text = self._texts.setdefault(text, text)
        value = text if self._awaits_key() and not event.tag else self._value(event, text)
        self._counted(event)
        if event.anchor:
            self._anchors[event.anchor] = _Known(value, text, 1, 0)
        self._put(event, value, text)

    def _awaits_key(self) -> bool:
        inner = self._open[-1] if self._open else None
        return inner is not None and inner.key is _NO_KEY and type(inner.value) is dict

    def _whole(self, event: yaml.ScalarEvent, text: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:  # the pure parser lets them through
            cause = "a text holds half a surrogate pair; write the whole character"
            raise self._fault(event, cause) from None

    def _value(self, event: yaml.ScalarEvent, text: str) -> Any:
        try:
            return scalar_value(text, event.tag, is_plain=event.implicit[0])
        except ScalarError as error:
            raise self._fault(event, str(error)) from None

    def _mapping(self, event: yaml.MappingStartEvent) -> None:
        self._begin(event, {}, "map")

    def _sequence(self, event: yaml.SequenceStartEvent) -> None:
        self._begin(event, [], "seq")

    def _begin(self, event: Any, value: Any, kind: str) -> None:
        if event.tag and event.tag not in ("!", TAG_PREFIX + kind):
            raise self._fault(event, str(unknown(event.tag)))
        if len(self._open) >= MAX_DEPTH:
            raise self._fault(event, TOO_DEEP)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(value, event.anchor, self._count))
        self._counted(event)

    def _close(self, event: yaml.Event) -> None:
        done = self._open.pop()
        for merged in done.merged:
            for key, value in merged.items():
                done.value.setdefault(key, value)
        if done.anchor:
            size = self._count - done.before
            self._anchors[done.anchor] = _Known(done.value, None, size, done.height)
        self._put(event, done.value, None, done.height)

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchor = str(event.anchor)
        known = self._anchors.get(anchor)
        if known is None:
            cause = "stands within what it repeats" if anchor in self._anchors else "is unknown"
            raise self._fault(event, f"the alias {shown(anchor)} {cause}; write it out")
        self._counted(event, known.size)
        if len(self._open) + known.height > MAX_DEPTH:
            raise self._fault(event, TOO_DEEP)
        self._put(event, known.value, known.text, known.height)

    def _put(self, event: yaml.Event, value: Any, text: str | None, height: int = 0) -> None:
        """Put a finished value where it belongs; as a key it needs a text."""
        if not self._open:
            self._root = value
            return
        inner = self._open[-1]
        if height >= inner.height:
            inner.height = height + 1
        if type(inner.value) is list:
            inner.value.append(value)
        elif inner.key is _NO_KEY:
            inner.key = self._key(event, inner, text)
        else:
            if inner.key is _MERGE:
                inner.merged += self._mergeable(event, value)
            else:
                inner.value[inner.key] = value
            inner.key = _NO_KEY

    def _key(self, event: yaml.Event, inner: _Open, text: str | None) -> object:
        if text is None:
            raise self._fault(event, "a list or an object is used as a key; write a text")
        if text == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            return _MERGE
        if text in inner.value:
            raise self._fault(event, f"the key {shown(text)} is there twice; remove one of them")
        return text

    def _mergeable(self, event: yaml.Event, value: Any) -> list[dict[str, Any]]:
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in merged):
            raise self._fault(event, "`<<` can take over objects only; correct it")
        return merged
