"""The dataset as a graph that networkx, pandas and graph programs can work on.

A view: computed from the dataset, never written back.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import networkx as nx
from rdflib import Dataset, URIRef

from cloudhealth_kg.dataset import article_records
from cloudhealth_kg.model import KINDS, STANCES, Stance
from cloudhealth_kg.store import local_dataset
from cloudhealth_kg.vocabulary import CH, COUNTERMEASURES_GRAPH, ONTOLOGY_GRAPH, PREFIXES

if TYPE_CHECKING:
    import pandas as pd

GraphFormat = Literal["graphml", "gexf"]
FrameRows = Literal["concepts", "statements", "evidence"]

_BATCH = 50
"""Articles asked about at once: some servers cut long results in silence."""

_ARTICLES = """
SELECT ?article ?title ?date ?source ?publisher ?path
WHERE { VALUES ?article { %s } GRAPH ?article {
  ?article a schema:Article . OPTIONAL { ?article ch:path ?path }
  OPTIONAL { ?article dct:title ?title } OPTIONAL { ?article dct:issued ?date }
  OPTIONAL { ?article dct:source ?source } OPTIONAL { ?article dct:publisher ?publisher } } }
"""
_NAMED = """
SELECT ?article ?concept ?kind ?label WHERE { VALUES ?article { %s } GRAPH ?article {
  ?concept a ?kind ; skos:prefLabel ?label } }
"""
_EVIDENCE = """
SELECT ?article ?subject ?relation ?object ?quote ?start ?section ?rule ?stance ?confidence
WHERE { VALUES ?article { %s } GRAPH ?article {
  ?statement a ch:Statement ; rdf:subject ?subject ; rdf:predicate ?relation ;
    rdf:object ?object ; ch:evidence ?evidence .
  ?evidence oa:exact ?quote ; oa:start ?start ; ch:stance ?stance ; ch:confidence ?confidence .
  OPTIONAL { ?evidence ch:section ?section } OPTIONAL { ?evidence ch:rule ?rule } } }
"""
_CURATED_CONCEPTS = f"""
SELECT ?concept ?kind ?label ?alternative ?definition WHERE {{ GRAPH <{ONTOLOGY_GRAPH}> {{
  ?concept ch:kind ?kind ; skos:prefLabel ?label .
  OPTIONAL {{ ?concept skos:altLabel ?alternative }}
  OPTIONAL {{ ?concept skos:definition ?definition }} }} }}
"""
_COUNTERMEASURES = f"""
SELECT ?subject ?relation ?object ?title ?section ?source
WHERE {{ GRAPH <{COUNTERMEASURES_GRAPH}> {{
  ?statement a ch:Statement ; rdf:subject ?subject ; rdf:predicate ?relation ;
    rdf:object ?object ; ch:evidence ?evidence . ?evidence dct:title ?title .
  OPTIONAL {{ ?evidence dct:source ?source }} OPTIONAL {{ ?evidence ch:section ?section }} }} }}
"""


def to_networkx(
    dataset: Dataset,
    *,
    articles: bool = True,
    countermeasures: bool = False,
    stances: Collection[Stance] = ("asserted", "hedged"),
) -> "nx.MultiDiGraph[str]":
    """The concepts of a dataset and the statements between them.

    Args:
        dataset: named graphs as `build` writes them.
        articles: take what the articles say.
        countermeasures: take what the curated guidance says: also that a law `requires` a measure.
        stances: keep a statement of the articles where its strongest stance is one of these; its
            evidence is kept whole, so that a dissenting passage stays in sight. Statements that
            are only denied stay out unless "negated" is named.

    Returns:
        Nodes are concept IRIs with `label`, `kind`, `articles` (how many name it), `named_in`
        (their IRIs), `definition`, `alternatives` and `known` (the ontology holds it). Edges are
        keyed by relation, with `relation`, `stance` (the strongest), `articles` (how many support
        it), `confidence` (the greatest among its strongest stance), `evidence` (a list of dicts:
        article, title, date, quote, start, section, rule, stance, confidence) and `guidance` (a
        list of dicts: title, section, source), which states it independently. `graph["articles"]`
        maps article IRIs to dicts of title, date, source, publisher and path. All in sorted order.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    finished = [record.iri for record in article_records(dataset)] if articles else []
    about = _read_articles(dataset, finished)
    graph.graph["articles"] = about
    evidence = _read_evidence(dataset, about)
    known = local_dataset(dataset, (ONTOLOGY_GRAPH, COUNTERMEASURES_GRAPH))
    guidance = _read_guidance(known) if countermeasures else {}
    edges = {triple: _edge(triple[1], passages, []) for triple, passages in evidence.items()}
    edges = {triple: edge for triple, edge in edges.items() if edge["stance"] in stances}
    for triple, sources in guidance.items():
        passages = edges[triple]["evidence"] if triple in edges else []
        edges[triple] = _edge(triple[1], passages, sources)
    named = _read_named(dataset, finished)
    curated = _read_curated(known)
    nodes = set(named) | {end for triple in edges for end in (triple[0], triple[2])}
    for iri in sorted(nodes):
        graph.add_node(iri, **_node(iri, named.get(iri, []), curated.get(iri)))
    for (subject, relation, object_), edge in sorted(edges.items()):
        graph.add_edge(subject, object_, key=relation, **edge)
    return graph


