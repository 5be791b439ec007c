"""One idea is one concept, and two ideas stay two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudhealth_kg.concepts import abbreviations, form_concepts
from cloudhealth_kg.model import KINDS, Article, Block, Metadata
from cloudhealth_kg.neural import SpanScore
from cloudhealth_kg.ontology import load_ontology


def formed(text, spans, floor=0.3):
    """The concepts made of spans (words, kind, score), found in the text from left to right."""
    article = Article("a-1", text, (Block(0, len(text), "paragraph"),), Metadata(), "a.md", "")
    scores, at = [], 0
    for words, kind, score in spans:
        start = text.index(words, at)
        at = start + 1
        kinds = tuple(score if k == kind else 0.0 for k in KINDS)
        scores.append(SpanScore(start, start + len(words), score, kinds))
    return form_concepts(article, scores, load_ontology(), floor=floor)


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("A business associate agreement (BAA) is signed.", "baa", "business associate agreement"),
        ("The service level agreements (SLAs) say so.", "sla", "service level agreement"),
        ("We use MFA (multi-factor authentication) here.", "mfa", "multifactor authentication"),
        ("A Protected Wombat Register (PWR) exists.", "pwr", "protected wombat register"),
    ],
)
def test_abbreviations_lead_to_their_long_forms(text, short, long):
    """Schwartz and Hearst's reading from right to left, in both orders."""
    assert abbreviations(text) == {short: long}


@pytest.mark.parametrize("text", ["The plan (see below) holds.", "Costs rose (by 12%).", "(BAA)"])
def test_what_stands_in_brackets_is_not_always_an_abbreviation(text):
    """No long form before the bracket, no abbreviation."""
    assert abbreviations(text) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wombat audits", "wombat audit"),
        ("Wombat-Audit", "wombat audit"),
        ("organization of wombats", "wombat organisation"),
        ("training wombats", "wombat training"),
        ("wombat centers", "wombat centre"),
        ("wombat raids", "these wombat raids"),
        ("wombat raid", "such a wombat raid"),
        ("data breaches", "those data breaches"),
        ("data breach", "security breach"),
    ],
)
def test_wordings_of_one_idea_meet(one, other):
    """Plural, hyphen, spelling, word order and the ontology's other labels."""
    text = f"First {one}. Then {other}."

    concepts = formed(text, [(one, "challenge", 0.9), (other, "challenge", 0.8)])

    assert len(concepts) == 1
    assert len(concepts[0].spans) == 2


def test_a_challenge_sheds_a_generic_head():
    """The issue of wombats and wombats are one challenge."""
    text = "Wombat issues. The wombat problem."

    concepts = formed(
        text, [("Wombat issues", "challenge", 0.9), ("wombat problem", "challenge", 0.8)]
    )

    assert len(concepts) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HIPAA", "HIPAA Security Rule"),
        ("data breach", "data breach notification"),
        ("GDPR", "UK GDPR"),
        ("encryption at rest", "encryption in transit"),
        ("ISO 27001", "ISO 27018"),
        ("public cloud", "private cloud"),
        ("telemedicine", "telemonitoring"),
        ("anonymisation", "pseudonymisation"),
    ],
)
def test_must_not_merge(one, other):
    """Near in words, apart in meaning."""
    text = f"First {one}, then {other}."
    kind = "regulation"

    assert len(formed(text, [(one, kind, 0.9), (other, kind, 0.8)])) == 2


def test_mentions_read_as_different_kinds_stay_mentions_of_one_concept():
    """What comes to the same IRI is one concept, of the likelier kind, with all its places."""
    text = "A wombat issue. Later the wombat issue again."

    (concept,) = formed(
        text, [("wombat issue", "challenge", 0.9), ("wombat issue", "technology", 0.8)]
    )

    assert concept.kind == "challenge"
    assert len(concept.spans) == 2


