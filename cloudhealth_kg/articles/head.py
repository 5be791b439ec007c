"""What a page says about itself: in its head, in JSON-LD, in its byline."""

import json
import re
from collections.abc import Iterator

from cloudhealth_kg.articles.dates import iso_date
from cloudhealth_kg.articles.page import Page, attribute_of, name_of, text_of
from cloudhealth_kg.model import Metadata

_BYLINE = re.compile(
    r"^\s*(?:written\s+|posted\s+)?by:?\s+([^|·•,\n\d]{3,80}?)\s*(?:[|·•,\d]|\son\s|$)",
    re.IGNORECASE,
)
_TITLE_TAIL = re.compile(r"\s+[|–—·»-]\s+[^|–—·»]{2,60}$")


def read_head(page: Page) -> Metadata:
    """Title, author, date and so on from the page's head, its JSON-LD and its byline."""
    meta: dict[str, str] = {}
    found: dict[str, str] = {}
    title = heading = byline = stamp = ""
    for node in page.order:
        name = name_of(node)
        if name == "meta":
            named = (attribute_of(node, which) for which in ("property", "name", "itemprop"))
            key = next(filter(None, named), "").lower()
            meta.setdefault(key, _squeeze(attribute_of(node, "content")))
        elif name == "link":
            relation = attribute_of(node, "rel").lower()
            meta.setdefault(f"link:{relation}", _squeeze(attribute_of(node, "href")))
        elif name == "title" and not title:
            title = _squeeze(text_of(node))
        elif name == "h1" and not heading and id(node) not in page.dropped:
            heading = _squeeze(text_of(node))
        elif name == "time" and not stamp:
            stamp = iso_date(attribute_of(node, "datetime") or text_of(node))
        elif name == "html":
            found["language"] = attribute_of(node, "lang")[:20]
        elif name == "script" and attribute_of(node, "type").lower() == "application/ld+json":
            for key, value in _linked_data(text_of(node)).items():
                found.setdefault(key, value)
        elif re.search(r"byline|author|meta", attribute_of(node, "class"), re.IGNORECASE):
            words = _squeeze(text_of(node))[:300]
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


def _squeeze(text: str) -> str:
    return " ".join(text.split())[:1000]


def _linked_data(script: str) -> dict[str, str]:
    """Return what schema.org JSON-LD says of the article; nothing where it is malformed."""
    try:
        data = json.loads(script)
    except (ValueError, RecursionError):
        return {}
    for entry in _entries(data):
        if re.search(r"Article|Posting|Report", str(entry.get("@type"))):
            return {
                "title": _squeeze(str(entry.get("headline") or "")),
                "published": iso_date(str(entry.get("datePublished") or "")),
                "author": _named(entry.get("author")),
                "publisher": _named(entry.get("publisher")),
                "source": str(entry.get("url") or ""),
            }
    return {}


def _entries(data: object) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSON-LD script: one, a list of them, or a graph."""
    for entry in data if isinstance(data, list) else [data]:
        if isinstance(entry, dict):
            graph = entry.get("@graph")
            yield from (
                (e for e in graph if isinstance(e, dict)) if isinstance(graph, list) else (entry,)
            )


def _named(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_named, value[:20])))
    if isinstance(value, dict):
        value = value.get("name") or ""
    return _squeeze(value) if isinstance(value, str) else ""
