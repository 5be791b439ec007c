"""Annotated articles as training examples: windows with the answers to be learnt."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cloudhealth_kg.gold import GoldArticle, spans_of
from cloudhealth_kg.lexicon import match_lexicon
from cloudhealth_kg.model import KINDS, RELATIONS
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.windows import (
    ADMISSIBLE,
    WIDEST,
    ConceptSpans,
    Ints,
    Pairs,
    Window,
    cut_windows,
    pair_mentions,
)

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SpanExample:
    """A window, its lexicon tags, and for each span the kinds that are right."""

    window: Window
    kind_tags: Ints
    right: Flags
    """Words x `WIDEST` x kinds; no kind is right where the span names no concept."""
    ignored: Flags
    """Words x `WIDEST`: spans that count neither way."""


@dataclass(frozen=True)
class PairExample:
    """An article's mentions and pairs of them; what is right for its concepts and their pairs."""

    windows: tuple[Pairs, ...]
    rows: tuple[Ints, ...]
    """For each window, the row of `right` that each of its pairs speaks for."""
    right: Flags
    admissible: Flags
    ignored: Flags
    kinds: Flags
    """For each concept: that it is none, or which kinds are right; nothing where neither counts."""


def span_examples(gold: GoldArticle, tokenizer: Tokenizer, ontology: Ontology) -> list[SpanExample]:
    """The windows of an annotated article."""
    text = gold.article.text
    lexicon = [(m.start, m.end, m.kind) for m in match_lexicon(gold.article, ontology)]
    named = [(span, concept) for concept in gold.concepts for span in spans_of(concept, text)]
    examples = []
    for window in cut_windows(gold.article, tokenizer):
        count = len(window.first)
        right = np.zeros((count, WIDEST, len(KINDS)), dtype=bool)
        ignored = _unscored(window)
        optional = []
        for span, concept in named:
            words = window.words_of(*span)
            if words is None or words[1] - words[0] >= WIDEST:
                continue
            if window.starts[words[0]] < span[0] - 2 or window.ends[words[1]] > span[1] + 2:
                continue
            if concept.optional:
                optional.append(words)
            else:
                right[words[0], words[1] - words[0], [KINDS.index(k) for k in concept.kinds]] = True
        for words in optional:
            _ignore_near(ignored, words)
        ignored &= ~right.any(-1)
        examples.append(SpanExample(window, window.tag_kinds(lexicon), right, ignored))
    return examples


def _unscored(window: Window) -> Flags:
    """Spans that leave the window or their block, or begin in mere context."""
    count = len(window.first)
    ends = np.arange(count)[:, None] + np.arange(WIDEST)[None, :]
    blocks = window.blocks[np.minimum(ends, count - 1)]
    outside = (ends >= count) | (blocks != window.blocks[:, None])
    return np.asarray(outside | ~window.scored[:, None])


def _ignore_near(ignored: Flags, words: tuple[int, int]) -> None:
    """Mark the spans that share at least half of their words with an optional concept."""
    first, last = words
    for start in range(max(0, first - 3), last + 1):
        for end in range(max(start, first), min(len(ignored), last + 4, start + WIDEST)):
            shared = min(end, last) - max(start, first) + 1
            if 2 * shared >= max(end, last) - min(start, first) + 1:
                ignored[start, end - start] = True


def pair_example(
    gold: GoldArticle,
    concepts: Sequence[ConceptSpans],
    gold_ids: Sequence[str | None],
    tokenizer: Tokenizer,
    kinds: Flags | None = None,
) -> PairExample | None:
    """The pairs among `concepts`, each of which stands for an annotated one or (None) for none.

    `kinds` is as in `PairExample`; None where nothing can be learnt from them.
    """
    windows = cut_windows(gold.article, tokenizer)
    pairs = [p for p in pair_mentions(gold.article, windows, concepts) if len(p.mentions)]
    if not any(len(p.pairs) for p in pairs):
        return None
    wanted: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    doubtful = set()
    for relation in gold.relations:
        key = relation.source, relation.target
        wanted[key] |= {RELATIONS.index(t) for t in relation.types}
        if relation.optional:
            doubtful.add(key)
    optional = {c.id for c in gold.concepts if c.optional}
    keys = [
        [(int(p.mentions[a, 2]), int(p.mentions[b, 2])) for a, b in p.pairs[:, :2]] for p in pairs
    ]
    number = {key: i for i, key in enumerate(sorted(set().union(*keys)))}
    right = np.zeros((len(number), len(RELATIONS)), dtype=bool)
    admissible = np.zeros_like(right)
    ignored = np.zeros(len(number), dtype=bool)
    for (source, target), row in number.items():
        admissible[row] = ADMISSIBLE[
            KINDS.index(concepts[source][0]), KINDS.index(concepts[target][0])
        ]
        ids = gold_ids[source], gold_ids[target]
        if ids[0] is None or ids[1] is None:
            continue
        ignored[row] = ids[0] == ids[1] or ids in doubtful or bool(optional & set(ids))
        for relation_index in wanted.get((ids[0], ids[1]), ()):
            right[row, relation_index] = admissible[row, relation_index]
    rows = tuple(np.array([number[key] for key in window], dtype=np.int64) for window in keys)
    if kinds is None:
        kinds = np.zeros((len(concepts), 1 + len(KINDS)), dtype=bool)
    return PairExample(tuple(pairs), rows, right & ~ignored[:, None], admissible, ignored, kinds)


def gold_concepts(gold: GoldArticle) -> tuple[list[ConceptSpans], list[str | None]]:
    """The annotated concepts as input for pairs, with their ids."""
    spans = [(c, spans_of(c, gold.article.text)) for c in gold.concepts]
    found = [(c, s) for c, s in spans if s]
    return [(c.kinds[0], s) for c, s in found], [c.id for c, _ in found]
