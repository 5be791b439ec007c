"""Extraction <-> RDF: the only translator between our values and quads.

One named graph for each article holds all that the article says and how it was read; dropping it
forgets the article. What is written depends on the extraction and the two versions alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Protocol
from urllib.parse import unquote

import pyoxigraph as ox
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from cloudhealth_kg.errors import ArticleError, StoreError
from cloudhealth_kg.model import Article, Evidence, Extraction, Mention
from cloudhealth_kg.store import backup, graph_store, open_dataset, restore
from cloudhealth_kg.vocabulary import (
    ARTICLE,
    CH,
    COUNTERMEASURES_GRAPH,
    OA,
    ONTOLOGY_GRAPH,
    PREFIXES,
    SCHEMA,
    article_iri,
    evidence_iri,
    kind_iri,
    mention_iri,
    relation_iri,
    statement_iri,
)

__all__ = [
    "ArticleRecord",
    "Status",
    "article_records",
    "backup",
    "curated_version",
    "find_article",
    "open_dataset",
    "put_article",
    "put_ontology",
    "remove_article",
    "restore",
    "status",
    "to_quads",
]

_PAGE = 5000
"""Rows asked for at once; some servers cut longer results in silence."""

_STANCE_RANK = {"asserted": 2, "hedged": 1, "negated": 0}


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What a store remembers of how an article got in; "" for what it was not told."""

    iri: str
    id: str
    path: str
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


# Extraction -> RDF


def to_quads(extraction: Extraction, *, extractor: str = "", ontology: str = "") -> list[str]:
    """All that an article says as sorted N-Quads lines, in the graph named by its IRI.

    `extractor` and `ontology` are the versions it was read with. Where two passages of one span
    bear the same statement, the stronger is kept.

    Raises:
        ArticleError: it holds what RDF cannot, such as half a surrogate pair.
    """
    article = extraction.article
    graph = ox.NamedNode(article_iri(article.id))
    try:
        triples = set(_triples(extraction, extractor, ontology))
        return sorted(f"{s} {p} {o} {graph} ." for s, p, o in triples)
    except ValueError as error:
        raise ArticleError(
            f"{article.path}: cannot be written as RDF ({error}); look for broken characters"
        ) from error


_Triple = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]


def _triples(extraction: Extraction, extractor: str, ontology: str) -> Iterator[_Triple]:
    yield from _article_triples(extraction.article, extractor, ontology)
    for concept in extraction.concepts:
        yield _triple(concept.iri, RDF.type, _iri(kind_iri(concept.kind)))
        yield _triple(concept.iri, SKOS.prefLabel, ox.Literal(concept.label, language="en"))
    yield from _mention_triples(extraction.article.id, extraction.mentions)
    yield from _statement_triples(extraction)


def _article_triples(article: Article, extractor: str, ontology: str) -> Iterator[_Triple]:
    iri = article_iri(article.id)
    yield _triple(iri, RDF.type, _iri(SCHEMA.Article))
    yield _triple(iri, CH.contentDigest, ox.Literal(article.digest))
    yield _triple(iri, CH.path, ox.Literal(article.path))
    yield _triple(iri, CH.text, ox.Literal(article.text))
    metadata = article.metadata
    for predicate, value in (
        (CH.extractorVersion, extractor),
        (CH.ontologyVersion, ontology),
        (DCTERMS.title, metadata.title),
        (DCTERMS.creator, metadata.author),
        (DCTERMS.publisher, metadata.publisher),
        (DCTERMS.license, metadata.license),
        (DCTERMS.language, metadata.language),
    ):
        if value:
            yield _triple(iri, predicate, ox.Literal(value))
    if metadata.published:
        yield _triple(iri, DCTERMS.issued, _date(metadata.published))
    if metadata.source:
        yield _triple(iri, DCTERMS.source, _iri_or_text(metadata.source))


def _mention_triples(article_id: str, mentions: Iterable[Mention]) -> Iterator[_Triple]:
    confidence: dict[tuple[int, int], float] = {}
    for mention in mentions:
        span = (mention.start, mention.end)
        confidence[span] = max(confidence.get(span, 0.0), mention.confidence)
        iri = mention_iri(article_id, *span)
        yield _triple(iri, RDF.type, _iri(CH.Mention))
        yield _triple(iri, CH.names, _iri(mention.concept))
        yield from _passage_triples(iri, mention)
    for span, value in confidence.items():
        yield _triple(mention_iri(article_id, *span), CH.confidence, _confidence(value))


def _statement_triples(extraction: Extraction) -> Iterator[_Triple]:
    for iri, (subject, relation, object_), passages in _statements(extraction):
        yield _triple(iri, RDF.type, _iri(CH.Statement))
        yield _triple(iri, RDF.subject, _iri(subject))
        yield _triple(iri, RDF.predicate, _iri(relation))
        yield _triple(iri, RDF.object, _iri(object_))
        if any(passage.stance == "asserted" for passage in passages):
            yield _triple(subject, relation, _iri(object_))
        for passage in passages:
            about = evidence_iri(extraction.article.id, passage.start, passage.end, iri)
            yield _triple(iri, CH.evidence, _iri(about))
            yield from _evidence_triples(about, passage)


