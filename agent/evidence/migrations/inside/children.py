"""Child processes that run the repository's code, each with one side of the change.

The parent never imports anything of the repository; it asks, and looks at the database itself.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

from agent.evidence.migrations.inside.alembic_side import AlembicSide
from agent.evidence.migrations.inside.django_side import DjangoSide
from agent.stacks.openapi.inside.failures import chain_of, judged
from agent.stacks.openapi.inside.guesses import database_urls, kind_of_name

STEP_SECONDS = 120
ROUNDS_OF_SETTINGS = 8
NOBODYS = "dummy:dummy@127.0.0.1:1/dummy"
"""What a guessed address of a database holds; ours takes its place."""


class Child:
    """One side of the change in a process of its own."""

    def __init__(self, root: str, job: dict[str, Any], socket: str, database: str) -> None:
        """Fork; `root` is the folder in which that side's files lie."""
        questions, self._ask = os.pipe()
        self._answers, answers = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._ask)
            os.close(self._answers)
            serve(root, job, socket, database, os.fdopen(questions), os.fdopen(answers, "w"))
        os.close(questions)
        os.close(answers)
        self._pending = b""
        self._has_ended = False

    def ask(self, question: str, **more: Any) -> dict[str, Any]:
        """Return the answer; one that does not come is an error too."""
        try:
            os.write(self._ask, (json.dumps({"ask": question, **more}) + "\n").encode())
        except OSError:
            return {"error": "the process ended"}
        end = time.monotonic() + STEP_SECONDS
        while b"\n" not in self._pending:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                return {"error": f"it took longer than {STEP_SECONDS} s"}
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                return {"error": "the process ended"}
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._has_ended:
            return
        self._has_ended = True
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        os.close(self._ask)
        os.close(self._answers)


def serve(
    root: str, job: dict[str, Any], socket: str, database: str, questions: Any, answers: Any
) -> None:
    """Answer questions until there are no more."""
    status = 1
    try:
        side = side_of(root, job, socket, database)
        for line in questions:
            question = json.loads(line)
            try:
                answer = getattr(side, question.pop("ask"))(**question)
            except BaseException as error:  # noqa: BLE001 - migrations raise what they like
                traceback.print_exc()
                answer = failure_of(error, job, root, side.statements())
            answers.write(json.dumps(answer, default=str) + "\n")
            answers.flush()
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)


def side_of(root: str, job: dict[str, Any], socket: str, database: str) -> Any:
    """Return the side, with its folder, its modules and its settings in place."""
    place = os.path.join(root, job["folder"]) if job["folder"] else root  # noqa: PTH118 - plain text
    os.chdir(place)
    folders = [place, *(os.path.join(root, path) for path in job["paths"]), root]  # noqa: PTH118 - as above
    sys.path[:0] = list(dict.fromkeys(folders))
    sys.argv = ["manage.py"]
    for name, value in {**job["example"], **job["settings"]}.items():
        is_ours = kind_of_name(name) == "database"
        os.environ[name] = address_of(name, value, socket, database) if is_ours else value
    kind = DjangoSide if job["tool"] == "django" else AlembicSide
    return kind(root, job, socket, database)


def address_of(name: str, value: str, socket: str, database: str) -> str:
    """Return the address of our database, with the driver that a setting's value names."""
    scheme = value.partition("://")[0]
    if not scheme.startswith("postgres"):
        likely = [url for url in database_urls(name) if url.startswith("postgres")]
        scheme = likely[0].partition("://")[0] if likely else "postgresql"
    return f"{scheme}://postgres@/{database}?host={socket}"


def failure_of(
    error: BaseException, job: dict[str, Any], root: str, statements: list[Any]
) -> dict[str, Any]:
    """Return what went wrong, and which settings may mend it."""
    found = judged(error, job, root)
    answer = {
        "error": found["reason"],
        "missing": found.get("missing", {}),
        "turns": found.get("turns", {}),
        "lacks": found.get("lacks", ""),
        "statements": statements,
    }
    for link in chain_of(error):
        state = getattr(link, "sqlstate", None) or getattr(link, "pgcode", None)
        if state:
            told = " ".join(str(link).strip().split("\n")[0].split())
            answer.update(state=str(state), error=f"{type(link).__name__}: {told}")
            break
    return answer


def opened(
    root: str, job: dict[str, Any], socket: str, database: str
) -> tuple[Any, dict[str, Any]]:
    """Return a child that has loaded its migrations, with what it found, filling in settings."""
    job = {**job, "settings": dict(job["settings"]), "turns": {}}
    child = Child(root, job, socket, database)
    answer: dict[str, Any] = {"error": "nothing was tried"}
    for _ in range(ROUNDS_OF_SETTINGS):
        answer = child.ask("load")
        if not answer.get("error") or not answer.get("missing"):
            break
        child.end()
        job["settings"].update(answer["missing"])
        job["turns"].update(answer["turns"])
        child = Child(root, job, socket, database)
    answer["settings"] = sorted(job["settings"])
    return child, answer
