"""`backsmith openapi`: what an API offers, and what a change of it means for its clients."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

openapi = typer.Typer(
    name="openapi",
    help="Get an API's description out of its code, and compare two of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_DIFF_EXAMPLES = """\b
Examples:
  backsmith openapi diff old.yaml new.yaml
  backsmith openapi diff main:openapi.json openapi.json --format markdown
  curl -s localhost:8000/openapi.json | backsmith openapi diff main:openapi.json -

Exit codes: 0 nothing that --fail-on names, 1 something, 2 wrong input.
"""


_EXPORT_EXAMPLES = """\b
Examples:
  backsmith openapi export .
  backsmith openapi export services/shop --rev main -o before.yaml

Exit codes: 0 written, 1 there is no description, 2 wrong input, 3 no package index.
"""


class Format(StrEnum):
    """How a diff is written down."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    """Annotations, as GitHub Actions reads them from a job's output."""


class FailOn(StrEnum):
    """The least change that makes the check fail."""

    BREAKING = "breaking"
    WARNING = "warning"
    NEVER = "never"


@openapi.callback()
def _group() -> None:
    pass


@openapi.command(epilog=_DIFF_EXAMPLES)
def diff(
    base: Annotated[
        str,
        typer.Argument(
            help="The older description: a file, REV:PATH of the git repository here, or - for "
            "stdin. OpenAPI 3.0, 3.1 or 3.2, JSON or YAML.",
            show_default=False,
        ),
    ],
    head: Annotated[str, typer.Argument(help="The newer one, likewise.", show_default=False)],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="When to exit with 1.")] = FailOn.BREAKING,
    accept: Annotated[
        Path | None,
        typer.Option(
            help="A file with changes that are wanted; default: .openapi-accept.yml at the "
            "repository's root, if there is one.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what a change of an API means for its clients, the worst first.

    The team's levels and accepted changes come from .backsmith.yml at the repository's root and
    from the accept file.
    """
    from workflows.openapi_diff import run_diff

    sys.exit(run_diff(base, head, form, fail_on, accept))


@openapi.command(epilog=_EXPORT_EXAMPLES)
def export(
    path: Annotated[
        Path,
        typer.Argument(
            help="A repository on this machine, or a folder in one; it is never written to.",
            show_default=False,
        ),
    ],
    rev: Annotated[
        str | None,
        typer.Option(
            help="A branch, tag or commit; default: the files as they are now.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A file, .json or .yaml; default: stdout.", show_default=False
        ),
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(help="The application, such as app.main:app; default: it is found."),
    ] = None,
) -> None:
    """Write the OpenAPI description of a FastAPI or Django repository; no server is started.

    Its dependencies are installed apart, its code runs in the sandbox, and settings that it misses
    are filled in with dummies.
    """
    from workflows.openapi_export import run_export

    sys.exit(run_export(path, rev, output, app))
