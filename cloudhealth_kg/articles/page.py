"""A parsed page: which elements are furniture, and which one holds the article."""

import re
from collections.abc import Iterator
from typing import Any

Node = Any
"""A node of justhtml's tree: an element, a text or a comment."""

_SILENT = frozenset([
    "head", "script", "style", "template", "noscript", "svg", "canvas", "iframe", "object",
    "embed", "audio", "video", "map", "button", "select", "option", "datalist", "textarea",
    "input", "nav", "footer", "dialog", "menu", "progress", "meter", "applet", "frameset",
    "frame", "noframes", "title", "base", "link", "meta",
])  # fmt: skip
_CONTAINERS = frozenset([
    "html", "body", "div", "section", "main", "article", "center", "form", "table", "tbody",
    "tr", "td",
])  # fmt: skip
_ROLES = frozenset([
    "navigation", "complementary", "banner", "contentinfo", "dialog", "alertdialog", "search",
    "menu", "menubar", "toolbar", "tablist", "alert", "status",
])  # fmt: skip
_STRONG_NOISE = frozenset([
    "share", "sharing", "sharebar", "socials", "social", "addtoany", "sharedaddy", "related",
    "relatedposts", "recommended", "recommendations", "comments", "commentlist", "respond",
    "disqus", "cookie", "cookies", "consent", "gdpr", "cmp", "ccpa", "newsletter", "subscribe",
    "subscription", "signup", "ad", "ads", "adslot", "advert", "advertisement", "advertising",
    "sponsor", "sponsored", "promo", "promotion", "breadcrumb", "breadcrumbs", "crumbs", "crumb",
    "pagination", "pager", "sidebar", "navbar", "navigation", "popup", "modal", "paywall",
    "outbrain", "taboola", "trending", "skip", "skiplink", "tagcloud", "taglist", "screenreader",
    "postnav",
])  # fmt: skip
_WEAK_NOISE = frozenset([
    "author", "bio", "byline", "meta", "metadata", "postmeta", "tag", "tags", "keywords",
    "categories", "banner", "rating", "print", "popular", "widget", "widgets", "toc", "toolbar",
    "menu", "nav", "side", "cta", "follow", "login", "search", "masthead", "footer", "date",
    "readtime", "timestamp", "credit", "credits", "views", "likes", "count", "copyright",
    "hidden", "comment",
])  # fmt: skip
_RICH = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "article"))
_WEAK_LIMIT = 600
_SOMETIMES_BULK = frozenset(("nav", "footer", "dialog", "menu", "noscript"))
_BULK = 10_000
_ARTICLE_WORDS = re.compile(
    r"(?:^|\s)(?:entry|post|article|story|main|page)[-_]?(?:content|body|text)(?:\s|$)|articleBody",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SR_ONLY = re.compile(r"sr-only|screen-reader|visually-hidden|skip-link", re.IGNORECASE)


def children_of(node: Node) -> list[Node]:
    """Return what stands right inside `node`."""
    return list(node.children or ())


def name_of(node: Node) -> str:
    """Return the tag in lower case, or "#text", "#comment" and so on."""
    return str(node.name).lower()


def attribute_of(node: Node, name: str) -> str:
    """Return the value of an attribute; "" where it is absent or empty."""
    attributes = getattr(node, "attrs", None) or {}
    return str(attributes.get(name) or "")


def post_order(root: Node) -> Iterator[tuple[Node, bool]]:
    """Yield each node twice, going in (False) and coming out (True); no recursion, however deep."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        yield node, leaving
        if not leaving:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(children_of(node)))


def text_of(node: Node) -> str:
    """Return all text below `node`."""
    return "".join(
        n.data or "" for n, leaving in post_order(node) if not leaving and name_of(n) == "#text"
    )


def _says_furniture(node: Node, *, small: bool) -> bool:
    """Tell whether the attributes of an element call it hidden, or a site's furniture."""
    attributes = getattr(node, "attrs", None) or {}
    if not attributes:
        return False
    names = attribute_of(node, "class") + " " + attribute_of(node, "id")
    words = {word.lower() for word in _CAMEL.findall(names)}
    return bool(
        "hidden" in attributes
        or attribute_of(node, "aria-hidden") == "true"
        or _HIDDEN.search(attribute_of(node, "style"))
        or _SR_ONLY.search(names)
        or attribute_of(node, "role").lower() in _ROLES
        or words & _STRONG_NOISE
        or (small and words & _WEAK_NOISE)
    )


class Page:
    """What of a page is furniture, and where its content stands."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.dropped: set[int] = set()
        self.size: dict[int, int] = {}
        self.links: dict[int, int] = {}
        self.order: list[Node] = []
        self.rich: set[int] = set()
        """Elements with headings, lists or tables inside: a row of them is layout, not data."""
        self._measure()
        self.content = self._content()

    def _measure(self) -> None:
        """Text and link-text lengths of each element, furniture left out once it is known."""
        heads: set[int] = set()
        linked = 0
        for node, leaving in post_order(self.root):
            name = name_of(node)
            if not leaving:
                linked += name == "a"
                if name == "#text":
                    size = len(" ".join((node.data or "").split()))
                    self.size[id(node)] = size
                    self.links[id(node)] = size if linked else 0
                continue
            linked -= name == "a"
            if name == "#text":
                continue
            children = children_of(node)
            kept = [c for c in children if id(c) not in self.dropped]
            self.size[id(node)] = sum(self.size.get(id(c), 0) for c in kept)
            self.links[id(node)] = sum(self.links.get(id(c), 0) for c in kept)
            if name == "h1" or any(id(c) in heads for c in kept):
                heads.add(id(node))
            if any(id(c) in self.rich or name_of(c) in _RICH for c in kept):
                self.rich.add(id(node))
            if not name.startswith("#"):
                self.order.append(node)
                if self._is_furniture(node, name, id(node) in heads):
                    self.dropped.add(id(node))
        self._spare_the_bulk()

    def _is_furniture(self, node: Node, name: str, has_title: bool) -> bool:
        size = self.size[id(node)]
        if name == "button" and text_of(node).rstrip().endswith("?"):
            return False  # the question of an accordion
        if name in _SILENT:
            return name not in _SOMETIMES_BULK or size < _BULK
        if name in ("html", "body", "main", "article") or (has_title and size > 0):
            return False
        small = size < _WEAK_LIMIT
        return (name == "form" and small) or _says_furniture(node, small=small)

    def _spare_the_bulk(self) -> None:
        """Furniture that would take away most of the page's words is none."""
        kept = self.size.get(id(self.root), 0)
        for node in reversed(self.order):
            if id(node) in self.dropped and name_of(node) not in _SILENT:
                size = self.size[id(node)] - self.links[id(node)]
                if size > max(kept, 400) and not _HIDDEN.search(attribute_of(node, "style")):
                    self.dropped.discard(id(node))
                    kept = size

    def _content(self) -> Node:
        """Return the element that holds the article: marked as such, or else the densest."""
        whole = self._prose(self.root)
        kept = [node for node in self.order if id(node) not in self.dropped]
        articles = sorted(
            (node for node in kept if name_of(node) == "article"), key=self._prose, reverse=True
        )
        if articles and self._prose(articles[0]) >= 0.3 * whole:
            inner = {id(n) for n, leaving in post_order(articles[0]) if not leaving}
            rivals = [self._prose(node) for node in articles if id(node) not in inner]
            if max(rivals, default=0) < 0.25 * self._prose(articles[0]):
                return articles[0]
        marked = [
            node
            for node in kept
            if name_of(node) == "main"
            or attribute_of(node, "role") == "main"
            or attribute_of(node, "itemprop") == "articleBody"
            or _ARTICLE_WORDS.search(attribute_of(node, "class") + " " + attribute_of(node, "id"))
        ]
        for node in sorted(marked, key=self._prose):
            if self._prose(node) >= 0.6 * whole > 0:
                return node
        node = self.root
        while True:
            parts = [c for c in children_of(node) if id(c) not in self.dropped]
            best = max(parts, key=self._prose, default=None)
            if best is None or name_of(best) not in _CONTAINERS or self._prose(best) < 0.9 * whole:
                return node
            node = best

    def _prose(self, node: Node) -> int:
        return self.size.get(id(node), 0) - self.links.get(id(node), 0)

    def outer_title(self, content: Node) -> Node | None:
        """Return the page's h1 where it stands above the content and not in it."""
        inside = {id(n) for n, leaving in post_order(content) if not leaving}
        for node in self.order:
            if name_of(node) == "h1" and id(node) not in self.dropped:
                if id(node) in inside:
                    return None
                if self.size[id(node)]:
                    return node
        return None
