"""The page in a real browser, with the network cut off. Needs Chromium: `pytest -m browser`."""

import shutil
import time
from pathlib import Path

import networkx as nx
import pytest
from sample_dataset import extraction, sample_dataset

from cloudhealth_kg.dataset import put_article
from cloudhealth_kg.model import KINDS, STANCES, Metadata
from cloudhealth_kg.network import to_networkx
from cloudhealth_kg.render import render_html
from cloudhealth_kg.store import open_dataset

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt: chromium)"),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The page of the sample dataset."""
    graph = to_networkx(sample_dataset(), countermeasures=True, stances=STANCES)
    return written(tmp_path_factory, render_html(graph))


def written(factory, page: str) -> Path:
    """A file that holds a page."""
    path = factory.mktemp("page") / "page.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def visit(browser):
    """Open a page file offline; the test fails on any script error, complaint or request."""
    contexts, complaints = [], []

    def open_page(path: Path, fragment: str = "", **options):
        context = browser.new_context(
            **{"viewport": WIDE, "reduced_motion": "reduce"} | options, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on(
            "request",
            lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url),
        )
        page.goto(path.as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


def told(factory, articles: dict[str, list], *, also: dict[str, tuple[str, ...]] | None = None):
    """The page of the sample dataset and of further articles."""
    dataset = sample_dataset()
    for name, said in articles.items():
        put_article(dataset, extraction(name, said, also=(also or {}).get(name, ())))
    return written(
        factory, render_html(to_networkx(dataset, countermeasures=True, stances=STANCES))
    )


def remedies(count: int) -> list[tuple]:
    """Statements that so many ways help against the attack, each a little surer than the last."""
    return [
        (f"Way {n} helps.", f"way number {n}", "mitigates", "attack", "asserted", 0.3 + n / 100)
        for n in range(count)
    ]


def on_screen(page) -> list[dict]:
    """Where the concepts drawn stand within the picture, and the size of their names there."""
    page.wait_for_timeout(150)
    return page.evaluate(
        """(() => { const { network } = cloudhealthPage;
             return network.body.data.nodes.get().map((node) => {
               const at = network.canvasToDOM(network.getPositions([node.id])[node.id]);
               return { x: Math.round(at.x), y: Math.round(at.y),
                 letter: node.font.size * network.getScale() }; }); })()"""
    )


def drawn(page) -> set[str]:
    """Labels of the concepts on the map."""
    return set(
        page.evaluate(
            "cloudhealthPage.network.body.data.nodes.getIds()"
            ".map((n) => cloudhealthPage.concepts[n].label)"
        )
    )


def lines(page) -> dict[tuple[str, str], dict]:
    """The lines on the map, by the labels of their ends."""
    found = page.evaluate(
        """cloudhealthPage.network.body.data.edges.get().map((edge) => [
             cloudhealthPage.concepts[edge.from].label, cloudhealthPage.concepts[edge.to].label,
             edge.dashes, edge.arrows.to.enabled, edge.color.color])"""
    )
    return {(a, b): {"dashes": d, "arrow": arrow, "colour": c} for a, b, d, arrow, c in found}


def point_of(page, label: str) -> tuple[float, float]:
    """Where a concept stands on the screen, once the map has taken its size."""
    page.wait_for_timeout(150)
    x, y = page.evaluate(
        """(label) => { const { network, concepts } = cloudhealthPage;
             const n = concepts.findIndex((concept) => concept.label === label);
             const at = network.canvasToDOM(network.getPositions([n])[n]);
             const frame = document.getElementById("canvas").getBoundingClientRect();
             return [at.x + frame.x, at.y + frame.y]; }""",
        label,
    )
    return x, y


def test_which_measures_against_lock_in_in_two_clicks(visit, sample):
    """A click on the concept, a click on the remedies: measures, articles, sentences."""
    page = visit(sample)
    page.mouse.click(*point_of(page, "vendor lock-in"))
    panel = page.locator("#panel")
    playwright.expect(panel.locator("h2")).to_have_text("vendor lock-in")
    remedies = panel.locator("section").filter(has=page.locator("h3", has_text="Mitigated by"))
    assert remedies.locator(".name").all_inner_texts() == ["exit strategy", "open standards"]
    assert remedies.locator(".many").all_inner_texts() == ["2 articles", "1 article"]
    remedies.get_by_text("Show all sentences").click()
    quote = remedies.locator(".quote").first
    playwright.expect(quote.locator("blockquote")).to_be_visible()
    assert quote.locator("blockquote").inner_text() == "An exit strategy prevents vendor lock-in."
    said = quote.locator("footer").inner_text()
    assert all(part in said for part in ("Remedies", "2019-05-01", "asserted", "0.90"))
    link = quote.locator("a")
    assert link.get_attribute("href") == "https://example.org/first"
    assert link.inner_text() == "The first article"
    assert "hedged" in remedies.locator(".quote footer").nth(1).inner_text()


def test_map_is_painted_at_once_without_network(visit, sample):
    """The canvas shows the concepts in their colours as soon as the page is there."""
    page = visit(sample)
    colours = page.evaluate(
        """(() => { const c = document.querySelector("#canvas canvas");
             const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
             const seen = new Set();
             for (let i = 0; i < d.length; i += 4)
               seen.add((d[i] << 16) + (d[i + 1] << 8) + d[i + 2]);
             return [...seen]; })()"""
    )
    challenge = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--challenge')"
    )
    assert int(challenge.strip().lstrip("#"), 16) in colours


