"""Our namespaces and IRIs, each typed once.

An IRI is made of what the thing says or is, never of a counter or a clock, so that two builds of
the same articles meet in the same names.
"""

import hashlib
import re
from urllib.parse import quote

from rdflib import Namespace, URIRef

from cloudhealth_kg.labels import normalise_label

BASE = "https://w3id.org/cloudhealth-kg/"
"""All our IRIs begin with this."""

CH = Namespace(BASE + "ontology#")
CONCEPT = Namespace(BASE + "concept/")
ARTICLE = Namespace(BASE + "article/")
STATEMENT = Namespace(BASE + "statement/")
GUIDANCE = Namespace(BASE + "guidance/")
GRAPH = Namespace(BASE + "graph/")
CODE = Namespace(BASE + "code/")
COLLECTION = Namespace(BASE + "collection/")

OA = Namespace("http://www.w3.org/ns/oa#")
SCHEMA = Namespace("https://schema.org/")

ONTOLOGY = URIRef(BASE + "ontology")
"""The ontology itself; its terms live in `CH`."""

WRITERS = "urn:x-cloudhealth-kg:writer/"
"""Graphs that stand at a server while somebody writes; outside of `BASE`, as no part of what is
known."""
WRITER = "urn:x-cloudhealth-kg:Writer"
"""Class of whoever writes there."""

CONCEPT_SCHEME = URIRef(BASE + "concept/")

ONTOLOGY_GRAPH = GRAPH["ontology"]
"""Curated: schema, concepts and alignments."""

COUNTERMEASURES_GRAPH = GRAPH["countermeasures"]
"""Curated: statements whose evidence is guidance."""

CURATED_GRAPHS = (ONTOLOGY_GRAPH, COUNTERMEASURES_GRAPH)

PREFIXES: dict[str, str] = {
    "ch": str(CH),
    "concept": str(CONCEPT),
    "article": str(ARTICLE),
    "statement": str(STATEMENT),
    "guidance": str(GUIDANCE),
    "graph": str(GRAPH),
    "code": str(CODE),
    "collection": str(COLLECTION),
    "oa": str(OA),
    "schema": str(SCHEMA),
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefix to namespace, for every Turtle file and query of ours."""


def concept_iri(label: str) -> URIRef:
    """IRI of the concept that a label names; the same for each spelling `normalise_label` folds.

    Raises:
        ValueError: the label holds no letter and no digit.
    """
    slug = re.sub(r"[^\w]+", "-", normalise_label(label)).strip("-")
    if not slug:
        raise ValueError(f"no concept can be named by {label!r}")
    return CONCEPT[slug]


def article_iri(article_id: str) -> URIRef:
    """IRI of an article, and name of the graph that holds all that it says."""
    return ARTICLE[quote(article_id, safe="-._~")]


def statement_iri(subject: str, predicate: str, object_: str) -> URIRef:
    """IRI of a statement: the digest of its three IRIs, parted by spaces, which no IRI can hold."""
    key = f"{subject} {predicate} {object_}"
    return STATEMENT[hashlib.sha256(key.encode()).hexdigest()]


def mention_iri(article_id: str, start: int, end: int) -> URIRef:
    """IRI of the mention at `[start, end)` of an article's text."""
    return URIRef(f"{article_iri(article_id)}#char={start},{end}")


def evidence_iri(article_id: str, start: int, end: int, statement: str) -> URIRef:
    """IRI of the passage at `[start, end)` as evidence of a statement (given by its IRI)."""
    key = statement.rsplit("/", 1)[-1]
    return URIRef(f"{mention_iri(article_id, start, end)}&statement={key}")


def relation_iri(relation: str) -> URIRef:
    """IRI of a relation such as `mitigates`."""
    return CH[relation]


def kind_iri(kind: str) -> URIRef:
    """IRI of the class of a kind such as `challenge`."""
    return CH[kind.capitalize()]
