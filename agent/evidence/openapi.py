"""The OpenAPI gate: what the change does to the API, held against the base.

At the base the description is exported and kept, with what the team said about changes of its API;
a change cannot allow itself anything. At the head it is exported again and compared.
"""

import json
from datetime import date

from agent.domain.errors import NotFoundError, SettingsError, ToolError
from agent.domain.evidence import Evidence, Gate
from agent.domain.value import Value
from agent.evidence.result import Problem, Result
from agent.openapi.change import ApiDiff, Change
from agent.openapi.compare import diff
from agent.openapi.levels import LEVELS
from agent.openapi.loading import load
from agent.openapi.options import Options
from agent.openapi.policy import POLICY_FILES, ApiPolicy, apply, joined, read_policy
from agent.openapi.report.line import render_line
from agent.openapi.spec import SpecError
from agent.permissions import NOTHING, Allowed, way_out
from agent.ports import Artifacts
from agent.stacks.openapi.exporting import export_openapi
from agent.stacks.openapi.value import NO_FRAMEWORK, Export
from agent.tools.base import Bench

_BASE = "the base's description"
_DESCRIPTION, _COMPARISON = ".api-description.json", ".api-comparison.json"
_POLICY_BYTES = 1 << 20
_WAY_OUT = "[Keep what clients use beside what is new; or, if it is meant to go, {}.]"


class ApiAtBase(Value):
    """The API at the base, and what the team says about changes of it."""

    content: str
    """The description; empty when there is none."""
    export: Export
    """How it was got, without its content."""
    policies: dict[str, str]
    """The team's files by name."""


class ApiComparison(Value):
    """What a change does to the API."""

    diff: ApiDiff
    notes: tuple[str, ...] = ()
    """What a reader has to know about how it was found out, a sentence each."""


def check_openapi(bench: Bench) -> Result:
    """Export the description of the API; with a base, say what the change does to it."""
    try:
        return _at_base(bench) if bench.base is None else _at_head(bench)
    except SettingsError as error:
        return _not_run(Export(), str(error))


def _at_base(bench: Bench) -> Result:
    """Keep the description, so that a change can be held against it."""
    policies = _policies(bench)
    export = export_openapi(bench, targets=_read_policy(policies).apps)
    content = (export.content or b"").decode("utf-8", "replace")
    facts = export.model_copy(update={"content": None})
    kept = ApiAtBase(content=content, export=facts, policies=policies)
    artifact = bench.artifacts.put(kept.model_dump_json().encode(), _DESCRIPTION)
    if export.content is not None:
        return _shown(export, _operations(export), artifact)
    result = _not_run(export, f"no spec: {export.reason}")
    nothing = export.reason if export.reason == NO_FRAMEWORK else ""
    return result.model_copy(update={"artifact": artifact, "nothing_to_do": nothing})


def _at_head(bench: Bench) -> Result:
    known = bench.known(Gate.OPENAPI)
    base = _read_base(bench.artifacts, known) if known else None
    if known is not None and base is None:
        return _not_run(Export(), known.reason or "what the base showed is gone")
    policy = _read_policy(base.policies) if base else ApiPolicy()
    export = export_openapi(bench, targets=policy.apps)
    had_none = base is None or not base.content
    if export.reason == NO_FRAMEWORK and export.content is None and had_none:
        return Result(gate=Gate.OPENAPI, seconds=export.seconds, nothing_to_do=export.reason)
    problem = _unable(base, export)
    if problem:
        return _not_run(export, problem)
    if base is None or had_none:
        what = f"{_operations(export)}; there is none at the base to compare with"
        return _shown(export, what, _keep(bench, ApiComparison(diff=ApiDiff())))
    return _compared(bench, base, policy, export)


def _read_policy(files: dict[str, str]) -> ApiPolicy:
    return joined(read_policy(text.encode(), name, LEVELS) for name, text in sorted(files.items()))


def _policies(bench: Bench) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in POLICY_FILES:
        try:
            found[name] = str(bench.files("result", path=name, cap=_POLICY_BYTES)["text"])
        except ToolError:
            continue
    return found


def _read_base(artifacts: Artifacts, known: Evidence) -> ApiAtBase | None:
    if known.artifact is None or not known.artifact.endswith(_DESCRIPTION):
        return None
    try:
        return ApiAtBase.model_validate_json(artifacts.get(known.artifact))
    except NotFoundError:
        return None


