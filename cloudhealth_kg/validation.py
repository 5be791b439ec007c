"""What a store must keep: quotes at their places, evidence for each statement, and no more.

These are the promises that SHACL cannot check well; the ontology's shapes and SPARQL checks come
in through `checks`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdflib import Dataset
from rdflib.namespace import RDF, SKOS

from cloudhealth_kg.dataset import read_subjects
from cloudhealth_kg.model import KINDS, RELATIONS
from cloudhealth_kg.rdf import Subjects
from cloudhealth_kg.store import local_dataset
from cloudhealth_kg.vocabulary import (
    ARTICLE,
    BASE,
    CH,
    CURATED_GRAPHS,
    OA,
    kind_iri,
    relation_iri,
    statement_iri,
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something in a store that is not as it must be."""

    graph: str
    """Name of the graph it stands in; "" where it concerns the whole store."""
    check: str
    """Short name of what was checked."""
    subject: str
    """The offender: an IRI."""
    message: str
    """What is wrong."""
    remedy: str
    """What to do."""


Check = Callable[[Dataset], Iterable[Finding]]

_AGAIN = "build the article again"
_RELATIONS = {str(relation_iri(relation)) for relation in RELATIONS}
_KINDS = {str(kind_iri(kind)) for kind in KINDS}


def validate(dataset: Dataset, *, checks: Iterable[Check] = ()) -> tuple[Finding, ...]:
    """All that is wrong with a store, sorted; empty where nothing is.

    `checks` are further checks, such as the ontology's shapes, run on the whole dataset. A dataset
    at a server is copied into memory first.
    """
    local = local_dataset(dataset)
    findings = {finding for check in (_check_graphs, *checks) for finding in check(local)}
    return tuple(sorted(findings))


def _check_graphs(dataset: Dataset) -> Iterator[Finding]:
    curated = {str(name) for name in CURATED_GRAPHS}
    for name in sorted(str(graph.identifier) for graph in dataset.graphs()):
        if name.startswith(str(ARTICLE)):
            subjects = read_subjects(dataset, name)
            for check, subject, message in _check_article(name, subjects):
                yield Finding(name, check, subject, message, _AGAIN)
        elif name.startswith(BASE) and name not in curated:
            message = "a graph that is neither an article's nor curated"
            yield Finding(name, "graphs", name, message, "drop it, or keep it in another store")


def _check_article(name: str, subjects: Subjects) -> Iterator[tuple[str, str, str]]:
    article = subjects.get(name, {})
    if str(CH.contentDigest) not in article:
        yield "finished", name, "its digest is missing, so its writing was broken off"
    text = article.get(str(CH.text), ("",))[0]
    yield from _check_quotes(subjects, text)
    yield from _check_statements(subjects)
    yield from _check_plain_triples(subjects)
    yield from _check_concepts(subjects)


def _check_quotes(subjects: Subjects, text: str) -> Iterator[tuple[str, str, str]]:
    for subject, of in subjects.items():
        if not _is(of, CH.Evidence) and not _is(of, CH.Mention):
            continue
        places = [of.get(str(predicate), ()) for predicate in (OA.start, OA.end, OA.exact)]
        if any(len(values) != 1 for values in places):
            yield "quotes", subject, "it has not one start, one end and one quote"
            continue
        (start,), (end,), (quote,) = places
        if not (start.isdecimal() and end.isdecimal() and text[int(start) : int(end)] == quote):
            yield "quotes", subject, f"the text at [{start}, {end}) is not {quote[:60]!r}"


def _check_statements(subjects: Subjects) -> Iterator[tuple[str, str, str]]:
    borne: set[str] = set()
    for subject, of in subjects.items():
        if not _is(of, CH.Statement):
            continue
        evidence = of.get(str(CH.evidence), ())
        borne.update(evidence)
        if not evidence:
            yield "evidence", subject, "the statement has no evidence"
        for passage in evidence:
            if not _is(subjects.get(passage, {}), CH.Evidence):
                yield "evidence", subject, f"its evidence {passage} is not described"
        triple = _triple_of(of)
        if triple is None or str(statement_iri(*triple)) != subject:
            yield "identity", subject, "its IRI is not made of its subject, predicate and object"
    for subject, of in subjects.items():
        if _is(of, CH.Evidence) and subject not in borne:
            yield "evidence", subject, "the evidence bears no statement"


def _check_plain_triples(subjects: Subjects) -> Iterator[tuple[str, str, str]]:
    asserted = set()
    for of in subjects.values():
        triple = _triple_of(of)
        passages = (subjects.get(e, {}) for e in of.get(str(CH.evidence), ()))
        if triple and any(str(CH.asserted) in p.get(str(CH.stance), ()) for p in passages):
            asserted.add(triple)
    plain = {
        (subject, predicate, object_)
        for subject, of in subjects.items()
        for predicate in _RELATIONS & of.keys()
        for object_ in of[predicate]
    }
    for subject, predicate, object_ in plain - asserted:
        yield "asserted", subject, f"<{predicate}> <{object_}> stands without asserting evidence"
    for subject, predicate, object_ in asserted - plain:
        yield "asserted", subject, f"<{predicate}> <{object_}> is asserted and does not stand"


def _check_concepts(subjects: Subjects) -> Iterator[tuple[str, str, str]]:
    named = {concept for of in subjects.values() for concept in of.get(str(CH.names), ())}
    ends = {end for of in subjects.values() if (triple := _triple_of(of)) for end in triple[::2]}
    for concept in named | ends:
        of = subjects.get(concept, {})
        if str(SKOS.prefLabel) not in of or not _KINDS.intersection(of.get(str(RDF.type), ())):
            yield "concepts", concept, "the article names it, but says neither kind nor label"


def _is(of: Mapping[str, Sequence[str]], type_: str) -> bool:
    return str(type_) in of.get(str(RDF.type), ())


def _triple_of(of: Mapping[str, Sequence[str]]) -> tuple[str, str, str] | None:
    if not _is(of, CH.Statement):
        return None
    parts = [of.get(str(p), ()) for p in (RDF.subject, RDF.predicate, RDF.object)]
    if any(len(values) != 1 for values in parts):
        return None
    return parts[0][0], parts[1][0], parts[2][0]
