"""Where the concepts of a map stand: linked ones close, communities together, no label on another.

A fixed start and no chance: the same graph gives the same places.
"""

from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

_CORE = 400
"""Concepts placed by forces between all of them; the others are placed beside their neighbours."""

_ROUNDS = 300
_PASSES = 160
_GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
_WIDTH_TO_HEIGHT = 1.45
"""Shape of the map: a screen is wider than high."""

_GAP = 14.0


def place(
    graph: "nx.Graph[str]",
    boxes: Mapping[str, tuple[float, float]],
    communities: Sequence[Sequence[str]],
) -> dict[str, tuple[float, float]]:
    """Positions for the nodes of a graph, in pixels.

    Args:
        graph: undirected, most important nodes first, each with an edge `weight`.
        boxes: width and height that each node takes with its label.
        communities: nodes to be kept together.
    """
    order = list(graph)
    if not order:
        return {}
    number = {iri: place for place, iri in enumerate(order)}
    size = np.array([boxes[iri] for iri in order], dtype=float)
    edges = np.array([(number[a], number[b]) for a, b in graph.edges()], dtype=int).reshape(-1, 2)
    weight = np.array([w for _, _, w in graph.edges(data="weight")], dtype=float)
    group = np.full(len(order), -1)
    for place_, members in enumerate(communities):
        group[[number[iri] for iri in members if iri in number]] = place_
    core = min(len(order), _CORE)
    inside = (edges < core).all(axis=1)
    length = float(np.sqrt(size.prod(axis=1).mean())) * 1.15
    at = np.zeros((len(order), 2))
    at[:core] = _attract_and_repel(
        _start(group[:core], length), edges[inside], weight[inside], group[:core], length
    )
    _place_the_rest(at, core, edges, length)
    at = _part(at * (_WIDTH_TO_HEIGHT**0.5, _WIDTH_TO_HEIGHT**-0.5), size + _GAP)
    at -= (at.max(axis=0) + at.min(axis=0)) / 2
    return {
        iri: (round(float(x), 1), round(float(y), 1)) for iri, (x, y) in zip(order, at, strict=True)
    }


def _spiral(count: int, step: float) -> Floats:
    index = np.arange(count) + 0.5
    angle = index * _GOLDEN_ANGLE
    return np.sqrt(index)[:, None] * step * np.column_stack([np.cos(angle), np.sin(angle)])


def _start(group: NDArray[np.int_], length: float) -> Floats:
    """Each community a spiral of its own, the communities on a wider one."""
    centres = _spiral(int(group.max(initial=-1)) + 2, length * 3)
    at = np.zeros((len(group), 2))
    for number in np.unique(group):
        members = np.flatnonzero(group == number)
        at[members] = centres[number + 1] + _spiral(len(members), length * 0.5)
    return at


def _attract_and_repel(
    at: Floats, edges: NDArray[np.int_], weight: Floats, group: NDArray[np.int_], length: float
) -> Floats:
    """Forces of Fruchterman and Reingold, and a pull of each community to its middle."""
    same = (group[edges[:, 0]] == group[edges[:, 1]]) if len(edges) else np.zeros(0, dtype=bool)
    pull = np.where(same, 1.0, 0.3) * (1 + np.log1p(weight)) / 2
    members = [np.flatnonzero(group == number) for number in np.unique(group[group >= 0])]
    for step in range(_ROUNDS):
        apart = at[:, None, :] - at[None, :, :]
        squared = np.maximum((apart**2).sum(axis=2), 1.0)
        force = (apart * (length**2 / squared)[:, :, None]).sum(axis=1)
        if len(edges):
            along = at[edges[:, 0]] - at[edges[:, 1]]
            drawn = along * (np.linalg.norm(along, axis=1) / length * pull)[:, None]
            np.add.at(force, edges[:, 0], -drawn)
            np.add.at(force, edges[:, 1], drawn)
        for member in members:
            force[member] -= (at[member] - at[member].mean(axis=0)) * 0.6
        force -= at * 0.12
        reach = np.maximum(np.linalg.norm(force, axis=1), 1e-9)
        heat = length * 1.5 * (1 - step / _ROUNDS) ** 1.5 + length * 0.01
        at = at + force * (np.minimum(reach, heat) / reach)[:, None]
    return at


def _place_the_rest(at: Floats, core: int, edges: NDArray[np.int_], length: float) -> None:
    """Put each further node just outside the middle of its neighbours that have a place."""
    near: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        near.setdefault(max(a, b), []).append(min(a, b))
    rim = float(np.linalg.norm(at[:core], axis=1).max()) + length
    for node in range(core, len(at)):
        angle = node * _GOLDEN_ANGLE
        offset = np.array([np.cos(angle), np.sin(angle)])
        placed = near.get(node)
        at[node] = at[placed].mean(axis=0) + offset * length if placed else offset * rim


def _part(at: Floats, size: Floats) -> Floats:
    """Push boxes that overlap apart, along the axis that needs the shorter way."""
    at = at.copy()
    reach = float(np.linalg.norm(size, axis=1).max())
    for _ in range(_PASSES):
        pairs = cKDTree(at).query_pairs(reach, output_type="ndarray")
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        a, b = pairs[:, 0], pairs[:, 1]
        apart = at[b] - at[a]
        overlap = (size[a] + size[b]) / 2 - np.abs(apart)
        hit = (overlap > 0.5).all(axis=1)
        if not hit.any():
            break
        a, b, apart, overlap = a[hit], b[hit], apart[hit], overlap[hit]
        axis = overlap.argmin(axis=1)
        row = np.arange(len(a))
        way = np.where(apart[row, axis] < 0, -1.0, 1.0) * overlap[row, axis] * 0.4
        push = np.zeros((len(a), 2))
        push[row, axis] = way
        np.add.at(at, a, -push)
        np.add.at(at, b, push)
    return at
