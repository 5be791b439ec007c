"""A store at a server that speaks SPARQL 1.1 Protocol, Update and Graph Store HTTP Protocol.

What articles say travels as N-Triples through the Graph Store Protocol and never becomes part of
a SPARQL text. An article's graph is put by one request, and its seal by another, so that a graph
that was broken off lacks its seal and the next build writes it again.
"""

import re
import weakref
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result
from rdflib.store import Store
from rdflib.term import Node

from cloudhealth_kg import server_lock
from cloudhealth_kg.errors import QueryError, StoreError
from cloudhealth_kg.sparql_answers import (
    ROWS,
    TRIPLES,
    OxTriple,
    spelt_out,
    to_result,
    to_term,
    to_triples,
)
from cloudhealth_kg.sparql_server import SparqlServer
from cloudhealth_kg.vocabulary import BASE

_PAGE = 5000
"""Rows asked for at once; some servers give no more than 10,000."""

_AT_ONCE, _AHEAD = 4, 64
"""Graphs that are asked for at the same time, and that are held before they are used."""

_FORM = re.compile(
    r"(?:\s+|#[^\n]*\n|PREFIX\s+[^\s:]*:\s*<[^>]*>|BASE\s*<[^>]*>)*(\w+)", re.IGNORECASE
)
"""Finds what form a query has, after its prologue."""

_Triple = tuple[Node, Node, Node]
_Pattern = tuple[Node | None, Node | None, Node | None]


