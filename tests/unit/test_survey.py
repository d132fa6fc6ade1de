"""What the survey finds out about a repository, whatever state it is in."""

import pytest

from agent.survey.surveying import survey
from agent.survey.values import RepositoryFile, RepositoryFiles, Setting, Survey
from tests.fakes.repositories import gathered, sample

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
REVISION = 'revision = "{0}"\ndown_revision = {1}\n'


def surveyed(**texts: str) -> Survey:
    """Survey files whose names are written with `__` for a slash and `_py` for the ending."""
    return survey(gathered({name.replace("__", "/"): text for name, text in texts.items()}))


def of(texts: dict[str, str]) -> Survey:
    return survey(gathered(texts))


def test_the_same_files_give_the_same_survey() -> None:
    assert of(sample("shop")) == of(sample("shop"))


def test_a_survey_survives_being_kept_as_json() -> None:
    found = of(sample("clinic"))
    assert Survey.model_validate_json(found.model_dump_json(exclude_defaults=True)) == found


def test_versions_come_from_pins_before_ranges() -> None:
    found = of(
        {
            "pyproject.toml": '[project]\nrequires-python = ">=3.11"\n'
            'dependencies = ["fastapi[standard]>=0.100", "SQLAlchemy~=2.0", "left-pad"]\n',
            "requirements.txt": "fastapi==0.165.0 \\\n    --hash=sha256:00\n",
        }
    )
    assert found.packages == ("fastapi 0.165.0", "sqlalchemy ~=2.0")
    assert found.python == ">=3.11 (requires)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "django"\nversion = "5.2.1"\n'),
        ("poetry.lock", '[[package]]\nname = "Django"\nversion = "5.2.1"\ndescription = ""\n'),
        ("Pipfile.lock", '{"default": {"django": {"version": "==5.2.1"}}}'),
        ("requirements/base.txt", "Django==5.2.1\n"),
    ],
)
def test_each_lock_file_tells_exact_versions(name: str, text: str) -> None:
    assert of({name: text}).packages == ("django 5.2.1",)


def test_poetry_tells_ranges_and_its_python() -> None:
    text = '[tool.poetry.dependencies]\npython = "^3.12"\nfastapi = {version = "^0.110"}\n'
    found = of({"pyproject.toml": text})
    assert (found.packages, found.python) == (("fastapi ^0.110",), "^3.12 (requires)")


@pytest.mark.parametrize("name", ["pyproject.toml", "Pipfile.lock", "uv.lock", "setup.cfg"])
@pytest.mark.parametrize("text", ["", "[", "[]", '"text"', "\x01", "[project]\ndependencies = 5"])
def test_a_broken_configuration_tells_nothing(name: str, text: str) -> None:
    assert of({name: text}).packages == ()


def test_the_commands_of_ci_that_are_no_gate_are_told_apart() -> None:
    found = of(sample("clinic"))
    assert found.stack.tests == ("pytest -q",)
    assert found.also_in_ci == ()
    assert "python manage.py makemigrations --check --dry-run" in found.stack.lint


def test_the_application_object_is_found_where_it_is_made() -> None:
    assert of({"main.py": APP}).applications == ("main.py:3 app = FastAPI()",)


def test_an_application_made_by_a_function_is_found() -> None:
    text = "def create():\n    return FastAPI()\n"
    assert of({"app/main.py": text}).applications == ("app/main.py:1 create()",)
    assigned = of({"app/main.py": text + "\n\nserver = create()\n"}).applications
    assert assigned == ("app/main.py:5 server = create()",)


def test_django_is_known_by_its_settings_and_urls() -> None:
    found = of(sample("clinic")).applications
    assert "Django settings clinic/settings.py, root URLs clinic.urls" in found
    assert "DJANGO_SETTINGS_MODULE clinic.settings" in found


def test_settings_without_a_default_are_required() -> None:
    text = (
        "class Settings(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='SHOP_')\n"
        "    secret: SecretStr\n"
        "    token: str = Field(validation_alias='API_TOKEN')\n"
        "    debug: bool = False\n"
    )
    assert of({"config.py": text}).settings == (
        Setting(name="SHOP_SECRET", path="config.py", is_required=True),
        Setting(name="API_TOKEN", path="config.py", is_required=True),
        Setting(name="SHOP_DEBUG", path="config.py", is_required=False),
    )


