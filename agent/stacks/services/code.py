"""What Python code says of servers: addresses, variables with their defaults, Django's settings."""

import ast
import re
from collections.abc import Iterator, Mapping

from agent.stacks.services.hints import Hint, Part, Rank, kind_of_url, told
from agent.survey.environment import alias_of, prefix_of
from agent.survey.migrations import is_migration
from agent.survey.source import argument, dotted, is_test_path, last, read_source, text_of

_SPEAKS = re.compile(r"(?i)postgres|postgis|redis|valkey|database|\bDB_|\bPG[A-Z]|_DSN|db_url")
_MOST_FILES = 300
_DJANGO: tuple[tuple[str, Part], ...] = (
    ("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("PASSWORD", "password"),
    ("NAME", "database"),
)  # fmt: skip
_ENGINE = re.compile(r"postgresql|postgis|psqlextra|timescale")


def hints_of_code(texts: Mapping[str, str]) -> Iterator[Hint]:
    """Yield what the Python files say."""
    speaking = [
        path
        for path, text in texts.items()
        if path.endswith(".py") and _SPEAKS.search(text) and not is_migration(path)
    ]
    for path in speaking[:_MOST_FILES]:
        source = read_source(path, texts[path], is_cut=True)
        if source is not None:
            yield from _File(path).hints(source.tree)


class _File:
    """One file; constants that were understood are not looked at again."""

    def __init__(self, path: str) -> None:
        self._place = path
        self._rank = Rank.TESTS if is_test_path(path) else Rank.CODE
        self._seen: set[int] = set()

    def hints(self, tree: ast.Module) -> Iterator[Hint]:
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                self._seen.add(id(node.value))
        for node in nodes:
            if isinstance(node, ast.Dict):
                yield from self._django(node)
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                yield from self._fields(node)
            elif isinstance(node, ast.Call | ast.Subscript):
                yield from self._reads(node)
                yield from self._made(node)
        for node in nodes:
            if isinstance(node, ast.Constant) and id(node) not in self._seen:
                yield from self._literal(node)

    def _literal(self, node: ast.Constant) -> Iterator[Hint]:
        """Yield what a text says; one that only begins an address says which server it is."""
        text = node.value if isinstance(node.value, str) else ""
        if kind_of_url(text):
            yield from told(self._rank, self._place, text)
        elif re.fullmatch(r"(postgresql|redis)\+\w+", text):
            kind = kind_of_url(f"{text}://")
            if kind:
                yield Hint(kind=kind, part="url", rank=self._rank, place=self._place,
                           value=f"{text}://")  # fmt: skip

    def _made(self, node: ast.AST) -> Iterator[Hint]:
        """Yield that an address is put together, by SQLAlchemy's `URL.create` or pydantic's."""
        if isinstance(node, ast.Call) and last(node.func) in ("create", "build", "URL"):
            scheme = argument(node, "scheme") or argument(node, "drivername", 0)
            if (text_of(scheme) or "").startswith("postgres"):
                yield Hint(kind="postgres", part="url", rank=self._rank, place=self._place,
                           value="postgresql://")  # fmt: skip

    def _reads(self, node: ast.AST) -> Iterator[Hint]:
        found = read_of(node)
        if found is not None:
            variable, default = found
            required = isinstance(node, ast.Subscript)
            yield from self._variable(variable, default, is_required=required)

    def _variable(
        self, name: str, default: ast.expr | None, *, is_required: bool
    ) -> Iterator[Hint]:
        value = text_of(default)
        if isinstance(default, ast.Constant) and isinstance(default.value, int):
            value = str(default.value)
        self._seen.add(id(default))
        is_nothing = isinstance(default, ast.Constant) and default.value in (None, ...)
        is_open = default is None or is_nothing
        yield from told(
            self._rank, self._place, value or "", name, is_open=is_open, is_required=is_required
        )

    def _fields(self, node: ast.ClassDef) -> Iterator[Hint]:
        """Yield the fields of pydantic's settings."""
        if not any(last(base).endswith("Settings") for base in node.bases):
            return
        prefix = prefix_of(node)
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                name = alias_of(item.value) or f"{prefix}{item.target.id}".upper()
                is_postgres = "PostgresDsn" in ast.dump(item.annotation)
                default = _default(item.value)
                required = _is_required(item.value, default)
                yield from self._variable(name, default, is_required=required)
                if is_postgres:
                    yield Hint(kind="postgres", part="url", rank=self._rank, place=self._place,
                               value="postgresql://")  # fmt: skip

    def _django(self, node: ast.Dict) -> Iterator[Hint]:
        """Yield what an entry of DATABASES says. Source: Django, the setting DATABASES."""
        entries = {
            text_of(key): value for key, value in zip(node.keys, node.values, strict=True) if key
        }
        engine = entries.get("ENGINE")
        if engine is None or not _ENGINE.search(ast.unparse(engine)):
            return
        yield Hint(kind="postgres", part="url", rank=self._rank, place=self._place,
                   value="postgresql://")  # fmt: skip
        for key, part in _DJANGO:
            node_of = entries.get(key)
            variable, default = read_of(node_of) or ("", node_of)
            number = default.value if isinstance(default, ast.Constant) else None
            value = str(number) if isinstance(number, str | int) else ""
            is_open = bool(variable) and (default is None or number is None)
            if value or variable:
                yield Hint(kind="postgres", part=part, rank=self._rank, place=self._place,
                           value=value, variable=variable, is_open=is_open)  # fmt: skip


def read_of(node: ast.AST | None) -> tuple[str, ast.expr | None] | None:
    """Return the variable that an expression reads, and its default; None if it reads none."""
    while isinstance(node, ast.Call) and last(node.func) in ("int", "str") and node.args:
        node = node.args[0]
    if isinstance(node, ast.Subscript):
        key = text_of(node.slice)
        is_read = dotted(node.value) in ("os.environ", "environ")
        return (key, None) if key and is_read and isinstance(node.ctx, ast.Load) else None
    if not isinstance(node, ast.Call):
        return None
    name, (owner, _, verb) = dotted(node.func), dotted(node.func).rpartition(".")
    if name == "dj_database_url.config" or (last_is_env(owner) and verb in ("db", "db_url")):
        first = text_of(node.args[0]) if node.args else "DATABASE_URL"
        return first or "DATABASE_URL", argument(node, "default", 1)
    is_read = name in ("os.getenv", "getenv", "os.environ.get", "environ.get", "env", "config")
    variable = text_of(node.args[0]) if node.args else None
    if variable and (is_read or last_is_env(owner)):
        return variable, argument(node, "default", 1)
    return None


def last_is_env(owner: str) -> bool:
    """Tell whether something is called that reads variables, such as `env` of django-environ."""
    return owner.rpartition(".")[2].lower() in ("env", "environ")


def _is_required(value: ast.expr | None, default: ast.expr | None) -> bool:
    """Tell whether a field must be given."""
    if isinstance(value, ast.Call) and argument(value, "default_factory") is not None:
        return False
    is_ellipsis = isinstance(default, ast.Constant) and default.value is ...
    return default is None or is_ellipsis


def _default(value: ast.expr | None) -> ast.expr | None:
    """Return the default of a field; None for one that must be given."""
    if isinstance(value, ast.Call) and last(value.func) == "Field":
        return argument(value, "default", 0)
    return value
