"""Questions answer what they ask; parameters are bound, not pasted; updates and SERVICE refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import Dataset

from cloudhealth_kg.dataset import put_article, put_ontology
from cloudhealth_kg.errors import OntologyError, QueryError
from cloudhealth_kg.model import (
    Article,
    Concept,
    Evidence,
    Extraction,
    Mention,
    Metadata,
    Relation,
    Stance,
    Statement,
)
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.queries import Answer, ask, find_concept, questions, run
from cloudhealth_kg.questions import read_questions
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import CONCEPT, article_iri, concept_iri

NAMES = sorted(questions())
KIND = {
    "HIPAA": "regulation",
    "data breach": "challenge",
    "encryption": "technology",
    "lost key": "challenge",
    "phishing": "challenge",
    "pink badge": "measure",
    "ransomware": "challenge",
    "stale badge": "challenge",
    "staff training": "measure",
    "telemedicine": "advancement",
    "vendor lock-in": "challenge",
}


def article(
    name: str, year: int, publisher: str, claims: list[tuple[str, Relation, str, Stance]]
) -> Extraction:
    """Make an article of one sentence for each claim."""
    sentences = [f"{s} {stance} {p} {o}." for s, p, o, stance in claims]
    text = "\n".join(sentences)
    labels = sorted({label for s, _, o, _ in claims for label in (s, o)})
    concepts = tuple(Concept(str(concept_iri(la)), KIND[la], la) for la in labels)  # type: ignore[arg-type]
    mentions = tuple(
        Mention(text.index(la), text.index(la) + len(la), la, str(concept_iri(la)), 0.9)
        for la in labels
    )
    statements = []
    for sentence, (s, p, o, stance) in zip(sentences, claims, strict=True):
        at = text.index(sentence)
        evidence = Evidence(at, at + len(sentence), sentence, "Body", "test", stance, 0.9)
        statements.append(Statement(str(concept_iri(s)), p, str(concept_iri(o)), (evidence,)))
    metadata = Metadata(title=name.title(), published=f"{year}-01-02", publisher=publisher)
    made = Article(f"{name}-00000000", text, (), metadata, f"{name}.md", "sha256:" + "0" * 64)
    return Extraction(made, concepts, mentions, tuple(statements))


@pytest.fixture(scope="module")
def dataset() -> Iterator[Dataset]:
    """Three articles and the curated graphs."""
    made = open_dataset()
    put_ontology(made, load_ontology())
    for extraction in (
        article(
            "first",
            2023,
            "Acme",
            [
                ("encryption", "mitigates", "data breach", "asserted"),
                ("phishing", "causes", "ransomware", "asserted"),
                ("ransomware", "causes", "data breach", "asserted"),
                ("staff training", "mitigates", "phishing", "asserted"),
                ("HIPAA", "governs", "data breach", "asserted"),
            ],
        ),
        article(
            "second",
            2024,
            "Acme",
            [
                ("encryption", "mitigates", "data breach", "asserted"),
                ("pink badge", "mitigates", "data breach", "asserted"),
                ("pink badge", "mitigates", "stale badge", "asserted"),
                ("encryption", "causes", "lost key", "asserted"),
                ("encryption", "enables", "telemedicine", "asserted"),
            ],
        ),
        article(
            "third",
            2024,
            "Bolt",
            [
                ("encryption", "mitigates", "data breach", "negated"),
                ("staff training", "mitigates", "ransomware", "hedged"),
                ("vendor lock-in", "causes", "lost key", "asserted"),
            ],
        ),
    ):
        put_article(made, extraction)
    yield made
    made.close()


def column(answer: Answer, name: str) -> list[object]:
    """List the values of one column, in order."""
    return [row[answer.columns.index(name)] for row in answer.rows]


def test_there_are_at_least_24_questions() -> None:
    """The issue asks for 24; each ends with a question mark and describes its columns."""
    assert len(NAMES) >= 24
    for question in questions().values():
        assert question.question.endswith("?")
        assert question.columns


@pytest.mark.parametrize("name", NAMES)
def test_question_runs_with_its_defaults(dataset: Dataset, name: str) -> None:
    """Each question answers with exactly the columns its head promises."""
    question = questions()[name]
    answer = ask(dataset, name)

    assert answer.columns == tuple(question.columns)
    assert all(len(row) == len(answer.columns) for row in answer.rows)


def test_every_question_finds_something(dataset: Dataset) -> None:
    """On three small articles each question has an answer, or is known not to."""
    empty = {name for name in NAMES if not ask(dataset, name).rows}

    assert empty <= {"consequences-of-challenge", "unlinked-concepts"}


def test_mitigations_are_ranked_by_articles(dataset: Dataset) -> None:
    """Two articles assert encryption, one the pink badge; the denial does not count."""
    answer = ask(dataset, "mitigations-of", {"challenge": "data breaches"})

    assert column(answer, "label") == ["encryption", "encryption", "pink badge"]
    assert column(answer, "articles") == [2, 2, 1]
    assert column(answer, "sentence")[2] == "pink badge asserted mitigates data breach."


def test_articles_and_guidance_are_told_apart(dataset: Dataset) -> None:
    """Guidance alone answers vendor lock-in; articles alone the stale badge; nobody the key."""
    guidance = ask(dataset, "challenges-only-guidance-answers")
    articles = ask(dataset, "challenges-only-articles-answer")
    nobody = ask(dataset, "challenges-without-remedy")

    assert {"vendor lock-in", "ransomware"} == set(column(guidance, "label"))
    assert column(articles, "label") == ["stale badge"]
    assert column(nobody, "label") == ["lost key"]


def test_chain_and_what_breaks_it(dataset: Dataset) -> None:
    """Phishing causes ransomware causes the breach; training breaks the first link."""
    answer = ask(dataset, "cause-chains", {"challenge": "data breach"})
    rows = {
        tuple(row[answer.columns.index(c)] for c in ("root_label", "cause_label", "remedy_label"))
        for row in answer.rows
    }

    assert ("phishing", "ransomware", "staff training") in rows


def test_what_a_remedy_brings_along(dataset: Dataset) -> None:
    """Encryption loses keys, enables telemedicine, mitigates the breach."""
    answer = ask(dataset, "what-a-remedy-brings", {"remedy": "concept:encryption"})

    assert list(zip(column(answer, "relation"), column(answer, "label"), strict=True)) == [
        ("causes", "lost key"),
        ("enables", "telemedicine"),
        ("mitigates", "data breach"),
    ]


def test_disputed_and_uncertain(dataset: Dataset) -> None:
    """One statement is asserted and denied, another is only hedged."""
    disputed = ask(dataset, "disputed-statements")
    uncertain = ask(dataset, "uncertain-statements")

    assert column(disputed, "subject") == ["encryption"]
    assert (column(disputed, "asserting"), column(disputed, "doubting")) == ([2], [1])
    assert column(uncertain, "subject") == ["staff training"]


def test_trend_counts_articles_by_year(dataset: Dataset) -> None:
    """Encryption is named in one of one article of 2023, two of two of 2024."""
    answer = ask(dataset, "trend-of-concept", {"concept": "encryption"})

    assert answer.rows == (("2023", 1, 1), ("2024", 2, 2))


def test_candidates_are_what_the_ontology_lacks(dataset: Dataset) -> None:
    """Concepts of articles alone, with their counts."""
    answer = ask(dataset, "new-concepts")

    assert column(answer, "label") == ["lost key", "pink badge", "stale badge"]
    assert column(answer, "articles") == [2, 1, 1]


def test_views_through_other_vocabularies(dataset: Dataset) -> None:
    """Training serves the NIST function Protect; encryption is a measure of the DPV."""
    nist = ask(dataset, "by-nist-function")
    dpv = ask(dataset, "by-dpv-measure")
    mesh = ask(dataset, "by-vocabulary", {"vocabulary": "mesh"})

    assert ("Protect", "Awareness and Training") in {(row[0], row[1]) for row in nist.rows}
    assert set(column(nist, "function")) == {
        "Govern",
        "Identify",
        "Protect",
        "Detect",
        "Respond",
        "Recover",
    }
    assert "Encryption" in column(dpv, "term_label")
    assert len(mesh.rows) >= 90


def test_optional_parameter_narrows(dataset: Dataset) -> None:
    """Left open, all publishers answer; given, only the one."""
    everybody = ask(dataset, "voices-by-publisher")
    one = ask(dataset, "voices-by-publisher", {"publisher": "Bolt"})

    assert set(column(everybody, "publisher")) == {"Acme", "Bolt"}
    assert set(column(one, "publisher")) == {"Bolt"}
    indian = ask(dataset, "regulations-by-jurisdiction", {"jurisdiction": "India"})
    assert "DISHA" in column(indian, "label")
    assert ask(dataset, "regulations-by-jurisdiction", {"jurisdiction": "Mars"}).rows == ()


def test_article_can_be_asked_about(dataset: Dataset) -> None:
    """A parameter may be an IRI."""
    answer = ask(dataset, "concepts-of-article", {"article": str(article_iri("third-00000000"))})

    assert "lost key" in column(answer, "label")
    assert "pink badge" not in column(answer, "label")


@pytest.mark.parametrize(
    "hostile",
    ['x" } DROP ALL #', "Bolt' OR 1=1", "} UNION { ?s ?p ?o", "\\u007d SERVICE <http://x> {"],
)
def test_parameters_are_bound_not_pasted(dataset: Dataset, hostile: str) -> None:
    """Text that looks like SPARQL is compared as text, and finds nothing."""
    assert ask(dataset, "voices-by-publisher", {"publisher": hostile}).rows == ()


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("mitigation-of", {}, "did you mean mitigations-of"),
        ("mitigations-of", {"chalenge": "x"}, "no parameter 'chalenge'; it has challenge"),
        ("mitigations-of", {"challenge": "ransom ware attacs"}, "near: ransomware attack"),
        ("mitigations-of", {"challenge": ""}, "is empty"),
        ("mitigations-of", {"challenge": "PDPA"}, "names several concepts; give one of concept:"),
        ("mitigations-of", {"challenge": "concept:a b"}, "is no name"),
        ("mitigations-of", {"challenge": "http://x/ y"}, "is no IRI"),
        ("trends-by-year", {"kind": "threat"}, "no kind is called 'threat'; there are challenge"),
        ("ASK { ?s ?p ?o }", {"x": "y"}, "parameters are for named questions"),
        ("SELECT * WHERE { ?s", {}, "the query cannot be run"),
    ],
)
def test_faults_say_what_to_do(
    dataset: Dataset, name: str, parameters: dict[str, str], says: str
) -> None:
    """A wrong name, parameter, value or query is refused with a hint."""
    with pytest.raises(QueryError, match=says):
        ask(dataset, name, parameters)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { SERVICE# comment\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { ?s ?p ?o . FILTER EXISTS { SERVICE ?s { ?a ?b ?c } } }",
        "SELECT * WHERE { ?s ?p 1.SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }",
        "SELECT * WHERE { ?s a ch:X.SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }",
        "SELECT * WHERE { ?s ?p 'a'SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }",
        'SELECT * WHERE { ?s a ch:X#"""\n SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } #"""\n }',
        'SELECT * WHERE { ?s ?p "\\u0022" SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } #"\n }',
        "SELECT * WHERE { FILTER(1<2)SERVICE<http://127.0.0.1:9/> { ?a ?b ?c } }",
    ],
)
def test_service_is_refused_however_it_is_written(dataset: Dataset, query: str) -> None:
    """No query leaves the machine."""
    with pytest.raises(QueryError, match=r"SERVICE is refused|cannot be run"):
        run(dataset, query)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "PREFIX x: <urn:x>\nDELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "CLEAR GRAPH <urn:g>",
        "LOAD <http://127.0.0.1:9/>",
        "\\u0049NSERT DATA { <urn:a> <urn:b> <urn:c> }",
    ],
)
def test_updates_are_refused_and_change_nothing(dataset: Dataset, query: str) -> None:
    """A query reads."""
    before = len(run(dataset, "SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }").rows)
    with pytest.raises(QueryError, match=r"refused|cannot be run"):
        run(dataset, query)
    after = len(run(dataset, "SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }").rows)

    assert before == after


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * WHERE { ?s ?p "a SERVICE to INSERT" }',
        "SELECT ?service WHERE { ?service a ch:Technology . # DELETE nothing\n }",
        "SELECT * WHERE { ?s a concept:service-outage }",
        "SELECT * WHERE { ?s <urn:x:SERVICE> '''DROP''' }",
    ],
)
def test_words_in_strings_names_and_comments_are_no_keywords(dataset: Dataset, query: str) -> None:
    """A harmless query is not refused for its words."""
    assert run(dataset, query).columns