def _statements(
    extraction: Extraction,
) -> Iterator[tuple[URIRef, tuple[str, str, str], Collection[Evidence]]]:
    """IRI, triple and passages of each statement; the strongest passage of each span."""
    triples: dict[URIRef, tuple[str, str, str]] = {}
    passages: dict[URIRef, dict[tuple[int, int], Evidence]] = {}
    for statement in extraction.statements:
        relation = relation_iri(statement.predicate)
        iri = statement_iri(statement.subject, relation, statement.object)
        triples[iri] = (statement.subject, relation, statement.object)
        by_span = passages.setdefault(iri, {})
        for evidence in statement.evidence:
            span = (evidence.start, evidence.end)
            by_span[span] = max(by_span.get(span, evidence), evidence, key=_strength)
    for iri, triple in triples.items():
        yield iri, triple, passages[iri].values()


def _evidence_triples(iri: URIRef, evidence: Evidence) -> Iterator[_Triple]:
    yield _triple(iri, RDF.type, _iri(CH.Evidence))
    yield from _passage_triples(iri, evidence)
    if evidence.section:
        yield _triple(iri, CH.section, ox.Literal(evidence.section))
    yield _triple(iri, CH.rule, ox.Literal(evidence.rule))
    yield _triple(iri, CH.stance, _iri(CH[evidence.stance]))
    yield _triple(iri, CH.confidence, _confidence(evidence.confidence))


def _strength(evidence: Evidence) -> tuple[int, float, str, str]:
    rank = _STANCE_RANK[evidence.stance]
    return rank, evidence.confidence, evidence.rule, evidence.section


def _passage_triples(iri: str, passage: Mention | Evidence) -> Iterator[_Triple]:
    yield _triple(iri, OA.exact, ox.Literal(passage.quote))
    yield _triple(iri, OA.start, ox.Literal(passage.start))
    yield _triple(iri, OA.end, ox.Literal(passage.end))


def _triple(subject: str, predicate: str, object_: ox.NamedNode | ox.Literal) -> _Triple:
    return ox.NamedNode(subject), ox.NamedNode(predicate), object_


def _iri(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _iri_or_text(value: str) -> ox.NamedNode | ox.Literal:
    try:
        return ox.NamedNode(value)
    except ValueError:
        return ox.Literal(value)


def _confidence(value: float) -> ox.Literal:
    """Two digits in the one lexical form that every store hands back unchanged."""
    digits = f"{value:.2f}".rstrip("0").rstrip(".")
    return ox.Literal(digits, datatype=_iri(XSD.decimal))


def _date(value: str) -> ox.Literal:
    """A date as exact as it is given; text where it is none."""
    full = (value + "-01-01")[:10]
    try:
        known = len(value) in (4, 7, 10) and date.fromisoformat(full).isoformat() == full
    except ValueError:
        known = False
    if not known:
        return ox.Literal(value)
    datatype = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}[len(value)]
    return ox.Literal(value, datatype=_iri(datatype))


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
    hint = f"; did you mean {' or '.join(close)}?" if close else "; `status` lists what it holds"
    raise StoreError(f"{article}: the store holds no such article{hint}")


def article_records(dataset: Dataset) -> tuple[ArticleRecord, ...]:
    """What the store remembers of each finished article, by IRI."""
    records: list[ArticleRecord] = []
    while True:
        last = Literal(records[-1].iri if records else "")
        rows = list(
            dataset.query(
                f"""SELECT ?article ?path ?digest ?extractor ?ontology WHERE {{
                    GRAPH ?article {{
                        ?article ch:contentDigest ?digest .
                        OPTIONAL {{ ?article ch:path ?path }}
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


def _record(iri: str, path: str, digest: str, extractor: str, ontology: str) -> ArticleRecord:
    article_id = unquote(iri.removeprefix(str(ARTICLE)))
    return ArticleRecord(iri, article_id, path, digest, extractor, ontology)


# Curated graphs


def put_ontology(dataset: Dataset, ontology: CuratedKnowledge) -> bool:
    """Let the curated graphs say what this ontology says; False where they do already."""
    if curated_version(dataset) == ontology.version:
        return False
    store = graph_store(dataset)
    store.replace_graph(
        COUNTERMEASURES_GRAPH, _curated(ontology.countermeasures, COUNTERMEASURES_GRAPH)
    )
    version = _triple(ONTOLOGY_GRAPH, CH.ontologyVersion, ox.Literal(ontology.version))
    seal = " ".join(map(str, version)) + " ."
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
