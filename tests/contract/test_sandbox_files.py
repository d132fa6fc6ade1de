"""Reading, listing, searching and editing with the tools, on real files of every odd kind."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest

from agent.domain.errors import ToolError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.stacks.commands import Stack
from agent.tools.base import RESULT_LIMIT, Bench, Tool
from agent.tools.files import EditFiles, ListFiles, ReadFiles
from agent.tools.search import Search
from agent.tools.shell import RunCommand
from integrations.sandbox.environments import Environments
from integrations.sandbox.files import HELPER_SOURCE
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.bench import TODAY

APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "worktrees" / "PAY-1-abcdefgh"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def write(root: Path) -> Write:
    def written(name: str, content: str | bytes) -> Path:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def use(root: Path, tmp_path: Path) -> Callable[[Tool], str]:
    repository = Repository(name="acme/shop", git_url="/nowhere")
    worktree = Worktree(path=root, repository=repository, head=CommitSha("0" * 40))
    sandbox = UnsandboxedSandbox(tmp_path, environments=Environments(tmp_path))
    bench = Bench(
        sandbox=sandbox, worktree=worktree, stack=Stack(), artifacts=FakeArtifacts(), today=TODAY
    )
    return lambda tool: tool.run(bench).text


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    argv = [shutil.which("git") or "git", *identity, *arguments]
    subprocess.run(argv, cwd=root, check=True, capture_output=True)


def read(*files: str) -> ReadFiles:
    return ReadFiles(files=list(files))


def edit(*edits: dict[str, Any]) -> EditFiles:
    return EditFiles.model_validate({"edits": edits})


def replace(old: str, new: str, path: str = "a.py", **more: Any) -> EditFiles:
    return edit({"path": path, "old": old, "new": new, **more})


# Reading


@pytest.mark.parametrize("name", ["with space.py", "größe.py", "日本.py", "a'b\"c.py", "-n.py"])
def test_files_with_odd_names_are_read_listed_found_and_edited(
    use: Any, write: Write, name: str
) -> None:
    write(name, "x = 1\n")
    assert use(read(name)) == f"== {name} (1 lines)\n1\tx = 1"
    assert name in use(ListFiles()).replace('\\"', '"')
    assert use(Search(pattern="x = 1")) == f"== {name}\n1\tx = 1"
    assert use(replace("1", "2", name)) == f"{name}: changed at 1 of 1 lines"


def test_a_name_with_a_line_end_stays_on_one_line(use: Any, write: Write) -> None:
    write("a\nb.py", "x = 1\n")
    assert use(ListFiles()) == './: "a\\nb.py"'
    assert use(read("a\nb.py")) == '== "a\\nb.py" (1 lines)\n1\tx = 1'
    assert use(Search(pattern="x")) == '== "a\\nb.py"\n1\tx = 1'


def test_names_that_are_no_text_are_shown_all_the_same(use: Any, root: Path, write: Write) -> None:
    write("ok.py", "x\n")
    (root / b"bad\xff.py".decode("utf-8", "surrogateescape")).write_text("x\n")
    for shown in (use(ListFiles()), use(Search(pattern="x")), use(read("*.py"))):
        assert "ok.py" in shown
        shown.encode()


def test_an_empty_file_is_read_and_filled(use: Any, write: Write) -> None:
    path = write("a.py", "")
    assert use(read("a.py")) == "== a.py (0 lines)"
    assert use(replace("", "x = 1\n")) == "a.py: replaced the file of 0 lines, now 1"
    assert path.read_text() == "x = 1\n"


def test_a_byte_order_mark_and_foreign_bytes_are_no_trouble(use: Any, write: Write) -> None:
    write("bom.py", b"\xef\xbb\xbfx = 1\n")
    path = write("latin.py", b"# Gr\xf6\xdfe\nx = 1\n")
    assert use(read("bom.py")).endswith("\n1\tx = 1")
    assert use(read("latin.py")).endswith("1\t# Gr\ufffd\ufffde\n2\tx = 1")
    use(replace("x = 1", "x = 2", "latin.py"))
    assert path.read_bytes() == b"# Gr\xf6\xdfe\nx = 2\n"


def test_a_missing_file_names_its_twin_elsewhere(use: Any, write: Write) -> None:
    write("shop/routers/orders.py", "x\n")
    assert "there is shop/routers/orders.py" in use(read("orders.py"))
    assert "there is shop/routers/orders.py" in use(read("b/shop/orders.py"))


def test_a_folder_answers_with_what_is_in_it(use: Any, write: Write) -> None:
    write("app/main.py", "")
    write("app/routers/x.py", "")
    assert use(read("app")) == "== app\napp is a folder; it has main.py, routers/"


def test_lines_beyond_the_end_are_explained(use: Any, write: Write) -> None:
    write("a.py", APP)
    assert use(read("a.py:90-99")) == "== a.py\na.py has 6 lines; ask for lines within them"
    assert use(read("a.py:5-99")).startswith("== a.py (lines 5-6 of 6)")


def test_a_pattern_with_too_many_files_names_those_not_read(use: Any, write: Write) -> None:
    for number in range(90):
        write(f"app/m{number:02}.py", "x\n")
    shown = use(read("app/*.py"))
    assert shown.count("== app/") == 80
    assert "[90 files are too many for one call; not read: app/m80.py, app/m81.py" in shown


def test_empty_files_take_no_place_in_a_pattern(use: Any, write: Write) -> None:
    write("app/__init__.py", "")
    write("app/main.py", "x\n")
    assert use(read("app/*.py")) == "== app/main.py (1 lines)\n1\tx"
    assert use(read("app/__init__.py")).startswith("== app/__init__.py (0 lines)")


def test_a_name_with_brackets_that_exists_is_no_pattern(use: Any, write: Write) -> None:
    write("app/[id].py", "x\n")
    assert use(read("app/[id].py")).startswith("== app/[id].py (1 lines)")


def test_very_large_files_and_very_long_lines_are_bounded(use: Any, write: Write) -> None:
    write("big.log", b"0123456789\n" * 1_000_000)
    write("min.js", b"x" * 3_000_000)
    write("wide.js", "y" * 900_000 + "\nend\n")
    shown = use(read("big.log", "big.log:999999-1000000", "min.js", "wide.js"))
    assert "== big.log (lines 1-200 of 1000000)" in shown
    assert "999999\t0123456789\n1000000\t0123456789" in shown
    assert "[+898000 characters]\n2\tend" in shown
    assert len(shown) < RESULT_LIMIT


def test_binary_files_pipes_and_links_out_are_refused_kindly(
    use: Any, root: Path, write: Write, tmp_path: Path
) -> None:
    write("image.png", b"\x89PNG\0\0")
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe")
    shown = use(read("image.png", "link", "pipe", "loop"))
    assert "image.png is a binary file; only text can be read" in shown
    assert "link is a symlink that leads out of the repository" in shown
    assert "pipe is not a regular file" in shown
    assert "No match" in use(Search(pattern="secret"))
    assert "secret" not in shown


# Listing


def test_what_git_ignores_is_not_listed_but_can_be_asked_for(
    use: Any, root: Path, write: Write
) -> None:
    git(root, "init", "-q")
    write(".gitignore", "build/\n")
    write("build/out.txt", "x\n")
    write("app.py", "x\n")
    assert use(ListFiles()) == "./: .gitignore app.py"
    assert use(ListFiles(path="build")) == "build/: out.txt"
    assert use(Search(pattern="x")) == "== app.py\n1\tx"
    assert use(Search(pattern="x", path="build")) == "== build/out.txt\n1\tx"


def test_a_submodule_is_one_entry_and_is_not_searched(
    use: Any, root: Path, write: Write, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q")
    (library / "lib.py").write_text("needle\n")
    git(library, "add", ".")
    git(library, "commit", "-qm", "one")
    git(root, "init", "-q")
    write("app.py", "needle\n")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", str(library), "vendor/lib")
    assert use(ListFiles()) == "./: .gitmodules app.py\nvendor/: lib/"
    assert use(Search(pattern="needle")) == "== app.py\n1\tneedle"


def test_a_file_deleted_from_disk_is_not_listed(use: Any, root: Path, write: Write) -> None:
    git(root, "init", "-q")
    write("a.py", "x\n")
    path = write("b.py", "x\n")
    git(root, "add", ".")
    path.unlink()
    assert use(ListFiles()) == "./: a.py"


def test_twenty_thousand_files_are_listed_and_searched_shortly(
    use: Any, root: Path, write: Write
) -> None:
    for folder in range(200):
        place = root / "data" / f"d{folder:03}"
        place.mkdir(parents=True)
        for number in range(100):
            (place / f"f{number:02}.txt").write_text("common\n")
    write("app/main.py", "common\nrare\n")
    git(root, "init", "-q")
    assert use(ListFiles()) == "./: data/ (20000 files)\napp/: main.py"
    assert use(Search(pattern="rare")) == "== app/main.py\n2\trare"
    shown = use(Search(pattern="common"))
    assert shown.startswith("20001 matches in 20001 files, too many to show; by file:\napp/main")
    assert len(shown) < 10_000


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.py", {"a.py", "app/b.py", "app/sub/test_c.py"}),
        ("app/*.py", {"app/b.py"}),
        ("app/**/*.py", {"app/b.py", "app/sub/test_c.py"}),
        ("**/test_*.py", {"app/sub/test_c.py"}),
        ("sub/*.py", {"app/sub/test_c.py"}),
        ("*.{md,txt}", {"README.md", "app/n.txt"}),
        ("*.md, *.txt", {"README.md", "app/n.txt"}),
        ("!*.py", {"README.md", "app/n.txt"}),
        ("app/sub/", {"app/sub/test_c.py"}),
        ("[ab].p?", {"a.py", "app/b.py"}),
        ("{a", set()),
        ("[", set()),
    ],
)
def test_patterns_for_names_mean_what_people_expect(
    use: Any, write: Write, glob: str, found: set[str]
) -> None:
    for name in ("a.py", "app/b.py", "app/sub/test_c.py", "README.md", "app/n.txt"):
        write(name, "x\n")
    shown = use(Search(pattern="x", glob=glob))
    assert {line[3:] for line in shown.split("\n") if line.startswith("== ")} == found


# Searching


def test_matches_come_with_context_and_overlaps_are_shown_once(use: Any, write: Write) -> None:
    write("a.py", "a\nhit\nb\nhit\nc\nd\n")
    assert use(Search(pattern="hit", context=1)) == "== a.py\n1\ta\n2\thit\n3\tb\n4\thit\n5\tc"


@pytest.mark.parametrize(
    ("pattern", "note"),
    [
        ("def two(", "no regular expression"),
        ("DEF TWO", "only with case ignored"),
        ("nothing\\|def two", "was taken as `|`"),
        ("items[0]", "taken literally"),
        ("a{2000000000000}", "taken literally"),
    ],
)
def test_a_pattern_that_finds_nothing_is_tried_in_other_ways_and_that_is_said(
    use: Any, write: Write, pattern: str, note: str
) -> None:
    write("a.py", APP + "x = items[0]\ny = 'a{2000000000000}'\n")
    shown = use(Search(pattern=pattern))
    assert shown.startswith("[")
    assert note in shown.split("\n")[0]
    assert "== a.py" in shown


def test_case_counts_while_something_is_found(use: Any, write: Write) -> None:
    write("a.py", "Order\norder\n")
    assert use(Search(pattern="order")) == "== a.py\n2\torder"


def test_a_pattern_with_a_line_end_goes_over_lines(use: Any, write: Write) -> None:
    write("a.py", APP)
    assert use(Search(pattern=r"two\(\):\n    return")) == "== a.py\n5\tdef two():"


def test_no_match_says_that_case_was_tried_too(use: Any, write: Write) -> None:
    write("a.py", APP)
    shown = use(Search(pattern="zzz"))
    assert shown == "No match for zzz in . (1 files), case ignored or not."


def test_lines_of_crlf_files_match_at_their_ends(use: Any, write: Write) -> None:
    write("a.py", b"one\r\ntwo\r\n")
    assert use(Search(pattern="one$")) == "== a.py\n1\tone"


def test_matches_are_shared_out_among_files(use: Any, write: Write) -> None:
    write("a.py", "x\n" * 500)
    write("b.py", "x\n" * 3)
    shown = use(Search(pattern="x"))
    assert "[403 more matches in this file]\n== b.py\n1\tx\n2\tx\n3\tx" in shown


def test_of_a_very_long_line_the_part_around_the_match_is_shown(use: Any, write: Write) -> None:
    write("min.js", "a" * 5000 + "needle" + "b" * 5000)
    shown = use(Search(pattern="needle"))
    assert "needle" in shown
    assert len(shown) < 400


# Editing


def test_an_edit_says_where_the_new_text_stands_now(use: Any, write: Write) -> None:
    path = write("a.py", APP)
    shown = use(
        edit(
            {"path": "a.py", "old": "    return 2", "new": "    x = 2\n    return x"},
            {"path": "a.py", "old": "def one():", "new": "import os\n\n\ndef one():"},
        )
    )
    assert shown == "a.py: changed at 1-4, 9-10 of 10 lines"
    assert path.read_text() == APP.replace("return 2", "x = 2\n    return x").replace(
        "def one", "import os\n\n\ndef one"
    )


def test_every_place_is_changed_when_that_was_asked_for(use: Any, write: Write) -> None:
    path = write("a.py", "a = 1\nb = a\nc = a\n")
    assert use(replace("a", "aa", all=True)) == "a.py: changed at 1, 2, 3 of 3 lines"
    assert path.read_text() == "aa = 1\nb = aa\nc = aa\n"


def test_several_places_are_shown_with_a_line_around(use: Any, write: Write) -> None:
    write("a.py", APP)
    with pytest.raises(ToolError) as error:
        use(replace("return", "yield"))
    assert str(error.value) == (
        "edit 1 of 1 (a.py): `old` stands 2 times, at lines 2, 6; add lines around it to `old`, or "
        "set `all` to change every one\n"
        "1\tdef one():\n2\t    return 1\n3\t\n--\n5\tdef two():\n6\t    return 2\n7\t\n"
        "Nothing was changed."
    )


def test_all_edits_that_do_not_fit_are_named_at_once(use: Any, root: Path, write: Write) -> None:
    write("a.py", APP)
    with pytest.raises(ToolError) as error:
        use(
            edit(
                {"path": "a.py", "old": "def one", "new": "def uno"},
                {"path": "a.py", "old": "def tow():", "new": "def dos():"},
                {"path": "none.py", "old": "x", "new": "y"},
                {"path": "new.py", "content": "x = 1\n"},
            )
        )
    text = str(error.value)
    assert "edit 2 of 4 (a.py): `old` is not in it; the nearest text is\n5\tdef two():" in text
    assert "edit 3 of 4 (none.py): it does not exist" in text
    assert text.endswith("Nothing was changed. The other 2 fit: send them again with it.")
    assert (root / "a.py").read_text() == APP
    assert not (root / "new.py").exists()


@pytest.mark.parametrize(
    ("content", "old", "said"),
    [
        (
            "class A:\n    def f():\n        pass\n",
            "def f():\n    pass",
            "only the indentation differs: the file has 4 spaces where `old` has none; the file "
            "has\n2\t    def f():\n3\t        pass",
        ),
        ("if a:\n\tb()\n", "if a:\n    b()", "only the indentation differs"),
        ("x = f(a,\n      b)\n", "x = f(a, b)", "only spaces and line ends differ"),
        ("a = 1\nb = 2\n", "a = 1\\nb = 2", "write real line ends"),
        ("a = 1\n", "   ", "`old` is empty"),
        ("a = 1\n", "completely different words", "nothing in it is like `old`"),
    ],
)
def test_a_miss_says_exactly_what_differs(
    use: Any, write: Write, content: str, old: str, said: str
) -> None:
    write("a.py", content)
    with pytest.raises(ToolError) as error:
        use(replace(old, "new = 1"))
    assert said in str(error.value)


def test_line_numbers_that_were_copied_along_are_taken_out(use: Any, write: Write) -> None:
    path = write("a.py", APP)
    shown = use(replace("5\tdef two():\n6\t    return 2", "5\tdef two():\n6\t    return 22"))
    assert shown == "a.py: changed at 5-6 of 6 lines, line numbers taken out"
    assert path.read_text() == APP.replace("return 2", "return 22")


def test_spaces_at_line_ends_are_forgiven_where_there_is_one_place(use: Any, write: Write) -> None:
    path = write("a.py", "def f():   \n    return 1\t\n")
    shown = use(replace("def f():\n    return 1", "def f():\n    return 2"))
    assert "only spaces at line ends differed" in shown
    assert path.read_text() == "def f():\n    return 2\n"


@pytest.mark.parametrize(
    "change",
    [
        {"old": "    return 3", "new": "    return 2\n"},
        {"old": "def one():", "new": "def one():\n    return 1"},
        {"old": "def one():", "new": "def one():"},
        {"content": APP},
    ],
)
def test_what_is_done_already_is_no_error(use: Any, write: Write, change: dict[str, Any]) -> None:
    path = write("a.py", APP)
    assert "already so" in use(edit({"path": "a.py", **change}))
    assert path.read_text() == APP


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"one\r\ntwo\r\n", b"one\r\n2\r\n3\r\n"),
        (b"one\ntwo\r\nx\n", b"one\n2\r\n3\r\nx\n"),
        (b"one\ntwo\nx\r\n", b"one\n2\n3\nx\r\n"),
    ],
)
def test_line_ends_stay_those_of_the_place(
    use: Any, write: Write, before: bytes, after: bytes
) -> None:
    path = write("a.txt", before)
    use(replace("one\ntwo\n", "one\n2\n3\n", "a.txt")) if before[3:4] == b"\r" else use(
        replace("two\n", "2\n3\n", "a.txt")
    )
    assert path.read_bytes() == after


def test_a_whole_new_text_over_an_old_file_is_said_and_keeps_its_line_ends(
    use: Any, write: Write
) -> None:
    path = write("a.txt", b"one\r\ntwo\r\n")
    assert use(edit({"path": "a.txt", "content": "x\n"})) == (
        "a.txt: replaced the file of 2 lines, now 1"
    )
    assert path.read_bytes() == b"x\r\n"


def test_files_are_moved_edited_and_deleted_in_one_call(use: Any, root: Path, write: Write) -> None:
    write("a.py", APP)
    write("b.bin", b"\0\1")
    shown = use(
        edit(
            {"path": "a.py", "move_to": "pkg/"},
            {"path": "pkg/a.py", "old": "return 1", "new": "return 11"},
            {"path": "b.bin", "delete": True},
        )
    )
    assert shown == "pkg/a.py: 6 lines, moved from a.py\nb.bin: deleted"
    assert (root / "pkg" / "a.py").read_text() == APP.replace("return 1", "return 11")
    assert [path.name for path in root.iterdir()] == ["pkg"]


def test_a_syntax_error_that_an_edit_brings_in_is_said_at_once(use: Any, write: Write) -> None:
    path = write("a.py", APP)
    shown = use(replace("def two():", "def two()"))
    version = ".".join(map(str, sys.version_info[:2]))
    assert shown == (
        "a.py: changed at 5 of 6 lines\n"
        f"a.py is saved but does not parse (Python {version}): line 5: expected ':': def two()"
    )
    assert "def two()\n" in path.read_text()


def test_a_file_that_did_not_parse_before_is_left_in_peace(use: Any, write: Write) -> None:
    write("old.py", 'print "hello"\n')
    assert use(replace("hello", "bye", "old.py")) == "old.py: changed at 1 of 1 lines"


def test_a_binary_file_is_not_edited(use: Any, write: Write) -> None:
    write("a.py", b"x\0y")
    with pytest.raises(ToolError, match="binary"):
        use(replace("x", "z"))


# Commands


def test_output_that_was_cut_can_be_read_and_searched(use: Any) -> None:
    code = "for n in range(9000): print(chr(97 + n % 26), n, 'needle' * (n == 4321))"
    shown = use(RunCommand(command=f'python -c "{code}"'))
    assert shown.startswith("[exit code 0, ")
    assert "all 9000 lines are in .backsmith-results/output-1.txt" in shown
    found = use(Search(pattern="needle", path=".backsmith-results/output-1.txt"))
    assert found == "== .backsmith-results/output-1.txt\n4322\tf 4321 needle"
    assert use(read(".backsmith-results/output-1.txt:4322-4322")).endswith("f 4321 needle")


def test_a_command_that_reads_its_input_gets_the_end_of_it(use: Any) -> None:
    assert "EOFError" in use(RunCommand(command="python -c 'input()'"))


def test_a_flood_of_junk_is_bounded_and_clean(use: Any) -> None:
    shown = use(RunCommand(command="head -c 30000000 /dev/urandom", timeout_seconds=60))
    assert len(shown) < 16_000
    assert "bytes are lost" in shown
    assert {category(sign) for sign in set(shown) - {"\n", "\t"}}.isdisjoint({"Cc", "Cs"})


OLD_PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.8.*/bin/python"))


@pytest.mark.skipif(not OLD_PYTHONS, reason="there is no Python 3.8 here")
@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("read_many", {"files": [{"path": "*.py"}]}),
        ("list", {}),
        ("search", {"pattern": "x("}),
        ("edit", {"edits": [{"path": "a.py", "old": "x", "new": "y"}]}),
        ("keep", {"text": "x"}),
        ("stat", {"paths": ["a.py"]}),
        ("result", {"path": "a.py"}),
    ],
)
def test_the_helper_works_on_python_3_8(
    root: Path, write: Write, operation: str, arguments: dict[str, Any]
) -> None:
    write("a.py", "x(1)\n")
    request = json.dumps({"operation": operation, "arguments": arguments}).encode()
    program = [str(OLD_PYTHONS[-1]), "-I", "-S", str(HELPER_SOURCE)]
    done = subprocess.run(program, input=request, cwd=root, capture_output=True, check=True)
    assert "error" not in json.loads(done.stdout)
