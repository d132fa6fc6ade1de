"""The contract gate in the real sandbox, with real schemathesis beside real frameworks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.evidence.contract.asking import TOOL
from agent.evidence.gates import run_gate
from agent.ports import Needs
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from integrations.sandbox.environments import Environments
from tests.contract.git_remote import bubblewrap
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.bench import TODAY

Do = Callable[..., Evidence]
REQUIREMENTS = "fastapi>=0.121\ndjango==5.2.19\ndjango-ninja==1.7.1\nsqlalchemy>=2\n"
"""One environment serves all applications of this file."""
HEAD = """
import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI(openapi_url=None)
engine = create_engine(os.environ["DATABASE_URL"])


class Base(DeclarativeBase): ...


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=20)
    price: int = Field(ge=0, le=1000)


@app.get("/old")
def old() -> int:
    raise HTTPException(418)
"""
OLD = {"requirements.txt": REQUIREMENTS, "main.py": HEAD, ".backsmith.yml": "contract: true\n"}
BODY = '{"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": \
"object", "required": ["age"], "properties": {"age": {"type": "integer", "minimum": 18}}}}}}}'
FAULTY = f"""

@app.get("/items/{{number}}")
def one(number: int) -> Item:
    Path("touched.txt").write_text("by a request")
    Path(__file__).with_name("beside.txt").write_text("by a request")
    raise HTTPException(404, "no such item")


@app.post("/items", status_code=201)
def make(item: Item) -> Item:
    1 / item.price
    return item


@app.post("/people", openapi_extra={BODY})
async def person(request: Request) -> dict[str, int]:
    return {{}}
"""
CORRECT = """

class Missing(BaseModel):
    detail: str


class Person(BaseModel):
    age: int = Field(ge=18)


@app.get("/items/{number}", responses={404: {"model": Missing}})
def one(number: int) -> Item:
    raise HTTPException(404, "no such item")


@app.post("/items", status_code=201)
def make(item: Item) -> Item:
    with Session(engine) as session:
        session.add(Row(name=item.name))
        session.commit()
        assert session.scalars(select(Row).limit(1)).one()
    return item


@app.post("/people")
async def person(given: Person) -> dict[str, int]:
    return {"age": given.age}
"""
SETTINGS = """
SECRET_KEY = "x" * 50
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "ninja"]
ROOT_URLCONF = "site_.urls"
USE_TZ = True
"""
NINJA = """
from django.contrib.auth.models import Group
from django.urls import path
from ninja import NinjaAPI, Schema
from pydantic import Field

api = NinjaAPI()


class New(Schema):
    name: str = Field(min_length=1, max_length=40)
    size: int = Field(ge=0, le=1000)


class Shown(Schema):
    id: int
    name: str
"""
NINJA_CORRECT = """

@api.post("/groups", response=Shown)
def make(request, new: New):
    return Group.objects.get_or_create(name=new.name)[0]
"""
NINJA_FAULTY = """

@api.post("/groups", response=Shown)
def make(request, new: New):
    100 / new.size
    return Group.objects.get_or_create(name=new.name)[0]
"""
URLS = "\n\nurlpatterns = [path('api/', api.urls)]\n"
DJANGO = {
    "requirements.txt": REQUIREMENTS,
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n',
    "site_/__init__.py": "",
    "site_/settings.py": SETTINGS,
    "site_/urls.py": NINJA + URLS,
    ".backsmith.yml": "contract:\n  examples: 10\n",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the packages of all applications; without them these tests are skipped."""
    home = tmp_path_factory.mktemp("home")
    path = home / "worktrees" / "first"
    path.mkdir(parents=True)
    (path / "requirements.txt").write_text(REQUIREMENTS)
    try:
        Environments(home).for_needs(worktree(path), Needs(also=(TOOL,)))
    except (NeedsHumanError, TransientError) as error:
        pytest.skip(f"{TOOL} cannot be installed here: {error}")
    return home


def worktree(path: Path) -> Worktree:
    repository = Repository(name="acme/shop", git_url="/nowhere")
    return Worktree(path=path, repository=repository, head=CommitSha("0" * 40))


@pytest.fixture
def judged(home: Path, tmp_path: Path) -> Do:
    """Judge a change of files by the gate, at its base and then at its head."""
    path = home / "worktrees" / tmp_path.name

    def judged_(before: dict[str, str], after: dict[str, str]) -> Evidence:
        artifacts = FakeArtifacts()
        write(path, before)
        bench = Bench(bubblewrap(home), worktree(path), Stack(), artifacts, TODAY)
        known = run_gate(Gate.CONTRACT, bench)
        write(path, after)
        base = CommitSha("b" * 40)
        bench = Bench(
            bubblewrap(home), worktree(path), Stack(), artifacts, TODAY, base, at_base=(known,)
        )
        found = run_gate(Gate.CONTRACT, bench)
        names = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
        assert names == {*before, *after, ".backsmith-results/contract.json"}
        return found

    return judged_


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_what_answers_as_it_is_described_passes(judged: Do) -> None:
    found = judged(OLD, {"main.py": HEAD + CORRECT})
    assert (found.status, found.output) == (GateStatus.PASS, ""), found.reason
    assert found.reason.startswith("3 operations tried with ")
    assert found.measures["requests"] > 40


def test_three_faults_are_named_with_what_was_sent_and_came_back(judged: Do) -> None:
    found = judged(OLD, {"main.py": HEAD + FAULTY})
    assert found.status is GateStatus.FAIL, found.reason
    assert sorted(found.findings) == [
        "GET /items/{number}: status_code_conformance 404",
        "POST /items: not_a_server_error 500",
        "POST /people: negative_data_rejection 200",
    ]
    assert "ZeroDivisionError: division by zero (main.py:" in found.output
    assert "sent: curl -X GET /items/" in found.output
    assert 'came back: 404 {"detail":"no such item"}' in found.output
    assert "/old" not in found.output


def test_django_ninja_is_tried_on_tables_of_its_own(judged: Do) -> None:
    found = judged(DJANGO, {"site_/urls.py": NINJA + NINJA_CORRECT + URLS})
    assert (found.status, found.output) == (GateStatus.PASS, ""), found.reason
    found = judged(DJANGO, {"site_/urls.py": NINJA + NINJA_FAULTY + URLS})
    assert found.findings == ("POST /api/groups: not_a_server_error 500",)
    assert "ZeroDivisionError: division by zero (site_/urls.py:" in found.output
