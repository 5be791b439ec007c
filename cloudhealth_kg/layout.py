"""Where the concepts of a map stand: linked ones close, communities together, no label on another.

A fixed start and no chance: the same graph gives the same places.
"""

from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

_ROUNDS = 300
_PASSES = 160
_GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
_WIDTH_TO_HEIGHT = 1.7
"""Shape of the map: a screen is wider than high."""

_GAP = 10.0
_DENSITY = 0.5
"""Share of a part's frame that its boxes are to fill, before they are pushed apart."""

_CLEARANCE = 40.0
"""Between parts that nothing links."""


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
    group = {iri: number for number, members in enumerate(communities) for iri in members}
    placed: dict[str, tuple[float, float]] = {}
    parts = sorted(nx.connected_components(graph), key=len, reverse=True)
    at, size = np.zeros((0, 2)), np.zeros((0, 2))
    for part in parts:
        order = [iri for iri in graph if iri in part]
        own = np.array([boxes[iri] for iri in order], dtype=float)
        local = _place_part(graph, order, own, [group.get(iri, -1) for iri in order])
        local = local + _free_spot(local, own, at, size, clearance=_CLEARANCE)
        at, size = np.vstack([at, local]), np.vstack([size, own])
        placed.update((iri, (x, y)) for iri, (x, y) in zip(order, local.tolist(), strict=True))
    return {iri: (round(placed[iri][0], 1), round(placed[iri][1], 1)) for iri in graph}


def _place_part(
    graph: "nx.Graph[str]", order: list[str], size: Floats, groups: list[int]
) -> Floats:
    """A connected part around the origin."""
    number = {iri: index for index, iri in enumerate(order)}
    links = [(number[a], number[b], w) for a, b, w in graph.edges(order, data="weight")]
    edges = np.array([link[:2] for link in links], dtype=int).reshape(-1, 2)
    weight = np.array([link[2] for link in links], dtype=float)
    group = np.array(groups)
    length = float(np.sqrt(size.prod(axis=1).mean())) * 1.15
    at = _attract_and_repel(_start(group, length), edges, weight, group, length)
    at = _lengthwise(at) * (_WIDTH_TO_HEIGHT**0.5, _WIDTH_TO_HEIGHT**-0.5)
    room = size.prod(axis=1).sum() / _DENSITY
    at *= min(1.0, float(np.sqrt(room / max(np.ptp(at, axis=0).prod(), 1.0))))
    at = _part(at, size + _GAP)
    return np.asarray(at - (at.max(axis=0) + at.min(axis=0)) / 2)


def settle(
    at: Mapping[str, tuple[float, float]],
    graph: "nx.Graph[str]",
    boxes: Mapping[str, tuple[float, float]],
    newcomers: Sequence[str],
) -> dict[str, tuple[float, float]]:
    """Places for newcomers: the free spot nearest to their neighbours, moving nobody.

    Args:
        at: the places that `place` gave.
        graph: links newcomers to others, placed or new.
        boxes: width and height that each node takes with its label.
        newcomers: in the order in which they choose.
    """
    settled = dict(at)
    for iri in newcomers:
        near = np.array([settled[other] for other in graph[iri] if other in settled])
        start = near.mean(axis=0) if len(near) else np.zeros(2)
        others = np.array(list(settled.values())).reshape(-1, 2)
        size = np.array([boxes[other] for other in settled]).reshape(-1, 2)
        own = np.array([boxes[iri]])
        spot = start + _free_spot(start[None, :], own, others, size, clearance=_GAP)
        settled[iri] = (round(float(spot[0]), 1), round(float(spot[1]), 1))
    return {iri: settled[iri] for iri in newcomers}


