"""Extraction <-> RDF, and articles in a store."""

import io
import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.namespace import RDF
from sample_extractor import SampleOntology, extract

from cloudhealth_kg.dataset import (
    curated_version,
    find_article,
    put_article,
    put_ontology,
    read_extraction,
    remove_article,
    status,
    to_quads,
)
from cloudhealth_kg.errors import ArticleError, StoreError
from cloudhealth_kg.formats import export
from cloudhealth_kg.model import (
    KINDS,
    RELATIONS,
    STANCES,
    Article,
    Concept,
    Evidence,
    Extraction,
    Mention,
    Metadata,
    Statement,
)
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import CH, ONTOLOGY_GRAPH, article_iri, concept_iri

TEXT = "Encryption\nencryption mitigates data breaches.\naudits may mitigates fines.\n"


def make_article(
    text: str = TEXT, *, id_: str = "six-roadblocks-1f3c0000", **about: str
) -> Article:
    """Make an article of a text and what it says about itself."""
    path = about.pop("path", f"{id_}.md")
    return Article(id_, text, (), Metadata(**about), path, "sha256:" + 64 * "0")


def nquads(dataset) -> bytes:
    """Export as sorted N-Quads."""
    stream = io.BytesIO()
    export(dataset, "nquads", stream)
    return stream.getvalue()


def lines_about(lines: list[str], part: str) -> list[str]:
    """Pick the lines that hold a text."""
    return [line for line in lines if part in line]


def test_an_article_is_one_graph_of_sorted_lines_without_blank_nodes():
    """Each line is a quad of the article's graph; the lines are sorted and name everything."""
    lines = to_quads(extract(make_article()), extractor="e 1", ontology="o 1")
    assert lines == sorted(set(lines))
    assert all(line.endswith(f"<{article_iri('six-roadblocks-1f3c0000')}> .") for line in lines)
    assert not lines_about(lines, "_:")
    assert lines_about(lines, 'ontology#extractorVersion> "e 1"')
    assert lines_about(lines, 'ontology#ontologyVersion> "o 1"')


def test_a_plain_triple_stands_only_where_a_passage_asserts_it():
    """Hedged and negated statements bear evidence but are not among the triples to query."""
    text = "a mitigates b\nc may mitigates d\ne not mitigates f\ng may mitigates h\ng mitigates h"
    lines = to_quads(extract(make_article(text)))
    plain = lines_about(lines, "> <https://w3id.org/cloudhealth-kg/ontology#mitigates> <")
    subjects = {line.split("> ")[0].rsplit("-", 1)[-1] for line in plain if "/concept/" in line}
    assert subjects == {"a", "g"}
    assert len(lines_about(lines, "ontology#Statement>")) == 4
    assert len(lines_about(lines, "ontology#Evidence>")) == 5


