"""What `validate` promises to find."""

from contextlib import closing

import pytest
from sample_extractor import SampleOntology, extract
from test_dataset import make_article

from cloudhealth_kg.dataset import put_article, put_ontology
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.validation import Finding, validate
from cloudhealth_kg.vocabulary import article_iri

ARTICLE = article_iri("six-roadblocks-1f3c0000")
TEXT = "a mitigates b\nc may mitigates d\ne not mitigates f"


@pytest.fixture
def dataset():
    """One article with an asserted, a hedged and a negated statement, and an ontology."""
    with closing(open_dataset()) as dataset:
        put_ontology(dataset, SampleOntology())
        put_article(dataset, extract(make_article(TEXT)))
        yield dataset


def change(dataset, update: str) -> None:
    """Damage the article's graph."""
    dataset.update(f"WITH <{ARTICLE}> {update}")


def test_a_store_as_it_is_built_has_nothing_wrong(dataset):
    """No finding where nothing is wrong, curated graphs included."""
    assert validate(dataset) == ()


DAMAGES = {
    "the text changed": (
        "DELETE { ?a ch:text ?t } INSERT { ?a ch:text 'other' } WHERE { ?a ch:text ?t }",
        {"quotes"},
        "the text at",
    ),
    "the text is gone": ("DELETE { ?a ch:text ?t } WHERE { ?a ch:text ?t }", {"quotes"}, "is not"),
    "a quote changed": (
        "DELETE { ?m oa:exact 'd' } INSERT { ?m oa:exact 'D' } WHERE { ?m oa:exact 'd' }",
        {"quotes"},
        "is not 'D'",
    ),
    "an offset changed": (
        (
            "DELETE { ?m oa:start ?n } INSERT { ?m oa:start ?k } "
            "WHERE { ?m a ch:Mention ; oa:exact 'd' ; oa:start ?n BIND(?n + 1 AS ?k) }"
        ),
        {"quotes"},
        "the text at",
    ),
    "an offset is doubled": (
        "INSERT { ?m oa:start 3 } WHERE { ?m a ch:Mention ; oa:exact 'd' }",
        {"quotes"},
        "not one start",
    ),
    "an offset is below nothing": (
        (
            "DELETE { ?m oa:start ?n } INSERT { ?m oa:start -1 } "
            "WHERE { ?m a ch:Mention ; oa:exact 'd' ; oa:start ?n }"
        ),
        {"quotes"},
        "the text at [-1",
    ),
    "a statement lost its evidence": (
        "DELETE { ?s ch:evidence ?e } WHERE { ?s ch:evidence ?e . ?e ch:stance ch:hedged }",
        {"evidence"},
        "no evidence",
    ),
    "evidence is not described": (
        "DELETE { ?e ?p ?o } WHERE { ?e ch:stance ch:hedged ; ?p ?o }",
        {"evidence"},
        "is not described",
    ),
    "a statement is about something else": (
        (
            "DELETE { ?s rdf:object ?o } INSERT { ?s rdf:object concept:z } "
            "WHERE { ?s rdf:object ?o ; ch:evidence/ch:stance ch:hedged }"
        ),
        {"identity", "concepts"},
        "not made of",
    ),
    "a plain triple is gone": (
        "DELETE { ?s ch:mitigates ?o } WHERE { ?s ch:mitigates ?o }",
        {"asserted"},
        "does not stand",
    ),
    "a plain triple has come in": (
        (
            "INSERT { ?s ch:mitigates ?o } WHERE { ?x rdf:subject ?s ; rdf:object ?o ; "
            "ch:evidence/ch:stance ch:negated }"
        ),
        {"asserted"},
        "without asserting evidence",
    ),
    "a concept lost its label": (
        "DELETE { ?c skos:prefLabel 'd'@en } WHERE { ?c skos:prefLabel 'd'@en }",
        {"concepts"},
        "neither kind nor label",
    ),
    "the digest is gone": (
        "DELETE { ?a ch:contentDigest ?d } WHERE { ?a ch:contentDigest ?d }",
        {"finished"},
        "broken off",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_found_and_named(dataset, damage):
    """The finding tells the graph, the offender, what is wrong and what to do; a build mends it."""
    update, checks, message = DAMAGES[damage]
    change(dataset, update)
    found = validate(dataset)
    assert {finding.check for finding in found} == checks
    assert any(message in finding.message for finding in found)
    assert {finding.graph for finding in found} == {str(ARTICLE)}
    assert all(finding.subject and finding.remedy for finding in found)
    put_article(dataset, extract(make_article(TEXT)))
    assert validate(dataset) == ()


def test_a_graph_of_nobody_is_found(dataset):
    """A graph under our address that is neither an article's nor curated is named."""
    dataset.update("INSERT DATA { GRAPH graph:notes { concept:a ch:mitigates concept:b } }")
    (finding,) = validate(dataset)
    assert finding.check == "graphs"
    assert finding.subject.endswith("graph/notes")


def test_further_checks_come_in_by_a_hook(dataset):
    """Shapes and SPARQL checks of the ontology add their findings, sorted with ours."""

    def check(data):
        yield Finding(str(ARTICLE), "shape", str(len(set(data.graphs()))), "wrong", "mend it")

    assert [finding.check for finding in validate(dataset, checks=[check])] == ["shape"]
