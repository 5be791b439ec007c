"""Where an article names a concept of the ontology by one of its labels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cloudhealth_kg.model import Article, Kind
from cloudhealth_kg.ontology import Ontology, normalise_label

_WORD = re.compile(r"\w+(?:[.'’&/+-]\w+)*")
LONGEST = 7
"""Words in the longest label that is looked for."""


@dataclass(frozen=True, slots=True)
class LexiconMatch:
    """`text[start:end]` is a label of the ontology; `kind` is that of the first who bears it."""

    start: int
    end: int
    kind: Kind


def match_lexicon(article: Article, ontology: Ontology) -> list[LexiconMatch]:
    """The longest matches, left to right and without overlap, within the blocks of an article."""
    openings = _openings(ontology.labels)
    matches = []
    for block in article.blocks:
        words = list(_WORD.finditer(article.text, block.start, block.end))
        at = 0
        while at < len(words):
            match = _longest_at(article.text, words, at, ontology, openings)
            if match is None:
                at += 1
                continue
            matches.append(match)
            while at < len(words) and words[at].start() < match.end:
                at += 1
    return matches


def _longest_at(
    text: str,
    words: list[re.Match[str]],
    at: int,
    ontology: Ontology,
    openings: Mapping[str, int],
) -> LexiconMatch | None:
    opening = normalise_label(words[at].group()).split(" ")[0]
    for more in range(min(openings.get(opening, 0), len(words) - at), 0, -1):
        start, end = words[at].start(), words[at + more - 1].end()
        iris = ontology.labels.get(normalise_label(text[start:end]))
        if iris:
            return LexiconMatch(start, end, ontology.concepts[iris[0]].kind)
    return None


def _openings(labels: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """From the first word of each label to the most words that a match may span."""
    longest: dict[str, int] = {}
    for label in labels:
        words = label.split(" ")
        spread = min(LONGEST, 2 * len(words))
        longest[words[0]] = max(spread, longest.get(words[0], 0))
    return longest
