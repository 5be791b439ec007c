"""The trained model: which spans name a concept of which kind, which pairs a relation joins.

Two small transformers share one table of word-piece embeddings. Both run under onnxruntime, one
window at a time and on one thread, so that an article's scores depend on nothing but the article
and the model.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.model import KINDS, RELATIONS, Article, Kind, Relation
from cloudhealth_kg.versions import model_config
from cloudhealth_kg.windows import (
    ADMISSIBLE,
    ConceptSpans,
    Ints,
    Pairs,
    Window,
    cut_windows,
    pair_mentions,
)

Floats = NDArray[np.float32]
Span = tuple[int, int]

DECIMALS = 4
"""Scores are rounded to this, so that the last bits of an addition decide nothing."""

NEVER = -1e4


@dataclass(frozen=True, slots=True)
class SpanScore:
    """`text[start:end]` names a concept with probability `score`, of each kind with `kinds`."""

    start: int
    end: int
    score: float
    kinds: tuple[float, ...]
    """A probability for each of `KINDS`; their sum is `score`."""

    @property
    def kind(self) -> Kind:
        """The most probable one."""
        return KINDS[int(np.argmax(self.kinds))]


@dataclass(frozen=True, slots=True)
class PairScore:
    """The concept numbered `source` stands in `relation` to `target` with probability `score`."""

    source: int
    target: int
    relation: Relation
    score: float
    places: tuple[tuple[Span, Span, float], ...]
    """The pairs of spans (source, target) that spoke for it, the strongest first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pair network makes of an article's concepts, all of which it sees."""

    pairs: tuple[PairScore, ...]
    """By the numbers of the concepts."""
    looks: tuple[float, ...]
    """For each concept, the probability that it is one, of its kind."""


@dataclass(frozen=True)
class WordTable:
    """A tokenizer and the eight-bit embeddings of its pieces, which both networks read."""

    tokenizer: Tokenizer
    words: NDArray[np.int8]
    scales: Floats

    def embed(self, window: Window) -> Floats:
        """Pieces x width."""
        return self.words[window.pieces].astype(np.float32) * self.scales[window.pieces]


@dataclass(frozen=True)
class SpanScorer:
    """The network that scores spans."""

    table: WordTable
    session: onnxruntime.InferenceSession

    def score(
        self, article: Article, lexicon: Sequence[tuple[int, int, Kind]], *, floor: float
    ) -> list[SpanScore]:
        """Each span whose score reaches `floor`, by offset. Spans may overlap.

        `lexicon` holds the spans (start, end, kind) that bear a label of the ontology.
        """
        return [
            span
            for window in cut_windows(article, self.table.tokenizer)
            for span in self._spans_in(window, window.tag_kinds(lexicon), floor)
        ]

    def _spans_in(self, window: Window, kind_tags: Ints, floor: float) -> list[SpanScore]:
        (logits,) = self.session.run(
            None,
            {
                "embeddings": self.table.embed(window),
                "kind_tags": kind_tags,
                "first": window.first,
                "last": window.last,
            },
        )
        probabilities = _softmax(logits)
        found = []
        for word, more in zip(*np.nonzero(1 - probabilities[:, :, 0] >= floor), strict=True):
            end = word + more
            if end >= len(window.first) or window.blocks[end] != window.blocks[word]:
                continue
            if window.scored[word]:
                kinds = tuple(round(float(p), DECIMALS) for p in probabilities[word, more, 1:])
                score = round(sum(kinds), DECIMALS)
                found.append(
                    SpanScore(int(window.starts[word]), int(window.ends[end]), score, kinds)
                )
        return found


