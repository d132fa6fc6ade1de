"""Whether a shell command may have changed files, judged by its words alone.

A guess for stuck control only: it decides what counts as "no edit in between", never what a
command is allowed to do.
"""

import re
import shlex
from enum import StrEnum

_LONGEST = 2_000
_HARMLESS = re.compile(r"[0-9]?>&[0-9]|(?:&|[0-9])?>\s*/dev/null\b")
_WRITES = re.compile(
    r"\bsed\s+(?:-\w+\s+)*-\w*i|(?<![-=])>\s*[A-Za-z./~\"'$]|\btee\b|\bpatch\b|--fix\b"
    r"|\bgit\s+(?:apply|checkout|restore|stash|reset|revert|rm|mv)\b"
    r"|(?:^|[;&|]\s*)(?:mv|cp|rm|black|isort)\b|\bruff\s+format\b|\bmakemigrations\b"
)
_LOOKER = re.compile("cat|cd|echo|file|grep|head|ls|nl|pwd|rg|stat|tail|tree|wc")
_GIT_LOOKER = re.compile("blame|diff|grep|log|ls-files|show|status")
_FIND_WRITES = re.compile("-(delete|exec|execdir|ok|okdir|fprint|fprint0|fprintf|fls)")


class Touch(StrEnum):
    """How sure it is that a call changed files."""

    NONE = "none"
    MAYBE = "maybe"
    SURE = "sure"


def touch_of(command: str) -> Touch:
    """Return what a bash command line does to the files, as far as its words tell."""
    if len(command) > _LONGEST:
        return Touch.MAYBE
    bare = _HARMLESS.sub(" ", command)
    if _WRITES.search(bare):
        return Touch.SURE
    if any(mark in bare for mark in ("$(", "`", "<(")):
        return Touch.MAYBE
    return Touch.NONE if _only_looks(bare) else Touch.MAYBE


def _only_looks(command: str) -> bool:
    lexer = shlex.shlex(command.replace("\n", ";"), posix=True, punctuation_chars="();<>|&")
    lexer.commenters = ""
    part: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("();<>|&"):
                if ">" in word or not _looks(part):
                    return False
                part = []
            else:
                part.append(word)
    except ValueError:
        return False
    return _looks(part)


def _looks(words: list[str]) -> bool:
    match words:
        case []:
            return True
        case ["sed", *rest]:
            return "-n" in rest
        case ["git", *rest]:
            return bool(rest and _GIT_LOOKER.fullmatch(rest[0]))
        case ["find", *rest]:
            return not any(map(_FIND_WRITES.fullmatch, rest))
    return _LOOKER.fullmatch(words[0]) is not None
