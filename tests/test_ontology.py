"""The ontology by itself: what it covers, that it is sound, and that all made from it is fresh."""

import ast
import csv
import pickle
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from owlrl import DeductiveClosure, OWLRL_Semantics
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from cloudhealth_kg import reference
from cloudhealth_kg.checks import check_ontology
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, RELATIONS, SIGNATURES
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.vocabulary import (
    CH,
    CODE,
    COLLECTION,
    ONTOLOGY,
    concept_iri,
    kind_iri,
    mention_iri,
    relation_iri,
    statement_iri,
)

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "ontology"
TURTLE = sorted(FOLDER.glob("**/*.ttl"))
MATCHES = {"exact": SKOS.exactMatch, "close": SKOS.closeMatch, "broad": SKOS.broadMatch}
MEND = "run `python -m cloudhealth_kg.reference` from the top of the checkout"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("The Data-Breaches", "data breach"),
        ("Multi-Factor  Authentication", "multifactor authentication"),
        ("personalized medicine", "personalised medicine"),
        ("organizational inertia", "organisational inertia"),
        ("data centers", "data centre"),
        ("patients' privacy", "patient privacy"),
        ("SaaS", "saas"),
        ("APIs", "api"),
        ("analytics", "analytics"),
        ("risk analyses", "risk analysis"),
        ("de-identification", "deidentification"),
        ("données de santé", "donnee de sante"),
        ("ISO/IEC 27001:2022", "iso iec 27001 2022"),
        ("right-sizing", "right sizing"),
        ("Privacy & Security", "privacy and security"),
        ("...", ""),
    ],
)
def test_labels_meet_in_one_key(written: str, key: str) -> None:
    """Case, hyphens, spelling, plurals, accents and articles do not tell labels apart."""
    assert normalise_label(written) == key


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A key is its own key."""
    assert normalise_label(normalise_label(text)) == normalise_label(text)


def test_iris_are_made_of_what_things_say() -> None:
    """The IRI of a concept, statement or mention follows from its content alone."""
    statement = statement_iri("urn:a", "urn:b", "urn:c")

    assert concept_iri("Data Breaches") == concept_iri("data breach")
    assert statement == statement_iri("urn:a", "urn:b", "urn:c")
    assert statement != statement_iri("urn:a", "urn:c", "urn:b")
    assert str(mention_iri("a-1f", 3, 9)).endswith("article/a-1f#char=3,9")
    with pytest.raises(ValueError, match="no concept can be named"):
        concept_iri("?!")


def test_breadth() -> None:
    """There are at least 300 concepts, many of each kind, four levels deep where it helps."""
    ontology = load_ontology()
    kinds = Counter(concept.kind for concept in ontology.concepts.values())

    def depth(iri: str) -> int:
        parents = ontology.concepts[iri].broader if iri in ontology.concepts else ()
        return 1 + max((depth(parent) for parent in parents), default=0)

    assert len(ontology.concepts) >= 300
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 50
    assert sum(depth(iri) >= 4 for iri in ontology.concepts) >= 30


def test_concepts_are_well_made() -> None:
    """IRI and label agree; a definition is one sentence that says what the thing is."""
    for iri, concept in load_ontology().concepts.items():
        assert iri == str(concept_iri(concept.label)), concept.label
        assert re.fullmatch(r"[A-Za-z0-9][^\n]+ (is|are|was) [^\n]+\.", concept.definition), iri
        assert concept.kinds, iri


def test_labels_are_unambiguous_or_listed() -> None:
    """A key leads to one concept, unless the ontology lists it as ambiguous."""
    ontology = load_ontology()
    shared = {label for label, iris in ontology.labels.items() if len(iris) > 1}

    assert shared == ontology.ambiguous_labels
    assert not set(ontology.labels) & ontology.subject_labels


def test_checks_and_shapes_find_nothing() -> None:
    """Ontology and countermeasures are clean under their own checks and shapes."""
    assert check_ontology(load_ontology()) == ()


def test_header_is_complete() -> None:
    """The ontology says what it is, whose, under which licence and in which version."""
    graph = load_ontology().graph
    for predicate in (
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.license,
        DCTERMS.creator,
        OWL.versionIRI,
        OWL.priorVersion,
        URIRef("http://purl.org/vocab/vann/preferredNamespacePrefix"),
        URIRef("http://purl.org/vocab/vann/preferredNamespaceUri"),
    ):
        assert len(set(graph.objects(ONTOLOGY, predicate))) == 1, predicate


def closure(extra: str = "") -> set[str]:
    """Find what OWL 2 RL calls inconsistent in schema, typed concepts and statements."""
    ontology = load_ontology()
    graph = Graph() + ontology.shapes
    for triple in ontology.graph.triples((None, RDF.type, None)):
        graph.add(triple)
    for relation in (*RELATIONS, "requires"):
        for triple in ontology.countermeasures.triples((None, CH[relation], None)):
            graph.add(triple)
    graph.parse(data=extra, format="turtle")
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    errors = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    return {str(message) for message in graph.objects(None, errors)}


def test_consistent_under_owl_2_rl() -> None:
    """The reasoner finds no contradiction."""
    assert closure() == set()


def test_the_reasoner_would_find_a_contradiction() -> None:
    """A statement that is a concept contradicts the disjointness axioms."""
    assert closure(f"<urn:x> a <{CH.Statement}>, <{CH.Challenge}> .")


def test_signatures_agree_with_the_code() -> None:
    """Domain and range in OWL are the kinds that `model.SIGNATURES` allows."""
    graph = load_ontology().graph

    def kinds(class_: URIRef) -> set[URIRef]:
        union = graph.value(graph.value(class_, OWL.equivalentClass), OWL.unionOf)
        return set(graph.items(union)) if union else {class_}

    for relation, (sources, targets) in SIGNATURES.items():
        iri = relation_iri(relation)
        assert kinds(graph.value(iri, RDFS.domain)) == {kind_iri(kind) for kind in sources}
        assert kinds(graph.value(iri, RDFS.range)) == {kind_iri(kind) for kind in targets}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("hipaa-security-rule-standards", 21),
        ("nist-csf-2.0-categories", 22),
        ("gdpr-article-32", 4),
        ("nis2-article-21", 10),
        ("csa-egregious-eleven", 11),
        ("csa-pandemic-eleven", 11),
        ("enisa-top-risks", 8),
        ("nist-service-models", 3),
        ("nist-deployment-models", 4),
        ("interoperability-standards", 10),
        ("clinical-uses", 19),
    ],
)
def test_public_lists_are_covered(name: str, size: int) -> None:
    """Each entry of a list is a concept of ours, or a code that a concept is aligned with."""
    ontology = load_ontology()
    members = set(ontology.graph.objects(COLLECTION[name], SKOS.member))
    aligned = {o for match in MATCHES.values() for o in ontology.graph.objects(None, match)}

    assert len(members) == size
    assert not {m for m in members if str(m) not in ontology.concepts and m not in aligned}


def test_regulations_say_where_and_since_when() -> None:
    """Each regulation that is no grouping has a citation, a jurisdiction and a status."""
    ontology = load_ontology()
    for concept in ontology.concepts.values():
        if concept.kind == "regulation" and not concept.grouping:
            for predicate in (CH.citation, CH.jurisdiction, CH.status):
                assert (URIRef(concept.iri), predicate, None) in ontology.graph, concept.label


def test_alignments_are_on_the_verified_list() -> None:
    """Beyond the list of verified facts there are only close matches to the public lists."""
    facts = ROOT.parent / "shared" / "facts" / "alignments.csv"
    if not facts.is_file():
        pytest.skip("the list of verified facts is not part of the checkout")
    with facts.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["vocabulary"]]
    graph = load_ontology().graph
    allowed = {(str(concept_iri(r["pref_label"])), r["match"], r["iri_or_id"]) for r in rows}
    ours = set()
    for match, predicate in MATCHES.items():
        for concept, term in graph.subject_objects(predicate):
            if (concept, CH.kind, None) in graph:
                notation = graph.value(term, SKOS.notation) or term
                ours.add((str(concept), match, str(notation)))
    listed = {
        str(graph.value(member, SKOS.notation)) for member in graph.objects(None, SKOS.member)
    }
    beyond = ours - allowed

    assert len(ours & allowed) >= 450
    assert {match for _, match, _ in beyond} == {"close"}
    assert {term for _, _, term in beyond} <= listed


def test_alignment_terms_name_their_source() -> None:
    """Each term of another vocabulary has a name, a scheme and the place where it was verified."""
    graph = load_ontology().graph
    terms = [
        (term, scheme)
        for term, scheme in graph.subject_objects(SKOS.inScheme)
        if str(scheme).startswith(str(CODE))
    ]

    assert len(terms) >= 400
    for term, scheme in terms:
        assert (term, DCTERMS.source, None) in graph, term
        assert (term, SKOS.prefLabel, None) in graph, term
        assert (scheme, SKOS.prefLabel, None) in graph, scheme


def test_terms_used_in_queries_checks_and_code_are_declared() -> None:
    """A mistyped `ch:` term, which would find nothing and say nothing, is caught."""
    declared = {
        str(s).removeprefix(str(CH))
        for s in load_ontology().shapes.subjects(RDFS.label, None)
        if str(s).startswith(str(CH))
    }
    used: dict[str, str] = {}
    texts = [*FOLDER.glob("queries/*.rq"), *FOLDER.glob("checks/*.rq")]
    for path in texts:
        used.update(dict.fromkeys(re.findall(r"\bch:(\w+)", path.read_text("utf-8")), path.name))
    for path in (ROOT / "cloudhealth_kg").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "CH":
                used[node.attr] = path.name

    assert len(used) > 20
    assert {name: where for name, where in used.items() if name not in declared} == {}


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: path.name)
def test_turtle_is_in_normal_form(path: Path) -> None:
    """Each Turtle file is as rdflib's longturtle writes it, so that diffs show changes only."""
    text = path.read_text(encoding="utf-8")

    assert reference.normal_turtle(text) == text, f"{path.name} is not normal; {MEND}"


