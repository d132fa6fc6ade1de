"""The gate: packages that the change brings. A new direct one needs a person."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.evidence import Gate, Remark
from agent.domain.value import Value
from agent.evidence.allowing import Refusal, judged
from agent.evidence.people.look_alike import look_alike
from agent.evidence.people.manifests import ALL, Entry, Wanted, read_manifests
from agent.evidence.people.requirement import Requirement
from agent.evidence.people.using import modules_of, users_of
from agent.evidence.result import Problem, Result
from agent.evidence.sides import Sides, UnreadableError, read_sides
from agent.ports import Command
from agent.tools.base import Bench

SCRIPT = Path(__file__).with_name("inside") / "installed.py"
_TIMEOUT = timedelta(seconds=30)
_MOST = 60


class Installed(Value):
    """What the metadata of an installed package says."""

    model_config = ConfigDict(extra="ignore")

    version: str = ""
    licence: str = ""
    modules: tuple[str, ...] = ()
    tag: str = ""
    """The tag of the wheel, such as `py3-none-any`."""
    at_start: tuple[str, ...] = ()
    """Files that Python reads, and may run, at each start."""


_INSTALLED = TypeAdapter(dict[str, Installed])


def check_dependencies(bench: Bench) -> Result:
    """Hold what the manifests and lock files ask for against what they asked for at the base."""
    if bench.base is None:
        return Result(gate=Gate.DEPENDENCIES, nothing_to_do="there is no base to compare with")
    try:
        sides = read_sides(bench, bench.base, rf"{ALL}|\.py$", ALL)
    except UnreadableError as error:
        return error.result(Gate.DEPENDENCIES, "the dependencies")
    before, after = read_manifests(sides.before), read_manifests(sides.after)
    if before == after and not _unread(sides):
        why = "the change touches no dependency"
        return Result(gate=Gate.DEPENDENCIES, seconds=sides.seconds, nothing_to_do=why)
    unreadable = sorted({*after.unreadable} - {*before.unreadable} | {*_unread(sides)})
    if unreadable:
        why = f"{', '.join(unreadable)} cannot be read"
        problem = Problem(key="the dependencies", text=why, place=why)
        return Result(gate=Gate.DEPENDENCIES, seconds=sides.seconds, unable=(problem,))
    return _judged(bench, sides, before, after)


def _judged(bench: Bench, sides: Sides, before: Wanted, after: Wanted) -> Result:
    code = {path: sides.after[path] for path in sides.changed if path in sides.after}
    after = _with_unexplained(before, after, code)
    new = sorted(after.direct.keys() - before.direct.keys())
    installed = _installed(bench, new) if new else {}
    refusals = [_new(after, name, installed.get(name), code) for name in new]
    refusals += [*_moved(before, after), *_foreign(before, after), *_options(before, after)]
    remarks = tuple(Remark(kind=k, what=w, why=why) for k, w, why in _remarks(before, after))
    passed = Result(
        gate=Gate.DEPENDENCIES,
        command=f"git diff {str(bench.base)[:12]} (manifests and lock files)",
        exit_code=0,
        seconds=sides.seconds,
        summary="no new direct dependency",
        remarks=remarks,
    )
    notes = [f"Lock files: {', '.join(_counts(before, after))}"] if _counts(before, after) else []
    noun = ("new dependency", "new dependencies") if new else ("finding", "findings")
    return judged(passed, refusals, bench, noun, notes)


def _with_unexplained(before: Wanted, after: Wanted, code: dict[str, str]) -> Wanted:
    """Return what is asked for, with lock entries written by hand as direct requirements.

    An entry of a plain requirements file that the code imports, or that follows from no other
    change of requirements, was put there on purpose.
    """
    both = before.locked.keys() & after.locked.keys()
    follows = before.direct != after.direct or any(
        _versions(before.locked[name]) != _versions(after.locked[name]) for name in both
    )
    found = {
        name: tuple(_by_hand(entry) for entry in entries)
        for name, entries in after.locked.items()
        if name not in before.locked.keys() | before.direct.keys() | after.direct.keys()
        and any(entry.may_be_by_hand for entry in entries)
        and (not follows or users_of(modules_of(name), code))
    }
    return after.model_copy(update={"direct": {**after.direct, **found}}) if found else after


def _by_hand(entry: Entry) -> Requirement:
    version = f"=={entry.version}" if entry.version else ""
    return Requirement(
        name=entry.name, specifier=version, address=entry.address, manifest=entry.manifest
    )


def _unread(sides: Sides) -> list[str]:
    return [path for path in sides.unread if not path.endswith(".py")]


def _installed(bench: Bench, names: list[str]) -> dict[str, Installed]:
    """Return what is known of those that the repository's environment has; empty when in doubt."""
    command = Command(
        argv=("python", "-I", "-c", SCRIPT.read_text("utf-8")),
        timeout=bench.time_for(_TIMEOUT),
        stdin=json.dumps(names[:_MOST]).encode(),
    )
    try:
        result = bench.sandbox.run(bench.worktree, command)
        return _INSTALLED.validate_json(result.output) if result.exit_code == 0 else {}
    except (NeedsHumanError, TransientError, ValidationError):
        return {}


