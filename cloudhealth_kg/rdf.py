"""Extraction <-> RDF: the only translator between our values and quads.

One named graph for each article holds all that the article says and how it was read. What is
written depends on the extraction and the two versions alone: no blank node, clock or counter.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar
from urllib.parse import unquote

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.model import (
    KINDS,
    RELATIONS,
    STANCES,
    Article,
    Concept,
    Evidence,
    Extraction,
    Mention,
    Metadata,
    Statement,
)
from cloudhealth_kg.vocabulary import (
    ARTICLE,
    CH,
    OA,
    SCHEMA,
    article_iri,
    evidence_iri,
    kind_iri,
    mention_iri,
    relation_iri,
    statement_iri,
)

_STANCE_RANK = {"asserted": 2, "hedged": 1, "negated": 0}


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
        yield _triple(iri, DCTERMS.source, iri_or_text(metadata.source))


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


def iri_or_text(value: str) -> ox.NamedNode | ox.Literal:
    """A source as an IRI; as text where it is none by the book, such as `...?filter[a]=b`."""
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


# RDF -> extraction

Subjects = Mapping[str, Mapping[str, Sequence[str]]]
"""A graph by subject and predicate; the values of terms, sorted."""


def to_extraction(iri: str, subjects: Subjects) -> Extraction:
    """The extraction that the graph of this article says, without blocks and source map.

    Raises:
        LookupError, ValueError: something is missing or is not what it should be.
    """
    typed = [(subject, of, of.get(str(RDF.type), ())) for subject, of in subjects.items()]
    kinds = {str(kind_iri(kind)): kind for kind in KINDS}
    concepts = [
        Concept(subject, kinds[type_], of[str(SKOS.prefLabel)][0])
        for subject, of, types in typed
        for type_ in types
        if type_ in kinds
    ]
    mentions = [
        Mention(*_passage(of), concept, float(of[str(CH.confidence)][0]))
        for _, of, types in typed
        if str(CH.Mention) in types
        for concept in of[str(CH.names)]
    ]
    statements = [
        Statement(
            of[str(RDF.subject)][0],
            _tail(of[str(RDF.predicate)][0], RELATIONS),
            of[str(RDF.object)][0],
            tuple(sorted(map(_evidence, (subjects[e] for e in of[str(CH.evidence)])), key=_where)),
        )
        for _, of, types in typed
        if str(CH.Statement) in types
    ]
    mentions.sort(key=lambda mention: (mention.start, mention.end, mention.concept))
    return Extraction(
        _article(iri, subjects[iri]), tuple(concepts), tuple(mentions), tuple(statements)
    )


def _article(iri: str, of: Mapping[str, Sequence[str]]) -> Article:
    def first(predicate: str) -> str:
        return of.get(str(predicate), ("",))[0]

    return Article(
        id=article_id(iri),
        text=of[str(CH.text)][0],
        blocks=(),
        metadata=Metadata(
            title=first(DCTERMS.title),
            author=first(DCTERMS.creator),
            published=first(DCTERMS.issued),
            source=first(DCTERMS.source),
            publisher=first(DCTERMS.publisher),
            license=first(DCTERMS.license),
            language=first(DCTERMS.language),
        ),
        path=first(CH.path),
        digest=of[str(CH.contentDigest)][0],
    )


def _evidence(of: Mapping[str, Sequence[str]]) -> Evidence:
    return Evidence(
        *_passage(of),
        section=of.get(str(CH.section), ("",))[0],
        rule=of[str(CH.rule)][0],
        stance=_tail(of[str(CH.stance)][0], STANCES),
        confidence=float(of[str(CH.confidence)][0]),
    )


def _passage(of: Mapping[str, Sequence[str]]) -> tuple[int, int, str]:
    return int(of[str(OA.start)][0]), int(of[str(OA.end)][0]), of[str(OA.exact)][0]


def _where(evidence: Evidence) -> tuple[int, int]:
    return evidence.start, evidence.end


_Word = TypeVar("_Word", bound=str)


def _tail(iri: str, words: Sequence[_Word]) -> _Word:
    """The word of ours that an IRI of our ontology ends in."""
    return words[words.index(iri.removeprefix(str(CH)))]


def article_id(iri: str) -> str:
    """The id of the article with this IRI."""
    return unquote(iri.removeprefix(str(ARTICLE)))
