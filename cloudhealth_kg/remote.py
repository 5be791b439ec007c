"""A store at a server that speaks SPARQL 1.1 Protocol, Update and Graph Store HTTP Protocol.

What articles say travels as N-Triples through the Graph Store Protocol and never becomes part of
a SPARQL text. The environment says who asks, and where:

    CLOUDHEALTH_KG_USER, CLOUDHEALTH_KG_PASSWORD   Basic or Digest, whichever the server demands
    CLOUDHEALTH_KG_TOKEN                           a bearer token instead
    CLOUDHEALTH_KG_TIMEOUT                         seconds to wait for an answer (default 120)
    CLOUDHEALTH_KG_QUERY_URL, CLOUDHEALTH_KG_UPDATE_URL, CLOUDHEALTH_KG_GRAPHS_URL
                                                   the three addresses, where they are not found
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph as ox
import requests
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import XSD
from rdflib.query import Result
from rdflib.store import Store
from rdflib.term import Identifier, Node, Variable
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from cloudhealth_kg.errors import QueryError, StoreError
from cloudhealth_kg.vocabulary import BASE

_TRIES = 4
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
"""Answers that another try may better; 500 is what some servers say of a deadlock."""

_PAGE = 5000
"""Rows asked for at once; some servers give no more than 10,000."""

_RESULTS = "application/sparql-results+json"
_TRIPLES = "application/n-triples"

_FORM = re.compile(
    r"(?:\s+|#[^\n]*\n|PREFIX\s+[^\s:]*:\s*<[^>]*>|BASE\s*<[^>]*>)*(\w+)", re.IGNORECASE
)
"""Finds what form a query has, after its prologue."""

_VIRTUOSO_YES = Variable("__ASK_RETVAL")
"""The one column of a table that Virtuoso gives for a yes or no."""

_Triple = tuple[Node, Node, Node]
_OxTriple = tuple[Any, Any, Any]
_Pattern = tuple[Node | None, Node | None, Node | None]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The three addresses of a SPARQL 1.1 server."""

    query: str
    update: str
    graphs: str


_LAYOUTS = (
    Endpoints("/query", "/update", "/store"),  # Oxigraph
    Endpoints("/query", "/update", "/data"),  # Fuseki
    Endpoints("/sparql-auth", "/sparql-auth", "/sparql-graph-crud-auth"),  # Virtuoso
)


class _NoAnswerError(StoreError):
    """Nobody answered, which another try may better."""