def encircle(
    at: Mapping[str, tuple[float, float]],
    graph: "nx.Graph[str]",
    boxes: Mapping[str, tuple[float, float]],
    newcomers: Sequence[str],
) -> dict[str, tuple[float, float]]:
    """Places for many newcomers: rings around all that is placed, each on its neighbours' side.

    Takes what `settle` takes; the first newcomers come on the inner rings.
    """
    known = dict(at)
    width, height = (max(boxes[iri][axis] for iri in newcomers) + _GAP for axis in (0, 1))
    inner = np.array(list(at.values())).reshape(-1, 2)
    reach = np.abs(inner).max(axis=0, initial=1.0)
    rim = float(np.linalg.norm(inner / reach, axis=1).max(initial=0.0))
    apart = np.array([width, height]) * 1.6  # boxes on a slant need more than their own measure
    radius = reach * rim + apart
    waiting = list(newcomers)
    while waiting:
        spots = _ring(radius, width)
        ring, waiting = waiting[: len(spots)], waiting[len(spots) :]
        angle = {iri: _side(known, graph, iri) for iri in ring}
        ring.sort(key=lambda iri: (angle[iri], iri))
        step = len(spots) / len(ring)
        for index, iri in enumerate(ring):
            x, y = spots[int(index * step)]
            known[iri] = (round(float(x), 1), round(float(y), 1))
        radius = radius + apart
    return {iri: known[iri] for iri in newcomers}


def _ring(radius: Floats, spacing: float) -> Floats:
    """Points around an ellipse, `spacing` apart along it, from the angle -pi upwards."""
    angle = np.linspace(-np.pi, np.pi, 2_000)
    rim = np.column_stack([np.cos(angle), np.sin(angle)]) * radius
    way = np.concatenate([[0.0], np.linalg.norm(np.diff(rim, axis=0), axis=1).cumsum()])
    stops = np.arange(max(1, int(way[-1] / spacing))) * spacing
    return np.column_stack([np.interp(stops, way, rim[:, axis]) for axis in (0, 1)])


def _side(at: Mapping[str, tuple[float, float]], graph: "nx.Graph[str]", iri: str) -> float:
    near = np.array([at[other] for other in graph[iri] if other in at])
    x, y = near.mean(axis=0) if len(near) else (0.0, 1.0)
    return float(np.arctan2(y, x))


def _lengthwise(at: Floats) -> Floats:
    """Turned so that the longest way across lies flat."""
    _, axes = np.linalg.eigh(np.cov(at, rowvar=False) if len(at) > 1 else np.eye(2))
    axes = axes[:, ::-1] * np.sign(axes[:, ::-1].sum(axis=0) + 1e-12)
    return np.asarray(at @ axes, dtype=float)


def _free_spot(local: Floats, own: Floats, at: Floats, size: Floats, *, clearance: float) -> Floats:
    """The shift nearest to the middle, on a spiral, that keeps a part clear of what is placed."""
    if not len(at):
        return np.zeros(2)
    low, high = (local - own / 2).min(axis=0), (local + own / 2).max(axis=0)
    middle, reach = (low + high) / 2, (high - low) / 2 + clearance + size / 2
    for shift in _spiral(100_000, 30.0) * (_WIDTH_TO_HEIGHT**0.5, _WIDTH_TO_HEIGHT**-0.5):
        if not (np.abs(at - middle - shift) < reach).all(axis=1).any():
            return np.asarray(shift, dtype=float)
    return np.array([at[:, 0].max() - low[0] + clearance, 0.0])


def _spiral(count: int, step: float) -> Floats:
    index = np.arange(count) + 0.5
    angle = index * _GOLDEN_ANGLE
    way = np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(np.sqrt(index)[:, None] * step * way)


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
            force[member] -= (at[member] - at[member].mean(axis=0)) * 1.1
        force -= at * 0.12
        reach = np.maximum(np.linalg.norm(force, axis=1), 1e-9)
        heat = length * 1.5 * (1 - step / _ROUNDS) ** 1.5 + length * 0.01
        at = at + force * (np.minimum(reach, heat) / reach)[:, None]
    return at


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