def test_denied_is_never_drawn_as_support(visit, sample):
    """What articles only deny is off at first; switched on, it is grey, dotted, with no arrow."""
    page = visit(sample)
    assert ("encryption", "vendor lock-in") not in lines(page)
    page.get_by_text("only denied").click()
    denied = lines(page)["encryption", "vendor lock-in"]
    support = lines(page)["exit strategy", "vendor lock-in"]
    assert (denied["dashes"], denied["arrow"]) == ([2, 7], False)
    assert (support["dashes"], support["arrow"]) == (False, True)
    assert denied["colour"] != support["colour"]
    page.mouse.click(*point_of(page, "vendor lock-in"))
    section = page.locator("#panel section").filter(has=page.locator("h3", has_text="Denied"))
    assert section.locator(".name").all_inner_texts() == ["encryption"]


def test_hedged_is_dashed_and_can_be_hidden(visit, sample):
    """A statement that is only hedged has a dashed line, gone when hedged ones are switched off."""
    page = visit(sample)
    assert lines(page)["open standards", "vendor lock-in"]["dashes"] == [9, 7]
    page.get_by_text("only hedged").click()
    assert ("open standards", "vendor lock-in") not in lines(page)
    assert ("exit strategy", "vendor lock-in") in lines(page)


def test_known_countermeasures_are_apart_from_articles(visit, sample):
    """Guidance is off at first; on, it is dotted in a colour of its own, as is the panel's list."""
    page = visit(sample)
    assert "data backup" not in drawn(page)
    page.get_by_text("known countermeasures", exact=True).click()
    assert "data backup" in drawn(page)
    line = lines(page)["data backup", "ransomware"]
    assert line["dashes"] == [1.5, 6]
    assert line["colour"] != lines(page)["exit strategy", "vendor lock-in"]["colour"]
    page.mouse.click(*point_of(page, "ransomware"))
    panel = page.locator("#panel")
    assert "No article here gives a remedy" in panel.inner_text()
    panel.get_by_text("data backup", exact=True).click()
    assert "Guide to backups" in panel.inner_text()


@pytest.mark.parametrize(
    ("act", "gone", "left"),
    [
        ("kind", "HIPAA", "data breach"),
        ("relation", "HIPAA", "data breach"),
        ("article", "HIPAA", "open standards"),
        ("year", "open standards", "data breach"),
        ("confidence", "HIPAA", "exit strategy"),
    ],
)
def test_filters_narrow_the_map(visit, sample, act, gone, left):
    """Each filter takes off the map what does not fit it, and clearing brings it back."""
    page = visit(sample)
    assert {gone, left} <= drawn(page)
    if act == "kind":
        page.locator("label", has_text="Regulation").click()
    elif act == "relation":
        page.locator("label", has_text="governs").click()
    elif act == "article":
        page.select_option("#article", label="The first article")
    elif act == "year":
        page.select_option("#from", "2022")
    else:
        page.locator("#confidence").fill("0.75")
    assert gone not in drawn(page)
    assert left in drawn(page)
    page.click("#clear")
    assert gone in drawn(page)


