"""Where the knowledge graph is kept: a folder, memory or a SPARQL server, as an `rdflib.Dataset`.

Each graph is replaced in one transaction. A folder has one writer at a time and any number of
readers, who see the state that the last writer left when it was done (see `store_folder`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable

import pyoxigraph as ox
from oxrdflib.store import OxigraphStore
from rdflib import Dataset
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from cloudhealth_kg import store_folder
from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.vocabulary import PREFIXES

_FAILURES = (OSError, RuntimeError)
"""What Oxigraph raises where the disk or the database fails."""


@runtime_checkable
class GraphStore(Protocol):
    """What the program needs of a store beyond rdflib's own: whole graphs, in and out."""

    def replace_graph(self, name: str, triples: Iterable[str], *, seal: str = "") -> None:
        """Let the graph hold these N-Triples lines and no others, wholly or not at all.

        `seal` is one more line. A store without transactions writes it last, so that a graph
        that lacks it is known to be unfinished.
        """

    def drop_graph(self, name: str) -> None:
        """Forget a graph; one that does not exist is no error."""

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """Everything, or one graph, in no particular order."""

    def publish(self) -> None:
        """Let readers see what has been written so far."""

    def describe(self) -> dict[str, str]:
        """Where it is, and its format, age and makers as far as known."""


class LocalStore(OxigraphStore):
    """An Oxigraph store in memory (`folder=None`) or in a folder.

    Raises:
        StoreError: the folder is something else, of another format, locked, or has no snapshot.
    """

    def __init__(self, folder: Path | None = None, *, read_only: bool = False) -> None:
        self.folder = folder
        self.read_only = read_only
        self._lock: IO[str] | None = None
        self._changed = False
        if folder is None:
            super().__init__(store=ox.Store())
            return
        try:
            opened = self._open_snapshot(folder) if read_only else self._open(folder)
            super().__init__(store=opened)
        except _FAILURES as error:
            self._unlock()
            raise StoreError(
                f"{folder}: the store cannot be opened: {error}; see to permissions and space, or "
                "where it is damaged restore a backup or build anew into another folder"
            ) from error

    def _open(self, folder: Path) -> ox.Store:
        store_folder.prepare(folder)
        self._changed = not store_folder.is_published(folder)  # new, or left by a killed writer
        self._lock = store_folder.lock_for_writing(folder)
        return ox.Store(folder / "data")

    def _open_snapshot(self, folder: Path) -> ox.Store:
        store_folder.check_format(folder)
        if not store_folder.is_published(folder):
            _publish_leftovers(folder)
        snapshot, self._lock = store_folder.lock_snapshot(folder)
        return ox.Store.read_only(str(snapshot))

    @property
    def _inner(self) -> ox.Store:
        if self._store is None:
            raise StoreError(f"{self.folder or 'memory'}: this store has been closed")
        return self._store

    def replace_graph(self, name: str, triples: Iterable[str], *, seal: str = "") -> None:
        """See `GraphStore`."""
        graph = ox.NamedNode(name)
        lines = "\n".join((*triples, seal))
        update = f"DROP SILENT GRAPH {graph} ; INSERT DATA {{ GRAPH {graph} {{\n{lines}\n}} }}"
        self._write(lambda: self._inner.update(update))

    def drop_graph(self, name: str) -> None:
        """See `GraphStore`."""
        self._write(lambda: self._inner.remove_graph(ox.NamedNode(name)))
        if self.folder is not None:
            store_folder.forget_parse(self.folder, name)

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """See `GraphStore`."""
        name = None if graph is None else ox.NamedNode(graph)
        return self._inner.quads_for_pattern(None, None, None, name)

    def add_quads(self, quads: Iterable[ox.Quad]) -> None:
        """Take in many quads at once."""
        self._write(lambda: self._inner.bulk_extend(quads))

    def publish(self) -> None:
        """See `GraphStore`."""
        if self.folder is None or self.read_only:
            return
        try:
            self._inner.flush()
            store_folder.add_snapshot(self.folder, lambda path: self._inner.backup(str(path)))
        except _FAILURES as error:
            raise StoreError(
                f"{self.folder}: readers cannot be given the new state ({error}); what was built "
                "is safe: see to space and permissions and run the same again"
            ) from error
        self._changed = False

    def describe(self) -> dict[str, str]:
        """See `GraphStore`."""
        if self.folder is None:
            return {"store": "memory"}
        return {"store": str(self.folder), **store_folder.read_about(self.folder)}

    def close(self, commit_pending_transaction: bool = False) -> None:  # noqa: ARG002
        """Publish what was written, and let go of the store. Closing twice is no error."""
        if self._store is None:
            return
        try:
            if self.folder is not None and not self.read_only:
                if self._changed:
                    self.publish()
                store_folder.mark_published(self.folder)
        finally:
            self._store = None
            self._unlock()

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        """See `rdflib.store.Store`."""
        self._write(lambda: super(LocalStore, self).add(triple, context, quoted))

    def addN(self, quads: Any) -> None:  # noqa: N802
        """See `rdflib.store.Store`."""
        listed = list(quads)
        self._write(lambda: super(LocalStore, self).addN(listed))

    def remove(self, triple: Any, context: Any = None) -> None:
        """See `rdflib.store.Store`."""
        self._write(lambda: super(LocalStore, self).remove(triple, context))

    def update(self, update: Any, initNs: Any, initBindings: Any, *_: Any, **__: Any) -> None:  # noqa: N803
        """See `rdflib.store.Store`. What it changes stands in graphs that it names."""
        graph = DATASET_DEFAULT_GRAPH_ID
        self._write(lambda: super(LocalStore, self).update(update, initNs, initBindings, graph))

    def add_graph(self, graph: Any) -> None:
        """See `rdflib.store.Store`; here a graph is there as soon as it holds a triple."""

    def remove_graph(self, graph: Any) -> None:
        """See `rdflib.store.Store`."""
        self._write(lambda: super(LocalStore, self).remove_graph(graph))

    def _write(self, change: Callable[[], None]) -> None:
        if self.read_only:
            raise StoreError(f"{self.folder}: this store was opened for reading only")
        self._changed = True
        try:
            change()
        except NotImplementedError:
            raise
        except _FAILURES as error:
            raise StoreError(
                f"{self.folder or 'memory'}: the store cannot be written ({error}); nothing is "
                "half-written: see to space and permissions and run the same again"
            ) from error

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _publish_leftovers(folder: Path) -> None:
    """Publish what a killed writer left behind, unless a living one is at work."""
    try:
        LocalStore(folder).close()
    except StoreError:
        if not store_folder.has_snapshot(folder):
            raise


