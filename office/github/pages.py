"""The few addresses that are for people: a pull request, its diff, a job's log."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from office.github.diffs import unified
from office.github.errors import Refused
from office.github.hub import Hub
from office.github.records import Job, Repository

_PAGE = "<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><pre>{text}</pre>"


def _jobs(hub: Hub) -> list[tuple[Repository, Job]]:
    return [
        (known, job)
        for known in hub.repositories.values()
        for run in known.runs.values()
        for job in run.jobs
    ]


def _html(title: str, text: str) -> Response:
    return HTMLResponse(_PAGE.format(title=escape(title), text=escape(text)))


def show_pull(hub: Hub, request: Request) -> Response:
    """Show a pull request, or with `.diff` its plain difference. The office is open to all."""
    name = f"{request.path_params['owner']}/{request.path_params['name']}"
    number, _, suffix = request.path_params["number"].partition(".")
    try:
        pull = hub.pull(name, int(number) if number.isdecimal() else 0)
    except Refused as refusal:
        return PlainTextResponse(refusal.message, refusal.status)
    text = unified(pull.diff.files)
    if suffix:
        return PlainTextResponse(text)
    return _html(f"{pull.title} #{pull.number}", f"{pull.body or ''}\n\n{text}")


def show_job(hub: Hub, request: Request) -> Response:
    """Show the log of a job."""
    for _, job in _jobs(hub):
        if str(job.id) == request.path_params["job"]:
            return _html(
                f"{job.name}: {job.check.conclusion or job.check.status}", "\n".join(job.log)
            )
    return PlainTextResponse("Not Found", 404)


def fetch_log(hub: Hub, request: Request) -> Response:
    """Return the plain log of a job to whoever was given its address."""
    for _, job in _jobs(hub):
        if job.log_path == request.url.path:
            return PlainTextResponse("\n".join(job.log) + "\n")
    return PlainTextResponse("Not Found", 404)