def test_variables_that_are_read_are_settings_and_those_of_tests_are_not() -> None:
    text = (
        "KEY = os.environ['KEY']\nURL = os.getenv('URL', '')\nos.environ['SET'] = 'x'\n"
        "DB = env.db('DATABASE')\nDEBUG = config('DEBUG', default=False)\nx = row['KEY2']\n"
    )
    found = of({"settings.py": text, "tests/conftest.py": "os.environ['OTHER']\n"})
    required = {setting.name for setting in found.settings if setting.is_required}
    assert required == {"KEY", "DATABASE"}
    assert {setting.name for setting in found.settings} - required == {"URL", "SET", "DEBUG"}


def test_the_head_of_the_revisions_is_the_one_that_none_follows() -> None:
    found = of(
        {
            "alembic/versions/b_first.py": REVISION.format("b1", None),
            "alembic/versions/a_second.py": 'revision: str = "a2"\ndown_revision: str = "b1"\n',
        }
    )
    assert found.migrations == ("Alembic, 2 revisions, head a2 (alembic/versions/a_second.py)",)


def test_two_heads_are_told_and_a_merge_joins_them() -> None:
    texts = {
        "migrations/versions/1.py": REVISION.format("1", None),
        "migrations/versions/2.py": REVISION.format("2", "'1'"),
        "migrations/versions/3.py": REVISION.format("3", '"1"'),
    }
    assert "2 heads, so a merge is missing: 2 (" in of(texts).migrations[0]
    texts["migrations/versions/4.py"] = REVISION.format("4", '("2", "3")')
    assert "4 revisions, head 4 (" in of(texts).migrations[0]


def test_the_newest_migration_of_each_django_app_is_told() -> None:
    found = of(
        {
            "pay/migrations/0001_initial.py": "",
            "pay/migrations/0010_refunds.py": "",
            "pay/migrations/0009_x.py": "",
            "pay/migrations/__init__.py": "",
        }
    )
    assert found.migrations == ("Django, newest of each app: pay 0010_refunds",)


def test_how_the_service_starts_is_read_from_its_files() -> None:
    found = of(
        {
            "Dockerfile": 'FROM python:3.12-slim\nCMD ["uvicorn", "main:app", "--port", "80"]\n',
            "Procfile": "web: gunicorn shop.wsgi\n",
            "pyproject.toml": '[project.scripts]\nshop = "shop.cli:main"\n',
        }
    )
    assert set(found.entry_points) == {
        "Dockerfile: uvicorn main:app --port 80",
        "Procfile: web: gunicorn shop.wsgi",
        "shop = shop.cli:main",
    }
    assert found.python == "3.12 (Dockerfile)"


def test_rules_are_taken_from_their_places_in_order_of_weight() -> None:
    found = of(
        {
            "README.md": "# Shop\n\nAll about it.\n\n## Development\n\nUse uv.\n\n## Licence\n",
            "CONTRIBUTING.md": "Be kind.\n",
            "AGENTS.md": "Money is in cents.\n",
        }
    )
    assert [rule.path for rule in found.rules] == ["AGENTS.md", "CONTRIBUTING.md", "README.md"]
    assert found.rules[2].text == "## Development\n\nUse uv.\n\n"


def test_an_empty_repository_is_called_empty() -> None:
    assert survey(RepositoryFiles()).remarks == ("The repository is empty.",)


def test_a_repository_without_python_is_called_so() -> None:
    assert of({"main.go": "package main\n"}).remarks == ("There is no Python in it.",)


def test_a_repository_without_tests_is_called_so() -> None:
    assert of({"main.py": APP}).remarks == ("It has no tests.",)


