"""The gate's core: from the files of both sides to what is checked less. Nothing is executed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.ci import changed_ci
from agent.evidence.weakening.ci_files import is_ci
from agent.evidence.weakening.config_files import unreadable
from agent.evidence.weakening.examples import easier_input
from agent.evidence.weakening.finding import Finding, Found, Kind
from agent.evidence.weakening.hooks import hooked
from agent.evidence.weakening.laxer import laxer
from agent.evidence.weakening.losing import Losses
from agent.evidence.weakening.marking import marked, new_sites
from agent.evidence.weakening.mocking import mocked
from agent.evidence.weakening.settings import rules_of, settings_of
from agent.evidence.weakening.side import is_testing
from agent.evidence.weakening.supporting import weaker_helpers
from agent.evidence.weakening.suppressing import silenced


def find_weakening(
    before: Mapping[str, str], after: Mapping[str, str], paths: Sequence[str] = ()
) -> Found:
    """Return what a change takes away from the checks.

    Args:
        before: Texts by path at the base: those that change, and any others of the tests, of
            configuration and of CI that help to understand them.
        after: The same at the head. A file that is the same on both sides is taken as context.
        paths: All paths at the base, if they are known; else those of `before` are taken.
    """
    old, new = settings_of(before), settings_of(after)
    change = Change(before, after, rules_of(old, _ci(before)), rules_of(new, _ci(after)))
    tests = sorted({path for path in (*before, *paths) if is_testing(path)})
    losses = Losses(change)
    found = losses.found()
    silences = silenced(before, after, change.changed)
    findings = [
        *found.findings,
        *marked(change, losses.matched),
        *new_sites(change),
        *weaker_helpers(change, losses.pool),
        *mocked(change, losses.matched),
        *easier_input(change, losses.matched),
        *hooked(change),
        *silences.findings,
        *laxer(old, new, tests, _packages(paths)),
        *changed_ci(before, after),
        *_unreadable(change),
    ]
    notes = (*found.notes, *silences.notes)
    return Found(findings=tuple(_settled(findings)), notes=notes)


def _packages(paths: Sequence[str]) -> frozenset[str]:
    """Return the names under which the repository's own modules can be imported."""
    parts = [path.removesuffix(".py").split("/") for path in paths if path.endswith(".py")]
    return frozenset(part for row in parts for part in row[:3])


def _ci(files: Mapping[str, str]) -> str:
    return "\n".join(text for path, text in files.items() if is_ci(path))


def _unreadable(change: Change) -> Iterator[Finding]:
    """Yield what cannot be compared: a person has to look at it."""
    known = unreadable(change.before.texts)
    settings = [path for path in unreadable(change.after.texts) if path not in known]
    for path in (*settings, *filter(change.is_unread, change.testing)):
        text = "it cannot be read here, and was not compared"
        yield Finding(kind=Kind.UNREAD, path=path, name=path, text=text)


def _settled(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings once each, in the order of paths and lines.

    Of a test that is skipped or gone it is not said as well what it asserts.
    """
    once = {finding.key(): finding for finding in findings}
    lost = {
        (finding.path, finding.name)
        for finding in once.values()
        if finding.kind in (Kind.SKIPPED, Kind.REMOVED_TEST)
    }
    kept = [
        finding
        for finding in once.values()
        if not (finding.kind is Kind.REMOVED_ASSERTION and (finding.path, finding.name) in lost)
    ]
    return sorted(kept, key=lambda f: (f.path, f.head_line or f.base_line or 0, f.name, f.kind))
