"""The gates that need a person: what they refuse, who can allow it, what is never shown."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from agent.domain.errors import NeedsHumanError
from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Worktree
from agent.evidence.gates import run_gate
from agent.own_secrets import OwnSecrets
from agent.permissions import LABELS
from agent.ports import Command, CommandResult
from agent.proving import prove
from tests.fakes.bench import LIFE, REPOSITORY, TICKET, Office, office
from tests.fakes.made_up import filled
from tests.fakes.sandbox import DETECTING, FakeSandbox, Files

OWN = filled("own-<<alnum 24>>", 7)
KEY = filled("-----BEGIN PRIVATE KEY-----\n<<alnum 64>>\n<<alnum 64>>\n-----END PRIVATE KEY-----\n")
TOKEN = filled("ghp_<<alnum 36>>")
TEST = "def test_total():\n    assert total([1, 2]) == 3\n"
WEAKER = "def test_total():\n    assert total([1, 2])\n"
REFUSED: dict[Gate, tuple[Files, Files, str]] = {
    Gate.WEAKENING: ({"tests/test_a.py": TEST}, {"tests/test_a.py": WEAKER}, "tests/test_a.py"),
    Gate.DEPENDENCIES: ({"requirements.txt": ""}, {"requirements.txt": "redis==5\n"}, "redis"),
    Gate.PROTECTED: ({}, {".github/workflows/ci.yml": "on: push\n"}, ".github/workflows/ci.yml"),
    Gate.DOCS: (
        {"README.md": "# Shop\n"},
        {"README.md": "# Shop\n", "a.py": "import os\nos.environ['SHOP_LIMIT']\n"},
        "SHOP_LIMIT",
    ),
}
"""A change that each gate refuses: before, after, and the name of it."""


class Change:
    """A change of a repository, judged by a gate."""

    def __init__(self, before: Files, after: Files) -> None:
        self.at: Office = office(files=before)
        self.at.sandbox.before = dict(before)
        self.head: CommitSha = self.at.workspace.commit_on_remote(REPOSITORY, "change", after)

    def judged(self, gate: Gate, own: OwnSecrets | None = None) -> Evidence:
        bench = self.at.desk.bench(REPOSITORY, LIFE, self.head, self.at.base)
        return run_gate(gate, replace(bench, own_secrets=own or OwnSecrets()))

    def label(self, *labels: str) -> None:
        self.at.ledger.replace(LIFE, "ticket", "current", {**TICKET, "labels": [*labels]})

    def plan(self, **fields: list[str]) -> None:
        self.at.ledger.replace(LIFE, "plan", "current", {"summary": "s", "files": [], **fields})

    def approve(self) -> None:
        self.at.ledger.replace(LIFE, "brief", "run-2", {"approved_by": "slack:U1"})


def added(text: str, path: str = "shop/app.py") -> Change:
    return Change({"README.md": "# Shop\n"}, {"README.md": "# Shop\n", path: text})


@pytest.fixture(params=REFUSED, ids=str)
def gate(request: pytest.FixtureRequest) -> Gate:
    found: Gate = request.param
    return found


def test_what_a_gate_refuses_fails_without_a_person(gate: Gate) -> None:
    before, after, name = REFUSED[gate]
    found = Change(before, after).judged(gate)
    assert found.status is GateStatus.FAIL
    assert name in found.output


def test_the_label_of_the_gate_allows_it_and_is_named(gate: Gate) -> None:
    before, after, _ = REFUSED[gate]
    change = Change(before, after)
    change.label(LABELS[gate])
    found = change.judged(gate)
    assert found.status is GateStatus.PASS
    assert found.reason.endswith(f"allowed by the label {LABELS[gate]} of PAY-1")
    assert [(r.kind, r.why) for r in found.remarks][:1] == [
        ("allowed", f"the label {LABELS[gate]} of PAY-1")
    ]


def test_the_label_of_another_gate_allows_nothing(gate: Gate) -> None:
    before, after, _ = REFUSED[gate]
    change = Change(before, after)
    change.label(*(label for other, label in LABELS.items() if other is not gate))
    assert change.judged(gate).status is GateStatus.FAIL


def test_an_approved_plan_that_names_it_allows_it(gate: Gate) -> None:
    before, after, name = REFUSED[gate]
    change = Change(before, after)
    change.plan(new_dependencies=[f"{name} for the cache"], exceptions=[f"{gate}: `{name}`"])
    assert change.judged(gate).status is GateStatus.FAIL
    change.approve()
    found = change.judged(gate)
    assert found.status is GateStatus.PASS
    assert found.reason.endswith("allowed by slack:U1, who approved the plan")


def test_an_approved_plan_that_names_something_else_allows_nothing(gate: Gate) -> None:
    before, after, name = REFUSED[gate]
    change = Change(before, after)
    other = f"more-{name}-more"
    change.plan(new_dependencies=[other], exceptions=[f"{gate}: {other}", f"coverage: {name}"])
    change.approve()
    assert change.judged(gate).status is GateStatus.FAIL


def test_what_a_plan_does_not_name_stays_refused_beside_what_it_names() -> None:
    change = Change({"requirements.txt": ""}, {"requirements.txt": "redis==5\nleft-pad==1\n"})
    change.plan(new_dependencies=["redis"])
    change.approve()
    found = change.judged(Gate.DEPENDENCIES)
    assert found.status is GateStatus.FAIL
    assert "left-pad is new" in found.output
    assert "redis" not in found.output
    assert found.reason == (
        "1 new dependency; 1 new dependency allowed by slack:U1, who approved the plan"
    )


@pytest.mark.parametrize("line", ["reqeusts==2\n", "redis @ git+https://git.acme.io/redis.git\n"])
def test_a_plan_does_not_allow_what_a_name_hides(line: str) -> None:
    change = Change({"requirements.txt": ""}, {"requirements.txt": line})
    change.plan(new_dependencies=["reqeusts", "redis"])
    change.approve()
    assert change.judged(Gate.DEPENDENCIES).status is GateStatus.FAIL
    change.label("allow-dependency")
    assert change.judged(Gate.DEPENDENCIES).status is GateStatus.PASS


@pytest.mark.parametrize("gate", [Gate.SECRETS, *REFUSED])
def test_without_a_base_there_is_nothing_to_do(gate: Gate) -> None:
    assert run_gate(gate, office().bench()).status is GateStatus.NOT_APPLICABLE


@pytest.mark.parametrize("gate", [Gate.SECRETS, *REFUSED])
def test_sides_that_cannot_be_read_are_no_proof(gate: Gate) -> None:
    change = added("x = 1\n")
    bench = change.at.desk.bench(REPOSITORY, LIFE, change.head, change.at.base)
    broken = CommandResult(exit_code=1, output="fatal: bad object", seconds=0.1)

    class Broken(FakeSandbox):
        def run(self, worktree: Worktree, command: Command) -> CommandResult:
            return broken

    found = run_gate(gate, replace(bench, sandbox=Broken()))
    assert found.status is GateStatus.NOT_RUN


def test_a_secret_fails_is_named_by_its_place_and_never_shown() -> None:
    found = added(f'x = 1\nTOKEN = "{TOKEN}"\n').judged(Gate.SECRETS)
    assert (found.status, found.reason) == (GateStatus.FAIL, "1 secret")
    assert "shop/app.py:2: GitHub Token; take it out" in found.output
    assert TOKEN not in found.model_dump_json()


def test_no_label_and_no_plan_allows_a_secret() -> None:
    change = added(f'TOKEN = "{TOKEN}"\n')
    change.label(*LABELS.values(), "allow-secret")
    change.plan(exceptions=["secrets: shop/app.py"])
    change.approve()
    assert change.judged(Gate.SECRETS).status is GateStatus.FAIL


def test_a_secret_that_the_base_has_is_not_the_change_s() -> None:
    line = f'TOKEN = "{TOKEN}"\n'
    found = Change({"a.py": line}, {"b.py": f"# moved\nif True:\n    {line}"}).judged(Gate.SECRETS)
    assert found.status is GateStatus.PASS


def test_a_second_key_in_a_file_of_keys_is_found() -> None:
    other = filled(KEY.replace("PRIVATE", "RSA PRIVATE")) + "x\n"
    rsa = filled("-----BEGIN RSA PRIVATE KEY-----\n<<alnum 64>>\n<<alnum 64>>\n", 3)
    before = {"keys.pem": other}
    assert Change(before, {"keys.pem": f"{other}{rsa}"}).judged(Gate.SECRETS).reason == "1 secret"
    same = Change(before, {"keys.pem": f"{other}# x\n"}).judged(Gate.SECRETS)
    assert same.status is GateStatus.PASS


def test_a_marker_counts_only_where_the_base_has_it() -> None:
    line = "password = x8Kq2z9\n"
    marked = line.replace("\n", "  # pragma: allowlist secret\n")
    new = Change({"a.ini": "x\n"}, {"a.ini": marked.replace("x8Kq2z9", "x8Kq2z9Lm")})
    assert new.judged(Gate.SECRETS).status is GateStatus.FAIL
    known = Change(
        {"a.ini": marked.replace("x8", "x8Kq2z9Lmx8")}, {"a.ini": "password = x8Kq2z9Lm\n"}
    )
    assert known.judged(Gate.SECRETS).status is GateStatus.PASS


def reverse(value: str) -> str:
    return value[::-1]


SPELLINGS: list[tuple[str, Callable[[str], str]]] = [
    ("as it is", str),
    ("in capitals", str.upper),
    ("reversed", reverse),
    ("hex", lambda value: value.encode().hex()),
    ("hex in capitals", lambda value: value.encode().hex().upper()),
    ("base64", lambda value: base64.b64encode(value.encode()).decode()),
    ("base64 after one letter", lambda value: base64.b64encode(f"x{value}".encode()).decode()),
    ("base64 within a pair", lambda value: base64.b64encode(f"me:{value}:x".encode()).decode()),
    (
        "base64 for addresses",
        lambda value: base64.urlsafe_b64encode(f"ab{value}".encode()).decode(),
    ),
    ("base64 reversed", lambda value: base64.b64encode(value.encode()).decode()[::-1]),
    ("base32", lambda value: base64.b32encode(value.encode()).decode()),
    ("quoted for an address", lambda value: quote(value, safe="")),
    ("every letter quoted", lambda value: "".join(f"%{byte:02X}" for byte in value.encode())),
    ("escaped", lambda value: "".join(f"\\x{byte:02x}" for byte in value.encode())),
    ("over two lines", lambda value: value[:12] + '"\n    "' + value[12:]),
    ("in two pieces", lambda value: f'{value[:9]}" + "{value[9:]}'),
    ("in wide characters", lambda value: "\0".join(value)),
]


@pytest.mark.parametrize(("name", "spell"), SPELLINGS, ids=[name for name, _ in SPELLINGS])
def test_our_own_secret_is_found_in_any_spelling(name: str, spell: Callable[[str], str]) -> None:
    own = OwnSecrets([("JIRA_API_TOKEN", OWN)])
    found = added(f'import os\nx = "{spell(OWN)}"\n').judged(Gate.SECRETS, own)
    assert found.status is GateStatus.FAIL
    assert "our own JIRA_API_TOKEN" in found.output
    assert OWN not in found.model_dump_json()
    assert OWN not in repr(own)


def test_our_own_key_is_found_by_one_of_its_lines_and_in_a_name() -> None:
    own = OwnSecrets([("GITHUB_APP_PRIVATE_KEY", KEY), ("JIRA_API_TOKEN", OWN)])
    escaped = added(f'x = "{KEY.splitlines()[1]}"\n').judged(Gate.SECRETS, own)
    assert "our own GITHUB_APP_PRIVATE_KEY" in escaped.output
    named = added("x = 1\n", path=f"shop/{OWN}.py").judged(Gate.SECRETS, own)
    assert named.status is GateStatus.FAIL
    assert OWN not in named.model_dump_json()


def test_values_that_are_ordinary_words_are_not_looked_for() -> None:
    own = OwnSecrets([("OPENAI_API_KEY", "none"), ("SLACK_SIGNING_SECRET", "")])
    assert added("x = None  # none\n").judged(Gate.SECRETS, own).status is GateStatus.PASS


def test_a_detector_that_misses_what_was_made_up_proves_nothing() -> None:
    change = added("x = 1\n")
    change.at.sandbox.detector = lambda command: '{"version": "1.5.0", "found": []}'
    found = change.judged(Gate.SECRETS)
    assert found.status is GateStatus.NOT_RUN
    assert "missed what it must find: GitHub Token, AWS Access Key" in found.reason


def test_our_own_secret_fails_also_when_the_detector_cannot_run() -> None:
    change = added(f'x = "{OWN}"\n')
    change.at.sandbox.detector = lambda command: "Traceback"
    found = change.judged(Gate.SECRETS, OwnSecrets([("JIRA_PAT", OWN)]))
    assert found.status is GateStatus.FAIL
    assert "our own JIRA_PAT" in found.output


def test_a_detector_that_cannot_be_installed_is_not_run() -> None:
    def refuse(command: Command) -> str:
        raise NeedsHumanError("no index")

    change = added("x = 1\n")
    change.at.sandbox.detector = refuse
    found = change.judged(Gate.SECRETS)
    assert found.status is GateStatus.NOT_RUN
    assert "detect-secrets==1.5.0 cannot be installed: no index" in found.reason


def ended(exit_code: int, output: str, **more: Any) -> CommandResult:
    return CommandResult(exit_code=exit_code, output=output, seconds=0.1, **more)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ended(0, ""), "gave no answer: nothing is known of the added lines"),
        (ended(0, "Traceback"), "gave an answer that is no list of findings: nothing is known of"),
        (ended(-9, "", timed_out=True), "took longer than the 120 s that it has"),
        (ended(-9, ""), "was ended from outside (signal 9), as when memory runs out"),
        (ended(3, "x"), "failed: detect-secrets==1.5.0 ended with 3"),
        (ended(0, "x", truncated_bytes=1), "found more than can be read"),
    ],
)
def test_a_search_without_an_answer_is_not_run_for_a_reason(
    answer: CommandResult, said: str
) -> None:
    class Poor(FakeSandbox):
        def run(self, worktree: Worktree, command: Command) -> CommandResult:
            return answer if DETECTING in command.argv else super().run(worktree, command)

    change = added("x = 1\n")
    bench = change.at.desk.bench(REPOSITORY, LIFE, change.head, change.at.base)
    poor = Poor(change.at.sandbox.trees)
    poor.before = change.at.sandbox.before
    found = run_gate(Gate.SECRETS, replace(bench, sandbox=poor))
    assert found.status is GateStatus.NOT_RUN
    assert found.reason.startswith(f"the search for secrets {said}")


def test_several_are_said_in_the_plural() -> None:
    change = Change({"requirements.txt": ""}, {"requirements.txt": "redis==5\nleft-pad==1\n"})
    assert change.judged(Gate.DEPENDENCIES).reason == "2 new dependencies"


def test_the_team_s_list_of_protected_paths_takes_the_place_of_the_default() -> None:
    team = {".backsmith.yml": "protected:\n  - shop/auth/\n  - '*.sql'\n"}
    files = {"shop/auth/views.py": "x = 1\n", "db/x.sql": "y\n", ".github/ci.yml": "z\n"}
    found = Change(team, {**team, **files}).judged(Gate.PROTECTED)
    assert found.reason == "2 protected files"
    assert "shop/auth/views.py: is added, and it is protected (shop/auth/)" in found.output


def test_the_default_can_stand_in_the_team_s_list() -> None:
    team = {".backsmith.yml": "protected: [default, shop/auth/]\n"}
    files = {"shop/auth/views.py": "x = 1\n", ".github/ci.yml": "z\n"}
    assert Change(team, {**team, **files}).judged(Gate.PROTECTED).reason == "2 protected files"


def test_a_change_cannot_unprotect_a_file() -> None:
    before = {".backsmith.yml": "protected: [default]\n", "LICENSE": "a\n"}
    after = {".backsmith.yml": "protected: []\n", "LICENSE": "b\n"}
    assert Change(before, after).judged(Gate.PROTECTED).reason == "2 protected files"


def test_a_migration_that_the_base_has_is_protected_and_a_new_one_is_not() -> None:
    before = {"shop/migrations/0001_initial.py": "a = 1\n"}
    new = {"shop/migrations/0002_more.py": "b = 1\n"}
    assert Change(before, {**before, **new}).judged(Gate.PROTECTED).status is GateStatus.PASS
    edited = Change(before, {"shop/migrations/0001_initial.py": "a = 2\n"}).judged(Gate.PROTECTED)
    assert "0001_initial.py: is changed" in edited.output
    assert "was removed" not in edited.output


def test_a_list_that_cannot_be_read_at_the_base_is_no_proof() -> None:
    team = {".backsmith.yml": "protected: {a: b}\n"}
    found = Change(team, {**team, "a.py": "x\n"}).judged(Gate.PROTECTED)
    assert found.status is GateStatus.NOT_RUN
    assert ".backsmith.yml, line 1: protected must be" in found.reason


def test_the_developer_hears_how_to_ask_and_the_base_is_no_excuse() -> None:
    before, after, _ = REFUSED[Gate.PROTECTED]
    change = Change(before, after)
    proof = prove(change.at.desk, change.at.spec(), 4, change.head)
    told = change.at.ledger.message(LIFE, 4)
    assert not proof.passed
    assert told is not None
    assert 'exceptions such as "protected: .github/workflows/ci.yml"' in told.content


def test_facts_of_an_installed_package_are_told() -> None:
    change = Change({"requirements.txt": ""}, {"requirements.txt": "redis>=5\n"})
    change.at.shell.changed = (
        '{"redis": {"version": "5.1", "licence": "MIT", "modules": ["redis"],'
        ' "at_start": ["redis.pth"]}}'
    )
    found = change.judged(Gate.DEPENDENCIES)
    assert "redis is new: not bounded; licence MIT; it runs at each start of Python" in found.output


def test_a_manifest_that_cannot_be_read_any_more_is_no_proof() -> None:
    found = Change({"pyproject.toml": "[project]\n"}, {"pyproject.toml": "[project\n"})
    assert found.judged(Gate.DEPENDENCIES).status is GateStatus.NOT_RUN