def test_community_filter_keeps_one_community(visit, sample):
    """Choosing a community leaves its members alone on the map."""
    page = visit(sample)
    page.select_option("#community", "0")
    communities = page.evaluate(
        "cloudhealthPage.network.body.data.nodes.getIds()"
        ".map((n) => cloudhealthPage.concepts[n].community)"
    )
    assert set(communities) == {0}


def test_hidden_passages_are_counted(visit, sample):
    """A filter that hides evidence says so in the panel."""
    page = visit(sample, "#concept=vendor-lock-in")
    page.locator("#confidence").fill("0.75")
    assert "passages hidden by the filters" in page.locator("#panel").inner_text()


def test_hovering_brings_out_the_neighbours(visit, sample):
    """Under the pointer a concept and its neighbours stay bright, the others fade."""
    page = visit(sample)
    page.mouse.move(*point_of(page, "HIPAA"))
    page.wait_for_timeout(200)
    bright = page.evaluate(
        "cloudhealthPage.network.body.data.nodes.get().filter((n) => n.opacity === 1)"
        ".map((n) => cloudhealthPage.concepts[n.id].label)"
    )
    assert set(bright) == {"HIPAA", "data breach"}


def test_chosen_concept_stands_amid_its_neighbours(visit, sample):
    """Choosing a concept shows it alone with what it is linked to; closing brings all back."""
    page = visit(sample)
    everything = drawn(page)
    page.mouse.click(*point_of(page, "data breach"))
    playwright.expect(page.locator("#panel h2")).to_have_text("data breach")
    assert drawn(page) == {"data breach", "encryption", "HIPAA", "vendor lock-in"}
    assert "data breach and 3 concepts linked with it" in page.locator("#status").inner_text()
    page.mouse.click(*point_of(page, "HIPAA"))
    playwright.expect(page.locator("#panel h2")).to_have_text("HIPAA")
    page.get_by_text("Back to the whole map").click()
    playwright.expect(page.locator("#panel")).to_be_hidden()
    assert drawn(page) == everything


def test_deep_link_opens_the_concept(visit, sample):
    """An address with #concept= opens on the concept; a click writes such an address."""
    page = visit(sample, "#concept=data-breach")
    playwright.expect(page.locator("#panel h2")).to_have_text("data breach")
    page.locator("#panel .close").click()
    playwright.expect(page.locator("#panel")).to_be_hidden()
    page.mouse.click(*point_of(page, "HIPAA"))
    playwright.expect(page.locator("#panel h2")).to_have_text("HIPAA")
    assert page.url.endswith("#concept=hipaa")
    page.go_back()
    playwright.expect(page.locator("#panel")).to_be_hidden()


def test_search_by_keyboard_finds_alternative_labels(visit, sample):
    """The slash key leads to the search box; an alternative label finds the concept."""
    page = visit(sample)
    page.keyboard.press("/")
    page.keyboard.type("provider lock")
    assert page.locator("#found li span").all_inner_texts() == ["vendor lock-in"]
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#panel h2")).to_have_text("vendor lock-in")
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("nothing of this name")
    assert "No concept has this name" in page.locator("#found").inner_text()


def test_lists_work_from_the_keyboard(visit, sample):
    """The table of concepts sorts and opens by keyboard alone."""
    page = visit(sample)
    page.locator(".tabs button", has_text="Concepts").focus()
    page.keyboard.press("Enter")
    names = page.locator("#concepts td .name")
    playwright.expect(names.first).to_have_text("vendor lock-in")
    page.locator("[data-sort=label]").focus()
    page.keyboard.press("Enter")
    assert names.first.inner_text() == "data breach"
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Concept")
    page.keyboard.press("Enter")
    assert names.first.inner_text() == "vendor lock-in"
    page.locator("#concepts td .open").first.focus()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#panel h2")).to_have_text("vendor lock-in")


