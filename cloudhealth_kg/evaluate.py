"""Precision, recall and F1 of extractions against annotated articles.

Within an article, predicted and annotated concepts are matched one to one by the assignment of
greatest weight (Kuhn-Munkres, by SciPy): same kind, and two mentions that share at least half of
their characters or content words. A relation is right when its type and both its concepts are.
What matches an optional annotation counts neither way. Intervals are percentiles of a bootstrap
over articles (Efron, 1979).
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from cloudhealth_kg.gold import GoldArticle, GoldConcept, spans_of
from cloudhealth_kg.model import KINDS, RELATIONS, Article, Extraction

Level = Literal["concept", "relation"]
Verdict = Literal["right", "wrong", "missed"]
Span = tuple[int, int]

NEAR = 0.5
REQUIRED, SECOND_PART, OPTIONAL = 10_000, 100, 1
"""Weights in the assignment: a required concept outweighs any number of parts or optional ones."""

_STOP = frozenset(
    """
    a an and or of for to in on with the their its his her our your by from at as be is are
    """.split()
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One concept or relation, found, missed or made up."""

    article: str
    level: Level
    name: str
    """A kind or a relation."""
    verdict: Verdict
    label: str
    place: Span
    """Where in the text it stands (its first mention)."""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts and what follows from them; 0.0 where nothing can be said."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was given that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """Share of what was asked for that was given."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score_extraction(gold: GoldArticle, extraction: Extraction) -> list[Outcome]:
    """An outcome for each required annotation and for each prediction that matches none."""
    article = gold.article
    spans: dict[str, list[Span]] = {concept.iri: [] for concept in extraction.concepts}
    confidence = dict.fromkeys(spans, 0.0)
    for mention in extraction.mentions:
        spans[mention.concept].append((mention.start, mention.end))
        confidence[mention.concept] = max(confidence[mention.concept], mention.confidence)
    predicted = [(c.kind, spans[c.iri]) for c in extraction.concepts]
    match_of = {
        extraction.concepts[number].iri: match
        for number, match in assign_concepts(gold.concepts, predicted, article.text).items()
    }
    found: dict[str, str] = {}
    for iri, match in match_of.items():
        found.setdefault(match.id, iri)
    outcomes = []
    for wanted in gold.concepts:
        if not wanted.optional:
            match_iri = found.get(wanted.id)
            place = next(iter(spans_of(wanted, article.text)), (0, 0))
            outcomes.append(
                Outcome(
                    article.path,
                    "concept",
                    wanted.kinds[0],
                    "right" if match_iri else "missed",
                    wanted.label,
                    place,
                    confidence[match_iri] if match_iri else 0.0,
                )
            )
    outcomes.extend(
        Outcome(
            article.path,
            "concept",
            concept.kind,
            "wrong",
            concept.label,
            spans[concept.iri][0],
            confidence[concept.iri],
        )
        for concept in extraction.concepts
        if concept.iri not in match_of
    )
    return [*outcomes, *_score_relations(gold, extraction, match_of)]


def _score_relations(
    gold: GoldArticle, extraction: Extraction, match_of: Mapping[str, GoldConcept]
) -> list[Outcome]:
    by_id = {concept.id: concept for concept in gold.concepts}
    optional = {concept.id for concept in gold.concepts if concept.optional}
    labels = {c.iri: c.label for c in extraction.concepts} | {c.id: c.label for c in gold.concepts}
    wanted = {(t, r.source, r.target): r for r in gold.relations for t in r.types}
    hits: dict[int, float] = {}
    outcomes = []
    seen = set()
    for statement in extraction.statements:
        if not any(e.stance != "negated" for e in statement.evidence):
            continue
        ends = [
            match_of[i].id if i in match_of else i for i in (statement.subject, statement.object)
        ]
        key = (statement.predicate, ends[0], ends[1])
        if key in seen or ends[0] == ends[1]:
            continue
        seen.add(key)
        if key in wanted:
            hits[id(wanted[key])] = statement.confidence
            continue
        target = by_id.get(ends[1])
        unscored = statement.predicate == "governs" and target and "measure" in target.kinds
        if not unscored and not optional.intersection(ends):
            evidence = statement.evidence[0]
            outcomes.append(
                Outcome(
                    gold.article.path,
                    "relation",
                    statement.predicate,
                    "wrong",
                    f"{labels[ends[0]]} -> {labels[ends[1]]}",
                    (evidence.start, evidence.end),
                    statement.confidence,
                )
            )
    for relation in gold.relations:
        if relation.optional or optional & {relation.source, relation.target}:
            continue
        place = next(iter(spans_of(by_id[relation.source], gold.article.text)), (0, 0))
        outcomes.append(
            Outcome(
                gold.article.path,
                "relation",
                relation.types[0],
                "right" if id(relation) in hits else "missed",
                f"{labels[relation.source]} -> {labels[relation.target]}",
                place,
                hits.get(id(relation), 0.0),
            )
        )
    return outcomes


