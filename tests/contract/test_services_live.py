"""Repositories whose tests need PostgreSQL, in the real sandbox with a real server."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent.domain.evidence import Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.evidence.gates import run_gate
from agent.stacks.services.value import Services
from agent.survey.gathering import gather
from agent.survey.surveying import survey
from agent.tools.base import Bench
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.artifacts import FakeArtifacts

REQUIREMENTS = (
    "fastapi>=0.121\nsqlalchemy>=2\npsycopg[binary]>=3.2\npytest\ncoverage\ndjango==5.2.19\nredis\n"
)
"""One environment serves both repositories."""
APP = """
import os

from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"])


@app.post("/orders")
def order() -> int:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO orders DEFAULT VALUES"))
        return connection.execute(text("SELECT count(*) FROM orders")).scalar_one()
"""
TESTS = """
import redis

from app import order


def test_the_first_order():
    assert order() == 1


def test_the_cache():
    assert redis.Redis("cache", 6380, password="pw").incr("orders") == 1
"""
CI = """
jobs:
  test:
    env:
      DATABASE_URL: postgresql+psycopg://shop:secret@db:5433/shop
      REDIS_URL: redis://:pw@cache:6380/0
    services:
      db: {image: "postgres:16", env: {POSTGRES_USER: shop, POSTGRES_DB: shop}}
      cache: {image: "redis:7"}
    steps:
      - run: python -m pytest -q
"""
SHOP = {"requirements.txt": REQUIREMENTS, "app.py": APP, "test_app.py": TESTS}
SETTINGS = """
import os

SECRET_KEY, INSTALLED_APPS, USE_TZ = "x", ["clinic"], True
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "clinic",
                         "USER": "nurse", "PASSWORD": os.environ["DB_PASSWORD"]}}
"""
CLINIC = {
    "requirements.txt": REQUIREMENTS,
    "clinic/settings.py": SETTINGS,
    "clinic/__init__.py": "",
    "clinic/models.py": "from django.db import models\n\n\nclass Patient(models.Model):\n"
    "    tags = models.JSONField(default=list)\n",
    "clinic/tests.py": "from django.db import connection\nfrom django.test import TestCase\n\n"
    "from clinic.models import Patient\n\n\nclass PatientTest(TestCase):\n"
    "    def test_one(self):\n        assert Patient.objects.create().pk == 1\n"
    "        assert connection.vendor == 'postgresql'\n",
    "manage.py": "import os\nimport sys\n\nfrom django.core.management import "
    "execute_from_command_line\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', "
    "'clinic.settings')\nexecute_from_command_line(sys.argv)\n",
}
Of = Callable[..., Bench]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose environments all tests of this file share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def bench_of(home: Path) -> Of:
    """Return a function that gives the worktree of a repository with these files."""

    def bench(name: str, files: dict[str, str], base: CommitSha | None = None) -> Bench:
        path = home / "worktrees" / name
        for place, text in files.items():
            (path / place).parent.mkdir(parents=True, exist_ok=True)
            (path / place).write_text(text)
        if base is None:
            git(path, "init", "-q", "-b", "main")
        git(path, "add", "-A")
        git(path, "commit", "-q", "-m", "change")
        head = CommitSha(git(path, "rev-parse", "HEAD"))
        repository = Repository(name=f"acme/{name}", git_url="/nowhere")
        worktree = Worktree(path=path, repository=repository, head=head)
        sandbox = bubblewrap(home)
        stack = survey(gather(sandbox, worktree)).stack
        return Bench(sandbox, worktree, stack, FakeArtifacts(), date(2026, 11, 23), base)

    return bench


def without(bench: Bench) -> Bench:
    """Return the bench of a repository of which it is not known that it needs servers."""
    return replace(bench, stack=bench.stack.model_copy(update={"services": Services()}))


def filled(bench: Bench) -> Bench:
    """Return the bench of a repository whose CI makes a table before the tests."""
    making = "psql shop -c 'CREATE TABLE orders (id serial)'"
    services = bench.stack.services.model_copy(update={"before": (making,)})
    return replace(bench, stack=bench.stack.model_copy(update={"services": services}))


def test_a_service_is_tested_beside_its_database_and_cache(bench_of: Of) -> None:
    bench = filled(bench_of("shop", {**SHOP, ".github/workflows/ci.yml": CI}))
    assert run_gate(Gate.TESTS, without(bench)).status is GateStatus.FAIL
    for _ in range(2):  # the second run sees nothing of the first
        evidence = run_gate(Gate.TESTS, bench)
        assert (evidence.status, evidence.reason) == (GateStatus.PASS, "2 passed"), evidence.output


def test_djangos_tests_make_their_own_database_on_the_server(bench_of: Of) -> None:
    bench = bench_of("clinic", CLINIC)
    assert run_gate(Gate.TESTS, without(bench)).status is GateStatus.FAIL
    evidence = run_gate(Gate.TESTS, bench)
    assert (evidence.status, evidence.reason) == (GateStatus.PASS, "1 passed"), evidence.output
