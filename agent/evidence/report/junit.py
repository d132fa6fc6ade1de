"""The gates as a JUnit file, for pages that show tests: one case a gate."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from agent.domain.evidence import Evidence, GateStatus
from agent.evidence.report.remarks import remark_lines

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold. Source: W3C, "Extensible Markup Language 1.0", 2.2."""
_SUITE = "backsmith verify"


def render_junit(evidence: Sequence[Evidence]) -> str:
    """Return a JUnit file: a gate that fails is a failure, one that could not run is an error."""
    counts = {status: sum(e.status is status for e in evidence) for status in GateStatus}
    figures = {
        "name": _SUITE,
        "tests": str(len(evidence)),
        "failures": str(counts[GateStatus.FAIL]),
        "errors": str(counts[GateStatus.NOT_RUN]),
        "skipped": str(counts[GateStatus.NOT_APPLICABLE]),
        "time": f"{sum(item.seconds for item in evidence):.2f}",
    }
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", figures)
    for item in evidence:
        _add(suite, item)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add(suite: ElementTree.Element, item: Evidence) -> None:
    about = {"classname": "backsmith.verify", "name": item.gate, "time": f"{item.seconds:.2f}"}
    case = ElementTree.SubElement(suite, "testcase", about)
    kind = {
        GateStatus.FAIL: "failure",
        GateStatus.NOT_RUN: "error",
        GateStatus.NOT_APPLICABLE: "skipped",
    }.get(item.status)
    if kind is not None:
        said = ElementTree.SubElement(case, kind, {"message": _plain(item.reason)})
        said.text = _plain(item.output) or None
    told = [item.reason] if kind is None and item.reason else []
    lines = [*told, *remark_lines(item)]
    if lines:
        ElementTree.SubElement(case, "system-out").text = _plain("\n".join(lines))


def _plain(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
