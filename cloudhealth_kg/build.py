"""The stages composed: files in, a store that says what they say, and a report of what was done.

Only what is new or changed is read: an article is left alone where its file's digest, its path and
the versions of extractor and ontology are those the store remembers. Each article is written in one
transaction, in path order, whoever worked it out; so neither the number of workers nor a crash nor
the order of the files changes what the store says in the end.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rdflib import Dataset

from cloudhealth_kg.build_report import BuildReport, Outcome, Progress
from cloudhealth_kg.dataset import (
    ArticleRecord,
    article_records,
    put_ontology,
    put_quads,
    to_quads,
)
from cloudhealth_kg.errors import ArticleError, CloudHealthError, QueryError, StoreError
from cloudhealth_kg.files import find_files
from cloudhealth_kg.model import Article, Extraction
from cloudhealth_kg.ontology import Ontology, load_ontology
from cloudhealth_kg.store import graph_store, local_folder, open_dataset
from cloudhealth_kg.store_folder import keep_parses
from cloudhealth_kg.versions import extractor_version as version_of_ours
from cloudhealth_kg.vocabulary import article_iri
from cloudhealth_kg.workers import Lost, map_in_order

__all__ = ["BuildReport", "Outcome", "Progress", "build"]

Extract = Callable[[Article], Extraction]


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to read."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a worker makes of a file: an article's quads, or why there are none."""

    id: str = ""
    identity: str = ""
    lines: tuple[str, ...] = ()
    reason: str = ""
    warnings: tuple[str, ...] = ()


