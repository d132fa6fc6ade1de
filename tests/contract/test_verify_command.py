"""`backsmith verify` in the real sandbox: verdicts, reports, traps, and a sample service."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from agent.domain.errors import SettingsError
from agent.domain.evidence import Gate
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.sarif_schema import LOG
from workflows.verify import VerifyOptions, run_verify

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "office" / "samples"
# The repository needs nothing to be installed: its `pytest` is a few lines over unittest.
RUNNER = """import os, pathlib, sys, unittest

def each(suite):
    for test in suite:
        yield from each(test) if isinstance(test, unittest.TestSuite) else [test]

suite = unittest.defaultTestLoader.discover(".", "test_*.py")
names = [test.id() for test in each(suite)]
result = unittest.TextTestRunner().run(suite)
bad = {test.id(): text for test, text in result.failures + result.errors}
cases = []
for name in names:
    module, owner, test = name.rsplit(".", 2)
    said = '<failure message="AssertionError">no</failure>' if name in bad else ""
    place = f'file="{module}.py" classname="{module}.{owner}" name="{test}"'
    cases.append(f"<testcase {place}>{said}</testcase>")
for argument in sys.argv:
    if argument.startswith("--junitxml="):
        place = pathlib.Path(argument.partition("=")[2])
        place.parent.mkdir(exist_ok=True)
        place.write_text("<testsuite>%s</testsuite>" % "".join(cases))
        WRITTEN
sys.exit(not result.wasSuccessful())
"""
CI = "jobs:\n  test:\n    steps:\n      - run: python -m pytest -q\n      - run: flake8\n"
LINTER = """import pathlib, sys

found = [p for p in sorted(pathlib.Path().rglob("*.py")) if "evil" in p.read_text().split()]
for path in found:
    print(f"{path}:1:1: X001 evil")