class RemoteStore(Store):
    """An rdflib store at a server.

    Every request that can be repeated without harm is, after a growing pause, when the network
    or the server falters. An article's graph is put by one request, and its seal by another, so
    that a half-written graph lacks its seal and the next build writes it again.

    Raises:
        StoreError: no SPARQL 1.1 server answers there, or it refuses the credentials.
    """

    context_aware = True
    graph_aware = True

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        super().__init__()
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise StoreError(
                f"{parts.hostname}: leave user and password out of the address; set "
                "CLOUDHEALTH_KG_USER and CLOUDHEALTH_KG_PASSWORD in the environment"
            )
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StoreError(f"{url}: not an http or https address")
        self.url = url.rstrip("/")
        self.read_only = read_only
        self._prefixes: dict[str, URIRef] = {}
        self._session = requests.Session()
        self._timeout = _timeout()
        if token := os.environ.get("CLOUDHEALTH_KG_TOKEN"):
            self._session.headers["Authorization"] = f"Bearer {token}"
        self.endpoints = self._find_endpoints()

    # Graphs

    def replace_graph(self, name: str, triples: Iterable[str], *, seal: str = "") -> None:
        """See `store.GraphStore`."""
        self._put("PUT", name, "\n".join(triples))
        if seal:
            self._put("POST", name, seal)

    def drop_graph(self, name: str) -> None:
        """See `store.GraphStore`."""
        self._writable()
        params = {"graph": name}
        self._send("DELETE", self.endpoints.graphs, params=params, missing_ok=True)

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """See `store.GraphStore`; graphs that are not ours are left alone."""
        names: list[str] = [graph] if graph is not None else []
        if graph is None:
            named = (str(context.identifier) for context in self.contexts())
            names = sorted(name for name in named if name.startswith(BASE))
        for name in names:
            yield from self._graph(name)

    def _graph(self, name: str) -> Iterator[ox.Quad]:
        answer = self._send(
            "GET",
            self.endpoints.graphs,
            params={"graph": name},
            headers={"Accept": _TRIPLES},
            missing_ok=True,
        )
        triples = set() if answer.status_code == 404 else set(_parse_triples(answer))
        count = self.__len__(Graph(identifier=URIRef(name)))
        if len(triples) < count:  # some servers cut long answers in silence
            triples = set(self._graph_in_pages(name))
        if len(triples) < count:
            raise StoreError(
                f"{name}: the server gives {len(triples)} of its {count} triples; let it give "
                "more (in Virtuoso: ResultSetMaxRows)"
            )
        for subject, predicate, object_ in triples:
            yield ox.Quad(subject, predicate, _spelt_out(object_), ox.NamedNode(name))

    def _graph_in_pages(self, name: str) -> Iterator[_OxTriple]:
        last = ""
        while True:
            query = f"""SELECT ?s ?p ?o WHERE {{ GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }}
                FILTER(STR(?s) > {ox.Literal(last)}) }} ORDER BY STR(?s) LIMIT {_PAGE}"""
            data = {"query": query}
            answer = self._send(
                "POST", self.endpoints.query, data=data, headers={"Accept": _RESULTS}
            )
            rows = [tuple(row) for row in _parse_rows(answer)]
            full = len(rows) == _PAGE  # then the last subject may go on
            end = rows[-1][0] if full else None
            yield from (row for row in rows if row[0] != end)
            if not full:
                return
            following = [row[0].value for row in rows if row[0] != end]
            if not following:
                return
            last = following[-1]

    def publish(self) -> None:
        """See `store.GraphStore`; a server shows each graph as soon as it is written."""

    def describe(self) -> dict[str, str]:
        """See `store.GraphStore`."""
        return {"store": self.url}

    def _put(self, method: str, name: str, triples: str) -> None:
        self._writable()
        self._send(
            method,
            self.endpoints.graphs,
            params={"graph": name},
            data=(triples + "\n").encode("utf-8"),
            headers={"Content-Type": _TRIPLES},
        )

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
        accept = f"{_TRIPLES}, text/turtle;q=0.5" if graph_wanted else _RESULTS
        answer = self._send("POST", self.endpoints.query, data=data, headers={"Accept": accept})
        return _result(answer)

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
        self._send("POST", self.endpoints.update, data=data, tries=1)

    def add(self, triple: _Triple, context: Graph, quoted: bool = False) -> None:  # noqa: ARG002
        """See `rdflib.store.Store`."""
        self.addN([(*triple, context)])

    def addN(self, quads: Iterable[Any]) -> None:  # noqa: N802
        """See `rdflib.store.Store`."""
        by_graph: dict[str, list[str]] = {}
        for s, p, o, context in quads:
            line = Graph().add((s, p, o)).serialize(format="nt").strip()
            by_graph.setdefault(str(context.identifier), []).append(line)
        for name, lines in by_graph.items():
            self._put("POST", name, "\n".join(lines))

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
                triple = (_term(quad.subject), _term(quad.predicate), _term(quad.object))
                graph = Graph(store=self, identifier=_term(quad.graph_name))
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
        bound = dict(zip(("s", "p", "o"), triple, strict=True)) if triple else {}
        last = ""
        while True:  # in pages, since some servers cut long results
            query = f"""SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }}
                FILTER(STR(?g) > {Literal(last).n3()}) }} ORDER BY STR(?g) LIMIT {_PAGE}"""
            rows = list(self.query(query, {}, bound, str(DATASET_DEFAULT_GRAPH_ID)))
            for row in rows:
                last = str(row[0])  # type: ignore[index]
                yield Graph(store=self, identifier=URIRef(last))
            if len(rows) < _PAGE:
                return

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
        self._session.close()

    def _prologue(self, query: str, initNs: Mapping[str, Any]) -> str:  # noqa: N803
        prefixes = {**self._prefixes, **initNs}
        used = (p for p in sorted(prefixes) if re.search(rf"\b{re.escape(p)}:", query))
        return "".join(f"PREFIX {p}: {URIRef(str(prefixes[p])).n3()}\n" for p in used)

    # HTTP

    def _find_endpoints(self) -> Endpoints:
        given = [
            os.environ.get(f"CLOUDHEALTH_KG_{n}_URL", "") for n in ("QUERY", "UPDATE", "GRAPHS")
        ]
        if all(given):
            return Endpoints(*given)
        for layout in _LAYOUTS:
            found = Endpoints(*(self.url + path for path in astuple(layout)))
            if self._answers(found.query, {"query": "ASK {}"}) and self._answers(
                found.graphs + "?default", {}
            ):
                return found
        raise StoreError(
            f"{self.url}: no SPARQL 1.1 server with a graph store answers here; name its "
            "addresses in CLOUDHEALTH_KG_QUERY_URL, CLOUDHEALTH_KG_UPDATE_URL and "
            "CLOUDHEALTH_KG_GRAPHS_URL"
        )

    def _answers(self, address: str, params: dict[str, str]) -> bool:
        """Whether anything stands at an address, whatever it says."""
        answer = self._authorised(
            lambda: self._session.get(
                address,
                params=params,
                headers={"Accept": f"{_RESULTS}, {_TRIPLES}"},
                timeout=self._timeout,
                allow_redirects=False,
            )
        )
        return answer.status_code not in (404, 405) and not answer.is_redirect

    def _send(
        self,
        method: str,
        address: str,
        *,
        params: dict[str, str] | None = None,
        data: bytes | dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
        tries: int = _TRIES,
    ) -> requests.Response:
        """Send a request, again after a pause where that may help.

        Raises:
            QueryError: the server says that the request is malformed.
            StoreError: it refuses, fails or does not answer.
        """
        for attempt in range(1, tries + 1):
            try:
                answer = self._authorised(
                    lambda: self._session.request(
                        method,
                        address,
                        params=params,
                        data=data,
                        headers=headers,
                        timeout=self._timeout,
                        allow_redirects=False,
                    )
                )
            except _NoAnswerError:
                if attempt == tries:
                    raise
            else:
                if answer.status_code not in _TRY_AGAIN or attempt == tries:
                    break
            time.sleep(0.25 * 4 ** (attempt - 1))
        if (answer.ok and not answer.is_redirect) or (missing_ok and answer.status_code == 404):
            return answer
        said = " ".join(answer.text.split())[:300]
        if answer.is_redirect:
            said = f"redirects to {answer.headers.get('Location', 'elsewhere')}; use that address"
        message = f"{address}: {method} answered {answer.status_code} {answer.reason}: {said}"
        raise QueryError(message) if answer.status_code == 400 else StoreError(message)

    def _authorised(self, send: Callable[[], requests.Response]) -> requests.Response:
        """The answer to a request; where the server demands credentials, to one that has them.

        Raises:
            StoreError: nobody answers in time, or the credentials are missing or refused.
        """
        try:
            answer = send()
            if answer.status_code == 401 and self._session.auth is None:
                self._session.auth = _credentials(answer.headers.get("WWW-Authenticate", ""))
                if self._session.auth is not None:
                    answer = send()
        except requests.RequestException as error:
            raise _NoAnswerError(
                f"{self.url}: no answer ({error}); see that the server runs and the network "
                "reaches it, then run the same again"
            ) from error
        if answer.status_code in (401, 403):
            raise StoreError(
                f"{answer.url.partition('?')[0]}: the server refuses access "
                f"({answer.status_code}); set CLOUDHEALTH_KG_USER and CLOUDHEALTH_KG_PASSWORD, "
                "or CLOUDHEALTH_KG_TOKEN, to an account that may read and write"
            )
        return answer

    def _writable(self) -> None:
        if self.read_only:
            raise StoreError(f"{self.url}: this store was opened for reading only")


