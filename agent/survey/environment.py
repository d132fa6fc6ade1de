"""Which environment variables the code reads, and which of them must be set."""

import ast
from collections.abc import Iterator

from agent.survey.source import Source, argument, dotted, last, target_of, text_of
from agent.survey.values import Setting

_ENV_KINDS = frozenset({
    "str", "bool", "int", "float", "list", "dict", "json", "db", "db_url", "url", "cache",
    "cache_url", "email_url", "tuple", "get",
})  # fmt: skip


def settings(source: Source) -> Iterator[Setting]:
    """Yield the variables that a file reads."""
    for node in source.all(ast.ClassDef):
        if any(last(base).endswith("BaseSettings") for base in node.bases):
            yield from _fields(source.path, node)
    for read in source.all(ast.Subscript):
        if dotted(read.value) in ("os.environ", "environ"):
            is_read = isinstance(read.ctx, ast.Load)
            yield from _one(source.path, read.slice, is_required=is_read)
    for call in source.all(ast.Call):
        yield from _called(source.path, call)


def _one(path: str, name: ast.AST | None, *, is_required: bool) -> Iterator[Setting]:
    text = text_of(name)
    # Names of variables are in capitals; others are keys of something else.
    if text and text.upper() == text and text.replace("_", "").isalnum():
        yield Setting(name=text, path=path, is_required=is_required)


def _called(path: str, call: ast.Call) -> Iterator[Setting]:
    name = dotted(call.func)
    owner, _, verb = name.rpartition(".")
    if not call.args:
        return
    if name in ("os.getenv", "getenv", "os.environ.get", "environ.get"):
        yield from _one(path, call.args[0], is_required=False)
    elif name in ("env", "config") or (owner == "env" and verb in _ENV_KINDS):
        has_default = len(call.args) > 1 or argument(call, "default") is not None
        yield from _one(path, call.args[0], is_required=not has_default)


def _fields(path: str, node: ast.ClassDef) -> Iterator[Setting]:
    """Yield the fields of a pydantic settings class as variables."""
    prefix = prefix_of(node)
    for item in node.body:
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        name = item.target.id
        if name == "model_config" or "ClassVar" in dotted(item.annotation):
            continue
        shown = alias_of(item.value) or f"{prefix}{name}".upper()
        yield Setting(name=shown, path=path, is_required=_must_be_given(item.value))


def prefix_of(node: ast.ClassDef) -> str:
    """Return what the names of the variables of a settings class begin with."""
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and last(item.func).endswith("ConfigDict"):
            return text_of(argument(item, "env_prefix")) or ""
        if isinstance(item, ast.Assign) and target_of(item) == "env_prefix":
            return text_of(item.value) or ""
    return ""


def alias_of(value: ast.expr | None) -> str | None:
    """Return the variable that a field names itself."""
    if not isinstance(value, ast.Call) or last(value.func) != "Field":
        return None
    return text_of(argument(value, "validation_alias") or argument(value, "alias"))


def _must_be_given(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Call) or last(value.func) != "Field":
        return value is None or (isinstance(value, ast.Constant) and value.value is ...)
    default = argument(value, "default", 0)
    is_open = default is None or (isinstance(default, ast.Constant) and default.value is ...)
    return is_open and argument(value, "default_factory") is None