sys.exit(bool(found))
"""
CASE = "import unittest, app\n\nclass A(unittest.TestCase):\n    def test_{0}(self):\n        {1}\n"
FILES = {
    "app.py": "def total():\n    return 1\n",
    "pytest.py": RUNNER.replace("WRITTEN", ""),
    "flake8": f"#!/usr/bin/env python\n{LINTER}",
    "test_old.py": CASE.format("old", "self.assertEqual(app.total(), 1)"),
    ".github/workflows/ci.yml": CI.replace("flake8", "./flake8"),
    ".gitignore": "__pycache__/\n",
}
ONLY = ("tests", "red_to_green", "lint", "weakening")
READING = ("weakening", "dependencies", "protected", "docs")
NO_DETECTOR = tuple(gate.value for gate in Gate if gate is not Gate.SECRETS)
"""What can be run without a package of our own from the index."""
CHANGE = {
    "app.py": "def total():\n    return 1\n\ndef more():\n    return 2\n",
    "test_new.py": CASE.format("new", "self.assertEqual(app.more(), 2)"),
}
Verify = Callable[..., tuple[int, dict[str, Any]]]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if text.startswith("#!") else 0o644)


def commit(folder: Path, files: dict[str, str]) -> str:
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a repository with a branch on top of `main`, which is checked out and empty."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, FILES)
    git(folder, "checkout", "-q", "-b", "change")
    return folder


@pytest.fixture
def verify(
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Verify:
    """Return a function that verifies `shop` against `main`: the exit code and the document."""
    bubblewrap(tmp_path / "probe")
    (tmp_path / "backsmith.toml").touch()
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
    monkeypatch.setenv("BACKSMITH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UV_OFFLINE", "1")

    def verify_(*only: str, **more: Any) -> tuple[int, dict[str, Any]]:
        options = VerifyOptions(path=shop, base="main", only=only or ONLY, as_json=True)
        code = run_verify(VerifyOptions(**(vars(options) | more)))
        return code, json.loads(capsys.readouterr().out)

    return verify_


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {gate["gate"]: gate["status"] for gate in document["gates"]}


def test_a_good_change_passes_and_leaves_nothing_behind(
    shop: Path, verify: Verify, tmp_path: Path
) -> None:
    head = commit(shop, CHANGE)
    code, document = verify()
    assert code == 0, document
    assert (document["verdict"], document["head"]) == ("pass", head)
    assert document["base"] == git(shop, "rev-parse", "main")
    assert statuses(document) == dict.fromkeys(ONLY, "pass")
    assert list((tmp_path / "home" / "worktrees").iterdir()) == []
    assert git(shop, "status", "--porcelain") == ""
    assert git(shop, "for-each-ref", "--format=%(refname:short)") == "change\nmain"


def test_a_bad_change_that_is_not_committed_fails_with_reports_of_where(
    shop: Path, verify: Verify, tmp_path: Path
) -> None:
    broken = FILES["app.py"].replace("1", "2") + "# evil\n"
    write(shop, {"app.py": broken, "test_old.py": FILES["test_old.py"] + "# more\n"})
    junit, sarif = tmp_path / "gates.xml", tmp_path / "gates.sarif"
    code, document = verify(junit=junit, sarif=sarif)
    assert (code, document["verdict"]) == (1, "fail")
    assert statuses(document)["tests"] == statuses(document)["lint"] == "fail"
    log = json.loads(sarif.read_text())
    jsonschema.validate(log, LOG)
    places = [result["locations"][0] for result in log["runs"][0]["results"]]
    uris = [place["physicalLocation"]["artifactLocation"]["uri"] for place in places]
    assert uris[-1] == "app.py"
    suite = ElementTree.parse(junit).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert suite.get("failures") == "2"


def test_what_the_base_shows_already_is_not_held_against_the_change(
    shop: Path, verify: Verify
) -> None:
    git(shop, "checkout", "-q", "main")
    commit(shop, {"test_red.py": CASE.format("red", "self.fail()"), "bad.py": "# evil\n"})
    git(shop, "checkout", "-q", "-B", "change")
    commit(shop, CHANGE)
    code, document = verify("tests", "lint")
    assert (code, document["verdict"]) == (0, "pass")
    assert [gate["evidence"]["as_at_base"] for gate in document["gates"]] == [True, True]
    assert "1 failed as at the base" in document["gates"][0]["reason"]


def test_a_change_of_nothing_is_said_in_one_line(shop: Path, verify: Verify) -> None:
    with pytest.raises(SettingsError, match="nothing to verify: the head"):
        verify()


def test_a_gate_that_is_none_is_answered_with_all_that_there_are(verify: Verify) -> None:
    with pytest.raises(SettingsError) as caught:
        verify("tests,lnt", "type")
    assert str(caught.value).startswith("lnt, type is no gate (--only); there are tests, ")
    assert all(gate in str(caught.value) for gate in Gate)


def test_a_label_that_means_nothing_is_answered_with_all_that_there_are(verify: Verify) -> None:
    with pytest.raises(SettingsError, match=r"api_break is no label .*; there are refactoring, "):
        verify(labels=("api_break",))


def test_a_bare_repository_is_called_so(verify: Verify, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    with pytest.raises(SettingsError, match="is a bare repository"):
        verify(path=folder)


def test_a_refusal_names_the_option_that_a_person_has(shop: Path, verify: Verify) -> None:
    commit(shop, {"LICENSE": "Mine.\n"})
    code, document = verify("protected")
    assert (code, statuses(document)) == (1, {"protected": "fail"})
    output = document["gates"][0]["evidence"]["output"]
    assert "--label allow-protected" in output
    assert "propose_plan" not in output
    code, document = verify("protected", labels=("allow-protected",))
    assert (code, document["verdict"]) == (0, "pass")


def test_a_suite_beyond_the_time_limit_is_not_run_and_says_so(shop: Path, verify: Verify) -> None:
    git(shop, "checkout", "-q", "main")
    commit(shop, {"test_slow.py": f"import time\n{CASE.format('slow', 'time.sleep(99)')}"})
    git(shop, "checkout", "-q", "-B", "change")
    commit(shop, CHANGE)
    code, document = verify("tests", minutes=0.02)
    assert (code, document["verdict"]) == (1, "incomplete")
    assert "second was over" in document["gates"][0]["reason"]


def assert_only_code_is_not_run(document: dict[str, Any], why: str) -> None:
    """Assert that gates which run the code say why they did not, and that those which read ran."""
    assert document["verdict"] == "incomplete"
    for gate in document["gates"]:
        if gate["gate"] in READING:
            assert gate["status"] in ("pass", "not_applicable")
        else:
            assert (gate["status"], why in gate["reason"]) == ("not_run", True)


def test_a_python_that_is_not_installed_is_named_and_what_only_reads_runs(
    shop: Path, verify: Verify
) -> None:
    project = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.99"\n'
    commit(shop, CHANGE | {"pyproject.toml": project})
    code, document = verify(*NO_DETECTOR)
    assert code == 1
    assert_only_code_is_not_run(document, "Python ≥3.99, which is not installed here (here: 3.")
    assert "uv python install 3.99" in document["gates"][0]["reason"]


def test_packages_that_cannot_be_installed_are_a_reason_and_what_only_reads_runs(
    shop: Path, verify: Verify
) -> None:
    git(shop, "checkout", "-q", "main")
    commit(shop, {"requirements.txt": "shop @ https://example.com/shop.whl\n"})
    git(shop, "checkout", "-q", "-B", "change")
    commit(shop, CHANGE)
    code, document = verify(*NO_DETECTOR)
    assert code == 1
    assert_only_code_is_not_run(document, "only packages of the configured index")


def test_a_cheat_is_found_where_nothing_can_be_installed(shop: Path, verify: Verify) -> None:
    skipped = FILES["test_old.py"].replace("    def", "    @unittest.skip('slow')\n    def")
    commit(shop, CHANGE | {"test_old.py": skipped, "pyproject.toml": "[project\n"})
    code, document = verify("tests", "weakening")
    assert (code, document["verdict"]) == (1, "fail")
    assert statuses(document) == {"tests": "not_run", "weakening": "fail"}


def test_an_index_that_cannot_be_reached_has_an_exit_code_of_its_own(
    shop: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    commit(shop, CHANGE | {"requirements.txt": "leafy\n"})
    code, document = verify("tests", "weakening", "protected")
    assert (code, statuses(document)) == (
        3,
        {"tests": "not_run", "weakening": "pass", "protected": "pass"},
    )


@pytest.mark.parametrize(
    ("trap", "why"),
    [
        ('place.unlink(); place.symlink_to("/etc/passwd")', "is a link"),
        ("place.unlink(); os.mkfifo(place)", "is a pipe"),
        (
            "place.write_text('<!DOCTYPE a [<!ENTITY b \"c\">]><testsuite>&b;</testsuite>')",
            "is no usable XML",
        ),
        ('place.write_text("<a>" * 2_000_000)', "is no usable XML"),
    ],
)
def test_a_result_file_that_is_a_trap_is_no_result(
    shop: Path, verify: Verify, trap: str, why: str
) -> None:
    git(shop, "checkout", "-q", "main")
    commit(shop, {"pytest.py": RUNNER.replace("WRITTEN", trap)})
    git(shop, "checkout", "-q", "-B", "change")
    commit(shop, CHANGE)
    code, document = verify("tests")
    assert (code, document["verdict"]) == (1, "incomplete")
    assert document["gates"][0]["reason"].endswith(f"the report {why}")


def test_a_sample_service_passes_all_gates_by_the_command(tmp_path: Path) -> None:
    bubblewrap(tmp_path / "probe")
    (tmp_path / "backsmith.toml").touch()
    folder = tmp_path / "shop"
    shutil.copytree(SAMPLES / "shop", folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "-q", "-b", "main")
    commit(folder, {})
    route = (folder / "shop/routers/health.py").read_text()
    case = (folder / "tests/test_health.py").read_text()
    write(
        folder,
        {
            "shop/routers/health.py": route
            + '\n\n@router.get("/ready")\ndef ready() -> dict[str, str]:\n'
            + '    return {"status": "ready"}\n',
            "tests/test_health.py": case
            + "\n\ndef test_the_service_is_ready(client: TestClient) -> None:\n"
            + '    assert client.get("/ready").json() == {"status": "ready"}\n',
        },
    )
    done = subprocess.run(
        [sys.executable, "-m", "workflows", "verify", "shop", "--base", "main", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "BACKSMITH_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert done.returncode == 0, document
    found = statuses(document)
    for gate in ("tests", "red_to_green", "coverage", "lint", "types", "openapi", "weakening"):
        assert found[gate] == "pass"
    assert document["verdict"] == "pass"
