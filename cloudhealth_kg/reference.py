"""The ontology as a page for people and as files for machines, all made from the ontology itself.

`python -m cloudhealth_kg.reference` writes them again: `docs/ontology.html`, `.rdf` and `.jsonld`,
the tables between the markers of `ontology/README.md`, and every Turtle file in its normal form.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from jinja2 import Environment, PackageLoader, StrictUndefined
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS
from rdflib.term import Node

from cloudhealth_kg.checks import read_checks
from cloudhealth_kg.model import KINDS, SIGNATURES
from cloudhealth_kg.ontology import Ontology, OntologyConcept, load_ontology
from cloudhealth_kg.vocabulary import CH, ONTOLOGY, PREFIXES

__all__ = ["normal_turtle", "readme_tables", "to_files", "to_html"]

_MATCHES = {"exact": SKOS.exactMatch, "close": SKOS.closeMatch, "broad": SKOS.broadMatch}


@dataclass(frozen=True, slots=True)
class _Term:
    """A class or property as the page shows it."""

    name: str
    comment: str
    facts: tuple[tuple[str, str], ...]


def to_html(ontology: Ontology) -> str:
    """Make the reference page: header, diagram, terms, concepts, lists, questions and checks."""
    environment = Environment(
        loader=PackageLoader("cloudhealth_kg"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    graph = ontology.graph
    children: dict[str, list[OntologyConcept]] = {}
    for concept in sorted(ontology.concepts.values(), key=lambda c: c.label.casefold()):
        for parent in concept.broader or ("",):
            children.setdefault(parent if parent in ontology.concepts else "", []).append(concept)
    return environment.get_template("ontology.html.jinja").render(
        header={
            "title": graph.value(ONTOLOGY, DCTERMS.title),
            "description": graph.value(ONTOLOGY, DCTERMS.description),
            "version": graph.value(ONTOLOGY, OWL.versionInfo),
            "licence": graph.value(ONTOLOGY, DCTERMS.license),
            "namespace": str(CH),
        },
        kinds=KINDS,
        signatures={relation: (sorted(a), sorted(b)) for relation, (a, b) in SIGNATURES.items()},
        classes=tuple(_terms(graph, OWL.Class)),
        properties=tuple(
            term
            for type_ in (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
            for term in _terms(graph, type_)
        ),
        children=children,
        matches=_matches(ontology),
        regulations=_regulations(graph),
        collections=_collections(graph),
        counts=_counts(ontology),
        vocabularies=_vocabularies(graph),
        known=_known(ontology),
        questions=ontology.questions,
        checks=read_checks(ontology.folder / "checks"),
    )


def to_files(ontology: Ontology) -> Mapping[str, bytes]:
    """Make the files for machines, by name: RDF/XML and JSON-LD, the same bytes each time."""
    data = ontology.graph.serialize(format="nt", encoding="utf-8")
    quads = ox.Dataset(ox.parse(data, format=ox.RdfFormat.N_TRIPLES))
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    triples = sorted((quad.triple for quad in quads), key=str)
    return {
        "ontology.rdf": _serialize(triples, ox.RdfFormat.RDF_XML),
        "ontology.jsonld": _serialize(triples, ox.RdfFormat.JSON_LD),
    }


def normal_turtle(text: str) -> str:
    """Write Turtle in the one form that we keep: rdflib's `longturtle`, used prefixes only."""
    return (
        Graph(bind_namespaces="none")
        .parse(data=text, format="turtle")
        .serialize(format="longturtle")
    )


def readme_tables(ontology: Ontology) -> Mapping[str, str]:
    """Markdown tables for `ontology/README.md`, by the name of their marker."""
    counts = _counts(ontology)
    questions = [
        f"| `{name}` | {q.question} | {', '.join(q.parameters) or '-'} | {', '.join(q.columns)} |"
        for name, q in ontology.questions.items()
    ]
    return {
        "counts": _table("| what | number |", [f"| {k} | {v} |" for k, v in counts.items()]),
        "questions": _table("| name | question | parameters | columns |", questions),
        "vocabularies": _table(
            "| vocabulary | exact | close | broad |",
            [
                f"| {title} | {n['exact']} | {n['close']} | {n['broad']} |"
                for title, n in _vocabularies(ontology.graph).items()
            ],
        ),
        "checks": _table(
            "| check | what it finds |",
            [f"| `{c.name}` | {c.message} |" for c in read_checks(ontology.folder / "checks")],
        ),
    }


def write_reference(root: Path) -> None:
    """Write all of it again below `root`, the top of the checkout."""
    for path in sorted((root / "ontology").glob("**/*.ttl")):
        path.write_text(normal_turtle(path.read_text(encoding="utf-8")), encoding="utf-8")
    ontology = load_ontology()
    (root / "docs" / "ontology.html").write_text(to_html(ontology), encoding="utf-8")
    for name, data in to_files(ontology).items():
        (root / "docs" / name).write_bytes(data)
    readme = root / "ontology" / "README.md"
    readme.write_text(fill(readme.read_text("utf-8"), readme_tables(ontology)), "utf-8")


