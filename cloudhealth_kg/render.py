"""One self-contained HTML page of the graph, drawn by vis-network through pyvis.

The page asks nothing of any network. All that comes from articles reaches it as data: JSON in a
script block that holds no "<", set as text by the page's own script, beneath a content security
policy that admits the page's two scripts by their digest.
"""

import base64
import hashlib
import json
import math
import textwrap
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import urlsplit

import networkx as nx
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pyvis.network import Network

from cloudhealth_kg.analysis import Analysis, analyse
from cloudhealth_kg.layout import encircle, place, settle
from cloudhealth_kg.model import KINDS, RELATIONS, STANCES
from cloudhealth_kg.vocabulary import CONCEPT

SHAPES: dict[str, str] = {
    "challenge": "diamond",
    "advancement": "star",
    "regulation": "square",
    "technology": "hexagon",
    "measure": "dot",
}
"""vis-network's name for the shape of each kind."""

_SCRIPTS = ("data", "sight", "map", "around", "arrange", "panel", "lists", "page")

_LINE = 18
"""Characters of a label's line on the map."""


def render_html(
    graph: "nx.MultiDiGraph[str]",
    *,
    title: str = "Cloud computing in healthcare",
    drawn: int = 300,
    analysis: Analysis | None = None,
) -> str:
    """An interactive page: map, lists of concepts and gaps, and the quoted evidence.

    Args:
        graph: as `network.to_networkx` gives it. Statements that are only denied, and known
            countermeasures, are shown apart where the graph holds them.
        title: heading of the page.
        drawn: how many concepts the map draws at first, most important first; the page says so
            and can draw the others too.
        analysis: the measures of the graph, where they have been computed already.

    Returns:
        The page, to be written as UTF-8. The same graph gives the same text.
    """
    found = analysis if analysis is not None else analyse(graph)
    order = [concept.iri for concept in found.concepts]
    order += sorted(set(graph) - set(order))
    number = {iri: place_ for place_, iri in enumerate(order)}
    data = {
        "drawn": drawn,
        "articles": [_article(about) for _, about in sorted(graph.graph["articles"].items())],
        "communities": [group.label for group in found.communities],
        "concepts": _concepts(graph, found, order),
        "statements": _statements(graph, number),
        "map": _map(graph, found, order, number, drawn),
    }
    environment = Environment(
        loader=PackageLoader("cloudhealth_kg"), autoescape=True, undefined=StrictUndefined
    )
    own = files("cloudhealth_kg") / "templates"
    scripts = [_drawing_library(), _own_script(own)]
    # Only our own files and escaped JSON go in unescaped.
    return environment.get_template("page.html.jinja").render(
        title=_unicode(title),
        kinds=KINDS,
        relations=RELATIONS,
        policy=_policy(scripts),
        style=Markup((own / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        data=Markup(_script_json(data)),  # noqa: S704
        library=Markup(scripts[0]),  # noqa: S704
        script=Markup(scripts[1]),  # noqa: S704
    )


def _own_script(folder: Traversable) -> str:
    """The page's script: its files one after the other, in a scope of their own."""
    parts = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


def _drawing_library() -> str:
    path = files("pyvis") / "templates" / "lib" / "vis-9.1.2" / "vis-network.min.js"
    text = path.read_text(encoding="utf-8")
    if "</script" in text.lower() or "<!--" in text:
        raise AssertionError("pyvis's copy of vis-network cannot stand in a script block")
    return text


def _policy(scripts: list[str]) -> str:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _script_json(data: Any) -> str:
    """JSON in which nothing can end or open a block of the page."""
    text = _unicode(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _unicode(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _address(source: str) -> str:
    """The address where it is one a browser may be sent to, else nothing."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return ""
    return source if parts.scheme in ("http", "https") and parts.netloc else ""


def _article(about: Mapping[str, str]) -> dict[str, str]:
    return {
        "title": about["title"] or about["path"] or "Untitled article",
        "date": about["date"],
        "publisher": about["publisher"],
        "source": _address(about["source"]),
    }


def _concepts(
    graph: "nx.MultiDiGraph[str]", found: Analysis, order: list[str]
) -> list[dict[str, Any]]:
    measures = {concept.iri: concept for concept in found.concepts}
    article = {iri: place_ for place_, iri in enumerate(sorted(graph.graph["articles"]))}
    concepts = []
    for iri in order:
        node, measure = graph.nodes[iri], measures.get(iri)
        concepts.append(
            {
                "id": iri.removeprefix(CONCEPT),
                "iri": iri,
                "label": node["label"],
                "kind": node["kind"],
                "definition": node["definition"],
                "alt": node["alternatives"],
                "known": node["known"],
                "articles": [article[name] for name in node["named_in"]],
                "community": measure.community if measure else None,
                "pagerank": measure.pagerank if measure else 0,
                "bridge": measure.betweenness if measure else 0,
            }
        )
    return concepts


def _statements(graph: "nx.MultiDiGraph[str]", number: Mapping[str, int]) -> list[dict[str, Any]]:
    article = {iri: place_ for place_, iri in enumerate(sorted(graph.graph["articles"]))}
    return [
        {
            "from": number[subject],
            "relation": edge["relation"],
            "to": number[object_],
            "guidance": [
                {**passage, "source": _address(passage["source"])} for passage in edge["guidance"]
            ],
            "evidence": [
                {
                    "article": article[passage["article"]],
                    "quote": passage["quote"],
                    "section": passage["section"],
                    "stance": STANCES.index(passage["stance"]),
                    "confidence": passage["confidence"],
                }
                for passage in edge["evidence"]
            ],
        }
        for subject, object_, edge in graph.edges(data=True)
    ]


def _map(
    graph: "nx.MultiDiGraph[str]",
    found: Analysis,
    order: list[str],
    number: Mapping[str, int],
    drawn: int,
) -> dict[str, Any]:
    """Nodes and edges as pyvis writes them for vis-network, by concept and statement number."""
    size = {iri: 7 + 4.2 * math.sqrt(graph.nodes[iri]["articles"]) for iri in order}
    letter = {iri: round(11 + 17 / (1 + rank / 18), 1) for rank, iri in enumerate(order)}
    boxes = {iri: _box(graph.nodes[iri]["label"], size[iri], letter[iri]) for iri in order}
    said = _links(graph, order, guidance=False)
    every = _links(graph, order, guidance=True)
    first = [iri for iri in order if said.degree(iri)][:drawn]
    later = [iri for iri in order if every.degree(iri) and iri not in set(first)]
    said.remove_nodes_from(set(order) - set(first))
    at = place(said, boxes, [group.members for group in found.communities])
    beside = settle if len(order) <= drawn else encircle
    at |= beside(at, every, boxes, later) if later else {}
    at |= _rows([iri for iri in order if iri not in at], boxes, at)
    network = Network(directed=True)
    for iri in order:
        x, y = at[iri]
        y -= _label_height(graph.nodes[iri]["label"], letter[iri]) / 2
        network.add_node(
            number[iri],
            label=_wrapped(graph.nodes[iri]["label"]),
            shape=SHAPES[graph.nodes[iri]["kind"]],
            size=round(size[iri], 1),
            font={"size": letter[iri]},
            x=x,
            y=round(y, 1),
        )
    for place_, (subject, object_, edge) in enumerate(graph.edges(data=True)):
        network.add_edge(
            number[subject],
            number[object_],
            id=place_,
            width=round(1 + 0.9 * math.log2(1 + edge["articles"]), 2),
        )
    network.toggle_physics(False)
    nodes, edges, *_ = network.get_network_data()
    return {"nodes": nodes, "edges": edges}


def _links(graph: "nx.MultiDiGraph[str]", order: list[str], *, guidance: bool) -> "nx.Graph[str]":
    """Who stands beside whom: by what articles say, and by what guidance alone says."""
    links: nx.Graph[str] = nx.Graph()
    links.add_nodes_from(order)
    for subject, object_, edge in graph.edges(data=True):
        if subject != object_ and (edge["evidence"] or guidance):
            links.add_edge(subject, object_, weight=max(1, edge["articles"]))
    return links


def _wrapped(label: str) -> str:
    lines = textwrap.wrap(_unicode(label), _LINE, break_long_words=False) or [" "]
    return "\n".join(lines[:4]) + ("…" if len(lines) > 4 else "")


def _box(label: str, size: float, letter: float) -> tuple[float, float]:
    """Width and height of a node and the label beneath it."""
    widest = max(map(len, _wrapped(label).split("\n")))
    return max(2 * size, widest * letter * 0.58), 2 * size + _label_height(label, letter)


def _label_height(label: str, letter: float) -> float:
    return (_wrapped(label).count("\n") + 1) * letter * 1.2


def _rows(
    iris: list[str],
    boxes: Mapping[str, tuple[float, float]],
    at: Mapping[str, tuple[float, float]],
) -> dict[str, tuple[float, float]]:
    """Rows beneath the map for the concepts that nothing links."""
    left = min((x for x, _ in at.values()), default=-800.0)
    right = max((x for x, _ in at.values()), default=800.0)
    top = max((y for _, y in at.values()), default=0.0) + 240
    places: dict[str, tuple[float, float]] = {}
    x, height = left, 0.0
    for iri in iris:
        width, tall = boxes[iri]
        if x + width > max(right, left + 1200):
            x, top, height = left, top + height + 30, 0.0
        places[iri] = (round(x + width / 2, 1), round(top, 1))
        x, height = x + width + 30, max(height, tall)
    return places
