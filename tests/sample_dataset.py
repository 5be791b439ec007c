"""A small dataset written by the real writer: three articles and curated guidance."""

from rdflib import Dataset

from cloudhealth_kg.dataset import put_article
from cloudhealth_kg.model import (
    Article,
    Concept,
    Evidence,
    Extraction,
    Kind,
    Mention,
    Metadata,
    Relation,
    Stance,
    Statement,
)
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import (
    COUNTERMEASURES_GRAPH,
    ONTOLOGY_GRAPH,
    PREFIXES,
    concept_iri,
)

Said = tuple[str, str, Relation, str, Stance, float]
"""Sentence, subject, relation, object, stance, confidence."""

KINDS: dict[str, Kind] = {
    "data backup": "measure",
    "data breach": "challenge",
    "encryption": "technology",
    "exit strategy": "measure",
    "HIPAA": "regulation",
    "open standards": "technology",
    "ransomware": "challenge",
    "telemedicine": "advancement",
    "vendor lock-in": "challenge",
}

_FIRST: list[Said] = [
    ("An exit strategy prevents vendor lock-in.",
     "exit strategy", "mitigates", "vendor lock-in", "asserted", 0.9),
    ("Open standards may ease vendor lock-in.",
     "open standards", "mitigates", "vendor lock-in", "hedged", 0.6),
]  # fmt: skip
_SECOND: list[Said] = [
    ("An exit strategy might soften vendor lock-in.",
     "exit strategy", "mitigates", "vendor lock-in", "hedged", 0.55),
    ("Encryption guards against a data breach.",
     "encryption", "mitigates", "data breach", "asserted", 0.8),
    ("HIPAA applies to every data breach.",
     "HIPAA", "governs", "data breach", "asserted", 0.7),
]  # fmt: skip
_THIRD: list[Said] = [
    ("Encryption does not prevent a data breach by insiders.",
     "encryption", "mitigates", "data breach", "negated", 0.75),
    ("Encryption is no help against vendor lock-in.",
     "encryption", "mitigates", "vendor lock-in", "negated", 0.7),
    ("Vendor lock-in led to the data breach.",
     "vendor lock-in", "causes", "data breach", "asserted", 0.65),
]  # fmt: skip

_CURATED = """
concept:vendor-lock-in a skos:Concept, ch:Challenge ; ch:kind ch:Challenge ;
  skos:prefLabel "vendor lock-in"@en ; skos:altLabel "provider lock-in"@en ;
  skos:definition "Leaving a provider costs more than staying."@en .
concept:data-backup a skos:Concept, ch:Measure ; ch:kind ch:Measure ;
  skos:prefLabel "data backup"@en .
concept:encryption a skos:Concept, ch:Measure, ch:Technology ; ch:kind ch:Technology ;
  skos:prefLabel "encryption"@en .
"""
_GUIDANCE = """
<urn:s:1> a ch:Statement ; rdf:subject concept:data-backup ; rdf:predicate ch:mitigates ;
  rdf:object concept:ransomware ; ch:evidence <urn:e:1> .
<urn:e:1> dct:title "Guide to backups"@en ; ch:section "4.2" ; dct:source <https://example.org/g> .
<urn:s:2> a ch:Statement ; rdf:subject concept:encryption ; rdf:predicate ch:mitigates ;
  rdf:object concept:data-breach ; ch:evidence <urn:e:2> .
<urn:e:2> dct:title "Guide to encryption"@en .
"""


def extraction(
    name: str, said: list[Said], *, also: tuple[str, ...] = (), metadata: Metadata | None = None
) -> Extraction:
    """What an article of these sentences says; labels in `also` are named and linked to nothing."""
    lines = [sentence for sentence, *_ in said] + list(also)
    text = "\n".join(lines)
    starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
    statements: dict[tuple[str, Relation, str], list[Evidence]] = {}
    for start, (sentence, subject, relation, object_, stance, confidence) in zip(
        starts, said, strict=False
    ):
        evidence = Evidence(
            start, start + len(sentence), sentence, "Remedies", "test", stance, confidence
        )
        triple = (concept_iri(subject), relation, concept_iri(object_))
        statements.setdefault(triple, []).append(evidence)
    labels = sorted({label for line in said for label in (line[1], line[3])} | set(also))
    return Extraction(
        article=Article(
            id=name,
            text=text,
            blocks=(),
            metadata=metadata or Metadata(title=f"About {name}"),
            path=f"{name}.md",
            digest="sha256:0",
        ),
        concepts=tuple(
            Concept(concept_iri(label), KINDS.get(label, "challenge"), label) for label in labels
        ),
        mentions=tuple(
            Mention(starts[-1], starts[-1] + len(label), label, concept_iri(label))
            for label in also[-1:]
        ),
        statements=tuple(
            Statement(s, p, o, tuple(evidence)) for (s, p, o), evidence in statements.items()
        ),
    )


def sample_dataset() -> Dataset:
    """Three articles of 2019, 2022 and 2024, the concepts they name, and two known remedies."""
    dataset = open_dataset()
    for name, said, also, date in (
        ("first", _FIRST, (), "2019-05-01"),
        ("second", _SECOND, ("telemedicine",), "2022"),
        ("third", _THIRD, ("ransomware",), "2024-02"),
    ):
        about = Metadata(
            title=f"The {name} article",
            published=date,
            source=f"https://example.org/{name}",
            publisher="Example",
        )
        put_article(dataset, extraction(name, said, also=also, metadata=about))
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    dataset.graph(ONTOLOGY_GRAPH).parse(data=prefixes + _CURATED, format="turtle")
    dataset.graph(COUNTERMEASURES_GRAPH).parse(data=prefixes + _GUIDANCE, format="turtle")
    return dataset
