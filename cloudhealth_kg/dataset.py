"""Articles and curated knowledge in a store: put, found, read, removed, counted.

Each article has a named graph of its own (see `rdf`); dropping it forgets the article wholly, and
the union of all graphs is the knowledge graph. What the ontology knows stands in graphs apart.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

import pyoxigraph as ox
from rdflib import Dataset, Graph, Literal, URIRef

from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.model import Extraction
from cloudhealth_kg.rdf import Subjects, article_id, to_extraction, to_quads
from cloudhealth_kg.store import graph_store
from cloudhealth_kg.vocabulary import (
    ARTICLE,
    CH,
    COUNTERMEASURES_GRAPH,
    ONTOLOGY_GRAPH,
    PREFIXES,
    article_iri,
)

__all__ = [
    "ArticleRecord",
    "Status",
    "article_id",
    "article_records",
    "curated_version",
    "find_article",
    "put_article",
    "put_ontology",
    "put_quads",
    "read_extraction",
    "read_subjects",
    "remove_article",
    "status",
    "to_quads",
]

_PAGE = 5000
"""Rows asked for at once; some servers cut longer results in silence."""


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What a store remembers of how an article got in; "" for what it was not told."""

    iri: str
    id: str
    path: str
    source: str
    digest: str
    extractor: str
    ontology: str


@dataclass(frozen=True, slots=True)
class Status:
    """What a store holds and what made it. Pairs are (version, number of articles), sorted."""

    store: dict[str, str]
    articles: int
    concepts: int
    statements: int
    evidence: int
    mentions: int
    unfinished: tuple[str, ...]
    """Article graphs that a killed build left at a server without transactions."""
    extractors: tuple[tuple[str, int], ...]
    ontologies: tuple[tuple[str, int], ...]
    curated: str
    """Version of the ontology in the curated graphs; "" where none was loaded."""


class CuratedKnowledge(Protocol):
    """The part of an ontology that goes into a store; see `ontology.Ontology`."""

    @property
    def graph(self) -> Graph: ...
    @property
    def countermeasures(self) -> Graph: ...
    @property
    def version(self) -> str: ...


# Articles in a store


def put_article(
    dataset: Dataset, extraction: Extraction, *, extractor: str = "", ontology: str = ""
) -> str:
    """Let the store hold what this extraction says of its article, and return the article's IRI.

    What it held of the article before is replaced in one transaction.

    Raises:
        ArticleError: it holds what RDF cannot.
        StoreError: the store cannot be written.
    """
    lines = to_quads(extraction, extractor=extractor, ontology=ontology)
    iri = str(article_iri(extraction.article.id))
    put_quads(dataset, iri, lines)
    return iri


def put_quads(dataset: Dataset, article: str, lines: Iterable[str]) -> None:
    """`put_article` for the lines that `to_quads` made; `article` is the article's IRI."""
    graph_end = f" <{article}> ."
    seal_start = f"<{article}> <{CH.contentDigest}> "
    triples = [line.removesuffix(graph_end) + " ." for line in lines]
    seal = next(line for line in triples if line.startswith(seal_start))
    rest = (line for line in triples if line is not seal)
    graph_store(dataset).replace_graph(article, rest, seal=seal)


def remove_article(dataset: Dataset, article: str) -> str:
    """Forget an article, named by its IRI, its id or the path it was built from.

    Returns its IRI.

    Raises:
        StoreError: the store holds no such article, or several that the path fits.
    """
    iri = find_article(dataset, article)
    graph_store(dataset).drop_graph(iri)
    return iri


def find_article(dataset: Dataset, article: str) -> str:
    """IRI of the article with this IRI, id or path; a path may have folders before or less.

    Raises:
        StoreError: none fits, or several do.
    """
    records = article_records(dataset)
    path = article.replace("\\", "/").removeprefix("./")
    for fits in (
        [r for r in records if article in (r.iri, r.id)],
        [r for r in records if r.path and r.path in (article, path)],
        [r for r in records if r.path and f"/{path}".endswith(f"/{r.path}")],
        [r for r in records if r.path and f"/{r.path}".endswith(f"/{path}")],
    ):
        if len(fits) == 1:
            return fits[0].iri
        if fits:
            named = ", ".join(r.id for r in fits[:5])
            raise StoreError(f"{article}: {len(fits)} articles fit; name one by its id: {named}")
    known = [name for r in records for name in (r.id, r.path) if name]
    close = get_close_matches(article, known, n=3)
    hint = (
        f"; did you mean {' or '.join(close)}?"
        if close
        else "; `query articles` lists what it holds"
    )
    raise StoreError(f"{article}: the store holds no such article{hint}")


