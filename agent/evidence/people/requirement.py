"""One requirement as a manifest writes it, and what can be said of it by itself."""

import re
from typing import Any

from agent.domain.value import Value

_PLAIN = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?(?P<rest>[^;#)]*)"
)
_DIRECT = re.compile(r"(?:git|hg|svn|bzr)\+\S+|(?:https?|ssh|file|git)://\S+", re.IGNORECASE)
_EGG = re.compile(r"#egg=([\w.-]+)")
_LAST_PART = re.compile(
    r"([A-Za-z0-9][\w.-]*?)(?:\.git|\.zip|\.tar\.gz|\.whl)?(?:@[^/]*)?(?:#.*)?$"
)
_WHEEL = re.compile(r"([A-Za-z0-9][\w.]*)-\d[^/]*\.(?:whl|tar\.gz|zip)")
_BOUND = re.compile(r"<|~=|==|\^|~(?!=)|(?<![=<>!~])=(?!=)|^\d")
_EXACT = re.compile(r"^={1,3}\s*[\w.!+-]+$|^\d[\w.!+-]*$")


class Requirement(Value):
    """A package that a manifest asks for."""

    name: str
    """As package indexes compare names: small letters, `-` between words."""
    specifier: str = ""
    """The versions, as written."""
    address: str = ""
    """Where it comes from, when that is no package index: without user, password and query."""
    manifest: str = ""
    group: str = ""
    """The extra or group; empty for what runs."""
    is_hashed: bool = False

    @property
    def is_pinned(self) -> bool:
        """Tell whether exactly one version fits."""
        return "*" not in self.specifier and bool(_EXACT.match(self.specifier))

    @property
    def is_bounded(self) -> bool:
        """Tell whether a new major version cannot come by itself."""
        return self.is_pinned or bool(_BOUND.search(self.specifier))

    def held(self) -> str:
        """Return how far its versions are held, in words."""
        if self.is_pinned:
            return f"pinned ({self.specifier})"
        return f"bounded ({self.specifier})" if self.is_bounded else "not bounded"


def canonical(name: str) -> str:
    """Return a package's name as indexes compare it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(line: str, manifest: str, group: str = "") -> Requirement | None:
    """Return what one line asks for; None for an option, a local path or a comment."""
    text = line.strip()
    text = re.sub(r"^(-e|--editable)[ =]\s*", "", text).strip("\"'")
    if not text or text.startswith(("#", "-", ".", "/")):
        return None
    direct = _DIRECT.search(text)
    if direct:
        name = _name_of_address(text, direct)
        found = Requirement(name=canonical(name), manifest=manifest, group=group)
        return found.model_copy(update={"address": _shown(direct[0])})
    plain = _PLAIN.match(text)
    if plain is None or text.endswith((".whl", ".tar.gz", ".zip")):
        return None
    specifier = re.split(r"\s--|\s\\", plain["rest"])[0].strip().rstrip("\\").strip()
    return Requirement(
        name=canonical(plain["name"]),
        specifier=" ".join(specifier.split()),
        manifest=manifest,
        group=group,
        is_hashed="--hash" in text,
    )


def of_table(name: str, value: Any, manifest: str, group: str) -> Requirement | None:
    """Return what an entry of a table asks for, as Poetry and Pipfile write it."""
    found = Requirement(name=canonical(name), manifest=manifest, group=group)
    if isinstance(value, str):
        return found.model_copy(update={"specifier": "" if value == "*" else value})
    if isinstance(value, list):
        return of_table(name, value[0], manifest, group) if value else found
    if not isinstance(value, dict):
        return None
    if "path" in value or value.get("workspace"):
        return None
    address = next((str(value[key]) for key in ("git", "url", "hg", "file") if key in value), "")
    version = str(value.get("version", ""))
    update = {"specifier": "" if version == "*" else version, "address": _shown(address)}
    return found.model_copy(update=update)


def _name_of_address(text: str, direct: re.Match[str]) -> str:
    before = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s", text)
    if before:
        return before[1]
    named = (
        _EGG.search(text) or _WHEEL.search(direct[0]) or _LAST_PART.search(direct[0].rstrip("/"))
    )
    return named[1] if named else "unnamed"


def _shown(address: str) -> str:
    """Return an address without what may be a secret in it."""
    bare = re.sub(r"//[^/@]*@", "//", address)
    return re.split(r"[?;#]", bare)[0][:200]
