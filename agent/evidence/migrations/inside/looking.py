"""Which migrations a repository has, what a change does to them, and where they end.

Reads files and asks git; nothing of the repository is executed.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

MODELS = re.compile(
    r"\bmodels\.Model\b|\bmapped_column\(|\bMapped\[|\bColumn\(|__tablename__|\btable=True"
    r"|\bDeclarativeBase\b|\bdeclarative_base\(|\bfrom django\.db import .*\bmodels\b|\bTable\("
    r"|\bmodels\.(Text|Integer)?Choices\b"
)
"""What a file says that describes tables."""
DOWN = re.compile(r"^down_revision\b", re.MULTILINE)
OF_DJANGO = re.compile(r"^class Migration\(", re.MULTILINE)
ASIDE = re.compile(
    r"(^|/)(tests?|site-packages|node_modules|\.?venv)/|(^|/)(test_|conftest)[^/]*\.py$"
)
SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']?\s*[,=]\s*[\"']?([A-Za-z_][\w.]*)")
EXTENSIONS = re.compile(r"(?i)CREATE EXTENSION|\w+Extension\(|provider=[\"']icu|locale_provider")
LARGEST = 2_000_000


def git(*arguments: str) -> str:
    """Return what git says; empty when it refuses."""
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the git of the sandbox
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""


def names(text: str) -> list[str]:
    """Return the parts of a list that git has divided by NUL."""
    return [name for name in text.split("\0") if name]


class Side:
    """The files of a commit, or of the worktree."""

    def __init__(self, commit: str = "", others: frozenset[str] = frozenset()) -> None:
        """Take a commit, and the files that are others there than in the worktree.

        Empty for the worktree itself.
        """
        self.commit, self.others = commit, others
        if commit:
            listed = names(git("ls-tree", "-r", "-z", "--name-only", commit))
        else:
            listed = names(git("ls-files", "-z", "-c", "-o", "--exclude-standard"))
            listed = [name for name in dict.fromkeys(listed) if Path(name).is_file()]
        self.paths = set(listed)

    def text(self, path: str) -> str:
        """Return a file's text; empty for one that is not there."""
        if path not in self.paths:
            return ""
        if self.commit and path in self.others:
            return git("show", f"{self.commit}:{path}")[:LARGEST]
        place = Path(path)
        if place.is_symlink() or not place.is_file() or place.stat().st_size > LARGEST:
            return ""
        return place.read_text("utf-8", "replace")


def literal(node: Any) -> Any:
    """Return the value of an expression; None for one that is no literal."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def parsed(text: str) -> Any:
    """Return a file's tree; an empty one for what cannot be parsed."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.parse("")


