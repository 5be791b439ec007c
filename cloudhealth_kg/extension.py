"""A user's own folder on top of the ontology: Turtle, CSV and decisions.

    mine/concepts.ttl        concepts and statements, in the words of the ontology
    mine/labels.csv          label,concept,kind,definition,broader,source
    mine/known.csv           subject,relation,object,guidance,section,source
    mine/decisions.txt       same-as, not-a-concept, keep-apart

Nothing of it changes our files. Every fault is reported by file, term and remedy, all at once.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD
from rdflib.plugins.parsers.notation3 import BadSyntax

from cloudhealth_kg.decisions import Decisions, Names, find_named, read_decisions
from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS
from cloudhealth_kg.vocabulary import (
    CH,
    CONCEPT,
    CONCEPT_SCHEME,
    GUIDANCE,
    concept_iri,
    kind_iri,
    statement_iri,
)

__all__ = ["Extension", "files_of", "read_extension"]

_RELATIONS = ("mitigates", "enables", "causes", "governs", "requires")
_LABEL_COLUMNS = ("label", "concept", "kind", "definition", "broader", "source")
_KNOWN_COLUMNS = ("subject", "relation", "object", "guidance", "section", "source")


@dataclass(frozen=True, slots=True)
class Extension:
    """What a user's folder adds."""

    graph: Graph
    countermeasures: Graph
    decisions: Decisions


def read_extension(folder: Path, names: Names, schema: Graph) -> Extension:
    """Read a folder (or one file) of the user's.

    Args:
        folder: holds `*.ttl`, `*.csv` and `decisions.txt`; other files are left alone.
        names: the labels known so far.
        schema: declares the terms that may be used.

    Raises:
        OntologyError: it holds nothing to read, or faults; the message lists each.
    """
    if not folder.exists():
        raise OntologyError(f"{folder}: there is no such folder; see its spelling")
    files = files_of(folder)
    turtles = [path for path in files if path.suffix == ".ttl"]
    tables = [path for path in files if path.suffix == ".csv"]
    texts = [path for path in files if path.name == "decisions.txt"]
    if not files:
        raise OntologyError(f"{folder}: no *.ttl, *.csv or decisions.txt to add to the ontology")
    faults: list[str] = []
    graph, known = Graph(), Graph()
    for path in turtles:
        part = _read_turtle(path, faults)
        faults.extend(_check_terms(path, part, schema))
        faults.extend(_check_labels(path, part, names))
        _divide(part, graph, known)
    rows = [(path, row) for path in tables for row in _read_table(path, faults)]
    for path, (line, row) in rows:
        if "label" in row:
            _add_label(f"{path}:{line}", row, graph, names, faults)
    names = _with_labels(names, graph)
    for path, (line, row) in rows:
        if "relation" in row:
            _add_known(f"{path}:{line}", row, known, names, faults)
    for path in turtles:
        faults.extend(_check_links(path, graph, known, schema))
    decisions = Decisions()
    for path in texts:
        try:
            decisions = decisions | read_decisions(path, names)
        except OntologyError as error:
            faults.append(str(error))
    if faults:
        raise OntologyError("\n".join(dict.fromkeys(faults)))
    return Extension(graph, known, decisions)


def files_of(folder: Path) -> list[Path]:
    """The files of a user's folder that are read, sorted; or the one file that it is."""
    files = [folder] if folder.is_file() else sorted(filter(Path.is_file, folder.iterdir()))
    return [f for f in files if f.suffix in {".ttl", ".csv"} or f.name == "decisions.txt"]


def _read_turtle(path: Path, faults: list[str]) -> Graph:
    graph = Graph()
    try:
        graph.parse(path, format="turtle")
    except BadSyntax as error:
        faults.append(f"{path}:{error.lines + 1}: not Turtle ({error.message}); mend the line")
    except (UnicodeDecodeError, ValueError) as error:
        faults.append(f"{path}: not Turtle in UTF-8 ({error}); save it so")
    return graph


