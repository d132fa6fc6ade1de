"""The gate: files that no change may touch before a person has said so.

The team's list is read at the base: a change cannot unprotect a file.
"""

import re
from functools import cache

from agent.domain.errors import SettingsError
from agent.domain.evidence import Gate
from agent.evidence.allowing import Refusal, judged
from agent.evidence.result import Problem, Result
from agent.evidence.sides import Sides, UnreadableError, read_sides
from agent.openapi.policy import TEAM_FILES
from agent.openapi.yaml_section import read_section
from agent.tools.base import Bench

DEFAULTS = (
    ".github/**",
    ".gitlab-ci.yml",
    "**/CODEOWNERS",
    ".backsmith.yml",
    ".backsmith.yaml",
    ".openapi-accept.yml",
    ".pre-commit-config.yaml",
    "LICENSE*",
    "**/*.tf",
    "**/*.tfvars",
    "deploy/**",
    "infra/**",
    "k8s/**",
)
"""What decides on rights, on what is checked and on what runs where, almost everywhere."""
_KEY = "protected"
_MIGRATION = re.compile(
    r"(^|/)migrations/(?!__init__)[^/]+\.py$|(^|/)(alembic|migrations)/versions/[^/]+\.py$"
)
"""A migration that the base has may have run already: it is never edited."""
_SIGNS = re.compile(r"\*\*/|/\*\*$|\*\*|\[!?[\w.-]+\]|.", re.DOTALL)
_KNOWN = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_TEAM = "|".join(rf"^{re.escape(name)}$" for name in TEAM_FILES)


def check_protected(bench: Bench) -> Result:
    """Hold the paths of the change against those that are protected at the base."""
    if bench.base is None:
        return Result(gate=Gate.PROTECTED, nothing_to_do="there is no base to compare with")
    try:
        sides = read_sides(bench, bench.base, "", _TEAM)
        globs, source = _globs(sides)
    except UnreadableError as error:
        return error.result(Gate.PROTECTED, "the protected paths")
    except SettingsError as error:
        why = str(error)
        problem = Problem(key="the protected paths", text=why, place=why)
        return Result(gate=Gate.PROTECTED, unable=(problem,), is_no_fault=True)
    touched = (*sides.changed, *sides.unread)
    if not touched:
        why = "the change touches no file"
        return Result(gate=Gate.PROTECTED, seconds=sides.seconds, nothing_to_do=why)
    passed = Result(
        gate=Gate.PROTECTED,
        command=f"git diff --name-only {bench.base[:12]} (against {len(globs)} globs of {source})",
        exit_code=0,
        seconds=sides.seconds,
        summary=f"none of {len(touched)} changed files is protected",
    )
    refusals = _refusals(sides, touched, globs)
    return judged(passed, refusals, bench, ("protected file", "protected files"))


def _globs(sides: Sides) -> tuple[tuple[str, ...], str]:
    """Return what is protected, and who says so. Raises SettingsError.

    The team's list takes the place of ours; `default` in it stands for ours.
    """
    for name in TEAM_FILES:
        section = read_section(sides.before.get(name, "").encode(), name)
        if section is None or _KEY not in section:
            continue
        listed = section.texts(_KEY)
        own = tuple(glob for glob in listed if glob != "default")
        return (*DEFAULTS, *own) if "default" in listed else own, name
    return DEFAULTS, "the defaults"


def _refusals(sides: Sides, touched: tuple[str, ...], globs: tuple[str, ...]) -> list[Refusal]:
    refusals = []
    for path in sorted(touched):
        glob = next((glob for glob in globs if fits(path, glob)), "")
        if not glob and path in sides.before and _MIGRATION.search(path):
            glob = "a migration that the base has"
        if glob:
            text = f"{path}: {_verb(sides, path)}, and it is protected ({glob}) [protected]"
            refusals.append(Refusal(path, Problem(key=f"{path}: {glob}", text=text, place=path)))
    return refusals


def _verb(sides: Sides, path: str) -> str:
    if path not in sides.before:
        return "is changed" if path in sides.unread else "is added"
    return "is changed" if path in sides.after else "is removed"


def fits(path: str, glob: str) -> bool:
    """Tell whether a path fits a glob of `.backsmith.yml`.

    As in .gitignore: `*` stays within a folder, `**` does not, a folder covers all below it, and a
    name without a slash fits anywhere. The case of letters does not count.
    """
    return _pattern(glob.strip().removeprefix("./")).fullmatch(path) is not None


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    anywhere = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    parts = [_KNOWN.get(sign) or _letters(sign) for sign in _SIGNS.findall(glob.strip("/"))]
    return re.compile(f"{anywhere}{''.join(parts)}(?:/.*)?", re.IGNORECASE | re.DOTALL)


def _letters(sign: str) -> str:
    if len(sign) == 1:
        return re.escape(sign)
    inner = sign[1:-1].replace("\\", "\\\\").replace("[", "\\[")
    return f"[{'^' + inner[1:] if inner[0] == '!' else inner}]"
