"""Saved HTML pages to lines: an HTML5 parser, and the main content found by structure."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice

from justhtml import JustHTML

from cloudhealth_kg.articles.head import read_head
from cloudhealth_kg.articles.lines import RUN_IN, Line, LineBuilder
from cloudhealth_kg.articles.origin import Origin
from cloudhealth_kg.articles.page import Node, Page, children_of, name_of, post_order
from cloudhealth_kg.model import BlockRole, Metadata

_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "center", "details", "dd", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p",
    "pre", "search", "section", "summary", "table", "tbody", "thead", "tfoot", "tr", "ul",
    "caption", "button",
])  # fmt: skip
_HEADINGS = {f"h{n}": n for n in range(1, 7)} | {"summary": 6, "button": 6}
_FOOTNOTE = re.compile(r"\s*[\[(]?(?:\d{1,3}|[a-z*†‡])[\])]?\s*")
_CHARACTER = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_STRAY = re.compile(r"<(?![A-Za-z/!?])")
_MANY_STRAYS = 20_000
_STRETCH = 4096


def read_page(text: str) -> tuple[list[Line], Metadata]:
    """Return the lines of a saved page's main content, and what the page says about itself."""
    root = _parse(text)
    page = Page(root)
    reader = _Walk(text, Origin(), page)
    content = page.content
    title = page.outer_title(content)
    if title is not None:
        reader.walk(title)
    reader.walk(content)
    return reader.lines, read_head(page)


def read_fragment(text: str, origin: Origin) -> list[Line]:
    """Return the lines of a piece of HTML that stands in a Markdown document."""
    root = _parse(text, fragment=True)
    reader = _Walk(text, origin, Page(root))
    reader.walk(root)
    return reader.lines


def _parse(text: str, *, fragment: bool = False) -> Node:
    """Return the tree; offsets of its nodes point into `text`."""
    if sum(1 for _ in islice(_STRAY.finditer(text), _MANY_STRAYS)) == _MANY_STRAYS:
        text = _STRAY.sub(" ", text)  # the parser's time grows with their square
    return JustHTML(text, sanitize=False, track_node_locations=True, fragment=fragment).root


