"""Reads the cases: a base repository and what a change does to it, in plain text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A change as two sides of texts by path, with all paths of the base."""

    name: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    paths: tuple[str, ...]
    touched: frozenset[str]
    """The paths that the change touches."""


def cases(pattern: str) -> Iterator[Case]:
    """Yield the cases of the files of `cases` whose name fits the glob pattern."""
    for file in sorted((FOLDER / "cases").glob(pattern)):
        for block in file.read_text().split("=== ")[1:]:
            head, _, actions = block.partition("--- ")
            name, repository = head.strip().split("\nin: ")
            yield _case(f"{repository}: {name}", _repository(repository), actions)


def _repository(name: str) -> dict[str, str]:
    text = (FOLDER / "repositories" / f"{name}.txt").read_text()
    return _done({}, text.removeprefix("--- "))


def _case(name: str, base: dict[str, str], actions: str) -> Case:
    head = _done(base, actions)
    touched = {path for path in base | head if base.get(path) != head.get(path)}
    seen = {path for path in base if path in touched or not _is_product(path)}
    return Case(
        name=name,
        before={path: text for path, text in base.items() if path in seen},
        after={path: text for path, text in head.items() if path in touched | seen},
        paths=tuple(sorted(base)),
        touched=frozenset(touched),
    )


def _is_product(path: str) -> bool:
    return path.endswith(".py") and "tests/" not in path


def _done(base: dict[str, str], actions: str) -> dict[str, str]:
    head = dict(base)
    for action in actions.split("\n--- "):
        order, _, body = action.partition("\n")
        _do(head, order.split(), body)
    return head


def _do(head: dict[str, str], order: list[str], body: str) -> None:
    match order:
        case ["write", path]:
            head[path] = body + ("" if body.endswith("\n") else "\n")
        case ["delete", path]:
            del head[path]
        case ["move", path, target]:
            head[target] = head.pop(path)
        case ["edit", path]:
            head[path] = _edited(head[path], body)
        case _:
            raise ValueError(f"no such action: {order}")


def _edited(text: str, body: str) -> str:
    for hunk in f"\n{body}\n".split("\n<<\n")[1:]:
        old, _, new = hunk.partition("\n>>\n") if "\n>>\n" in hunk else hunk.partition("\n>>")
        old, new = old.strip("\n"), new.strip("\n")
        if text.count(old) != 1:
            raise ValueError(f"{text.count(old)} times in the file: {old}")
        text = text.replace(old, new)
    return text
