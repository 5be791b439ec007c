"""Scores: the same as the house's own scorer gives, and right on cases one can count by hand."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest

from cloudhealth_kg.baselines import lexicon_matches
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.evaluate import (
    Outcome,
    bootstrap_f1,
    calibration_error,
    count,
    score_extraction,
)
from cloudhealth_kg.extract import to_record
from cloudhealth_kg.gold import GoldArticle, GoldConcept, GoldRelation, read_gold
from cloudhealth_kg.model import (
    Article,
    Concept,
    Evidence,
    Extraction,
    Mention,
    Metadata,
    Statement,
)
from cloudhealth_kg.ontology import load_ontology

ROOT = Path(__file__).resolve().parent.parent
SCORER = ROOT.parent / "shared" / "gold" / "score.py"
TEXT = "Encryption prevents data breaches. Training helps too, and audits."


def article(text=TEXT):
    """An article of one text."""
    return Article("a-1", text, (), Metadata(), "a.md", "sha256:0")


def gold(**changes):
    """Encryption mitigates data breaches; training is optional; audits are a measure."""
    concepts = (
        GoldConcept("t", "encryption", ("technology", "measure"), ("encryption",)),
        GoldConcept("c", "data breach", ("challenge",), ("data breaches",)),
        GoldConcept("o", "training", ("measure",), ("training",), optional=True),
        GoldConcept("m", "audit", ("measure",), ("audits",)),
    )
    relations = (GoldRelation(("mitigates",), "t", "c"), GoldRelation(("mitigates",), "o", "c"))
    return GoldArticle(article(), concepts, relations)


def extraction(named, related=()):
    """Concepts (iri, kind, words of the text) and relations between them."""
    concepts = tuple(Concept(iri, kind, words) for iri, kind, words in named)
    mentions = tuple(
        Mention(TEXT.index(words), TEXT.index(words) + len(words), words, iri, 0.7)
        for iri, _, words in named
    )
    evidence = (Evidence(0, 34, TEXT[:34], "", "sentence", "asserted", 0.6),)
    statements = tuple(Statement(s, p, o, evidence) for s, p, o in related)
    return Extraction(article(), concepts, mentions, statements)


def test_counts_right_wrong_and_missed():
    """One concept found, one missed, one of the wrong kind; the optional one counts neither way."""
    found = extraction(
        [
            ("1", "measure", "Encryption"),
            ("2", "technology", "audits"),
            ("3", "measure", "Training"),
        ]
    )

    rates = count(score_extraction(gold(), found), "concept")

    assert (rates.right, rates.wrong, rates.missed) == (1, 1, 2)
    assert rates.precision == 0.5


def test_a_second_concept_for_one_idea_is_wrong():
    """Two predictions that overlap one annotation: one is right, the other wrong."""
    found = extraction([("1", "challenge", "data breaches"), ("2", "challenge", "breaches")])

    rates = count(score_extraction(gold(), found), "concept")

    assert (rates.right, rates.wrong) == (1, 1)


def test_a_relation_is_right_where_type_and_ends_are():
    """The required relation is a hit, its reverse wrong, that of an optional end left out."""
    named = [
        ("1", "technology", "Encryption"),
        ("2", "challenge", "data breaches"),
        ("3", "measure", "Training"),
    ]
    found = extraction(
        named, [("1", "mitigates", "2"), ("2", "causes", "1"), ("3", "mitigates", "2")]
    )

    rates = count(score_extraction(gold(), found), "relation")

    assert (rates.right, rates.wrong, rates.missed) == (1, 1, 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"relations": [{"types": ["mitigates"], "source": "m9", "target": "c1"}]}, "m9"),
        ({"relations": [{"types": ["mitigate"], "source": "c1", "target": "c1"}]}, "mitigate"),
        ({"concepts": [{"id": "c1", "kinds": ["risk"], "label": "x", "mentions": ["x"]}]}, "risk"),
    ],
)
def test_a_slip_in_an_annotation_is_an_error_that_names_it(tmp_path, change, named):
    """It counts neither as a miss, nor does it end in a traceback."""
    concept = {"id": "c1", "kinds": ["challenge"], "label": "x", "mentions": ["x"]}
    record = {"article": "a.md", "concepts": [concept], "relations": []} | change
    (tmp_path / "a.md").write_text("x is here.")
    (tmp_path / "a.gold.json").write_text(json.dumps(record))
    with pytest.raises(
        ArticleError, match=rf"a\.gold\.json: {named}: no concept, kind or relation"
    ):
        read_gold(tmp_path)


def test_an_interval_holds_the_figure_it_belongs_to():
    """The bootstrap interval of F1 lies around F1 and within 0 and 1."""
    outcomes = [
        Outcome(f"{n}.md", "concept", "measure", verdict, "x", (0, 1))
        for n in range(12)
        for verdict in ("right", "wrong", "missed", "right")[: 2 + n % 3]
    ]

    low, high = bootstrap_f1(outcomes, "concept")

    assert 0 <= low <= count(outcomes, "concept").f1 <= high <= 1
    assert low < high


def test_calibration_error_is_the_gap_of_confidence_and_truth():
    """Half right at confidence 0.9 is a gap of 0.4; a missed item has no say."""
    outcomes = [
        Outcome("a", "concept", "measure", verdict, "x", (0, 1), 0.9)
        for verdict in ("right", "wrong", "missed")
    ]

    assert calibration_error(outcomes, "concept") == pytest.approx(0.4)


@pytest.mark.skipif(not SCORER.exists(), reason="the house's scorer is not beside this checkout")
def test_agrees_with_the_scorer_of_the_house():
    """On real articles every count is that of the independent scorer."""
    spec = importlib.util.spec_from_file_location("score", SCORER)
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    extract = lexicon_matches(load_ontology())
    golds = read_gold(ROOT / "corpus" / "unseen")[:6]
    tally = {
        (level, name): Counter(tp=0, fp=0, fn=0)
        for level, names in (("concept", score.KINDS), ("relation", score.TYPES))
        for name in names
    }
    outcomes = []
    for annotated in golds:
        found = extract(annotated.article)
        outcomes += score_extraction(annotated, found)
        path = (ROOT / "corpus" / "unseen" / annotated.article.path).with_suffix("")
        annotation = json.loads(path.with_suffix(".gold.json").read_text("utf-8"))
        score.score_article(annotation, to_record(found), tally, [])

    for (level, name), expected in tally.items():
        rates = count(outcomes, level, name)
        assert (rates.right, rates.wrong, rates.missed) == (
            expected["tp"],
            expected["fp"],
            expected["fn"],
        ), (level, name)