class _Walk:
    """Lines from an element, in the order of the page."""

    def __init__(self, text: str, origin: Origin, page: Page) -> None:
        self.text = text
        self.origin = origin
        self.page = page
        self.lines: list[Line] = []
        self.builder = LineBuilder()
        self.stack: list[tuple[BlockRole, int]] = []
        self.lists = 0
        self.links = 0
        self.cells = 0
        self.row = 0
        self.breaks = 0
        self.strong = 0
        self.ruled = False

    def walk(self, root: Node) -> None:
        """Gather the lines of `root`."""
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            name = name_of(node)
            if leaving:
                self.leave(node, name)
                continue
            if name == "#text":
                self.on_text(node)
                continue
            if name in {"#comment", "!doctype"} or id(node) in self.page.dropped:
                continue
            if name == "sup" and self.is_footnote(node):
                continue
            self.enter(node, name)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(children_of(node)))
        self.flush()

    def is_footnote(self, node: Node) -> bool:
        children = children_of(node)
        text = "".join(
            n.data or "" for n, leaving in post_order(node) if not leaving and name_of(n) == "#text"
        )
        return bool(_FOOTNOTE.fullmatch(text)) and any(name_of(c) == "a" for c in children)

    def flush(self) -> None:
        self.breaks = 0
        role, level = self.stack[-1] if self.stack else ("paragraph", 0)
        line = self.builder.build(role, level, depth=self.lists, ruled=self.ruled)
        if line:
            self.lines.append(line)
            self.ruled = False
            if role == "item":
                self.stack[-1] = ("paragraph", 0)

    def enter(self, node: Node, name: str) -> None:  # noqa: PLR0912 - one branch a tag
        if self.row and name in _BLOCKS and name != "tr":
            self.builder.add(" ", 0, 1)
            return
        if name in ("td", "th") and self.row:
            if self.cells:
                self.builder.next_cell()
            self.cells += 1
            return
        if name in _BLOCKS or name in ("td", "th"):
            self.flush()
        if name in _HEADINGS:
            self.stack.append(("heading", _HEADINGS[name]))
        elif name == "dt":
            self.stack.append(("heading", RUN_IN))
        elif name in ("ul", "ol"):
            self.lists += 1
        elif name == "li":
            self.stack.append(("item", max(self.lists, 1)))
        elif name == "tr" and id(node) not in self.page.rich:
            self.stack.append(("row", 0))
            self.row += 1
            self.cells = 0
        elif name == "hr":
            self.ruled = True
        elif name == "br":
            self.breaks += 1
            self.builder.add(" ", 0, 1)
        elif name == "a":
            self.links += 1
        elif name in ("b", "strong", "em", "i"):
            if self.breaks and self.builder.led and not self.row:
                self.flush()
            self.strong += 1
            self.builder.open_emphasis()

    def leave(self, node: Node, name: str) -> None:
        if name == "tr" and self.row and id(node) not in self.page.rich:
            self.row -= 1
            if self.builder.only_marks:
                self.builder = LineBuilder()
            self.flush()
            self.stack.pop()
            return
        if self.row:
            if name in _BLOCKS:
                self.builder.add(" ", 0, 1)
        elif name in _BLOCKS or name in ("td", "th"):
            self.flush()
            if name in _HEADINGS or name in ("dt", "li"):
                self.stack.pop()
            elif name in ("ul", "ol"):
                self.lists -= 1
        if name == "a":
            self.links -= 1
        elif name in ("b", "strong", "em", "i"):
            self.strong -= 1
            if not self.strong:
                self.builder.close_emphasis()

    def on_text(self, node: Node) -> None:
        data = node.data or ""
        start = node.origin_offset
        if data.strip():
            if self.breaks > 1 and not self.row:
                self.flush()
            self.breaks = 0
        if start is None:
            self.builder.add(" ", 0, 1)
            return
        for piece, left, right in aligned(data, self.text, start):
            for part, a, b in self.origin.pieces(piece, left, right, right - left == len(piece)):
                self.builder.add(part, a, b, linked=bool(self.links))


def aligned(data: str, source: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Parts of a text node's `data`, which begins at `at` of `source`, with their spans there.

    Stretches stand alike; a character reference is a part of its own. What the parser itself
    changed (line ends, NULs, text moved out of a table) is stepped over.
    """
    index = 0
    size, end = len(data), len(source)
    while index < size and at < end:
        reference = _CHARACTER.match(source, at) if source[at] == "&" else None
        decoded, width = _decoded(reference.group(), data, index) if reference else ("", 0)
        if decoded:
            yield decoded, at, at + width
            index, at = index + len(decoded), at + width
            continue
        length = min(_alike(data, index, source, at), size - index)
        if length:
            yield data[index : index + length], at, at + length
            index, at = index + length, at + length
        elif data[index] == "\n" and source[at] == "\r":
            width = 2 if source.startswith("\r\n", at) else 1
            yield " ", at, at + 1
            index, at = index + 1, at + width
        elif source[at] == "<":
            close = source.find(">", at)
            at = close + 1 if close > 0 else at + 1
        else:
            at += 1


def _alike(data: str, index: int, source: str, at: int) -> int:
    """How many characters stand alike in both, up to the next character reference."""
    stop = source.find("&", at + 1, at + _STRETCH)
    length = (stop if stop > 0 else min(at + _STRETCH, len(source))) - at
    part = data[index : index + length]
    if source.startswith(part, at):
        return len(part)
    there = source[at : at + length]
    pairs = enumerate(zip(part, there, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(part), len(there)))


def _decoded(reference: str, data: str, index: int) -> tuple[str, int]:
    """Return what a character reference stands for, if that is at `data[index:]`, and its width."""
    decoded = unescape(reference)
    if decoded != reference and data.startswith(decoded, index):
        return decoded, len(reference)
    return "", 0
