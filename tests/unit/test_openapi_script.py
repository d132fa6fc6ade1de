"""The script for the sandbox: its text, the values it makes up, and what it reads from errors."""

import ast
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AnyUrl,
    BaseModel,
    Field,
    HttpUrl,
    PostgresDsn,
    RedisDsn,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.config import Config

from agent.stacks.openapi.inside.failures import judged
from agent.stacks.openapi.inside.guesses import guesses, kind_of_annotation, kind_of_name
from agent.stacks.openapi.script import script

ROOT = Path(__file__).parents[2]


def test_the_script_is_one_text_that_runs_on_python_3_8_and_imports_nothing_of_ours() -> None:
    tree = ast.parse(script(), feature_version=(3, 8))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any((name or "").startswith("agent") for name in imported)
    assert len(script()) < 100_000  # an argument of a program may have 128 KiB


def test_the_parts_share_no_name() -> None:
    tree = ast.parse(script())
    named = [getattr(node, "name", "") for node in tree.body]
    named += [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert [name for name, count in Counter(filter(None, named)).items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DATABASE_URL", "database"),
        ("SQLALCHEMY_DATABASE_URI", "database"),
        ("POSTGRES_DSN", "database"),
        ("REDIS_URL", "redis"),
        ("CELERY_BROKER_URL", "redis"),
        ("SENTRY_DSN", "dsn"),
        ("EMAILS_FROM_EMAIL", "email"),
        ("FIRST_SUPERUSER", "email"),
        ("SMTP_PORT", "int"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "int"),
        ("MAX_CONNECTIONS", "int"),
        ("DEBUG", "bool"),
        ("USE_CACHE", "bool"),
        ("SECRET_KEY", "secret"),
        ("POSTGRES_PASSWORD", "secret"),
        ("API_V1_STR", "prefix"),
        ("FRONTEND_HOST", "url"),
        ("SERVER_HOST", "host"),
        ("JWT_ALGORITHM", "algorithm"),
        ("LOG_LEVEL", "level"),
        ("ENVIRONMENT", "environment"),
        ("PROJECT_NAME", "secret"),
    ],
)
def test_names_tell_what_a_setting_is(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind


class Colour(Enum):
    RED = "red"


class Pool(BaseModel):
    size: int = Field(ge=5)
    url: PostgresDsn
    is_lazy: bool = True


@pytest.mark.parametrize(
    "annotation",
    [
        int,
        float,
        bool,
        str | None,
        SecretStr,
        HttpUrl,
        AnyUrl,
        PostgresDsn,
        RedisDsn,
        timedelta,
        Colour,
        Literal["prod", "dev"],
        list[str],
        set[int],
        dict[str, int],
        Pool,
        Annotated[int, Field(gt=9)],
        Annotated[int, Field(le=-3)],
    ],
)
def test_values_fit_their_types(annotation: Any) -> None:
    constraints = getattr(annotation, "__metadata__", ())
    bounds = [bound for item in constraints for bound in getattr(item, "metadata", ())]
    inner = getattr(annotation, "__origin__", annotation) if constraints else annotation
    (value, *_) = guesses("ANYTHING", kind_of_annotation(inner, bounds))
    reader = TypeAdapter(annotation)
    try:
        reader.validate_python(value)
    except ValidationError:
        reader.validate_json(value)


def test_an_address_of_a_database_has_an_installed_driver_first() -> None:
    (first, *_) = guesses("DATABASE_URL")
    assert first.startswith("postgresql+psycopg://")  # these tests run with SQLAlchemy and psycopg
    assert "127.0.0.1:1" in first


def job(**settings: str) -> dict[str, Any]:
    return {
        "settings": settings,
        "turns": dict.fromkeys(settings, 0),
        "example": {},
        "known": [],
        "is_full": True,
    }


def after(action: Any, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what is read from the error that an action ends with."""
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - settings may end the process
        return judged(error, given or job(), "/nowhere")
    raise AssertionError


class Kept(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KEPT_")
    port: int
    secret: SecretStr = Field(validation_alias="OTHER_NAME")
    colour: Colour


def test_all_fields_that_pydantic_misses_are_named_with_fitting_values() -> None:
    assert after(Kept)["missing"] == {
        "KEPT_PORT": "1",
        "OTHER_NAME": "dummy-other-name-0123456789abcdef0123456789abcdef",
        "KEPT_COLOUR": "red",
    }


def raising(error: BaseException) -> Any:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("action", "name"),
    [
        (lambda: os.environ["NOT_SET_AT_ALL"], "NOT_SET_AT_ALL"),
        (lambda: Config()("STARLETTE_ONE"), "STARLETTE_ONE"),
        (raising(RuntimeError("Set the DJANGO_ONE environment variable")), "DJANGO_ONE"),
        (raising(ValueError("DECOUPLED not found. Declare it as envvar or define")), "DECOUPLED"),
        (raising(RuntimeError("SIGNING_KEY must be set")), "SIGNING_KEY"),
    ],
)
def test_a_missing_variable_is_named(action: Any, name: str) -> None:
    assert list(after(action)["missing"]) == [name]


def test_the_code_around_an_error_tells_the_type() -> None:
    assert after(lambda: int(os.environ["ODD_THING"]))["missing"] == {"ODD_THING": "1"}
    assert after(lambda: Config()("ODD_THING", cast=bool))["missing"] == {"ODD_THING": "false"}


def test_an_example_of_the_repository_goes_before_a_dummy() -> None:
    given = job() | {"example": {"NOT_SET_AT_ALL": "example", "OTHER": ""}}
    assert after(lambda: os.environ["NOT_SET_AT_ALL"], given)["missing"] == {
        "NOT_SET_AT_ALL": "example"
    }


def test_a_message_that_ends_the_process_names_what_the_code_reads() -> None:
    given = job() | {"known": ["SOME_FLAG", "UNSEEN"]}
    assert list(after(lambda: sys.exit("give SOME_FLAG or ELSE"), given)["missing"]) == [
        "SOME_FLAG"
    ]


def test_a_value_of_ours_that_does_not_fit_gives_way_to_the_next() -> None:
    (value, following, *_) = guesses("ODD_THING")
    answer = after(lambda: int(value), job(ODD_THING=value))
    assert (answer["missing"], answer["turns"]) == ({"ODD_THING": following}, {"ODD_THING": 1})


def test_a_package_that_older_ones_take_for_granted_is_asked_for() -> None:
    error = ModuleNotFoundError("No module named 'pkg_resources'", name="pkg_resources")
    assert after(raising(error))["need"] == "setuptools<70"


def test_a_service_that_does_not_run_is_the_reason() -> None:
    reason = after(raising(OSError("connection refused")))["reason"]
    assert reason == "it needs a service that runs, such as its database: connection refused"
    assert not after(raising(OSError("connection refused")))["missing"]


def test_a_module_that_is_missing_is_named_and_no_setting_is_made_up_for_it() -> None:
    error = ModuleNotFoundError("No module named 'absent_one'", name="absent_one")
    given = job() | {"example": {"SOME_KEY": "x"}}
    answer = after(raising(error), given)
    assert (answer["lacks"], answer["missing"]) == ("absent_one", {})
    assert after(raising(error), given | {"is_full": False}).keys() == {"reason", "lacks"}


STAND_IN = """
from agent.stacks.openapi.inside.stand_ins import stand_in
stand_in(["absent_one"])
import absent_one.deep
from absent_one import BadError, Base, decorate, NAMES
class Own(Base): pass
@decorate
def plain(): return 1
@decorate(name="x")
def given(): return 2
try: raise ValueError
except (BadError, ValueError): pass
assert (plain(), given(), list(NAMES), "x" in NAMES) == (1, 2, [], False)
assert isinstance(Own(1, b=2), Base) and NAMES["a"].b is not None
try: import absent_two
except ImportError: print("done")
"""


def test_stand_ins_let_the_rest_be_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STAND_IN], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "done\n"
