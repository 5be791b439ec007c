"""Annotated Doc to Extraction: the statements an article makes, and the passages behind them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from cloudhealth_kg.agreement import CUES, agreeing_families
from cloudhealth_kg.annotate import annotate, load_pipeline
from cloudhealth_kg.concepts import NamedConcept
from cloudhealth_kg.model import (
    Article,
    Concept,
    Evidence,
    Extraction,
    Mention,
    Relation,
    Statement,
)
from cloudhealth_kg.neural import Model, PairScore, logit
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.stance import read_stance
from cloudhealth_kg.versions import BASE_PIPELINE

NEARLY = 0.5
"""A passage counts as evidence where it speaks at least this share as clearly as the best."""

MOST_PASSAGES = 3
LONGEST_QUOTE = 500
"""Characters; where two mentions lie farther apart, the source's sentence alone is quoted."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was made of a `Doc`, and why."""

    extraction: Extraction
    rejected: tuple["Rejected", ...]
    """The likeliest first."""
    grounds: dict[tuple[str, Relation, str], "Grounds"]
    """For each statement (subject, predicate, object) what decided on it."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What decides on a pair."""

    score: float
    """By the pair network."""
    best_of_source: float
    """The score of the likeliest pair with the same source, this one or a rival."""
    best_of_target: float
    source: float
    """Confidence of the source."""
    target: float
    families: tuple[str, ...]
    """Of rules that speak for it too."""

    @property
    def features(self) -> list[float]:
        """The input of `Model.relation_calibration`."""
        scores = (self.score, self.best_of_source, self.best_of_target, self.source, self.target)
        return [*map(logit, scores), float(len(self.families))]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A pair that was weighed and not stated, and why."""

    source: str
    relation: str
    target: str
    confidence: float
    reason: str


def extract(article: Article, nlp: Language, parses: Path | None = None) -> Extraction:
    """All that an article says. The same article, model and ontology give the same result.

    `parses` is as for `annotate`.
    """
    return to_extraction(annotate(article, nlp, parses))


def to_extraction(doc: Doc) -> Extraction:
    """The extraction of a `Doc` that `annotate` made."""
    return weigh(doc).extraction


def weigh(doc: Doc) -> Weighed:
    """The extraction of a `Doc`, and the pairs that were weighed and found too light."""
    article: Article = doc._.article  # its text costs nothing, `doc.text` is joined at each use
    concepts: Sequence[NamedConcept] = doc._.concepts
    model: Model = doc._.model
    pairs: Sequence[PairScore] = doc._.pairs
    grounds = ground(doc, pairs, concepts, doc._.ontology)
    confidences = {
        (pair.source, pair.target): model.relation_calibration.apply(*why.features)
        for pair, why in zip(pairs, grounds, strict=True)
    }
    statements, rejected, decided = [], [], {}
    for pair, why in zip(pairs, grounds, strict=True):
        source, target = concepts[pair.source], concepts[pair.target]
        confidence = confidences[pair.source, pair.target]
        reason = ""
        if confidence < model.relation_threshold:
            reason = f"confidence {confidence:.2f} is below {model.relation_threshold:.2f}"
        elif confidence < confidences.get((pair.target, pair.source), 0.0):
            reason = "the other direction is likelier"
        elif pair.relation == "causes" and source.kind != "challenge" and not _causal(doc, pair):
            reason = "no word of the passage says that it causes"
        evidence = _evidence(doc, pair, confidence, asserted=not reason)
        if evidence:
            statements.append(Statement(source.iri, pair.relation, target.iri, evidence))
            decided[source.iri, pair.relation, target.iri] = why
        else:
            rejected.append(Rejected(source.label, pair.relation, target.label, confidence, reason))
    extraction = Extraction(
        article,
        tuple(sorted((_to_concept(c) for c in concepts), key=lambda c: c.iri)),
        tuple(_mentions(article.text, concepts)),
        tuple(sorted(statements, key=lambda s: (s.subject, s.predicate, s.object))),
    )
    likeliest_first = sorted(rejected, key=lambda r: (-r.confidence, r.source, r.target))
    return Weighed(extraction, tuple(likeliest_first), decided)


def ground(
    doc: Doc, pairs: Sequence[PairScore], concepts: Sequence[NamedConcept], ontology: Ontology
) -> list[Grounds]:
    """For each pair, what there is to decide on it by.

    Args:
        doc: the article, parsed.
        pairs: all whose concepts stand, by the numbers of these.
        concepts: weighed.
        ontology: whose guidance may speak for a pair.
    """
    by_source: defaultdict[int, float] = defaultdict(float)
    by_target: defaultdict[int, float] = defaultdict(float)
    for pair in pairs:
        by_source[pair.source] = max(by_source[pair.source], pair.score)
        by_target[pair.target] = max(by_target[pair.target], pair.score)
    return [
        Grounds(
            pair.score,
            by_source[pair.source],
            by_target[pair.target],
            concepts[pair.source].confidence,
            concepts[pair.target].confidence,
            agreement(doc, pair, concepts, ontology),
        )
        for pair in pairs
    ]


def agreement(
    doc: Doc, pair: PairScore, concepts: Sequence[NamedConcept], ontology: Ontology
) -> tuple[str, ...]:
    """The families of rules that speak for what the model makes of a pair."""
    source, target = (_span(doc, place) for place in pair.places[0][:2])
    _, _, rule = _passage(doc, source, target)
    statement = concepts[pair.source].iri, pair.relation, concepts[pair.target].iri
    return agreeing_families(source, target, rule, statement, ontology)


def _causal(doc: Doc, pair: PairScore) -> bool:
    """Whether a word of cause stands in the sentences of the pair's clearest passage.

    Without one, a technology, measure or law is not said to cause a challenge.
    """
    source, target, _ = pair.places[0]
    sentences = {_span(doc, source).sent, _span(doc, target).sent}
    return any(token.lemma_.lower() in CUES["causes"] for sent in sentences for token in sent)


def _to_concept(concept: NamedConcept) -> Concept:
    return Concept(concept.iri, concept.kind, concept.label, concept.known)


def _mentions(text: str, concepts: Sequence[NamedConcept]) -> list[Mention]:
    mentions = {
        (span.start, span.end): Mention(
            span.start,
            span.end,
            text[span.start : span.end],
            concept.iri,
            concept.confidence,
        )
        for concept in concepts
        for span in concept.spans
    }
    return [mentions[place] for place in sorted(mentions)]


def _evidence(
    doc: Doc, pair: PairScore, confidence: float, *, asserted: bool
) -> tuple[Evidence, ...]:
    """The passages that bear a statement; of a pair below the threshold only its denials."""
    article: Article = doc._.article
    best = pair.places[0][2]
    found: dict[tuple[int, int], Evidence] = {}
    for source_place, target_place, strength in pair.places[:MOST_PASSAGES]:
        if strength < NEARLY * best:
            break
        source, target = _span(doc, source_place), _span(doc, target_place)
        stance = read_stance(source, target, helps=pair.relation != "causes")
        if not asserted and (stance != "negated" or pair.relation != "mitigates"):
            continue
        start, end, rule = _passage(doc, source, target)
        evidence = Evidence(
            start,
            end,
            article.text[start:end],
            article.section_at(start),
            rule,
            stance,
            round(confidence * strength / best, 2),
        )
        found.setdefault((start, end), evidence)
    return tuple(found[place] for place in sorted(found))


def _span(doc: Doc, place: tuple[int, int]) -> Span:
    span = doc.char_span(*place, alignment_mode="expand")
    assert span is not None, f"{place} lies outside the text"
    return span


def _passage(doc: Doc, source: Span, target: Span) -> tuple[int, int, str]:
    """The passage to quote, and by which structure it joins the two mentions."""
    if source.sent == target.sent:
        rule = "row" if _block(doc, source.start_char) == "row" else "sentence"
        return *_trim(doc, source.sent.start_char, source.sent.end_char), rule
    if _block(doc, target.start_char) == "heading":
        return *_trim(doc, source.sent.start_char, source.sent.end_char), "heading"
    if _block(doc, source.start_char) == "heading":
        return *_trim(doc, target.sent.start_char, target.sent.end_char), "heading"
    first, last = sorted((source.sent, target.sent), key=lambda s: s.start)
    if last.end_char - first.start_char <= LONGEST_QUOTE:
        return *_trim(doc, first.start_char, last.end_char), "passage"
    return *_trim(doc, source.sent.start_char, source.sent.end_char), "passage"


def _block(doc: Doc, offset: int) -> str:
    article: Article = doc._.article
    return next((b.role for b in article.blocks if b.start <= offset < b.end), "")


def _trim(doc: Doc, start: int, end: int) -> tuple[int, int]:
    quote = doc._.article.text[start:end]
    return start + len(quote) - len(quote.lstrip()), end - (len(quote) - len(quote.rstrip()))


def load_extractor(
    model: Path | None = None,
    ontology: Ontology | None = None,
    base: str = BASE_PIPELINE,
    parses: Path | None = None,
) -> Callable[[Article], Extraction]:
    """A function that extracts; a `partial` of this one can be sent to another process.

    The arguments are as for `load_pipeline` and `annotate`.

    Raises:
        ModelError: the model or the spaCy pipeline cannot be loaded.
    """
    return partial(extract, nlp=load_pipeline(model, ontology=ontology, base=base), parses=parses)


def to_record(extraction: Extraction) -> dict[str, Any]:
    """The extraction as a JSON object, statements that are only denied left out of `relations`."""
    names: dict[str, list[Mention]] = {concept.iri: [] for concept in extraction.concepts}
    for mention in extraction.mentions:
        names[mention.concept].append(mention)
    return {
        "article": extraction.article.path,
        "id": extraction.article.id,
        "text": extraction.article.text,
        "concepts": [
            {
                "id": concept.iri,
                "label": concept.label,
                "kind": concept.kind,
                "known": concept.known,
                "confidence": max(m.confidence for m in names[concept.iri]),
                "mentions": [
                    {"start": m.start, "end": m.end, "text": m.quote} for m in names[concept.iri]
                ],
            }
            for concept in extraction.concepts
        ],
        "relations": [
            {
                "type": statement.predicate,
                "source": statement.subject,
                "target": statement.object,
                "confidence": statement.confidence,
                "evidence": [asdict(evidence) for evidence in statement.evidence],
            }
            for statement in extraction.statements
            if any(e.stance != "negated" for e in statement.evidence)
        ],
    }
