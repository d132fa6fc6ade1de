"""The only reader of `prompts/`: templates with named values, marked blocks for foreign text."""

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from agent.text import visible


def block(text: object, name: str) -> str:
    """Wrap foreign text into a marked block that the text itself cannot close."""
    body = re.sub(
        rf"<\s*(/?)\s*{re.escape(name)}\b", rf"<\1 {name}", visible(str(text)), flags=re.I
    )
    return f"<{name}>\n{body.strip()}\n</{name}>"


def _cell(text: object) -> str:
    """Return text that stays within its cell of a Markdown table."""
    return " ".join(str(text).replace("|", "\\|").replace("`", "'").split())


def _line(text: object) -> str:
    """Return foreign text as one visible line without angle brackets, for use outside blocks."""
    return " ".join(visible(str(text)).replace("<", "(").replace(">", ")").split())


def _words(text: object) -> str:
    """Return the developer's words as one line of a Markdown list."""
    return _cell(text).replace("<", "&lt;").replace("\\|", "|")


def _template(name: str) -> str:
    return files("prompts").joinpath(name).read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - prompts are text, not HTML
        loader=FunctionLoader(_template),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["block"] = block
    environment.filters["cell"] = _cell
    environment.filters["line"] = _line
    environment.filters["words"] = _words
    return environment


def render(name: str, **values: object) -> str:
    """Render `prompts/<name>.md.j2`; a value that the template wants and does not get raises."""
    return _environment().get_template(f"{name}.md.j2").render(**values).strip()
