"""What gates say beside their verdict, in lines for people: risks, weak proofs, flaky tests."""

from collections.abc import Iterator, Sequence

from agent.domain.evidence import Evidence, Gate, Remark
from agent.evidence.allowing import ALLOWED
from agent.evidence.red.reasons import Shown
from agent.evidence.result import ENVIRONMENT, FLAKY
from agent.permissions import LABELS
from agent.text import first_line

_MOST = 10
_LONGEST = 400
_OF_ANY_GATE = frozenset({ALLOWED, FLAKY, ENVIRONMENT})
_NO_NEWS = frozenset({str(Shown.RED), "rewritten"})


def remark_lines(evidence: Evidence) -> list[str]:
    """Return what a reader needs of a gate's remarks, 10 lines at most, and how many more."""
    told = [item for item in evidence.remarks if _is_told(evidence, item)]
    lines = [first_line(_line(item), _LONGEST) for item in told[:_MOST]]
    return [*lines, f"and {len(told) - _MOST} more (--json)"] if len(told) > _MOST else lines


def closing_lines(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield the labels with which people allow what was refused."""
    for item in evidence:
        label = LABELS.get(item.gate)
        if label is not None and _may_be_allowed(item, label):
            what = "if the change alters no behaviour" if label == "refactoring" else "if meant so"
            yield f"{item.gate}: {what}, --label {label}"


def _may_be_allowed(evidence: Evidence, label: str) -> bool:
    says_so = f"the label {label}" in evidence.reason
    return evidence.status == "fail" or (evidence.status == "not_run" and says_so)


def _is_told(evidence: Evidence, remark: Remark) -> bool:
    is_known = remark.what in evidence.output or (not remark.why and remark.what in evidence.reason)
    if is_known:
        return False
    if evidence.gate is Gate.RED_TO_GREEN:
        return remark.kind not in _NO_NEWS
    return evidence.gate is Gate.MIGRATIONS or remark.kind in _OF_ANY_GATE


def _line(remark: Remark) -> str:
    why = f" ({remark.why})" if remark.why else ""
    return f"{remark.kind.replace('_', ' ')}: {remark.what}{why}"