def test_of_overlapping_spans_the_likelier_stands():
    """No two mentions share a character."""
    text = "weak wombat passwords"

    concepts = formed(
        text, [("weak wombat passwords", "challenge", 0.6), ("wombat passwords", "challenge", 0.9)]
    )

    assert [c.label for c in concepts] == ["wombat passwords"]


def test_below_the_floor_there_is_no_concept():
    """A concept is a candidate from its floor on."""
    assert formed("a wombat", [("wombat", "technology", 0.2)], floor=0.3) == []


def test_a_known_concept_bears_the_name_of_the_ontology():
    """Grounded in the ontology by another label, with its IRI and preferred label."""
    (concept,) = formed("The right to MFA.", [("MFA", "technology", 0.9)])

    assert concept.known
    assert concept.label == "multi-factor authentication"
    assert concept.kind == "technology"


@pytest.mark.parametrize(
    ("others", "together"),
    [
        ([("harbour wombat raid", "challenge")], True),
        ([("harbour wombat raid", "challenge"), ("night wombat raid", "challenge")], False),
        ([("harbour wombat raid", "measure")], False),
        ([("harbour wombat", "challenge")], False),
    ],
)
def test_a_short_name_joins_the_one_long_name_of_its_kind(others, together):
    """The raid is the wombat raid, unless there are two, or it is of another kind."""
    text = "".join(f"First {name}. " for name, _ in others) + "Then the raid."
    spans = [(name, kind, 0.9) for name, kind in others] + [("the raid", "challenge", 0.8)]

    concepts = formed(text, spans)

    assert len(concepts) == len(others) + (not together)
    if together:
        assert "the raid" in concepts[0].merged
        assert len(concepts[0].spans) == 2


def test_a_short_name_that_the_ontology_knows_stays_itself():
    """Encryption is not the wombat's own encryption."""
    concepts = formed(
        "First wombat encryption. Encryption then.",
        [("wombat encryption", "technology", 0.9), ("Encryption", "technology", 0.8)],
    )

    assert len(concepts) == 2


def test_a_name_is_not_taken_in_by_itself():
    """One wording of an idea may hold another; the search for a host went on for ever there."""
    (concept,) = formed(
        "Wombat raids. The wombat raid problem.",
        [("Wombat raids", "challenge", 0.9), ("wombat raid problem", "challenge", 0.8)],
    )

    assert len(concept.spans) == 2


def test_two_names_do_not_take_in_each_other():
    """Each has a wording that holds one of the other's."""
    text = "Wombat raids (WR) hurt. The response of WR alarms in the depot (RAID) helps."
    names = ["Wombat raids", "WR", "response of WR alarms in the depot", "RAID"]

    concepts = formed(text, [(name, "challenge", 0.9) for name in names])

    assert sum(len(c.spans) for c in concepts) == len(names)


WORDS = ["wombat", "raid", "raids", "problem", "those", "of", "WR", "encryption"]
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from(["challenge", "technology"]), st.floats(0.3, 0.99)),
        max_size=12,
    ),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_concepts_form_from_any_spans_in_any_order(found, defines, shuffler):
    """No span is told twice, no two concepts share an IRI, and order decides nothing."""
    opening = "The wombat raid (WR). " if defines else ""
    text = opening + ". ".join(name for name, _, _ in found)
    article = Article("a-1", text, (Block(0, len(text), "paragraph"),), Metadata(), "a.md", "")
    spans, at = [], len(opening)
    for name, kind, score in found:
        kinds = tuple(score if k == kind else 0.0 for k in KINDS)
        spans.append(SpanScore(at, at + len(name), score, kinds))
        at += len(name) + 2

    concepts = form_concepts(article, spans, load_ontology(), floor=0.0)

    placed = sorted(s.start for c in concepts for s in c.spans)
    assert placed == sorted({*placed})
    assert len({c.iri for c in concepts}) == len(concepts)
    shuffler.shuffle(spans)
    assert form_concepts(article, spans, load_ontology(), floor=0.0) == concepts
