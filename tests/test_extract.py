"""Extraction with the model that travels with the package."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cloudhealth_kg.annotate import _in_lower_case, annotate, load_pipeline
from cloudhealth_kg.articles import read_article, read_text
from cloudhealth_kg.concepts import NamedConcept
from cloudhealth_kg.evaluate import count, score_all
from cloudhealth_kg.explanation import explain_concepts, explain_rejected
from cloudhealth_kg.extract import extract, ground, load_extractor, to_record, weigh
from cloudhealth_kg.gold import read_gold
from cloudhealth_kg.model import SIGNATURES
from cloudhealth_kg.neural import PairScore, SpanScore, logit
from cloudhealth_kg.ontology import load_ontology

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
ARTICLES = sorted(p for p in (ROOT / "corpus/articles").iterdir() if p.suffix in {".md", ".html"})

HEADED = """# Moving a clinic to the cloud

## Ransomware

Ransomware can stop a clinic for weeks. Offline backups and staff training reduce the risk.
Multi-factor authentication keeps intruders out.

## Vendor lock-in

Many clinics fear vendor lock-in. A written exit plan and open standards such as FHIR prevent it.
"""


@pytest.fixture(scope="module")
def nlp():
    """The pipeline with the model that travels with the package."""
    return load_pipeline()


def said(extraction):
    """Statements as (subject, relation, object) labels in lower case."""
    labels = {concept.iri: concept.label.lower() for concept in extraction.concepts}
    return {(labels[s.subject], s.predicate, labels[s.object]) for s in extraction.statements}


def test_remedies_under_a_heading_mitigate_its_challenge(nlp):
    """A person's first reading of a plain article is what comes out."""
    found = said(extract(read_text(HEADED.encode(), "clinic.md"), nlp))

    assert ("staff training", "mitigates", "ransomware") in found
    assert ("exit strategy", "mitigates", "vendor lock-in") in found
    assert ("hl7 fhir", "mitigates", "vendor lock-in") in found
    assert not any(s == "multi-factor authentication" and r == "causes" for s, r, _ in found)


@pytest.mark.parametrize("path", ARTICLES[:8], ids=lambda path: path.stem)
def test_quotes_stand_at_their_offsets(nlp, path):
    """Mentions and evidence quote the text at their offsets; statements keep the signatures."""
    extraction = extract(read_article(path), nlp)
    text = extraction.article.text
    kinds = {concept.iri: concept.kind for concept in extraction.concepts}

    assert extraction.concepts
    assert extraction.statements
    for passage in (
        *extraction.mentions,
        *(e for s in extraction.statements for e in s.evidence),
    ):
        assert passage.quote
        assert text[passage.start : passage.end] == passage.quote
        assert 0 <= passage.confidence <= 1
    for statement in extraction.statements:
        sources, targets = SIGNATURES[statement.predicate]
        assert kinds[statement.subject] in sources
        assert kinds[statement.object] in targets
        assert statement.subject != statement.object


def test_an_article_says_the_same_whatever_came_before_it(nlp):
    """Neighbours, repetition and a new pipeline change nothing."""
    articles = [read_article(path) for path in ARTICLES[:3]]
    alone = extract(articles[1], load_pipeline())

    in_turn = [extract(article, nlp) for article in (*articles, articles[1])]

    assert in_turn[1] == alone
    assert in_turn[3] == alone


def test_hash_seed_and_locale_change_nothing():
    """Two processes with other hash seeds and locales print the same bytes."""
    command = [sys.executable, "-m", "cloudhealth_kg", "extract", str(ARTICLES[0])]
    outputs = {
        subprocess.run(
            [*command, "--format", "jsonl"],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale},
            capture_output=True,
            check=True,
        ).stdout
        for seed, locale in (("1", "C"), ("77", "C.UTF-8"))
    }

    assert len(outputs) == 1
    assert b'"mitigates"' in next(iter(outputs))


def test_an_article_about_something_else_gives_little(nlp):
    """Football is no cloud computing."""
    text = b"The home team won by two goals. The keeper saved a penalty in the last minute."

    extraction = extract(read_text(text, "football.txt"), nlp)

    assert len(extraction.statements) == 0
    assert "cloud computing in healthcare" in extraction.off_topic


def test_an_empty_title_and_a_single_word_do_no_harm(nlp):
    """The smallest article there is."""
    assert extract(read_text(b"Encryption", "word.txt"), nlp).statements == ()


def test_a_record_is_what_the_scorer_reads(nlp):
    """Offsets of the record point into its text; relations name its concepts."""
    record = json.loads(json.dumps(to_record(extract(read_article(ARTICLES[0]), nlp))))
    ids = {concept["id"] for concept in record["concepts"]}

    assert record["relations"]
    for concept in record["concepts"]:
        assert concept["mentions"]
        for mention in concept["mentions"]:
            assert record["text"][mention["start"] : mention["end"]] == mention["text"]
    for relation in record["relations"]:
        assert {relation["source"], relation["target"]} <= ids