class RemoteStore(Store):
    """An rdflib store at a server.

    Unless it is `read_only` it is the only writer at the server until it is closed or the program
    ends.

    Raises:
        StoreError: no SPARQL 1.1 server answers there, it refuses the credentials, or somebody
            else is writing to it.
    """

    context_aware = True
    graph_aware = True

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        super().__init__()
        self.read_only = read_only
        self.server = SparqlServer(url)
        self.url = self.server.url
        self._prefixes: dict[str, URIRef] = {}
        if not read_only:
            me = server_lock.acquire(self.server)
            self._release = weakref.finalize(self, server_lock.release, self.server, me)

    # Graphs

    def replace_graph(self, name: str, triples: Iterable[str], *, seal: str = "") -> None:
        """See `store.GraphStore`."""
        self._writable()
        self.server.put_graph(name, "\n".join(triples))
        if seal:
            self.server.put_graph(name, seal, add=True)

    def drop_graph(self, name: str) -> None:
        """See `store.GraphStore`."""
        self._writable()
        self.server.drop_graph(name)

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """See `store.GraphStore`; graphs that are not ours are left alone."""
        if graph is not None:
            yield from self._graph(graph)
            return
        ours = [(name, n) for name, n in self._graph_sizes().items() if name.startswith(BASE)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # most of the time goes by in waiting
            for at in range(0, len(ours), _AHEAD):
                for quads in pool.map(lambda graph: self._graph(*graph), ours[at : at + _AHEAD]):
                    yield from quads

    def _graph(self, name: str, size: int | None = None) -> list[ox.Quad]:
        """A graph, which held `size` triples when they were last counted."""
        answer = self.server.send(
            "GET",
            self.server.endpoints.graphs,
            params={"graph": name},
            headers={"Accept": TRIPLES},
            missing_ok=True,
        )
        triples = set() if answer.status_code == 404 else set(to_triples(answer))
        if len(triples) != size:  # somebody has written to it, or the server cut it in silence
            count = self.__len__(Graph(identifier=URIRef(name)))
            if len(triples) < count:
                triples = self._graph_in_pages(name, count)
            if len(triples) < count:
                raise StoreError(
                    f"{name}: the server gives {len(triples)} of its {count} triples; let it give "
                    "more (in Virtuoso: ResultSetMaxRows)"
                )
        graph = ox.NamedNode(name)
        return [ox.Quad(s, p, spelt_out(o), graph) for s, p, o in triples]

    def _graph_sizes(self) -> dict[str, int]:
        """The number of triples in each graph, by name in order."""
        sizes: dict[str, int] = {}
        while True:  # in pages, and some servers give shorter ones
            last = ox.Literal(next(reversed(sizes), ""))
            query = f"""SELECT ?g (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s ?p ?o }}
                FILTER(STR(?g) > {last}) }} GROUP BY ?g ORDER BY STR(?g) LIMIT {_PAGE}"""
            rows = self.server.select(query)
            if not rows:
                return sizes
            sizes |= {name.value: int(count.value) for name, count in rows}

    def _graph_in_pages(self, name: str, count: int) -> set[OxTriple]:
        """A graph of `count` triples, asked for subject after subject; less where that fails."""
        found: set[OxTriple] = set()
        last = ""
        while True:
            query = f"""SELECT ?s ?p ?o WHERE {{ GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }}
                FILTER(STR(?s) > {ox.Literal(last)}) }} ORDER BY STR(?s) LIMIT {_PAGE}"""
            rows = self.server.select(query)
            if len(found) + len(rows) >= count:
                return found.union(rows)
            # The page, or what the server gives at most, is full; its last subject may go on
            whole = [row for row in rows if row[0] != rows[-1][0]]
            if not whole:
                return found
            found.update(whole)
            last = whole[-1][0].value

    def publish(self) -> None:
        """See `store.GraphStore`; a server shows each graph as soon as it is written."""

    def describe(self) -> dict[str, str]:
        """See `store.GraphStore`."""
        return {"store": self.url}

    # rdflib's interface

    def query(  # type: ignore[override]
        self,
        query: str,
        initNs: Mapping[str, Any],  # noqa: N803
        initBindings: Mapping[str, Node],  # noqa: N803
        queryGraph: str,  # noqa: N803
        **_: object,
    ) -> Result:
        """See `rdflib.store.Store`."""
        data = {"query": self._prologue(query, initNs) + _bind(query, initBindings)}
        if queryGraph == "__UNION__":
            data["union-default-graph"] = "true"  # for Oxigraph; to others it is the default
        elif str(queryGraph) != str(DATASET_DEFAULT_GRAPH_ID):
            data["default-graph-uri"] = str(queryGraph)
        form = _FORM.match(query)
        graph_wanted = form is not None and form[1].upper() in ("CONSTRUCT", "DESCRIBE")
        accept = f"{TRIPLES}, text/turtle;q=0.5" if graph_wanted else ROWS
        answer = self.server.send(
            "POST", self.server.endpoints.query, data=data, headers={"Accept": accept}
        )
        return to_result(answer)

    def update(  # type: ignore[override]
        self,
        query: str,
        initNs: Mapping[str, Any],  # noqa: N803
        initBindings: Mapping[str, Node],  # noqa: N803
        *_: object,
        **__: object,
    ) -> None:
        """See `rdflib.store.Store`. Sent once: an update may not bear repetition."""
        self._writable()
        if initBindings:
            raise QueryError("an update at a server cannot have bindings; write the terms out")
        data = {"update": self._prologue(query, initNs) + query}
        self.server.send("POST", self.server.endpoints.update, data=data, tries=1)

    def add(self, triple: _Triple, context: Graph, quoted: bool = False) -> None:  # noqa: ARG002
        """See `rdflib.store.Store`."""
        self.addN([(*triple, context)])

    def addN(self, quads: Iterable[Any]) -> None:  # noqa: N802
        """See `rdflib.store.Store`."""
        self._writable()
        by_graph: dict[str, list[str]] = {}
        for s, p, o, context in quads:
            line = Graph().add((s, p, o)).serialize(format="nt").strip()
            by_graph.setdefault(str(context.identifier), []).append(line)
        for name, lines in by_graph.items():
            self.server.put_graph(name, "\n".join(lines), add=True)

    def remove(self, triple: _Pattern, context: Graph | None = None) -> None:
        """See `rdflib.store.Store`; only whole graphs can be removed so, else use an update."""
        if triple != (None, None, None) or context is None:
            raise StoreError(f"{self.url}: remove single triples by a SPARQL update")
        self.drop_graph(str(context.identifier))

    def triples(
        self, triple_pattern: _Pattern, context: Graph | None = None
    ) -> Iterator[tuple[_Triple, Iterator[Graph | None]]]:
        """See `rdflib.store.Store`."""
        if triple_pattern == (None, None, None):
            for quad in self.quads(None if context is None else str(context.identifier)):
                triple = (to_term(quad.subject), to_term(quad.predicate), to_term(quad.object))
                graph = Graph(store=self, identifier=to_term(quad.graph_name))
                yield triple, iter((graph,))
            return
        names = ("s", "p", "o")
        bound = {n: t for n, t in zip(names, triple_pattern, strict=True) if t is not None}
        name = "?g" if context is None else URIRef(str(context.identifier)).n3()
        query = f"SELECT ?s ?p ?o ?g WHERE {{ GRAPH {name} {{ ?s ?p ?o }} }}"
        for row in self.query(query, {}, bound, str(DATASET_DEFAULT_GRAPH_ID)):
            s, p, o, g = row  # type: ignore[misc]
            s, p, o = (bound.get(n, t) for n, t in zip(names, (s, p, o), strict=True))
            found = context if context is not None else Graph(store=self, identifier=g)
            yield (s, p, o), iter((found,))

    def contexts(self, triple: _Triple | None = None) -> Iterator[Graph]:  # type: ignore[override]
        """See `rdflib.store.Store`."""
        bound = dict(zip("spo", triple, strict=True)) if triple else {}
        names = [] if triple else self._graph_names("", bound)
        if not names:  # some servers, such as Virtuoso, name no graph unless asked for triples
            names = self._graph_names("?s ?p ?o", bound)
        for name in names:
            yield Graph(store=self, identifier=URIRef(name))

    def _graph_names(self, pattern: str, bound: Mapping[str, Node]) -> list[str]:
        names: list[str] = []
        while True:  # in pages, since some servers cut long results
            last = Literal(names[-1] if names else "").n3()
            query = f"""SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ {pattern} }}
                FILTER(STR(?g) > {last}) }} ORDER BY STR(?g) LIMIT {_PAGE}"""
            rows = list(self.query(query, {}, bound, str(DATASET_DEFAULT_GRAPH_ID)))
            names.extend(str(row[0]) for row in rows)  # type: ignore[index]
            if len(rows) < _PAGE:
                return names

    def __len__(self, context: Graph | None = None) -> int:
        graph = "?g" if context is None else URIRef(str(context.identifier)).n3()
        query = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}"
        (row,) = self.query(query, {}, {}, str(DATASET_DEFAULT_GRAPH_ID))
        return int(row[0])  # type: ignore[index, arg-type]

    def add_graph(self, graph: Graph) -> None:
        """See `rdflib.store.Store`; a server has a graph as soon as it holds a triple."""

    def remove_graph(self, graph: Graph) -> None:
        """See `rdflib.store.Store`."""
        self.drop_graph(str(graph.identifier))

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """See `rdflib.store.Store`."""
        if override or prefix not in self._prefixes:
            self._prefixes[prefix] = namespace

    def prefix(self, namespace: URIRef) -> str | None:
        """See `rdflib.store.Store`."""
        return next((p for p, n in self._prefixes.items() if n == namespace), None)

    def namespace(self, prefix: str) -> URIRef | None:
        """See `rdflib.store.Store`."""
        return self._prefixes.get(prefix)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """See `rdflib.store.Store`."""
        yield from self._prefixes.items()

    def close(self, commit_pending_transaction: bool = False) -> None:  # noqa: ARG002
        """See `rdflib.store.Store`."""
        if not self.read_only:
            self._release()
        self.server.close()

    def _prologue(self, query: str, initNs: Mapping[str, Any]) -> str:  # noqa: N803
        prefixes = {**self._prefixes, **initNs}
        used = (p for p in sorted(prefixes) if re.search(rf"\b{re.escape(p)}:", query))
        return "".join(f"PREFIX {p}: {URIRef(str(prefixes[p])).n3()}\n" for p in used)

    def _writable(self) -> None:
        if self.read_only:
            raise StoreError(f"{self.url}: this store was opened for reading only")


def _bind(query: str, bindings: Mapping[str, Node]) -> str:
    """The query with the terms given as the only values of these variables."""
    if not bindings:
        return query
    opening = re.search(r"\bWHERE\s*\{", query, re.IGNORECASE) or re.search(r"\{", query)
    if opening is None:
        raise QueryError(f"no place for the values of {', '.join(bindings)} in: {query}")
    variables = " ".join(f"?{name}" for name in bindings)
    terms = " ".join(term.n3() for term in bindings.values())
    values = f" VALUES ({variables}) {{ ({terms}) }} "
    return query[: opening.end()] + values + query[opening.end() :]
