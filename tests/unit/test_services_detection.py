"""Which servers the tests of a repository need, told from its files."""

from textwrap import dedent

import pytest

from agent.stacks.services.detecting import detect_services
from agent.stacks.services.value import Postgres, Redis, Services
from agent.survey.surveying import survey
from agent.survey.values import RepositoryFile, RepositoryFiles

SQL = "fastapi\nsqlalchemy\npsycopg[binary]==3.3.1\n"
WORKFLOW = ".github/workflows/ci.yml"
CI = """
    jobs:
      test:
        env:
          DATABASE_URL: postgresql+psycopg://shop:secret@localhost:5433/shop_test
        services:
          postgres:
            image: postgres:16
            env: {POSTGRES_USER: shop, POSTGRES_PASSWORD: secret, POSTGRES_DB: shop_test}
            ports: ["5433:5432"]
        steps:
          - run: alembic upgrade head
          - run: pytest
"""
READS = "import os\nURL = os.environ['DATABASE_URL']\n"
ADDRESS = "postgresql://app:pw@localhost:5432/app"


def repository(texts: dict[str, str]) -> RepositoryFiles:
    plain = {path: dedent(text) for path, text in texts.items()}
    listed = tuple(RepositoryFile(path=path, size=len(text)) for path, text in plain.items())
    return RepositoryFiles(files=listed, texts=plain)


def detect(requirements: str, texts: dict[str, str]) -> Services:
    return detect_services(repository({"requirements.txt": requirements, **texts}))


def test_a_server_in_ci_is_started_as_ci_has_it() -> None:
    found = detect(SQL, {WORKFLOW: CI, "app.py": READS})
    address = "postgresql+psycopg://shop:secret@localhost:5433/shop_test"
    assert found == Services(
        postgres=Postgres(port=5433, users=("shop",), databases=("shop_test",)),
        hosts=("postgres",),
        environment=(("DATABASE_URL", address),),
        before=("DATABASE_URL=" + address + " python -m alembic upgrade head",),
        why=(f"postgres: {WORKFLOW}",),
    )


def test_a_container_job_finds_its_servers_by_their_names() -> None:
    workflow = """
        jobs:
          test:
            container: python:3.12
            services:
              db: {image: "postgis/postgis:16-3.4", env: {POSTGRES_PASSWORD: x}}
              cache: {image: "redis:7"}
            steps:
              - run: pytest
                env:
                  DB_HOST: db
                  DB_PASSWORD: ${{ secrets.PASSWORD }}
                  REDIS_URL: redis://:pw@cache:6380/1
    """
    found = detect("asyncpg\nredis\n", {WORKFLOW: workflow})
    assert found.hosts == ("db", "cache")
    assert found.postgres == Postgres()
    assert found.redis == Redis(port=6380, password="pw")  # noqa: S106
    assert dict(found.environment) == {
        "DB_HOST": "db",
        "DB_PASSWORD": "x",
        "REDIS_URL": "redis://:pw@cache:6380/1",
    }


def test_a_server_of_gitlab_is_known_too() -> None:
    text = """
        variables: {POSTGRES_DB: app, POSTGRES_USER: runner}
        test:
          services: ["postgres:15", {name: "redis:7", alias: cache}]
          script: [pytest]
    """
    found = detect(SQL + "redis", {".gitlab-ci.yml": text})
    assert found.postgres == Postgres(users=("runner",), databases=("app",))
    assert (found.redis, found.hosts) == (Redis(), ("postgres", "cache"))


def test_the_address_that_the_settings_hold_is_where_the_server_is() -> None:
    settings = """
        class Settings(BaseSettings):
            database_url: PostgresDsn = "postgresql+psycopg://app:pw@db:5440/app"
    """
    found = detect(SQL, {"app/config.py": settings})
    assert found.postgres == Postgres(port=5440, users=("app",), databases=("app",))
    assert (found.hosts, found.environment) == (("db",), ())


def test_fields_without_a_value_are_filled_in() -> None:
    settings = """
        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="APP_")
            postgres_host: str
            postgres_port: int = 5432
            postgres_user: str = "app"
            postgres_password: str
            postgres_db: str = Field(default="app")
            redis_host: str | None = None
    """
    found = detect(SQL + "redis", {"config.py": settings})
    assert found.postgres == Postgres(users=("app",), databases=("app",))
    assert dict(found.environment) == {
        "APP_POSTGRES_HOST": "localhost",
        "APP_POSTGRES_PASSWORD": "postgres",
        "APP_REDIS_HOST": "localhost",
    }


