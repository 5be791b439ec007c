"""The sentences behind a concept's statements, ready to be quoted."""

import networkx as nx

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


def find_passages(
    graph: "nx.MultiDiGraph[str]", concept: str, other: str | None = None
) -> list[tuple[str, ...]]:
    """A row (see `COLUMNS`) for each passage that bears a statement of `concept`, an IRI.

    With `other`, only of statements between the two. By statement, the strongest first; empty
    where the graph does not hold the concept.
    """
    if concept not in graph:
        return []
    rows: list[tuple[str, ...]] = []
    edges = [
        *graph.out_edges(concept, keys=True, data=True),
        *graph.in_edges(concept, keys=True, data=True),
    ]
    for subject, object_, relation, data in edges:
        if other and other not in (subject, object_):
            continue
        rows.extend(
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
            for evidence in data["evidence"]
        )
    return sorted(rows, key=lambda row: (row[1], row[0], row[2], -float(row[4]), row))