def _check_terms(path: Path, graph: Graph, schema: Graph) -> Iterator[str]:
    declared = {str(term) for term in schema.subjects() if str(term).startswith(str(CH))}
    used = {str(term) for triple in graph for term in triple if str(term).startswith(str(CH))}
    for term in sorted(used - declared):
        near = get_close_matches(term, declared, n=1, cutoff=0.7)
        hint = (
            f"did you mean ch:{near[0].removeprefix(str(CH))}?" if near else "use a declared term"
        )
        yield f"{path}: ch:{term.removeprefix(str(CH))} is no term of the ontology; {hint}"
    for concept in sorted({str(s) for s in graph.subjects(CH.kind, None)}):
        kinds = {str(kind_iri(kind)) for kind in KINDS}
        iri = URIRef(concept)
        if (iri, SKOS.prefLabel, None) not in graph:
            yield f'{path}: <{concept}> has no name; write skos:prefLabel "..."@en'
        for kind in graph.objects(iri, CH.kind):
            if str(kind) not in kinds:
                yield f"{path}: <{concept}>: {kind} is no kind; use ch:Challenge, ch:Measure, ..."
            elif (iri, RDF.type, kind) not in graph:
                yield f"{path}: <{concept}> is not of its kind; write: a <{kind}>"
    for concept in sorted({str(s) for s in graph.subjects(SKOS.prefLabel, None)}):
        if concept.startswith(str(CONCEPT)) and (URIRef(concept), CH.kind, None) not in graph:
            yield f"{path}: <{concept}> has no kind; write ch:kind ch:Measure or another"


def _check_labels(path: Path, graph: Graph, names: Names) -> Iterator[str]:
    listed = {normalise_label(str(label)) for label in graph.objects(None, CH.ambiguousLabel)}
    for predicate in (SKOS.prefLabel, SKOS.altLabel):
        for iri, label in sorted(graph.subject_objects(predicate)):
            key = normalise_label(str(label))
            others = [other for other in names.get(key, ()) if other != str(iri)]
            if others and key not in listed:
                yield (
                    f"{path}: <{iri}>: {str(label)!r} already names <{others[0]}>; take another "
                    f"label, or list it: <{CONCEPT_SCHEME}> ch:ambiguousLabel"
                )


def _check_links(path: Path, graph: Graph, known: Graph, schema: Graph) -> Iterator[str]:
    for concept, broader in sorted(graph.subject_objects(SKOS.broader)):
        named = (broader, SKOS.prefLabel, None)
        if named not in graph and named not in schema:
            yield f"{path}: <{concept}>: <{broader}> is no concept; correct skos:broader"
    for relation in _RELATIONS:
        for subject, object_ in sorted(known.subject_objects(CH[relation])):
            statement = statement_iri(str(subject), str(CH[relation]), str(object_))
            if (statement, CH.evidence, None) not in known:
                yield (
                    f"{path}: <{subject}> ch:{relation} <{object_}> has no evidence; write the "
                    f"statement <{statement}> with it, or put it into a CSV file"
                )


def _divide(part: Graph, graph: Graph, known: Graph) -> None:
    """Statements and what bears them to one graph, all else to the other."""
    bearing = {s for kind in (CH.Statement, CH.Evidence) for s in part.subjects(RDF.type, kind)}
    relations = {CH[relation] for relation in _RELATIONS}
    for triple in part:
        (known if triple[0] in bearing or triple[1] in relations else graph).add(triple)


