"""What the scripts in the sandbox tell, taken for what it is: a stranger's."""

from pydantic import ConfigDict, Field

from agent.domain.value import Value


class Tool(Value):
    """One tool for migrations in a repository, and what the change does to its migrations."""

    model_config = ConfigDict(extra="ignore")

    tool: str
    """`alembic` or `django`."""
    folder: str
    """Where it is started, relative to the repository."""
    script: str = ""
    """Alembic's folder with env.py."""
    ini: str = ""
    settings: tuple[str, ...] = ()
    """Django's settings modules, the likeliest first."""
    changed: tuple[str, ...] = ()
    """Migrations that were added, edited or deleted."""
    edited: tuple[str, ...] = ()
    """Those of them that the base has."""
    models: tuple[str, ...] = ()
    """Other changed files that describe tables."""
    base_has_it: bool = True
    heads: tuple[str, ...] = ()
    base_heads: tuple[str, ...] = ()
    fresh_heads: tuple[str, ...] = ()
    """The heads when the change stands upon the newest commit of the base's branch."""
    wants_extensions: bool = False


class Looked(Value):
    """What a change has to do with migrations."""

    model_config = ConfigDict(extra="ignore")

    tools: tuple[Tool, ...] = ()
    """Those whose migrations or models the change touches."""
    has_tools: bool = False
    branch: str = ""
    """The branch of the newest commit; empty when there is none newer than the base."""


class Fact(Value):
    """One thing that the proof showed."""

    model_config = ConfigDict(extra="ignore")

    kind: str
    what: str
    step: str = ""
    sql: str = ""
    old: str = ""
    new: str = ""
    rows: int = 0
    state: str = ""
    """PostgreSQL's code of an error."""
    example: str = ""
    columns: tuple[str, ...] = ()
    statements: tuple[tuple[str, str], ...] = ()


class Proven(Value):
    """What one tool's migrations did."""

    model_config = ConfigDict(extra="ignore")

    facts: tuple[Fact, ...] = ()
    problem: str = ""
    """Why there was no proof."""
    server: str = ""
    version: str = ""
    steps: tuple[str, ...] = ()
    """The migrations that the change adds."""
    tables: int = 0
    rows: int = 0
    unseeded: dict[str, str] = Field(default_factory=dict)
    """Tables that stayed empty, with why."""
    settings: tuple[str, ...] = ()
    """Settings that were missing and filled in."""
    seconds: dict[str, float] = Field(default_factory=dict)
    note: str = ""
    lacks: str = ""
    """A module that is not installed."""
    lacks_in_build: str = ""
    """What the PostgreSQL at hand was built without."""
