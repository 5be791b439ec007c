"""The ontology folder as one object: schema, concepts, labels, countermeasures, questions.

Nothing here knows a concept or a relation by name; all of it is read from the files, which travel
inside the package and can be added to by a folder of the user's own (see `extension`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, Literal, Node, URIRef
from rdflib.namespace import OWL, RDF, SKOS

from cloudhealth_kg.decisions import Decisions, read_decisions
from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.extension import Extension, files_of, read_extension
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, RELATIONS, Kind
from cloudhealth_kg.questions import Question, read_questions
from cloudhealth_kg.vocabulary import CH, CONCEPT_SCHEME, kind_iri

__all__ = [
    "Decisions",
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


class Ontology:
    """All that stands in the ontology folder, and in the user's extension of it.

    It is read where it is first asked for; a build that finds nothing new asks for the version
    alone.
    """

    def __init__(
        self, folder: Path, extra: Path | None = None, extension: Extension | None = None
    ) -> None:
        """The ontology in `folder`, and the `extension` of it that was read from `extra`."""
        self.folder = folder
        self.extra = extra
        self.extension = extension
        self.version = _version(folder, extra)
        """Version IRI, a space, and a digest of the files."""

    def __reduce__(self) -> tuple[Callable[[Path | None], "Ontology"], tuple[Path | None]]:
        return load_ontology, (self.extra,)

    @cached_property
    def graph(self) -> Graph:
        """Schema, concepts, alignments and collections."""
        graph = _parse(*_sources(self.folder))
        return graph if self.extension is None else graph + self.extension.graph

    @cached_property
    def concepts(self) -> Mapping[str, OntologyConcept]:
        """By IRI."""
        return {concept.iri: concept for concept in _read_concepts(self.graph)}

    @cached_property
    def decisions(self) -> Decisions:
        """What people decided about labels."""
        decisions = read_decisions(self.folder / "decisions.txt", self._labels_in_files)
        return decisions if self.extension is None else decisions | self.extension.decisions

    @cached_property
    def _labels_in_files(self) -> Mapping[str, tuple[str, ...]]:
        return _index_labels(self.concepts.values())

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """From normalised label to the IRIs of the concepts that bear it, sorted."""
        labels = dict(self._labels_in_files)
        labels.update({label: (iri,) for label, iri in self.decisions.same_as.items()})
        for label in self.decisions.not_concepts:
            labels.pop(label, None)
        for one, other in map(sorted, self.decisions.keep_apart):
            if labels.get(one) == labels.get(other, ()):  # the name of the concept stays with it
                preferred = normalise_label(self.concepts[labels[one][0]].label)
                for label in {one, other} - {preferred}:
                    labels.pop(label)
        return labels

    @cached_property
    def subject_labels(self) -> frozenset[str]:
        """Normalised labels that are never extracted.

        They name the field's own subject and actors, and what somebody decided is no concept.
        """
        subjects = self.graph.subjects(RDF.type, CH.Subject)
        named = {normalise_label(label) for s in subjects for label in _labels(self.graph, s)}
        return frozenset(named | self.decisions.not_concepts)

    @cached_property
    def countermeasures(self) -> Graph:
        """Known statements, whose evidence is guidance."""
        graph = _parse(self.folder / "countermeasures.ttl")
        return graph if self.extension is None else graph + self.extension.countermeasures

    @cached_property
    def known_statements(self) -> frozenset[tuple[str, str, str]]:
        """Subject, relation and object of each countermeasure: IRI, name, IRI."""
        prefix = str(CH)
        return frozenset(
            (str(s), str(p).removeprefix(prefix), str(o))
            for s, p, o in self.countermeasures
            if str(p).removeprefix(prefix) in RELATIONS
        )

    @cached_property
    def kept_apart(self) -> frozenset[str]:
        """Normalised labels that a decision keeps apart from others."""
        return frozenset(label for pair in self.decisions.keep_apart for label in pair)

    @cached_property
    def ambiguous_labels(self) -> frozenset[str]:
        """Normalised labels that are listed as borne by more than one concept."""
        listed = self.graph.objects(CONCEPT_SCHEME, CH.ambiguousLabel)
        return frozenset(normalise_label(str(label)) for label in listed)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The competency questions, by name."""
        return read_questions(self.folder / "queries")

    @cached_property
    def shapes(self) -> Graph:
        """The schema as SHACL: each class is its own shape.

        It lies in rdflib's own memory: pySHACL asks it at every node, and validates so in half the
        time.
        """
        shapes = Graph(store="SimpleMemory")
        shapes += _parse(self.folder / "cloudhealth.ttl")
        return shapes


def ontology_folder() -> Path:
    """Find the ontology: inside the installed package, else at the top of the checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_data" / "ontology", here.parent / "ontology"):
        if (folder / "cloudhealth.ttl").is_file():
            return folder
    raise OntologyError(
        f"{here}: the ontology is missing from this installation; install cloudhealth-kg again"
    )


def load_ontology(extra: Path | None = None) -> Ontology:
    """Read the ontology.

    Args:
        extra: a folder of the user's that adds to it; see `extension`.

    Raises:
        OntologyError: the ontology is missing, or the folder has faults; the message lists them.
    """
    if extra is None:
        return _base()
    base = _base()
    return Ontology(base.folder, extra, read_extension(extra, base.labels, base.graph))


@lru_cache(maxsize=1)
def _base() -> Ontology:
    return Ontology(ontology_folder())


def _version(folder: Path, extra: Path | None) -> str:
    schema = ox.parse(path=folder / "cloudhealth.ttl", format=ox.RdfFormat.TURTLE)
    iri = next(q.object.value for q in schema if q.predicate.value == str(OWL.versionIRI))
    texts = [folder / "countermeasures.ttl", folder / "decisions.txt"]
    version = f"{iri} sha256:{_digest([*_sources(folder), *texts])}"
    if extra is None:
        return version
    return f"{version}+{_digest(files_of(extra))}"


def _sources(folder: Path) -> list[Path]:
    return [folder / "cloudhealth.ttl", *sorted((folder / "concepts").glob("*.ttl"))]


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _parse(*paths: Path) -> Graph:
    graph = Graph(store="Oxigraph")  # reads Turtle some twenty times as fast as rdflib's own
    for path in paths:
        graph.parse(path, format="ox-turtle")
    return graph


def _read_concepts(graph: Graph) -> Iterator[OntologyConcept]:
    for iri in map(URIRef, sorted({str(iri) for iri in graph.subjects(CH.kind, None)})):
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
