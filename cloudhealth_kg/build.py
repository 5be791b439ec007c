"""The stages composed: files in, a store that says what they say, and a report of what was done.

Only what is new or changed is read: an article is left alone where its file's digest, its path and
the versions of extractor and ontology are those the store remembers. Each article is written in one
transaction, in path order, whoever worked it out; so neither the number of workers nor a crash nor
the order of the files changes what the store says in the end.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rdflib import Dataset

from cloudhealth_kg.articles import find_files, read_article
from cloudhealth_kg.dataset import (
    ArticleRecord,
    CuratedKnowledge,
    article_records,
    put_ontology,
    put_quads,
    to_quads,
)
from cloudhealth_kg.errors import ArticleError, CloudHealthError
from cloudhealth_kg.model import Article, Extraction
from cloudhealth_kg.store import graph_store, open_dataset
from cloudhealth_kg.vocabulary import article_iri
from cloudhealth_kg.workers import Lost, map_in_order

Change = Literal["added", "changed", "unchanged", "removed", "duplicate", "failed"]

Extract = Callable[[Article], Extraction]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, or of one article that was removed."""

    path: str
    change: Change
    article: str = ""
    """The article's id, where it is known."""
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, in path order."""

    outcomes: tuple[Outcome, ...]
    ontology_refreshed: bool = False

    def of(self, change: Change) -> tuple[Outcome, ...]:
        """The outcomes of one sort."""
        return tuple(outcome for outcome in self.outcomes if outcome.change == change)

    @property
    def added(self) -> tuple[Outcome, ...]:
        """Articles that the store did not hold."""
        return self.of("added")

    @property
    def changed(self) -> tuple[Outcome, ...]:
        """Articles read anew; the reason says what was new."""
        return self.of("changed")

    @property
    def unchanged(self) -> tuple[Outcome, ...]:
        """Articles left as they were."""
        return self.of("unchanged")

    @property
    def removed(self) -> tuple[Outcome, ...]:
        """Articles forgotten since no file gave them any more."""
        return self.of("removed")

    @property
    def duplicates(self) -> tuple[Outcome, ...]:
        """Files that say what another file, earlier in path order, says already."""
        return self.of("duplicate")

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Files that could not be read, with reasons; what the store held of them stays."""
        return self.of("failed")

    @property
    def ok(self) -> bool:
        """Whether every file got in."""
        return not self.failed and not self.duplicates


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is; given to the `progress` callback after each file."""

    done: int
    total: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    name: str
    digest: str
    versions: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a worker makes of a file: the article's id and its quads, or why it failed."""

    article: str = ""
    lines: tuple[str, ...] = ()
    reason: str = ""
    warnings: tuple[str, ...] = ()


def build(
    paths: Iterable[str | Path],
    store: str | Path | Dataset,
    *,
    ontology: CuratedKnowledge,
    extractor: Callable[[], Extract],
    extractor_version: str,
    workers: int | None = None,
    prune: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Let the store hold what the articles in `paths` (files and folders) say.

    `extractor` loads what makes an `Extraction` of an `Article`; with several workers each of
    them calls it once, so it must be picklable (a function of a module, or a `partial` of one).
    `extractor_version` names it and all that its results depend on save the ontology. `workers`
    is the number of processes (default: as many as there are processors and work for). `prune`
    forgets the articles that no file in `paths` gives any more. What was built is published when
    the build is done; a build that was stopped goes on where it was when run again.

    Raises:
        ArticleError: a path does not exist, or there is no article in any.
        StoreError: the store cannot be opened or written.
    """
    files = find_files([Path(path) for path in paths])
    if not files:
        raise ArticleError(
            f"{', '.join(map(str, paths)) or 'no path'}: no article found; give a Markdown, text "
            "or HTML file, or a folder with such files"
        )
    if isinstance(store, Dataset):
        return _build(store, files, ontology, extractor, extractor_version, workers, prune, progress)
    with closing(open_dataset(store)) as dataset:
        return _build(
            dataset, files, ontology, extractor, extractor_version, workers, prune, progress
        )
