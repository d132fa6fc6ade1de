"""From Markdown to the wiki markup of REST v2 and Jira Data Center.

Source: Jira's "Text Formatting Notation Help" page.
"""

import re
from collections.abc import Callable, Sequence

from markdown_it.tree import SyntaxTreeNode

from integrations.jira.adf_write import parse_markdown

_SIGNS = {"strong": "*", "em": "_", "s": "-"}
_SPECIAL = re.compile(r"([{}\[\]|])")
_LANGUAGES = frozenset(
    (
        "bash",
        "css",
        "diff",
        "go",
        "html",
        "java",
        "javascript",
        "json",
        "python",
        "sql",
        "xml",
        "yaml",
    )
)


def wiki_from_markdown(text: str) -> str:
    """Return Markdown as wiki markup; macros and mentions in the text are escaped."""
    return _blocks(parse_markdown(text).children)


def _blocks(nodes: Sequence[SyntaxTreeNode], bullets: str = "", separator: str = "\n\n") -> str:
    return separator.join(_block(node, bullets) for node in nodes)


def _block(node: SyntaxTreeNode, bullets: str) -> str:
    if node.type in _LISTS:
        return _list(node, bullets + _LISTS[node.type])
    write = _BLOCKS.get(node.type)
    return write(node) if write else _inlines(node)


def _list(node: SyntaxTreeNode, bullets: str) -> str:
    return "\n".join(
        f"{bullets} " + _blocks(item.children, bullets, "\n") for item in node.children
    )


def _code(node: SyntaxTreeNode) -> str:
    words = node.info.split()
    language = f":{words[0]}" if words and words[0].lower() in _LANGUAGES else ""
    return f"{{code{language}}}\n{node.content.removesuffix(chr(10))}\n{{code}}"


def _table(node: SyntaxTreeNode) -> str:
    rows = [row for part in node.children for row in part.children]
    return "\n".join(_row(row) for row in rows)


def _row(row: SyntaxTreeNode) -> str:
    wall = "||" if row.children and row.children[0].type == "th" else "|"
    return wall + wall.join(_inlines(cell) or " " for cell in row.children) + wall


def _inlines(node: SyntaxTreeNode) -> str:
    return "".join(_inline(child) for child in node.children)


def _inline(node: SyntaxTreeNode) -> str:
    if node.type == "text":
        return _SPECIAL.sub(r"\\\1", node.content)
    if node.type == "code_inline":
        return "{{" + node.content + "}}"
    if node.type in ("softbreak", "hardbreak"):
        return " " if node.type == "softbreak" else "\n"
    if node.type == "image":
        return f"[{node.content or 'image'}|{node.attrs['src']}]"
    if node.type == "link":
        text, href = _inlines(node), str(node.attrs["href"])
        return f"[{href}]" if text == href else f"[{text}|{href}]"
    sign = _SIGNS.get(node.type, "")
    return sign + _inlines(node) + sign


_LISTS = {"bullet_list": "*", "ordered_list": "#"}
_BLOCKS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "heading": lambda node: f"h{node.tag[1:]}. {_inlines(node)}",
    "fence": _code,
    "code_block": _code,
    "blockquote": lambda node: "{quote}\n" + _blocks(node.children) + "\n{quote}",
    "table": _table,
    "hr": lambda _: "----",
}
