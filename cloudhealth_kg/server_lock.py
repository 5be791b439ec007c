"""One writer at a time at a SPARQL server.

A server has no lock that its clients could hold. So a writer names itself in a graph of its own,
then looks whether it is alone, and withdraws if not. Of two that come at the same moment both may
withdraw; never do both go on. The name of the graph says who writes, where and since when.
"""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from uuid import uuid4

from rdflib.namespace import RDF

from cloudhealth_kg.errors import QueryError, StoreError
from cloudhealth_kg.sparql_server import SparqlServer
from cloudhealth_kg.vocabulary import WRITER, WRITERS


@dataclass(frozen=True, slots=True)
class Writer:
    """A process that writes to a server."""

    host: str
    process: int
    since: str
    """UTC, ISO 8601."""
    graph: str
    """IRI of the graph that stands for it."""

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}, since {self.since}"

    @property
    def is_dead(self) -> bool:
        """Whether it surely lives no more, which only its own machine can tell."""
        if self.host != socket.gethostname() or sys.platform == "win32":
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # it lives, and is somebody else's
            pass
        return False


def acquire(server: SparqlServer) -> Writer:
    """Become the only writer at a server.

    Raises:
        StoreError: there is another; the message names it and the way out.
    """
    me = _new_writer()
    server.put_graph(me.graph, f"<{me.graph}> <{RDF.type}> <{WRITER}> .")
    for other in writers(server):
        if other.graph == me.graph:
            continue
        if other.is_dead:
            server.drop_graph(other.graph)
            continue
        release(server, me)
        raise StoreError(
            f"{server.url}: somebody is writing to this store ({other}); wait until it is done "
            "(reading goes on meanwhile), or where that writer has died run: "
            f"cloudhealth-kg unlock --store {server.url}"
        )
    return me


def release(server: SparqlServer, writer: Writer) -> None:
    """Let others write. A server that does not answer keeps the name of a dead writer."""
    with suppress(StoreError, QueryError):
        server.drop_graph(writer.graph, tries=1)


def unlock(server: SparqlServer) -> list[Writer]:
    """Forget all writers at a server, and say which."""
    found = writers(server)
    for writer in found:
        server.drop_graph(writer.graph)
    return found


def writers(server: SparqlServer) -> list[Writer]:
    """Who writes to a server, or died while writing."""
    rows = server.select(f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?g a <{WRITER}> }} }}")
    return [_read_name(name) for name in sorted(row[0].value for row in rows)]


def _new_writer() -> Writer:
    host, process = socket.gethostname(), os.getpid()
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = "/".join((quote(host, safe=""), str(process), since, uuid4().hex))
    return Writer(host, process, since, WRITERS + name)


def _read_name(graph: str) -> Writer:
    host, process, since, _ = graph.removeprefix(WRITERS).split("/")
    return Writer(unquote(host), int(process), since, graph)
