"""How clients authenticate.

A requirement is a list of alternatives; each is a set of schemes with scopes. A client follows one
of the old alternatives: it breaks when no new one is satisfied by what it sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.openapi.change import Level
from agent.openapi.comparison import Comparison
from agent.openapi.json_values import items, mapping, text, texts
from agent.openapi.levels import LEVELS
from agent.openapi.paths import Operation, operations, path_items, resolved
from agent.openapi.shape import Spot
from agent.openapi.spec import Spec
from agent.openapi.trail import Owner
from agent.openapi.words import quoted


@dataclass(frozen=True)
class Scheme:
    """A way to authenticate."""

    sent: str
    """What clients send: two schemes that ask for the same are one."""
    name: str = field(compare=False)


Alternative = dict[Scheme, frozenset[str]]
"""Scopes by scheme; empty: no authentication at all."""


def compare_security(
    comparison: Comparison, base: Operation, head: Operation, owner: Owner
) -> None:
    """Compare what an operation itself asks for, where one of the two says so."""
    if "security" not in base.node and "security" not in head.node:
        return
    old = _of(comparison.base, base.node)
    new = _of(comparison.head, head.node)
    _compare(comparison, "api-security", old, new, owner, head.spot.pointer)


def compare_global_security(comparison: Comparison) -> None:
    """Compare what all operations without a word of their own ask for."""
    old, new = (
        _alternatives(spec, spec.document.get("security"))
        for spec in (comparison.base, comparison.head)
    )
    owner = comparison.trail.owner()
    paths = Spot(comparison.head.document, "").down("paths")
    for path, item in path_items(comparison.head, paths):
        for operation in operations(path, item):
            if "security" not in operation.node:
                comparison.trail.uses(comparison.trail.owner(operation.name), owner)
    _compare(comparison, "api-global-security", old, new, owner, "/security")


def _of(spec: Spec, operation: dict[str, Any]) -> list[Alternative]:
    return _alternatives(spec, operation.get("security", spec.document.get("security")))


def _alternatives(spec: Spec, written: Any) -> list[Alternative]:
    return [_alternative(spec, mapping(one)) for one in items(written)] or [{}]


def _alternative(spec: Spec, written: dict[str, Any]) -> Alternative:
    found: Alternative = {}
    for name, scopes in written.items():
        scheme = _scheme(spec, name)
        found[scheme] = found.get(scheme, frozenset()) | frozenset(texts(scopes))
    return found


def _scheme(spec: Spec, name: str) -> Scheme:
    """Return a scheme by what clients send; its name they never see.

    OAuth 2, OpenID Connect and bearer tokens look the same in a request.
    """
    schemes = Spot(spec.document, "").down("components", "securitySchemes")
    node = mapping(resolved(spec, schemes.down(name)).node)
    kind, scheme = text(node.get("type")), text(node.get("scheme")).lower()
    if kind in ("oauth2", "openIdConnect") or (kind, scheme) == ("http", "bearer"):
        return Scheme("bearer token", name)
    if kind == "apiKey":
        return Scheme(f"{text(node.get('in'))} {text(node.get('name'))}", name)
    return Scheme(f"{kind} {scheme}" if kind else name, name)


def _suffices(sent: Alternative, wanted: Alternative) -> bool:
    return all(name in sent and scopes <= sent[name] for name, scopes in wanted.items())


def _compare(
    comparison: Comparison,
    stem: str,
    old: list[Alternative],
    new: list[Alternative],
    owner: Owner,
    pointer: str,
) -> None:
    breaks = not all(any(_suffices(sent, wanted) for wanted in new) for sent in old)
    ours, theirs = _by_schemes(old), _by_schemes(new)
    for names in theirs.keys() - ours.keys():
        if names:
            level = Level.ERROR if breaks else Level.INFO
            what = f"{_words(names)} is a way to authenticate now"
            comparison.say(f"{stem}-added", owner, pointer, what, *_names(names), level=level)
    for names in ours.keys() - theirs.keys():
        if names:
            is_only_loss = breaks and not theirs.keys() - ours.keys()
            level = Level.ERROR if is_only_loss else LEVELS[f"{stem}-removed"]
            what = f"{_words(names)} is no way to authenticate any more"
            comparison.say(f"{stem}-removed", owner, pointer, what, *_names(names), level=level)
    if frozenset() in theirs and frozenset() not in ours and ours.keys() & theirs.keys():
        what = "authentication is optional now"
        comparison.say(f"{stem}-removed", owner, pointer, what, "optional")
    for names in ours.keys() & theirs.keys():
        for scheme in names:
            scopes = (ours[names][scheme], theirs[names][scheme])
            _compare_scopes(comparison, stem, scheme.name, scopes, owner, pointer)
    if breaks and frozenset() in ours and frozenset() not in theirs and ours.keys() & theirs.keys():
        what = "authentication is not optional any more"
        comparison.say(f"{stem}-added", owner, pointer, what, "not optional", level=Level.ERROR)


def _by_schemes(alternatives: list[Alternative]) -> dict[frozenset[Scheme], Alternative]:
    """Return alternatives by their schemes; of several with the same, what all of them ask for."""
    found: dict[frozenset[Scheme], Alternative] = {}
    for one in alternatives:
        known = found.get(frozenset(one), one)
        found[frozenset(one)] = {scheme: scopes & known[scheme] for scheme, scopes in one.items()}
    return found


def _compare_scopes(
    comparison: Comparison,
    stem: str,
    scheme: str,
    scopes: tuple[frozenset[str], frozenset[str]],
    owner: Owner,
    pointer: str,
) -> None:
    old, new = scopes
    for scope in sorted(new - old):
        what = f"{quoted(scheme)} asks for the scope {quoted(scope)} now"
        comparison.say(f"{stem}-scope-added", owner, pointer, what, scheme, scope)
    for scope in sorted(old - new):
        what = f"{quoted(scheme)} does not ask for the scope {quoted(scope)} any more"
        comparison.say(f"{stem}-scope-removed", owner, pointer, what, scheme, scope)


def _names(schemes: frozenset[Scheme]) -> list[str]:
    return sorted(scheme.name for scheme in schemes)


def _words(schemes: frozenset[Scheme]) -> str:
    return " with ".join(quoted(name) for name in _names(schemes))


def compare_schemes(comparison: Comparison) -> None:
    """Compare the security schemes among the components."""
    ours = Spot(comparison.base.document, "").down("components", "securitySchemes")
    theirs = Spot(comparison.head.document, "").down("components", "securitySchemes")
    owner = comparison.trail.owner()
    was, is_now = mapping(ours.node), mapping(theirs.node)
    for name in was.keys() - is_now.keys():
        what, where = f"the security scheme {quoted(name)} is gone", ours.down(name).pointer
        comparison.say("api-security-component-removed", owner, where, what, is_gone=True)
    for name in is_now.keys() - was.keys():
        what, where = f"the security scheme {quoted(name)} is new", theirs.down(name).pointer
        comparison.say("api-security-component-added", owner, where, what)
    for name in was.keys() & is_now.keys():
        old = resolved(comparison.base, ours.down(name))
        new = resolved(comparison.head, theirs.down(name))
        _compare_scheme(comparison, name, old, new, owner)


def _compare_scheme(
    comparison: Comparison, name: str, base: Spot, head: Spot, owner: Owner
) -> None:
    old, new = text(base.node.get("type")), text(head.node.get("type"))
    if old != new:
        what = f"the security scheme {quoted(name)} went from {quoted(old)} to {quoted(new)}"
        comparison.say("api-security-component-type-changed", owner, head.pointer, what)
    ours, theirs = base.down("flows"), head.down("flows")
    for flow in sorted(mapping(ours.node).keys() - mapping(theirs.node).keys()):
        what = f"tokens of {quoted(name)} cannot be got by the flow {quoted(flow)} any more"
        rule = "api-security-component-oauth-flow-removed"
        comparison.say(rule, owner, ours.pointer, what, flow, is_gone=True)
    for flow in sorted(mapping(theirs.node).keys() - mapping(ours.node).keys()):
        what = f"tokens of {quoted(name)} can be got by the flow {quoted(flow)} now"
        rule = "api-security-component-oauth-flow-added"
        comparison.say(rule, owner, theirs.pointer, what, flow)
    for flow in mapping(ours.node).keys() & mapping(theirs.node).keys():
        _compare_flow(comparison, f"{name} {flow}", ours.down(flow), theirs.down(flow), owner)


_URLS = {"authorizationUrl": "oauth-url", "tokenUrl": "oauth-token-url"}


def _compare_flow(comparison: Comparison, name: str, base: Spot, head: Spot, owner: Owner) -> None:
    ours, theirs = mapping(base.node), mapping(head.node)
    stem, where = "api-security-component", head.pointer
    for keyword, rule in _URLS.items():
        if ours.get(keyword) != theirs.get(keyword):
            what = f"{keyword} of {quoted(name)} is another one now"
            comparison.say(f"{stem}-{rule}-changed", owner, where, what)
    old, new = mapping(ours.get("scopes")), mapping(theirs.get("scopes"))
    for scope in sorted(new.keys() - old.keys()):
        what = f"the scope {quoted(scope)} of {quoted(name)} is new"
        comparison.say(f"{stem}-oauth-scope-added", owner, where, what, scope)
    for scope in sorted(old.keys() - new.keys()):
        what = f"the scope {quoted(scope)} of {quoted(name)} is gone"
        comparison.say(f"{stem}-oauth-scope-removed", owner, where, what, scope)
    for scope in sorted(old.keys() & new.keys()):
        if old[scope] != new[scope]:
            what = f"the scope {quoted(scope)} of {quoted(name)} is described otherwise"
            comparison.say(f"{stem}-oauth-scope-changed", owner, where, what, scope)
