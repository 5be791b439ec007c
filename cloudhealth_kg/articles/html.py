"""Saved HTML pages to lines: an HTML5 parser, and the main content found by structure."""

import json
import re
from collections.abc import Iterator
from html import unescape
from os.path import commonprefix
from typing import Any

from justhtml import JustHTML

from cloudhealth_kg.articles.dates import iso_date
from cloudhealth_kg.articles.lines import RUN_IN, Line, LineBuilder
from cloudhealth_kg.articles.origin import Origin
from cloudhealth_kg.model import BlockRole, Metadata

Node = Any
"""A node of justhtml's tree: an element, a text or a comment."""

_SILENT = frozenset(
    "head script style template noscript svg canvas iframe object embed audio video map "
    "button select option datalist textarea input nav footer dialog menu progress meter "
    "applet frameset frame noframes title base link meta".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center details dd div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search "
    "section summary table tbody thead tfoot tr ul caption".split()
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_ROLES = frozenset(
    "navigation complementary banner contentinfo dialog alertdialog search menu menubar toolbar "
    "tablist alert status".split()
)
_STRONG_NOISE = frozenset(
    "share sharing sharebar socials social addtoany sharedaddy related relatedposts recommended "
    "recommendations comments commentlist respond disqus cookie cookies consent gdpr cmp ccpa "
    "newsletter subscribe subscription signup ad ads adslot advert advertisement advertising "
    "sponsor sponsored promo promotion breadcrumb breadcrumbs crumbs crumb pagination pager "
    "sidebar navbar navigation popup modal paywall outbrain taboola trending skip skiplink "
    "tagcloud taglist screenreader postnav".split()
)
_WEAK_NOISE = frozenset(
    "author bio byline meta metadata postmeta tag tags keywords categories banner rating print "
    "popular widget widgets toc toolbar menu nav side cta follow login search masthead footer "
    "date readtime timestamp credit credits views likes count copyright hidden comment".split()
)
_WEAK_LIMIT = 600
_ARTICLE_WORDS = re.compile(
    r"(?:^|\s)(?:entry|post|article|story|main|page)[-_]?(?:content|body|text)(?:\s|$)|articleBody",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SR_ONLY = re.compile(r"sr-only|screen-reader|visually-hidden|skip-link", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*[\[(]?(?:\d{1,3}|[a-z*†‡])[\])]?\s*")
_CHARACTER = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_BYLINE = re.compile(r"^\s*(?:written\s+|posted\s+)?by:?\s+([^|·•,\n\d]{3,80}?)\s*(?:[|·•,\d]|$)", re.I)
_STRETCH = 4096
_TITLE_TAIL = re.compile(r"\s+[|–—·»-]\s+[^|–—·»]{2,60}$")


def read_page(text: str) -> tuple[list[Line], Metadata]:
    """The lines of a saved page's main content, and what the page says about itself."""
    root = JustHTML(text, sanitize=False, track_node_locations=True).root
    page = _Page(root)
    reader = _Walk(text, Origin(), page.dropped)
    content = page.content
    title = page.outer_title(content)
    if title is not None:
        reader.walk(title)
    reader.walk(content)
    return reader.lines, _metadata(root, page, reader.lines)


def read_fragment(text: str, origin: Origin) -> list[Line]:
    """The lines of a piece of HTML that stands in a Markdown document."""
    root = JustHTML(text, sanitize=False, track_node_locations=True, fragment=True).root
    reader = _Walk(text, origin, _Page(root).dropped)
    reader.walk(root)
    return reader.lines


def _children(node: Node) -> list[Node]:
    return list(node.children or ())


def _name(node: Node) -> str:
    return str(node.name).lower()


def _attribute(node: Node, name: str) -> str:
    attributes = getattr(node, "attrs", None) or {}
    return str(attributes.get(name) or "")


def _post_order(root: Node) -> Iterator[tuple[Node, bool]]:
    """Each node twice, going in (False) and coming out (True); no recursion, however deep."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        yield node, leaving
        if not leaving:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(_children(node)))


class _Page:
    """What of a page is furniture, and where its content stands."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.dropped: set[int] = set()
        self.size: dict[int, int] = {}
        self.links: dict[int, int] = {}
        self.order: list[Node] = []
        self._measure()
        self.content = self._content()

    def _measure(self) -> None:
        """Text and link-text lengths of each element, furniture left out once it is known."""
        total = 0
        texts: dict[int, int] = {}
        heads: set[int] = set()
        linked = 0
        for node, leaving in _post_order(self.root):
            name = _name(node)
            if not leaving:
                linked += name == "a"
                if name == "#text":
                    size = len(" ".join((node.data or "").split()))
                    self.size[id(node)] = size
                    self.links[id(node)] = size if linked else 0
                    total += size
                continue
            linked -= name == "a"
            if name == "#text":
                continue
            children = _children(node)
            kept = [c for c in children if id(c) not in self.dropped]
            self.size[id(node)] = sum(self.size.get(id(c), 0) for c in kept)
            self.links[id(node)] = sum(self.links.get(id(c), 0) for c in kept)
            texts[id(node)] = self.size[id(node)]
            if name == "h1" or any(id(c) in heads for c in kept):
                heads.add(id(node))
            if not name.startswith("#"):
                self.order.append(node)
                if self._is_furniture(node, name, id(node) in heads):
                    self.dropped.add(id(node))
        self._spare_the_bulk()

    def _is_furniture(self, node: Node, name: str, has_title: bool) -> bool:
        size = self.size[id(node)]
        if name in ("html", "body", "main", "article"):
            return False
        if name in _SILENT:
            return name not in ("nav", "footer", "dialog", "menu", "noscript") or size < 10_000
        if has_title and size > 0:
            return False
        attributes = getattr(node, "attrs", None) or {}
        if not attributes:
            return name == "form" and size < _WEAK_LIMIT
        if "hidden" in attributes or _attribute(node, "aria-hidden") == "true":
            return True
        if _HIDDEN.search(_attribute(node, "style")) or _SR_ONLY.search(_attribute(node, "class")):
            return True
        if _attribute(node, "role").lower() in _ROLES:
            return True
        if name == "form" and size < _WEAK_LIMIT:
            return True
        words = {
            w.lower()
            for w in _CAMEL.findall(_attribute(node, "class") + " " + _attribute(node, "id"))
        }
        if words & _STRONG_NOISE:
            return True
        return size < _WEAK_LIMIT and bool(words & _WEAK_NOISE)

    def _spare_the_bulk(self) -> None:
        """Furniture that would take away most of the page's words is none."""
        kept = self.size.get(id(self.root), 0)
        for node in reversed(self.order):
            if id(node) in self.dropped and _name(node) not in _SILENT:
                size = self.size[id(node)] - self.links[id(node)]
                if size > max(kept, 400) and not _HIDDEN.search(_attribute(node, "style")):
                    self.dropped.discard(id(node))
                    kept = size

    def _content(self) -> Node:
        """The element that holds the article: marked as such, or the densest."""
        whole = self._prose(self.root)
        marked = [
            node
            for node in self.order
            if id(node) not in self.dropped
            and (
                _name(node) == "article"
                or _attribute(node, "itemprop") == "articleBody"
                or _ARTICLE_WORDS.search(_attribute(node, "class") + " " + _attribute(node, "id"))
            )
        ]
        marked += [
            node
            for node in self.order
            if _name(node) == "main" or _attribute(node, "role") == "main"
        ]
        for node in sorted(marked, key=self._prose):
            if self._prose(node) >= 0.5 * whole > 0:
                return node
        node = self.root
        while True:
            best = max(
                (c for c in _children(node) if id(c) not in self.dropped and not _name(c).startswith("#")),
                key=self._prose,
                default=None,
            )
            if best is None or self._prose(best) < 0.8 * self._prose(node) or _name(best) == "p":
                return node
            node = best

    def _prose(self, node: Node) -> int:
        return self.size.get(id(node), 0) - self.links.get(id(node), 0)

    def outer_title(self, content: Node) -> Node | None:
        """The page's h1 where it stands above the content and not in it."""
        inside = {id(n) for n, leaving in _post_order(content) if not leaving}
        for node in self.order:
            if _name(node) == "h1" and id(node) not in self.dropped:
                if id(node) in inside:
                    return None
                if self.size[id(node)]:
                    return node
        return None


class _Walk:
    """Lines from an element, in the order of the page."""

    def __init__(self, text: str, origin: Origin, dropped: set[int]) -> None:
        self.text = text
        self.origin = origin
        self.dropped = dropped
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
            name = _name(node)
            if leaving:
                self.leave(name)
                continue
            if name == "#text":
                self.on_text(node)
                continue
            if name == "#comment" or name == "!doctype" or id(node) in self.dropped:
                continue
            if name == "sup" and self.is_footnote(node):
                continue
            self.enter(name)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(_children(node)))
        self.flush()

    def is_footnote(self, node: Node) -> bool:
        children = _children(node)
        text = "".join(
            n.data or "" for n, leaving in _post_order(node) if not leaving and _name(n) == "#text"
        )
        return bool(_FOOTNOTE.fullmatch(text)) and any(_name(c) == "a" for c in children)

    def flush(self) -> None:
        self.breaks = 0
        role, level = self.stack[-1] if self.stack else ("paragraph", 0)
        line = self.builder.build(role, level, depth=self.lists, ruled=self.ruled)
        if line:
            self.lines.append(line)
            self.ruled = False
            if role == "item":
                self.stack[-1] = ("paragraph", 0)

    def enter(self, name: str) -> None:
        if self.row and name in _BLOCKS and name != "tr":
            self.builder.add(" ", 0, 1)
            return
        if name in ("td", "th"):
            if self.cells and self.row:
                self.builder.next_cell()
            self.cells += 1
            return
        if name in _BLOCKS:
            self.flush()
        if name in _HEADINGS:
            self.stack.append(("heading", _HEADINGS[name]))
        elif name == "dt":
            self.stack.append(("heading", RUN_IN))
        elif name in ("ul", "ol"):
            self.lists += 1
        elif name == "li":
            self.stack.append(("item", max(self.lists, 1)))
        elif name == "tr":
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

    def leave(self, name: str) -> None:
        if name == "tr" and self.row:
            self.row -= 1
            if self.builder.only_marks:
                self.builder = LineBuilder()
            self.flush()
            self.stack.pop()
            return
        if self.row:
            if name in _BLOCKS:
                self.builder.add(" ", 0, 1)
        elif name in _BLOCKS:
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
    return len(commonprefix((part, source[at : at + length])))


def _decoded(reference: str, data: str, index: int) -> tuple[str, int]:
    """What a character reference stands for at `data[index:]`, and its width in the source."""
    for width in range(len(reference), 1, -1):
        decoded = unescape(reference[:width])
        if decoded != reference[:width] and data.startswith(decoded, index):
            if "&" not in decoded[1:] and not (len(decoded) > 1 and decoded[0] == "&"):
                tail = decoded
                while len(tail) > 1 and reference[width - 1] == tail[-1] and tail[-1] != ";":
                    tail, width = tail[:-1], width - 1
                return tail, width
        if width < len(reference) - 10:
            break
    return "", 0


def _metadata(root: Node, page: _Page, lines: list[Line]) -> Metadata:
    """Title, author, date and so on from the page's head, its JSON-LD and its byline."""
    meta: dict[str, str] = {}
    found: dict[str, str] = {}
    title = heading = byline = stamp = ""
    for node in page.order:
        name = _name(node)
        if name == "meta":
            key = (
                _attribute(node, "property") or _attribute(node, "name") or _attribute(node, "itemprop")
            ).lower()
            meta.setdefault(key, _squeeze(_attribute(node, "content")))
        elif name == "link":
            relation = _attribute(node, "rel").lower()
            meta.setdefault(f"link:{relation}", _squeeze(_attribute(node, "href")))
        elif name == "title" and not title:
            title = _squeeze(_text(node))
        elif name == "h1" and not heading and id(node) not in page.dropped:
            heading = _squeeze(_text(node))
        elif name == "time" and not stamp:
            stamp = iso_date(_attribute(node, "datetime") or _text(node))
        elif name == "html":
            found["language"] = _attribute(node, "lang")[:20]
        elif name == "script" and _attribute(node, "type").lower() == "application/ld+json":
            for key, value in _linked_data(_text(node)).items():
                found.setdefault(key, value)
        elif re.search(r"byline|author|meta", _attribute(node, "class"), re.IGNORECASE):
            words = _squeeze(_text(node))[:300]
            match = _BYLINE.match(words)
            if match and not byline:
                byline = match[1]
            stamp = stamp or iso_date(words)

    def first(*values: str) -> str:
        return next((value for value in values if value), "")

    tail = _TITLE_TAIL.search(title)
    source = first(meta.get("link:canonical", ""), meta.get("og:url", ""), found.get("source", ""))
    return Metadata(
        title=first(heading, meta.get("og:title", ""), found.get("title", ""),
                    title[: tail.start()] if tail else title),
        author=first(meta.get("author", ""), found.get("author", ""), byline),
        published=first(
            iso_date(first(meta.get("article:published_time", ""), meta.get("date", ""),
                           meta.get("dc.date", ""), meta.get("datepublished", ""),
                           meta.get("pubdate", ""))),
            found.get("published", ""),
            stamp,
        ),
        source=source if re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", source) else "",
        publisher=first(meta.get("og:site_name", ""), found.get("publisher", ""),
                        tail.group().strip(" |–—·»-") if tail else ""),
        license=first(meta.get("link:license", ""), meta.get("dc.rights", "")),
        language=first(found.get("language", ""), meta.get("language", "")),
    )  # fmt: skip


def _text(node: Node) -> str:
    return "".join(
        n.data or "" for n, leaving in _post_order(node) if not leaving and _name(n) == "#text"
    )


def _squeeze(text: str) -> str:
    return " ".join(text.split())[:1000]


def _linked_data(script: str) -> dict[str, str]:
    """What schema.org JSON-LD says of the article; nothing where it is malformed."""
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return {}
    entries = data if isinstance(data, list) else [data]
    entries = [
        inner
        for entry in entries
        if isinstance(entry, dict)
        for inner in (entry.get("@graph") if isinstance(entry.get("@graph"), list) else [entry])
    ]
    for entry in entries:
        if isinstance(entry, dict) and re.search(r"Article|Posting|Report", str(entry.get("@type"))):
            return {
                "title": _squeeze(str(entry.get("headline") or "")),
                "published": iso_date(str(entry.get("datePublished") or "")),
                "author": _named(entry.get("author")),
                "publisher": _named(entry.get("publisher")),
                "source": str(entry.get("url") or ""),
            }
    return {}


def _named(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_named, value[:20])))
    if isinstance(value, dict):
        value = value.get("name") or ""
    return _squeeze(value) if isinstance(value, str) else ""
