"""A small, exact stand-in for the real extractor, and articles for it to read.

A line such as "encryption mitigates data breaches" is a statement; with "may" before the relation
it is hedged, with "not" negated. Importable by worker processes.
"""

import os
import re
import signal
from dataclasses import dataclass, field

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SKOS

from cloudhealth_kg.model import (
    RELATIONS,
    SIGNATURES,
    Article,
    Concept,
    Evidence,
    Extraction,
    Kind,
    Mention,
    Relation,
    Stance,
    Statement,
)
from cloudhealth_kg.vocabulary import CH, concept_iri

_LINE = re.compile(
    rf"^(?P<s>[^\n]+?) (?P<hedge>may |not |)(?P<p>{'|'.join(RELATIONS)}) (?P<o>[^\n]+?)\.?$",
    re.MULTILINE,
)
_STANCES: dict[str, Stance] = {"": "asserted", "may ": "hedged", "not ": "negated"}


@dataclass
class SampleOntology:
    """Curated graphs, with a blank node, for builds that need no real ontology."""

    version: str = "1"
    graph: Graph = field(default_factory=Graph)
    countermeasures: Graph = field(default_factory=Graph)

    def __post_init__(self) -> None:
        concept = concept_iri("encryption")
        self.graph.add((concept, SKOS.prefLabel, Literal("encryption", lang="en")))
        restriction = URIRef("urn:x:restriction")
        self.graph.parse(data=f"<{restriction}> <{RDFS.subClassOf}> [ a <urn:x:A>, <urn:x:B> ] .")
        self.graph.add((restriction, RDFS.comment, Literal(f"version {self.version}")))
        self.countermeasures.add((concept, RDF.type, CH.Technology))


def load_extractor():
    """What `build` calls in each process."""
    return extract


def extract(article: Article) -> Extraction:
    """Every line that reads as a statement."""
    if "kill the reader" in article.text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "break the reader" in article.text:
        raise RuntimeError("broken on purpose")
    concepts: dict[str, Concept] = {}
    mentions: list[Mention] = []
    statements: list[Statement] = []
    for match in _LINE.finditer(article.text):
        relation: Relation = match["p"]  # type: ignore[assignment]
        ends: list[str] = []
        for group, kinds in zip("so", SIGNATURES[relation], strict=True):
            kind: Kind = min(kinds)
            label = match[group]
            iri = str(concept_iri(f"{kind} {label}"))
            concepts.setdefault(iri, Concept(iri, kind, label))
            mentions.append(Mention(*match.span(group), label, iri, 0.9))
            ends.append(iri)
        evidence = Evidence(
            *match.span(),
            match[0],
            "",
            "sample",
            _STANCES[match["hedge"]],
            len(match[0]) % 100 / 100,
        )
        statements.append(Statement(ends[0], relation, ends[1], (evidence,)))
    return Extraction(article, tuple(concepts.values()), tuple(mentions), tuple(statements))
