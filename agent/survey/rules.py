"""The rules of the team: found in their usual places, cut by paragraphs and list items."""

import re
from collections.abc import Iterator

from agent.survey.values import RepositoryFiles, Rules

_PLACES = ("AGENTS.md", "CONTRIBUTING.md", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md")
_READMES = ("README.md", "README.rst", "README.txt")
_OF_DEVELOPMENT = re.compile(
    r"develop|contribut|convention|guideline|code style|testing|tests|layout|architecture|rules",
    re.I,
)
_KEPT = 12_000
"""Characters of one text that the survey keeps."""
_ITEM = re.compile(r"\s{0,3}([-*+]|\d+[.)])\s")


def rules(files: RepositoryFiles) -> tuple[Rules, ...]:
    """Return the texts with rules, the most binding first, without empty ones."""
    found = [Rules(path=path, text=text[:_KEPT]) for path, text in _texts(files) if text.strip()]
    return tuple(found)


def _texts(files: RepositoryFiles) -> Iterator[tuple[str, str]]:
    for path in _PLACES:
        yield path, files.text(path) or ""
    for path in _READMES:
        parts = [part for part in _sections(files.text(path) or "") if _is_about_work(part)]
        yield path, "\n".join(parts)


def _sections(text: str) -> list[str]:
    return [part for part in re.split(r"(?m)^(?=#{1,3} )", text) if part.strip()]


def _is_about_work(section: str) -> bool:
    title = section.splitlines()[0]
    return title.startswith("##") and _OF_DEVELOPMENT.search(title) is not None


def cut(text: str, room: int, known: tuple[str, ...]) -> tuple[str, int]:
    """Return the paragraphs and list items that fit, in their order, and how many do not.

    List items come before prose. An item that only repeats the `known` commands is left out.
    """
    blocks = [block for block in _blocks(text) if not _repeats(block, known)]
    order = sorted(range(len(blocks)), key=lambda n: (not _ITEM.match(blocks[n]), n))
    chosen: list[int] = []
    for number in order:
        room -= len(blocks[number]) + 1
        if room < 0:
            break
        chosen.append(number)
    return "\n".join(blocks[n] for n in sorted(chosen)), len(blocks) - len(chosen)


def _repeats(block: str, known: tuple[str, ...]) -> bool:
    said = [command for command in known if f"`{command}`" in block]
    return len(said) > 1 and len(said) == len(known)


def _blocks(text: str) -> list[str]:
    """Return list items with what belongs to them, paragraphs and fenced code, without titles."""
    blocks: list[list[str]] = [[]]
    is_code = False
    for line in text.splitlines():
        is_fence = line.lstrip().startswith("```")
        if not is_code and (not line.strip() or line.startswith("#")):
            blocks.append([])
            continue
        if not is_code and _ITEM.match(line):
            blocks.append([])
        is_code = is_code != is_fence
        blocks[-1].append(line.rstrip())
    return ["\n".join(lines) for lines in blocks if lines]


def titles(text: str) -> list[str]:
    """Return the titles of a Markdown text."""
    return [line.lstrip("# ").strip() for line in text.splitlines() if re.match(r"#{1,3} ", line)]
