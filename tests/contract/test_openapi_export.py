"""Exports in the real sandbox with the packages of an index: frameworks old and new."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.stacks.openapi.exporting import export_openapi
from agent.stacks.openapi.value import Export
from agent.tools.base import Checkout
from tests.contract.git_remote import bubblewrap

ROOT = Path(__file__).parents[2]
OLD_SETTINGS = """
from typing import List
from pydantic import AnyHttpUrl, BaseSettings, EmailStr, Field, PostgresDsn, SecretStr


class Settings(BaseSettings):
    database_url: PostgresDsn
    secret_key: SecretStr
    admin: EmailStr
    port: int
    origins: List[AnyHttpUrl]
    title: str = Field(..., env="SHOWN_TITLE")

    class Config:
        env_prefix = "OLD_"
"""
OLD_APP = """
import os
from fastapi import FastAPI
from old.settings import Settings

LIFE = int(os.environ["LIFE"])


def get_application() -> FastAPI:
    settings = Settings()
    app = FastAPI(title=settings.title)

    @app.get("/items/{number}")
    def read(number: int) -> dict:
        return {}

    return app


app = get_application()
"""
OLD = {
    "requirements.txt": "fastapi==0.95.2\npydantic[email]==1.10.26\n",
    ".env.example": "SHOWN_TITLE='Old shop' # shown\nOLD_PORT=\n",
    "old/__init__.py": "",
    "old/settings.py": OLD_SETTINGS,
    "old/main.py": OLD_APP,
}
NEW_APP = """
from importlib.metadata import version
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from service.admin import admin
from service.settings import Settings

settings = Settings()
print("a line that must not get into the description")


class Item(BaseModel):
    id: int


inner = FastAPI()


@inner.get("/items")
def inner_items() -> Item: ...


def build(debug: bool = False) -> FastAPI:
    app = FastAPI(version=version("the-service"), openapi_url=None)

    @app.get("/health")
    def health() -> str: ...

    app.mount("/static", StaticFiles(directory="not-built-yet"))
    app.mount("/admin", admin)
    app.mount("/inner", CORSMiddleware(inner))
    return app
