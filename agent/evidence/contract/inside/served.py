"""Applications as they are served here: in this process, their errors kept to be told."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from agent.evidence.contract.inside.privacy import fill_django, make_tables, own_django
from agent.stacks.openapi.inside.django_apis import django_documents
from agent.stacks.openapi.inside.failures import CONNECTION_WORDS, chain_of, told
from agent.stacks.openapi.inside.fastapi_apps import fastapi_parts

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MESSAGE = b"Internal Server Error"
REQUEST_HEADER = "x-schemathesis-testcaseid"
"""What names a request. Source: schemathesis 4.32, `SCHEMATHESIS_TEST_CASE_HEADER`."""


class Errors:
    """What the application raised, by the request that it was raised for."""

    def __init__(self, root: str) -> None:
        """Take the folder that places in the code are told from."""
        self.root = root
        self.found: dict[str, tuple[str, bool]] = {}

    def keep(self, request: str, error: BaseException) -> None:
        """Keep an error in one line, and whether it is of something that is not here."""
        texts = [f"{type(link).__name__} {link}" for link in chain_of(error)]
        is_absent = any(re.search(CONNECTION_WORDS, text) for text in texts)
        self.found[request] = told(error, self.root), is_absent

    def of(self, request: str) -> tuple[str, bool]:
        """Return what was raised for a request; an empty line when it was nothing."""
        return self.found.get(request, ("", False))


class CaughtAsgi:
    """An ASGI application whose errors become answers, as a server makes them."""

    def __init__(self, app: Any, errors: Errors) -> None:
        """Take the application, and where its errors are kept."""
        self.app, self.errors = app, errors

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; what is raised is kept."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = []

        async def noting(message: Any) -> None:
            begun.append(message)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises
            headers = {name.lower(): value for name, value in scope["headers"]}
            request = headers.get(REQUEST_HEADER.encode(), b"").decode("latin-1")
            self.errors.keep(request, error)
            if not begun:
                plain = [(b"content-type", b"text/plain; charset=utf-8")]
                await send({"type": "http.response.start", "status": 500, "headers": plain})
                await send({"type": "http.response.body", "body": MESSAGE})


def served_fastapi(job: dict[str, Any], errors: Errors) -> list[dict[str, Any]]:
    """Return each outermost application with a description of all that it serves."""
    found = []
    for label, top, prefix, app in fastapi_parts(job["targets"]):
        document = json.loads(json.dumps(app.openapi()))
        handlers = dict(handlers_of(app))
        document["paths"] = {f"{prefix}{path}": item for path, item in document["paths"].items()}
        code = {f"{method} {prefix}{path}": text for (method, path), text in handlers.items()}
        part = {"label": label, "document": document, "code": code}
        found.append({**part, "app": CaughtAsgi(top, errors)})
    make_tables(job["contract"]["has_server"])
    return found


def handlers_of(app: Any) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the code of the function behind each method and path, as far as it can be told."""
    for route in getattr(app, "routes", ()):
        endpoint = getattr(route, "endpoint", None)
        for method in getattr(route, "methods", None) or ():
            try:
                yield (method, route.path), inspect.getsource(endpoint)  # type: ignore[arg-type]
            except (OSError, TypeError, AttributeError):
                continue


def served_django(job: dict[str, Any], errors: Errors, folder: str) -> list[dict[str, Any]]:
    """Return Django's application with each of its descriptions."""
    module = job["targets"][0]["module"]
    own_django(module, folder, job["contract"]["has_server"])
    documents, _ = django_documents(module)
    fill_django()
    signals = import_module("django.core.signals")

    def keep(request: Any = None, **_named: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None:
            errors.keep(request.headers.get(REQUEST_HEADER, ""), error)

    signals.got_request_exception.connect(keep, weak=False)
    app = import_module("django.core.wsgi").get_wsgi_application()
    return [{**part, "app": app, "code": {}} for part in documents]


def digests_of(part: dict[str, Any]) -> dict[str, str]:
    """Return for each operation what stays the same as long as nothing of it changes.

    That is its description with all that it refers to, and the code of its function.
    """
    document, found = part["document"], {}
    for path, item in (document.get("paths") or {}).items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                shared = {k: v for k, v in item.items() if k not in METHODS}
                whole = [item[method], shared, part["code"].get(name, "")]
                text = json.dumps([whole, references_of(whole, document)], sort_keys=True)
                found[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def references_of(thing: Any, document: Any) -> dict[str, Any]:
    """Return all that something refers to, by reference."""
    found: dict[str, Any] = {}
    waiting = [thing]
    while waiting:
        for name in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(waiting.pop())):
            if name not in found:
                target = document
                for part in name.split("/"):
                    target = target.get(part) if isinstance(target, dict) else None
                found[name] = target
                waiting.append(target)
    return found