def write_graph(graph: "nx.MultiDiGraph[str]", stream: BinaryIO, format_: GraphFormat) -> None:
    """Write a graph of `to_networkx` for Gephi, yEd, Cytoscape or igraph, as UTF-8.

    Lists become JSON text; characters that XML cannot hold are left out; the same graph gives
    the same bytes.
    """
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for iri, data in graph.nodes(data=True):
        plain.add_node(iri, **_scalars(data))
    for number, (subject, object_, data) in enumerate(graph.edges(data=True)):
        plain.add_edge(subject, object_, key=f"s{number}", **_scalars(data))
    lines = nx.generate_graphml(plain) if format_ == "graphml" else nx.generate_gexf(plain)
    text = re.sub(r' lastmodifieddate="[^"]*"', "", "\n".join(lines), count=1)
    stream.write(f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode())


def to_frame(graph: "nx.MultiDiGraph[str]", rows: FrameRows = "concepts") -> "pd.DataFrame":
    """A graph of `to_networkx` as a table for pandas (an optional dependency).

    Args:
        graph: as `to_networkx` gives it.
        rows: one row for each concept, statement or passage of evidence.
    """
    import pandas as pd  # noqa: PLC0415  optional, and slow to import

    if rows == "concepts":
        records = [{"iri": iri, **data} for iri, data in graph.nodes(data=True)]
        return pd.DataFrame(records).drop(columns="named_in", errors="ignore")
    statements = [
        {
            "subject": graph.nodes[subject]["label"],
            "relation": data["relation"],
            "object": graph.nodes[object_]["label"],
            **({} if rows == "evidence" else _counts(data)),
            "evidence": data["evidence"],
        }
        for subject, object_, data in graph.edges(data=True)
    ]
    if rows == "statements":
        return pd.DataFrame(statements).drop(columns="evidence", errors="ignore")
    return pd.DataFrame(
        [{**_without(s, "evidence"), **e} for s in statements for e in s["evidence"]]
    )


def _counts(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stance": edge["stance"],
        "articles": edge["articles"],
        "passages": len(edge["evidence"]),
        "confidence": edge["confidence"],
        "guidance": len(edge["guidance"]),
    }


def _without(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != key}


def _scalars(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        if isinstance(value, int | float)
        else _xml_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in data.items()
    }


def _xml_text(text: str) -> str:
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _rows(dataset: Dataset, query: str) -> Iterator[dict[str, str]]:
    for row in dataset.query(query, initNs=PREFIXES):
        yield {str(name): str(value) for name, value in row.asdict().items()}  # type: ignore[union-attr]


def _article_rows(
    dataset: Dataset, query: str, articles: Iterable[str]
) -> Iterator[dict[str, str]]:
    waiting = iter(articles)
    while batch := list(islice(waiting, _BATCH)):
        yield from _rows(dataset, query % " ".join(URIRef(iri).n3() for iri in batch))