def open_dataset(store: str | Path | None = None, *, read_only: bool = False) -> Dataset:
    """The knowledge graph in a folder, at a server (an http(s) URL), or in memory (None).

    The default graph is the union of all named graphs. A folder that does not exist is made,
    unless `read_only`. Close the dataset (`contextlib.closing` helps) to let others write: one
    process at a time has a folder open for writing. Any number read it meanwhile.

    Raises:
        StoreError: it cannot be opened; the message says why and what to do.
    """
    backing: Any
    if isinstance(store, str) and "://" in store:
        from cloudhealth_kg.remote import RemoteStore  # noqa: PLC0415 (needs 100 ms)

        backing = RemoteStore(store, read_only=read_only)
    else:
        backing = LocalStore(None if store is None else Path(store), read_only=read_only)
    dataset = Dataset(store=backing, default_union=True)
    for prefix, namespace in PREFIXES.items():
        dataset.bind(prefix, namespace)
    return dataset


def local_dataset(dataset: Dataset, graphs: Iterable[str | None] = (None,)) -> Dataset:
    """The dataset itself, or where it is at a server a copy of it (or of some graphs) in memory.

    What is asked in SPARQL that not every server takes, or gives more rows than every server
    would, is asked here.
    """
    if isinstance(dataset.store, LocalStore):
        return dataset
    store = LocalStore()
    for graph in graphs:
        store.add_quads(graph_store(dataset).quads(graph))
    return Dataset(store=store, default_union=True)


def local_folder(store: str | Path | Dataset) -> Path | None:
    """The folder that a store is kept in; None for one in memory or at a server."""
    if isinstance(store, Dataset):
        return store.store.folder if isinstance(store.store, LocalStore) else None
    return None if "://" in str(store) else Path(store)


def graph_store(dataset: Dataset) -> GraphStore:
    """The store behind a dataset.

    Raises:
        StoreError: the dataset was not opened by `open_dataset`.
    """
    if isinstance(dataset.store, GraphStore):
        return dataset.store
    raise StoreError("this dataset cannot replace whole graphs; open it with open_dataset")


def backup(store: str | Path, target: str | Path) -> None:
    """Copy a store, in use or not, to a new folder that is itself a store.

    While somebody writes, the copy is the state that readers see.

    Raises:
        StoreError: the target exists, or the store cannot be read.
    """
    if "://" in str(store):
        raise StoreError(f"{store}: a server is backed up by its own means, or export as N-Quads")
    LocalStore(Path(store), read_only=True).close()
    store_folder.copy_snapshot(Path(store), Path(target))


def restore(source: str | Path, store: str | Path) -> None:
    """Let a store be as a backup of it says; what it held is gone.

    Raises:
        StoreError: the backup is no store, or somebody writes to the store, or it is at a server.
    """
    if "://" in str(store):
        raise StoreError(
            f"{store}: a server is restored by its own means, or by `import` of an export"
        )
    with store_folder.replaced(Path(store)) as new:
        backup(source, new)


def unlock(store: str | Path) -> list[str]:
    """Forget the writers that died at a server, where another may otherwise not write; say which.

    Raises:
        StoreError: the store is a folder, or the server does not answer.
    """
    if "://" not in str(store):
        raise StoreError(
            f"{store}: the lock of a folder ends with its writer; there is none to undo"
        )
    from cloudhealth_kg import server_lock  # noqa: PLC0415 (needs 100 ms)
    from cloudhealth_kg.sparql_server import SparqlServer  # noqa: PLC0415

    with closing(SparqlServer(str(store))) as server:
        return [str(writer) for writer in server_lock.unlock(server)]
