"""Settings of pytest, coverage, linters and type checkers under names that all files share."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.evidence.weakening.config_files import Table, tables
from agent.evidence.weakening.options import options_of, words_of_line
from agent.evidence.weakening.rules import Rules, left_out

Settings = dict[str, tuple[str, Any]]
"""By name: the file, and a set of texts, a number, a truth value or a text."""
_LINT_LISTS = {
    "select": "select",
    "extend-select": "select",
    "ignore": "ignore",
    "extend-ignore": "ignore",
    "exclude": "exclude",
    "extend-exclude": "exclude",
    "extend-safe-fixes": "",
    "disable": "ignore",
    "enable": "select",
    "skips": "ignore",
    "exclude_dirs": "exclude",
    "ignore-paths": "exclude",
    "ignore-patterns": "exclude",
}


def settings_of(files: Mapping[str, str]) -> Settings:
    """Return all settings of a side; a folder stands before the name unless it is the root."""
    found: Settings = {}
    for (folder, tool), (path, table) in tables(files).items():
        flat = _FLATTENED.get(tool, _lint)
        kind = "lint" if tool in ("ruff", "flake8") else tool
        for name, value in flat(table):
            key = f"{folder}{kind}: {name}"
            known = found.get(key, (path, None))[1]
            joined = known | value if isinstance(known, set) and isinstance(value, set) else value
            found[key] = (path, joined)
    return found


def rules_of(settings: Settings, others: str = "") -> Rules:
    """Return how tests are collected; `others` are texts of CI with further options."""

    def listed(name: str) -> tuple[str, ...]:
        value = settings.get(f"pytest: {name}", ("", None))[1]
        return tuple(sorted(value)) if value else ()

    standard = Rules()
    marks = str(settings.get("pytest: -m", ("", ""))[1])
    return Rules(
        files=listed("python_files") or standard.files,
        classes=listed("python_classes") or standard.classes,
        functions=listed("python_functions") or standard.functions,
        places=listed("testpaths"),
        unentered=listed("norecursedirs") or standard.unentered,
        unwanted=tuple(sorted(left_out(f" -m '{marks}' ") | left_out(others))),
    )


def texts_of(value: Any) -> set[str]:
    """Return the entries of a list, or of a text with commas, spaces or lines between them."""
    if isinstance(value, list | tuple):
        return {str(item).strip() for item in value}
    lines = [re.sub(r"(^|\s)#.*", "", line) for line in str(value).splitlines()]
    return {part for line in lines for part in re.split(r"[,\s]+", line) if part}


def _lines(value: Any) -> set[str]:
    if isinstance(value, list | tuple):
        return {str(item).strip() for item in value}
    return {line.strip() for line in str(value).splitlines() if line.strip()}


def scalar(value: Any) -> Any:
    """Return a number or a truth value for a text that is one."""
    if isinstance(value, bool | int | float):
        return value
    text = str(value).strip().lower()
    if text in ("true", "yes", "on", "1"):
        return True
    if text in ("false", "no", "off", "0"):
        return False
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else str(value).strip()


def _pytest(table: Table) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if key == "addopts":
            for name, option in options_of(words_of_line(value)).items():
                yield name or "files", option
        elif key in ("filterwarnings", "usefixtures"):
            yield key, _lines(value)
        elif isinstance(value, list) or key in (
            *("testpaths", "python_files", "python_classes", "python_functions"),
            *("norecursedirs", "collect_ignore"),
        ):
            yield key, texts_of(value)
        elif not isinstance(value, dict):
            yield key, scalar(value)


def _coverage(table: Table) -> Iterator[tuple[str, Any]]:
    for section, content in table.items():
        for key, value in content.items() if isinstance(content, dict) else ():
            is_list = isinstance(value, list) or "\n" in str(value) or "," in str(value)
            is_list |= key in ("omit", "include", "source", "exclude_lines", "exclude_also",
                               "partial_branches", "source_pkgs")  # fmt: skip
            if key == "exclude_also":  # adds to the default of the other one
                key, value = "exclude_lines", [*_lines(value), "pragma: no cover"]
            split = _lines if "exclude" in key or "partial" in key else texts_of
            yield f"{section}.{key}", split(value) if is_list else scalar(value)


def _mypy(table: Table) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if key == "overrides" and isinstance(value, list):
            for override in value:
                yield from _override(override)
        elif isinstance(value, dict):
            modules = key.removeprefix("mypy").strip("-").split(",")
            prefixes = [f"{module.strip()}: " if module else "" for module in modules]
            for name, inner in value.items():
                yield from ((f"{prefix}{name}", _mypy_value(name, inner)) for prefix in prefixes)
        else:
            yield key, _mypy_value(key, value)


def _override(override: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(override, dict):
        return
    for module in sorted(texts_of(override.get("module", []))):
        for name, value in override.items():
            if name != "module":
                yield f"{module}: {name}", _mypy_value(name, value)


def _mypy_value(name: str, value: Any) -> Any:
    lists = ("files", "exclude", "plugins", "packages", "modules", "disable_error_code",
             "enable_error_code")  # fmt: skip
    return texts_of(value) if name in lists or isinstance(value, list) else scalar(value)


def _lint(table: Table, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = key.replace("_", "-") if key != "exclude_dirs" else key
        if isinstance(value, dict) and name.endswith("per-file-ignores"):
            for form, codes in value.items():
                yield f"ignore in {_bare(form)}", texts_of(codes)
        elif name.endswith("per-file-ignores"):
            for line in re.split(r"[\n]+", str(value)):
                form, _, codes = line.partition(":")
                if form.strip():
                    yield f"ignore in {_bare(form)}", texts_of(codes)
        elif isinstance(value, dict):
            yield from _lint(value, "")
        elif _LINT_LISTS.get(name):
            yield _LINT_LISTS[name], texts_of(value)
        else:
            yield f"{prefix}{name}", texts_of(value) if isinstance(value, list) else scalar(value)


def _bare(form: str) -> str:
    """Return a pattern of files without what flake8 and ruff write differently."""
    return re.sub(r"^(\*\*?/)+|(/\*\*?)+$", "", form.strip())


def _pyright(table: Table) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if not isinstance(value, dict):
            yield key, texts_of(value) if isinstance(value, list) else value


def _importlinter(table: Table) -> Iterator[tuple[str, Any]]:
    listed = table.get("contracts", [])
    entries = listed if isinstance(listed, list) else []
    sections = [v for key, v in table.items() if key.startswith("importlinter:contract")]
    known = [item for item in (*entries, *sections) if isinstance(item, dict)]
    yield "contracts", float(len(known))
    for name in ("ignore_imports", "forbidden_modules", "layers", "modules", "source_modules"):
        values = {entry for item in known for entry in _lines(item.get(name, []))}
        if values:
            yield name, values


def _codecov(table: Table, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _codecov(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", texts_of(value)
        else:
            yield f"{prefix}{key}", scalar(str(value).rstrip("%"))


_FLATTENED = {
    "importlinter": _importlinter,
    "codecov": _codecov,
    "pytest": _pytest,
    "coverage": _coverage,
    "mypy": _mypy,
    "pyright": _pyright,
}
