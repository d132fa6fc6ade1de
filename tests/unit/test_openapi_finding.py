"""Finding a repository's applications from its files, without importing any of it."""

import pytest

from agent.stacks.openapi.finding import find_services
from agent.stacks.openapi.value import Service
from agent.survey.values import RepositoryFile, RepositoryFiles

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
FACTORY = "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()\n"
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.settings")\n'


def files(texts: dict[str, str]) -> RepositoryFiles:
    listed = tuple(RepositoryFile(path=path, size=len(text)) for path, text in texts.items())
    return RepositoryFiles(files=listed, texts=texts)


def found(texts: dict[str, str], *configured: str) -> tuple[Service, ...]:
    return find_services(files(texts), configured)


def labels(texts: dict[str, str], *configured: str) -> list[str]:
    """Return root, label and a mark for factories of every target."""
    return [
        f"{service.root}|{target.label}{'()' * target.is_factory}"
        for service in found(texts, *configured)
        for target in service.targets
    ]


def test_a_repository_without_a_framework_has_no_service() -> None:
    assert found({"app.py": "app = Flask()\n", "manage.py": MANAGE, "conf/settings.py": ""}) == ()


def test_an_application_on_module_level_is_found() -> None:
    assert labels({"main.py": APP}) == ["|main:app"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"shop/__init__.py": "", "shop/main.py": APP}, "|shop.main:app"),
        ({"src/shop/__init__.py": "", "src/shop/main.py": APP}, "src|shop.main:app"),
        ({"api/app/main.py": f"import app.x\n{APP}", "api/app/x.py": ""}, "api|app.main:app"),
        ({"backend/main.py": f"from db import x\n{APP}", "backend/db.py": ""}, "backend|main:app"),
        ({"shop/__init__.py": APP, "shop/x.py": ""}, "|shop:app"),
    ],
)  # fmt: skip
def test_modules_are_imported_from_where_their_own_imports_are(
    texts: dict[str, str], expected: str
) -> None:
    assert labels(texts) == [expected]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from fastapi import FastAPI\napi: FastAPI = FastAPI()\n", "|main:api"),
        ("import fastapi\nif True:\n    app = fastapi.FastAPI()\n", "|main:app"),
        ("class Own(FastAPI): ...\nservice = Own(title='x')\n", "|main:service"),
        (FACTORY, "|main:create_app()"),
        (f"{FACTORY}app = create_app()\n", "|main:app"),
        ("def make():\n    it = FastAPI()\n    return it\n", "|main:make()"),
        ("import x\napp = FastAPI(\n  title='x')\ntype X = int\nexcept A, B: pass\n", "|main:app"),
    ],
)
def test_applications_are_found_however_they_are_made(code: str, expected: str) -> None:
    assert labels({"main.py": code}) == [expected]


def test_a_factory_of_another_module_makes_an_application() -> None:
    texts = {
        "factory.py": FACTORY,
        "main.py": "from factory import create_app\napp = create_app()\n",
    }
    assert labels(texts) == ["|main:app"]


def test_usual_names_come_first_and_tests_and_examples_do_not_count() -> None:
    texts = {
        "tests/main.py": APP,
        "examples/main.py": APP,
        "web/other.py": APP,
        "web/app.py": f"{APP}api = FastAPI()\n",
        "web/__init__.py": "",
    }
    assert labels(texts) == ["|web.app:app", "|web.app:api", "|web.other:app"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[tool.fastapi]\nentrypoint = "web.server:site"\n'),
        ("Dockerfile", 'FROM python\nCMD ["uvicorn", "web.server:site", "--port", "80"]\n'),
        ("Dockerfile", "CMD gunicorn -k uvicorn.workers.X \\\n  -b 0.0.0.0:80 web.server:site\n"),
        ("docker-compose.yml", "services:\n  web:\n    command: uvicorn web.server:site\n"),
        ("Procfile", "web: uvicorn web.server:site --port $PORT\n"),
        ("Makefile", "run:\n\tuvicorn web.server:site\n"),
        ("scripts/start.sh", "exec hypercorn web.server:site\n"),
        ("run.py", 'import uvicorn\nuvicorn.run("web.server:site")\n'),
    ],
)  # fmt: skip
def test_what_the_repository_declares_wins(path: str, text: str) -> None:
    code = "from fastapi import FastAPI\nsite = FastAPI()\n"
    texts = {path: text, "main.py": APP, "web/__init__.py": "", "web/server.py": code}
    assert labels(texts)[0] == "|web.server:site"
    assert found(texts)[0].targets[0].is_declared


def test_a_declared_factory_is_called() -> None:
    texts = {"Dockerfile": "CMD uvicorn --factory main:create_app\n", "main.py": FACTORY}
    assert labels(texts) == ["|main:create_app()"]


def test_fastapi_run_names_a_file() -> None:
    texts = {
        "Dockerfile": 'CMD ["fastapi", "run", "web/it.py"]\n',
        "web/it.py": APP,
        "main.py": APP,
    }
    assert labels(texts)[0] == "web|it"


def test_what_is_declared_but_not_there_is_no_target() -> None:
    texts = {"Procfile": "web: uvicorn gone.main:app\n", "main.py": APP}
    assert labels(texts) == ["|main:app"]


def test_of_modules_with_one_name_the_nearest_to_the_declaration_is_meant() -> None:
    texts = {
        "a/app/main.py": APP,
        "b/app/main.py": APP,
        "b/Dockerfile": "CMD uvicorn app.main:app\n",
        "b/requirements.txt": "fastapi\n",
    }
    first, second = found(texts)
    assert (first.root, first.project, first.targets[0].is_declared) == ("b", "b", True)
    assert (second.root, second.project) == ("a/app", "")


@pytest.mark.parametrize("configured", ["b/app.main:app", "b/app.main:create_app()"])
def test_what_the_team_names_comes_first(configured: str) -> None:
    texts = {"a/main.py": APP, "Procfile": "web: uvicorn main:app\n", "b/app/main.py": FACTORY}
    assert labels(texts, configured)[0] == f"b|{configured.removeprefix('b/')}"


def test_servers_of_django_are_not_taken_for_fastapi() -> None:
    texts = {
        "manage.py": MANAGE,
        "Dockerfile": "CMD gunicorn conf.wsgi:application\n",
        "conf/wsgi.py": "application = get_wsgi_application()\n",
        "conf/settings.py": 'INSTALLED_APPS = ["rest_framework"]\n',
    }
    (service,) = found(texts)
    assert (service.kind, service.label) == ("django", "conf.settings")


def test_settings_of_the_tests_are_the_second_choice() -> None:
    texts = {
        "site/manage.py": MANAGE,
        "site/conf/settings.py": "",
        "site/conf/testing.py": "",
        "site/api.py": "from ninja import NinjaAPI\n",
        "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = conf.testing\n",
        "tox.ini": "DJANGO_SETTINGS_MODULE = gone.settings\n",
    }
    (service,) = found(texts)
    assert [target.module for target in service.targets] == ["conf.settings", "conf.testing"]
    assert service.root == "site"


def test_a_folder_that_was_named_is_no_sample() -> None:
    texts = {"samples/shop/main.py": APP, "samples/other/main.py": APP}
    assert found(texts) == ()
    inside = {path: text for path, text in texts.items() if "shop" in path}
    services = find_services(files(inside), folder="samples/shop")
    assert [service.label for service in services] == ["samples/shop/main:app"]