@dataclass(frozen=True)
class PairScorer:
    """The network that scores pairs of concepts, and looks at each concept again."""

    table: WordTable
    session: onnxruntime.InferenceSession

    def read(self, article: Article, concepts: Sequence[ConceptSpans], *, floor: float) -> Reading:
        """The admissible pairs of concepts whose best relation reaches `floor`; each concept."""
        places: dict[tuple[int, int], list[tuple[Floats, Span, Span]]] = {}
        looks: list[list[Floats]] = [[] for _ in concepts]
        windows = cut_windows(article, self.table.tokenizer)
        for pairs in pair_mentions(article, windows, concepts):
            if not len(pairs.mentions):
                continue
            pair_logits, mention_logits = self._logits(pairs)
            for (_, _, concept), logits in zip(pairs.mentions, mention_logits, strict=True):
                looks[concept].append(logits)
            spans = pairs.spans
            for row, logits in zip(pairs.pairs, pair_logits, strict=True):
                key = int(pairs.mentions[row[0], 2]), int(pairs.mentions[row[1], 2])
                places.setdefault(key, []).append((logits, spans[row[0]], spans[row[1]]))
        return Reading(
            tuple(self._score_pairs(places, concepts, floor)),
            tuple(
                round(float(_softmax(np.mean(found, axis=0))[1 + KINDS.index(kind)]), DECIMALS)
                for (kind, _), found in zip(concepts, looks, strict=True)
            ),
        )

    @staticmethod
    def _score_pairs(
        places: Mapping[tuple[int, int], Sequence[tuple[Floats, Span, Span]]],
        concepts: Sequence[ConceptSpans],
        floor: float,
    ) -> Iterator[PairScore]:
        for (source, target), found in sorted(places.items()):
            allowed = ADMISSIBLE[KINDS.index(concepts[source][0]), KINDS.index(concepts[target][0])]
            logits = np.stack([np.where(allowed, row, NEVER) for row, _, _ in found])
            probabilities = _softmax(np.concatenate([[0.0], _logsumexp(logits)]))[1:]
            best = int(np.argmax(probabilities))
            score = round(float(probabilities[best]), DECIMALS)
            if score >= floor:
                strength = 1 / (1 + np.exp(-logits[:, best]))
                ranked = sorted(
                    (-round(float(p), DECIMALS), s, t)
                    for p, (_, s, t) in zip(strength, found, strict=True)
                )
                witnesses = tuple((s, t, -p) for p, s, t in ranked)
                yield PairScore(source, target, RELATIONS[best], score, witnesses)

    def _logits(self, pairs: Pairs) -> tuple[Floats, Floats]:
        mentions, rows = pairs.mentions, pairs.pairs
        pair_logits, mention_logits = self.session.run(
            None,
            {
                "embeddings": self.table.embed(pairs.window),
                "kind_tags": pairs.kind_tags,
                "first": mentions[:, 0],
                "last": mentions[:, 1],
                "source": rows[:, 0],
                "target": rows[:, 1],
                "features": rows[:, 2:],
            },
        )
        return pair_logits, mention_logits


@dataclass(frozen=True)
class Calibration:
    """A logistic curve from features, such as `logit` of a score, to a probability (Platt 1999)."""

    weights: tuple[float, ...]
    """One for each feature, then the constant."""

    def apply(self, *features: float) -> float:
        """The probability of being right, rounded to `DECIMALS`."""
        total = sum(w * f for w, f in zip(self.weights, (*features, 1.0), strict=True))
        return round(1 / (1 + math.exp(-total)), DECIMALS)


@dataclass(frozen=True)
class Model:
    """A model folder, loaded."""

    version: str
    """Name and digest; part of what an article's statements were made by."""
    spans: SpanScorer
    pairs: PairScorer
    concept_threshold: float
    """Calibrated confidence from which a concept counts."""
    relation_threshold: float
    concept_calibration: Calibration
    """Of `NamedConcept.features`."""
    relation_calibration: Calibration
    """Of `Grounds.features`."""


def logit(score: float) -> float:
    """Log-odds of a score, kept within +-9."""
    bounded = min(1 - 1e-4, max(1e-4, score))
    return math.log(bounded / (1 - bounded))


@lru_cache(maxsize=4)
def load_model(folder: Path) -> Model:
    """Read a model folder.

    Raises:
        ModelError: a file is missing or damaged, or another version of the program wrote it.
    """
    config = model_config(folder)
    try:
        table = load_words(folder)
        return Model(
            version=config["version"],
            spans=SpanScorer(table, open_session(folder / "spans.onnx")),
            pairs=PairScorer(table, open_session(folder / "pairs.onnx")),
            concept_threshold=config["concept_threshold"],
            relation_threshold=config["relation_threshold"],
            concept_calibration=Calibration(tuple(config["concept_calibration"])),
            relation_calibration=Calibration(tuple(config["relation_calibration"])),
        )
    except Exception as error:  # each of four libraries raises its own
        raise ModelError(f"{folder}: the model is damaged ({error}); install it again") from error


def load_words(folder: Path) -> WordTable:
    """The tokenizer and word-piece embeddings of a model folder."""
    arrays = np.load(folder / "words.npz", allow_pickle=False)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return WordTable(tokenizer, arrays["words"], arrays["scales"])


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX graph, ready to run on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    exponent = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def _logsumexp(logits: NDArray[Any]) -> NDArray[Any]:
    highest = logits.max(axis=0)
    return np.asarray(highest + np.log(np.exp(logits - highest).sum(axis=0) + 1e-12))