def test_reference_is_fresh() -> None:
    """The page, the machine-readable files and the tables of the README say what the files say."""
    ontology = load_ontology()
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "ontology.html").read_text(encoding="utf-8")

    assert page == reference.to_html(ontology), MEND
    assert readme == reference.fill(readme, reference.readme_tables(ontology)), MEND
    assert "mitigations-of" in readme
    for name, data in reference.to_files(ontology).items():
        assert (ROOT / "docs" / name).read_bytes() == data, MEND


def test_page_needs_no_network_and_escapes() -> None:
    """The page loads nothing, and text from the ontology cannot become markup."""
    page = reference.to_html(load_ontology())

    assert not re.search(r"<script|<link|src=|@import|url\((?!#)", page)
    assert "&amp;" in page


def test_ontology_travels_to_workers() -> None:
    """An ontology survives pickling, so that a pool of processes can be given one."""
    ontology = load_ontology()
    again = pickle.loads(pickle.dumps(ontology))

    assert again.version == ontology.version
    assert again.labels == ontology.labels
    assert again.questions == ontology.questions


def test_version_names_the_files() -> None:
    """The version is the version IRI and a digest."""
    assert re.fullmatch(r"https://\S+/\d+\.\d+\.\d+ sha256:[0-9a-f]{16}", load_ontology().version)