def _timeout() -> tuple[float, float]:
    text = os.environ.get("CLOUDHEALTH_KG_TIMEOUT", "120")
    try:
        seconds = float(text)
        if seconds <= 0:
            raise ValueError
    except ValueError:
        raise StoreError(f"CLOUDHEALTH_KG_TIMEOUT: {text!r} is no number of seconds") from None
    return min(10.0, seconds), seconds


def _credentials(challenge: str) -> AuthBase | None:
    user = os.environ.get("CLOUDHEALTH_KG_USER", "")
    password = os.environ.get("CLOUDHEALTH_KG_PASSWORD", "")
    if not user:
        return None
    if challenge.lower().startswith("digest"):
        return HTTPDigestAuth(user, password)
    return HTTPBasicAuth(user.encode(), password.encode())


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


def _result(answer: requests.Response) -> Result:
    if ox.QueryResultsFormat.from_media_type(_media_type(answer)) is None:
        result = Result("CONSTRUCT")
        result.graph = Graph()
        for found in _parse_triples(answer):
            s, p, o = map(_term, found)
            result.graph.add((s, p, o))
        return result
    try:
        parsed = _parse_rows(answer)
        if isinstance(parsed, ox.QueryBoolean):
            return _yes_or_no(bool(parsed))
        variables = [Variable(v.value) for v in parsed.variables]
        rows: list[Mapping[Variable, Identifier]] = [
            {
                name: _term(value)
                for name, value in zip(variables, row, strict=True)
                if value is not None
            }
            for row in parsed
        ]
    except SyntaxError as error:
        raise StoreError(f"{answer.url}: the answer is malformed: {error}") from error
    if variables == [_VIRTUOSO_YES]:
        return _yes_or_no(str(rows[0][_VIRTUOSO_YES]) == "1")
    limit = answer.headers.get("X-SPARQL-MaxRows", "")
    if limit.isdigit() and len(rows) >= int(limit):
        raise StoreError(
            f"{answer.url}: the server cut the answer after {limit} rows; let it give more "
            "(in Virtuoso: ResultSetMaxRows) or ask for less"
        )
    result = Result("SELECT")
    result.vars = variables
    result.bindings = rows
    return result


