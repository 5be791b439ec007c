"""Exports and imports."""

import csv
import io
from contextlib import closing

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic
from sample_extractor import SampleOntology, extract
from test_dataset import HOSTILE, extractions, make_article, nquads

from cloudhealth_kg.dataset import put_article, put_ontology, read_extraction
from cloudhealth_kg.errors import StoreError
from cloudhealth_kg.formats import FORMATS, export, load_export
from cloudhealth_kg.nanopubs import write_nanopubs
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.tables import COLUMNS, write_tables

WHOLE = ["nquads", "trig", "jsonld"]


def write(dataset, name: str) -> bytes:
    """Export to bytes."""
    stream = io.BytesIO()
    export(dataset, name, stream)
    return stream.getvalue()


@pytest.fixture
def dataset():
    """Hold two articles and an ontology."""
    with closing(open_dataset()) as dataset:
        put_ontology(dataset, SampleOntology())
        for n, text in enumerate(
            ("a mitigates b\nb may causes c", "a mitigates b\nd not enables e")
        ):
            put_article(dataset, extract(make_article(text, id_=f"a-{n:08}", title=f"Nº {n}")))
        yield dataset


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=25, deadline=None)
@given(found=st.lists(extractions(), max_size=3, unique_by=lambda e: e.article.id))
def test_what_is_exported_and_read_back_is_the_same_to_the_byte(name, found):
    """N-Quads, TriG and JSON-LD lose nothing, whatever the articles hold."""
    with closing(open_dataset()) as dataset, closing(open_dataset()) as back:
        put_ontology(dataset, SampleOntology())
        for extraction in found:
            put_article(dataset, extraction)
        load_export(back, name, io.BytesIO(write(dataset, name)))
        assert nquads(back) == nquads(dataset)
        assert write(back, name) == write(dataset, name)


@pytest.mark.parametrize("name", [f for f in FORMATS if f not in WHOLE])
def test_other_formats_hold_the_union_of_the_graphs(dataset, name):
    """By rdflib one reads the same triples from them, compared as graphs."""
    union = Graph()
    for quad in Dataset().parse(data=write(dataset, "nquads"), format="nquads").quads():
        union.add(quad[:3])
    names = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml"}
    assert isomorphic(Graph().parse(data=write(dataset, name), format=names[name]), union)
    with pytest.raises(StoreError, match="cannot be read back; import one of nquads, trig, jsonld"):
        load_export(dataset, name, io.BytesIO(write(dataset, name)))


@pytest.mark.parametrize("name", ["nquads", "trig", "jsonld"])
def test_other_readers_agree_with_ours(dataset, name):
    """Both rdflib and Oxigraph read one dataset from each file (compared in canonical form)."""
    names = {"nquads": "nquads", "trig": "trig", "jsonld": "json-ld"}
    theirs = Dataset().parse(data=write(dataset, name), format=names[name])
    lines = theirs.serialize(format="nquads", encoding="utf-8")
    canonical = []
    for data in (lines, write(dataset, "nquads")):
        quads = ox.Dataset(ox.parse(data, format=ox.RdfFormat.N_QUADS))
        quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        canonical.append(quads)
    assert canonical[0] == canonical[1]


def test_rdfxml_is_well_formed_or_refused_by_name(dataset):
    """A character that XML cannot hold is an error that names it, not a broken file."""
    etree.fromstring(write(dataset, "rdfxml"))
    put_article(dataset, extract(make_article("form\x0cfeed", id_="odd-00000000")))
    with pytest.raises(StoreError, match=r"odd-00000000>: holds the character U\+000C.*turtle"):
        export(dataset, "rdfxml", io.BytesIO())


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("nquads", b"<urn:a> <urn:b>", "malformed nquads"),
        ("jsonld", b"{", "malformed jsonld"),
        ("nquads", b"\xff\xfe", "malformed nquads"),
        ("nquads", b"<urn:a> <urn:b> <urn:c> .", "not a graph of ours"),
        ("nquads", b"<urn:a> <urn:b> <urn:c> <urn:g> .", "<urn:g>: not a graph of ours"),
        ("trig", b"<https://w3id.org/cloudhealth-kg/article/x> { [] <urn:b> 1 }", "blank nodes"),
        ("csv", b"", "csv: cannot be read back"),
    ],
)
def test_a_file_that_is_no_export_of_ours_changes_nothing(dataset, name, data, message):
    """Imports are checked before anything is written."""
    before = nquads(dataset)
    good = before.splitlines(keepends=True)[0] if name == "nquads" else b""
    with pytest.raises(StoreError, match=message):
        load_export(dataset, name, io.BytesIO(good + data))
    assert nquads(dataset) == before


