"""Django: the APIs of Django Ninja, and REST framework by drf-spectacular."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from agent.stacks.openapi.inside.guesses import is_installed

SPECTACULAR = "drf-spectacular"
AUTO_SCHEMA = "drf_spectacular.openapi.AutoSchema"


class LacksPackageError(Exception):
    """A package without which there is no description."""


def django_documents(settings_module: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the description of every API, and whether it says little of types."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    settings = import_module("django.conf").settings
    has_rest = is_installed("rest_framework")
    is_shim = has_rest and "drf_spectacular" not in app_names(settings)
    if is_shim and is_installed("drf_spectacular"):
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "drf_spectacular"]
    if has_rest:
        use_spectacular(settings)
    do_without_drivers(settings)
    import_module("django").setup()
    import_module(settings.ROOT_URLCONF)
    documents = ninja_documents()
    if has_rest and rest_views():
        if not is_installed("drf_spectacular"):
            raise LacksPackageError(SPECTACULAR)
        label = f"{settings_module} (Django REST framework)"
        documents.append({"prefix": "", "label": label, "document": rest_document()})
        return documents, is_shim
    return documents, False


def do_without_drivers(settings: Any) -> None:
    """Exchange databases whose driver is not installed, for models cannot be imported without."""
    for database in settings.DATABASES.values():
        try:
            import_module(f"{database.get('ENGINE')}.base")
        except Exception:  # noqa: BLE001 - Django raises ImproperlyConfigured, drivers what they like
            database.update(ENGINE="django.db.backends.sqlite3", NAME=":memory:", OPTIONS={})


def app_names(settings: Any) -> set[str]:
    """Return the packages of the installed apps, configuration classes or not."""
    return {name.partition(".")[0] for name in settings.INSTALLED_APPS}


def use_spectacular(settings: Any) -> None:
    """Let every view be described by drf-spectacular, unless it is so already."""
    rest = dict(getattr(settings, "REST_FRAMEWORK", None) or {})
    known = str(rest.get("DEFAULT_SCHEMA_CLASS", ""))
    if is_installed("drf_spectacular") and (not known or known.startswith("rest_framework.")):
        settings.REST_FRAMEWORK = {**rest, "DEFAULT_SCHEMA_CLASS": AUTO_SCHEMA}


def ninja_documents() -> list[dict[str, Any]]:
    """Return the description of each Ninja API that the URLs lead to."""
    if not is_installed("ninja"):
        return []
    kind = import_module("ninja").NinjaAPI
    unreachable = import_module("django.urls").NoReverseMatch
    found: dict[int, tuple[str, Any]] = {}
    for name, module in list(sys.modules.items()):
        for attribute, thing in list(getattr(module, "__dict__", {}).items()):
            if isinstance(thing, kind) and not name.startswith("ninja."):
                found.setdefault(id(thing), (f"{name}:{attribute}", thing))
    documents = []
    for label, api in found.values():
        try:
            document = json.loads(ninja_text(api.get_openapi_schema()))
        except unreachable:
            continue
        documents.append({"prefix": "", "label": label, "document": document})
    return documents


def ninja_text(schema: Any) -> str:
    """Return a schema as JSON, with Ninja's own encoder. Source: ninja 1.7, export command."""
    return json.dumps(schema, cls=import_module("ninja.responses").NinjaJSONEncoder)


def rest_views() -> list[Any]:
    """Return the endpoints of REST framework's views."""
    kind = import_module("rest_framework.schemas.generators").EndpointEnumerator
    own = ("drf_spectacular", "rest_framework")
    listed = kind().get_api_endpoints()
    classes = [getattr(entry[2], "cls", None) for entry in listed]
    return [view for view in classes if view and not view.__module__.startswith(own)]


def rest_document() -> Any:
    """Return what `manage.py spectacular` would print. Source: drf-spectacular 0.30."""
    defaults = import_module("drf_spectacular.settings").spectacular_settings
    generator = defaults.DEFAULT_GENERATOR_CLASS()
    schema = generator.get_schema(request=None, public=True)
    renderer = import_module("drf_spectacular.renderers").OpenApiJsonRenderer()
    return json.loads(renderer.render(schema, renderer_context={}))


def django_framework() -> str:
    """Return the names and versions of what makes the description."""
    parts = (
        ("django", "Django"),
        ("rest_framework", "Django REST framework"),
        ("drf_spectacular", "drf-spectacular"),
        ("ninja", "Django Ninja"),
        ("pydantic", "pydantic"),
    )
    loaded = [(shown, sys.modules.get(name)) for name, shown in parts]
    versions = [(shown, getattr(module, "__version__", "")) for shown, module in loaded if module]
    return ", ".join(f"{shown} {version}" for shown, version in versions if version)
