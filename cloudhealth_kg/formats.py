"""The knowledge graph as files, out and in.

N-Quads, TriG and JSON-LD hold everything and can be read back. Turtle, N-Triples and RDF/XML hold
the union of the graphs: who said what is still told by the evidence, but the file cannot be read
back. Equal stores give equal bytes in every format.
"""

import re
from collections.abc import Iterable
from typing import IO

import pyoxigraph as ox
from rdflib import Dataset

from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.store import graph_store
from cloudhealth_kg.vocabulary import BASE, CH, PREFIXES

FORMATS = {
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
"""Names of the formats that `export` writes."""

_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")

_SEALS = (ox.NamedNode(CH.contentDigest), ox.NamedNode(CH.ontologyVersion))


def export(dataset: Dataset, format_: str, stream: IO[bytes]) -> None:
    """Write the whole graph to a binary stream in one of `FORMATS`, sorted.

    Raises:
        StoreError: an unknown format, or one that cannot hold what the store holds.
    """
    if format_ not in FORMATS:
        raise StoreError(f"{format_}: not one of the formats {', '.join(FORMATS)}")
    found = graph_store(dataset).quads()
    if format_ == "nquads":
        stream.writelines(f"{line} .\n".encode() for line in sorted(map(str, found)))
        return
    quads: Iterable[ox.Quad] = sorted(found, key=str)
    if format_ == "rdfxml":
        quads = map(_checked_for_xml, quads)
    if not FORMATS[format_].supports_datasets:
        triples = {ox.Triple(q.subject, q.predicate, q.object): None for q in quads}
        ox.serialize(sorted(triples, key=str), stream, FORMATS[format_], prefixes=PREFIXES)
    else:
        by_graph = sorted(quads, key=lambda quad: str(quad.graph_name))
        ox.serialize(by_graph, stream, FORMATS[format_], prefixes=PREFIXES)


def load_export(dataset: Dataset, format_: str, stream: IO[bytes]) -> tuple[str, ...]:
    """Let the store hold the graphs of an export, each in place of its namesake.

    Returns the names of the graphs. Graphs that the export lacks stay as they are.

    Raises:
        StoreError: the format cannot be read back, the file is malformed, or it holds what no
            export of ours holds; then nothing has been written.
    """
    readable = [name for name, known in FORMATS.items() if known.supports_datasets]
    if format_ not in readable:
        raise StoreError(f"{format_}: cannot be read back; import one of {', '.join(readable)}")
    graphs: dict[str, list[ox.Quad]] = {}
    try:
        for quad in ox.parse(stream, format=FORMATS[format_]):
            graphs.setdefault(_graph_name(quad), []).append(quad)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise StoreError(f"malformed {format_}: {error}; export it again") from error
    for name in sorted(graphs):
        lines = sorted({f"{q.subject} {q.predicate} {q.object} ." for q in graphs[name]})
        named = ox.NamedNode(name)
        seals = (q for q in graphs[name] if q.predicate in _SEALS and q.subject == named)
        seal = next((f"{q.subject} {q.predicate} {q.object} ." for q in seals), "")
        rest = (line for line in lines if line != seal)
        graph_store(dataset).replace_graph(name, rest, seal=seal)
    return tuple(sorted(graphs))


def _graph_name(quad: ox.Quad) -> str:
    name = quad.graph_name
    if not isinstance(name, ox.NamedNode) or not name.value.startswith(BASE):
        raise StoreError(f"{name}: not a graph of ours; import an export of cloudhealth-kg")
    if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
        raise StoreError(f"{name}: holds blank nodes; import an export of cloudhealth-kg")
    return name.value


def _checked_for_xml(quad: ox.Quad) -> ox.Quad:
    found = _NOT_XML.search(quad.object.value) if isinstance(quad.object, ox.Literal) else None
    if found:
        raise StoreError(
            f"{quad.subject}: holds the character U+{ord(found[0]):04X}, which XML cannot; "
            "export as turtle"
        )
    return quad
