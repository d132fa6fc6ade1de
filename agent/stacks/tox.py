"""What tox would run, and what it would install for it. Source: tox 4, "Configuration".

Only what stands there for every environment is seen: lines for a factor (`django52: ...`) say which
versions are tried, and the repository's own requirements choose among those.
"""

import configparser
import re
import tomllib
from collections.abc import Iterator

from agent.stacks.line import CommandLine
from agent.stacks.script import ReadText, script_lines, without_arguments

_DEPTH = 4
_REFERENCE = re.compile(r"\{\[(?P<section>[^\]{}]+)\](?P<key>\w+)\}")
_FACTORS = re.compile(r"!?[\w.-]+(?:[,-]!?[\w.-]+)*\s*:\s")


def tox_lines(chosen: list[str], read: ReadText) -> Iterator[CommandLine]:
    """Yield the commands of environments: of the chosen ones, else of those that tox runs."""
    parser = parse_tox(read)
    listed = _value(parser, "tox", "env_list") or _value(parser, "tox", "envlist")
    names = chosen or re.findall(r"[\w.-]+", listed)
    sections = dict.fromkeys(
        section if parser.has_section(section := f"testenv:{name}") else "testenv"
        for name in names or ["py"]
    )
    for section in sections:
        yield from section_lines(parser, section)


def parse_tox(read: ReadText) -> configparser.ConfigParser:
    """Return the settings in tox.ini, or in pyproject.toml; empty where there are none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read("tox.ini") or _legacy(read("pyproject.toml") or ""))
    except configparser.Error:
        return configparser.ConfigParser(interpolation=None)
    return parser


def _legacy(pyproject: str) -> str:
    try:
        tool = tomllib.loads(pyproject).get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    table = tool.get("tox", {}) if isinstance(tool, dict) else {}
    return str(table.get("legacy_tox_ini", "")) if isinstance(table, dict) else ""


def section_lines(parser: configparser.ConfigParser, section: str) -> Iterator[CommandLine]:
    """Yield the commands of one environment; none of one whose outcome does not count."""
    if _own(parser, section, "ignore_outcome").strip().lower() == "true":
        return
    setenv = _value(parser, section, "set_env") or _value(parser, section, "setenv")
    values = re.findall(r"^\s*(\w+)\s*=\s*([^{}\n]*)$", setenv, re.M)
    plain = without_arguments(_value(parser, section, "commands")).replace("{envpython}", "python")
    plain = plain.replace("{toxinidir}/", "").replace("{tox_root}/", "")
    for line in script_lines("\n".join(x for x in plain.splitlines() if "{" not in x)):
        yield line.model_copy(update={"variables": (*values, *line.variables)})


def section_packages(parser: configparser.ConfigParser, section: str) -> list[str]:
    """Return the lines of an environment's `deps`: requirements, or `-r file`."""
    lines = [line.strip() for line in _value(parser, section, "deps").splitlines()]
    plain = [re.sub(r"\s+#.*", "", line) for line in lines if line and line[0] != "#"]
    return [line for line in plain if "{" not in line and not _FACTORS.match(line)]


def section_extras(parser: configparser.ConfigParser, section: str) -> list[str]:
    """Return the extras of the project that an environment has."""
    return re.findall(r"[\w.-]+", _value(parser, section, "extras"))


def _value(parser: configparser.ConfigParser, section: str, key: str) -> str:
    """Return an option with references to other sections put in; `[testenv]` has the defaults."""
    text = _own(parser, section, key)
    for _ in range(_DEPTH):
        text = _REFERENCE.sub(lambda found: _own(parser, found["section"], found["key"]), text)
    return text


def _own(parser: configparser.ConfigParser, section: str, key: str) -> str:
    default = parser.get("testenv", key, fallback="") if section.startswith("testenv") else ""
    return parser.get(section, key, fallback="") or default
