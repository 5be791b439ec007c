"""Annotated articles: what people found in them, to train on and to measure by."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cloudhealth_kg.articles import read_article
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.model import KINDS, RELATIONS, Article, Kind, Relation


@dataclass(frozen=True, slots=True)
class GoldConcept:
    """One idea as annotated: every occurrence of any of `mentions` names it."""

    id: str
    label: str
    kinds: tuple[Kind, ...]
    """Those that are equally right, the better one first."""
    mentions: tuple[str, ...]
    parts: int = 1
    """How many concepts it may be given as."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GoldRelation:
    """A relation as annotated; any of `types` is right."""

    types: tuple[Relation, ...]
    source: str
    target: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An article with its annotation."""

    article: Article
    concepts: tuple[GoldConcept, ...]
    relations: tuple[GoldRelation, ...]


def read_gold(folder: Path) -> list[GoldArticle]:
    """The annotated articles of a folder (`NAME.gold.json` beside the article), by name.

    Raises:
        ArticleError: there is none, or one is malformed; the message says where.
    """
    paths = sorted(folder.glob("*.gold.json"))
    if not paths:
        raise ArticleError(
            f"{folder}: no annotated article (*.gold.json) here; "
            "docs/annotating.md says how to write one"
        )
    return [_read(path) for path in paths]


def _read(path: Path) -> GoldArticle:
    try:
        record = json.loads(path.read_text("utf-8"))
        concepts = tuple(_concept(c) for c in record["concepts"])
        relations = tuple(_relation(r) for r in record["relations"])
        gold = GoldArticle(read_article(path.parent / record["article"]), concepts, relations)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArticleError(
            f"{path}: not an annotation ({type(error).__name__}: {error}); "
            "docs/annotating.md shows the form"
        ) from error
    odd = {end for r in relations for end in (r.source, r.target)} - {c.id for c in concepts}
    odd |= {kind for c in concepts for kind in c.kinds} - set(KINDS)
    odd |= {type_ for r in relations for type_ in r.types} - set(RELATIONS)
    if odd:
        raise ArticleError(
            f"{path}: {', '.join(sorted(map(str, odd)))}: no concept, kind or relation; correct it"
        )
    return gold


def _concept(record: dict[str, Any]) -> GoldConcept:
    return GoldConcept(
        record["id"],
        record["label"],
        tuple(record["kinds"]),
        tuple(record["mentions"]),
        record.get("parts", 1),
        record.get("optional", False),
    )


def _relation(record: dict[str, Any]) -> GoldRelation:
    return GoldRelation(
        tuple(record["types"]),
        record["source"],
        record["target"],
        record.get("optional", False),
    )


def occurrences(mention: str, text: str) -> list[tuple[int, int]]:
    """Where `mention` stands in `text` as whole words, white space and case aside."""
    return [m.span() for m in _pattern(mention).finditer(text)]


@lru_cache(maxsize=20_000)
def _pattern(mention: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in mention.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def spans_of(concept: GoldConcept, text: str) -> list[tuple[int, int]]:
    """Each place where an annotated concept is named, sorted."""
    return sorted({span for m in concept.mentions for span in occurrences(m, text)})