def count(outcomes: Iterable[Outcome], level: Level, name: str | None = None) -> Rates:
    """Rates over the outcomes of one level, of one kind or relation where `name` is given."""
    tally = Counter(
        o.verdict for o in outcomes if o.level == level and (name is None or o.name == name)
    )
    return Rates(tally["right"], tally["wrong"], tally["missed"])


def rates_by_name(outcomes: Sequence[Outcome]) -> list[tuple[Level, str, Rates]]:
    """A row for all concepts, each kind, all relations, each relation."""
    rows: list[tuple[Level, str, Rates]] = []
    levels: tuple[tuple[Level, Sequence[str]], ...] = (("concept", KINDS), ("relation", RELATIONS))
    for level, names in levels:
        rows.append((level, "all", count(outcomes, level)))
        rows.extend((level, name, count(outcomes, level, name)) for name in names)
    return rows


def bootstrap_f1(
    outcomes: Sequence[Outcome], level: Level, *, rounds: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of F1 when articles are drawn anew, with replacement."""
    by_article: dict[str, Counter[Verdict]] = {}
    for outcome in outcomes:
        if outcome.level == level:
            by_article.setdefault(outcome.article, Counter())[outcome.verdict] += 1
    counts = [by_article[name] for name in sorted(by_article)]
    if not counts:
        return 0.0, 0.0
    draw = random.Random(seed)
    values = []
    for _ in range(rounds):
        total: Counter[Verdict] = Counter()
        for chosen in draw.choices(counts, k=len(counts)):
            total.update(chosen)
        values.append(Rates(total["right"], total["wrong"], total["missed"]).f1)
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def calibration_error(outcomes: Iterable[Outcome], level: Level, *, bins: int = 10) -> float:
    """Expected calibration error (Naeini et al., AAAI 2015): mean gap of confidence and truth."""
    given = [o for o in outcomes if o.level == level and o.verdict != "missed"]
    gap = 0.0
    for number in range(bins):
        inside = [o for o in given if min(bins - 1, int(o.confidence * bins)) == number]
        if inside:
            truth = sum(o.verdict == "right" for o in inside) / len(inside)
            said = sum(o.confidence for o in inside) / len(inside)
            gap += abs(truth - said) * len(inside)
    return gap / len(given) if given else 0.0


def assign_concepts(
    golds: Sequence[GoldConcept], predicted: Sequence[tuple[str, Sequence[Span]]], text: str
) -> dict[int, GoldConcept]:
    """From the number of each matched prediction to the annotated concept it is given to."""
    slots: list[tuple[GoldConcept, int]] = []
    for concept in golds:
        if concept.optional:
            slots.append((concept, OPTIONAL))
        else:
            slots.append((concept, REQUIRED))
            slots.extend([(concept, SECOND_PART)] * (concept.parts - 1))
    if not slots or not predicted:
        return {}
    places = {concept.id: spans_of(concept, text) for concept in golds}
    weights = np.zeros((len(slots), len(predicted)))
    for row, (concept, weight) in enumerate(slots):
        for column, (kind, spans) in enumerate(predicted):
            if kind in concept.kinds:
                near = _nearness(places[concept.id], spans, text)
                weights[row, column] = weight * (10 + near) if near else 0.0
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return {
        int(column): slots[row][0]
        for row, column in zip(rows, columns, strict=True)
        if weights[row, column] > 0
    }


def _nearness(golds: Sequence[Span], predicted: Sequence[Span], text: str) -> float:
    """The best agreement of two spans that overlap, or 0.0 below `NEAR`."""
    best = 0.0
    for span in predicted:
        words = _stems(text[span[0] : span[1]])
        for gold in golds:
            shared = min(span[1], gold[1]) - max(span[0], gold[0])
            if shared > 0:
                other = _stems(text[gold[0] : gold[1]])
                union = words | other
                characters = shared / (max(span[1], gold[1]) - min(span[0], gold[0]))
                best = max(best, characters, len(words & other) / len(union) if union else 0.0)
    return best if best >= NEAR else 0.0


def _stems(text: str) -> frozenset[str]:
    """Content words without their plural endings."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(re.sub(r"(?<=..)(?:ies|es|s)$", "", w) for w in words if w not in _STOP)


def score_all(
    golds: Iterable[GoldArticle], extract: Callable[[Article], Extraction]
) -> list[Outcome]:
    """The outcomes of an extractor over annotated articles."""
    return [outcome for gold in golds for outcome in score_extraction(gold, extract(gold.article))]