def _read_articles(dataset: Dataset, articles: Iterable[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in _article_rows(dataset, _ARTICLES, articles):
        about = {key: row.get(key, "") for key in ("title", "date", "source", "publisher", "path")}
        known = found.setdefault(row["article"], about)
        for key, value in about.items():
            known[key] = min(known[key], value)
    return dict(sorted(found.items()))


def _read_named(dataset: Dataset, articles: Iterable[str]) -> dict[str, list[tuple[str, str, str]]]:
    named: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in _article_rows(dataset, _NAMED, articles):
        if (kind := _kind(row["kind"])) is not None:
            named[row["concept"]].add((row["article"], kind, row["label"]))
    return {iri: sorted(found) for iri, found in named.items()}


def _read_curated(dataset: Dataset) -> dict[str, dict[str, Any]]:
    curated: dict[str, dict[str, Any]] = {}
    for row in _rows(dataset, _CURATED_CONCEPTS):
        if (kind := _kind(row["kind"])) is None:
            continue
        found = curated.setdefault(
            row["concept"],
            {"kind": kind, "label": row["label"], "definition": "", "alternatives": set()},
        )
        found["kind"] = min(found["kind"], kind, key=KINDS.index)
        found["label"] = min(found["label"], row["label"])
        found["definition"] = max(found["definition"], row.get("definition", ""))
        if "alternative" in row:
            found["alternatives"].add(row["alternative"])
    return curated


def _read_evidence(
    dataset: Dataset, about: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    evidence: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _article_rows(dataset, _EVIDENCE, about):
        article = about[row["article"]]
        passage = {
            "article": row["article"],
            "title": article["title"],
            "date": article["date"],
            "quote": row["quote"],
            "start": int(row["start"]),
            "section": row.get("section", ""),
            "rule": row.get("rule", ""),
            "stance": row["stance"].removeprefix(CH),
            "confidence": float(row["confidence"]),
        }
        evidence[_triple(row)].append(passage)
    for passages in evidence.values():
        passages.sort(key=lambda p: (p["article"], p["start"], p["quote"], p["rule"]))
    return evidence


def _read_guidance(dataset: Dataset) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    guidance: dict[tuple[str, str, str], set[tuple[str, str, str]]] = defaultdict(set)
    for row in _rows(dataset, _COUNTERMEASURES):
        passage = (row["title"], row.get("section", ""), row.get("source", ""))
        guidance[_triple(row)].add(passage)
    names = ("title", "section", "source")
    return {
        triple: [dict(zip(names, passage, strict=True)) for passage in sorted(passages)]
        for triple, passages in guidance.items()
    }


def _triple(row: Mapping[str, str]) -> tuple[str, str, str]:
    return row["subject"], row["relation"].removeprefix(CH), row["object"]


def _kind(iri: str) -> str | None:
    name = iri.removeprefix(CH).lower()
    return name if name in KINDS else None


def _node(
    iri: str, named: list[tuple[str, str, str]], curated: Mapping[str, Any] | None
) -> dict[str, Any]:
    kinds = Counter(kind for _, kind, _ in named)
    labels = Counter(label for _, _, label in named)
    own = curated or {"kind": "", "label": "", "definition": "", "alternatives": ()}
    kind = min(kinds, key=lambda k: (-kinds[k], k != own["kind"], k), default=own["kind"])
    label = own["label"] or min(labels, key=lambda t: (-labels[t], t), default="")
    articles = sorted({article for article, _, _ in named})
    return {
        "label": label or iri.rsplit("/", 1)[-1].replace("-", " "),
        "kind": kind or KINDS[0],
        "articles": len(articles),
        "named_in": articles,
        "definition": own["definition"],
        "alternatives": sorted(own["alternatives"]),
        "known": curated is not None,
    }


def _edge(
    relation: str, passages: list[dict[str, Any]], guidance: list[dict[str, str]]
) -> dict[str, Any]:
    held = {passage["stance"] for passage in passages}
    stance = next((stance for stance in STANCES if stance in held), "asserted")
    supporting = {p["article"] for p in passages if p["stance"] != "negated"}
    strongest = [p["confidence"] for p in passages if p["stance"] == stance]
    return {
        "relation": relation,
        "stance": stance,
        "articles": len(supporting),
        "confidence": max(strongest, default=1.0),
        "evidence": passages,
        "guidance": guidance,
    }
