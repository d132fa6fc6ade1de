"""Reads the part of the GraphQL language that clients of GitHub send."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""[\s,]+|\#[^\n]*|(?P<token>\.\.\.|[!$():=@\[\]{}|&]|"(?:[^"\\]|\\.)*"|"""
    r"""-?\d+(?:\.\d+)?|[A-Za-z_]\w*)"""
)


class QuerySyntaxError(ValueError):
    """A query that cannot be read."""


@dataclass(frozen=True)
class Field:
    """One requested field."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: tuple[Field, ...]
    on: str | None = None
    """The type of the inline fragment around it, if any."""


@dataclass
class Parser:
    """A recursive descent over the tokens of one query."""

    text: str
    variables: Mapping[str, Any]
    _tokens: list[str] = field(default_factory=list)

    def parse(self) -> tuple[str, tuple[Field, ...]]:
        """Return `query` or `mutation` and the fields asked for.

        Raises:
            QuerySyntaxError: the text is not in the language that is understood here.
        """
        self._tokens = self._tokenize()[::-1]
        kind = "query"
        if self._peek() in ("query", "mutation"):
            kind = self._next()
        while self._peek() not in ("{", ""):
            self._skip_header()
        return kind, self._selection(None)

    def _tokenize(self) -> list[str]:
        tokens, place = [], 0
        while place < len(self.text):
            found = _TOKEN.match(self.text, place)
            if found is None:
                raise QuerySyntaxError(f"Parse error at {self.text[place : place + 20]!r}")
            place = found.end()
            if found["token"]:
                tokens.append(found["token"])
        return tokens

    def _skip_header(self) -> None:
        """Skip the operation's name and its variable definitions."""
        if self._next() != "(":
            return
        while self._next() not in (")", ""):
            continue

    def _peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _next(self) -> str:
        return self._tokens.pop() if self._tokens else ""

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._next()
        return True

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise QuerySyntaxError(f"Expected {token!r}, got {self._peek()!r}")

    def _selection(self, on: str | None) -> tuple[Field, ...]:
        self._expect("{")
        fields: list[Field] = []
        while not self._take("}"):
            if self._take("..."):
                self._expect("on")
                fields += self._selection(self._next())
            else:
                fields.append(self._field(on))
        return tuple(fields)

    def _field(self, on: str | None) -> Field:
        alias = name = self._next()
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise QuerySyntaxError(f"Expected a name, got {name!r}")
        if self._take(":"):
            name = self._next()
        arguments = self._object("(", ")") if self._peek() == "(" else {}
        fields = self._selection(None) if self._peek() == "{" else ()
        return Field(name, alias, arguments, fields, on)

    def _object(self, opening: str, closing: str) -> dict[str, Any]:
        self._expect(opening)
        values = {}
        while not self._take(closing):
            name = self._next()
            self._expect(":")
            values[name] = self._value()
        return values

    def _value(self) -> Any:
        word = self._peek()
        if word == "{":
            return self._object("{", "}")
        self._next()
        if word == "$":
            return self.variables.get(self._next())
        if word == "[":
            values = []
            while not self._take("]"):
                values.append(self._value())
            return values
        constants = {"true": True, "false": False, "null": None}
        if word in constants:
            return constants[word]
        return json.loads(word) if re.match(r'["\d-]', word) else word
