"""An article cut into windows of word pieces, as a transformer reads it; pairs of mentions in them.

A window holds as many whole blocks as fit, each after a marker that tells its role, and before
them, as context, the blocks just above and the nearest heading. Each word is scored in one window.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cloudhealth_kg.model import KINDS, RELATIONS, SIGNATURES, Article, Block, Kind

Ints = NDArray[np.int64]

MAX_PIECES = 448
CONTEXT_PIECES = 96
LONGEST_BLOCK = 300
"""A longer block is cut at the next sentence end."""

CLS, SEP, MASK = 101, 102, 103
MARKERS = {"heading": 1, "paragraph": 2, "item": 3, "row": 4}
RUN_IN_MARKER = 5
"""Pieces that BERT's vocabulary leaves unused, one for each role of a block."""

FARTHEST = 160
"""Words between two mentions of a pair, unless one stands in a heading above the other."""

WIDEST = 12
"""Words in the longest span that is scored."""

KIND_TAGS = 1 + 2 * len(KINDS)
"""0 outside spans, 1-5 inside one of each kind, 6-10 at its first piece."""

DISTANCES = 18
LAYOUTS = 60
SENTENCE_STEPS = 7
_DISTANCE_BOUNDS = np.array([1, 3, 6, 10, 16, 28, 48, 90])


def admissible_relations() -> NDArray[np.bool_]:
    """Which relation may run between which kinds: (source kind, target kind, relation)."""
    table = np.zeros((len(KINDS), len(KINDS), len(RELATIONS)), dtype=bool)
    for index, relation in enumerate(RELATIONS):
        sources, targets = SIGNATURES[relation]
        for source in sources:
            for target in targets:
                table[KINDS.index(source), KINDS.index(target), index] = True
    return table


ADMISSIBLE = admissible_relations()


