"""From findings to changes: one for each thing that changed, however often it is felt."""

import re
from collections import defaultdict
from collections.abc import Iterable

from agent.openapi.change import ApiDiff, Change, Level, fingerprint
from agent.openapi.comparison import Comparison
from agent.openapi.json_values import mapping, text
from agent.openapi.paths import erased
from agent.openapi.spec import Spec, component_at
from agent.openapi.trail import Finding, Owner
from agent.openapi.words import place_words

_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}
_ERRORS = frozenset({"schemas/HTTPValidationError", "schemas/ValidationError"})
"""Components that FastAPI writes, and changes when it is upgraded."""
_PAGES = re.compile(r"schemas/(NinjaPaginationResponseSchema|Paged\w+|Paginated\w+List)")
"""Components that Django Ninja and Django REST framework write, and people who page by hand."""
_OF_PAGES = re.compile(r"/properties/(count|items|next|previous|results)(/|$)")


def _is_noise(change: Finding, component: str | None) -> bool:
    """Tell whether a framework made a change that breaks nobody."""
    if component in _ERRORS:
        return change.level is not Level.ERROR
    is_page = bool(component and _PAGES.fullmatch(component) and _OF_PAGES.search(change.pointer))
    return is_page and change.level is Level.INFO


def grouped(comparison: Comparison) -> ApiDiff:
    """Return the changes behind a comparison's findings, worst first, then by place."""
    felt = comparison.trail.feel()
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in comparison.trail.findings:
        groups[_fingerprint(comparison, finding, felt)].append(finding)
    changes = [_change(comparison, name, group, felt) for name, group in groups.items()]
    changes.sort(
        key=lambda c: (_RANK[c.level], c.component or "", c.operation or "", c.pointer, c.id)
    )
    return ApiDiff(
        changes=tuple(changes),
        base_version=_version(comparison.base),
        head_version=_version(comparison.head),
    )


def _version(spec: Spec) -> str:
    return text(mapping(spec.document.get("info")).get("version"))


def _fingerprint(
    comparison: Comparison, finding: Finding, felt: dict[Owner, frozenset[str]]
) -> str:
    component = component_at(finding.pointer)
    users = felt[finding.owner]
    place = component or (erased(next(iter(users))) if len(users) == 1 else finding.pointer)
    rule = finding.rule.replace("api-path-removed", "api-removed")  # whatever else is at the path
    return fingerprint(rule, place, (_words(comparison, finding), *finding.subjects))


def _words(comparison: Comparison, finding: Finding) -> str:
    if finding.place is None:
        return ""
    spec = comparison.base if finding.is_gone else comparison.head
    words = place_words(spec, finding.pointer)
    is_shared = component_at(finding.pointer) is not None
    return f"{words} in {finding.place.direction}s" if is_shared else words


def _change(
    comparison: Comparison,
    name: str,
    group: list[Finding],
    felt: dict[Owner, frozenset[str]],
) -> Change:
    first = min(group, key=lambda finding: _RANK[finding.level])
    operations = tuple(sorted(_union(felt[finding.owner] for finding in group)))
    component = component_at(first.pointer)
    words = _words(comparison, first)
    return Change(
        id=first.rule,
        level=first.level,
        operation=operations[0] if len(operations) == 1 else None,
        component=component,
        pointer=first.pointer,
        text=f"{words}: {first.what}" if words else first.what,
        fingerprint=name,
        affects=len(operations),
        operations=operations,
        is_noise=_is_noise(first, component),
    )


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
