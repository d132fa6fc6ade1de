"""The gate: what people must be able to read: new environment variables, and the changelog."""

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname

from agent.domain.evidence import Gate, Remark
from agent.evidence.allowing import Refusal, judged
from agent.evidence.people.behaviour import altered, code_of
from agent.evidence.people.places import is_test
from agent.evidence.people.variables import Variable, read_variables
from agent.evidence.result import Problem, Result
from agent.evidence.sides import Sides, UnreadableError, read_sides
from agent.tools.base import Bench

_NOTES = (
    r"(^|/)(?i:changelog|changes|history|news|release[-_]?notes)(?:\.(?:md|rst|txt|adoc))?$"
    r"|(^|/)(newsfragments|changelog\.d|\.changeset|changes|changelog/unreleased)/[^/]+$"
)
_FRAGMENT = re.compile(r"(^|/)(newsfragments|changelog\.d|\.changeset|changes|unreleased)/[^/]+$")
_MAKERS = (
    r"(^|/)(cliff\.toml|\.releaserc[^/]*|release-please-config\.json"
    r"|\.release-please-manifest\.json)$"
)
_MADE_BY = re.compile(
    r"\[tool\.(semantic_release|commitizen|git-cliff)|semantic-release|release-please|git-cliff"
    r"|(auto-?)?generated (by|from|with)|conventional-?commits?|commitizen",
    re.IGNORECASE,
)
_CONTEXT = rf"{_NOTES}|{_MAKERS}|^pyproject\.toml$"
_DOCUMENTS = (
    r"\.(md|rst|adoc|mdx)$|(^|/)docs?/.*\.(txt|ya?ml)$|(^|/)(README|INSTALL)[^/]*$"
    r"|(^|/)\.?env([._-][\w.-]+)?$|\.env([._-][\w.-]+)?$"
    r"|(^|/)(docker-)?compose[^/]*\.ya?ml$|(^|/)values[^/]*\.(ya?ml|json)$|(^|/)app\.json$"
)
_NO_DOCUMENT = re.compile(_NOTES)
_NO_SETTING = re.compile(r"(^|/)(migrations|versions)/[^/]+\.py$|(^|/)(noxfile|fabfile)\.py$")


def check_documents(bench: Bench) -> Result:
    """Look for new environment variables nobody wrote down, and for the entry in the changelog."""
    if bench.base is None:
        return Result(gate=Gate.DOCS, nothing_to_do="there is no base to compare with")
    try:
        sides = read_sides(bench, bench.base, rf"\.py$|{_NOTES}", _CONTEXT)
        if not code_of(sides):
            why = "the change touches no code but tests"
            return Result(gate=Gate.DOCS, seconds=sides.seconds, nothing_to_do=why)
        found = _new_variables(sides)
        texts = read_sides(bench, bench.base, r"\.py$", rf"{_DOCUMENTS}|\.py$") if found else sides
    except UnreadableError as error:
        return error.result(Gate.DOCS, "the documents")
    return _judged(bench, sides, found, texts)


def _judged(bench: Bench, sides: Sides, found: list[tuple[str, Variable]], texts: Sides) -> Result:
    documents = {
        path: text
        for path, text in texts.after.items()
        if re.search(_DOCUMENTS, path) and not _NO_DOCUMENT.search(path)
    }
    missing = [item for item in found if not _is_known(item[1], texts.before, documents)]
    refusals = [_undocumented(path, item, documents) for path, item in missing]
    remarks = [
        Remark(kind="unparsed", what=path) for path in code_of(sides) if _is_odd(sides, path)
    ]
    if refusals and not documents:
        remarks += [Remark(kind="undocumented", what=r.problem.text) for r in refusals]
        refusals = []
    refusals += _unnoted(sides)
    passed = Result(
        gate=Gate.DOCS,
        command=f"git diff {str(bench.base)[:12]} (settings that are read, documents, changelog)",
        exit_code=0,
        seconds=sides.seconds + (texts.seconds if texts is not sides else 0),
        summary=_said(found, missing, sides),
        remarks=tuple(remarks),
    )
    return judged(passed, refusals, bench)


def _said(
    found: list[tuple[str, Variable]], missing: list[tuple[str, Variable]], sides: Sides
) -> str:
    if missing:
        return "the repository has no documents in which new settings could stand"
    settings = "all new settings are documented" if found else "no new settings"
    return f"{settings}; {_changelog_word(sides)}"


def _changelog_word(sides: Sides) -> str:
    notes = [path for path in {*sides.before, *sides.after} if re.search(_NOTES, path)]
    if any(path in sides.changed for path in notes):
        return "the changelog has an entry"
    return "no entry needed in the changelog" if notes else "no changelog is kept"


