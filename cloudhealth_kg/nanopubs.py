"""Statements as nanopublications: each a small graph with its provenance, ready to be shared.

One nanopublication for each article and statement that it asserts; its IRI is made of both, so
that publishing twice gives the same. They bear no signature and no time of making: whoever
publishes them signs them.
"""

from collections.abc import Callable, Iterator
from typing import IO

import pyoxigraph as ox
from rdflib import Dataset
from rdflib.namespace import DCTERMS, PROV, RDF

from cloudhealth_kg.dataset import article_records, read_extraction
from cloudhealth_kg.model import Article, Evidence, Statement
from cloudhealth_kg.rdf import iri_or_text
from cloudhealth_kg.vocabulary import (
    BASE,
    CH,
    OA,
    PREFIXES,
    article_iri,
    evidence_iri,
    relation_iri,
    statement_iri,
)

NP = "http://www.nanopub.org/nschema#"


def write_nanopubs(
    dataset: Dataset,
    stream: IO[bytes],
    *,
    accept: Callable[[Statement], bool] = lambda statement: statement.asserted,
) -> int:
    """Write a nanopublication for each accepted statement of each article as TriG; return how many.

    `accept` sees a statement with the evidence of one article; the default accepts what that
    article asserts. Only asserting evidence goes out.
    """
    quads: list[ox.Quad] = []
    count = 0
    for record in article_records(dataset):
        extraction = read_extraction(dataset, record.iri)
        for statement in extraction.statements:
            if statement.asserted and accept(statement):
                quads.extend(_nanopub(extraction.article, statement))
                count += 1
    prefixes = {**PREFIXES, "np": NP}
    ox.serialize(quads, stream, ox.RdfFormat.TRIG, prefixes=prefixes)
    return count


def _nanopub(article: Article, statement: Statement) -> Iterator[ox.Quad]:
    relation = relation_iri(statement.predicate)
    about = statement_iri(statement.subject, relation, statement.object)
    of = article_iri(article.id)
    nanopub = f"{BASE}nanopub/{about.rsplit('/', 1)[-1]}/{of.rsplit('/', 1)[-1]}"
    head, assertion, provenance, info = (
        f"{nanopub}#{part}" for part in ("Head", "assertion", "provenance", "pubinfo")
    )
    yield _quad(nanopub, RDF.type, NP + "Nanopublication", head)
    yield _quad(nanopub, NP + "hasAssertion", assertion, head)
    yield _quad(nanopub, NP + "hasProvenance", provenance, head)
    yield _quad(nanopub, NP + "hasPublicationInfo", info, head)
    yield _quad(statement.subject, relation, statement.object, assertion)
    for passage in statement.evidence:
        if passage.stance == "asserted":
            iri = evidence_iri(article.id, passage.start, passage.end, about)
            yield from _provenance(assertion, iri, passage, of, provenance)
    if article.metadata.source:
        yield _quad(of, DCTERMS.source, iri_or_text(article.metadata.source), provenance)
    if article.metadata.title:
        yield _quad(of, DCTERMS.title, ox.Literal(article.metadata.title), provenance)
    yield _quad(nanopub, DCTERMS.isPartOf, BASE, info)


def _provenance(
    assertion: str, iri: str, passage: Evidence, article: str, graph: str
) -> Iterator[ox.Quad]:
    yield _quad(assertion, PROV.wasDerivedFrom, iri, graph)
    yield _quad(iri, OA.hasSource, article, graph)
    yield _quad(iri, OA.exact, ox.Literal(passage.quote), graph)
    yield _quad(iri, OA.start, ox.Literal(passage.start), graph)
    yield _quad(iri, OA.end, ox.Literal(passage.end), graph)
    yield _quad(iri, CH.rule, ox.Literal(passage.rule), graph)


def _quad(
    subject: str, predicate: str, object_: str | ox.NamedNode | ox.Literal, graph: str
) -> ox.Quad:
    value = ox.NamedNode(object_) if isinstance(object_, str) else object_
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, ox.NamedNode(graph))
