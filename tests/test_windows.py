"""Windows: each word is scored once, and pairs are those that the ontology admits."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cloudhealth_kg.articles import read_article
from cloudhealth_kg.model import KINDS, SIGNATURES
from cloudhealth_kg.neural import load_words
from cloudhealth_kg.versions import default_model
from cloudhealth_kg.windows import ADMISSIBLE, MAX_PIECES, cut_windows, pair_mentions

ARTICLES = sorted((Path(__file__).resolve().parent.parent / "corpus" / "articles").glob("*.md"))


@pytest.fixture(scope="module")
def tokenizer():
    """The tokenizer of the model that travels with the package."""
    return load_words(default_model()).tokenizer


@pytest.mark.parametrize("path", ARTICLES[:4], ids=lambda path: path.stem)
def test_each_word_is_scored_once(tokenizer, path):
    """The scored words of all windows are the words of the text, each in one window."""
    article = read_article(path)
    windows = cut_windows(article, tokenizer)
    scored = Counter(
        (int(start), int(end))
        for window in windows
        for start, end, is_scored in zip(window.starts, window.ends, window.scored, strict=True)
        if is_scored
    )

    assert len(windows) > 1
    assert set(scored.values()) == {1}
    covered = {at for start, end in scored for at in range(start, end)}
    assert all(at in covered for at, c in enumerate(article.text) if c.isalnum())


@pytest.mark.parametrize("path", ARTICLES[:4], ids=lambda path: path.stem)
def test_windows_fit_the_encoder(tokenizer, path):
    """No window holds more pieces than the encoder reads."""
    for window in cut_windows(read_article(path), tokenizer):
        assert len(window.pieces) <= MAX_PIECES + 64
        assert (window.last >= window.first).all()
        assert window.last[-1] < len(window.pieces) - 1


def test_a_pair_runs_between_admissible_kinds(tokenizer):
    """Every pair has a relation that its kinds allow, and every such pair near by is there."""
    article = read_article(ARTICLES[0])
    block = next(b for b in article.blocks if b.end - b.start > 200)
    words = [(block.start, block.start + 8), (block.start + 60, block.start + 70)]
    concepts = [("measure", [words[0]]), ("challenge", [words[1]])]
    (pairs,) = [
        p for p in pair_mentions(article, cut_windows(article, tokenizer), concepts) if len(p.pairs)
    ]

    kinds = {int(row[3]) for row in pairs.pairs}

    assert kinds == {KINDS.index("measure") * len(KINDS) + KINDS.index("challenge")}


def test_admissible_table_says_what_the_signatures_say():
    """The table of kinds and relations holds each signature and nothing else."""
    total = sum(len(sources) * len(targets) for sources, targets in SIGNATURES.values())

    assert int(ADMISSIBLE.sum()) == total
    assert not ADMISSIBLE[KINDS.index("challenge"), KINDS.index("advancement")].any()


def test_tags_mark_the_first_piece_and_the_rest(tokenizer):
    """Kind tags of a span: one that opens it, others inside, zero elsewhere."""
    article = read_article(ARTICLES[0])
    window = cut_windows(article, tokenizer)[0]
    start, end = int(window.starts[2]), int(window.ends[4])

    tags = window.tag_kinds([(start, end, "measure")])

    number = KINDS.index("measure")
    marked = np.flatnonzero(tags)
    assert tags[marked[0]] == 1 + len(KINDS) + number
    assert set(tags[marked[1:]]) == {1 + number}
    assert marked[0] == window.first[2]
    assert marked[-1] == window.last[4]
