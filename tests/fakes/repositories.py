"""Repositories as the survey gathers them, from texts by path."""

from pathlib import Path

from agent.survey.gathering import gather
from agent.survey.surveying import survey
from agent.survey.telling import introduction
from agent.survey.values import Kind, RepositoryFile, RepositoryFiles, Survey
from tests.fakes.bench import office

SAMPLES = Path(__file__).parents[2] / "office" / "samples"


def gathered(texts: dict[str, str], **others: Kind) -> RepositoryFiles:
    """Return what is gathered from texts, and from files of another kind by their name."""
    at = office(files=texts)
    found = gather(at.sandbox, at.bench().worktree)
    extra = tuple(RepositoryFile(path=name, size=9, kind=kind) for name, kind in others.items())
    return found.model_copy(update={"files": found.files + extra})


def sample(name: str) -> dict[str, str]:
    """Return the texts of one of the sample services."""
    root = SAMPLES / name
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    kept = [path for path in paths if "__pycache__" not in path.parts]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in kept}


def told(found: Survey, summary: str = "", description: str = "") -> str:
    """Return what a developer is told of a repository before a ticket."""
    return introduction(found, "acme/shop", found.stack, summary, description)


def told_of(texts: dict[str, str], summary: str = "", description: str = "") -> str:
    """Return what a developer is told of a repository with these texts."""
    return told(survey(gathered(texts)), summary, description)