def test_other_forms_of_query(dataset: Dataset) -> None:
    """ASK, CONSTRUCT, numbers, booleans and missing values come out as plain Python values."""
    assert run(dataset, "ASK { concept:encryption ch:mitigates ?x }").rows == ((True,),)
    construct = "CONSTRUCT { ?s ch:mitigates ?o } WHERE { ?s ch:mitigates ?o }"
    assert run(dataset, construct).columns == ("subject", "predicate", "object")
    values = run(dataset, "SELECT (1 AS ?a) (0.5 AS ?b) (true AS ?c) ('x' AS ?d) ?e WHERE {}").rows
    assert values == ((1, 0.5, True, "x", None),)


def test_candidate_can_be_asked_about(dataset: Dataset) -> None:
    """A concept that only articles name is found by its label."""
    assert find_concept("lost keys", dataset, load_ontology()) == CONCEPT["lost-key"]


def test_question_file_without_a_question_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A mistake in a question's head is reported by file and line."""
    path = tmp_path / "odd.rq"
    path.write_text("SELECT * WHERE {}", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"odd\.rq:1: begin with the question"):
        read_questions(tmp_path)
    path.write_text("# What?\n# parameter x (conecpt) = y: z\n# column a: b\n", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"odd\.rq:2: no type 'conecpt'"):
        read_questions(tmp_path)


def test_answers_do_not_depend_on_other_ontologies(dataset: Dataset, tmp_path: Path) -> None:
    """An ontology of the caller's own brings its own questions and labels."""
    labels = tmp_path / "labels.csv"
    labels.write_text("label,concept\nshed,encryption\n", encoding="utf-8")
    ontology = load_ontology(labels)
    answer = ask(dataset, "what-a-remedy-brings", {"remedy": "shed"}, ontology=ontology)

    assert answer.rows