def build(
    paths: Iterable[str | Path],
    store: str | Path | Dataset,
    *,
    ontology: Ontology | None = None,
    model: Path | None = None,
    extractor: Callable[[], Extract] | None = None,
    extractor_version: str = "",
    workers: int = 1,
    prune: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Let the store hold what the articles in `paths` (files and folders) say.

    The articles are read with the `model` (a folder; None for ours) and the `ontology`, or by an
    `extractor` of the caller's: it loads what makes an `Extraction` of an `Article`, and
    `extractor_version` names all that its results depend on save the ontology. With several
    `workers` (0: as many as there are processors) each process calls `extractor` once: it must be
    picklable, such as a `partial` of a module's function, and a script that calls this needs
    `if __name__ == "__main__":`. `prune` forgets the articles that no file in `paths` gives any
    more. A build that was stopped goes on where it was when run again.

    Raises:
        ArticleError: a path does not exist, or there is no article in any.
        StoreError: the store cannot be opened or written; what was written by then stays.
        ModelError: the extractor cannot be loaded.
    """
    known = ontology or load_ontology()
    if extractor is None:
        extractor = partial(_load_extractor, model, known, local_folder(store))
        extractor_version = version_of_ours(model)
    elif not extractor_version:
        raise ValueError("an extractor of your own needs an extractor_version")
    listed = [Path(path) for path in paths]
    files = find_files(listed)
    if not files:
        raise ArticleError(
            f"{', '.join(map(str, listed)) or 'no path'}: no article found; give a Markdown, text "
            "or HTML file, or a folder with such files"
        )
    versions = (extractor_version, known.version)
    load = partial(_load_reader, extractor, versions)
    if isinstance(store, Dataset):
        return _Build(store, versions, progress).run(files, known, load, workers, prune)
    with closing(open_dataset(store)) as dataset:
        return _Build(dataset, versions, progress).run(files, known, load, workers, prune)


class _Build:
    """The course of one build."""

    def __init__(
        self,
        dataset: Dataset,
        versions: tuple[str, str],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._dataset = dataset
        self._store = graph_store(dataset)
        self._versions = versions
        self._progress = progress
        self._records = article_records(dataset)
        self._by_identity = {_identity(record): record for record in self._records}
        self._held = {record.iri for record in self._records}
        self._claimed: dict[str, str] = {}
        """Identity or id of an article to the file that gave it, in this build."""
        self._outcomes: list[Outcome] = []
        self._not_given = 0
        self._total = 0

    def run(
        self,
        files: Sequence[tuple[Path, str]],
        ontology: Ontology,
        load: Callable[[], Callable[[_Task], _Reading]],
        workers: int,
        prune: bool,
    ) -> BuildReport:
        self._total = len(files)
        try:
            refreshed = put_ontology(self._dataset, ontology)
            plan = list(self._plan(files))
            tasks = [step for step in plan if isinstance(step, _Task)]
            readings = map_in_order(load, tasks, workers=workers or os.cpu_count() or 1)
            for step in plan:
                if isinstance(step, _Task):
                    self._tell(self._take(step.name, next(readings)))
                else:
                    self._tell(self._keep(step))
            self._settle({name for _, name in files}, prune)
            if refreshed or any(o.change in _WRITTEN for o in self._outcomes):
                if folder := local_folder(self._dataset):
                    keep_parses(folder, self._held)
                self._store.publish()
        except StoreError as error:
            raise StoreError(
                f"{error} ({len(self._outcomes)} of {self._total} files were done)"
            ) from error
        return BuildReport(tuple(self._outcomes), refreshed, self._not_given)

    def _plan(self, files: Iterable[tuple[Path, str]]) -> Iterator[_Task | Outcome | ArticleRecord]:
        """For each file what to do: read it, keep what the store holds of it, or leave it."""
        known = {(r.digest, r.path): r for r in self._records}
        first: dict[str, str] = {}
        for path, name in files:
            digest = _digest(path)
            if digest and digest in first:
                reason = f"the same bytes as {first[digest]}; delete one of the two"
                yield Outcome(name, "duplicate", reason=reason)
                continue
            first[digest] = name
            record = known.get((digest, name))
            if record and (record.extractor, record.ontology) == self._versions:
                yield record
            else:
                yield _Task(path, name)

    def _keep(self, step: Outcome | ArticleRecord) -> Outcome:
        if isinstance(step, Outcome):
            return step
        return self._claim(step.path, step.id, _identity(step)) or Outcome(
            step.path, "unchanged", step.id
        )

    def _take(self, name: str, reading: _Reading | Lost) -> Outcome:
        if isinstance(reading, Lost):
            reason = f"{name}: the process that read it died twice, perhaps for want of memory"
            return Outcome(name, "failed", reason=reason)
        if reading.reason:
            return Outcome(name, "failed", reason=reading.reason)
        if taken := self._claim(name, reading.id, reading.identity):
            return taken
        iri = str(article_iri(reading.id))
        before = self._by_identity.get(reading.identity)
        try:
            if before and before.iri != iri:  # its title, and so its id, is new
                self._forget(before)
            put_quads(self._dataset, iri, reading.lines)
            self._held.add(iri)
        except QueryError as error:
            return Outcome(name, "failed", reading.id, f"{name}: the server refuses it: {error}")
        if before is None:
            return Outcome(name, "added", reading.id, warnings=reading.warnings)
        reason = self._reason(before, name)
        return Outcome(name, "changed", reading.id, reason, reading.warnings)

    def _claim(self, name: str, id_: str, identity: str) -> Outcome | None:
        for key in (identity, id_):
            if key in self._claimed:
                reason = (
                    f"another of the folders named holds {name} too; name the one above both"
                    if key == name == self._claimed[key]
                    else f"the same article as {self._claimed[key]} ({key}); delete one of the two"
                )
                return Outcome(name, "duplicate", id_, reason)
        self._claimed[identity] = self._claimed[id_] = name
        return None

    def _reason(self, before: ArticleRecord, name: str) -> str:
        extractor, ontology = self._versions
        news = {
            "extractor": before.extractor != extractor,
            "ontology": before.ontology != ontology,
            "path": before.path != name,
        }
        return ", ".join(f"new {what}" for what, is_new in news.items() if is_new) or "new content"

    def _settle(self, names: set[str], prune: bool) -> None:
        """Forget or mention what the store holds and no file gave."""
        failed = {outcome.path for outcome in self._outcomes if outcome.change == "failed"}
        for record in self._records:
            if _identity(record) in self._claimed or record.path in failed:
                continue
            if prune:
                self._forget(record)
                self._tell(Outcome(record.path, "removed", record.id, "no file gives it any more"))
            elif record.path in names:
                reason = "the file has become another article; build with --prune to forget this"
                self._tell(Outcome(record.path, "stale", record.id, reason))
            else:
                self._not_given += 1

    def _forget(self, record: ArticleRecord) -> None:
        self._store.drop_graph(record.iri)
        self._held.discard(record.iri)

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        if self._progress:
            self._progress(Progress(min(len(self._outcomes), self._total), self._total, outcome))


_WRITTEN = frozenset({"added", "changed", "removed"})


def _identity(record: ArticleRecord) -> str:
    return record.source or record.path


def _digest(path: Path) -> str:
    """Digest of a file's bytes; "" where it cannot be read, which reading it will explain."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


# In the worker process


def _load_extractor(model: Path | None, ontology: Ontology, parses: Path | None) -> Extract:
    from cloudhealth_kg.extract import load_extractor  # noqa: PLC0415  see _load_reader

    return load_extractor(model, ontology, parses=parses)


def _load_reader(
    extractor: Callable[[], Extract], versions: tuple[str, str]
) -> Callable[[_Task], _Reading]:
    # What reads and extracts takes seconds to load; a build that finds nothing new loads it not
    from cloudhealth_kg.articles import read_article  # noqa: PLC0415

    return partial(_read, read_article, extractor(), versions)


def _read(
    read_article: Callable[..., Article],
    extract: Extract,
    versions: tuple[str, str],
    task: _Task,
) -> _Reading:
    try:
        article = read_article(task.path, name=task.name)
        extraction = extract(article)
        lines = to_quads(extraction, extractor=versions[0], ontology=versions[1])
    except CloudHealthError as error:
        return _Reading(reason=str(error))
    except Exception as error:  # one article must not stop the others
        said = f"{type(error).__name__}: {error}"
        return _Reading(reason=f"{task.name}: reading it failed unexpectedly ({said})")
    identity = article.metadata.source or article.path
    warnings = tuple(filter(None, (*article.warnings, extraction.off_topic)))
    return _Reading(article.id, identity, tuple(lines), warnings=warnings)