REMEDIES = [
    ("Zoning helps with a data breach.", "zoning", "mitigates", "data breach", "asserted", 0.6),
    ("Audits limit a data breach.", "audits", "mitigates", "data breach", "asserted", 0.6),
    ("Logs reveal a data breach.", "logs", "mitigates", "data breach", "asserted", 0.95),
]


def test_equally_supported_remedies_come_by_guidance_then_confidence(visit, tmp_path_factory):
    """One article each: what guidance knows too, then the surest, then by name."""
    page = visit(told(tmp_path_factory, {"fourth": REMEDIES}), "#concept=data-breach")
    section = page.locator("#panel section").filter(has=page.locator("h3", has_text="Mitigated"))
    assert section.locator(".name").all_inner_texts() == ["encryption", "logs", "audits", "zoning"]
    page.evaluate("location.hash = '#view=gaps'")
    row = page.locator("#gaps tr", has=page.get_by_text("data breach", exact=True))
    assert row.locator(".chip").all_inner_texts() == ["encryption", "logs", "audits", "zoning"]


def test_gaps_that_guidance_closes_come_first(visit, tmp_path_factory):
    """A gap with a known countermeasure comes before one that more articles name."""
    also = dict.fromkeys(("fourth", "fifth"), ("staff shortage",))
    page = visit(told(tmp_path_factory, {"fourth": [], "fifth": []}, also=also), "#view=gaps")
    names = page.locator("#gaps table").first.locator("td .name").all_inner_texts()
    assert names == ["ransomware", "staff shortage"]


def test_neighbours_of_a_hub_stand_all_around_it(visit, tmp_path_factory):
    """Sixty remedies of one challenge: the strongest first, on both sides; all on demand."""
    page = visit(told(tmp_path_factory, {"ways": remedies(60)}), "#concept=attack")
    assert drawn(page) == {"attack", *(f"way number {n}" for n in range(36, 60))}
    middle = point_of(page, "attack")[0] - page.locator("#canvas").bounding_box()["x"]
    found = on_screen(page)
    assert sum(at["x"] < middle - 50 for at in found) == sum(at["x"] > middle + 50 for at in found)
    frame = page.locator("#canvas").bounding_box()
    assert all(0 < at["x"] < frame["width"] and 0 < at["y"] < frame["height"] for at in found)
    assert page.evaluate("cloudhealthPage.network.getScale()") * 15 > 10.5
    status = page.locator("#status")
    assert "attack and the 24 strongest of 60 concepts" in status.inner_text()
    status.get_by_text("Draw 24 more").click()
    assert len(drawn(page)) == 49
    status.get_by_text("Draw all").click()
    assert len(drawn(page)) == 61
    assert "attack and 60 concepts linked with it" in status.inner_text()


def test_another_ring_is_framed_anew(visit, tmp_path_factory):
    """Filters that leave fewer neighbours bring them nearer; those that leave all move nothing."""
    page = visit(told(tmp_path_factory, {"ways": remedies(24)}), "#concept=attack")
    scale = "cloudhealthPage.network.getScale()"
    whole = page.evaluate(scale)
    page.locator("#confidence").fill("0.25")
    assert page.evaluate(scale) == whole
    page.locator("#confidence").fill("0.5")
    assert len(drawn(page)) == 5
    assert page.evaluate(scale) > whole


def test_known_countermeasures_are_drawn_from_a_gap(visit, sample):
    """At a challenge without remedies the picture offers what guidance knows."""
    page = visit(sample, "#concept=ransomware")
    assert drawn(page) == {"ransomware"}
    page.locator("#status").get_by_text("Draw 1 by guidance").click()
    assert drawn(page) == {"ransomware", "data backup"}
    assert page.locator("#show-guidance").is_checked()


def test_long_lists_of_names_fold(visit, tmp_path_factory):
    """Four other names and how many more there are; the rest on demand, by keyboard too."""
    graph = to_networkx(sample_dataset())
    labels = nx.get_node_attributes(graph, "label")
    iri = next(iri for iri, label in labels.items() if label == "HIPAA")
    graph.nodes[iri]["alternatives"] = [f"name {n}" for n in range(1, 10)]
    page = visit(written(tmp_path_factory, render_html(graph)), "#concept=hipaa")
    names = page.locator("#panel details.aka")
    assert names.inner_text() == "Also called name 1, name 2, name 3, name 4 and 5 more"
    names.locator("summary").focus()
    page.keyboard.press("Enter")
    playwright.expect(names.get_by_text("name 5, name 6")).to_be_visible()
    playwright.expect(names.get_by_text("and 5 more")).to_be_hidden()
    page.fill("#search", "name 7")
    assert page.locator("#found li span").all_inner_texts() == ["HIPAA"]


