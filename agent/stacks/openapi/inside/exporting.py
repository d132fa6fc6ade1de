"""Importing the application of a job in settings that let it be imported."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.stacks.openapi.inside.django_apis import (
    LacksPackageError,
    django_documents,
    django_framework,
)
from agent.stacks.openapi.inside.failures import judged
from agent.stacks.openapi.inside.fastapi_apps import fastapi_documents, fastapi_framework
from agent.stacks.openapi.inside.stand_ins import stand_in


def export(
    job: dict[str, Any], give: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return the answer to a job: documents, or what the attempt failed for.

    Where the documents are not all that is wanted, `give` makes the answer.
    """
    root = Path.cwd()
    os.chdir(root / job["project"])
    sys.path[:0] = [str(root / folder) for folder in job["paths"]]
    sys.path.append(metadata_of(job["packages"]))
    sys.argv = ["manage.py"]
    os.environ.update(job["settings"])
    stand_in(job["absent"])
    try:
        return (give or documents_of)(job)
    except LacksPackageError as lacking:
        return {"reason": f"{lacking} is not installed", "need": str(lacking)}
    except BaseException as error:  # noqa: BLE001 - settings end the process, views raise anything
        traceback.print_exc()
        return judged(error, job, str(root))


def metadata_of(packages: dict[str, str]) -> str:
    """Return a folder that says the project is installed, for whoever asks for its own version.

    Source: Python packaging, "Recording installed projects".
    """
    folder = Path(tempfile.mkdtemp())
    for name, version in packages.items():
        place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        place.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (place / "METADATA").write_text(text, "utf-8")
    return str(folder)


def documents_of(job: dict[str, Any]) -> dict[str, Any]:
    """Return the documents of a service."""
    if job["kind"] == "fastapi":
        documents = fastapi_documents(job["targets"])
        return {"documents": documents, "framework": fastapi_framework()}
    documents, is_low = django_documents(job["targets"][0]["module"])
    return {"documents": documents, "framework": django_framework(), "is_low_quality": is_low}
