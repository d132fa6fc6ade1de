"""Which files, classes and functions are collected as tests.

Source: pytest 9, "Changing standard Python test discovery"; Python 3.13, unittest discovery.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatch

from agent.evidence.weakening.syntax import base_name

_UNENTERED = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")


@dataclass(frozen=True)
class Rules:
    """How a repository finds its tests."""

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)
    places: tuple[str, ...] = ()
    """Folders that are looked through; empty for all."""
    unentered: tuple[str, ...] = _UNENTERED
    unwanted: tuple[str, ...] = ()
    """Marks whose tests are left out, as by `-m "not slow"`."""

    def takes_file(self, path: str, *, was_taken: bool = False, is_unittest: bool = False) -> bool:
        """Tell whether a file's tests are collected.

        Args:
            path: Where it is.
            was_taken: True when it is at the same place at base and head: then its name is fine.
            is_unittest: True when all its tests are of unittest, whose discovery takes `test*.py`.
        """
        name = base_name(path)
        by_name = any(fnmatch(name, form) or fnmatch(path, form) for form in self.files)
        by_unittest = is_unittest and fnmatch(name, "test*.py")
        if not (by_name or by_unittest or (was_taken and name != "conftest.py")):
            return False
        return was_taken or self._enters(path)

    def _enters(self, path: str) -> bool:
        folders = path.split("/")[:-1]
        if any(fnmatch(folder, form) for folder in folders for form in self.unentered):
            return False
        if any(fnmatch("/".join(folders), form) for form in self.unentered):
            return False
        return not self.places or any(_within(path, place) for place in self.places)

    def takes_class(self, name: str) -> bool:
        """Tell whether pytest collects a class of this name."""
        return any(name.startswith(form) or fnmatch(name, form) for form in self.classes)

    def takes_function(self, name: str) -> bool:
        """Tell whether a function of this name is a test."""
        return any(name.startswith(form) or fnmatch(name, form) for form in self.functions)


def _within(path: str, place: str) -> bool:
    place = place.strip("./")
    return not place or path == place or path.startswith(f"{place}/") or fnmatch(path, f"{place}/*")


def left_out(text: str) -> frozenset[str]:
    """Return the marks that options such as `-m "not slow"` or `--exclude-tag=slow` leave out."""
    found = re.findall(r"--exclude-tag[= ]+[\"']?(\w+)", text)
    for expression in re.findall(r"(?:^|\s)-m[= ]*(\"[^\"]*\"|'[^']*'|not\s+\w+)", text):
        found += re.findall(r"\bnot\s+\(?(\w+)", expression)
    return frozenset(found)
