"""What the questions answer over the demo corpus as people annotated it.

The annotations stand in for an extraction, so the answers in `tests/golden` change with the
questions, the ontology or the annotations, and not with the model. Written anew by
`python tests/golden_answers.py`; read the difference before you commit it.
"""

import csv
import io
from itertools import product
from pathlib import Path

from rdflib import Dataset

from cloudhealth_kg.dataset import put_article, put_ontology
from cloudhealth_kg.gold import GoldArticle, GoldConcept, read_gold, spans_of
from cloudhealth_kg.model import SIGNATURES, Concept, Evidence, Extraction, Mention, Statement
from cloudhealth_kg.ontology import Ontology, load_ontology, normalise_label
from cloudhealth_kg.queries import ask, questions
from cloudhealth_kg.report import sentence_at
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import concept_iri

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "tests" / "golden"

SHOWN = 30


def annotated_dataset() -> Dataset:
    """The demo corpus and the curated graphs in memory."""
    ontology = load_ontology()
    dataset = open_dataset()
    put_ontology(dataset, ontology)
    for gold in read_gold(ROOT / "corpus" / "articles"):
        put_article(dataset, annotated_extraction(gold, ontology))
    return dataset


def annotated_extraction(gold: GoldArticle, ontology: Ontology) -> Extraction:
    """An annotation in the form of an extraction."""
    text = gold.article.text
    iris = {concept.id: _iri(concept, ontology) for concept in gold.concepts}
    places = {concept.id: spans_of(concept, text) for concept in gold.concepts}
    concepts: dict[str, Concept] = {}
    mentions: dict[tuple[int, int], Mention] = {}
    for concept in gold.concepts:
        iri = iris[concept.id]
        known = ontology.concepts.get(iri)
        label = known.label if known else concept.label
        concepts.setdefault(iri, Concept(iri, concept.kinds[0], label, known is not None))
        for start, end in places[concept.id]:
            mentions.setdefault((start, end), Mention(start, end, text[start:end], iri))
    statements: dict[tuple[str, str, str], Statement] = {}
    for relation in gold.relations:
        ends = places[relation.source], places[relation.target]
        if not all(ends) or iris[relation.source] == iris[relation.target]:
            continue
        kinds = [concepts[iris[end]].kind for end in (relation.source, relation.target)]
        sources, targets = SIGNATURES[relation.types[0]]
        if kinds[0] not in sources or kinds[1] not in targets:
            continue
        source, target = min(product(*ends), key=lambda pair: abs(pair[0][0] - pair[1][0]))
        quote = sentence_at(text, (min(source[0], target[0]), max(source[1], target[1])))
        if len(quote) > 500:
            quote = sentence_at(text, source)
        start = text.index(quote)
        confidence = 0.5 if relation.optional else 1.0
        section = gold.article.section_at(start)
        evidence = Evidence(
            start, start + len(quote), quote, section, "annotated", "asserted", confidence
        )
        key = iris[relation.source], relation.types[0], iris[relation.target]
        statements.setdefault(key, Statement(*key, (evidence,)))
    return Extraction(
        gold.article,
        tuple(concepts.values()),
        tuple(mentions[place] for place in sorted(mentions)),
        tuple(statements.values()),
    )


def _iri(concept: GoldConcept, ontology: Ontology) -> str:
    for label in (concept.label, *concept.mentions):
        if found := ontology.labels.get(normalise_label(label)):
            return found[0]
    return str(concept_iri(concept.label))


def answer(dataset: Dataset, name: str) -> str:
    """The answer to a question with its default parameters, as CSV, its last rows only counted."""
    given = ask(dataset, name)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(given.columns)
    writer.writerows(given.rows[:SHOWN])
    if len(given.rows) > SHOWN:
        writer.writerow([f"and {len(given.rows) - SHOWN} more"])
    return buffer.getvalue()


if __name__ == "__main__":
    held = annotated_dataset()
    for file in ANSWERS.glob("*.csv"):
        file.unlink()
    for question in questions():
        (ANSWERS / f"{question}.csv").write_text(answer(held, question), encoding="utf-8")
