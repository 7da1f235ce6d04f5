"""Markdown, read once, for both formats: HTML text, or a tree of plain strings that the Typst template sets.

Typst receives the tree as JSON, never as markup, so no text can be mistaken for code. Only what the page contract
names is read as Markdown (paragraphs, emphasis, code, lists, links); a heading sign or an angle bracket is text.
"""

import inspect
import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

NOT_MARKUP = ["image", "heading", "lheading", "hr", "blockquote", "code", "html_block", "html_inline", "reference"]
UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LONGEST_LINK = 2000


def plain(text: str) -> str:
    """The text with code points that no page can hold (control characters, half surrogates) marked by U+FFFD."""
    return UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def to_html(text: str) -> str:
    """Prose as HTML; everything that is not the page's Markdown is escaped."""
    return _reader().render(_dedented(text))


def to_nodes(text: str) -> list[dict[str, Any]]:
    """Prose as a list of blocks: `{"kind": "paragraph" | "list" | "listing", ...}` with plain strings at the leaves.

    >>> to_nodes("see `x`")
    [{'kind': 'paragraph', 'body': [{'kind': 'text', 'text': 'see '}, {'kind': 'code', 'text': 'x'}]}]
    """
    return [_block(node) for node in SyntaxTreeNode(_reader().parse(_dedented(text))).children]


def listing(text: str) -> str:
    """Markdown that shows a text as it is, on lines of its own, whatever it contains."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(NOT_MARKUP)


def _dedented(text: str) -> str:
    return inspect.cleandoc(plain(text))


def _block(node: SyntaxTreeNode) -> dict[str, Any]:
    if node.type == "paragraph":
        return {"kind": "paragraph", "body": [_span(child) for line in node.children for child in line.children]}
    if node.type == "fence":
        return {"kind": "listing", "text": node.content.rstrip("\n")}
    if node.type in ("bullet_list", "ordered_list"):
        items = [[_block(child) for child in item.children] for item in node.children]
        start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        return {"kind": "list", "start": start, "items": items}
    raise ValueError(f"no rule for a Markdown block of type {node.type}")


def _span(node: SyntaxTreeNode) -> dict[str, Any]:
    if node.type == "text":
        return {"kind": "text", "text": node.content}
    if node.type == "code_inline":
        return {"kind": "code", "text": node.content}
    if node.type in ("softbreak", "hardbreak"):
        return {"kind": "text", "text": " "} if node.type == "softbreak" else {"kind": "break"}
    body = [_span(child) for child in node.children]
    if node.type in ("em", "strong"):
        return {"kind": node.type, "body": body}
    if node.type == "link":
        target = str(node.attrs.get("href", ""))
        return {"kind": "link" if 0 < len(target) <= LONGEST_LINK else "group", "target": target, "body": body}
    raise ValueError(f"no rule for Markdown of type {node.type}")