def _new(after: Wanted, name: str, facts: Installed | None, code: dict[str, str]) -> Refusal:
    """Return a new direct dependency with all that a person wants to know of it."""
    places = after.direct[name]
    told = [*_facts(after, name, places, facts), _use(name, facts, code)]
    like = look_alike(name)
    if like:
        told.insert(0, f"its name looks like {like}")
    where = ", ".join(dict.fromkeys(_place(item) for item in places))
    text = f"{where}: {name} is new: {'; '.join(told)} [new-dependency]"
    address = next((item.address for item in places if item.address), "")
    problem = Problem(key=f"new dependency {name}", text=text, place=places[0].manifest)
    return Refusal(name, problem, needs_label=bool(like or address))


def _place(item: Requirement) -> str:
    is_named = item.group and item.group not in item.manifest
    return f"{item.manifest} ({item.group})" if is_named else item.manifest


def _facts(
    after: Wanted, name: str, places: tuple[Requirement, ...], facts: Installed | None
) -> Iterator[str]:
    item = next((place for place in places if place.specifier), places[0])
    yield f"from {item.address}" if item.address else item.held()
    locked = after.locked.get(name, ())
    version = next((entry.version for entry in locked if entry.version), "")
    if version and not item.is_pinned:
        yield f"locked at {version}"
    yield f"licence {facts.licence}" if facts and facts.licence else "licence unknown"
    if any(entry.has_wheels is False for entry in locked):
        yield "only source is published: its build script runs when it is installed"
    elif facts is None:
        yield "not installed here"
    if facts and facts.at_start:
        yield f"it runs at each start of Python ({', '.join(facts.at_start)})"


def _use(name: str, facts: Installed | None, code: dict[str, str]) -> str:
    users = users_of(modules_of(name, facts.modules if facts else ()), code)
    if not users:
        return "no changed file imports it"
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return f"used in {', '.join(users[:3])}{more}"


def _moved(before: Wanted, after: Wanted) -> Iterator[Refusal]:
    """Return known packages that come from another place than before."""
    for name in sorted(before.direct.keys() & after.direct.keys()):
        known = {item.address for item in before.direct[name]}
        for item in after.direct[name]:
            if item.address and item.address not in known:
                text = f"{item.manifest}: {name} now comes from {item.address} [other-source]"
                problem = Problem(key=f"source of {name}", text=text, place=item.manifest)
                yield Refusal(name, problem, needs_label=True)
                break


def _foreign(before: Wanted, after: Wanted) -> Iterator[Refusal]:
    """Return lock entries that come from an address which nothing asks for directly."""
    asked = {item.address for items in after.direct.values() for item in items if item.address}
    for name, entries in sorted(after.locked.items()):
        known = {entry.address for entry in before.locked.get(name, ())}
        for entry in entries:
            is_new = entry.address and entry.address not in known
            if is_new and not any(
                entry.address.startswith(a.split("@")[0]) for a in map(_bare, asked)
            ):
                text = f"{entry.manifest}: {name} is locked to {entry.address} [other-source]"
                problem = Problem(key=f"source of {name}", text=text, place=entry.manifest)
                yield Refusal(name, problem, needs_label=True)
                break


def _bare(address: str) -> str:
    return address.removeprefix("git+")


def _options(before: Wanted, after: Wanted) -> Iterator[Refusal]:
    for path, option in after.options:
        if (path, option) not in before.options:
            text = f"{path}: {option} changes where packages come from [index-option]"
            problem = Problem(key=f"{path}: {option}", text=text, place=path)
            yield Refusal(path, problem, needs_label=True)


def _remarks(before: Wanted, after: Wanted) -> Iterator[tuple[str, str, str]]:
    """Return what is only worth knowing: other versions, what is gone, what is held less."""
    for name in sorted(before.direct.keys() | after.direct.keys()):
        old, new = before.direct.get(name, ()), after.direct.get(name, ())
        if old and not new and name not in after.locked:
            yield "removed", name, ""
        elif old and new and _specifiers(old) != _specifiers(new):
            loose = " (held less than before)" if _is_looser(old, new) else ""
            was, now = _specifiers(old) or "any version", _specifiers(new) or "any version"
            yield "version", name, f"{was} became {now}{loose}"
        elif old and new and {i.group for i in old} != {i.group for i in new}:
            yield "group", name, "it stands in other groups than before"
    known = before.locked.keys() | before.direct.keys() | after.direct.keys()
    for name in sorted(after.locked.keys() - known):
        yield "locked", name, _about(name, after.locked[name])


def _about(name: str, entries: Iterable[Entry]) -> str:
    parts = [next((entry.version for entry in entries if entry.version), "")]
    parts += ["only source is published"] if any(e.has_wheels is False for e in entries) else []
    like = look_alike(name)
    return "; ".join(filter(None, [*parts, f"its name looks like {like}" if like else ""]))


def _specifiers(items: tuple[Requirement, ...]) -> str:
    return ", ".join(sorted({item.specifier for item in items if item.specifier}))


def _is_looser(old: tuple[Requirement, ...], new: tuple[Requirement, ...]) -> bool:
    return all(item.is_bounded for item in old) and not all(item.is_bounded for item in new)


def _counts(before: Wanted, after: Wanted) -> list[str]:
    """Return how many lock entries are new, other or gone."""
    new, gone = (
        after.locked.keys() - before.locked.keys(),
        before.locked.keys() - after.locked.keys(),
    )
    both = before.locked.keys() & after.locked.keys()
    other = [n for n in both if _versions(before.locked[n]) != _versions(after.locked[n])]
    numbers = ((len(new), "new"), (len(other), "in other versions"), (len(gone), "gone"))
    return [f"{number} {word}" for number, word in numbers if number]


def _versions(entries: tuple[Entry, ...]) -> frozenset[str]:
    return frozenset(entry.version for entry in entries)
