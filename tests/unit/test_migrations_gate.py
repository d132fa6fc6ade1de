"""The migrations gate: what is looked at, what fails, and what the way out is."""

import ast
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.domain.evidence import Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.migrations.inside.alembic_side import ways_back
from agent.evidence.migrations.inside.locks import by_own_rules, lock_facts
from agent.evidence.migrations.inside.looking import look
from agent.evidence.migrations.inside.proving import one_way
from agent.evidence.migrations.inside.rows import is_wiped, same_value
from agent.evidence.migrations.inside.schema import differences, is_longer_enum
from agent.evidence.migrations.judging import judge
from agent.evidence.migrations.looking import LOOKING
from agent.evidence.migrations.script import script
from agent.evidence.migrations.values import Fact, Looked, Proven, Tool
from agent.ports import Command, CommandResult
from agent.stacks.commands import Stack
from tests.fakes.live import Live
from tests.fakes.sandbox import Files
from tests.migrations.corpus import Files as Folder
from tests.migrations.corpus import base_files, cases, head_files, write

_LONGEST_ARGUMENT = 128 << 10
"""Source: Linux, MAX_ARG_STRLEN."""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A Developer", "-c", "user.email=developer@example.com")
    command = ("git", *identity, *arguments)
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


class Tree:
    """A repository with the base of the corpus."""

    def __init__(self, folder: Path, tool: str) -> None:
        self.folder = folder
        write(folder, base_files(tool))
        git(folder, "init", "-q", "-b", "main")
        self.base = self.commit()

    def commit(self) -> str:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", "shop: begin")
        return git(self.folder, "rev-parse", "HEAD").strip()

    def looked(self, files: Folder, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        write(self.folder, files)
        monkeypatch.chdir(self.folder)
        return look({"base": self.base, "branches": ["refs/heads/main"]})


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_a_new_migration_and_its_heads_are_seen(
    tmp_path: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in cases(tool) if "models" in case)
    [found] = Tree(tmp_path, tool).looked(head_files(case), monkeypatch)["tools"]
    begun = {"alembic": ["0001"], "django": ["shop/0001_initial"]}[tool]
    assert found["base_heads"] == begun
    assert len(found["heads"]) == 1
    assert found["heads"] != begun
    assert (found["edited"], len(found["models"]), found["base_has_it"]) == ([], 1, True)


def test_alembic_settings_are_found_wherever_they_point_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, "alembic")
    git(tmp_path, "mv", "migrations", "backend")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/backend\n")
    [found] = tree.looked({"models.py": "from sqlalchemy import Column\nColumn('x')\n"},
                          monkeypatch)["tools"]  # fmt: skip
    assert (found["ini"], found["script"], found["folder"]) == ("alembic.ini", "backend", "")


def test_code_that_describes_no_table_is_none_of_the_gates_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Tree(tmp_path, "django").looked({"shop/views.py": "def index(): ...\n"}, monkeypatch)
    assert (found["tools"], found["has_tools"]) == ([], True)


def test_a_merge_and_a_rebase_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, "alembic")
    case = next(case for case in cases("alembic") if case["name"] == "a nullable column")
    text = head_files(case)["migrations/versions/0002_next.py"]
    other = "migrations/versions/0009_other.py"
    write(tmp_path, {other: text.replace('"0002"', '"0009"')})
    tree.commit()
    git(tmp_path, "checkout", "-q", "--detach", tree.base)
    found = tree.looked({"migrations/versions/0002_next.py": text}, monkeypatch)
    [tool] = found["tools"]
    assert (tool["heads"], tool["fresh_heads"], found["branch"]) == (
        ["0002"], ["0002", "0009"], "main",
    )  # fmt: skip


def judged(*facts: Fact, tool: Tool | None = None, **more: Any) -> list[str]:
    found = judge(tool or Tool(tool="alembic", folder=""), Looked(branch="main"),
                  Proven(facts=facts, **more))  # fmt: skip
    return [problem.text for problem in found.problems]


def test_heads_that_the_base_has_too_do_not_count() -> None:
    split = Tool(tool="alembic", folder="", heads=("b", "c"), base_heads=("b", "c"))
    assert judged(tool=split) == []
    [text] = judged(tool=split.model_copy(update={"base_heads": ("a",)}))
    assert text.startswith("more than one head: b, c. Way out: ")


def test_apps_of_django_have_a_head_each() -> None:
    apart = Tool(tool="django", folder="", heads=("shop/0002_a", "cart/0002_b"))
    assert judged(tool=apart) == []
    fresh = apart.model_copy(update={"fresh_heads": ("shop/0002_a", "shop/0002_z")})
    [text] = judged(tool=fresh)
    assert text.startswith("on the newest main there would be more than one head")


def test_the_way_out_follows_from_what_postgresql_said() -> None:
    fact = Fact(kind="up_fails", what="NotNullViolation", state="23502",
                statements=(("0002", "ALTER TABLE a ADD b text NOT NULL"),))  # fmt: skip
    [text] = judged(fact)
    assert "at: ALTER TABLE a ADD b text NOT NULL. Way out: add it nullable" in text


def test_braces_in_what_a_database_says_are_only_text() -> None:
    [text] = judged(Fact(kind="left_over", what="a {what} {x!r}"))
    assert "a {what} {x!r}" in text


def test_a_server_that_lacks_something_is_a_reason_and_no_fault() -> None:
    lacks = "NotSupportedError: ICU is not supported in this build"
    proven = Proven(facts=(Fact(kind="up_fails", what=lacks),), lacks_in_build=lacks)
    found = judge(Tool(tool="django", folder=""), Looked(), proven)
    assert found.problems == ()
    assert "lacks something" in found.not_run


