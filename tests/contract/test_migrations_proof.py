"""A few migrations through the real sandbox: packages, a PostgreSQL of its own, and the gate."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.evidence.gates import run_gate
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.artifacts import FakeArtifacts
from tests.migrations.corpus import Files, base_files, cases, head_files, write

REQUIREMENTS = {
    "alembic": "alembic==1.20.1\nsqlalchemy==2.1.9\n",
    "django": "django==5.2.19\n",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose environments all tests of this file share."""
    return tmp_path_factory.mktemp("home")


class Change:
    """A repository with the base of the corpus, and a worktree in which it is changed."""

    def __init__(self, home: Path, name: str, tool: str, more: Files) -> None:
        self.path, self._home = home / "worktrees" / name, home
        files = {**base_files(tool), "requirements.txt": REQUIREMENTS[tool], **more}
        write(self.path, files)
        git(self.path, "init", "-q", "-b", "main")
        self.base = self.commit()

    def commit(self) -> CommitSha:
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "-m", "shop: begin")
        return CommitSha(git(self.path, "rev-parse", "HEAD"))

    def judged(self, files: Files) -> Evidence:
        write(self.path, files)
        repository = Repository(name="acme/shop", git_url="/nowhere")
        worktree = Worktree(path=self.path, repository=repository, head=self.base)
        bench = Bench(
            bubblewrap(self._home), worktree, Stack(), FakeArtifacts(), date(2026, 11, 23),
            base=self.base,
        )  # fmt: skip
        return run_gate(Gate.MIGRATIONS, bench)


def case(tool: str, name: str) -> dict[str, Any]:
    return next(case for case in cases(tool) if case["name"] == name)


ENV_BY_SETTINGS = {
    "shop/__init__.py": "",
    "shop/settings.py": "import os\n\nDATABASE_URL = os.environ['DATABASE_URL']\n"
    "SECRET = os.environ['SHOP_SECRET']\n",
    "migrations/env.py": base_files("alembic")["migrations/env.py"]
    .replace("from models", "from shop.settings import DATABASE_URL\nfrom models")
    .replace("config = context.config\n", "config = context.config\n"
             "config.set_main_option('sqlalchemy.url', DATABASE_URL)\n"),
}  # fmt: skip


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_a_good_migration_passes_with_its_risks_named(home: Path, tool: str) -> None:
    more = ENV_BY_SETTINGS if tool == "alembic" else {}
    change = Change(home, f"good-{tool}", tool, more)
    evidence = change.judged(head_files(case(tool, "a plain index is a risk and no fault")))
    assert (evidence.status, evidence.output) == (GateStatus.PASS, "")
    assert "1 new migration; up, down and up again on PostgreSQL 1" in evidence.reason
    assert [remark.kind for remark in evidence.remarks] == ["index"]
    assert evidence.measures["rows"] >= 6


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_a_bad_migration_fails_with_the_way_out(home: Path, tool: str) -> None:
    change = Change(home, f"bad-{tool}", tool, {})
    name = {
        "alembic": "a required column without a default",
        "django": "a field is removed while the code reads it",
    }[tool]
    evidence = change.judged(head_files(case(tool, name)))
    assert evidence.status is GateStatus.FAIL
    assert "Way out:" in evidence.output


def test_a_change_beside_migrations_needs_no_database(home: Path) -> None:
    change = Change(home, "beside", "alembic", {"shop.py": "def total():\n    return 0\n"})
    evidence = change.judged({"shop.py": "def total():\n    return 1\n"})
    assert evidence.status is GateStatus.NOT_APPLICABLE
    assert evidence.reason == "the change touches no migration and no model"


def test_two_migrations_with_the_same_parent_are_seen_before_the_rebase(home: Path) -> None:
    change = Change(home, "rebase", "django", {})
    name = "shop/migrations/0002_{}.py"
    text = head_files(case("django", "a nullable field"))["shop/migrations/0002_next.py"]
    write(change.path, {name.format("city"): text})
    change.commit()
    git(change.path, "checkout", "-q", "--detach", change.base)
    evidence = change.judged({name.format("town"): text.replace("city", "town")})
    assert evidence.status is GateStatus.FAIL
    assert "on the newest main there would be more than one head" in evidence.output


def test_a_base_that_does_not_run_is_no_fault_of_the_change(home: Path) -> None:
    broken = {"migrations/env.py": "raise SystemExit('run_migrations needs a license')\n"}
    change = Change(home, "broken", "alembic", broken)
    evidence = change.judged(head_files(case("alembic", "a nullable column")))
    assert evidence.status is GateStatus.NOT_RUN
    assert evidence.as_at_base
    assert "the base's own migrations do not run here" in evidence.reason
