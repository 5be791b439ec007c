"""Annotated articles to a model folder, by cross-validation.

The pair network must learn from concepts such as it will meet: found, some of them wrongly, in
articles that the span network was not fitted to. So the articles are parted into folds; networks
fitted to the others find the concepts of each, and then the relations of the first. These
held-back findings also calibrate the confidences and set the thresholds. The networks that are kept see all articles.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

from cloudhealth_kg.concepts import NamedConcept, form_concepts, subject_free
from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.evaluate import assign_concepts
from cloudhealth_kg.gold import GoldArticle
from cloudhealth_kg.lexicon import match_lexicon
from cloudhealth_kg.neural import (
    Calibration,
    PairScorer,
    SpanScorer,
    load_words,
    logit,
    open_session,
)
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.training.examples import (
    PairExample,
    SpanExample,
    gold_concepts,
    pair_example,
    span_examples,
)
from cloudhealth_kg.training.export import write_config, write_pairs, write_spans, write_table
from cloudhealth_kg.training.fit import Settings, train_pairs, train_spans
from cloudhealth_kg.windows import ConceptSpans

log = logging.getLogger(__name__)

UNCALIBRATED = Calibration((1.0, 0.0))
CANDIDATE = 0.2
"""Score of the least probable concept that the pair network is shown in training."""


@dataclass(frozen=True)
class _Found:
    """The concepts found in an article that was held back, and what they stand for."""

    concepts: list[NamedConcept]
    ids: list[str | None]

    @property
    def spans(self) -> list[ConceptSpans]:
        return [(c.kind, [(s.start, s.end) for s in c.spans]) for c in self.concepts]


@dataclass(frozen=True)
class _Judged:
    """Held-back findings: the scores behind each, whether it is right, how many were wanted."""

    scores: list[tuple[float, ...]]
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
        ModelError: there are too few articles.
    """
    if len(golds) < 2 * settings.folds:
        raise ModelError(
            f"{len(golds)} annotated articles are too few to train on; give {2 * settings.folds}"
        )
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    windows = [span_examples(gold, tokenizer, ontology) for gold in golds]
    with tempfile.TemporaryDirectory() as scratch:
        found = _find_held_back(golds, windows, Path(scratch), base, ontology, settings)
        examples = [
            [
                example
                for concepts, ids in (gold_concepts(gold), (finding.spans, finding.ids))
                if (example := pair_example(gold, concepts, ids, tokenizer))
            ]
            for gold, finding in zip(golds, found, strict=True)
        ]
        relations = _relate_held_back(golds, found, examples, Path(scratch), base, settings)
    concepts = _judge_concepts(golds, found)
    concept_curve, concept_threshold = _calibrate(concepts)
    relation_curve, relation_threshold = _calibrate(relations)
    log.info("fitting the networks that are kept to all %d articles", len(golds))
    spans = train_spans([w for ws in windows for w in ws], base, settings)
    write_table(spans, base, folder)
    write_spans(spans, folder)
    pairs = train_pairs([versions for versions in examples if versions], base, settings)
    write_pairs(pairs, folder)
    write_config(
        folder,
        {
            "articles": len(golds),
            "settings": asdict(settings),
            "concept_threshold": concept_threshold,
            "concept_calibration": concept_curve,
            "relation_threshold": relation_threshold,
            "relation_calibration": relation_curve,
        },
    )


def find_concepts(
    gold: GoldArticle, scorer: SpanScorer, ontology: Ontology, *, floor: float = CANDIDATE
) -> list[NamedConcept]:
    """What a span network finds in an article, down to a low score."""
    lexicon = [(m.start, m.end, m.kind) for m in match_lexicon(gold.article, ontology)]
    spans = scorer.score(gold.article, lexicon, floor=floor)
    return form_concepts(
        gold.article,
        subject_free(spans, gold.article, ontology),
        ontology,
        UNCALIBRATED,
        threshold=floor,
    )


def _folds(count: int, settings: Settings) -> list[list[int]]:
    return [list(range(fold, count, settings.folds)) for fold in range(settings.folds)]