def _read_table(path: Path, faults: list[str]) -> Iterable[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            columns = tuple(reader.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(f"{path}: not CSV in UTF-8 ({error}); save it so")
        return []
    allowed = _LABEL_COLUMNS if "label" in columns else _KNOWN_COLUMNS
    needed = {"label"} if "label" in columns else {*_KNOWN_COLUMNS} - {"section"}
    wrong = [f"unknown column {column!r}" for column in columns if column not in allowed]
    wrong += [f"column {column!r} is missing" for column in sorted(needed - {*columns})]
    if wrong:
        faults.append(f"{path}:1: {', '.join(wrong)}; there are {', '.join(allowed)}")
        return []
    cleaned = []
    for line, row in rows:
        if None in row:
            faults.append(f"{path}:{line}: more cells than columns; put commas inside quotes")
        else:
            cleaned.append((line, {key: (value or "").strip() for key, value in row.items()}))
    return cleaned


def _add_label(
    where: str, row: Mapping[str, str], graph: Graph, names: Names, faults: list[str]
) -> None:
    label, concept, kind = row["label"], row.get("concept", ""), row.get("kind", "")
    key = normalise_label(label)
    if not key:
        faults.append(f"{where}: the label is empty; write one or take the line out")
        return
    if bool(concept) == bool(kind):
        faults.append(
            f"{where}: {label!r}: fill either 'concept' (it is another label of that one) or "
            "'kind' (it is a new one)"
        )
        return
    if concept:
        iri = find_named(where, concept, names, faults)
        if iri and iri not in names.get(key, ()):
            _claim(where, label, iri, names, faults)
            graph.add((URIRef(iri), SKOS.altLabel, Literal(label, lang="en")))
        return
    if kind not in KINDS:
        faults.append(f"{where}: {kind!r} is no kind; there are {', '.join(KINDS)}")
        return
    new = concept_iri(label)
    _claim(where, label, str(new), names, faults)
    graph.add((new, RDF.type, SKOS.Concept))
    graph.add((new, RDF.type, kind_iri(kind)))
    graph.add((new, CH.kind, kind_iri(kind)))
    graph.add((new, SKOS.inScheme, CONCEPT_SCHEME))
    graph.add((new, SKOS.prefLabel, Literal(label, lang="en")))
    if row.get("definition"):
        graph.add((new, SKOS.definition, Literal(row["definition"], lang="en")))
    if source := row.get("source"):
        if _is_address(source):
            graph.add((new, DCTERMS.source, URIRef(source)))
        else:
            faults.append(f"{where}: {source!r} is no address; give one (http...), or leave it out")
    if row.get("broader"):
        broader = find_named(where, row["broader"], names, faults)
        if broader:
            graph.add((new, SKOS.broader, URIRef(broader)))


def _add_known(
    where: str, row: Mapping[str, str], known: Graph, names: Names, faults: list[str]
) -> None:
    relation = row["relation"]
    if relation not in _RELATIONS:
        faults.append(f"{where}: {relation!r} is no relation; there are {', '.join(_RELATIONS)}")
        return
    subject = find_named(where, row["subject"], names, faults)
    object_ = find_named(where, row["object"], names, faults)
    if not row["guidance"] or not _is_address(row["source"]):
        faults.append(f"{where}: name the guidance, and its address (http...) in 'source'")
        return
    if not (subject and object_):
        return
    statement = statement_iri(subject, str(CH[relation]), object_)
    section = row.get("section", "")
    slug = concept_iri(row["guidance"]).removeprefix(str(CONCEPT))
    place = re.sub(r"\W+", "-", section).strip("-")
    key = statement.rsplit("/", 1)[-1]
    evidence = URIRef(f"{GUIDANCE[slug]}#section={place}&statement={key}")
    for triple in (
        (URIRef(subject), CH[relation], URIRef(object_)),
        (statement, RDF.type, CH.Statement),
        (statement, RDF.subject, URIRef(subject)),
        (statement, RDF.predicate, CH[relation]),
        (statement, RDF.object, URIRef(object_)),
        (statement, CH.evidence, evidence),
        (evidence, RDF.type, CH.Evidence),
        (evidence, CH.stance, CH.asserted),
        (evidence, CH.confidence, Literal("1", datatype=XSD.decimal)),
        (evidence, CH.rule, Literal("guidance")),
        (evidence, DCTERMS.title, Literal(row["guidance"], lang="en")),
        (evidence, DCTERMS.source, URIRef(row["source"])),
    ):
        known.add(triple)
    if section:
        known.add((evidence, CH.section, Literal(section)))


def _is_address(text: str) -> bool:
    """Whether a text can stand as an address in RDF: http or https, no space, no bracket."""
    try:
        return ox.NamedNode(text).value.startswith(("http://", "https://"))
    except ValueError:
        return False


def _claim(where: str, label: str, iri: str, names: Names, faults: list[str]) -> None:
    others = [other for other in names.get(normalise_label(label), ()) if other != iri]
    if others:
        faults.append(
            f"{where}: {label!r} already names <{others[0]}>; take another label, or decide by "
            "same-as in decisions.txt"
        )


def _with_labels(names: Names, graph: Graph) -> Names:
    merged = dict(names)
    for predicate in (SKOS.prefLabel, SKOS.altLabel):
        for iri, label in graph.subject_objects(predicate):
            key = normalise_label(str(label))
            merged[key] = tuple(sorted({*merged.get(key, ()), str(iri)}))
    return merged