def test_search_puts_the_very_name_first(visit, tmp_path_factory):
    """A concept of exactly this name comes before more important ones that only contain it."""
    said = [
        (f"Rule {n}.", "lock-in by a rule", "causes", f"harm {n}", "asserted", 0.5)
        for n in range(9)
    ]
    said.append(("It locks.", "lock-in", "causes", "harm 1", "asserted", 0.5))
    page = visit(told(tmp_path_factory, {"rules": said}))
    page.fill("#search", "lock-in")
    assert page.locator("#found li span").first.inner_text() == "lock-in"
    page.fill("#search", "provider lock-in")
    assert page.locator("#found li span").first.inner_text() == "vendor lock-in"


def test_filters_leave_open_what_is_open(visit, sample):
    """A filter changes the panel's contents, not which sentences are open or where one reads."""
    page = visit(sample, "#concept=vendor-lock-in")
    page.locator("#panel summary", has_text="exit strategy").click()
    page.locator("#confidence").fill("0.3")
    playwright.expect(page.locator("#panel details[open] .name")).to_have_text("exit strategy")


def test_closing_a_concept_returns_to_where_one_was(visit, sample):
    """Escape gives the keyboard back to the row the concept was opened from; the title follows."""
    page = visit(sample, "#view=concepts")
    title = page.title()
    row = page.locator("#concepts td .open").nth(3)
    name = row.inner_text()
    row.focus()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#panel h2")).to_have_text(name)
    assert page.title() == f"{name} · {title}"
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.innerText") == name
    assert page.title() == title


def test_lists_tell_of_filters_and_clear_them(visit, sample):
    """A list that is narrowed says so, and the map too."""
    page = visit(sample, "#view=articles")
    page.locator("#articles").get_by_text("Show on the map").first.click()
    playwright.expect(page.locator("#status").get_by_text("Clear the filters")).to_be_visible()
    page.go_back()
    lead = page.locator("#articles .lead")
    playwright.expect(lead).to_have_text("1 article under the filters (clear them)")
    lead.get_by_text("clear them").click()
    playwright.expect(lead).to_have_text("3 articles")


def test_words_of_tables_stay_whole(visit, sample):
    """Beside an open panel the kinds are not broken, and the publisher takes no column."""
    page = visit(sample, "#concept=hipaa&view=concepts", viewport={"width": 1200, "height": 800})
    assert page.evaluate(
        "[...document.querySelectorAll('#concepts .word')]"
        ".every((word) => word.getClientRects().length === 1)"
    )
    page.evaluate("location.hash = '#view=articles'")
    assert "Publisher" not in page.locator("#articles thead").inner_text()
    assert page.locator("#articles td small").first.inner_text() == "Example"


@pytest.mark.parametrize("height", [720, 900])
def test_confidence_is_at_hand_without_scrolling(visit, sample, height):
    """On a desk the slider is in sight, and ends at the surest passage there is."""
    page = visit(sample, viewport={"width": 1440, "height": height})
    frame = page.locator("#confidence").bounding_box()
    assert frame["y"] + frame["height"] < height
    assert page.locator("#confidence").get_attribute("max") == "0.90"


def test_print_has_all_of_it_on_light_paper(visit, tmp_path_factory):
    """Printing in the dark theme: light, nothing cut off at the height of the screen."""
    page = visit(
        written(tmp_path_factory, render_html(large_graph(200))), "#view=concepts",
        color_scheme="dark",
    )  # fmt: skip
    page.evaluate(
        "addEventListener('beforeprint', () => {"
        " window.printed = document.documentElement.dataset.theme; })"
    )
    sheets = page.pdf(format="A4").count(b"/Type /Page\n")
    assert sheets > 3
    assert page.evaluate("window.printed") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_gaps_are_listed_with_what_guidance_knows(visit, sample):
    """The view of gaps names the challenge without a remedy, and the known countermeasure."""
    page = visit(sample, "#view=gaps")
    assert page.locator("#gap-count").inner_text() == "1"
    table = page.locator("#gaps table").first
    assert table.locator("td .name").all_inner_texts() == ["ransomware"]
    assert table.locator(".chip").all_inner_texts() == ["data backup"]