def _find_held_back(
    golds: Sequence[GoldArticle],
    windows: Sequence[Sequence[SpanExample]],
    scratch: Path,
    base: Path,
    ontology: Ontology,
    settings: Settings,
) -> list[_Found]:
    found: dict[int, _Found] = {}
    for held_back in _folds(len(golds), settings):
        kept = [w for i, ws in enumerate(windows) if i not in held_back for w in ws]
        log.info("spans: %d articles held back, fitting to %d windows", len(held_back), len(kept))
        network = train_spans(kept, base, settings)
        write_table(network, base, scratch)
        write_spans(network, scratch)
        scorer = SpanScorer(load_words(scratch), open_session(scratch / "spans.onnx"))
        for number in held_back:
            gold = golds[number]
            concepts = find_concepts(gold, scorer, ontology)
            spans = [(c.kind, [(s.start, s.end) for s in c.spans]) for c in concepts]
            assigned = assign_concepts(gold.concepts, spans, gold.article.text)
            ids = [assigned[i].id if i in assigned else None for i in range(len(concepts))]
            found[number] = _Found(concepts, ids)
    return [found[number] for number in range(len(golds))]


def _relate_held_back(
    golds: Sequence[GoldArticle],
    found: Sequence[_Found],
    examples: Sequence[Sequence[PairExample]],
    scratch: Path,
    base: Path,
    settings: Settings,
) -> _Judged:
    """The pairs of the first fold, as a network fitted to the others judges them."""
    held_back = _folds(len(golds), settings)[0]
    kept = [versions for i, versions in enumerate(examples) if versions and i not in held_back]
    log.info("pairs: %d articles held back, fitting to %d", len(held_back), len(kept))
    write_pairs(train_pairs(kept, base, settings), scratch)
    scorer = PairScorer(load_words(scratch), open_session(scratch / "pairs.onnx"))
    judged = _Judged([], [], sum(_wanted_relations(golds[number]) for number in held_back))
    for number in held_back:
        _judge_relations(golds[number], found[number], scorer, judged)
    return judged


def _wanted_relations(gold: GoldArticle) -> int:
    optional = {c.id for c in gold.concepts if c.optional}
    return sum(not r.optional and not optional & {r.source, r.target} for r in gold.relations)


def _judge_relations(
    gold: GoldArticle, found: _Found, scorer: PairScorer, judged: _Judged
) -> None:
    right = {(t, r.source, r.target) for r in gold.relations for t in r.types}
    doubtful = {(r.source, r.target) for r in gold.relations if r.optional}
    optional = {c.id for c in gold.concepts if c.optional}
    for pair in scorer.score(gold.article, found.spans, floor=0.02):
        ends = found.ids[pair.source], found.ids[pair.target]
        if ends in doubtful or optional & set(ends) or (ends[0] and ends[0] == ends[1]):
            continue
        judged.scores.append(
            (pair.score, found.concepts[pair.source].score, found.concepts[pair.target].score)
        )
        judged.right.append((pair.relation, *ends) in right)


def _judge_concepts(golds: Sequence[GoldArticle], found: Sequence[_Found]) -> _Judged:
    judged = _Judged([], [], sum(not c.optional for gold in golds for c in gold.concepts))
    for gold, finding in zip(golds, found, strict=True):
        optional = {c.id for c in gold.concepts if c.optional}
        for concept, match in zip(finding.concepts, finding.ids, strict=True):
            if match not in optional:
                judged.scores.append((concept.score,))
                judged.right.append(match is not None)
    return judged


def _calibrate(judged: _Judged) -> tuple[list[float], float]:
    """A logistic curve, and the threshold of the best F1 at which precision >= recall."""
    features = np.array([[logit(score) for score in row] for row in judged.scores])
    curve = LogisticRegression(C=100.0).fit(features, judged.right)
    weights = [round(float(w), 4) for w in (*curve.coef_[0], curve.intercept_[0])]
    confidence = [Calibration(tuple(weights)).apply(*row) for row in judged.scores]
    order = np.argsort([-c for c in confidence], kind="stable")
    hits, best, threshold = 0, 0.0, 0.5
    for given, index in enumerate(order, 1):
        hits += judged.right[index]
        f1 = 2 * hits / (given + judged.wanted)
        if f1 > best and given <= judged.wanted:
            best, threshold = f1, confidence[index]
    log.info("held back: F1 %.3f at confidence %.2f", best, threshold)
    return weights, round(threshold, 3)
