"""Settings in YAML, read so that every fault has its file, its line and its fix.

Scalars are taken as they are written: a fingerprint such as `12345678` or `1e345678` would
otherwise arrive as a number.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any, NoReturn

import yaml

from agent.domain.errors import SettingsError
from agent.text import first_line

LIMIT_BYTES = 1 << 20
_DEEPEST = 16
_NULL = "tag:yaml.org,2002:null"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C one reads a file of the largest size in a quarter of a second, the other in ten."""


class Section:
    """One mapping of a settings file, and where it stands."""

    def __init__(self, node: yaml.MappingNode, file: str, path: str) -> None:
        """Take a mapping. Raises SettingsError for keys that are no text, or stand there twice."""
        self.file = file
        self.path = path
        self.line = node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                fail(file, line, f"{self._name()} has a key that is no text; write `name: value`")
            if key.value in self._nodes:
                fail(file, line, f"{self.at(key.value)} stands there twice; remove one of them")
            self._nodes[key.value] = value

    def __iter__(self) -> Iterator[str]:
        """Go through the keys in the order of the file."""
        return iter(self._nodes)

    def at(self, key: str) -> str:
        """Return how to call a key in a message."""
        return f"{self.path}.{_short(key)}" if self.path else _short(key)

    def fail(self, problem: str, key: str | None = None) -> NoReturn:
        """Refuse the section, or one of its keys. Raises SettingsError."""
        node = self._nodes.get(key) if key is not None else None
        name = self.at(key) if key is not None else self._name()
        fail(self.file, node.start_mark.line + 1 if node else self.line, f"{name} {problem}")

    def only(self, known: Collection[str]) -> None:
        """Stop at a key that nobody reads. Raises SettingsError that names the nearest one."""
        for key in self:
            if key not in known:
                self.fail(f"is no setting; {suggestion(key, known)}", key)

    def text(self, key: str) -> str:
        """Return a scalar as it is written, without spaces around it; empty when unset."""
        node = self._nodes.get(key)
        if node is None or node.tag == _NULL:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fail("must be one text; put it on one line, in quotes", key)
        return str(node.value).strip()

    def section(self, key: str) -> "Section | None":
        """Return the mapping under a key; None when unset."""
        node = self._nodes.get(key)
        if node is None or node.tag == _NULL:
            return None
        if not isinstance(node, yaml.MappingNode):
            self.fail("must have settings below it, each as `name: value`", key)
        return Section(node, self.file, self.at(key))

    def sections(self, key: str) -> list["Section"]:
        """Return the mappings that are listed under a key."""
        node = self._nodes.get(key)
        if node is None or node.tag == _NULL:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fail("must be a list, each entry with `- ` before it", key)
        found = []
        for index, item in enumerate(node.value):
            path = f"{self.at(key)}[{index}]"
            if not isinstance(item, yaml.MappingNode):
                line = item.start_mark.line + 1
                fail(self.file, line, f"{path} must consist of `name: value`")
            found.append(Section(item, self.file, path))
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the scalars that are listed under a key, or the one that stands there."""
        node = self._nodes.get(key)
        if not isinstance(node, yaml.SequenceNode):
            return tuple(filter(None, (self.text(key),)))
        for item in node.value:
            if not isinstance(item, yaml.ScalarNode):
                self.fail("must be a list of texts, each in quotes", key)
        return tuple(str(item.value).strip() for item in node.value)

    def _name(self) -> str:
        return self.path or "the file"


def read_section(content: bytes, file: str) -> Section | None:
    """Read a file that holds one mapping; None for one that holds nothing.

    Raises:
        SettingsError: One line: it is too large, no text, no YAML, no mapping, or has aliases.
    """
    if len(content) > LIMIT_BYTES:
        raise SettingsError(f"{file} has more than {LIMIT_BYTES >> 20} MiB; remove what is unused")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: no UTF-8; save it as UTF-8") from error
    try:
        _check_events(text, file)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise SettingsError(_fault(error, file)) from error
    if node is None or node.tag == _NULL:
        return None
    if not isinstance(node, yaml.MappingNode):
        fail(file, node.start_mark.line + 1, "the file must consist of `name: value`")
    return Section(node, file, "")


def _check_events(text: str, file: str) -> None:
    """Refuse aliases and depth before anything is built of them. Raises SettingsError."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            name = _short(str(event.anchor))
            fail(file, line, f"the alias *{name} is not read; write out what it stands for")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            fail(file, line, "too many levels; settings have four at most")


def _fault(error: yaml.YAMLError, file: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or first_line(str(error))
    line = f", line {mark.line + 1}" if mark else ""
    return f"{file}{line}: no YAML: {_short(str(problem))}; correct that line"


def fail(file: str, line: int, problem: str) -> NoReturn:
    """Refuse a file. Raises SettingsError with the place."""
    raise SettingsError(f"{file}, line {line}: {problem}")


def suggestion(word: str, known: Collection[str]) -> str:
    """Return what a wrong name was perhaps meant to be, or all names where there are few."""
    near = get_close_matches(word[:100], known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    few = len(known) <= 10
    return f"known are {', '.join(sorted(known))}" if few else "see docs/openapi.md for the names"


def _short(text: str) -> str:
    """Return a foreign word for a message of one line."""
    return first_line(text if text.isprintable() else ascii(text)[1:-1], 80)
