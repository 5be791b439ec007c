"""A user's folder on top of the ontology, and decisions about candidates."""

from pathlib import Path

import pytest
from rdflib import URIRef

from cloudhealth_kg.checks import check_ontology
from cloudhealth_kg.concepts import form_concepts
from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.model import Article, Block, Metadata
from cloudhealth_kg.neural import SpanScore
from cloudhealth_kg.ontology import load_ontology, normalise_label
from cloudhealth_kg.vocabulary import CH, concept_iri

TURTLE = """
PREFIX ch: <https://w3id.org/cloudhealth-kg/ontology#>
PREFIX concept: <https://w3id.org/cloudhealth-kg/concept/>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

concept:badge-sharing
    a skos:Concept , ch:Challenge ;
    dct:source <https://doi.org/10.2196/jmir.1867> ;
    skos:altLabel "lent badge"@en ;
    skos:broader concept:weak-authentication ;
    skos:definition "Badge sharing is a weakness in which several people use one badge."@en ;
    skos:inScheme concept: ;
    skos:prefLabel "badge sharing"@en ;
    ch:kind ch:Challenge ;
.
"""


def write(folder: Path, **files: str) -> Path:
    """Fill a folder with these files; `_ttl` in a name stands for `.ttl`."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder


def test_concepts_labels_countermeasures_and_decisions_are_added(tmp_path: Path) -> None:
    """Everything that the README promises works from what it says, and stays clean."""
    folder = write(
        tmp_path,
        concepts_ttl=TURTLE,
        labels_csv="label,concept,kind,definition,broader,source\n"
        "prompt bombing,phishing,,,,\n"
        "ward clerk rota,,measure,A ward clerk rota is a measure that shares the work.,,"
        "https://example.org/rota\n",
        known_csv="subject,relation,object,guidance,section,source\n"
        "staff training,mitigates,badge sharing,House rule 7,section 2,https://example.org/r\n",
        decisions_txt="same-as: MFA nagging = multi-factor authentication\n"
        "not-a-concept: data silo\nkeep-apart: data backup | disaster recovery\n",
    )
    base = load_ontology()
    ontology = load_ontology(folder)
    badge = str(concept_iri("badge sharing"))

    assert ontology.concepts[badge].kind == "challenge"
    assert ontology.labels["lent badge"] == (badge,)
    assert ontology.labels["prompt bombing"] == base.labels["phishing"]
    assert ontology.concepts[str(concept_iri("ward clerk rota"))].kind == "measure"
    assert ontology.labels["mfa nagging"] == base.labels["multifactor authentication"]
    assert "data silo" in base.labels
    assert "data silo" not in ontology.labels
    assert "data silo" in ontology.subject_labels
    assert frozenset({"data backup", "disaster recovery"}) in ontology.decisions.keep_apart
    assert (concept_iri("staff training"), CH.mitigates, URIRef(badge)) in ontology.countermeasures
    assert badge not in base.concepts
    assert ontology.version.startswith(base.version + "+")
    assert not check_ontology(ontology)


def test_changed_file_changes_the_version(tmp_path: Path) -> None:
    """What was built with an older extension is known to be stale."""
    first = load_ontology(write(tmp_path, labels_csv="label,concept\nprompt bombing,phishing\n"))
    second = load_ontology(write(tmp_path, labels_csv="label,concept\npush bombing,phishing\n"))

    assert first.version != second.version
    assert "push bombing" in second.labels


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a_ttl", "concept:x a ch:Challenge .", r"a\.ttl:\d+: not Turtle"),
        ("a_ttl", TURTLE.replace("ch:kind ", "ch:knid "), "ch:knid is no term.*mean ch:kind"),
        ("a_ttl", TURTLE.replace("ch:kind ch:Challenge", "ch:kind ch:Concept"), "is no kind"),
        ("a_ttl", TURTLE.replace("ch:kind ch:Challenge", "ch:kind ch:Measure"), "not of its kind"),
        ("a_ttl", TURTLE.replace('skos:prefLabel "badge sharing"@en ;', ""), "has no name"),
        ("a_ttl", TURTLE.replace("    ch:kind ch:Challenge ;\n", ""), "has no kind"),
        ("a_ttl", TURTLE.replace("concept:weak-authentication", "concept:weak"), "is no concept"),
        ("a_ttl", TURTLE.replace("lent badge", "ransomware"), "'ransomware' already names"),
        (
            "a_ttl",
            TURTLE + "concept:encryption ch:mitigates concept:badge-sharing .",
            "has no evidence",
        ),
        (
            "a_csv",
            "label,concept\nx1,phising\n",
            r"a\.csv:2: no concept is called 'phising'.*phish",
        ),
        ("a_csv", "label,concept,kind\nx1,,\n", "fill either"),
        ("a_csv", "label,kind,source\nx1,measure,a book\n", "'a book' is no address"),
        ("a_csv", "label,kind,source\nx1,measure,http://a/b c\n", "'http://a/b c' is no address"),
        ("a_csv", "label,kind\nx1,chalenge\n", "'chalenge' is no kind; there are challenge"),
        ("a_csv", "label,concept\nransomware,phishing\n", "already names"),
        ("a_csv", "label,concept\n,phishing\n", "the label is empty"),
        ("a_csv", "lable,concept\nx,phishing\n", "unknown column 'lable'"),
        ("a_csv", "label,concept\nx,phishing,more\n", "more cells than columns"),
        (
            "a_csv",
            "subject,relation,object,guidance,section,source\nencryption,heals,phishing,G,1,http://x\n",
            "'heals' is no relation",
        ),
        (
            "a_csv",
            "subject,relation,object,guidance,section,source\nencryption,mitigates,phishing,G,1,x\n",
            "its address",
        ),
        ("decisions_txt", "equals: a = b\n", r"decisions\.txt:1: write 'same-as"),
        ("decisions_txt", "same-as: a = nobody knows this\n", "no concept is called"),
        ("decisions_txt", "keep-apart: a | a\n", "two different labels"),
        ("decisions_txt", "same-as: x = phishing\nnot-a-concept: x\n", "both same-as and not"),
        ("notes_md", "nothing to read", "no \\*.ttl"),
    ],
)
def test_faults_name_file_term_and_remedy(tmp_path: Path, name: str, text: str, says: str) -> None:
    """Each mistake is reported with the file, the term and what to do."""
    with pytest.raises(OntologyError, match=says) as caught:
        load_ontology(write(tmp_path, **{name: text}))
    assert str(tmp_path) in str(caught.value)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    """Nobody has to mend one fault in order to see the next."""
    folder = write(
        tmp_path,
        a_csv="label,concept\nx1,nobody\nx2,noone\n",
        b_ttl=TURTLE.replace("ch:kind ", "ch:knid "),
    )
    with pytest.raises(OntologyError) as caught:
        load_ontology(folder)
    message = str(caught.value)
    assert message.count("no concept is called") == 2
    assert "ch:knid" in message


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """A mistyped folder is an error, not an empty extension."""
    with pytest.raises(OntologyError, match="no such folder"):
        load_ontology(tmp_path / "mien")


def test_what_is_to_be_kept_apart_is_never_one_concept(tmp_path: Path) -> None:
    """Two labels of one concept, or two orders of the same words, stay two concepts."""
    folder = write(
        tmp_path,
        decisions_txt="keep-apart: data breach | security breach\n"
        "keep-apart: wombat of trust | trust of wombat\n",
    )
    base, ontology = load_ontology(), load_ontology(folder)
    text = "A data breach, a security breach, a wombat of trust, a trust of wombat."
    article = Article("a-1", text, (Block(0, len(text), "paragraph"),), Metadata(), "a.md", "")
    spans = [
        SpanScore(text.index(words), text.index(words) + len(words), 0.9, (0.9, 0, 0, 0, 0))
        for words in ("data breach", "security breach", "wombat of trust", "trust of wombat")
    ]

    formed = [form_concepts(article, spans, known) for known in (base, ontology)]

    assert [len(concepts) for concepts in formed] == [2, 4]
    assert ontology.labels["data breach"] == base.labels["data breach"]
    assert "security breach" not in ontology.labels


def test_our_own_decisions_are_read() -> None:
    """The file that travels with the ontology is replayed too."""
    pair = frozenset(map(normalise_label, ("anonymisation", "pseudonymisation")))

    assert pair in load_ontology().decisions.keep_apart
