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
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from cloudhealth_kg.annotate import (
    FLOOR,
    annotate,
    find_candidates,
    load_parser,
    weigh_candidates,
)
from cloudhealth_kg.concepts import NamedConcept
from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.evaluate import assign_concepts
from cloudhealth_kg.extract import agreement
from cloudhealth_kg.gold import GoldArticle
from cloudhealth_kg.model import KINDS
from cloudhealth_kg.neural import (
    Calibration,
    PairScorer,
    Reading,
    SpanScorer,
    concept_features,
    load_words,
    open_session,
    relation_features,
)
from cloudhealth_kg.ontology import Ontology
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

MOST_CONCEPTS, MOST_RELATIONS = 0.68, 0.45
"""Findings in held-back articles for each that was wanted. The networks that are kept saw more
articles than those of a fold did, and longer, and give more at the same threshold: on articles as
easy as those of the development set about as many as were wanted, so that precision is not below
recall there. A relation needs two concepts, so of relations they give more still."""


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


@dataclass(frozen=True)
class _Judged:
    """Held-back findings: the features of each, whether it is right, how many were wanted."""

    features: list[list[float]]
    right: list[bool]
    wanted: int


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
        job = pool.submit(fit, _others(versions, folds[0]), path=pairs_path)
        kept_pairs = pool.submit(fit, versions, path=folder / "pairs.onnx")
        job.result()
        judge = PairScorer(table, open_session(pairs_path))
        findings = [(golds[i], found[i]) for i in folds[0]]
        readings = [judge.read(gold.article, seen.named, floor=FLOOR) for gold, seen in findings]
        concepts = _judge_concepts(findings, readings)
        concept_curve = _calibrate(concepts)
        concept_threshold = _best_threshold(concepts, concept_curve, MOST_CONCEPTS)
        relations = _judge_relations(findings, readings, concept_curve, concept_threshold, ontology)
        relation_curve = _calibrate(relations)
        kept.result()
        kept_pairs.result()
    write_config(
        folder,
        {
            "articles": len(golds),
            "settings": asdict(settings),
            "concept_threshold": concept_threshold,
            "concept_calibration": concept_curve.weights,
            "relation_threshold": _best_threshold(relations, relation_curve, MOST_RELATIONS),
            "relation_calibration": relation_curve.weights,
        },
    )


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


def _wanted_relations(gold: GoldArticle) -> int:
    optional = {c.id for c in gold.concepts if c.optional}
    return sum(not r.optional and not optional & {r.source, r.target} for r in gold.relations)


def _judge_concepts(
    findings: Sequence[tuple[GoldArticle, _Found]], readings: Sequence[Reading]
) -> _Judged:
    judged = _Judged([], [], sum(not c.optional for gold, _ in findings for c in gold.concepts))
    for (gold, found), reading in zip(findings, readings, strict=True):
        optional = {c.id for c in gold.concepts if c.optional}
        for concept, match, look in zip(found.concepts, found.ids, reading.looks, strict=True):
            if match not in optional:
                judged.features.append(concept_features(concept.score, look))
                judged.right.append(match is not None)
    return judged


def _judge_relations(
    findings: Sequence[tuple[GoldArticle, _Found]],
    readings: Sequence[Reading],
    concept_curve: Calibration,
    concept_threshold: float,
    ontology: Ontology,
) -> _Judged:
    judged = _Judged([], [], sum(_wanted_relations(gold) for gold, _ in findings))
    parser = load_parser()
    for (gold, found), reading in zip(findings, readings, strict=True):
        doc = annotate(gold.article, parser)
        right = {(t, r.source, r.target) for r in gold.relations for t in r.types}
        doubtful = {(r.source, r.target) for r in gold.relations if r.optional}
        optional = {c.id for c in gold.concepts if c.optional}
        concepts = weigh_candidates(found.concepts, reading, concept_curve)
        for pair in reading.pairs:
            ends = found.ids[pair.source], found.ids[pair.target]
            if ends in doubtful or optional & set(ends) or (ends[0] and ends[0] == ends[1]):
                continue
            source, target = (concepts[end].confidence for end in (pair.source, pair.target))
            if min(source, target) < concept_threshold:
                continue
            agreeing = len(agreement(doc, pair, concepts, ontology))
            judged.features.append(relation_features(pair.score, source, target, agreeing))
            judged.right.append((pair.relation, *ends) in right)
    return judged


def _calibrate(judged: _Judged) -> Calibration:
    """A logistic curve fitted to held-back findings.

    Raises:
        ModelError: all of them are right, all are wrong, or there are none.
    """
    if len(set(judged.right)) < 2:
        raise ModelError(
            f"{len(judged.right)} findings in held-back articles, too few or too alike to learn "
            "confidences from; give more annotated articles or more passes"
        )
    curve = LogisticRegression(C=100.0).fit(np.array(judged.features), judged.right)
    return Calibration(tuple(round(float(w), 4) for w in (*curve.coef_[0], curve.intercept_[0])))


def _best_threshold(judged: _Judged, curve: Calibration, most: float) -> float:
    """The confidence from which on F1 is best, giving at most `most` for each that was wanted."""
    confidence = [curve.apply(*row) for row in judged.features]
    order = np.argsort([-c for c in confidence], kind="stable")
    hits, best, threshold = 0, 0.0, 0.5
    for given, index in enumerate(order, 1):
        hits += judged.right[index]
        f1 = 2 * hits / (given + judged.wanted)
        if f1 > best and given <= most * judged.wanted:
            best, threshold = f1, confidence[index]
    log.info("held back: F1 %.3f at confidence %.2f", best, threshold)
    return round(threshold, 3)