@pytest.mark.parametrize(
    "text",
    [
        "def broken(:\n",
        "def f[T: (int] = x:\n",
        "type X = = 1\n",
        "x = " + "(" * 5_000 + ")" * 5_000 + "\n",
        "x = " + "-" * 20_000 + "1\n",
        "x" + ".a" * 20_000 + "\n",
        "x = 1" + "+1" * 25_000 + "\n",
        "if x:\n" + "".join(" " * n + "if x:\n" for n in range(1, 150)),
        "\x01\x02 = 3\n",
        "return return\n",
    ],
    ids=range(10),
)
def test_a_file_that_cannot_be_parsed_is_listed_and_the_rest_surveyed(text: str) -> None:
    found = of({"main.py": APP, "bad.py": text, "tests/test_a.py": "def test_a(): ...\n"})
    assert "bad.py" in list(found.files)
    assert found.applications == ("main.py:3 app = FastAPI()",)


def test_files_that_cannot_be_parsed_are_named() -> None:
    found = of({"tests/test_a.py": "", "new.py": "match x:\n  case 1 if: pass\n"})
    assert found.remarks == ("Not parsed (syntax error or newer syntax): new.py",)


def test_odd_escapes_in_the_code_raise_no_warning() -> None:
    assert of({"main.py": 'x = "\\d"\n' + APP}).applications == ("main.py:4 app = FastAPI()",)


def test_carriage_returns_change_nothing() -> None:
    plain = of(sample("shop"))
    dressed = of({path: text.replace("\n", "\r\n") for path, text in sample("shop").items()})
    assert dressed.modules == plain.modules
    assert dressed.migrations == plain.migrations


def test_a_file_that_was_cut_is_parsed_up_to_its_last_whole_statement() -> None:
    body = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(4_000))
    [module] = of({"app.py": body}).modules
    assert module.symbols[0].name == "f0"


def test_submodules_and_symlinks_are_named() -> None:
    files = gathered({"tests/test_a.py": ""}, vendored_lib="submodule", current="symlink")
    assert survey(files).remarks == (
        "Git submodules, which are not checked out: vendored_lib",
        "Symlinks: current",
    )


def test_foreign_and_generated_folders_are_only_counted() -> None:
    texts = {f"node_modules/x/{n}.py": "x = FastAPI()\n" for n in range(30)}
    texts |= {f"web/static/img/{n}.txt": "" for n in range(9)}
    texts |= {f"data/{n:03}.csv": "" for n in range(70)}
    found = of(texts | {"main.py": APP})
    assert list(found.files) == ["main.py"]
    assert found.folded == ("data/ 70 files", "node_modules/ 30 files", "web/static/ 9 files")
    assert [module.path for module in found.modules] == ["main.py"]


def test_twenty_thousand_files_give_a_bounded_survey() -> None:
    files = [RepositoryFile(path=f"src/p{n % 150}/module_{n}.py", size=99) for n in range(20_000)]
    texts = {file.path: APP for file in files[:900]}
    found = survey(RepositoryFiles(files=tuple(files), texts=texts, unread=19_100))
    assert (len(found.files), len(found.modules)) == (10_000, 900)
    assert (
        "19100 Python or configuration files were not looked into, for their number."
        in found.remarks
    )
    assert len(found.model_dump_json(exclude_defaults=True)) < 1_000_000


def test_a_repository_that_cannot_be_listed_is_told_with_the_problem() -> None:
    found = survey(RepositoryFiles(problem="the answer to gather is too large"))
    assert found.remarks == (
        "The repository could not be listed: the answer to gather is too large",
    )


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, "lines of at most 100 characters"),
        ({"pyproject.toml": "[tool.black]\nline-length = 88\n"}, "lines of at most 88 characters"),
        ({".flake8": "[flake8]\nmax-line-length = 120\n"}, "lines of at most 120 characters"),
        ({"ruff.toml": 'lint.select = ["E", "F", "x y"]\n'}, "ruff rules E F"),
        ({"pyproject.toml": "[tool.mypy]\nstrict = true\n"}, "mypy strict"),
        ({"pyproject.toml": "[tool.ruff\nnonsense"}, ""),
        ({"pyproject.toml": "[tool]\nruff = 3\nmypy = []\n"}, ""),
        ({}, ""),
    ],
)
def test_what_new_code_has_to_look_like_is_told(texts: dict[str, str], said: str) -> None:
    assert of(texts).style == said
