"""What articles name and the ontology lacks, for a curator to take in or to turn down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rdflib import Dataset, Literal

from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, Kind
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.queries import run
from cloudhealth_kg.vocabulary import PREFIXES, kind_iri

_NAMED = """
SELECT ?concept (MIN(STR(?name)) AS ?label) (MIN(STR(?type)) AS ?kind)
       (COUNT(DISTINCT ?article) AS ?articles) WHERE {
  GRAPH ?article { ?concept a ?type ; skos:prefLabel ?name . ?article ch:contentDigest ?digest }
} GROUP BY ?concept ORDER BY DESC(?articles) ?label
"""
_QUOTES = """
SELECT ?concept (MIN(STR(?quote)) AS ?sentence) WHERE {
  GRAPH ?article { { ?statement rdf:subject ?concept } UNION { ?statement rdf:object ?concept }
                   ?statement ch:evidence/oa:exact ?quote }
} GROUP BY ?concept
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concept that articles name and the ontology does not hold."""

    iri: str
    label: str
    kind: Kind
    articles: int
    sentence: str
    """One that bears a statement of it; "" where none does."""
    near: tuple[str, ...]
    """Labels of known concepts that share most of its words, nearest first."""


def find_candidates(dataset: Dataset, ontology: Ontology) -> list[Candidate]:
    """The candidates of a dataset, those that most articles name first."""
    kinds = {str(kind_iri(kind)): kind for kind in KINDS}
    sentences = {str(iri): str(quote) for iri, quote in run(dataset, _QUOTES).rows}
    known = [c.label for c in ontology.concepts.values()]
    apart = ontology.decisions.keep_apart
    return [
        Candidate(
            iri,
            label,
            kinds[kind],
            int(articles),
            sentences.get(iri, ""),
            _near(label, known, apart),
        )
        for iri, label, kind, articles in run(dataset, _NAMED).rows
        if iri not in ontology.concepts and kind in kinds
    ]


def _words(label: str) -> frozenset[str]:
    return frozenset(normalise_label(label).split(" "))


def _near(label: str, known: Sequence[str], apart: frozenset[frozenset[str]]) -> tuple[str, ...]:
    """The labels that share at least half of their words with this one and may name the same."""
    words = _words(label)
    shares = [
        (len(words & _words(name)) / len(words | _words(name)), name)
        for name in known
        if frozenset({normalise_label(label), normalise_label(name)}) not in apart
    ]
    return tuple(
        name for share, name in sorted(shares, key=lambda s: (-s[0], s[1])) if share >= 0.5
    )[:3]


def to_turtle(candidates: Iterable[Candidate]) -> str:
    """A block for each candidate, to be completed and pasted into a file of the ontology."""
    used = ("ch", "concept", "dct", "skos")
    lines = [f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in used]
    for candidate in candidates:
        lines += [
            "",
            f"# in {candidate.articles} articles; near: {', '.join(candidate.near) or 'nothing'}",
            f"<{candidate.iri}> a ch:{candidate.kind.capitalize()}, skos:Concept ;",
            f"    ch:kind ch:{candidate.kind.capitalize()} ;",
            f"    skos:prefLabel {Literal(candidate.label, lang='en').n3()} ;",
            '    skos:definition "TODO"@en .  # and dct:source <http...>',
        ]
    return "\n".join(lines) + "\n"
