"""Features that a change removes, so that their tests may go with them."""

import ast
import re
from functools import cached_property

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.side import Side
from agent.evidence.weakening.syntax import is_function
from agent.evidence.weakening.words import words_of

_ALIKE = 0.8
_ROUTE = re.compile(r"^/?[\w\-{}<>:./]+/?$")


class Features:
    """What the product defined at the base and defines nowhere at the head."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def removed(self, test: Test) -> str:
        """Return what a test used and the change removed, for people; else nothing."""
        imported = test.helpers.side.imports(test.helpers.path)
        for name, (module, inner) in sorted(imported.items()):
            is_used = name in test.words or _patches(test, name)
            if is_used and self._is_gone(module, inner or name):
                return f"`{module}.{inner}`" if inner else f"module `{module}`"
        for word in sorted(test.words):
            if word in self._gone_names and not word.startswith("_"):
                return f"`{word}`"
        return self._route(test)

    def _is_gone(self, module: str, name: str) -> bool:
        files = [path for path in self._change.before.files_of(module)
                 if path in self._change.product]  # fmt: skip
        if not files:
            dotted = f"{module}.{name}"
            files = [p for p in self._change.before.files_of(dotted) if p in self._change.product]
            return bool(files) and all(path not in self._change.after.texts for path in files)
        return name in self._gone_names

    @cached_property
    def _gone_names(self) -> frozenset[str]:
        """Names of functions, methods and classes that are gone and did not move or change name."""
        old = self._definitions(self._change.before)
        new = self._definitions(self._change.after)
        texts = [self._change.after.texts.get(path, "") for path in self._change.product]
        known = set(re.findall(r"\w+", "\n".join(texts)))
        return frozenset(
            name
            for name, words in old.items()
            if name not in new and name not in known and not _has_twin(words, name, old, new)
        )

    def _definitions(self, side: Side) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for path in self._change.product:
            tree = side.tree(path)
            for node in ast.walk(tree) if tree else ():
                if is_function(node) or isinstance(node, ast.ClassDef):
                    found[node.name] = frozenset().union(*map(words_of, node.body))
        return found

    def _route(self, test: Test) -> str:
        """Return the address that a test asked for and the change removed."""
        asked = [_plain(word) for word in test.words if word.startswith("'/")]
        gone = self._routes(self._change.before) - self._routes(self._change.after)
        for address in sorted(asked):
            for route in sorted(gone, key=len, reverse=True):
                if _fits(address, route):
                    return f"route `{route}`"
        return ""

    def _routes(self, side: Side) -> set[str]:
        """Return texts that look like routes in decorators and in lists of addresses."""
        found: set[str] = set()
        for path in self._change.product:
            tree = side.tree(path)
            for node in ast.walk(tree) if tree else ():
                is_call = isinstance(node, ast.Call) and node.args
                first = node.args[0] if is_call and isinstance(node, ast.Call) else None
                value = first.value if isinstance(first, ast.Constant) else None
                if isinstance(value, str) and "/" in value and _ROUTE.match(value):
                    found.add(value)
        return found


def _patches(test: Test, name: str) -> bool:
    return any(name == part for word in test.words for part in word.strip("'\"").split("."))


def _plain(word: str) -> str:
    return word.strip("'\"").partition("?")[0]


def _fits(address: str, route: str) -> bool:
    """Tell whether an address is one of a route's, such as `/orders/{id}` or `orders/<int:pk>/`."""
    parts = [part for part in route.strip("/").split("/") if part]
    own = [part for part in address.strip("/").split("/") if part]
    if not parts or len(own) < len(parts):
        return False
    return all(
        part == other or part[0] in "{<"
        for part, other in zip(reversed(parts), reversed(own), strict=False)
    )


def _has_twin(
    words: frozenset[str],
    name: str,
    old: dict[str, frozenset[str]],
    new: dict[str, frozenset[str]],
) -> bool:
    """Tell whether something new has the same content: it got another name."""
    for other, content in new.items():
        if other in old or not (words or content):
            continue
        alike = 2 * len(words & content) / (len(words) + len(content))
        if alike >= _ALIKE and other != name:
            return True
    return False