def test_article_list_leads_to_the_map(visit, sample):
    """From the list of articles one article is shown on the map."""
    page = visit(sample, "#view=articles")
    assert page.locator("#articles tbody tr").count() == 3
    page.locator("#articles tr", has_text="The first article").get_by_text(
        "Show on the map"
    ).click()
    playwright.expect(page.locator("#map")).to_be_visible()
    assert drawn(page) == {"vendor lock-in", "exit strategy", "open standards"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screen_has_all_of_it(visit, sample, scheme):
    """On a telephone nothing sticks out; the filters and the concept come over the map."""
    page = visit(sample, viewport=NARROW, color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    for view in ("Map", "Concepts", "Gaps", "Articles"):
        page.locator(".tabs button", has_text=view).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".tabs button", has_text="Map").click()
    page.click("#open-filters")
    page.locator("label", has_text="Regulation").click()
    assert "HIPAA" not in drawn(page)
    page.keyboard.press("Escape")
    page.mouse.click(*point_of(page, "vendor lock-in"))
    frame = page.locator("#panel").bounding_box()
    assert frame["x"] >= 0
    assert frame["x"] + frame["width"] <= 390


def test_narrow_map_begins_with_what_fits(visit, tmp_path_factory):
    """A telephone shows the few most important, whole and legible, clear of the status line."""
    page = visit(written(tmp_path_factory, render_html(large_graph(300))), viewport=NARROW)
    found = on_screen(page)
    assert len(found) == 28
    assert "28 of 300 concepts drawn" in page.locator("#status").inner_text()
    frame, line = page.locator("#canvas").bounding_box(), page.locator("#status").bounding_box()
    top = line["y"] + line["height"] - frame["y"]
    assert all(0 < at["x"] < frame["width"] and top < at["y"] < frame["height"] for at in found)
    assert min(at["letter"] for at in found) > 8
    page.mouse.click(*point_of(page, "concept number 0"))
    page.locator("#panel .close").click()
    places = [{(at["x"], at["y"]) for at in seen} for seen in (found, on_screen(page))]
    assert places[0] == places[1]
    page.locator("#status").get_by_text("Draw all").click()
    assert len(drawn(page)) == 300


def test_narrow_lists_can_be_filtered(visit, sample):
    """The filters are at hand in each view, and marked while they narrow."""
    page = visit(sample, "#view=concepts", viewport=NARROW)
    page.click("#open-filters")
    page.locator("label", has_text="Regulation").click()
    page.keyboard.press("Escape")
    assert "on" in page.locator("#open-filters").get_attribute("class")
    assert page.evaluate("document.activeElement.id") == "open-filters"
    assert "HIPAA" not in page.locator("#concepts td .name").all_inner_texts()


def test_colours_follow_the_theme(visit, sample):
    """The button changes between light and dark, on the map too."""
    page = visit(sample, color_scheme="light")
    before = lines(page)["exit strategy", "vendor lock-in"]["colour"]
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert lines(page)["exit strategy", "vendor lock-in"]["colour"] != before


HOSTILE = '</script><img src=x onerror="window.ran=1"><svg onload="window.ran=2">'


def test_nothing_in_an_article_runs(visit, tmp_path_factory):
    """Markup in titles, labels, quotes, sections is shown as text, the policy set aside."""
    dataset = open_dataset()
    label = f"label {HOSTILE}"
    said = [(f"Quote {HOSTILE}", label, "mitigates", "harm", "asserted", 0.5)]
    about = Metadata(title=f"Title {HOSTILE}", source="javascript:window.ran=3", publisher=HOSTILE)
    put_article(dataset, extraction(f"a{HOSTILE}", said, metadata=about))
    path = written(tmp_path_factory, render_html(to_networkx(dataset), title=HOSTILE))
    page = visit(path, bypass_csp=True)
    page.evaluate(
        "location.hash = '#concept=' + encodeURIComponent(cloudhealthPage.concepts[0].id)"
    )
    page.wait_for_selector("#panel h2")
    page.get_by_text("Show all sentences").first.click()
    assert HOSTILE in page.locator("#panel blockquote").inner_text()
    page.fill("#search", "label")
    page.wait_for_selector("#found li")
    for view in ("concepts", "gaps", "articles", "map"):
        page.evaluate(f"location.hash = '#view={view}'")
        page.mouse.move(*point_of(page, "harm"))
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.title() == HOSTILE


def test_policy_stops_what_slips_in(browser, sample):
    """Were markup to get into the page all the same, its script would still not run."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(sample.as_uri())
    page.evaluate("""document.body.insertAdjacentHTML("beforeend",
        '<img src="data:," onerror="window.ran=1">')""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    context.close()


def large_graph(concepts: int) -> nx.MultiDiGraph:
    """A graph as `to_networkx` gives it, of many concepts and three times as many statements."""
    graph = nx.MultiDiGraph(
        articles={"urn:a": {"title": "A", "date": "", "source": "", "publisher": "", "path": "a"}}
    )
    passage = {
        "article": "urn:a", "title": "A", "date": "", "quote": "A sentence.", "start": 0,
        "section": "", "rule": "test", "stance": "asserted", "confidence": 0.5,
    }  # fmt: skip
    for number in range(concepts):
        graph.add_node(
            f"urn:c{number:04}", label=f"concept number {number}", kind=KINDS[number % 5],
            articles=1, named_in=["urn:a"], definition="", alternatives=[], known=False,
        )  # fmt: skip
    for a, b in nx.barabasi_albert_graph(concepts, 3, seed=1).edges():
        graph.add_edge(
            f"urn:c{a:04}", f"urn:c{b:04}", key="causes", relation="causes", stance="asserted",
            articles=1, confidence=0.5, evidence=[passage], guidance=[],
        )  # fmt: skip
    return graph


def test_few_that_are_left_are_drawn_together(visit, tmp_path_factory):
    """What one article of many names stands far out on the map; alone, it fills the picture."""
    graph = large_graph(900)
    graph.graph["articles"]["urn:b"] = {**graph.graph["articles"]["urn:a"], "title": "B"}
    for number in range(870, 900, 3):
        for _, _, edge in graph.out_edges(f"urn:c{number:04}", data=True):
            edge["evidence"] = [{**edge["evidence"][0], "article": "urn:b"}]
    for _, _, edge in graph.in_edges([f"urn:c{n:04}" for n in range(870, 900, 3)], data=True):
        edge["evidence"] = [{**edge["evidence"][0], "article": "urn:b"}]
    page = visit(written(tmp_path_factory, render_html(graph)))
    page.select_option("#article", label="B")
    found = on_screen(page)
    assert 10 < len(found) < 60
    frame = page.locator("#canvas").bounding_box()
    assert all(0 < at["x"] < frame["width"] and 0 < at["y"] < frame["height"] for at in found)
    assert min(at["letter"] for at in found) > 9
    page.click("#clear")
    assert len(drawn(page)) == 300


def test_two_thousand_concepts_stay_usable(visit, tmp_path_factory):
    """The most important are drawn first, the page says so, and all can be drawn or found."""
    page = visit(written(tmp_path_factory, render_html(large_graph(2000), drawn=300)))
    assert len(drawn(page)) == 300
    status = page.locator("#status")
    assert "300 of 2000 concepts drawn, the most important first" in status.inner_text()
    status.get_by_text("Draw 300 more").click()
    assert len(drawn(page)) == 600
    page.fill("#search", "concept number 1999")
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#panel h2")).to_have_text("concept number 1999")
    assert "concept number 1999" in drawn(page)
    page.keyboard.press("Escape")
    start = time.monotonic()
    status.get_by_text("Draw all").click()
    assert len(drawn(page)) == 2000
    assert time.monotonic() - start < 20
    page.locator(".tabs button", has_text="Concepts").click()
    playwright.expect(page.locator("#concepts tbody tr")).to_have_count(2000)
