"""Coverage as coverage.py reports it. The file is foreign: size and shape are not trusted.

Source: coverage 7.17, `coverage/jsonreport.py` and `coverage/results.py` (the percentage).
"""

from collections.abc import Iterable

from pydantic import BaseModel, Field, ValidationError

from agent.domain.value import Value
from agent.evidence.findings import located

LARGEST_BYTES = 48 << 20


class FileCoverage(Value):
    """Which lines of one file ran."""

    covered: tuple[int, ...] = ()
    """Lines with a statement that ran, ascending."""
    missing: tuple[int, ...] = ()
    """Lines with a statement that did not."""
    branches: int = 0
    missing_branches: int = 0


class Coverage(Value):
    """Which lines of a worktree ran."""

    files: dict[str, FileCoverage] = Field(default_factory=dict)
    """By path relative to the root."""

    @property
    def total(self) -> int:
        """Statements and branches together."""
        return sum(len(f.covered) + len(f.missing) + f.branches for f in self.files.values())

    @property
    def missed(self) -> int:
        """Statements and branches that did not run."""
        return sum(len(f.missing) + f.missing_branches for f in self.files.values())

    @property
    def percent(self) -> float:
        """Percent of statements and branches that ran; 100 of nothing."""
        return 100 * (self.total - self.missed) / self.total if self.total else 100.0


class _Summary(BaseModel):
    num_branches: int = Field(default=0, ge=0)
    """Also those that `pragma: no branch` forgives, which are in no list when they did not run."""


class _File(BaseModel):
    summary: _Summary = _Summary()
    executed_lines: frozenset[int] = frozenset()
    missing_lines: frozenset[int] = frozenset()
    executed_branches: frozenset[tuple[int, int]] = frozenset()
    missing_branches: frozenset[tuple[int, int]] = frozenset()


class Report(BaseModel):
    """One JSON file of coverage.py."""

    files: dict[str, _File]


def parse_report(text: str, root: str = "", folder: str = "") -> Report | None:
    """Return a report with paths relative to the root; None when it is none, or an empty one."""
    try:
        found = Report.model_validate_json(text)
    except (ValidationError, RecursionError):
        return None
    named = {located(path, root, folder): file for path, file in found.files.items()}
    inside = {path: file for path, file in named.items() if not path.startswith(("/", "../"))}
    return Report(files=inside) if inside else None


def joined(reports: Iterable[Report]) -> Coverage:
    """Return what several runs covered together."""
    together: dict[str, list[_File]] = {}
    for report in reports:
        for path, file in report.files.items():
            together.setdefault(path, []).append(file)
    return Coverage(files={path: _joined(files) for path, files in sorted(together.items())})


def _joined(files: list[_File]) -> FileCoverage:
    covered = frozenset[int]().union(*(file.executed_lines for file in files))
    missing = frozenset[int]().union(*(file.missing_lines for file in files)) - covered
    taken = frozenset[tuple[int, int]]().union(*(file.executed_branches for file in files))
    untaken = frozenset[tuple[int, int]]().union(*(file.missing_branches for file in files)) - taken
    return FileCoverage(
        covered=tuple(sorted(covered)),
        missing=tuple(sorted(missing)),
        branches=max(file.summary.num_branches for file in files) or len(taken) + len(untaken),
        missing_branches=len(untaken),
    )
