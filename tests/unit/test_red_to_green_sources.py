"""What counts as a test, as product, and as an older test in other words."""

import pytest

from agent.evidence.red import syntax
from agent.evidence.red.edits import behaviour, edited_tests
from agent.evidence.red.sources import ChangedFile, without_product

TEST = "def test_price():\n    assert price() == 1\n"
CODE = "def price():\n    return 1\n"
LISTED = (
    "import pytest\n\nCASES = [{}]\n\n\n@pytest.mark.parametrize('n', CASES)\n"
    "def test_price(n):\n    assert price(n) == n\n"
)
OF_CLASS = (
    "import pytest\n\n\n@pytest.mark.parametrize('n', [{}])\nclass TestPrice:\n"
    "    def test_price(self, n):\n        assert price(n) == n\n"
)
COUNTED = (
    "import pytest\n\n\n@pytest.mark.parametrize('n', {})\n"
    "def test_price(n):\n    assert price(n) == n\n"
)


def changed(path: str, before: str | None, after: str | None, **near: bool) -> ChangedFile:
    old = path if before is not None else None
    return ChangedFile(old=old, new=path, base=before, head=after, **near)


def edited(before: str | None, after: str, path: str = "tests/test_a.py") -> dict[str, bool]:
    """Return the edited tests of a file, with whether they are older ones in other words."""
    tests, _ = edited_tests([changed(path, before, after)])
    return {test.name: test.is_rewritten for test in tests}


@pytest.mark.parametrize(
    "decorator", ["pytest.fixture", "pytest.fixture()", "fixture(scope='module')", "f.fixture"]
)
def test_a_fixture_is_no_test_whatever_its_name(decorator: str) -> None:
    text = f"@{decorator}\ndef test_client():\n    return {{}}\n\n\n" + TEST.replace(
        "test_price()", "test_price(test_client)"
    )
    assert edited(None, text.format(1)) == {"test_price": False}
    assert edited(text.format(1), text.format(2)) == {"test_price": True}


def test_a_conftest_holds_no_tests() -> None:
    assert edited(None, TEST, "tests/conftest.py") == {}


@pytest.mark.parametrize(
    ("path", "text", "is_test"),
    [
        ("shop/test.py", CODE, False),
        ("shop/test.py", TEST, True),
        ("shop/test.py", "class A(unittest.TestCase):\n    def test_a(self): ...", True),
        ("shop/test.py", "def (:\n", True),
        ("shop/testing.py", CODE, False),
        ("shop/testing/client.py", CODE, False),
        ("shop/test/client.py", CODE, False),
        ("shop/test/prices.py", TEST, True),
        ("shop/test/conftest.py", CODE, True),
        ("shop/tests.py", CODE, True),
        ("tests/helpers.py", CODE, True),
    ],
)  # fmt: skip
def test_what_is_called_a_test_is_one_by_its_content(path: str, text: str, is_test: bool) -> None:
    file = changed(path, None, text)
    assert (file.is_test, bool(behaviour([file]))) == (is_test, not is_test)


def test_beside_tests_a_folder_called_test_holds_what_they_use() -> None:
    file = changed("test/client.py", None, CODE, is_near_tests=True)
    assert (file.is_test, file.is_product) == (True, False)


@pytest.mark.parametrize(
    ("file", "is_laid_over"),
    [
        (changed("samples/in.json", None, None), True),
        (changed("settings/test.py", CODE, CODE), True),
        (changed("shop/fixtures/a.json", None, None, is_near_code=True), True),
        (changed("tests/templates/a.html", None, None), True),
        (changed("shop/rates.json", None, None, is_near_code=True), False),
        (changed("templates/mail.txt", None, None), False),
        (changed("templates/mail.html", None, None), False),
        (changed("shop/prices.py", None, CODE), False),
        (ChangedFile(old="samples/in.json", new=None), False),
        (ChangedFile(old="tests/in.json", new=None), True),
    ],
)
def test_all_but_the_product_is_laid_over_the_base(file: ChangedFile, is_laid_over: bool) -> None:
    assert without_product([file]) == ((file.path,) if is_laid_over else ())


def test_product_that_became_a_helper_of_tests_stays_in_the_base() -> None:
    file = ChangedFile(old="shop/given.py", new="tests/given.py", base=CODE, head=CODE)
    assert without_product([file]) == ("tests/given.py",)


@pytest.mark.parametrize("form", [LISTED, OF_CLASS])
def test_a_case_that_was_added_to_a_list_asks_for_more(form: str) -> None:
    assert set(edited(form.format("1"), form.format("1, 2")).values()) == {False}
    assert set(edited(form.format("1, 2"), form.format("2, 1")).values()) == {True}


def test_cases_that_could_not_be_counted_before_are_no_more_now() -> None:
    assert edited(COUNTED.format("[*given()]"), COUNTED.format("[*given()]")) == {}
    assert edited(COUNTED.format("given()"), COUNTED.format("[1, 2]")) == {"test_price": True}


@pytest.mark.parametrize(
    "after",
    [
        TEST.replace("== 1", "== 2"),
        TEST.replace("    assert", "    # Why.\n    assert").replace("price() ==", "price(1) =="),
    ],
    ids=["constant", "argument"],
)
def test_other_values_are_an_older_test_in_other_words(after: str) -> None:
    assert edited(TEST, after) == {"test_price": True}


def test_the_order_of_tests_is_no_edit() -> None:
    other = TEST.replace("test_price", "test_rate")
    assert edited(f"{TEST}\n\n{other}", f"{other}\n\n{TEST}") == {}


def test_source_may_be_nested_deeply() -> None:
    deep = TEST.replace("== 1", f"== {' + '.join(['1'] * 1_500)}")
    assert edited(TEST, deep) == {"test_price": False}


def test_source_that_is_nested_too_deeply_is_named() -> None:
    deep = changed("tests/test_a.py", TEST, f"x = {'-' * 100_000}1\n")
    assert edited_tests([deep]) == ((), ("tests/test_a.py",))
    assert syntax.tests_in(f"x = {'(' * 1_000}1{')' * 1_000}\n") is None