def test_the_databases_of_django_are_read_from_its_settings() -> None:
    settings = """
        DATABASES = {"default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("DB", "clinic"),
            "USER": env("DB_USER"),
            "PASSWORD": os.environ["CLINIC_SECRET"],
            "HOST": os.getenv("DB_HOST", "127.0.0.1"),
            "PORT": 5432,
        }}
    """
    found = detect("django\npsycopg2\n", {"clinic/settings.py": settings})
    assert found.postgres == Postgres(databases=("clinic",))
    assert dict(found.environment) == {"DB_USER": "postgres", "CLINIC_SECRET": "postgres"}


@pytest.mark.parametrize(
    "code",
    [
        "DATABASES = {'default': env.db()}",
        "DATABASES = {'default': dj_database_url.config(conn_max_age=60)}",
        "DATABASE_URL = config('DATABASE_URL', cast=Secret)",
    ],
)
def test_a_variable_that_must_be_set_gets_the_value_of_the_example(code: str) -> None:
    texts = {"settings.py": code, ".env.example": f"DATABASE_URL={ADDRESS}\n"}
    found = detect("django\npsycopg\n", texts)
    assert found.environment == (("DATABASE_URL", ADDRESS),)
    assert found.postgres == Postgres(users=("app",), databases=("app",))


@pytest.mark.parametrize(
    ("requirements", "code", "scheme"),
    [
        ("sqlalchemy\nasyncpg", "create_async_engine(URL)", "postgresql+asyncpg"),
        ("sqlalchemy\npsycopg", "create_engine(URL)", "postgresql+psycopg"),
        ("sqlmodel\npsycopg2-binary", "create_engine(URL)", "postgresql"),
        ("sqlalchemy\nasyncpg", "URL.replace('postgresql://', 'x://')", "postgresql"),
        ("asyncpg", "connect(URL)", "postgresql"),
    ],
)
def test_a_made_up_address_has_the_driver_that_is_there(
    requirements: str, code: str, scheme: str
) -> None:
    texts = {"app.py": f"{READS}{code}\n", "docker-compose.yml": COMPOSE}
    assert dict(detect(requirements, texts).environment) == {
        "DATABASE_URL": f"{scheme}://dev:postgres@localhost:5555/dev"
    }


COMPOSE = """
    services:
      db:
        image: postgres:16-alpine
        environment: ["POSTGRES_USER=dev"]
        ports: ["127.0.0.1:${DB_PORT:-5555}:5432"]
"""


def test_variables_in_a_file_that_is_in_use_keep_their_values() -> None:
    settings = "class Settings(BaseSettings):\n    POSTGRES_SERVER: str\n    POSTGRES_DB: str\n"
    texts = {"config.py": settings, ".env": "POSTGRES_SERVER=db\nPOSTGRES_DB=shop\n"}
    found = detect(SQL, texts)
    assert (found.environment, found.hosts) == ((), ("db",))
    assert found.postgres == Postgres(databases=("shop",))


def test_a_database_that_the_tests_make_themselves_is_not_there() -> None:
    tests = f"URL = '{ADDRESS}_test'\ndef make():\n    run('CREATE DATABASE app_test')\n"
    texts = {"app/db.py": f"URL = '{ADDRESS}'\n", "tests/conftest.py": tests}
    found = detect(SQL, texts)
    assert found.postgres is not None
    assert found.postgres.databases == ("app",)
    plain = detect(SQL, {**texts, "tests/conftest.py": f"URL = '{ADDRESS}_test'\n"})
    assert plain.postgres is not None
    assert set(plain.postgres.databases) == {"app", "app_test"}


@pytest.mark.parametrize(
    ("requirements", "texts"),
    [
        ("fastapi\nsqlalchemy\n", {WORKFLOW: CI}),  # no driver
        (SQL, {"app.py": "print('hello')\n"}),  # nothing leads there
        (SQL, {"app.py": READS, "tests/conftest.py": "URL = 'sqlite://'\n"}),
        (SQL, {"app.py": f"{READS}B = '{ADDRESS}'\n", "pytest.ini": "env = A=sqlite:///x\n"}),
        (SQL, {"app.py": "os.getenv('DATABASE_URL', 'sqlite:///./a.db')\n"}),
        ("redis\nfakeredis\n", {"app.py": "URL = 'redis://localhost:6379/0'\n"}),
        ("redis\n", {"app.py": "os.getenv('CELERY_BROKER_URL', 'amqp://localhost')\n"}),
        ("aiomysql\n", {"app.py": "os.environ['DB_HOST']\n", "docker-compose.yml": COMPOSE}),
        (SQL, {"app.py": f"URL = '{ADDRESS}'\n", ".backsmith.yml": "services: []\n"}),
    ],
)
def test_tests_that_need_no_server_get_none(requirements: str, texts: dict[str, str]) -> None:
    assert detect(requirements, texts) == Services()