def _yes_or_no(answer: bool) -> Result:
    result = Result("ASK")
    result.askAnswer = answer
    return result


def _parse_rows(answer: requests.Response) -> Any:
    """Solutions, or an `ox.QueryBoolean`."""
    format_ = ox.QueryResultsFormat.from_media_type(_media_type(answer))
    if format_ is None:
        raise StoreError(f"{answer.url}: answers in {_media_type(answer)}, not in rows")
    return ox.parse_query_results(answer.content, format=format_)


def _parse_triples(answer: requests.Response) -> list[_OxTriple]:
    format_ = ox.RdfFormat.from_media_type(_media_type(answer))
    if format_ is None:
        said = _media_type(answer) or "no format"
        raise StoreError(f"{answer.url}: answers in {said}, which is not RDF")
    try:
        found = ox.parse(answer.content, format=format_)
        return [(quad.subject, quad.predicate, quad.object) for quad in found]
    except SyntaxError as error:
        raise StoreError(f"{answer.url}: the answer is malformed: {error}") from error


def _media_type(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


def _spelt_out(term: Any) -> Any:
    """The term with a truth value as a word, which Virtuoso gives as a digit."""
    if isinstance(term, ox.Literal) and term.datatype.value == str(XSD.boolean):
        word = {"1": "true", "0": "false"}.get(term.value, term.value)
        return ox.Literal(word, datatype=term.datatype)
    return term


def _term(term: Any) -> Identifier:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = URIRef(term.datatype.value)
    return Literal(term.value, datatype=None if datatype == XSD.string else datatype)
