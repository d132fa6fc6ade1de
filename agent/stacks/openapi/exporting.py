"""From a worktree to the description of its API: by its code, else by a file that it keeps."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator

from agent.stacks.openapi.attempting import Attempt, Surroundings, attempt
from agent.stacks.openapi.committed import read_committed
from agent.stacks.openapi.declared import STARTERS
from agent.stacks.openapi.finding import find_services
from agent.stacks.openapi.merging import merged
from agent.stacks.openapi.value import NO_FRAMEWORK, Export, Service
from agent.survey.environment import settings
from agent.survey.gathering import gather
from agent.survey.packages import document, table
from agent.survey.source import read_source
from agent.survey.values import RepositoryFiles
from agent.tools.base import Checkout

WANTED: tuple[tuple[str, int], ...] = (
    (r"(^|/)(manage\.py|pyproject\.toml|pytest\.ini|setup\.cfg|tox\.ini)$", 60_000),
    (STARTERS, 40_000),
    (r"(^|/)\.?env\.(example|sample|template|dist)$|(^|/)\.env-(example|sample|template)$"
     r"|(^|/)(example|sample)\.env$", 20_000),
    (r"(^|/)(main|app|api|[aw]sgi|server|application|__init__|settings|config|urls)\.py$", 60_000),
    (r"\.py$", 60_000),
)  # fmt: skip
_EXAMPLE = re.compile(WANTED[2][0])
_VARIABLE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=(.*)$", re.MULTILINE)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_MOST_SERVICES = 3
_MOST_SECONDS = 300
"""After this long nothing new is begun."""


def export_openapi(
    checkout: Checkout,
    *,
    targets: Iterable[str] = (),
    folder: str = "",
    progress: Callable[[str], None] = lambda _line: None,
) -> Export:
    """Return the description of the API in a worktree, without starting a server.

    Args:
        checkout: The worktree, which stands at the commit in question.
        targets: The applications that the team names, such as `backend/app.main:app`.
        folder: Take only what lies in this folder.
        progress: Is told what begins.

    Raises:
        TransientError: The package index cannot be reached.
    """
    started = time.monotonic()
    services, files = services_in(checkout, targets, folder)
    found = _live(checkout, services, files, progress)
    if found.content is None:
        found = _kept(checkout, files, folder, found)
    return found.model_copy(update={"seconds": round(time.monotonic() - started, 2)})


def services_in(
    checkout: Checkout, targets: Iterable[str] = (), folder: str = ""
) -> tuple[tuple[Service, ...], RepositoryFiles]:
    """Return what can be imported, the likeliest first, and the files that say so."""
    files = _within(gather(checkout.sandbox, checkout.worktree, WANTED, folder), folder)
    return find_services(files, targets, folder), files


def _within(files: RepositoryFiles, folder: str) -> RepositoryFiles:
    if not folder:
        return files
    return files.model_copy(
        update={
            "files": tuple(f for f in files.files if f.path.startswith(f"{folder}/")),
            "texts": {p: t for p, t in files.texts.items() if p.startswith(f"{folder}/")},
        }
    )


def _live(
    checkout: Checkout,
    services: tuple[Service, ...],
    files: RepositoryFiles,
    progress: Callable[[str], None],
) -> Export:
    """Return what the first service gives that has an API.

    One that the repository declares, and that fails, does not give way to another: the description
    of another service is worse than none.
    """
    if not services:
        return Export(reason=files.problem or NO_FRAMEWORK)
    found, end = Export(), time.monotonic() + _MOST_SECONDS
    for service in services[:_MOST_SERVICES]:
        progress(f"importing {service.label}")
        done = attempt(checkout, service, surroundings(files, service))
        if done.answer.documents:
            others = tuple(other.label for other in services if other is not service)
            found = _export(done, others) if found.content is None else found
            if any(part.document.get("paths") for part in done.answer.documents):
                return _export(done, others)
            continue
        reason = (
            f"{service.label} cannot be imported: {done.answer.reason}{_python(files, service)}"
        )
        progress(reason)
        if found.content is None:
            found = Export(reason=found.reason or reason, dummies=done.dummies)
        if service.targets[0].is_declared or time.monotonic() > end:
            break
    return found


def _python(files: RepositoryFiles, service: Service) -> str:
    """Return what the project asks of Python, for it may be why an import fails."""
    place = f"{service.project}/pyproject.toml" if service.project else "pyproject.toml"
    asked = table(document(files.text(place)), "project").get("requires-python")
    return f"; the project asks for Python {asked}" if isinstance(asked, str) else ""


def _export(done: Attempt, others: tuple[str, ...]) -> Export:
    parts = list(done.answer.documents)
    labels = dict.fromkeys(part.label for part in parts)
    try:
        whole = merged(parts) if len(parts) > 1 or parts[0].prefix else parts[0].document
        text = json.dumps(whole, ensure_ascii=False)
    except (RecursionError, AttributeError, TypeError) as error:
        return Export(reason=f"what {', '.join(labels)} gives is no description ({error})"[:400])
    return Export(
        content=text.encode("utf-8", "replace"),
        source=", ".join(labels),
        is_low_quality=done.answer.is_low_quality or bool(done.absent),
        framework=done.answer.framework,
        dummies=done.dummies,
        absent=done.absent,
        others=others,
    )


def _kept(checkout: Checkout, files: RepositoryFiles, folder: str, failed: Export) -> Export:
    found = read_committed(checkout, files, folder)
    if found is None:
        return failed
    path, content = found
    return failed.model_copy(update={"content": content, "source": f"committed {path}"})


def surroundings(files: RepositoryFiles, service: Service) -> Surroundings:
    """Return the settings that the repository gives examples of, and those that its code reads."""
    start = f"{service.project}/" if service.project else ""
    examples: dict[str, str] = {}
    for path in sorted(files.texts, key=lambda path: (not path.startswith(start), path)):
        if _EXAMPLE.search(path):
            for name, value in _VARIABLE.findall(files.texts[path]):
                examples.setdefault(name, _plain(value))
    known = {
        setting.name
        for path, text in files.texts.items()
        if path.endswith(".py") and path.startswith(start) and re.search(r"(?i)env|settings", text)
        for source in [read_source(path, text, is_cut=False)]
        if source is not None
        for setting in settings(source)
    }
    return Surroundings(
        example=examples,
        known=tuple(sorted(known)),
        modules=frozenset(_modules(files)),
        packages=dict(_packages(files, start)),
    )


def _modules(files: RepositoryFiles) -> Iterator[str]:
    """Yield every name by which a part of the repository may be imported."""
    for file in files.files:
        if file.path.endswith(".py"):
            yield from file.path.removesuffix(".py").split("/")


def _packages(files: RepositoryFiles, start: str) -> Iterator[tuple[str, str]]:
    """Yield the project's own name and version; one that is made from tags counts as 0."""
    for place in dict.fromkeys([start, ""]):
        pyproject = document(files.text(f"{place}pyproject.toml"))
        for found in (table(pyproject, "project"), table(pyproject, "tool", "poetry")):
            name, version = found.get("name"), found.get("version", "0")
            if isinstance(name, str) and _PLAIN_NAME.fullmatch(f"{name}-{version}"):
                yield name, str(version)


def _plain(text: str) -> str:
    """Return a value as a shell would read it; what stands for something else counts as empty."""
    value = text.strip()
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    bare = value.partition(" #")[0].strip()
    return "" if re.search(r"[<>$]|^#", bare) else bare
