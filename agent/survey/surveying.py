"""From the gathered files to the survey: pure, and the same for the same commit."""

from collections.abc import Iterator

from agent.stacks.commands import Stack, detect_others, detect_stack
from agent.stacks.services.detecting import detect_services
from agent.survey.applications import applications, entry_points
from agent.survey.environment import settings
from agent.survey.layout import lay_out
from agent.survey.migrations import is_migration, migrations
from agent.survey.packages import packages, python_version, workflows
from agent.survey.python import module
from agent.survey.resources import resources
from agent.survey.routes import full_routes, routing
from agent.survey.rules import rules
from agent.survey.source import Source, is_test_path, read_source, target_of, text_of
from agent.survey.style import style
from agent.survey.values import Module, RepositoryFiles, Setting, Survey

_MOST_FILES = 10_000
_MOST_MODULES = 1_000
_MOST_SETTINGS = 60


def survey(files: RepositoryFiles) -> Survey:
    """Return what there is to know about a repository; whatever it holds, this never fails."""
    sources, unparsed, unread = _sources(files)
    found = _modules(sources)
    layout = lay_out(files)
    return Survey(
        python=python_version(files),
        packages=packages(files),
        stack=_stack(files),
        also_in_ci=detect_others(workflows(files)),
        style=style(files),
        applications=tuple(applications(sources)),
        settings=_settings(sources),
        migrations=migrations(files),
        entry_points=tuple(entry_points(files)),
        files=layout.named[:_MOST_FILES],
        unlisted=max(0, len(layout.named) - _MOST_FILES) + files.more,
        folded=layout.folded,
        modules=tuple(found),
        resources=resources(found, files),
        rules=rules(files),
        subjects=files.subjects,
        remarks=tuple(_remarks(files, unparsed, unread)),
    )


def _stack(files: RepositoryFiles) -> Stack:
    found = detect_stack(workflows(files), files.text)
    return found.model_copy(update={"services": detect_services(files)})


def _sources(files: RepositoryFiles) -> tuple[list[Source], list[str], int]:
    """Return the Python files but migrations, the names of those that cannot be parsed.

    The third value is the number of those that were not looked at.
    """
    sizes = {file.path: file.size for file in files.files}
    sources: list[Source] = []
    unparsed: list[str] = []
    python = [path for path in files.texts if path.endswith(".py") and not is_migration(path)]
    for path in python[:_MOST_MODULES]:
        text = files.texts[path]
        # Fewer characters than bytes may also come from line ends and letters; no harm is done.
        source = read_source(path, text, is_cut=sizes.get(path, 0) > len(text))
        if source is None:
            unparsed.append(path)
        else:
            sources.append(source)
    return sources, unparsed, files.unread + max(0, len(python) - _MOST_MODULES)


def _modules(sources: list[Source]) -> list[Module]:
    constants = dict(_constants(sources))
    found = [routing(source, constants) for source in sources]
    served = full_routes(found, _dotted_names([source.path for source in sources]))
    return [module(source, served.get(source.path, [])) for source in sources]


def _constants(sources: list[Source]) -> Iterator[tuple[str, str]]:
    """Yield the texts that stand under names in capitals, such as `API_V1_STR`."""
    for source in sources:
        for node in source.assignments():
            name, value = target_of(node), text_of(node.value)
            if name.isupper() and value is not None:
                yield name, value


def _dotted_names(paths: list[str]) -> dict[str, str]:
    """Return the path of each module by its dotted name, and by each end of it that is its own."""
    ends: dict[str, set[str]] = {}
    for path in paths:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(min(len(parts), 6)):
            ends.setdefault(".".join(parts[start:]), set()).add(path)
        ends[".".join(parts)] = {path}
    return {name: found.pop() for name, found in ends.items() if len(found) == 1}


def _settings(sources: list[Source]) -> tuple[Setting, ...]:
    """Return each variable once, those that must be set first; tests do not count."""
    found: dict[str, Setting] = {}
    for setting in (setting for source in sources for setting in settings(source)):
        old = found.setdefault(setting.name, setting)
        if setting.is_required and not old.is_required:
            found[setting.name] = setting
    ordered = sorted(found.values(), key=lambda setting: not setting.is_required)
    return tuple(ordered[:_MOST_SETTINGS])


def _remarks(files: RepositoryFiles, unparsed: list[str], unread: int) -> Iterator[str]:
    """Yield what is unusual, for whoever would else look for it in vain."""
    if files.problem:
        yield f"The repository could not be listed: {files.problem}"
        return
    paths = [file.path for file in files.files]
    if not paths:
        yield "The repository is empty."
        return
    python = [path for path in paths if path.endswith(".py")]
    if not python:
        yield "There is no Python in it."
    elif not any(is_test_path(path) for path in python):
        yield "It has no tests."
    yield from _traps(files)
    if unparsed:
        yield f"Not parsed (syntax error or newer syntax): {_some(unparsed)}"
    if unread:
        yield f"{unread} Python or configuration files were not looked into, for their number."


def _traps(files: RepositoryFiles) -> Iterator[str]:
    submodules = [file.path for file in files.files if file.kind == "submodule"]
    if submodules:
        yield f"Git submodules, which are not checked out: {_some(submodules)}"
    links = [file.path for file in files.files if file.kind == "symlink"]
    if links:
        yield f"Symlinks: {_some(links)}"


def _some(names: list[str], most: int = 5) -> str:
    more = f" [+{len(names) - most} more]" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more
