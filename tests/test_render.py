"""The page as text: what it holds, and what it must not hold. `test_browser` runs it."""

import json
import re
from html.parser import HTMLParser

import pytest
from sample_dataset import extraction, sample_dataset

from cloudhealth_kg.dataset import open_dataset, put_article
from cloudhealth_kg.model import KINDS, RELATIONS, STANCES, Metadata
from cloudhealth_kg.network import to_networkx
from cloudhealth_kg.render import SHAPES, render_html

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<!--"


@pytest.fixture(scope="module")
def graph():
    """All of the sample: denied statements and guidance too."""
    return to_networkx(sample_dataset(), countermeasures=True, stances=STANCES)


@pytest.fixture(scope="module")
def page(graph):
    """The page of the sample."""
    return render_html(graph)


def data_of(page: str) -> dict:
    """The data that the page's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])


class Tags(HTMLParser):
    """Start tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Start tags of a page with their attributes."""
    parser = Tags()
    parser.feed(page)
    return parser.tags


def test_page_asks_for_no_other_file(page):
    """Nothing in the page is loaded from anywhere: no source, no style sheet, no import."""
    for tag, attributes in tags_of(page):
        assert "src" not in attributes, tag
        if tag == "link":
            assert attributes["href"] == "data:,"
        if tag in ("a", "use"):
            assert attributes["href"].startswith("#")
    assert "@import" not in page
    assert "url(" not in page[: page.index("</style>")]
    assert not re.search(r"cdn|jsdelivr|unpkg|bootstrap", page, re.IGNORECASE)


def test_page_may_load_nothing_and_run_only_its_own_scripts(page):
    """The content security policy admits two scripts by digest and no connection."""
    (policy,) = [
        attributes["content"]
        for tag, attributes in tags_of(page)
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")
    scripts = re.search(r"script-src ([^;]*);", policy)[1].split()
    assert len(scripts) == 2
    assert all(source.startswith("'sha256-") for source in scripts)


def test_page_holds_all_concepts_statements_and_quotes(graph, page):
    """Whatever is drawn at first, all of the graph is in the page."""
    data = data_of(page)
    assert len(data["concepts"]) == len(graph)
    assert len(data["statements"]) == graph.number_of_edges()
    quotes = {passage["quote"] for s in data["statements"] for passage in s["evidence"]}
    assert "An exit strategy prevents vendor lock-in." in quotes
    assert len(data["map"]["nodes"]) == len(graph)
    assert [node["id"] for node in data["map"]["nodes"]] == list(range(len(graph)))
    assert [edge["id"] for edge in data["map"]["edges"]] == list(range(graph.number_of_edges()))


def test_denied_and_hedged_passages_keep_their_stance(page):
    """The page knows for each passage whether it asserts, hedges or denies."""
    data = data_of(page)
    stances = {
        passage["quote"]: STANCES[passage["stance"]]
        for statement in data["statements"]
        for passage in statement["evidence"]
    }
    assert stances["Encryption is no help against vendor lock-in."] == "negated"
    assert stances["Open standards may ease vendor lock-in."] == "hedged"


def test_more_articles_make_a_larger_node(page):
    """Size follows the number of articles that name a concept, shape its kind."""
    data = data_of(page)
    node = {c["label"]: n for c, n in zip(data["concepts"], data["map"]["nodes"], strict=True)}
    assert node["vendor lock-in"]["size"] > node["open standards"]["size"]
    assert node["vendor lock-in"]["shape"] == SHAPES["challenge"]
    assert len(set(SHAPES.values())) == len(KINDS) == len(SHAPES)


def test_every_concept_has_a_place_of_its_own(page):
    """No two concepts share a position, and the positions are computed beforehand."""
    places = [(node["x"], node["y"]) for node in data_of(page)["map"]["nodes"]]
    assert len(set(places)) == len(places)


def test_legend_names_every_kind_and_relation(page):
    """Each kind and each relation has its own sign in the legend."""
    ids = {attributes.get("id") for tag, attributes in tags_of(page) if tag == "symbol"}
    assert set(KINDS) | set(RELATIONS) <= ids


def test_graph_is_left_as_it_was(graph):
    """Rendering changes nothing in the graph it is given, as pyvis's own reader would."""
    before = json.dumps([list(graph.nodes(data=True)), list(graph.edges(data=True))])
    render_html(graph)
    assert json.dumps([list(graph.nodes(data=True)), list(graph.edges(data=True))]) == before


def test_hostile_text_stays_inside_the_data():
    """Markup in titles, labels, quotes and the page's title opens and closes no element."""
    dataset = open_dataset()
    said = [(f"Quote {HOSTILE}", f"label {HOSTILE}", "causes", "harm", "asserted", 0.5)]
    about = Metadata(title=f"Title {HOSTILE}", source="javascript:alert(1)", publisher=HOSTILE)
    put_article(dataset, extraction("hostile", said, metadata=about))
    clean = render_html(to_networkx(sample_dataset()))
    page = render_html(to_networkx(dataset), title=f"Page {HOSTILE}")
    count = [tag for tag, _ in tags_of(page)]
    assert count == [tag for tag, _ in tags_of(clean)]
    assert "<img" not in page.replace("&lt;img", "")
    data = data_of(page)
    assert data["articles"][0]["title"] == f"Title {HOSTILE}"
    assert data["articles"][0]["source"] == ""


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "data:text/html,x", "//example.org", "http://[", "file:///x"]
)
def test_only_web_addresses_become_links(source):
    """An article's source is a link only where it is an http(s) address."""
    dataset = open_dataset()
    said = [("Sentence.", "a", "causes", "b", "asserted", 0.5)]
    put_article(dataset, extraction("a", said, metadata=Metadata(title="A", source=source)))
    assert data_of(render_html(to_networkx(dataset)))["articles"][0]["source"] == ""


def test_empty_graph_gives_a_page():
    """A dataset with no article still renders."""
    data = data_of(render_html(to_networkx(open_dataset())))
    assert data["concepts"] == []


def test_untitled_article_is_named_by_its_path():
    """An article without a title appears under its file's name."""
    dataset = open_dataset()
    said = [("Sentence.", "a", "causes", "b", "asserted", 0.5)]
    put_article(dataset, extraction("nameless", said, metadata=Metadata()))
    page = render_html(to_networkx(dataset))
    assert data_of(page)["articles"][0]["title"] == "nameless.md"