def article_records(dataset: Dataset) -> tuple[ArticleRecord, ...]:
    """What the store remembers of each finished article, by IRI."""
    records: list[ArticleRecord] = []
    while True:
        last = Literal(records[-1].iri if records else "")
        rows = list(
            dataset.query(
                f"""SELECT ?article ?path ?source ?digest ?extractor ?ontology WHERE {{
                    GRAPH ?article {{
                        ?article ch:contentDigest ?digest .
                        OPTIONAL {{ ?article ch:path ?path }}
                        OPTIONAL {{ ?article dct:source ?source }}
                        OPTIONAL {{ ?article ch:extractorVersion ?extractor }}
                        OPTIONAL {{ ?article ch:ontologyVersion ?ontology }}
                    }}
                    FILTER(STR(?article) > {last.n3()})
                }} ORDER BY STR(?article) LIMIT {_PAGE}""",
                initNs=PREFIXES,
            )
        )
        records.extend(_record(*(str(value or "") for value in row)) for row in rows)  # type: ignore[union-attr]
        if len(rows) < _PAGE:
            return tuple(records)


def _record(iri: str, *rest: str) -> ArticleRecord:
    return ArticleRecord(iri, article_id(iri), *rest)


def read_extraction(dataset: Dataset, article: str) -> Extraction:
    """What the store holds of an article, given by its IRI.

    `to_quads` makes the same quads of it again. The article's blocks and source map are not
    stored, so they are empty.

    Raises:
        StoreError: the store holds no such article, or it is damaged; `validate` says where.
    """
    subjects = read_subjects(dataset, article)
    try:
        return to_extraction(article, subjects)
    except (LookupError, ValueError) as error:
        raise StoreError(
            f"{article}: missing or damaged in the store ({error!r}); build it again"
        ) from error


def read_subjects(dataset: Dataset, graph: str) -> Subjects:
    """A named graph by subject and predicate; no subject where there is no such graph."""
    found: dict[str, dict[str, list[str]]] = {}
    for quad in graph_store(dataset).quads(graph):
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.Triple):
            of = found.setdefault(quad.subject.value, {})
            of.setdefault(quad.predicate.value, []).append(quad.object.value)
    return {
        subject: {predicate: sorted(values) for predicate, values in of.items()}
        for subject, of in sorted(found.items())
    }


# Curated graphs


def put_ontology(dataset: Dataset, ontology: CuratedKnowledge) -> bool:
    """Let the curated graphs say what this ontology says; False where they do already."""
    if curated_version(dataset) == ontology.version:
        return False
    store = graph_store(dataset)
    store.replace_graph(
        COUNTERMEASURES_GRAPH, _curated(ontology.countermeasures, COUNTERMEASURES_GRAPH)
    )
    seal = f"<{ONTOLOGY_GRAPH}> <{CH.ontologyVersion}> {ox.Literal(ontology.version)} ."
    store.replace_graph(ONTOLOGY_GRAPH, _curated(ontology.graph, ONTOLOGY_GRAPH), seal=seal)
    return True


def curated_version(dataset: Dataset) -> str:
    """Version of the ontology in the curated graphs; "" where there is none."""
    versions = dataset.graph(ONTOLOGY_GRAPH).objects(ONTOLOGY_GRAPH, CH.ontologyVersion)
    return str(next(versions, ""))


def _curated(graph: Graph, name: URIRef) -> list[str]:
    """The graph as sorted N-Triples lines, its blank nodes named by their canonical labels."""
    nt = graph.serialize(format="ntriples", encoding="utf-8")
    quads = (ox.Quad(*t) for t in ox.parse(nt, format=ox.RdfFormat.N_TRIPLES))
    canonical = ox.Dataset(quads)
    canonical.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)

    def named(term: object) -> object:
        return ox.NamedNode(f"{name}#{term.value}") if isinstance(term, ox.BlankNode) else term

    return sorted(f"{named(q.subject)} {q.predicate} {named(q.object)} ." for q in canonical)


# Status


def status(dataset: Dataset) -> Status:
    """What the store holds, since when, and made by which versions."""
    records = article_records(dataset)
    finished = {record.iri for record in records}
    graphs = {str(graph.identifier) for graph in dataset.graphs()}
    return Status(
        store=graph_store(dataset).describe(),
        articles=len(records),
        concepts=_count(dataset, "?m ch:names ?x"),
        statements=_count(dataset, "?x a ch:Statement"),
        evidence=_count(dataset, "?x a ch:Evidence"),
        mentions=_count(dataset, "?x a ch:Mention"),
        unfinished=tuple(sorted(g for g in graphs - finished if g.startswith(str(ARTICLE)))),
        extractors=tuple(sorted(Counter(r.extractor for r in records).items())),
        ontologies=tuple(sorted(Counter(r.ontology for r in records).items())),
        curated=curated_version(dataset),
    )


def _count(dataset: Dataset, pattern: str) -> int:
    query = f"""SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{
        GRAPH ?g {{ {pattern} }} FILTER(STRSTARTS(STR(?g), "{ARTICLE}"))
    }}"""
    (row,) = dataset.query(query, initNs=PREFIXES)
    return int(row[0])  # type: ignore[index, arg-type]
