"""The knowledge graph as CSV tables: articles, concepts, mentions, statements, evidence."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rdflib import Dataset

from cloudhealth_kg.dataset import article_records, read_extraction
from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.model import Extraction
from cloudhealth_kg.vocabulary import relation_iri, statement_iri

COLUMNS = {
    "articles": (
        *("article", "title", "author", "published", "publisher", "source", "license"),
        *("language", "path", "digest"),
    ),
    "concepts": ("concept", "kind", "label", "article"),
    "mentions": ("article", "start", "end", "concept", "quote", "confidence"),
    "statements": ("statement", "subject", "relation", "object", "article", "asserted"),
    "evidence": (
        *("statement", "article", "start", "end", "stance", "confidence", "rule", "section"),
        "quote",
    ),
}
"""The columns of each table."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_tables(dataset: Dataset, folder: str | Path) -> tuple[Path, ...]:
    """Write each table of `COLUMNS` as a CSV file in UTF-8 into a folder; return the files.

    Rows stand in the order of the articles' IRIs. A text that a spreadsheet would take for a
    formula gets an apostrophe before it.

    Raises:
        StoreError: the folder cannot be written, or the store is damaged.
    """
    folder = Path(folder)
    paths = {name: folder / f"{name}.csv" for name in COLUMNS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            writers = {}
            for name, path in paths.items():
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
                writers[name] = csv.writer(file, lineterminator="\n")
                writers[name].writerow(COLUMNS[name])
            for record in article_records(dataset):
                for name, row in _rows(record.iri, read_extraction(dataset, record.iri)):
                    writers[name].writerow(map(_cell, row))
    except OSError as error:
        raise StoreError(f"{folder}: the tables cannot be written: {error}") from error
    return tuple(paths.values())


def _rows(iri: str, extraction: Extraction) -> Iterator[tuple[str, tuple[object, ...]]]:
    article, about = extraction.article, extraction.article.metadata
    yield (
        "articles",
        (
            *(iri, about.title, about.author, about.published, about.publisher, about.source),
            *(about.license, about.language, article.path, article.digest),
        ),
    )
    for concept in extraction.concepts:
        yield "concepts", (concept.iri, concept.kind, concept.label, iri)
    for m in extraction.mentions:
        yield "mentions", (iri, m.start, m.end, m.concept, m.quote, m.confidence)
    for s in extraction.statements:
        statement = statement_iri(s.subject, relation_iri(s.predicate), s.object)
        yield "statements", (statement, s.subject, s.predicate, s.object, iri, s.asserted)
        for e in s.evidence:
            place = (statement, iri, e.start, e.end, e.stance, e.confidence, e.rule, e.section)
            yield "evidence", (*place, e.quote)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