def test_the_team_says_what_is_needed_and_where() -> None:
    team = "services:\n  postgres: postgresql://me@localhost:5999/mine\n  redis:\n"
    found = detect("fastapi\n", {".backsmith.yml": team})
    assert found.postgres == Postgres(port=5999, users=("me",), databases=("mine",))
    assert (found.redis, found.why[0]) == (Redis(), "postgres: .backsmith.yml")
    listed = detect("fastapi\n", {".backsmith.yml": "services: [redis]\n"})
    assert (listed.postgres, listed.redis) == (None, Redis())


@pytest.mark.parametrize(
    "text", ["services: mysql\n", "services: [mysql]\n", "services: {postgres: 'redis://a'}\n"]
)
def test_a_wrong_wish_is_told_and_not_guessed(text: str) -> None:
    found = detect(SQL, {".backsmith.yml": text, WORKFLOW: CI})
    assert found.problem.startswith(".backsmith.yml: services")
    assert found.postgres is None


def test_extensions_ask_for_a_server_that_has_them() -> None:
    code = f"URL = '{ADDRESS}'\nop.execute('CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"')\n"
    found = detect(SQL, {"app.py": code}).postgres
    assert found is not None
    assert found.wants_extensions
    vector = detect(SQL, {"app.py": code.replace('"uuid-ossp"', "vector")}).postgres
    assert vector is not None
    assert not vector.wants_extensions


def test_the_survey_keeps_what_was_found() -> None:
    found = survey(repository({"requirements.txt": SQL, WORKFLOW: CI})).stack
    assert found.services.postgres is not None
    assert found.tests[0].endswith("pytest")


def test_what_ci_makes_is_there_and_what_the_tests_make_is_not() -> None:
    tests = "def make():\n    create_database(settings.DATABASE_URL)\n"
    found = detect(SQL, {WORKFLOW: CI, "app/db.py": f"URL = '{ADDRESS}'\n"}).postgres
    assert found is not None
    assert found.databases == ("shop_test", "app")
    texts = {WORKFLOW: CI, "app/db.py": f"URL = '{ADDRESS}'\n", "tests/conftest.py": tests}
    made = detect(SQL, texts).postgres
    assert made is not None
    assert made.databases == ("shop_test",)


@pytest.mark.parametrize(
    "code",
    [
        "PostgresDsn.build(scheme='postgresql', host=settings.HOST)",
        "URL.create('postgresql+asyncpg', host=HOST)",
        "f'postgresql://{user}@{host}/{name}'",
        "class A(BaseAppSettings):\n    db: PostgresDsn = 1\n",
    ],
)
def test_an_address_that_is_put_together_says_which_server_it_is(code: str) -> None:
    assert detect(SQL, {"app.py": code}).postgres == Postgres()


def test_the_name_of_an_extra_is_no_address() -> None:
    setup = "setup(extras_require={'redis': ['redis>=4'], 'postgresql': ['asyncpg']})\n"
    assert detect("redis\nasyncpg\n", {"setup.py": setup}) == Services()


def test_odd_files_stop_nothing() -> None:
    texts = {
        WORKFLOW: "jobs: [1, {services: 3}]\n",
        ".github/workflows/b.yml": "jobs: {a: {services: [x], env: 3, steps: {}}, b: }\n",
        "compose.yml": "services: {db: , pg: [], x: {image: postgres, ports: 3, environment: 4}}",
        ".gitlab-ci.yml": "{a: {services: [{alias: }, 3]}}",
        ".env": "POSTGRES_URL=postgresql://a:b@c:port/d\n",
        "app.py": "URL = 'postgresql://[::1/x'\nDATABASES = {**x, 'ENGINE': 'postgresql'}\n",
    }
    found = detect(SQL, texts)
    assert found.postgres is not None


SETTINGS = "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    "


@pytest.mark.parametrize(
    "code",
    [READS, SETTINGS + "database_url: str\n", SETTINGS + "database_url: str = Field(...)\n"],
    ids=["environ", "field", "ellipsis"],
)
def test_a_driver_and_a_variable_that_must_be_set_lead_to_postgresql(code: str) -> None:
    found = detect("fastapi\npsycopg[binary]\n", {"app/db.py": code})
    assert found.postgres == Postgres()
    assert "DATABASE_URL" in dict(found.environment)


@pytest.mark.parametrize(
    ("requirements", "code"),
    [
        ("psycopg\n", "import os\nURL = os.environ.get('DATABASE_URL')\n"),
        ("psycopg\n", SETTINGS + "database_url: str = Field(default_factory=str)\n"),
        ("psycopg\n", SETTINGS + "database_url: str | None = None\n"),
        ("psycopg\npymysql\n", READS),
        ("fastapi\n", READS),
    ],
    ids=["get", "factory", "none", "other driver", "no driver"],
)
def test_a_variable_that_may_be_missing_or_mean_another_leads_nowhere(
    requirements: str, code: str
) -> None:
    assert detect(requirements, {"app/db.py": code}).postgres is None
