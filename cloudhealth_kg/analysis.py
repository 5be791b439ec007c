"""What the graph shows: what is central, what clusters, what has a remedy and what has none."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx

from cloudhealth_kg.model import Stance

_EXACT_BETWEENNESS = 500
"""Concepts up to which each is a source of shortest paths; beyond, a sample of `_SOURCES` is."""

_SOURCES = 200
_SEED = 0


@dataclass(frozen=True, slots=True)
class ConceptMeasures:
    """A concept's place in the graph; the measures lie between 0 and 1 but for the counts."""

    iri: str
    label: str
    kind: str
    articles: int
    """How many articles name it."""
    degree: int
    """How many statements link it, denied ones left out."""
    pagerank: float
    """Along the statements, each weighted by the articles that support it."""
    betweenness: float
    """Share of the shortest paths between other concepts that lead over it, either way."""
    community: int | None
    """Number of its community; None where no statement links it."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A concept that mitigates a challenge, and how well that is supported."""

    iri: str
    label: str
    kind: str
    articles: int
    """How many articles support it; 0 where only guidance states it."""
    stance: Stance
    confidence: float
    guidance: tuple[str, ...]
    """Curated sources that state it independently of the articles."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge with what mitigates it according to the articles, and to guidance alone."""

    iri: str
    label: str
    articles: int
    remedies: tuple[Remedy, ...]
    known: tuple[Remedy, ...]
    """Countermeasures that curated guidance states and no article supports."""


