"""Annotated articles to a model folder, by cross-validation.

The pair network must learn from concepts such as it will meet: found, some of them wrongly, in
articles that the span network was not fitted to. So the articles are parted into folds; networks
fitted to the others find the concepts of each; then a pair network looks at those of the first
again, and finds its relations. What was found in the first fold also calibrates the confidences
and sets the thresholds. The networks that are kept see all articles: the span network starts from
the mean of those of the folds, pair networks from the encoder of one of them.
"""

import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from tokenizers import Tokenizer

from cloudhealth_kg.annotate import FLOOR, find_candidates
from cloudhealth_kg.concepts import NamedConcept, look_again
from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.evaluate import assign_concepts
from cloudhealth_kg.gold import GoldArticle
from cloudhealth_kg.model import KINDS
from cloudhealth_kg.neural import PairScorer, SpanScorer, load_words, open_session
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.training.calibration import Finding, calibrate
from cloudhealth_kg.training.examples import (
    Flags,
    PairExample,
    SpanExample,
    gold_concepts,
    pair_example,
    span_examples,
)
from cloudhealth_kg.training.export import write_config, write_pairs, write_spans, write_table
from cloudhealth_kg.training.fit import Settings, train_pairs, train_spans
from cloudhealth_kg.windows import ConceptSpans
from cloudhealth_kg.workers import end_with_parent

log = logging.getLogger(__name__)

Example = TypeVar("Example")


@dataclass(frozen=True)
class _Found:
    """The concepts found in an article that was held back, and what they stand for."""

    concepts: list[NamedConcept]
    ids: list[str | None]
    kinds: Flags
    """As in `PairExample`: a concept that only has the wrong kind is none that is not there."""

    @property
    def named(self) -> list[ConceptSpans]:
        return [concept.named for concept in self.concepts]


def train(
    golds: Sequence[GoldArticle],
    folder: Path,
    *,
    base: Path,
    ontology: Ontology,
    settings: Settings,
) -> None:
    """Fit both networks to annotated articles and write a model folder.

    Args:
        golds: at least two for each fold.
        folder: where to write; its name becomes part of the model's version.
        base: folder of a BERT encoder (`model.safetensors`, `config.json`, `tokenizer.json`).
        ontology: its labels are an input of the span network.
        settings: how long and how fast to learn, and the seed.

    Raises:
        ModelError: there are too few articles, or what is learnt from them finds nothing.
    """
    if len(golds) < 2 * settings.folds:
        raise ModelError(
            f"{len(golds)} annotated articles are too few to train on; give {2 * settings.folds}"
        )
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    windows = [span_examples(gold, tokenizer, ontology) for gold in golds]
    folds = [list(range(fold, len(golds), settings.folds)) for fold in range(settings.folds)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)  # no model until it is written again
    write_table(base, folder)
    with tempfile.TemporaryDirectory() as scratch, _workers() as pool:
        # Each network is fitted in a process of its own, on one thread: quicker than one network
        # on many threads, and the same on every run.
        spare = [Path(scratch) / f"spans-{fold}.onnx" for fold in range(settings.folds)]
        states = [path.with_suffix(".pt") for path in spare]
        fitted = [
            pool.submit(_fit_spans, _others(windows, held_back), base, settings, path, state)
            for held_back, path, state in zip(folds, spare, states, strict=True)
        ]
        for job in fitted:
            job.result()
        kept = pool.submit(
            _fit_spans, windows, base, settings, folder / "spans.onnx", starts=states
        )
        table = load_words(folder)
        found: dict[int, _Found] = {}
        for held_back, path in zip(folds, spare, strict=True):
            scorer = SpanScorer(table, open_session(path))
            found |= {number: _find(golds[number], scorer, ontology) for number in held_back}
        versions = [_versions(gold, found[i], tokenizer) for i, gold in enumerate(golds)]
        pairs_path = Path(scratch) / "pairs.onnx"
        # The first fold's encoder has not seen the articles that the pairs are judged on.
        fit = partial(_fit_pairs, base=base, encoder=states[0], settings=settings)
        kept_pairs = pool.submit(fit, versions, path=folder / "pairs.onnx")
        job = pool.submit(fit, _others(versions, folds[0]), path=pairs_path)
        job.result()
        judge = PairScorer(table, open_session(pairs_path))
        findings = []
        for gold, seen in [(golds[number], found[number]) for number in folds[0]]:
            reading = judge.read(gold.article, seen.named, floor=FLOOR)
            concepts = look_again(seen.concepts, reading)
            findings.append(Finding(gold, concepts, seen.ids, reading.pairs))
        confidences = calibrate(findings, ontology)
        kept.result()
        kept_pairs.result()
    write_config(folder, {"articles": len(golds), "settings": asdict(settings), **confidences})


@contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    """Processes to fit networks in; they end at once where the work is broken off."""
    with ProcessPoolExecutor(
        os.cpu_count(), get_context("spawn"), initializer=_start_worker
    ) as pool:
        try:
            yield pool
        except BaseException:
            for process in active_children():
                process.terminate()
            raise


def _start_worker() -> None:
    end_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


def _others(examples: Sequence[Example], held_back: Sequence[int]) -> list[Example]:
    return [example for number, example in enumerate(examples) if number not in held_back]


def _fit_spans(
    windows: Sequence[Sequence[SpanExample]],
    base: Path,
    settings: Settings,
    path: Path,
    state: Path | None = None,
    starts: Sequence[Path] = (),
) -> None:
    network = train_spans([w for ws in windows for w in ws], base, settings, starts)
    if state:
        torch.save(network.state_dict(), state)
    write_spans(network, path)


def _fit_pairs(
    versions: Sequence[Sequence[PairExample]],
    base: Path,
    encoder: Path,
    settings: Settings,
    path: Path,
) -> None:
    write_pairs(train_pairs([v for v in versions if v], base, encoder, settings), path)


def _find(gold: GoldArticle, scorer: SpanScorer, ontology: Ontology) -> _Found:
    concepts = find_candidates(gold.article, scorer, ontology)
    named = [concept.named for concept in concepts]
    of_any_kind = [replace(concept, kinds=KINDS) for concept in gold.concepts]
    assigned = assign_concepts(gold.concepts, named, gold.article.text)
    meant = assign_concepts(of_any_kind, named, gold.article.text)
    right_kinds = {concept.id: concept.kinds for concept in gold.concepts if not concept.optional}
    kinds = np.zeros((len(concepts), 1 + len(KINDS)), dtype=bool)
    for number, row in enumerate(kinds):
        if number in meant:
            row[[1 + KINDS.index(kind) for kind in right_kinds.get(meant[number].id, ())]] = True
        else:
            row[0] = True
    ids = [assigned[i].id if i in assigned else None for i in range(len(concepts))]
    return _Found(concepts, ids, kinds)


def _versions(gold: GoldArticle, found: _Found, tokenizer: Tokenizer) -> list[PairExample]:
    """The pairs of the annotated concepts, and those of the found ones."""
    examples = [
        pair_example(gold, *gold_concepts(gold), tokenizer),
        pair_example(gold, found.named, found.ids, tokenizer, found.kinds),
    ]
    return [example for example in examples if example]