def test_a_migration_without_postgresql_is_not_run_and_no_fault(tmp_path: Path) -> None:
    case = next(case for case in cases("alembic") if case["name"] == "a nullable column")
    live = Live(tmp_path, base_files("alembic"))
    bench = live.bench(Stack(), head_files(case))
    answers = {LOOKING.read_text(): bench.sandbox.run}

    class Without(type(bench.sandbox)):  # type: ignore[misc]
        def run(self, worktree: Any, command: Command) -> CommandResult:
            if command.argv[-1] in answers:
                return super().run(worktree, command)  # type: ignore[no-any-return]
            text = json.dumps({"problem": "there is no PostgreSQL"})
            write(worktree.path, {".backsmith-results/migrations.json": text})
            return CommandResult(exit_code=0, output="", seconds=0.1)

    bench.sandbox.__class__ = Without
    evidence = run_gate(Gate.MIGRATIONS, bench)
    assert (evidence.status, evidence.as_at_base) == (GateStatus.NOT_RUN, True)
    assert evidence.reason == "there is no PostgreSQL"


def test_without_a_base_there_is_nothing_to_try(tmp_path: Path) -> None:
    files: Files = {"shop.py": "A = 1\n"}
    live = Live(tmp_path, files)
    assert run_gate(Gate.MIGRATIONS, live.bench(Stack())).status is GateStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ('CREATE INDEX "a" ON "orders" ("b")', ["index"]),
        ("CREATE INDEX CONCURRENTLY a ON public.orders (b)", []),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (b > 0)", ["constraint"]),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (b > 0) NOT VALID", []),
        ("ALTER TABLE orders ALTER COLUMN b SET NOT NULL", ["set_not_null"]),
        ("ALTER TABLE orders ADD CONSTRAINT c UNIQUE (b)", ["unique"]),
        ("UPDATE orders SET b = 1", ["unbatched"]),
        ("UPDATE orders SET b = 1 WHERE b IS NULL", ["unbatched"]),
        ("UPDATE orders SET b = 1 WHERE id BETWEEN 1 AND 500", []),
        ('UPDATE "orders" SET b = 1 WHERE "orders"."id" IN (1, 2)', []),
        ("UPDATE orders SET b = 1 WHERE id IN (SELECT id FROM orders LIMIT 9)", []),
        ("UPDATE orders SET b = 1 WHERE id IN (SELECT id FROM orders)", ["unbatched"]),
        ("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", ["locked"]),
        ("CREATE INDEX a ON fresh (b)", []),
        ("UPDATE fresh SET b = 1", []),
    ],
)
def test_what_holds_up_a_table_in_use_is_named(
    sql: str, kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert [fact["kind"] for fact in lock_facts([["0002", sql]], {"orders"}, {})] == kinds


def test_rules_of_our_own_know_each_statement_by_its_number() -> None:
    assert by_own_rules(["SELECT 1", "DROP INDEX a"]) == [(1, "drop_index")]


@pytest.mark.parametrize(
    ("down", "found"),
    [
        ("    pass\n", ["no_way_down"]),
        ("    # Nothing to undo: the column goes with the step before.\n    pass\n", []),
        ("    # ### commands auto generated ###\n    pass\n", ["no_way_down"]),
        ("    op.execute('SELECT 1')\n", []),
    ],
)
def test_an_empty_downgrade_of_data_must_say_why(down: str, found: list[str]) -> None:
    up = "def upgrade():\n    op.execute('UPDATE a SET b = 1')\n\n\n"
    text = f"{up}def downgrade():\n{down}"
    step = {"name": "0002", "path": "v/0002.py", **ways_back(text)}
    facts = list(one_way([step], [["0002", "UPDATE a SET b = 1"]]))
    assert [fact["kind"] for fact in facts] == found
    with_table = list(one_way([step], [["0002", "ALTER TABLE a ADD b int"]]))
    assert bool(with_table) == ("SELECT" not in down)


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("1", "1", True),
        ("1.50", "1.5", True),
        ("1.55", "1.5", False),
        ("true", "1", True),
        ("2024-01-02", "2024-01-02 00:00:00+00", True),
        ("2024-01-02 03:04:05+00", "2024-01-02", False),
        ("a", None, False),
    ],
)
def test_values_are_the_same_whatever_their_type(old: str, new: str | None, is_same: bool) -> None:
    assert same_value(old, new) is is_same


def test_values_that_are_all_one_were_wiped() -> None:
    assert is_wiped([("a", ""), ("b", "")])
    assert not is_wiped([("A", "a"), ("B", "b"), (None, "c")])


def test_a_label_that_stays_in_an_enumeration_is_told_apart() -> None:
    before, after = {"enum kinds": "a, b"}, {"enum kinds": "a, b, c", "table x": "r"}
    lines = differences(before, after)
    assert [is_longer_enum(line, before, after) for line in lines] == [True, False]


def test_the_script_is_one_text_for_python_3_8_that_fits_an_argument() -> None:
    tree = ast.parse(script(), feature_version=(3, 8))
    names = Counter(node.name for node in tree.body if hasattr(node, "name"))
    assert [name for name, times in names.items() if times > 1] == []
    assert len(script().encode()) < _LONGEST_ARGUMENT
    ast.parse(LOOKING.read_text(), feature_version=(3, 8))
