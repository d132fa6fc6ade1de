"""Resources: what the service keeps or serves, each with its model, routes, tests and so on.

The index is made once per commit; which resource is most like a ticket is told from its words.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from agent.survey.migrations import is_migration
from agent.survey.values import Module, Part, RepositoryFiles, Resource, Survey, Symbol
from agent.survey.words import key_of, stems

_MOST = 80
_LONG_FILE = 120
"""Lines; of a longer file a part is named by its lines."""
_ROLES = {"model": "model", "schema": "schema", "view": "view", "route": "route"}
_ORDER = ("model", "schema", "view", "route", "code", "test", "migration")
_CREATED = re.compile(r"create_table\(\s*[\"'](\w+)[\"']|CreateModel\(\s*name=[\"'](\w+)[\"']")
_TICKET_LIMIT = 20_000


def resources(modules: Iterable[Module], files: RepositoryFiles) -> tuple[Resource, ...]:
    """Return the resources that have a model, else those that have routes of their own."""
    known = list(modules)
    names = _names(known, {"model"}) or _names(known, {"view", "route"})
    parts: dict[tuple[str, ...], list[Part]] = {key: [] for key in names}
    for module in known:
        for key, part in _parts(module, parts):
            parts[key].append(part)
    for key, part in _creations(files, parts):
        parts[key].append(part)
    found = [Resource(name=names[key], key=key, parts=tuple(_merged(parts[key]))) for key in names]
    found.sort(key=lambda resource: (-len(_roles(resource)), resource.name))
    return tuple(found[:_MOST])


def _names(modules: list[Module], kinds: set[str]) -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for module in modules:
        for symbol in module.symbols:
            if symbol.kind in kinds and not module.is_test:
                key = _key(symbol)
                if key and key != ("",):
                    found.setdefault(key, symbol.name if symbol.kind == "model" else key[0])
    return found


def _key(symbol: Symbol) -> tuple[str, ...]:
    if symbol.kind != "route":
        return key_of(symbol.name)
    url = symbol.label.split(" ")[1] if " " in symbol.label else ""
    static = [part for part in url.split("/") if part and "{" not in part and "<" not in part]
    telling = [key for part in static if (key := key_of(part)) and not re.match(r"v\d+$", part)]
    return telling[0] if telling else ()


def _parts(
    module: Module, known: dict[tuple[str, ...], list[Part]]
) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Yield what of a module belongs to which resource."""
    stem = key_of(module.path.rpartition("/")[2].removesuffix(".py"))
    if module.is_test:
        if stem in known:
            yield stem, Part(role="test", path=module.path)
        return
    is_whole = stem in known
    found = [(_key(s), s) for s in module.symbols if s.kind in _ROLES]
    for key, symbol in found:
        if key in known and not (is_whole and key == stem):
            role = _ROLES[symbol.kind]
            yield key, _place(role, module, symbol)
    if is_whole:
        kinds = Counter(_ROLES[s.kind] for key, s in found if key[:1] == stem[:1])
        role = kinds.most_common(1)[0][0] if kinds else "code"
        yield stem, Part(role=role, path=module.path)


def _place(role: str, module: Module, symbol: Symbol) -> Part:
    if module.lines <= _LONG_FILE:
        return Part(role=role, path=module.path)
    return Part(role=role, path=module.path, start=symbol.start, end=symbol.end)


def _creations(
    files: RepositoryFiles, known: dict[tuple[str, ...], list[Part]]
) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Yield the migrations that made the resources' tables, oldest first."""
    for path, text in sorted(files.texts.items()):
        if is_migration(path):
            for table, model in _CREATED.findall(text):
                key = key_of(table or model)
                if key in known:
                    yield key, Part(role="migration", path=path)


def _merged(parts: list[Part]) -> list[Part]:
    """Return one part for each file, over all lines that belong; one migration is enough."""
    by_path: dict[str, Part] = {}
    for part in parts:
        old = by_path.get(part.path)
        if old is None:
            by_path[part.path] = part
        elif old.start and part.start:
            lines = {"start": min(old.start, part.start), "end": max(old.end, part.end)}
            by_path[part.path] = old.model_copy(update=lines)
    ordered = sorted(by_path.values(), key=lambda part: (_ORDER.index(part.role), part.path))
    migrations = [part for part in ordered if part.role == "migration"]
    return [*(part for part in ordered if part.role != "migration"), *migrations[:1]]


def _roles(resource: Resource) -> set[str]:
    return {part.role for part in resource.parts}


class Relevance:
    """How near the modules and resources of a survey are to a ticket."""

    def __init__(self, survey: Survey, summary: str, description: str) -> None:
        """Weigh the ticket's words: those that few modules have tell the most."""
        self._survey = survey
        wanted = Counter(stems(summary[:_TICKET_LIMIT]))
        wanted.update(dict.fromkeys(stems(description[:_TICKET_LIMIT]), 1))
        bags = [set(f"{m.names} {m.words}".split()) for m in survey.modules]
        read = {m.path for m in survey.modules}
        bags += [set(stems(path)) for path in survey.files if path not in read]
        seen = Counter(stem for bag in bags for stem in bag & set(wanted))
        total = len(bags) + 1
        self._weights = {
            stem: math.log(total / count) * min(2, wanted[stem]) for stem, count in seen.items()
        }
        self._of_module = {m.path: self._score(m) for m in survey.modules}

    def _score(self, module: Module) -> float:
        named = sum(self._weights.get(stem, 0.0) for stem in module.names.split())
        said = sum(self._weights.get(stem, 0.0) for stem in module.words.split())
        return 3 * named + said

    def of(self, path: str) -> float:
        """Return how near a file is to the ticket; 0 if nothing tells."""
        known = self._of_module.get(path)
        if known is None:
            known = sum(self._weights.get(stem, 0.0) for stem in set(stems(path)))
        return known

    def nearest(self) -> list[Resource]:
        """Return the resource that the ticket names, if any, then the one that is most like it."""
        ranked = sorted(self._survey.resources, key=self._likeness, reverse=True)
        complete = [resource for resource in ranked if len(_roles(resource)) > 2]
        named = [resource for resource in ranked if self._is_named(resource)]
        named.sort(key=lambda resource: (-self._naming(resource), -len(_roles(resource))))
        chosen = named[:1] + [resource for resource in complete if resource not in named[:1]]
        return chosen[: 2 if named else 1]

    def _likeness(self, resource: Resource) -> float:
        scores = [self.of(part.path) for part in resource.parts if part.role != "migration"]
        return max(scores, default=0.0) + 2.0 * len(_roles(resource))

    def _is_named(self, resource: Resource) -> bool:
        return all(stem in self._weights for stem in resource.key)

    def _naming(self, resource: Resource) -> float:
        """Return how much the ticket speaks of a resource: a longer name has no advantage."""
        return sum(self._weights[stem] for stem in resource.key) / len(resource.key)