@dataclass(frozen=True)
class Window:
    """Word pieces and the words they make up. Arrays run over words, but `pieces`."""

    pieces: Ints
    first: Ints
    """Index of each word's first piece."""
    last: Ints
    """Index of each word's last piece."""
    starts: Ints
    """Offset in the article's text at which each word starts."""
    ends: Ints
    blocks: Ints
    """Index of the block each word stands in."""
    scored: NDArray[np.bool_]
    """False for words that are here as context only."""

    def tag_kinds(self, spans: Iterable[tuple[int, int, Kind]]) -> Ints:
        """The kind tag of each piece, for spans (start, end, kind) of the text; later ones win."""
        tags = np.zeros(len(self.pieces), dtype=np.int64)
        for start, end, kind in spans:
            if words := self.words_of(start, end):
                first, last = self.first[words[0]], self.last[words[1]]
                tags[first : last + 1] = 1 + KINDS.index(kind)
                tags[first] += len(KINDS)
        return tags

    def words_of(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last word that `[start, end)` touches, or None where it is not in here."""
        first = int(np.searchsorted(self.ends, start, "right"))
        last = int(np.searchsorted(self.starts, end, "left")) - 1
        return (first, last) if first <= last else None


@dataclass(frozen=True)
class _Word:
    pieces: list[int]
    start: int
    end: int


@dataclass(frozen=True)
class _Run:
    """A block, or a part of one that was too long."""

    block: int
    marker: int
    is_heading: bool
    words: list[_Word]

    @property
    def size(self) -> int:
        return 1 + sum(len(word.pieces) for word in self.words)


def cut_windows(article: Article, tokenizer: Tokenizer) -> list[Window]:
    """The windows of an article, in order; none where it holds no word."""
    runs = [run for i, b in enumerate(article.blocks) for run in _runs(article, i, b, tokenizer)]
    windows, at = [], 0
    while at < len(runs):
        context = _context(runs, at)
        size = 2 + sum(run.size for run in context)
        end = at + 1
        size += runs[at].size
        while end < len(runs) and size + runs[end].size <= MAX_PIECES:
            size += runs[end].size
            end += 1
        while end < len(runs) and end - at > 1 and runs[end - 1].is_heading:
            end -= 1
        windows.append(_window(context, runs[at:end]))
        at = end
    return windows


def _runs(article: Article, index: int, block: Block, tokenizer: Tokenizer) -> list[_Run]:
    encoded = tokenizer.encode(article.text[block.start : block.end], add_special_tokens=False)
    words: list[_Word] = []
    last_word: int | None = None
    for piece, (start, end), number in zip(
        encoded.ids, encoded.offsets, encoded.word_ids, strict=True
    ):
        if number == last_word:
            words[-1] = _Word([*words[-1].pieces, piece], words[-1].start, block.start + end)
        else:
            words.append(_Word([piece], block.start + start, block.start + end))
        last_word = number
    is_heading = block.role == "heading"
    marker = RUN_IN_MARKER if is_heading and block.level == 7 else MARKERS[block.role]
    runs: list[_Run] = []
    part: list[_Word] = []
    size = 0
    for word in words:
        if size >= LONGEST_BLOCK and (
            article.text[part[-1].start : part[-1].end] in {".", "!", "?", ";"}
            or size + len(word.pieces) > LONGEST_BLOCK + 32
        ):
            runs.append(_Run(index, marker, is_heading, part))
            part, size = [], 0
        part.append(_Word(word.pieces[:16], word.start, word.end))
        size += len(part[-1].pieces)
    return [*runs, _Run(index, marker, is_heading, part)] if part else runs


def _context(runs: Sequence[_Run], at: int) -> list[_Run]:
    above = at - 1
    budget = CONTEXT_PIECES
    context: list[_Run] = []
    while above >= 0 and runs[above].size <= budget:
        context.insert(0, runs[above])
        budget -= runs[above].size
        above -= 1
    if not any(run.is_heading for run in context):
        for run in reversed(runs[: above + 1]):
            if run.is_heading and run.size <= CONTEXT_PIECES // 2:
                return [run, *context]
    return context


def _window(context: Sequence[_Run], runs: Sequence[_Run]) -> Window:
    pieces = [CLS]
    words: list[tuple[int, int, int, int, int, bool]] = []
    for run, scored in [*((r, False) for r in context), *((r, True) for r in runs)]:
        pieces.append(run.marker)
        for word in run.words:
            at = len(pieces)
            pieces.extend(word.pieces)
            words.append((at, len(pieces) - 1, word.start, word.end, run.block, scored))
    pieces.append(SEP)
    table = np.array(words, dtype=np.int64).T
    first, last, starts, ends, blocks, scored_ = table
    ids = np.array(pieces, dtype=np.int64)
    return Window(ids, first, last, starts, ends, blocks, scored_ == 1)


@dataclass(frozen=True)
class Pairs:
    """Mentions of one window and the pairs of them that a relation may join.

    `mentions` has a row for each: first piece, last piece, concept. `pairs` has a row for each:
    source and target (rows of `mentions`), distance, kinds, layout, sentence step.
    """

    window: Window
    kind_tags: Ints
    mentions: Ints
    pairs: Ints

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where in the article's text each mention stands."""
        first = np.searchsorted(self.window.first, self.mentions[:, 0])
        last = np.searchsorted(self.window.last, self.mentions[:, 1])
        starts, ends = self.window.starts[first], self.window.ends[last]
        return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


ConceptSpans = tuple[Kind, Sequence[tuple[int, int]]]
"""Kind of a concept, and the spans of the text that name it."""


def pair_mentions(
    article: Article, windows: Sequence[Window], concepts: Sequence[ConceptSpans]
) -> list[Pairs]:
    """The admissible pairs of mentions in each window, and what their places tell."""
    above = _headings_above(article.blocks)
    return [_pairs_in(article, window, concepts, above) for window in windows]


def _headings_above(blocks: Sequence[Block]) -> list[tuple[int, ...]]:
    """For each block the two nearest headings over it, each of a higher rank than the last."""
    chain: list[int] = []
    above = []
    for index, block in enumerate(blocks):
        if block.role == "heading":
            chain = [i for i in chain if blocks[i].level < block.level]
        above.append(tuple(chain[-2:]))
        if block.role == "heading":
            chain.append(index)
    return above


def _pairs_in(
    article: Article,
    window: Window,
    concepts: Sequence[ConceptSpans],
    above: Sequence[tuple[int, ...]],
) -> Pairs:
    found = {
        (concept, *words)
        for concept, (_, spans) in enumerate(concepts)
        for start, end in spans
        if (words := window.words_of(start, end))
    }
    outermost = sorted(
        (first, last, concept)
        for concept, first, last in found
        if not any(
            c == concept and f <= first and last <= g and (f, g) != (first, last)
            for c, f, g in found
        )
    )
    kind_tags = window.tag_kinds(
        (int(window.starts[f]), int(window.ends[g]), concepts[c][0]) for f, g, c in outermost
    )
    stops = list(
        accumulate(
            article.text[s:e] in {".", "!", "?", "|"}
            for s, e in zip(window.starts, window.ends, strict=True)
        )
    )
    pairs = []
    for a, (first_a, last_a, source) in enumerate(outermost):
        for b, (first_b, last_b, target) in enumerate(outermost):
            kinds = KINDS.index(concepts[source][0]), KINDS.index(concepts[target][0])
            if source == target or not ADMISSIBLE[kinds].any():
                continue
            if not (window.scored[first_a] or window.scored[first_b]):
                continue
            block_a, block_b = int(window.blocks[first_a]), int(window.blocks[first_b])
            under = 1 if block_b in above[block_a] else 2 if block_a in above[block_b] else 0
            distance = first_b - last_a if first_b > first_a else last_b - first_a
            if abs(distance) > FARTHEST and not under:
                continue
            step = min(3, max(-3, stops[first_b] - stops[first_a])) + 3
            same_section = above[block_a][-1:] == above[block_b][-1:]
            layout = min(2, max(-2, block_b - block_a)) + 2
            layout = (layout * 3 + under) * 2 + same_section
            layout = layout * 2 + (article.blocks[block_a].role == "row")
            bucket = int(np.searchsorted(_DISTANCE_BOUNDS, abs(distance)))
            bucket += DISTANCES // 2 if distance <= 0 else 0
            pairs.append((a, b, bucket, kinds[0] * len(KINDS) + kinds[1], layout, step))
    mentions = [(window.first[f], window.last[g], c) for f, g, c in outermost]
    return Pairs(
        window,
        kind_tags,
        np.array(mentions, dtype=np.int64).reshape(-1, 3),
        np.array(pairs, dtype=np.int64).reshape(-1, 6),
    )