def _is_odd(sides: Sides, path: str) -> bool:
    return path in sides.after and read_variables(sides.after[path]) is None


def _new_variables(sides: Sides) -> list[tuple[str, Variable]]:
    """Return what changed code reads and no changed file read before."""
    known = {
        item.name.upper()
        for path in sides.changed
        if path.endswith(".py")
        for item in read_variables(sides.before.get(path, "")) or ()
    }
    found: dict[str, tuple[str, Variable]] = {}
    for path in code_of(sides):
        if not _NO_SETTING.search(path):
            for item in read_variables(sides.after.get(path, "")) or ():
                if item.name.upper() not in known:
                    found.setdefault(item.name.upper(), (path, item))
    return [found[name] for name in sorted(found)]


def _is_known(item: Variable, before: Mapping[str, str], documents: Mapping[str, str]) -> bool:
    """Tell whether a variable is documented, or was read before by code that did not change."""
    word = _word(item)
    if any(word.search(text) for text in documents.values()):
        return True
    exact = re.compile(rf"[\"']{re.escape(item.name)}[\"']")
    return any(
        path.endswith(".py") and not is_test(path) and exact.search(text)
        for path, text in before.items()
    )


def _word(item: Variable) -> re.Pattern[str]:
    start = r"(?<![A-Za-z0-9_])" if item.is_exact else r"(?<![A-Za-z0-9])"
    return re.compile(rf"{start}{re.escape(item.name)}(?![A-Za-z0-9_])", re.IGNORECASE)


def _undocumented(path: str, item: Variable, documents: Mapping[str, str]) -> Refusal:
    text = f"{path}:{item.line}: reads {item.name}, which no document names{_where(documents)}"
    problem = Problem(key=f"setting {item.name}", text=f"{text} [undocumented-setting]", place=path)
    return Refusal(item.name, problem)


def _where(documents: Mapping[str, str]) -> str:
    """Return where settings are written down: the template of the environment, else the README."""
    order = (r"(^|/)\.?env[._-]", r"(^|/)README", r"settings|config|environment")
    found = (next((p for p in sorted(documents) if re.search(form, p)), "") for form in order)
    place = next(filter(None, found), "")
    return f"; add it to {place}" if place else ""


def _unnoted(sides: Sides) -> Iterator[Refusal]:
    """Return the changelog that lacks an entry, when the change alters what the code does."""
    changed = altered(sides)
    notes = sorted(
        path for path in sides.before if re.search(_NOTES, path) and not _is_made(path, sides)
    )
    for log in dict.fromkeys(filter(None, (_nearest(path, notes) for path in changed))):
        folder = dirname(dirname(log)) if _FRAGMENT.search(log) else _home(log)
        near = [
            path
            for path in {*notes, *sides.after}
            if re.search(_NOTES, path) and _home_of(path) == folder
        ]
        if not any(_has_entry(sides, path) for path in near):
            what = f"a file beside {log}" if _FRAGMENT.search(log) else f"an entry in {log}"
            text = f"{log}: the change alters {changed[0]} and needs {what} [changelog]"
            yield Refusal(log, Problem(key=f"{log}: no entry", text=text, place=log))


def _home(path: str) -> str:
    """Return the folder that a changelog is about; one in `docs` is about the folder above."""
    folder = dirname(path)
    return dirname(folder) if basename(folder) in ("docs", "doc") else folder


def _home_of(path: str) -> str:
    return dirname(dirname(path)) if _FRAGMENT.search(path) else _home(path)


def _nearest(path: str, notes: list[str]) -> str:
    """Return the changelog of the innermost folder that holds a file."""
    fitting = [n for n in notes if not _home_of(n) or path.startswith(f"{_home_of(n)}/")]
    return max(fitting, key=lambda n: (len(_home_of(n)), not _FRAGMENT.search(n)), default="")


def _has_entry(sides: Sides, path: str) -> bool:
    known = {line.strip() for line in sides.before.get(path, "").splitlines()}
    lines = (line.strip() for line in sides.after.get(path, "").splitlines())
    return path in sides.changed and any(line and line not in known for line in lines)


def _is_made(path: str, sides: Sides) -> bool:
    """Tell whether a program writes the changelog when a version is made."""
    makers = any(re.search(_MAKERS, name) for name in sides.before)
    head = sides.before[path][:600]
    settings = sides.before.get("pyproject.toml", "")
    return (
        makers
        or bool(_MADE_BY.search(head))
        or bool(re.search(r"\[tool\.(semantic_release|commitizen|git-cliff)", settings))
    )
