"""The environment variables that Python code reads, by its syntax."""

import ast
import re
from collections.abc import Iterator

from agent.domain.value import Value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,80}")
_ENV_READERS = frozenset({"os.getenv", "os.environ.get", "os.environ.pop"})
_TYPED = frozenset(
    {"str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "db", "db_url", "cache"}
    | {
        "cache_url",
        "email_url",
        "email",
        "search_url",
        "path",
        "bytes",
        "decimal",
        "date",
        "log_level",
    }
    | {"datetime", "timedelta", "time", "uuid", "enum", "channels", "channels_url", "dj_db_url"}
    | {"dj_cache_url", "dj_email_url", "get_value", "unicode"}
)
"""Methods of django-environ's and environs' `Env`. Source: django-environ 0.12, environs 14."""
_DEFAULT_NAMES = {
    "db": "DATABASE_URL", "db_url": "DATABASE_URL", "dj_db_url": "", "cache": "CACHE_URL",
    "cache_url": "CACHE_URL", "email": "EMAIL_URL", "email_url": "EMAIL_URL",
    "search_url": "SEARCH_URL",
}  # fmt: skip
_ENV_MODULES = frozenset({"environ", "environs"})
_CONFIG_MODULES = frozenset({"decouple", "starlette.config"})
_USUAL = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_\w+|TZ|PWD|TMP|TEMP|TMPDIR|HOSTNAME|EDITOR|CI|DISPLAY"
    r"|NO_COLOR|COLUMNS|PYTHON\w+|PYTEST_\w+|VIRTUAL_ENV|DJANGO_SETTINGS_MODULE|XDG_\w+|GITHUB_\w+"
    r"|KUBERNETES_\w+|(?i:https?|no|all)_proxy|SSL_CERT_\w+|COVERAGE_\w+|TESTING|UVICORN_\w+"
)


class Variable(Value):
    """An environment variable that code reads."""

    name: str
    line: int
    is_exact: bool = True
    """False: a prefix stands before it that is set in another file."""


def read_variables(text: str) -> tuple[Variable, ...] | None:
    """Return what a file reads, each name once, in order; None when it cannot be parsed."""
    try:
        tree = ast.parse(text)
        found = list(_Reader(tree).all())
    except (SyntaxError, ValueError, RecursionError):
        return None
    first = {item.name: item for item in reversed(found) if not _USUAL.fullmatch(item.name)}
    return tuple(sorted(first.values(), key=lambda item: (item.line, item.name)))