def _unable(base: ApiAtBase | None, export: Export) -> str:
    """Return why the two cannot be compared; empty when they can."""
    if export.content is None:
        return f"no spec: {export.reason}"
    was_live = base is not None and bool(base.content) and not base.export.reason
    if was_live and not export.is_live:
        return f"the code gives no description any more: {export.reason}"
    return ""


def _not_run(export: Export, why: str) -> Result:
    problem = Problem(key="no description of the API", text=why, place=why)
    return Result(gate=Gate.OPENAPI, seconds=export.seconds, unable=(problem,))


def _operations(export: Export) -> str:
    document = _document(export)
    items = document.get("paths", {})
    number = sum(len(item) for item in items.values() if isinstance(item, dict))
    from_what = f"{export.source} ({export.framework})" if export.framework else export.source
    return f"{number} operations, from {from_what}"


def _document(export: Export) -> dict[str, dict[str, object]]:
    try:
        found = json.loads(export.content or b"{}")
    except ValueError:  # a committed file may be YAML
        return {}
    return found if isinstance(found, dict) else {}


def _shown(export: Export, summary: str, artifact: str) -> Result:
    return Result(
        gate=Gate.OPENAPI,
        command=f"backsmith openapi export ({export.source})",
        exit_code=0,
        seconds=export.seconds,
        summary=summary,
        artifact=artifact,
    )


def _compared(bench: Bench, base: ApiAtBase, policy: ApiPolicy, export: Export) -> Result:
    try:
        comparison = _compare(base, policy, export, bench.today)
    except SpecError as error:
        result = _not_run(export, str(error))
        return result.model_copy(update={"is_no_fault": error.name == _BASE})
    found = comparison.diff
    breaking = tuple(change for change in found.changes if change.is_breaking)
    line = render_line(found).removeprefix("API: ")
    given = bench.allowed(Gate.OPENAPI) if breaking else NOTHING
    if given.by:
        line += f"; allowed by {given.by}"
    result = _shown(export, line, _keep(bench, comparison))
    if given.by or not breaking:
        return result
    findings = _problems(breaking, given)
    return result.model_copy(update={"exit_code": 1, "findings": findings})


def _keep(bench: Bench, comparison: ApiComparison) -> str:
    return bench.artifacts.put(comparison.model_dump_json().encode(), _COMPARISON)


def _compare(base: ApiAtBase, policy: ApiPolicy, export: Export, today: date) -> ApiComparison:
    older = load(base.content.encode(), _BASE)
    newer = load(export.content or b"", "the description")
    options = Options(today=today, sunset_days=policy.sunset_days)
    applied = apply(diff(older, newer, options), policy, today)
    return ApiComparison(diff=applied.diff, notes=(*_notes(base.export, export), *applied.notes))


def _notes(base: Export, head: Export) -> tuple[str, ...]:
    notes = []
    if base.framework != head.framework:
        notes.append(f"Versions differ: {base.framework} at the base, {head.framework} here.")
    if head.absent:
        notes.append(f"Stand-ins were imported for {', '.join(head.absent)}.")
    elif head.is_low_quality or base.is_low_quality:
        notes.append("The code tells little of types: mostly paths and methods are compared.")
    if base.reason:
        notes.append(f"The base's description is a file: {base.reason}")
    if head.reason:
        notes.append(f"The description is a file, for the code gives none: {head.reason}")
    if head.dummies:
        notes.append(f"Settings that were filled in to import it: {', '.join(head.dummies)}.")
    if head.others:
        notes.append(f"Other applications were not looked at: {', '.join(head.others)}.")
    return tuple(notes)


def _problems(breaking: tuple[Change, ...], given: Allowed) -> tuple[Problem, ...]:
    """Return what breaks clients; the last one says what can be done about it."""
    texts = [
        f"{change.operation or change.component or 'the API'}: {change.text} [{change.id}]"
        for change in breaking
    ]
    texts[-1] += f"\n{_WAY_OUT.format(way_out(Gate.OPENAPI, '', given))}"
    return tuple(
        Problem(key=change.fingerprint, text=text)
        for change, text in zip(breaking, texts, strict=True)
    )


def comparison_in(artifacts: Artifacts, evidence: tuple[Evidence, ...]) -> ApiComparison | None:
    """Return what the gate kept of a change's effect on the API, if it is among the evidence."""
    name = next((item.artifact for item in evidence if item.gate is Gate.OPENAPI), None)
    if name is None or not name.endswith(_COMPARISON):
        return None
    try:
        return ApiComparison.model_validate_json(artifacts.get(name))
    except NotFoundError:
        return None