def fill(text: str, tables: Mapping[str, str]) -> str:
    """Put tables between `<!-- NAME -->` and `<!-- /NAME -->`."""
    for name, table in tables.items():
        head, opening, rest = text.partition(f"<!-- {name} -->\n")
        _, closing, tail = rest.partition(f"<!-- /{name} -->")
        text = f"{head}{opening}{table}\n{closing}{tail}" if closing else text
    return text


def _serialize(triples: list[ox.Triple], form: ox.RdfFormat) -> bytes:
    return ox.serialize(triples, format=form, prefixes=PREFIXES) or b""


def _table(head: str, rows: list[str]) -> str:
    rule = "|" + " --- |" * (head.count("|") - 1)
    return "\n".join([head, rule, *rows])


def _name(term: Node) -> str:
    for prefix, namespace in PREFIXES.items():
        if str(term).startswith(namespace):
            return f"{prefix}:{str(term).removeprefix(namespace)}"
    return str(term)


def _terms(graph: Graph, type_: URIRef) -> Iterator[_Term]:
    shown = {
        "subclass of": RDFS.subClassOf,
        "from": RDFS.domain,
        "to": RDFS.range,
        "inverse": OWL.inverseOf,
        "close match": SKOS.closeMatch,
    }
    for term in sorted(graph.subjects(RDF.type, type_), key=str):
        comment = graph.value(term, RDFS.comment)
        if comment is None or not isinstance(term, URIRef):
            continue
        facts = tuple(
            (name, ", ".join(sorted(_name(o) for o in graph.objects(term, predicate))))
            for name, predicate in shown.items()
            if (term, predicate, None) in graph
        )
        yield _Term(_name(term), str(comment), facts)


def _matches(ontology: Ontology) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for match, predicate in _MATCHES.items():
        for subject, term in ontology.graph.subject_objects(predicate):
            if str(subject) in ontology.concepts:
                label = ontology.graph.value(term, SKOS.notation) or _name(term)
                found.setdefault(str(subject), []).append((match, str(label), str(term)))
    return {iri: sorted(matches) for iri, matches in found.items()}


def _regulations(graph: Graph) -> dict[str, str]:
    shown = {}
    for iri in graph.subjects(CH.citation, None):
        facts: list[Node | None] = [
            graph.value(iri, CH.jurisdiction),
            graph.value(iri, CH.citation),
            graph.value(graph.value(iri, CH.status), RDFS.label),
        ]
        since = graph.value(iri, CH.inForceFrom)
        successor = graph.value(graph.value(iri, DCTERMS.isReplacedBy), SKOS.prefLabel)
        facts += [Literal(f"since {since}")] if since else []
        facts += [Literal(f"replaced by {successor}")] if successor else []
        shown[str(iri)] = " · ".join(str(fact) for fact in facts if fact is not None)
    return shown


def _collections(graph: Graph) -> dict[str, list[str]]:
    return {
        str(graph.value(collection, SKOS.prefLabel)): sorted(
            " ".join(
                str(part)
                for part in (graph.value(m, SKOS.notation), graph.value(m, SKOS.prefLabel))
                if part is not None
            )
            for m in graph.objects(collection, SKOS.member)
        )
        for collection in sorted(graph.subjects(RDF.type, SKOS.Collection), key=str)
    }


def _counts(ontology: Ontology) -> dict[str, int]:
    kinds = Counter(concept.kind for concept in ontology.concepts.values())
    known = ontology.countermeasures
    return {
        **{f"concepts of kind {kind}": kinds[kind] for kind in KINDS},
        "concepts": len(ontology.concepts),
        "labels": len(ontology.labels),
        "alignments": sum(map(len, _matches(ontology).values())),
        "known countermeasures (statements)": len(set(known.subjects(RDF.type, CH.Statement))),
        "passages of guidance that bear them": len(set(known.subjects(RDF.type, CH.Evidence))),
        "competency questions": len(ontology.questions),
    }


def _vocabularies(graph: Graph) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for match, predicate in _MATCHES.items():
        for _, term in graph.subject_objects(predicate):
            for scheme in graph.objects(term, SKOS.inScheme):
                title = str(graph.value(scheme, SKOS.prefLabel))
                found.setdefault(title, dict.fromkeys(_MATCHES, 0))[match] += 1
    return dict(sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def _known(ontology: Ontology) -> list[tuple[str, str, str, str]]:
    known = ontology.countermeasures
    rows = []
    for statement in known.subjects(RDF.type, CH.Statement):
        subject, relation, object_ = (
            known.value(statement, part) for part in (RDF.subject, RDF.predicate, RDF.object)
        )
        guidance = sorted(
            f"{known.value(e, DCTERMS.title)} {known.value(e, CH.section) or ''}".strip()
            for e in known.objects(statement, CH.evidence)
        )
        names = [ontology.concepts[str(end)].label for end in (subject, object_)]
        rows.append((names[0], str(relation).removeprefix(str(CH)), names[1], "; ".join(guidance)))
    return sorted(rows)


if __name__ == "__main__":
    write_reference(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
