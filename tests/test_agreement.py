"""Families of rules that speak for a statement beside the model."""

import pytest

from cloudhealth_kg.agreement import FAMILIES, agreeing_families
from cloudhealth_kg.annotate import load_parser
from cloudhealth_kg.extract import Grounds
from cloudhealth_kg.neural import load_model
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.versions import default_model

ENCRYPTION = "https://w3id.org/cloudhealth-kg/concept/encryption"


@pytest.fixture(scope="module")
def parser():
    """The tagger and parser alone."""
    return load_parser()


def families(parser, text, source, target, rule="sentence", relation="mitigates", iris=("s", "t")):
    """What speaks for a relation between two passages of a text of one paragraph."""
    doc = parser.make_doc(text)
    for name, pipe in parser.pipeline:
        doc = pipe(doc) if name != "cloudhealth_blocks" else doc
    spans = []
    for words in (source, target):
        start = text.index(words)
        spans.append(doc.char_span(start, start + len(words), alignment_mode="expand"))
    statement = (iris[0], relation, iris[1])
    return agreeing_families(*spans, rule, statement, load_ontology())


@pytest.mark.parametrize(
    ("relation", "text"),
    [
        ("mitigates", "Wombat filters prevent quokka raids."),
        ("mitigates", "Quokka raids are prevented by wombat filters."),
        ("enables", "Wombat filters let quokka raids go on."),
        ("causes", "Wombat filters lead to quokka raids."),
        ("governs", "Wombat filters regulate quokka raids."),
    ],
)
def test_a_verb_on_the_path_between_two_mentions_speaks_for_a_relation(parser, relation, text):
    """Each relation has cues of its own, active and passive."""
    source, target = (
        w if w in text else w.capitalize() for w in ("Wombat filters", "quokka raids")
    )
    source = source if source in text else source.lower()

    assert "wording" in families(parser, text, source, target, relation=relation)


def test_words_elsewhere_do_not_speak_for_it(parser):
    """A cue off the path, or one of another relation, says nothing."""
    text = "Wombat filters and quokka raids were listed to prevent confusion."

    assert families(parser, text, "Wombat filters", "quokka raids") == ()
    assert (
        families(parser, "Wombat filters cause quokka raids.", "Wombat filters", "quokka raids")
        == ()
    )


def test_layout_and_guidance_speak_for_it(parser):
    """A remedy under its heading or in its row; a statement that countermeasures hold."""
    known = sorted(t for t in load_ontology().known_statements if t[0] == ENCRYPTION)[0]
    text = "Wombats and quokkas."

    for rule, expected in (("heading", ("layout",)), ("row", ("layout",)), ("passage", ())):
        assert families(parser, text, "Wombats", "quokkas", rule) == expected
    found = families(
        parser, text, "Wombats", "quokkas", "heading", known[1], iris=(known[0], known[2])
    )
    assert found == ("layout", "guidance")
    assert set(found) < set(FAMILIES)


def test_families_that_agree_make_a_statement_surer():
    """The weight that training gave them is positive."""
    curve = load_model(default_model()).relation_calibration
    found = [Grounds(0.4, 0.4, 0.4, 0.9, 0.9, FAMILIES[:n]) for n in range(len(FAMILIES) + 1)]
    confidences = [curve.apply(*grounds.features) for grounds in found]

    assert confidences == sorted(set(confidences))
