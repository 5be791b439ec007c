"""Article to spaCy Doc: sentences, the concepts it names, each mention grounded.

The pipeline is an ordinary `spacy.Language`: a tagger and parser of spaCy's, and two components
of ours that read the article a `Doc` was made of. `doc.spans["mentions"]` then holds a span for
each mention: its label is the kind, its `kb_id_` the concept's IRI.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from cloudhealth_kg.concepts import CANDIDATE, NamedConcept, form_concepts, look_again, subject_free
from cloudhealth_kg.errors import ArticleError, ModelError
from cloudhealth_kg.lexicon import match_lexicon
from cloudhealth_kg.model import Article
from cloudhealth_kg.neural import Calibration, Model, SpanScorer, load_model
from cloudhealth_kg.ontology import Ontology, load_ontology
from cloudhealth_kg.parses import load_parse, save_parse
from cloudhealth_kg.versions import BASE_PIPELINE, default_model

RECOGNISER = "cloudhealth_concepts"
MENTIONS = "mentions"
MAX_CHARACTERS = 400_000
"""Some sixty thousand words; beyond that the parser wants gigabytes."""

FLOOR = 0.02
"""Pairs less probable than this are not looked at, nor listed as rejected."""


def load_pipeline(
    model: Path | None = None,
    *,
    ontology: Ontology | None = None,
    base: str = BASE_PIPELINE,
) -> Language:
    """The spaCy pipeline that `annotate` runs.

    Args:
        model: a model folder; None for the one that travels with the package.
        ontology: whose labels ground the mentions; None for ours.
        base: the name of an installed spaCy pipeline with a tagger and a parser.

    Raises:
        ModelError: the base pipeline or the model cannot be loaded.
    """
    nlp = load_parser(base)
    recogniser = cast(ConceptRecogniser, nlp.add_pipe(RECOGNISER))
    recogniser.model = load_model(model or default_model())
    recogniser.ontology = ontology or load_ontology()
    return nlp


def load_parser(base: str = BASE_PIPELINE) -> Language:
    """The first part of the pipeline, for `annotate`: it tags and parses, and finds no concepts.

    Raises:
        ModelError: as `load_pipeline`.
    """
    try:
        nlp = spacy.load(base, exclude=["ner"])
    except OSError as error:
        raise ModelError(
            f"{base}: no such spaCy pipeline is installed; install it, or name another"
        ) from error
    for name in ("article", "concepts", "pairs", "model", "ontology"):
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=None)
    nlp.add_pipe("cloudhealth_blocks", before="parser")
    return nlp


def annotate(article: Article, nlp: Language, parses: Path | None = None) -> Doc:
    """The article as a `Doc`: `doc.text == article.text`, so offsets are the same in both.

    Args:
        article: to be annotated.
        nlp: as `load_pipeline` gives it.
        parses: folder of a store that keeps parses; the result is the same with and without.

    Raises:
        ArticleError: it is longer than `MAX_CHARACTERS`.
    """
    if len(article.text) > MAX_CHARACTERS:
        raise ArticleError(
            f"{article.path}: {len(article.text)} characters are too many for one article "
            f"(at most {MAX_CHARACTERS}); split it"
        )
    doc = load_parse(parses, article, nlp) if parses else None
    if doc is not None:
        doc._.article = article
        return nlp.get_pipe(RECOGNISER)(doc)
    doc = nlp.make_doc(article.text)
    doc._.article = article
    doc = nlp(doc)
    if parses:
        save_parse(parses, article, doc, nlp)
    return doc


@Language.component("cloudhealth_blocks")
def start_sentences_at_blocks(doc: Doc) -> Doc:
    """Let no sentence run from one block of the article into the next."""
    starts = {block.start for block in doc._.article.blocks}
    for token in doc:
        if token.idx in starts or (token.i and doc[token.i - 1].is_space):
            token.is_sent_start = True
    return doc


class ConceptRecogniser:
    """Finds the concepts a `Doc`'s article names, by a model and an ontology."""

    model: Model
    ontology: Ontology

    def __call__(self, doc: Doc) -> Doc:
        """The same `Doc`, with concepts, mentions and scored pairs of concepts set."""
        candidates = find_candidates(doc._.article, self.model.spans, self.ontology)
        reading = self.model.pairs.read(
            doc._.article, [concept.named for concept in candidates], floor=FLOOR
        )
        candidates = look_again(candidates, reading)
        candidates = weigh_concepts(candidates, self.model.concept_calibration)
        kept = [
            number
            for number, concept in enumerate(candidates)
            if concept.confidence >= self.model.concept_threshold
        ]
        concepts = [_in_lower_case(doc, candidates[number]) for number in kept]
        number_of = {number: at for at, number in enumerate(kept)}
        doc._.concepts = concepts
        doc._.pairs = [
            replace(pair, source=number_of[pair.source], target=number_of[pair.target])
            for pair in reading.pairs
            if pair.source in number_of and pair.target in number_of
        ]
        doc._.model = self.model
        doc._.ontology = self.ontology
        doc.spans[MENTIONS] = [
            _token_span(doc, span.start, span.end, concept)
            for concept in concepts
            for span in concept.spans
        ]
        doc.spans[MENTIONS].attrs["scores"] = np.array(
            [concept.confidence for concept in concepts for _ in concept.spans]
        )
        return doc


def find_candidates(article: Article, scorer: SpanScorer, ontology: Ontology) -> list[NamedConcept]:
    """What a span network finds in an article, down to the score `CANDIDATE`."""
    lexicon = [(m.start, m.end, m.kind) for m in match_lexicon(article, ontology)]
    spans = scorer.score(article, lexicon, floor=CANDIDATE)
    return form_concepts(article, subject_free(spans, article, ontology), ontology)


def weigh_concepts(
    concepts: Sequence[NamedConcept], calibration: Calibration
) -> list[NamedConcept]:
    """The concepts with their confidence, now that the pair network has looked at them too."""
    return [replace(c, confidence=calibration.apply(*c.features)) for c in concepts]


@Language.factory(RECOGNISER)
def make_recogniser(nlp: Language, name: str) -> ConceptRecogniser:  # noqa: ARG001 spaCy passes both
    """A recogniser for `load_pipeline` to equip."""
    return ConceptRecogniser()


def _in_lower_case(doc: Doc, concept: NamedConcept) -> NamedConcept:
    """The concept without the capital that its label only owes to opening a sentence."""
    text = doc._.article.text
    span = next((s for s in concept.spans if text[s.start : s.end] == concept.label), None)
    if concept.known or concept.kind == "regulation" or span is None:
        return concept
    token = _token_span(doc, span.start, span.end, concept)[0]
    if token.pos_ == "PROPN" or not (token.text.istitle() and token.is_alpha):
        return concept
    if token.pos_ == "ADJ" and _is_proper(token.text, text):
        return concept
    return replace(concept, label=concept.label[0].lower() + concept.label[1:])


def _is_proper(word: str, text: str) -> bool:
    """Whether a word bears its capital within a sentence too, and is never small: "German"."""
    within = re.search(rf"[a-z] {word}\b", text)
    return bool(within) and not re.search(rf"\b{word.lower()}\b", text)


def _token_span(doc: Doc, start: int, end: int, concept: NamedConcept) -> Span:
    span = doc.char_span(start, end, label=concept.kind, kb_id=concept.iri, alignment_mode="expand")
    assert span is not None, f"[{start}, {end}) lies outside the text"
    return span
