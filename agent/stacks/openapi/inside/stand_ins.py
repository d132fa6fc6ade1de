"""Stand-ins for packages that cannot be installed, so that the rest can be imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class AbsentThing:
    """Something of a package that is not there: called, it gives itself or what it decorates."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        """Take whatever the real thing would be given."""

    def __call__(self, *arguments: Any, **_named: Any) -> Any:
        """Return a decorated function as it is."""
        is_decorating = len(arguments) == 1 and callable(arguments[0])
        return arguments[0] if is_decorating else self

    def __getattr__(self, name: str) -> Any:
        """Return a thing for every plain name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return AbsentThing()

    def __getitem__(self, _key: Any) -> Any:
        """Return a thing for every key."""
        return AbsentThing()

    def __iter__(self) -> Iterator[Any]:
        """Yield nothing."""
        return iter(())

    def __contains__(self, _item: Any) -> bool:
        """Say that nothing is in it."""
        return False


class AbsentModule(ModuleType):
    """A module in which everything can be found: classes by their capital, else things."""

    def __getattr__(self, name: str) -> Any:
        """Return a class that can be a base, an error that can be caught, or a thing."""
        if name.startswith("__"):
            raise AttributeError(name)
        base: type = Exception if name.endswith(("Error", "Exception")) else AbsentThing
        thing = type(name, (base,), {"__module__": self.__name__})
        is_class = name[:1].isupper() and not name.isupper()
        found = thing if is_class else AbsentThing()
        setattr(self, name, found)
        return found


class AbsentFinder(MetaPathFinder, Loader):
    """Finds the modules of some packages when nobody else does."""

    def __init__(self, names: list[str]) -> None:
        """Take the packages' top-level names."""
        self.names = set(names)

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Return how to load a module; None for one that is none of ours."""
        is_ours = name.partition(".")[0] in self.names
        return ModuleSpec(name, self, is_package=True) if is_ours else None

    def create_module(self, spec: Any) -> ModuleType:
        """Return the empty module."""
        return AbsentModule(spec.name)

    def exec_module(self, _module: ModuleType) -> None:
        """Do nothing: a module gets its names when they are asked for."""


def stand_in(names: list[str]) -> None:
    """Let packages be imported that are not there."""
    if names:
        finder: Any = AbsentFinder(names)
        sys.meta_path.append(finder)