def test_an_unknown_format_is_an_error_that_lists_the_known(dataset):
    """A mistyped format is named."""
    with pytest.raises(StoreError, match="turtel: not one of the formats nquads, trig"):
        export(dataset, "turtel", io.BytesIO())


def test_tables_hold_each_article_concept_mention_statement_and_evidence(dataset, tmp_path):
    """The rows say what the store says, and evidence can be joined to statements and articles."""
    paths = write_tables(dataset, tmp_path / "tables")
    tables = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    assert list(tables) == list(COLUMNS)
    assert {name: len(rows) for name, rows in tables.items()} == {
        "articles": 2,
        "concepts": 7,
        "mentions": 8,
        "statements": 4,
        "evidence": 4,
    }
    assert {row["statement"] for row in tables["evidence"]} == {
        row["statement"] for row in tables["statements"]
    }
    assert [r["asserted"] for r in tables["statements"]].count("True") == 2
    assert {row["title"] for row in tables["articles"]} == {"Nº 0", "Nº 1"}
    first = [path.read_bytes() for path in paths]
    assert [p.read_bytes() for p in write_tables(dataset, tmp_path / "again")] == first


@pytest.mark.parametrize("text", [*HOSTILE, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", 'a,"b\nc'])
def test_no_cell_is_a_formula_and_each_comes_back(tmp_path, text):
    """A spreadsheet runs nothing that an article says."""
    with closing(open_dataset()) as dataset:
        put_article(dataset, extract(make_article("", title=text)))
        write_tables(dataset, tmp_path)
    with (tmp_path / "articles.csv").open(encoding="utf-8", newline="") as file:
        title = next(csv.DictReader(file))["title"]
    assert not title.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert title in (text, f"'{text}")


def test_nanopublications_hold_what_is_asserted_with_its_provenance(dataset):
    """Four graphs for each asserted statement of an article; hedged and negated ones stay home."""
    stream = io.BytesIO()
    assert write_nanopubs(dataset, stream) == 2
    found = Dataset().parse(data=stream.getvalue(), format="trig")
    heads = found.query(
        """PREFIX np: <http://www.nanopub.org/nschema#> PREFIX prov: <http://www.w3.org/ns/prov#>
        SELECT ?np ?quote WHERE {
          GRAPH ?head { ?np a np:Nanopublication ; np:hasAssertion ?a ; np:hasProvenance ?p ;
                        np:hasPublicationInfo ?i }
          GRAPH ?a { ?s ?relation ?o }
          GRAPH ?p { ?a prov:wasDerivedFrom ?e . ?e <http://www.w3.org/ns/oa#exact> ?quote }
          GRAPH ?i { ?np ?x ?y }
        }"""
    )
    assert sorted(str(row.quote) for row in heads) == ["a mitigates b", "a mitigates b"]
    assert len({row.np for row in heads}) == 2
    odd = "https://example.org/list?filter[a]=b"
    put_article(dataset, extract(make_article("a mitigates b", id_="b-00000001", source=odd)))
    assert write_nanopubs(dataset, io.BytesIO()) == 3
    again = io.BytesIO()
    assert write_nanopubs(dataset, again, accept=lambda s: s.confidence > 0.99) == 0


def test_a_damaged_article_is_an_error_that_names_it(dataset):
    """A table is not written from half an article in silence."""
    iri = "https://w3id.org/cloudhealth-kg/article/a-00000000"
    dataset.update(f"DELETE WHERE {{ GRAPH <{iri}> {{ ?s ch:rule ?o }} }}")
    with pytest.raises(StoreError, match="a-00000000: missing or damaged"):
        read_extraction(dataset, iri)