@dataclass(frozen=True, slots=True)
class Community:
    """Concepts linked more closely with each other than with the rest, most important first."""

    number: int
    label: str
    """Its most important concepts, as a name."""
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All measures of a graph, in an order that the same graph always gives."""

    articles: int
    statements: int
    passages: int
    components: tuple[int, ...]
    """Sizes of the connected parts, largest first; unlinked concepts are not counted."""
    concepts: tuple[ConceptMeasures, ...]
    """Most important first: by articles and statements."""
    communities: tuple[Community, ...]
    """Largest first."""
    challenges: tuple[Challenge, ...]
    """Those that most articles name first."""

    @property
    def gaps(self) -> tuple[Challenge, ...]:
        """Challenges that no article gives a remedy for; first those guidance knows one for."""
        gaps = (challenge for challenge in self.challenges if not challenge.remedies)
        return tuple(sorted(gaps, key=lambda challenge: not challenge.known))

    @property
    def unlinked(self) -> int:
        """How many concepts no statement links."""
        return sum(concept.degree == 0 for concept in self.concepts)


def analyse(graph: "nx.MultiDiGraph[str]") -> Analysis:
    """Measure a graph of `network.to_networkx`.

    What is only denied supports nothing and is left out; so are concepts and countermeasures that
    guidance alone names, but for `Challenge.known`. Betweenness is sampled beyond
    five hundred linked concepts, with a fixed seed.
    """
    support = support_graph(graph)
    linked = _undirected(support)
    degree = _degrees(graph)
    order = sorted(
        support,
        key=lambda iri: (-graph.nodes[iri]["articles"] - degree[iri], _name(graph, iri), iri),
    )
    rank = {iri: place for place, iri in enumerate(order)}
    communities = _communities(graph, linked, rank)
    member_of = {iri: group.number for group in communities for iri in group.members}
    pagerank = nx.pagerank(support, weight="weight") if support.number_of_edges() else {}
    betweenness = nx.betweenness_centrality(
        nx.convert_node_labels_to_integers(linked, label_attribute="iri"),
        k=_SOURCES if len(linked) > _EXACT_BETWEENNESS else None,
        seed=_SEED,
    )
    between = {iri: betweenness[place] for place, iri in enumerate(linked)}
    return Analysis(
        articles=len(graph.graph["articles"]),
        statements=sum(_supported(data) for _, _, data in graph.edges(data=True)),
        passages=sum(
            len(data["evidence"]) for _, _, data in graph.edges(data=True) if _supported(data)
        ),
        components=tuple(sorted(map(len, nx.connected_components(linked)), reverse=True)),
        concepts=tuple(
            ConceptMeasures(
                iri=iri,
                label=_name(graph, iri),
                kind=graph.nodes[iri]["kind"],
                articles=graph.nodes[iri]["articles"],
                degree=degree[iri],
                pagerank=round(pagerank.get(iri, 0.0), 6),
                betweenness=round(between.get(iri, 0.0), 6),
                community=member_of.get(iri),
            )
            for iri in order
        ),
        communities=communities,
        challenges=_challenges(graph),
    )


def support_graph(graph: "nx.MultiDiGraph[str]") -> "nx.DiGraph[str]":
    """The concepts that articles name, an edge for each pair that one links without denying it.

    Edge `weight` is the number of articles, summed over the relations of the pair.
    """
    support: nx.DiGraph[str] = nx.DiGraph()
    support.add_nodes_from(iri for iri, count in graph.nodes(data="articles") if count)
    for subject, object_, data in graph.edges(data=True):
        if _supported(data) and subject != object_:
            weight = support.get_edge_data(subject, object_, {"weight": 0})["weight"]
            support.add_edge(subject, object_, weight=weight + data["articles"])
    return support


def _supported(edge: Mapping[str, Any]) -> bool:
    return bool(edge["articles"]) and edge["stance"] != "negated"


def _undirected(support: "nx.DiGraph[str]") -> "nx.Graph[str]":
    linked: nx.Graph[str] = nx.Graph()
    for subject, object_, weight in support.edges(data="weight"):
        other = linked.get_edge_data(subject, object_, {"weight": 0})["weight"]
        linked.add_edge(subject, object_, weight=weight + other)
    return linked


def _name(graph: "nx.MultiDiGraph[str]", iri: str) -> str:
    return str(graph.nodes[iri]["label"])


def _degrees(graph: "nx.MultiDiGraph[str]") -> dict[str, int]:
    degree = dict.fromkeys(graph, 0)
    for subject, object_, data in graph.edges(data=True):
        if _supported(data):
            degree[subject] += 1
            degree[object_] += 1
    return degree


def _communities(
    graph: "nx.MultiDiGraph[str]", linked: "nx.Graph[str]", rank: Mapping[str, int]
) -> tuple[Community, ...]:
    iris = list(linked)
    numbered = nx.convert_node_labels_to_integers(linked)  # sets of strings have no fixed order
    groups = nx.community.louvain_communities(numbered, weight="weight", seed=_SEED)
    members = [sorted((iris[number] for number in group), key=rank.__getitem__) for group in groups]
    members.sort(key=lambda group: (-len(group), rank[group[0]]))
    return tuple(
        Community(number, ", ".join(_name(graph, iri) for iri in group[:3]), tuple(group))
        for number, group in enumerate(members)
    )


def _challenges(graph: "nx.MultiDiGraph[str]") -> tuple[Challenge, ...]:
    remedies: dict[str, list[Remedy]] = defaultdict(list)
    known: dict[str, list[Remedy]] = defaultdict(list)
    for subject, object_, data in graph.edges(data=True):
        if data["relation"] != "mitigates":
            continue
        if not _supported(data) and not data["guidance"]:
            continue
        (remedies if _supported(data) else known)[object_].append(
            Remedy(
                iri=subject,
                label=_name(graph, subject),
                kind=graph.nodes[subject]["kind"],
                articles=data["articles"],
                stance=data["stance"],
                confidence=data["confidence"],
                guidance=tuple(f"{g['title']} {g['section']}".strip() for g in data["guidance"]),
            )
        )
    found = [
        Challenge(iri, node["label"], node["articles"], _ranked(remedies[iri]), _ranked(known[iri]))
        for iri, node in graph.nodes(data=True)
        if node["kind"] == "challenge" and node["articles"]
    ]
    return tuple(sorted(found, key=lambda c: (-c.articles, c.label, c.iri)))


def _ranked(remedies: list[Remedy]) -> tuple[Remedy, ...]:
    """By articles, then those that guidance knows too, then the surest."""
    return tuple(
        sorted(remedies, key=lambda r: (-r.articles, not r.guidance, -r.confidence, r.label, r.iri))
    )
