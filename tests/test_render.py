"""The page as text: what it holds, and what it must not hold. `test_browser` runs it."""

import json
import re
from html.parser import HTMLParser

import pytest
from sample_dataset import extraction, sample_dataset

from cloudhealth_kg.dataset import put_article
from cloudhealth_kg.model import KINDS, RELATIONS, STANCES, Metadata
from cloudhealth_kg.network import to_networkx
from cloudhealth_kg.render import SHAPES, render_html
from cloudhealth_kg.store import open_dataset

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


def colours_of(page: str) -> list[dict[str, str]]:
    """The colours of the light theme and of the dark one."""
    blocks = re.findall(r":root[^{]*\{(.*?)\}", page[: page.index("</style>")], re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", block)) for block in blocks]


def contrast(one: str, other: str) -> float:
    """Ratio of the luminances of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(tint: str, ground: str, share: float) -> str:
    """A colour laid thinly over another."""
    pairs = [(int(tint[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (0, 2, 4)]
    return "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


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


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(page, theme):
    """Every colour of text reaches the 4.5 of WCAG AA on every ground it is set on."""
    assert contrast("000000", "ffffff") == pytest.approx(21)
    colour = colours_of(page)[theme]
    texts = ("ink", "soft", "faint", "accent", "guidance", "denied", *KINDS)
    pairs = [(text, colour[g]) for text in texts for g in ("sheet", "paper", "raised", "wash")]
    pairs += [(text, colour["accent-wash"]) for text in ("ink", "soft", "accent")]
    pairs += [("ink", colour["chosen"]), ("sheet", colour["challenge"]), ("ink", colour["mark"])]
    pairs += [("guidance", mixed(colour["guidance"], colour["raised"], 0.14))]
    pairs += [("guidance", mixed(colour["guidance"], colour["wash"], 0.14))]
    pairs += [("challenge", mixed(colour["challenge"], colour["raised"], 0.13))]
    low = {(text, on): ratio for text, on in pairs if (ratio := contrast(colour[text], on)) < 4.5}
    assert not low


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
