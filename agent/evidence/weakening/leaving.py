"""Where a test ends before its last line, and what swallows a failure on the way."""

import ast
from collections.abc import Sequence

from agent.evidence.weakening.asserting import is_failure, skips
from agent.evidence.weakening.syntax import truth
from agent.survey.source import last

SWALLOWS = frozenset({"", "Exception", "BaseException", "AssertionError"})


def leaves(node: ast.stmt) -> bool:
    """Tell whether nothing after a statement is reached."""
    if isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return skips(node.value) in ("skip", "xfail", "exit") or is_failure(node.value)
    if isinstance(node, ast.If):
        always = truth(node.test)
        branch = node.body if always else node.orelse
        return always is not None and any(map(leaves, branch))
    return False


def may_leave(node: ast.If) -> bool:
    """Tell whether one way through an `if` ends the test without a failure."""
    if truth(node.test) is not None:
        return False
    branches = [branch for branch in (node.body, node.orelse) if branch and not fails(branch)]
    return any(leaves(item) for branch in branches for item in branch)


def fails(body: Sequence[ast.stmt]) -> bool:
    """Tell whether a block ends in a failure of the test."""
    if not body:
        return False
    end = body[-1]
    if isinstance(end, ast.Raise):
        return end.exc is not None and last(end.exc) in ("AssertionError", "Failed", "Exception")
    if isinstance(end, ast.Expr) and isinstance(end.value, ast.Call):
        return is_failure(end.value)
    return isinstance(end, ast.Assert) and truth(end.test) is False


def swallows(handler: ast.ExceptHandler) -> bool:
    """Tell whether a failed assertion ends in a handler."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    is_wide = any(last(kind) in SWALLOWS for kind in kinds)
    return is_wide and not any(fails([item]) for item in handler.body)


def raising_of(node: ast.Try) -> ast.Call | None:
    """Return `raises(...)` for a `try` that fails unless an exception comes."""
    handler = next(iter(node.handlers), None)
    if handler is None or handler.type is None or not (fails(node.body) or fails(node.orelse)):
        return None
    if last(handler.type) in SWALLOWS and fails(node.body):
        return None
    call = ast.Call(func=ast.Name(id="raises", ctx=ast.Load()), args=[handler.type], keywords=[])
    return ast.copy_location(call, node)