@pytest.mark.parametrize(
    ("published", "written"),
    [
        ("2024", '"2024"^^<http://www.w3.org/2001/XMLSchema#gYear>'),
        ("2024-03", '"2024-03"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'),
        ("2024-02-29", '"2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("2023-02-29", '"2023-02-29" '),
        ("2024-W09-4", '"2024-W09-4" '),
        ("spring", '"spring" '),
    ],
)
def test_dates_are_as_exact_as_given(published: str, written: str):
    """A year stays a year, and what is no date stays text."""
    (line,) = lines_about(to_quads(extract(make_article(published=published))), "terms/issued")
    assert f"issued> {written}" in line


def test_of_two_passages_with_one_span_the_stronger_is_kept_whatever_their_order():
    """Evidence has one stance and one rule, and the order in which rules fire does not show."""
    passages = tuple(
        Evidence(0, 4, "text", "", rule, stance, confidence)
        for rule, stance, confidence in (
            ("b", "negated", 0.9),
            ("a", "asserted", 0.5),
            ("c", "hedged", 0.7),
        )
    )
    article = make_article("text")
    written = set()
    for order in (passages, passages[::-1], (*passages[1:], passages[0])):
        statement = Statement(concept_iri("x"), "causes", concept_iri("y"), order)
        lines = to_quads(Extraction(article, (), (), (statement,)))
        assert len(lines_about(lines, "ontology#rule")) == 1
        assert lines_about(lines, 'ontology#rule> "a"')
        written.add("\n".join(lines))
    assert len(written) == 1


def test_half_a_surrogate_pair_is_an_error_that_names_the_file():
    """What RDF cannot hold is refused by name, not with a traceback."""
    with pytest.raises(ArticleError, match=r"odd\.md: cannot be written as RDF"):
        to_quads(extract(make_article("\ud800", path="odd.md")))


HOSTILE = [
    'x" } } ; DROP ALL ; #',
    "\\u0022 } } ; DROP ALL ; #",
    "\\\\u0022 } } ; DROP ALL ; #",
    "\\",
    '"""',
    "?s ?p ?o } INSERT { <urn:a> <urn:b> <urn:c>",
    "\r\n\t\b\f\x00\x0b\x1f\x7f\x85\u2028\ufffe\U0001f600",
    "<script>alert(1)</script>",
    "$s ${x} {{ x }} %s",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_stored_as_it_stands(text: str):
    """Text that would break out of a SPARQL literal is but text, everywhere it can go."""
    with closing(open_dataset()) as dataset:
        put_article(dataset, extract(make_article("c mitigates d", id_="other-00000000")))
        before = nquads(dataset)
        article = make_article(text, title=text, author=text, path=text, source=text)
        concept = Concept(str(concept_iri("a")), "challenge", text)
        mention = Mention(0, len(text), text, concept.iri)
        evidence = Evidence(0, len(text), text, text, text, "asserted", 1.0)
        statement = Statement(concept.iri, "causes", concept.iri, (evidence,))
        extraction = Extraction(article, (concept,), (mention,), (statement,))
        iri = put_article(dataset, extraction, extractor=text, ontology=text)
        assert read_extraction(dataset, iri) == extraction
        assert set(before.splitlines()) < set(nquads(dataset).splitlines())
        assert remove_article(dataset, text) == iri
        assert nquads(dataset) == before


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
concepts = st.builds(
    Concept,
    st.integers(0, 5).map(lambda n: str(concept_iri(f"c{n}"))),
    st.sampled_from(KINDS),
    words,
)


@st.composite
def extractions(draw: st.DrawFn) -> Extraction:
    """Draw an extraction such as could come from any article."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))

    def span() -> tuple[int, int, str]:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        return start, end, text[start:end]

    confidence = st.integers(0, 100).map(lambda n: n / 100)
    known = sorted(
        draw(st.lists(concepts, max_size=4, unique_by=lambda c: c.iri)), key=lambda c: c.iri
    )
    iris = st.sampled_from([c.iri for c in known]) if known else st.nothing()
    mentions = {}
    statements = {}
    for _ in range(draw(st.integers(0, 4)) if known else 0):
        start, end, quote = span()
        mentions[start, end] = Mention(start, end, quote, draw(iris), draw(confidence))
        triple = (draw(iris), draw(st.sampled_from(RELATIONS)), draw(iris))
        start, end, quote = span()
        evidence = Evidence(
            start,
            end,
            quote,
            draw(words),
            draw(words),
            draw(st.sampled_from(STANCES)),
            draw(confidence),
        )
        statements.setdefault(triple, {})[start, end] = evidence
    about = Metadata(*(draw(words) for _ in range(7)))
    return Extraction(
        Article(
            draw(st.from_regex(r"[a-z]{1,8}-[0-9a-f]{8}", fullmatch=True)),
            text,
            (),
            about,
            draw(words),
            "sha256:" + draw(words),
        ),
        tuple(known),
        tuple(mentions[key] for key in sorted(mentions)),
        tuple(
            Statement(*triple, tuple(passages[key] for key in sorted(passages)))
            for triple, passages in statements.items()
        ),
    )


@settings(max_examples=120, deadline=None)
@given(extractions())
def test_an_extraction_comes_back_from_the_store_as_it_went_in(extraction: Extraction):
    """Nothing that an extraction says is lost or changed by RDF."""
    with closing(open_dataset()) as dataset:
        iri = put_article(dataset, extraction, extractor="e", ontology="o")
        back = read_extraction(dataset, iri)
        assert replace(back, statements=()) == replace(extraction, statements=())
        assert set(back.statements) == set(extraction.statements)
        lines = to_quads(extraction, extractor="e", ontology="o")
        assert nquads(dataset).decode() == "".join(f"{line}\n" for line in lines)


@settings(max_examples=40, deadline=None)
@given(st.lists(extractions(), max_size=4, unique_by=lambda e: e.article.id), st.randoms())
def test_putting_is_free_of_order_and_repetition_and_removing_undoes_it(found, random):
    """A store is the set of its articles: any order, twice or once, and out again."""
    once, twice = open_dataset(), open_dataset()
    for extraction in found:
        put_article(once, extraction)
    again = found * 2
    random.shuffle(again)
    for extraction in again:
        put_article(twice, extraction)
    assert nquads(once) == nquads(twice)
    for extraction in found:
        remove_article(twice, str(article_iri(extraction.article.id)))
    assert nquads(twice) == b""


def test_replacing_an_article_leaves_nothing_of_its_former_self():
    """Changing is removing and adding."""
    with closing(open_dataset()) as dataset, closing(open_dataset()) as fresh:
        put_article(dataset, extract(make_article("a mitigates b")))
        put_article(dataset, extract(make_article("c enables d")))
        put_article(fresh, extract(make_article("c enables d")))
        assert nquads(dataset) == nquads(fresh)


@pytest.mark.parametrize(
    "name",
    [
        "one-11111111",
        str(article_iri("one-11111111")),
        "blog/one.md",
        "./blog/one.md",
        "corpus/blog/one.md",
        "/home/me/corpus/blog/one.md",
        "one.md",
        "corpus\\blog\\one.md",
    ],
)
def test_an_article_is_found_by_id_iri_or_path(name: str):
    """A path may be as it was built from, longer, or as short as is clear."""
    with closing(open_dataset()) as dataset:
        put_article(dataset, extract(make_article(id_="one-11111111", path="blog/one.md")))
        put_article(dataset, extract(make_article(id_="two-22222222", path="blog/two.md")))
        assert find_article(dataset, name) == str(article_iri("one-11111111"))


def test_a_name_that_fits_none_or_several_is_refused_with_a_hint():
    """Removing never guesses."""
    with closing(open_dataset()) as dataset:
        put_article(dataset, extract(make_article(id_="one-11111111", path="blog/one.md")))
        put_article(dataset, extract(make_article(id_="uno-22222222", path="news/one.md")))
        with pytest.raises(StoreError, match=r"2 articles fit.*one-11111111, uno-22222222"):
            remove_article(dataset, "one.md")
        with pytest.raises(StoreError, match=r"no such article; did you mean .*one-11111111"):
            remove_article(dataset, "one-11111112")
        with pytest.raises(StoreError, match="`query articles` lists"):
            remove_article(dataset, 'ne.md" } DROP ALL')
        assert status(dataset).articles == 2


def test_the_dataset_answers_sparql_over_the_union_of_all_graphs():
    """A caller holds an rdflib Dataset that sees every article without naming graphs."""
    with closing(open_dataset()) as dataset:
        put_article(dataset, extract(make_article("a mitigates b", id_="one-11111111")))
        put_article(
            dataset, extract(make_article("a mitigates b\nc mitigates b", id_="two-22222222"))
        )
        rows = list(dataset.query("SELECT DISTINCT ?s WHERE { ?s ch:mitigates ?o }"))
        assert len(rows) == 2
        assert len(set(dataset.subjects(RDF.type, CH.Statement))) == 2


def test_curated_graphs_are_put_once_and_again_when_their_version_changes():
    """The ontology stands in graphs of its own, refreshed by version, the same bytes each time."""
    with closing(open_dataset()) as dataset, closing(open_dataset()) as other:
        assert put_ontology(dataset, SampleOntology("1"))
        assert not put_ontology(dataset, SampleOntology("1"))
        assert curated_version(dataset) == "1"
        first = nquads(dataset)
        put_ontology(other, SampleOntology("1"))
        assert nquads(other) == first
        assert b"_:" not in first
        assert str(ONTOLOGY_GRAPH).encode() in first
        assert put_ontology(dataset, SampleOntology("2"))
        assert curated_version(dataset) == "2"
        assert put_ontology(dataset, SampleOntology("1"))
        assert nquads(dataset) == first


def test_status_counts_what_the_store_holds_and_the_versions_it_was_made_with():
    """Concepts and statements are counted once however many articles name them."""
    with closing(open_dataset()) as dataset:
        put_ontology(dataset, SampleOntology("7"))
        for id_, version in (
            ("one-11111111", "e1"),
            ("two-22222222", "e2"),
            ("tri-33333333", "e2"),
        ):
            put_article(dataset, extract(make_article("a mitigates b", id_=id_)), extractor=version)
        found = status(dataset)
    assert (found.articles, found.concepts, found.statements) == (3, 2, 1)
    assert (found.evidence, found.mentions) == (3, 6)
    assert found.extractors == (("e1", 1), ("e2", 2))
    assert found.curated == "7"
    assert found.unfinished == ()
    assert found.store == {"store": "memory"}


def test_more_articles_than_fit_a_page_are_all_remembered(monkeypatch):
    """Reading in pages loses none and repeats none."""
    monkeypatch.setattr("cloudhealth_kg.dataset._PAGE", 3)
    with closing(open_dataset()) as dataset:
        for n in range(7):
            put_article(dataset, extract(make_article("", id_=f"a-{n:08}")))
        assert status(dataset).articles == 7


def test_every_term_of_ours_that_is_written_is_declared():
    """The ontology declares each class, property and individual that articles are written with."""
    about = dict.fromkeys(("title", "author", "publisher", "license", "language"), "x")
    article = make_article(TEXT + "a not causes b", published="2024", source="urn:x", **about)
    lines = to_quads(extract(article), extractor="e", ontology="o")
    used = set(re.findall(rf"<({re.escape(str(CH))}\w+)>", "\n".join(lines)))
    declared = {str(subject) for subject in load_ontology().graph.subjects(RDF.type)}
    assert len(used) >= 20
    assert used <= declared


_SCRIPT = """
import sys
from test_dataset import *
with closing(open_dataset()) as dataset:
    put_ontology(dataset, SampleOntology())
    for n in range(5):
        text = "\\n".join(f"a{i % 4} {r} b{i % n if n else 0}" for i in range(9) for r in RELATIONS)
        put_article(dataset, extract(make_article(text, id_=f"a-{n:08}", published="2024-01")))
    for format in ("nquads", "trig", "turtle", "jsonld", "rdfxml"):
        export(dataset, format, sys.stdout.buffer)
"""


def test_hash_seed_locale_and_time_zone_change_no_byte():
    """Every format comes out alike in processes that differ in all that should not matter."""
    written = set()
    for seed, locale, zone in (("1", "C", "UTC"), ("2", "tr_TR.UTF-8", "Asia/Tokyo")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        env["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        run = subprocess.run(
            [sys.executable, "-c", _SCRIPT], env=env, capture_output=True, check=True
        )
        written.add(run.stdout)
    assert len(written) == 1
    assert len(written.pop()) > 50_000
