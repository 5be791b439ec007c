"""How sure the networks may be: curves and thresholds from articles that were held back.

Confidences are logistic curves (Platt, "Probabilistic outputs for support vector machines", 1999)
of what was found in articles that neither network had seen.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from cloudhealth_kg.annotate import annotate, load_parser, weigh_concepts
from cloudhealth_kg.concepts import NamedConcept
from cloudhealth_kg.errors import ModelError
from cloudhealth_kg.extract import ground
from cloudhealth_kg.gold import GoldArticle
from cloudhealth_kg.neural import Calibration, PairScore, logit
from cloudhealth_kg.ontology import Ontology

log = logging.getLogger(__name__)

MOST_CONCEPTS, MOST_RELATIONS = 0.77, 0.58
"""Findings in held-back articles for each that was wanted. On articles as easy as those of the
development set this gives about as many as are wanted, so that precision is not below recall."""

SURER = Calibration((1.2, 0.25))
"""What the span network that is kept makes of a fold's log-odds: a factor and a constant. It saw
more articles, and longer, and is surer. Found by comparing quantiles of the scores of both in the
texts (not the annotations) of `corpus/unseen` and `corpus/contracts`, which neither had seen; the
pair networks are as sure as one another."""


@dataclass(frozen=True)
class Finding:
    """What the networks make of an article they had not seen."""

    gold: GoldArticle
    concepts: Sequence[NamedConcept]
    ids: Sequence[str | None]
    """Of the annotated concepts they stand for."""
    pairs: Sequence[PairScore]


@dataclass(frozen=True)
class _Judged:
    """Held-back findings: the features of each, whether it is right, how many were wanted."""

    features: list[list[float]]
    right: list[bool]
    wanted: int


def calibrate(findings: Sequence[Finding], ontology: Ontology) -> dict[str, Any]:
    """The part of a model's configuration that says how sure its networks may be.

    Args:
        findings: in held-back articles.
        ontology: as the networks were given it.

    Raises:
        ModelError: there is too little in the articles to learn it from.
    """
    findings = [_as_kept(finding) for finding in findings]
    concepts = _judge_concepts(findings)
    concept_curve = _fit_curve(concepts)
    concept_threshold = _best_threshold(concepts, concept_curve, MOST_CONCEPTS)
    relations = _judge_relations(findings, concept_curve, concept_threshold, ontology)
    relation_curve = _fit_curve(relations)
    return {
        "concept_threshold": concept_threshold,
        "concept_calibration": concept_curve.weights,
        "relation_threshold": _best_threshold(relations, relation_curve, MOST_RELATIONS),
        "relation_calibration": relation_curve.weights,
    }


def _as_kept(finding: Finding) -> Finding:
    """The finding with spans as sure as the network that is kept would be of them."""
    concepts = [
        replace(
            concept,
            score=SURER.apply(logit(concept.score)),
            spans=tuple(replace(s, score=SURER.apply(logit(s.score))) for s in concept.spans),
        )
        for concept in finding.concepts
    ]
    return replace(finding, concepts=concepts)


def _judge_concepts(findings: Sequence[Finding]) -> _Judged:
    judged = _Judged([], [], sum(not c.optional for f in findings for c in f.gold.concepts))
    for finding in findings:
        optional = {c.id for c in finding.gold.concepts if c.optional}
        for concept, match in zip(finding.concepts, finding.ids, strict=True):
            if match not in optional:
                judged.features.append(concept.features)
                judged.right.append(match is not None)
    return judged


def _judge_relations(
    findings: Sequence[Finding], curve: Calibration, threshold: float, ontology: Ontology
) -> _Judged:
    """The pairs of concepts that `curve` and `threshold` let stand."""
    judged = _Judged([], [], sum(_wanted_relations(finding.gold) for finding in findings))
    parser = load_parser()
    for finding in findings:
        doc = annotate(finding.gold.article, parser)
        relations = finding.gold.relations
        right = {(t, r.source, r.target) for r in relations for t in r.types}
        doubtful = {(r.source, r.target) for r in relations if r.optional}
        optional = {c.id for c in finding.gold.concepts if c.optional}
        concepts = weigh_concepts(finding.concepts, curve)
        stands = [concept.confidence >= threshold for concept in concepts]
        pairs = [pair for pair in finding.pairs if stands[pair.source] and stands[pair.target]]
        for pair, why in zip(pairs, ground(doc, pairs, concepts, ontology), strict=True):
            ends = finding.ids[pair.source], finding.ids[pair.target]
            if ends in doubtful or optional & set(ends) or (ends[0] and ends[0] == ends[1]):
                continue
            judged.features.append(why.features)
            judged.right.append((pair.relation, *ends) in right)
    return judged


def _wanted_relations(gold: GoldArticle) -> int:
    optional = {c.id for c in gold.concepts if c.optional}
    return sum(not r.optional and not optional & {r.source, r.target} for r in gold.relations)


def _fit_curve(judged: _Judged) -> Calibration:
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
