"""What people would use instead, scored on the same articles by `evaluate --baselines`.

Each loads from an ontology into a function from `Article` to `Extraction`. None was tuned beyond
what its users would do; they say how hard the task is, not how bad others are.
"""

import importlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from importlib.util import find_spec
from itertools import permutations

import spacy
from spacy.language import Language
from spacy.tokens import Token

from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.lexicon import match_lexicon
from cloudhealth_kg.model import (
    SIGNATURES,
    Article,
    Concept,
    Evidence,
    Extraction,
    Kind,
    Mention,
    Relation,
    Statement,
)
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.versions import BASE_PIPELINE
from cloudhealth_kg.vocabulary import concept_iri

Extract = Callable[[Article], Extraction]
Span = tuple[int, int]

PHRASES = 50
"""About as many as an article has concepts."""

_KEYWORDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        ("act", "regulation", "directive", "rule", "law", "iso", "hipaa", "gdpr"), "regulation"
    ),
    **dict.fromkeys(
        (
            "risk",
            "threat",
            "breach",
            "attack",
            "lack",
            "cost",
            "concern",
            "failure",
            "outage",
            "gap",
        ),
        "challenge",
    ),
    **dict.fromkeys(
        ("training", "audit", "policy", "plan", "agreement", "assessment", "management", "review"),
        "measure",
    ),
    **dict.fromkeys(
        ("improvement", "access", "care", "savings", "efficiency", "scalability", "collaboration"),
        "advancement",
    ),
    **dict.fromkeys(
        ("system", "platform", "software", "encryption", "network", "server", "api", "device"),
        "technology",
    ),
}


def lexicon_matches(ontology: Ontology) -> Extract:
    """The labels of the ontology, found in the text; relations by co-occurrence in a sentence."""
    nlp = _sentences()

    def extract(article: Article) -> Extraction:
        spans = [((m.start, m.end), m.kind) for m in match_lexicon(article, ontology)]
        return _extraction(article, spans, _sentence_spans(nlp, article))

    return extract


def noun_chunks(_ontology: Ontology) -> Extract:
    """SpaCy's noun chunks whose words hold a keyword of a kind; relations by co-occurrence."""
    nlp = spacy.load(BASE_PIPELINE, exclude=["ner"])

    def extract(article: Article) -> Extraction:
        doc = nlp(article.text)
        spans = []
        for chunk in doc.noun_chunks:
            words = [t for t in chunk if not t.is_stop and not t.is_space]
            if words and (kind := _kind_by_keyword(words)):
                span = (words[0].idx, words[-1].idx + len(words[-1]))
                spans.append((span, kind))
        return _extraction(article, spans, [(s.start_char, s.end_char) for s in doc.sents])

    return extract


def textrank(ontology: Ontology) -> Extract:
    """The `PHRASES` highest-ranked phrases of TextRank (pytextrank); co-occurrence in a sentence.

    A phrase is of the kind of its label in the ontology, else of its keyword, else a challenge,
    the commonest kind. Mihalcea & Tarau, "TextRank: bringing order into texts" (EMNLP 2004).

    Raises:
        ModelError: pytextrank is not installed.
    """
    if find_spec("pytextrank") is None:
        raise ModelError(
            "the TextRank baseline needs pytextrank: pip install 'cloudhealth-kg[baselines]'"
        )
    with redirect_stdout(sys.stderr):  # it prints when it is imported, and registers the component
        importlib.import_module("pytextrank")
    nlp = spacy.load(BASE_PIPELINE, exclude=["ner"])
    nlp.add_pipe("textrank")

    def extract(article: Article) -> Extraction:
        doc = nlp(article.text)
        spans: list[tuple[Span, Kind]] = []
        for phrase in doc._.phrases[:PHRASES]:
            for chunk in phrase.chunks:
                known = ontology.labels.get(normalise_label(chunk.text))
                kind = ontology.concepts[known[0]].kind if known else _kind_by_keyword(chunk)
                spans.append(((chunk.start_char, chunk.end_char), kind or "challenge"))
        return _extraction(article, spans, [(s.start_char, s.end_char) for s in doc.sents])

    return extract


def _kind_by_keyword(words: Iterable[Token]) -> Kind | None:
    """The kind that the last keyword among the words stands for."""
    kinds = [_KEYWORDS[word.lemma_.lower()] for word in words if word.lemma_.lower() in _KEYWORDS]
    return kinds[-1] if kinds else None


def both(ontology: Ontology) -> Extract:
    """Lexicon matches, and noun chunks with a keyword that none of them touches."""
    by_label, by_keyword = lexicon_matches(ontology), noun_chunks(ontology)
    nlp = _sentences()

    def extract(article: Article) -> Extraction:
        spans: list[tuple[Span, Kind]] = []
        for extraction in (by_label(article), by_keyword(article)):
            kinds = {concept.iri: concept.kind for concept in extraction.concepts}
            spans += [
                ((m.start, m.end), kinds[m.concept])
                for m in extraction.mentions
                if all(m.end <= start or end <= m.start for (start, end), _ in spans)
            ]
        return _extraction(article, spans, _sentence_spans(nlp, article))

    return extract


BASELINES: Mapping[str, Callable[[Ontology], Extract]] = {
    "labels of the ontology": lexicon_matches,
    "noun chunks and keywords": noun_chunks,
    "TextRank phrases": textrank,
    "labels and noun chunks": both,
}


def _sentences() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


def _sentence_spans(nlp: Language, article: Article) -> list[Span]:
    return [(s.start_char, s.end_char) for s in nlp(article.text).sents]


def _extraction(
    article: Article, spans: Iterable[tuple[Span, Kind]], sentences: Iterable[Span]
) -> Extraction:
    """One concept a normalised label; related where admissible kinds share a sentence."""
    text = article.text
    concepts: dict[str, Concept] = {}
    mentions = []
    for (start, end), kind in spans:
        if not normalise_label(text[start:end]):
            continue
        iri = str(concept_iri(text[start:end]))
        concepts.setdefault(iri, Concept(iri, kind, text[start:end]))
        mentions.append(Mention(start, end, text[start:end], iri))
    evidence: defaultdict[tuple[str, Relation, str], list[Evidence]] = defaultdict(list)
    for start, end in sentences:
        inside = sorted({m.concept for m in mentions if start <= m.start and m.end <= end})
        for source, target in permutations(inside, 2):
            for relation, (sources, targets) in SIGNATURES.items():
                if concepts[source].kind in sources and concepts[target].kind in targets:
                    evidence[source, relation, target].append(
                        Evidence(start, end, text[start:end], "", "co-occurrence", "asserted", 1.0)
                    )
    statements = tuple(Statement(*key, tuple(found)) for key, found in evidence.items())
    return Extraction(article, tuple(concepts.values()), tuple(mentions), statements)
