"""What is looked for, and what an export gives."""

from typing import Literal

from agent.domain.value import Value

NO_FRAMEWORK = "no FastAPI, Django REST framework or Django Ninja application was found"


class Export(Value):
    """A description of an API, or why there is none."""

    content: bytes | None = None
    """The description: JSON, or what a committed file holds. None when there is none."""
    reason: str = ""
    """Why the code did not give it; empty when it did."""
    source: str = ""
    """Where it is from: `app.main:app`, `config.settings (Django)`, `committed openapi.json`."""
    is_low_quality: bool = False
    """True when the code tells so little of types that only paths and methods can be compared."""
    framework: str = ""
    """Names and versions, such as `FastAPI 0.121.0, pydantic 2.12.0`."""
    dummies: tuple[str, ...] = ()
    """Names of settings that were missing and filled in."""
    absent: tuple[str, ...] = ()
    """Modules that could not be installed and have stand-ins: what builds upon them is not told."""
    seconds: float = 0.0
    others: tuple[str, ...] = ()
    """Applications in other folders, which are services of their own and were not exported."""

    @property
    def is_live(self) -> bool:
        """Tell whether the code itself gave the description."""
        return self.content is not None and not self.reason


class Target(Value):
    """One thing to import."""

    module: str
    """A dotted name; of Django the settings."""
    name: str = ""
    """The object or the factory in it; empty for whatever application there is."""
    is_factory: bool = False
    is_declared: bool = False
    """True when the repository says that this is its application."""

    @property
    def label(self) -> str:
        """Return it as servers write it."""
        return f"{self.module}:{self.name}" if self.name else self.module


class Service(Value):
    """What is exported together, in one process."""

    kind: Literal["fastapi", "django"]
    root: str = ""
    """The folder that modules are imported from, relative to the repository; empty for its root."""
    project: str = ""
    """The folder whose requirements count, and in which the process runs."""
    targets: tuple[Target, ...] = ()

    @property
    def label(self) -> str:
        """Return its place and its first target."""
        place = f"{self.root}/" if self.root else ""
        return f"{place}{self.targets[0].label}"
