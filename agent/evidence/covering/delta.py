"""What a change does to coverage: the figures, and the lines behind them. Pure."""

from collections.abc import Iterable, Iterator

from agent.domain.value import Value
from agent.evidence.covering.lines import FileChange
from agent.evidence.covering.report import Coverage, FileCoverage
from agent.survey.source import is_test_path


class Place(Value):
    """Lines of one file, from `first` to `last`."""

    path: str
    first: int
    last: int

    def __str__(self) -> str:
        """Return it as `path:10-14`."""
        return f"{self.path}:{self.first}" + (f"-{self.last}" if self.last > self.first else "")


class Delta(Value):
    """What a change does to coverage."""

    changed: int
    """Statements on lines of the product that it added or edited."""
    changed_covered: int
    uncovered: tuple[Place, ...]
    """Those that did not run."""
    lost: tuple[Place, ...]
    """Lines that it left alone, which ran at the base and do not any more."""

    @property
    def percent(self) -> float:
        """Percent of the changed statements that ran; 100 of nothing."""
        return 100 * self.changed_covered / self.changed if self.changed else 100.0


def delta(base: Coverage | None, head: Coverage, changes: dict[str, FileChange]) -> Delta:
    """Compare two commits; without a base nothing can be lost.

    Tests run themselves: their lines say nothing of the product's, and do not count.
    """
    changed = covered = 0
    uncovered: list[Place] = []
    lost: list[Place] = []
    for path, file in head.files.items():
        if is_test_path(path):
            continue
        change = changes.get(path)
        if change is not None:
            missing = {line for line in file.missing if change.has(line)}
            ran = sum(change.has(line) for line in file.covered)
            changed, covered = changed + len(missing) + ran, covered + ran
            uncovered += places(path, file, missing)
        if base is not None:
            lost += places(path, file, _lost(base, file, path, change))
    return Delta(
        changed=changed, changed_covered=covered, uncovered=tuple(uncovered), lost=tuple(lost)
    )


def _lost(base: Coverage, file: FileCoverage, path: str, change: FileChange | None) -> set[int]:
    before = base.files.get(change.old_path if change else path)
    if before is None:
        return set()
    ran = {change.moved(line) if change else line for line in before.covered}
    return {line for line in file.missing if line in ran and not (change and change.has(line))}


def places(path: str, file: FileCoverage, lines: Iterable[int]) -> Iterator[Place]:
    """Yield statements that follow each other as one place."""
    wanted = set(lines)
    first = last = 0
    for line in sorted({*file.covered, *file.missing}):
        if line in wanted:
            first, last = first or line, line
        elif first:
            yield Place(path=path, first=first, last=last)
            first = 0
    if first:
        yield Place(path=path, first=first, last=last)
