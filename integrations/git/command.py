"""Git on the host, through GitPython, for mirrors only: no hooks, no configuration but ours."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import git

from agent.domain.value import Value
from integrations.git.failures import translated

_PROGRAM = ("env", "-u", "GIT_WORK_TREE", "git")
"""No value of this variable is harmless, so it is taken out."""
_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"),
    *("-c", "credential.helper=", "-c", "submodule.recurse=false"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "protocol.ext.allow=never"),
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_NAMESPACE": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS": "",
}
LOCAL_SECONDS = 120


class Said(Value):
    """What one git command answered."""

    status: int
    output: bytes
    problem: str

    def text(self) -> str:
        """Return the output as text without the last newline."""
        return self.output.decode("utf-8", "replace").rstrip("\n")


class Git:
    """Runs git in one mirror.

    GitPython passes this process's environment on; the variables that could lead git elsewhere
    (a hook of another repository may have started us) are set to what they must be here.
    """

    def __init__(self, mirror: Path) -> None:
        self.mirror = mirror
        self._runner = git.Git("/")

    def ask(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        seconds: float = LOCAL_SECONDS,
    ) -> Said:
        """Run git and return whatever it answers; arguments come from us, never from a model."""
        where = {
            "GIT_DIR": str(self.mirror),
            "GIT_INDEX_FILE": str(self.mirror / "index"),
            "GIT_OBJECT_DIRECTORY": str(self.mirror / "objects"),
        }
        with tempfile.TemporaryFile() as source:
            source.write(stdin)
            source.seek(0)
            status, output, problem = self._runner.execute(
                [*_PROGRAM, *_OPTIONS, *arguments],
                istream=source,
                env={**_ENVIRONMENT, **where, **(environment or {})},
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=seconds,
            )
        return Said(status=status, output=output, problem=problem)

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        seconds: float = LOCAL_SECONDS,
    ) -> Said:
        """Run git; raise one of our errors unless it succeeds."""
        said = self.ask(*arguments, stdin=stdin, environment=environment, seconds=seconds)
        if said.status != 0:
            raise translated(f"git {' '.join(arguments[:2])} in {self.mirror.name}", said.problem)
        return said
