"""The sentences behind a concept's statements, ready to be quoted."""

from difflib import get_close_matches

import networkx as nx

from cloudhealth_kg.errors import QueryError
from cloudhealth_kg.labels import normalise_label

COLUMNS = (
    "subject",
    "relation",
    "object",
    "stance",
    "confidence",
    "article",
    "section",
    "quote",
)


def find_concept(graph: "nx.MultiDiGraph[str]", name: str) -> str:
    """IRI of the concept that a label, in any spelling, or an IRI names.

    Raises:
        QueryError: the graph holds none; the message names close ones.
    """
    if name in graph:
        return name
    wanted = normalise_label(name)
    by_label: dict[str, str] = {}
    for iri, data in sorted(graph.nodes(data=True)):
        for label in (data["label"], *data.get("alternatives", ())):
            by_label.setdefault(normalise_label(label), iri)
    if wanted in by_label:
        return by_label[wanted]
    near = get_close_matches(wanted, by_label, n=3, cutoff=0.6)
    near += [label for label in by_label if wanted and wanted in label and label not in near][:3]
    hint = f"; did you mean {' or '.join(map(repr, near[:4]))}?" if near else ""
    raise QueryError(f"{name}: the graph holds no concept of this name{hint}")


def find_passages(
    graph: "nx.MultiDiGraph[str]", concept: str, other: str | None = None
) -> list[tuple[str, ...]]:
    """A row (see `COLUMNS`) for each passage that bears a statement of `concept`.

    With `other`, only of statements between the two. Strongest statements first.

    Raises:
        QueryError: a concept is not in the graph.
    """
    iri = find_concept(graph, concept)
    partner = find_concept(graph, other) if other else None
    rows = []
    edges = [*graph.out_edges(iri, keys=True, data=True), *graph.in_edges(iri, keys=True, data=True)]
    for subject, object_, relation, data in edges:
        if partner and partner not in (subject, object_):
            continue
        for evidence in data["evidence"]:
            rows.append(
                (
                    graph.nodes[subject]["label"],
                    relation,
                    graph.nodes[object_]["label"],
                    evidence["stance"],
                    f"{float(evidence['confidence']):.2f}",
                    evidence["title"],
                    evidence["section"],
                    evidence["quote"],
                )
            )
    return sorted(rows, key=lambda row: (row[1], -float(row[4]), row))
