"""Git diffs: what they touch, and how a reviewer is told."""

from agent.diffs import changed_paths, for_a_reviewer

DIFF = """diff --git a/app/orders.py b/app/orders.py
index 1..2 100644
--- a/app/orders.py
+++ b/app/orders.py
@@ -1 +1 @@
-x
+diff --git a/no b/no
diff --git a/old.py b/new name.py
similarity index 100%
"""


def test_the_paths_of_a_diff_are_those_of_its_headers() -> None:
    assert changed_paths(DIFF) == ("app/orders.py", "new name.py")


def test_a_path_that_git_wrote_in_quotes_is_no_hidden_one() -> None:
    diff = (
        r'diff --git "a/caf\303\251.py" "b/caf\303\251.py"' + "\n"
        r'diff --git "a/caf\351.py" "b/caf\351.py"' + "\n"
        r'diff --git a/x.py "b/say \"x\".py"' + "\n"
    )
    assert changed_paths(diff) == ("café.py", r"caf\xe9.py", 'say "x".py')


def file(path: str, *lines: str) -> str:
    body = "\n".join(lines or (f"+{path}",))
    return f"diff --git a/{path} b/{path}\n@@ -0,0 +1 @@\n{body}\n"


def test_a_reviewer_reads_the_product_before_its_tests_and_documents() -> None:
    diff = file("README.md") + file("tests/test_a.py") + file("app/a.py")
    shown = for_a_reviewer(diff, 1_000)
    assert changed_paths(shown) == ("app/a.py", "tests/test_a.py", "README.md")
    assert len(shown) == len(diff)


def test_long_tests_are_told_by_their_names_and_assertions() -> None:
    test = (
        "+@pytest.mark.parametrize(",
        "+    'x', [1, 2]",
        "+)",
        "+def test_a_sum(x: int) -> None:",
        "+    total = add(x, x)",
        "+    assert total == 2",
    )
    shown = for_a_reviewer(file("tests/test_a.py", *test) + file("app/a.py"), 10)
    assert "+    assert total == 2" in shown
    assert "+def test_a_sum" in shown
    assert "+    'x', [1, 2]" in shown
    assert "total = add" not in shown
    assert "[1 lines left out]" in shown
    assert "+app/a.py" in shown