def test_a_denied_remedy_gives_no_support(nlp):
    """What the text calls useless is no asserted or hedged statement."""
    text = (
        b"# Ransomware\n\nRansomware hit the clinic. "
        b"Encryption does not prevent ransomware. Offline backups defeat ransomware."
    )
    extraction = extract(read_text(text, "denied.md"), nlp)
    labels = {concept.iri: concept.label.lower() for concept in extraction.concepts}
    denied = [
        evidence.stance
        for statement in extraction.statements
        if (labels[statement.subject], labels[statement.object]) == ("encryption", "ransomware")
        for evidence in statement.evidence
        if "does not prevent" in evidence.quote
    ]

    assert set(denied) <= {"negated"}


def test_explain_says_where_from_and_why_not(nlp):
    """An explanation names grounding, score and passage; the rejected list gives reasons."""
    doc = annotate(read_text(HEADED.encode(), "clinic.md"), nlp)
    told = explain_concepts(doc, ["MFA", "multi-factor authentication"])
    doc = annotate(read_article(ARTICLES[0]), nlp)
    rejected = weigh(doc).rejected

    assert "known to the ontology" in told
    assert "mitigates" in told
    assert "scores" in told
    assert rejected
    assert rejected[0].reason in explain_rejected(doc)


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        ("Alert fatigue grows. Nobody likes it.", "Alert fatigue", "alert fatigue"),
        (
            "Alert fatigue grows. We fear Alert fatigue, or an alert.",
            "Alert fatigue",
            "alert fatigue",
        ),
        (
            "German data rules bind us. We fear German fines.",
            "German data rules",
            "German data rules",
        ),
    ],
)
def test_a_label_loses_the_capital_that_only_opens_a_sentence(nlp, text, name, label):
    """A word that is capitalised within a sentence too, and never small, keeps it."""
    doc = annotate(read_text(text.encode(), "a.txt"), nlp)
    span = SpanScore(0, len(name), 0.9, (0.9, 0.0, 0.0, 0.0, 0.0))
    concept = NamedConcept("c", "challenge", name, False, 0.9, 0.9, 0.0, 0.9, (span,), (name,))

    assert _in_lower_case(doc, concept).label == label
    assert _in_lower_case(doc, replace(concept, kind="regulation")).label == name


def test_a_pair_knows_the_likeliest_of_its_source_and_of_its_target(nlp):
    """Those that have the same end on the other side do not count."""
    text = "Wombats drift, quokkas slide, and fences fall."
    doc = annotate(read_text(text.encode(), "a.txt"), nlp)
    concepts, pairs = [], []
    for number, (name, confidence) in enumerate(
        [("Wombats drift", 0.6), ("quokkas slide", 0.7), ("fences fall", 0.8)]
    ):
        start = text.index(name)
        span = SpanScore(start, start + len(name), 0.9, (0.9, 0.0, 0.0, 0.0, 0.0))
        concepts.append(
            NamedConcept(
                f"c{number}", "challenge", name, False, 0.9, 0.9, 0.0, confidence, (span,), ()
            )
        )
    for source, target, score in [(0, 1, 0.2), (0, 2, 0.4), (2, 1, 0.5), (1, 0, 0.9)]:
        ends = ((concepts[n].spans[0].start, concepts[n].spans[0].end) for n in (source, target))
        pairs.append(PairScore(source, target, "causes", score, ((*ends, score),)))

    first = ground(doc, pairs, concepts, load_ontology())[0]

    assert first.features[:5] == [*map(logit, (0.2, 0.4, 0.5, 0.6, 0.7))]
    assert first.features[5] == len(first.families)


def test_a_concept_of_two_equal_kinds_is_as_sure_as_one_of_a_single_kind_may_be():
    """Its clearest span counts as of any kind, beside the score of its own."""
    torn = SpanScore(0, 1, 0.98, (0.0, 0.5, 0.0, 0.48, 0.0))
    concept = NamedConcept("c", "advancement", "", True, 0.5, 0.3, 0.0, 0.5, (torn,), ())

    assert concept.features == [*map(logit, (0.5, 0.3, 0.98, 0.0)), 1.0]


@pytest.mark.skipif(not SEEDS.exists(), reason="the client's sample articles are not here")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("000_8bffea75dd0212e4.txt", {"hipaa", "gdpr", "resistance to change"}),
        ("001_be616292fe6f3c6a.txt", {"hipaa", "telemedicine"}),
    ],
)
def test_the_samples_of_the_client_work_as_they_stand(nlp, name, wanted):
    """Both sample articles give concepts that a reader names at once, and no site noise."""
    extraction = extract(read_article(SEEDS / name), nlp)
    labels = {concept.label.lower() for concept in extraction.concepts}

    assert wanted <= labels
    assert len(extraction.statements) >= 5
    assert not any("views" in label or "reply" in label for label in labels)


@pytest.mark.slow
def test_accuracy_on_unseen_articles_holds():
    """On every third article that training never saw, accuracy is above the floor we promise."""
    outcomes = score_all(read_gold(ROOT / "corpus" / "unseen")[::3], load_extractor())
    concepts, relations = count(outcomes, "concept"), count(outcomes, "relation")

    assert concepts.f1 >= 0.60
    assert relations.f1 >= 0.30
