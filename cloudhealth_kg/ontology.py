"""The ontology folder as one object: schema, concepts, labels, countermeasures, questions.

Nothing here knows a concept or a relation by name; all of it is read from the files, which travel
inside the package and can be added to by a folder of the user's own (see `extension`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import cast

from rdflib import Graph, Literal, Node, URIRef
from rdflib.namespace import OWL, RDF, SKOS

from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, Kind
from cloudhealth_kg.vocabulary import CH, CONCEPT_SCHEME, ONTOLOGY, kind_iri

__all__ = [
    "Ontology",
    "OntologyConcept",
    "load_ontology",
    "normalise_label",
    "ontology_folder",
]


@dataclass(frozen=True, slots=True)
class OntologyConcept:
    """A concept that the ontology holds."""

    iri: str
    kinds: tuple[Kind, ...]
    """The better one first."""
    label: str
    alt_labels: tuple[str, ...] = ()
    definition: str = ""
    broader: tuple[str, ...] = ()
    grouping: bool = False
    """True where it only orders others: its labels are not looked for in articles."""

    @property
    def kind(self) -> Kind:
        """The kind it has where nothing says otherwise."""
        return self.kinds[0]


@dataclass(frozen=True)
class Ontology:
    """All that stands in the ontology folder, and in the user's extension of it."""

    graph: Graph
    """Schema, concepts, alignments and collections."""
    countermeasures: Graph
    """Known statements, whose evidence is guidance."""
    concepts: Mapping[str, OntologyConcept]
    """By IRI."""
    labels: Mapping[str, tuple[str, ...]]
    """From normalised label to the IRIs of the concepts that bear it, sorted."""
    subject_labels: frozenset[str]
    """Normalised labels of the field's own subject and actors, which are never extracted."""
    version: str
    """Version IRI, a space, and a digest of what the files say."""
    folder: Path

    @cached_property
    def ambiguous_labels(self) -> frozenset[str]:
        """Normalised labels that the ontology itself lists as borne by more than one concept."""
        listed = self.graph.objects(CONCEPT_SCHEME, CH.ambiguousLabel)
        return frozenset(normalise_label(str(label)) for label in listed)

    @cached_property
    def shapes(self) -> Graph:
        """The schema as SHACL: each class is its own shape."""
        return _parse(self.folder / "cloudhealth.ttl")


def ontology_folder() -> Path:
    """The folder of the ontology: inside the installed package, else at the top of the checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_data" / "ontology", here.parent / "ontology"):
        if (folder / "cloudhealth.ttl").is_file():
            return folder
    raise OntologyError(
        f"{here}: the ontology is missing from this installation; install cloudhealth-kg again"
    )


@lru_cache(maxsize=8)
def load_ontology() -> Ontology:
    """Read the ontology."""
    folder = ontology_folder()
    graph = Graph()
    for path in (folder / "cloudhealth.ttl", *sorted((folder / "concepts").glob("*.ttl"))):
        _parse(path, graph)
    return _assemble(graph, Graph(), folder)


def _assemble(graph: Graph, countermeasures: Graph, folder: Path) -> Ontology:
    concepts = {concept.iri: concept for concept in _read_concepts(graph)}
    return Ontology(
        graph=graph,
        countermeasures=countermeasures,
        concepts=MappingProxyType(concepts),
        labels=MappingProxyType(_index_labels(concepts.values())),
        subject_labels=frozenset(
            normalise_label(label)
            for subject in graph.subjects(RDF.type, CH.Subject)
            for label in _labels(graph, subject)
        ),
        version=_version(graph, countermeasures),
        folder=folder,
    )


def _parse(path: Path, graph: Graph | None = None) -> Graph:
    graph = Graph() if graph is None else graph
    return graph.parse(path, format="turtle")


def _read_concepts(graph: Graph) -> Iterator[OntologyConcept]:
    for iri in sorted(set(graph.subjects(CH.kind, None))):
        label = graph.value(iri, SKOS.prefLabel)
        yield OntologyConcept(
            iri=str(iri),
            kinds=_kinds(graph, iri),
            label=str(label or ""),
            alt_labels=tuple(sorted(str(o) for o in graph.objects(iri, SKOS.altLabel))),
            definition=str(graph.value(iri, SKOS.definition) or ""),
            broader=tuple(sorted(str(o) for o in graph.objects(iri, SKOS.broader))),
            grouping=(iri, CH.grouping, Literal(True)) in graph,
        )


def _kinds(graph: Graph, iri: Node) -> tuple[Kind, ...]:
    best = graph.value(iri, CH.kind)
    types = set(graph.objects(iri, RDF.type))
    found = [kind for kind in KINDS if kind_iri(kind) in types]
    return tuple(sorted(found, key=lambda kind: kind_iri(kind) != best))


def _labels(graph: Graph, iri: Node) -> Iterator[str]:
    for predicate in (SKOS.prefLabel, SKOS.altLabel):
        for label in graph.objects(iri, predicate):
            yield str(label)


def _index_labels(concepts: Iterable[OntologyConcept]) -> dict[str, tuple[str, ...]]:
    index: dict[str, set[str]] = {}
    for concept in concepts:
        if concept.grouping:
            continue
        for label in (concept.label, *concept.alt_labels):
            index.setdefault(normalise_label(label), set()).add(concept.iri)
    return {label: tuple(sorted(iris)) for label, iris in sorted(index.items())}


def _version(graph: Graph, countermeasures: Graph) -> str:
    digest = hashlib.sha256()
    for part in (graph, countermeasures):
        lines = sorted(" ".join(term.n3() for term in triple) for triple in part)
        digest.update("\n".join(lines).encode())
    version = cast(URIRef | None, graph.value(ONTOLOGY, OWL.versionIRI))
    return f"{version} sha256:{digest.hexdigest()[:16]}"