class _Reader:
    """One file: its constants, what its names mean, its classes of settings."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._constants = dict(_constants(tree))
        self._readers: set[str] = set()
        self._configs: set[str] = set()
        self._imports = dict(_imports(tree))
        self._classes = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                self._learn(node.targets, node.value)

    def _learn(self, targets: list[ast.expr], call: ast.Call) -> None:
        """Remember the names under which `Env()` and `Config()` are kept."""
        made = self._meaning(call.func)
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        module, _, last = made.rpartition(".")
        if last in ("Env", "FileAwareEnv") and module in _ENV_MODULES:
            self._readers |= names
        if last in ("Config", "AutoConfig") and module in _CONFIG_MODULES:
            self._configs |= names

    def all(self) -> Iterator[Variable]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                if self._meaning(node.value) == "os.environ":
                    yield from self._named(node.slice, node.lineno)
            elif isinstance(node, ast.Compare) and self._is_lookup(node):
                yield from self._named(node.left, node.lineno)
            elif isinstance(node, ast.ClassDef) and self._is_settings(node):
                yield from self._fields(node)

    def _is_lookup(self, node: ast.Compare) -> bool:
        is_in = isinstance(node.ops[0], ast.In | ast.NotIn)
        return is_in and self._meaning(node.comparators[0]) == "os.environ"

    def _call(self, node: ast.Call) -> Iterator[Variable]:
        called = self._meaning(node.func)
        first = node.args[0] if node.args else None
        for keyword in node.keywords:
            if keyword.arg in ("key", "var", "name") and first is None:
                first = keyword.value
            if keyword.arg == "envvar":
                yield from self._named(keyword.value, node.lineno)
        owner, _, method = called.rpartition(".")
        is_env = called in self._readers or (owner in self._readers and method in _TYPED)
        is_config = called in self._configs or called == "decouple.config"
        if called in _ENV_READERS or is_env or is_config:
            yield from self._named(first, node.lineno)
            if first is None and method in _DEFAULT_NAMES and _DEFAULT_NAMES[method]:
                yield Variable(name=_DEFAULT_NAMES[method], line=node.lineno)
        elif method == "Env" and owner in _ENV_MODULES:
            for keyword in node.keywords:
                if keyword.arg and keyword.arg.isupper():
                    yield Variable(name=keyword.arg, line=keyword.value.lineno)

    def _named(self, node: ast.expr | None, line: int) -> Iterator[Variable]:
        for part in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
            name = self._text(part)
            if name and _NAME.fullmatch(name):
                yield Variable(name=name, line=line)

    def _text(self, node: ast.expr | None) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self._constants.get(node.id, "") if isinstance(node, ast.Name) else ""

    def _meaning(self, node: ast.expr) -> str:
        """Return the dotted name of an expression, with imports followed."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self._imports.get(node.id, node.id), *reversed(parts)])

    def _is_settings(self, node: ast.ClassDef, depth: int = 0) -> bool:
        for base in node.bases:
            last = self._meaning(base).rpartition(".")[2]
            own = self._classes.get(last)
            if last == "BaseSettings" or (own is None and last.endswith("BaseSettings")):
                return True
            if own is not None and own is not node and depth < 5:
                if self._is_settings(own, depth + 1):
                    return True
            elif own is None and re.search(r"(Settings|Config)$", last) and _has_model_config(node):
                return True
        return False

    def _fields(self, node: ast.ClassDef) -> Iterator[Variable]:
        """Return the variables of a class of settings. Source: pydantic-settings 2.12."""
        prefix, is_known = self._prefix(node)
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            field = item.target.id
            if field.startswith("_") or field == "model_config" or _is_class_var(item):
                continue
            aliases = list(self._aliases(item))
            for name in aliases:
                yield Variable(name=name, line=item.lineno)
            if not aliases:
                name = f"{prefix}{field}".upper()
                yield Variable(name=name, line=item.lineno, is_exact=is_known)

    def _prefix(self, node: ast.ClassDef, depth: int = 0) -> tuple[str, bool]:
        for part in ast.walk(node):
            if isinstance(part, ast.keyword) and part.arg == "env_prefix":
                return self._text(part.value), True
            if isinstance(part, ast.Assign) and _names(part) == ["env_prefix"]:
                return self._text(part.value), True
            if isinstance(part, ast.Dict):
                for key, value in zip(part.keys, part.values, strict=True):
                    if self._text(key) == "env_prefix":
                        return self._text(value), True
        names = [self._meaning(base).rpartition(".")[2] for base in node.bases]
        bases = [self._classes[name] for name in names if name in self._classes]
        for base in bases if depth < 5 else ():
            if base is not node:
                return self._prefix(base, depth + 1)
        return "", "BaseSettings" in names

    def _aliases(self, item: ast.AnnAssign) -> Iterator[str]:
        """Return the names that a field has in place of its own."""
        for part in (item.annotation, item.value):
            for node in ast.walk(part) if part is not None else ():
                if isinstance(node, ast.keyword) and node.arg in (
                    "alias",
                    "validation_alias",
                    "env",
                ):
                    texts = [n for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
                    yield from (n.value for n in texts if isinstance(n.value, str) and n.value)


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _is_class_var(item: ast.AnnAssign) -> bool:
    return "ClassVar" in ast.dump(item.annotation)


def _has_model_config(node: ast.ClassDef) -> bool:
    return any("SettingsConfigDict" in ast.dump(item) for item in node.body)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.split(".")[0],
                    (alias.name if alias.asname else alias.name.split(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