def assigned(body: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield names with the expressions that are assigned to them."""
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def revision_of(text: str) -> tuple[str, list[str]] | None:
    """Return an Alembic revision and what it stands upon; None for another file."""
    found = {name: literal(value) for name, value in assigned(parsed(text).body)}
    if not isinstance(found.get("revision"), str):
        return None
    down: list[str] = []
    for name in ("down_revision", "depends_on"):
        value = found.get(name)
        items = [value] if isinstance(value, str) else list(value or ())
        down += [str(item) for item in items]
    return found["revision"], down


def dependencies_of(text: str) -> list[tuple[str, str]] | None:
    """Return what a Django migration stands upon and replaces; None for another file."""
    for node in parsed(text).body:
        if isinstance(node, ast.ClassDef) and node.name == "Migration":
            found: list[tuple[str, str]] = []
            for name, value in assigned(node.body):
                if name in ("dependencies", "replaces") and isinstance(
                    value, (ast.List, ast.Tuple)
                ):
                    pairs = [literal(item) for item in value.elts]
                    found += [pair for pair in pairs if isinstance(pair, tuple) and len(pair) == 2]
            return found
    return None


def heads_of_alembic(texts: dict[str, str]) -> list[str]:
    """Return the revisions upon which none stands."""
    found = [item for item in map(revision_of, texts.values()) if item]
    below = {name for _, down in found for name in down}
    return sorted({name for name, _ in found} - below)


def heads_of_django(texts: dict[str, str]) -> list[str]:
    """Return, as `app/name`, the migrations of each app upon which none of the same app stands."""
    apps: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for path, text in texts.items():
        found = dependencies_of(text)
        if found is not None:
            place = PurePosixPath(path)
            apps.setdefault(str(place.parent.parent), {})[place.stem] = found
    heads = []
    for folder, migrations in apps.items():
        below = {
            name
            for down in migrations.values()
            for app, name in down
            if app == PurePosixPath(folder).name or len(apps) == 1
        }
        heads += [f"{folder}/{name}" for name in sorted(set(migrations) - below)]
    return sorted(heads)


def tools_of(side: Side) -> Iterator[dict[str, Any]]:
    """Yield the tools for migrations that a repository uses, each with its folder."""
    for path in sorted(side.paths):
        name = PurePosixPath(path).name
        if ASIDE.search(path):
            continue
        if name == "env.py" and "run_migrations" in side.text(path):
            yield of_alembic(side, str(PurePosixPath(path).parent))
        elif name == "manage.py":
            folder = str(PurePosixPath(path).parent)
            text = side.text(path)
            modules = list(dict.fromkeys(SETTINGS.findall(text)))
            if modules or "django" in text:
                yield {"tool": "django", "folder": "" if folder == "." else folder,
                       "settings": modules, "script": "", "ini": ""}  # fmt: skip


def of_alembic(side: Side, script: str) -> dict[str, Any]:
    """Return an Alembic environment with its settings file, if it has one."""
    found = {"tool": "alembic", "script": script, "ini": "", "settings": []}
    above = [str(folder) for folder in PurePosixPath(script).parents]
    for folder in [script, *above]:
        prefix = "" if folder == "." else f"{folder}/"
        for name in ("alembic.ini", "pyproject.toml"):
            text = side.text(f"{prefix}{name}")
            told = re.search(r"(?m)^\s*script_location\s*=\s*[\"']?([^\"'\n]+)", text)
            if told and is_place(told[1].strip(), script, prefix):
                return {**found, "ini": f"{prefix}{name}", "folder": prefix.rstrip("/")}
    marked = (
        folder
        for folder in above
        if {"pyproject.toml", "requirements.txt", "setup.cfg"}
        & {PurePosixPath(p).name for p in side.paths if str(PurePosixPath(p).parent) == folder}
    )
    folder = next(marked, "")
    return {**found, "folder": "" if folder == "." else folder}


def is_place(told: str, script: str, prefix: str) -> bool:
    """Tell whether a script location, as settings write it, is this folder."""
    plain = re.sub(r"%\(here\)s/?", "", told).replace(":", "/").lstrip("./").rstrip("/")
    return script in (plain, f"{prefix}{plain}") or script.endswith(f"/{plain}")


def belongs(found: dict[str, Any], path: str) -> bool:
    """Tell whether a file lies where a tool's code does."""
    places = [found["folder"], *([found["script"]] if found["script"] else [])]
    return any(not place or path.startswith(f"{place}/") for place in places)


def migrations_of(side: Side, found: dict[str, Any]) -> dict[str, str]:
    """Return the texts of a tool's migrations."""
    form = DOWN if found["tool"] == "alembic" else OF_DJANGO
    mark = "/migrations/" if found["tool"] == "django" else "/"
    texts = {
        path: side.text(path)
        for path in sorted(side.paths)
        if path.endswith(".py")
        and mark in f"/{path}"
        and not ASIDE.search(path)
        and belongs(found, path)
        and (found["tool"] == "django" or "version" in path or path.startswith(found["script"]))
    }
    return {path: text for path, text in texts.items() if form.search(text)}


def fresh_tip(base: str, branches: list[str]) -> tuple[str, str]:
    """Return the newest commit of the branch that the base is from, with the branch's name."""
    for branch in branches:
        tip = git("rev-parse", "-q", "--verify", f"{branch}^{{commit}}").strip()
        if tip and tip != base and git("merge-base", base, tip).strip() == base:
            return tip, branch.rpartition("/")[2]
    return "", ""


def rebased(head: dict[str, str], base: dict[str, str], tip: dict[str, str]) -> dict[str, str]:
    """Return migrations as they are when the change stands upon the tip."""
    gone = {path for path in base if path not in head}
    own = {path: text for path, text in head.items() if text != base.get(path)}
    return {**{path: text for path, text in tip.items() if path not in gone}, **own}


def changed_since(base: str) -> list[str]:
    """Return the files that were added, edited or deleted."""
    known = names(git("diff", "-z", "--name-only", "--no-renames", "--no-ext-diff", base))
    return sorted({*known, *names(git("ls-files", "-z", "-o", "--exclude-standard"))})


def look(job: dict[str, Any]) -> dict[str, Any]:
    """Return the tools whose migrations or models the change touches."""
    changed = [path for path in changed_since(job["base"]) if path.endswith(".py")]
    head = Side()
    tools = list(tools_of(head))
    if not tools or not changed:
        return {"tools": [], "has_tools": bool(tools)}
    before = Side(job["base"], frozenset(changed))
    tip, branch = fresh_tip(job["base"], job["branches"])
    after = Side(tip, frozenset(changed_since(tip))) if tip else None
    found = [looked(tool, head, before, after, changed) for tool in tools]
    return {
        "tools": [item for item in found if item["changed"] or item["models"]],
        "has_tools": any(item["has_migrations"] for item in found),
        "branch": branch,
    }


def marker(tool: dict[str, Any]) -> str:
    """Return the file without which a tool is not there."""
    folder = tool["script"] or tool["folder"]
    name = "manage.py" if tool["tool"] == "django" else "env.py"
    return f"{folder}/{name}" if folder else name


def looked(
    tool: dict[str, Any], head: Side, before: Side, after: Side | None, changed: list[str]
) -> dict[str, Any]:
    """Return what a change does to the migrations of a tool."""
    heads = heads_of_alembic if tool["tool"] == "alembic" else heads_of_django
    here, there = migrations_of(head, tool), migrations_of(before, tool)
    touched = sorted(p for p in {*here, *there} if here.get(p) != there.get(p))
    models = [
        path
        for path in changed
        if path not in here
        and path not in there
        and not ASIDE.search(path)
        and belongs(tool, path)
        and MODELS.search(head.text(path) + before.text(path))
    ]
    fresh = rebased(here, there, migrations_of(after, tool)) if after else {}
    return {
        **tool,
        "has_migrations": bool(here or there or tool["tool"] == "alembic"),
        "changed": touched,
        "edited": [path for path in touched if path in there],
        "models": models,
        "base_has_it": marker(tool) in before.paths,
        "heads": heads(here),
        "base_heads": heads(there),
        "fresh_heads": heads(fresh),
        "wants_extensions": any(EXTENSIONS.search(text) for text in here.values()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(json.load(sys.stdin))))