"""
NEW = {
    "svc/pyproject.toml": '[project]\nname = "the-service"\nversion = "3.2.1"\n'
    'dependencies = ["fastapi>=0.121", "pydantic-settings"]\n',
    "svc/Dockerfile": 'CMD ["uvicorn", "service.web:build", "--factory", "--app-dir", "src"]\n',
    "svc/src/service/__init__.py": "",
    "svc/src/service/settings.py": "from typing import Literal\n"
    "from pydantic import BaseModel, Field, RedisDsn\n"
    "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n"
    "class Pool(BaseModel):\n    size: int = Field(ge=4)\n    url: RedisDsn\n\n\n"
    "class Settings(BaseSettings):\n"
    '    model_config = SettingsConfigDict(env_nested_delimiter="__")\n'
    '    mode: Literal["prod", "dev"]\n    pool: Pool\n    hosts: list[str]\n',
    "svc/src/service/admin.py": "from fastapi import FastAPI\nfrom pydantic import BaseModel\n\n\n"
    "class Item(BaseModel):\n    name: str\n\n\nadmin = FastAPI()\n\n\n"
    '@admin.get("/items")\ndef items() -> list[Item]: ...\n',
    "svc/src/service/web.py": NEW_APP,
}
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n'
BARE = {
    "requirements.txt": "django==5.2.19\ndjangorestframework==3.18.3\nuwsgi\n",
    "manage.py": MANAGE,
    "site_/__init__.py": "",
    "site_/settings.py": "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'x'}}\n"
    "INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'rest_framework']\n"
    "ROOT_URLCONF = 'site_.urls'\n",
    "site_/urls.py": "from django.contrib.auth.models import Group\nfrom django.urls import path\n"
    "from rest_framework import generics, response, serializers, views\n\n\n"
    "class GroupSerializer(serializers.ModelSerializer):\n"
    "    class Meta:\n        model = Group\n        fields = ['id', 'name']\n\n\n"
    "class Groups(generics.ListCreateAPIView):\n    queryset = Group.objects.all()\n"
    "    serializer_class = GroupSerializer\n\n\n"
    "class Plain(views.APIView):\n    def get(self, request):\n"
    "        return response.Response({})\n\n\n"
    "urlpatterns = [path('groups', Groups.as_view()), path('plain', Plain.as_view())]\n",
}
Do = Callable[..., Export]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose environments all tests of this file share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def export(home: Path, tmp_path: Path) -> Do:
    """Export from files, or from a folder without what it needs for development only."""
    path = home / "worktrees" / tmp_path.name

    def export_(files: dict[str, str] | Path) -> Export:
        if isinstance(files, Path):
            left_out = shutil.ignore_patterns("requirements-dev.txt", "__pycache__")
            shutil.copytree(files, path, ignore=left_out)
        for name, text in files.items() if isinstance(files, dict) else ():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text)
        repository = Repository(name="acme/shop", git_url="/nowhere")
        worktree = Worktree(path=path, repository=repository, head=CommitSha("0" * 40))
        return export_openapi(Checkout(sandbox=bubblewrap(home), worktree=worktree))

    return export_


def document(found: Export) -> Any:
    assert found.reason == ""
    assert found.is_live
    return json.loads(found.content or b"")


def test_a_large_result_can_be_read(home: Path) -> None:
    path = home / "worktrees" / "large"
    path.mkdir(parents=True)
    (path / "openapi.json").write_text('"' * (20 << 20))
    worktree = Worktree(
        path=path, repository=Repository(name="a/b", git_url="/x"), head=CommitSha("0" * 40)
    )
    arguments = {"path": "openapi.json", "cap": 32 << 20}
    assert bubblewrap(home).file_operation(worktree, "result", arguments)["size"] == 20 << 20


def test_fastapi_0_95_with_pydantic_1_and_all_its_settings_missing(export: Do) -> None:
    found = export(OLD)
    description = document(found)
    assert (description["openapi"], description["info"]["title"]) == ("3.0.2", "Old shop")
    assert list(description["paths"]) == ["/items/{number}"]
    assert found.framework == "FastAPI 0.95.2, pydantic 1.10.26"
    assert found.source == "old.main:app"
    assert found.dummies == (
        "LIFE",
        "OLD_ADMIN",
        "OLD_DATABASE_URL",
        "OLD_ORIGINS",
        "OLD_PORT",
        "OLD_SECRET_KEY",
        "SHOWN_TITLE",
    )


def test_todays_fastapi_with_a_factory_in_a_folder_and_mounted_applications(export: Do) -> None:
    found = export(NEW)
    description = document(found)
    assert list(description["paths"]) == ["/health", "/admin/items", "/inner/items"]
    schemas = description["components"]["schemas"]
    assert list(schemas["Item"]["properties"]) == ["name"]
    assert list(schemas["Item_inner"]["properties"]) == ["id"]
    assert description["info"]["version"] == "3.2.1"
    assert found.source == "service.web:build()"
    assert found.dummies == ("HOSTS", "MODE", "POOL")


def test_rest_framework_without_a_schema_package_is_marked(export: Do) -> None:
    found = export(BARE)
    description = document(found)
    assert list(description["paths"]) == ["/groups", "/plain"]
    assert "Group" in description["components"]["schemas"]
    assert found.is_low_quality
    assert "drf-spectacular" in found.framework
    assert found.dummies == ("SECRET_KEY",)


@pytest.mark.parametrize(
    ("folder", "source", "paths"),
    [
        ("office/samples/shop", "shop.main:app", 7),
        ("office/samples/clinic", "clinic.settings (Django REST framework)", 5),
        ("tests/bench/repositories/courier", "courier.main:app", 11),
        ("tests/bench/repositories/library", "library.api:api", 16),
    ],
)
def test_samples_give_their_description(export: Do, folder: str, source: str, paths: int) -> None:
    found = export(ROOT / folder)
    description = document(found)
    assert (found.source, len(description["paths"])) == (source, paths)
    assert (found.dummies, found.is_low_quality) == ((), False)
