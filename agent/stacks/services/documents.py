"""What CI, compose files and files of variables say of servers.

Sources: GitHub Actions, "Workflow syntax", `services`; GitLab, "CI/CD YAML syntax", `services`;
Compose Specification; the images `postgres` and `redis` of Docker Hub, their variables.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from agent.domain.value import Value
from agent.stacks.services.hints import Hint, Kind, Part, Rank, told

COMPOSE = r"(^|/)(docker-)?compose[^/]*\.ya?ml$"
EXAMPLES = (
    r"(^|/)\.?env[.-](example|sample|template|dist|local\.example)$|(^|/)(example|sample)\.env$"
)
VARIABLES = r"(^|/)\.env(\.(test|tests|testing|ci|local|dev))?$|(^|/)(test|tests|ci)\.env$"
GITLAB = r"^\.gitlab-ci\.ya?ml$"
INI = r"(^|/)(alembic\.ini|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml)$"
_IMAGES: tuple[tuple[Kind, str], ...] = (
    ("postgres", r"postgres|postgis|timescale|pgvector|pgvecto|supabase"),
    ("redis", r"redis|valkey|keydb|dragonfly"),
)
_OF_IMAGE: tuple[tuple[str, Part], ...] = (
    ("POSTGRES_USER", "user"), ("POSTGRES_PASSWORD", "password"), ("POSTGRES_DB", "database"),
)  # fmt: skip
_INNER = {"postgres": "5432", "redis": "6379"}
_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=(.*)$", re.MULTILINE)
_ADDRESS = re.compile(r"(?:postgres(?:ql)?|redis)(?:\+\w+)?://[^\s\"',\]]+")


class Server(Value):
    """A server that CI or a compose file starts."""

    kind: Kind
    rank: Rank
    place: str
    databases: tuple[str, ...] = ()


class Documents(Value):
    """What those files say together."""

    servers: tuple[Server, ...] = ()
    hints: tuple[Hint, ...] = ()


def read_documents(texts: Mapping[str, str]) -> Documents:
    """Return what CI, compose files, files of variables and settings of tools say."""
    servers: list[Server] = []
    hints: list[Hint] = []
    for path, text in texts.items():
        if re.search(r"^\.github/workflows/", path):
            _read_workflow(path, text, servers, hints)
        elif re.search(GITLAB, path):
            _read_gitlab(path, text, servers, hints)
        elif re.search(COMPOSE, path):
            for name, service in mapping(loaded(text).get("services")).items():
                _read_server(Rank.COMPOSE, path, name, service, servers, hints)
        else:
            hints += _of_variables(path, text)
    return Documents(servers=tuple(servers), hints=tuple(hints))


def _of_variables(path: str, text: str) -> Iterator[Hint]:
    if re.search(INI, path):
        is_alembic = path.endswith("alembic.ini")
        for found in _ADDRESS.findall(text):
            yield from told(Rank.CODE if is_alembic else Rank.TESTS, path, found)
        return
    is_example = re.search(EXAMPLES, path) is not None
    if is_example or re.search(VARIABLES, path):
        rank = Rank.EXAMPLE if is_example else Rank.ENVIRONMENT
        for name, value in _LINE.findall(text):
            plain = _plain(value)
            yield from told(rank, path, plain, name, is_open=is_example and not plain)


def _plain(text: str) -> str:
    """Return a value as a shell would read it; what stands for something else counts as empty."""
    value = text.strip()
    if value[:1] in ("'", '"'):
        value = value[1:].partition(value[0])[0]
    else:
        value = value.partition(" #")[0].strip()
    return "" if re.search(r"[<>$]|^#", value) else value


def _read_workflow(path: str, text: str, servers: list[Server], hints: list[Hint]) -> None:
    """Read the jobs that start servers; without one, all jobs."""
    document = loaded(text)
    jobs = [mapping(job) for job in mapping(document.get("jobs")).values()]
    with_servers = [job for job in jobs if mapping(job.get("services"))]
    for job in with_servers:
        for name, service in mapping(job.get("services")).items():
            _read_server(Rank.CI_SERVER, path, name, service, servers, hints)
    for job in with_servers or jobs:
        steps = job.get("steps")
        scopes = [document, job, *(steps if isinstance(steps, list) else [])]
        for scope in reversed(scopes):
            for name, value in mapping(mapping(scope).get("env")).items():
                hints += told(Rank.CI, path, _value(value), str(name), is_open=not _value(value))


def _read_gitlab(path: str, text: str, servers: list[Server], hints: list[Hint]) -> None:
    """Read a file whose services take their settings from variables beside them."""
    document = loaded(text)
    for scope in (document, *map(mapping, document.values())):
        listed = scope.get("services")
        variables = mapping(scope.get("variables")) or mapping(document.get("variables"))
        for item in listed if isinstance(listed, list) else ():
            service = mapping(item) or {"image": item}
            alias = service.get("alias") or str(service.get("name") or item).partition(":")[0]
            whole = {"image": service.get("name") or service.get("image"), "env": variables}
            _read_server(Rank.CI_SERVER, path, str(alias).rpartition("/")[2], whole, servers, hints)
            for name, value in variables.items():
                hints += told(Rank.CI, path, _value(value), str(name))


def _read_server(
    rank: Rank, path: str, name: Any, service: Any, servers: list[Server], hints: list[Hint]
) -> None:
    described = mapping(service)
    image = str(described.get("image") or name).rpartition("/")[2]
    whole = str(described.get("image") or name)
    kind = next((kind for kind, form in _IMAGES if re.search(form, whole, re.IGNORECASE)), None)
    if kind is None or re.search(r"exporter|commander|insight|backup|admin", image):
        return
    environment = variables_of(described.get("env") or described.get("environment"))
    known: dict[Part, str] = {"host": str(name), "port": _port(described, kind)}
    if kind == "postgres":
        known |= {part: environment.get(variable, "") for variable, part in _OF_IMAGE}
        default = known["user"] or "postgres"
        asked = known["database"] or ("" if "POSTGRES_DB" in environment else default)
        known["database"] = asked
    databases = tuple(filter(None, [known.get("database")]))
    servers.append(Server(kind=kind, rank=rank, place=path, databases=databases))
    hints += [
        Hint(kind=kind, part=part, rank=rank, place=path, value=value)
        for part, value in known.items()
        if value
    ]


def _port(service: dict[Any, Any], kind: Kind) -> str:
    """Return the port on the machine itself that leads to the server's own."""
    ports = service.get("ports")
    for port in ports if isinstance(ports, list) else ():
        outer, _, inner = re.sub(r"\$\{\w+:-(\d+)\}", r"\1", str(port)).rpartition(":")
        if inner.partition("/")[0] == _INNER[kind] and outer.rpartition(":")[2].isdigit():
            return outer.rpartition(":")[2]
    return ""


def variables_of(value: Any) -> dict[str, str]:
    """Return variables with plain values, be they a mapping or lines; others are empty."""
    lines = value if isinstance(value, list) else ()
    pairs = [str(line).partition("=")[::2] for line in lines] or list(mapping(value).items())
    return {str(name): _value(text) for name, text in pairs}


def _value(value: Any) -> str:
    """Return a plain value; empty for an expression. `${A:-b}` is `b`."""
    text = re.sub(r"\$\{\w+:?-([^${}]*)\}", r"\1", "" if value is None else str(value))
    return "" if "$" in text or "\n" in text or len(text) > 300 else text


def loaded(text: str) -> dict[Any, Any]:
    """Return a YAML document; an empty one for what is none."""
    try:
        return mapping(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}


def mapping(value: Any) -> dict[Any, Any]:
    """Return a mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}
