"""The dataset as a graph, its measures, its reports and its files."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest
from sample_dataset import extraction, sample_dataset

from cloudhealth_kg.analysis import analyse, support_graph
from cloudhealth_kg.analysis_report import to_report
from cloudhealth_kg.dataset import put_article
from cloudhealth_kg.layout import encircle, place, settle
from cloudhealth_kg.model import STANCES, Metadata
from cloudhealth_kg.network import to_frame, to_networkx, write_graph
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import CH, concept_iri

LOCK_IN = str(concept_iri("vendor lock-in"))
EXIT = str(concept_iri("exit strategy"))
BREACH = str(concept_iri("data breach"))
ENCRYPTION = str(concept_iri("encryption"))
RANSOMWARE = str(concept_iri("ransomware"))
BACKUP = str(concept_iri("data backup"))


@pytest.fixture(scope="module")
def dataset():
    """The sample dataset, in memory."""
    return sample_dataset()


@pytest.fixture(scope="module")
def graph(dataset):
    """All of the sample: denied statements and guidance too."""
    return to_networkx(dataset, countermeasures=True, stances=STANCES)


def test_concept_says_what_it_is(graph):
    """A node tells label, kind, articles and what the ontology knows of it."""
    node = graph.nodes[LOCK_IN]
    assert (node["label"], node["kind"], node["articles"]) == ("vendor lock-in", "challenge", 3)
    assert node["definition"] == "Leaving a provider costs more than staying."
    assert node["alternatives"] == ["provider lock-in"]
    assert node["known"]
    assert not graph.nodes[EXIT]["known"]


def test_statement_gathers_its_evidence(graph):
    """One edge for a statement that two articles bear, with both quotes and the best stance."""
    edge = graph.edges[EXIT, LOCK_IN, "mitigates"]
    assert (edge["articles"], edge["stance"], edge["confidence"]) == (2, "asserted", 0.9)
    first, second = edge["evidence"]
    assert first["quote"] == "An exit strategy prevents vendor lock-in."
    assert (first["title"], first["date"]) == ("The first article", "2019-05-01")
    assert (first["section"], first["stance"], second["stance"]) == (
        "Remedies",
        "asserted",
        "hedged",
    )


def test_denied_statement_stays_out_unless_asked_for(dataset, graph):
    """A statement that is only denied is no edge by default, and marked where it is wanted."""
    plain = to_networkx(dataset)
    assert not plain.has_edge(ENCRYPTION, LOCK_IN)
    denied = graph.edges[ENCRYPTION, LOCK_IN, "mitigates"]
    assert (denied["stance"], denied["articles"]) == ("negated", 0)


def test_dissent_stays_in_sight(dataset):
    """A passage that denies what another asserts is kept among the evidence, and not counted."""
    edge = to_networkx(dataset).edges[ENCRYPTION, BREACH, "mitigates"]
    assert [passage["stance"] for passage in edge["evidence"]] == ["asserted", "negated"]
    assert edge["articles"] == 1


def test_guidance_is_told_apart(dataset, graph):
    """Known countermeasures come only when asked for, and carry no article."""
    assert BACKUP not in to_networkx(dataset)
    edge = graph.edges[BACKUP, RANSOMWARE, "mitigates"]
    assert (edge["articles"], edge["evidence"]) == (0, [])
    assert edge["guidance"] == [
        {"title": "Guide to backups", "section": "4.2", "source": "https://example.org/g"}
    ]
    assert graph.edges[ENCRYPTION, BREACH, "mitigates"]["articles"] == 1


def test_guidance_alone(dataset):
    """Without the articles only curated statements are left."""
    graph = to_networkx(dataset, articles=False, countermeasures=True)
    assert {(a, b) for a, b in graph.edges()} == {(BACKUP, RANSOMWARE), (ENCRYPTION, BREACH)}
    assert analyse(graph).concepts == ()


def test_unfinished_article_is_no_part(dataset):
    """An article whose graph lacks its seal, since a build was killed, is left out."""
    dataset = sample_dataset()
    article = next(iter(dataset.subjects(CH.path, None)))
    for graph in list(dataset.graphs()):
        graph.remove((article, CH.contentDigest, None))
    assert len(to_networkx(dataset).graph["articles"]) == 2


def test_kind_follows_most_articles():
    """Where articles take a concept for two kinds, the more frequent one wins."""
    dataset = open_dataset()
    said = [("Encryption ends snooping.", "encryption", "mitigates", "snooping", "asserted", 0.9)]
    for name in ("a", "b"):
        put_article(dataset, extraction(name, said))
    assert to_networkx(dataset).nodes[ENCRYPTION]["kind"] == "technology"


def test_empty_dataset_gives_empty_views():
    """Nothing in, nothing out, and no error."""
    graph = to_networkx(open_dataset())
    analysis = analyse(graph)
    assert len(graph) == 0
    assert (analysis.concepts, analysis.gaps, analysis.components) == ((), (), ())
    assert "0 concepts" in to_report(analysis)
    assert len(to_frame(graph, "evidence")) == 0


def test_gap_is_a_challenge_that_no_article_has_a_remedy_for(graph):
    """Guidance closes no gap, but is told; a denied remedy is none."""
    analysis = analyse(graph)
    (gap,) = analysis.gaps
    assert (gap.iri, [remedy.label for remedy in gap.known]) == (RANSOMWARE, ["data backup"])
    assert gap.known[0].guidance == ("Guide to backups 4.2",)


def test_remedies_come_best_supported_first(graph):
    """The measures against lock-in, by the number of articles; encryption is denied."""
    challenges = {challenge.iri: challenge for challenge in analyse(graph).challenges}
    found = [(r.label, r.articles, r.stance) for r in challenges[LOCK_IN].remedies]
    assert found == [("exit strategy", 2, "asserted"), ("open standards", 1, "hedged")]


def ranking_graph():
    """A challenge whose remedies one article each names, and a gap that two articles name."""
    dataset = sample_dataset()
    said = [
        ("Zoning helps with a data breach.", "zoning", "mitigates", "data breach", "asserted", 0.6),
        ("Audits limit a data breach.", "audits", "mitigates", "data breach", "asserted", 0.6),
        ("Logs reveal a data breach.", "logs", "mitigates", "data breach", "asserted", 0.95),
    ]
    put_article(dataset, extraction("fourth", said, also=("staff shortage",)))
    put_article(dataset, extraction("fifth", said[:0], also=("staff shortage",)))
    return to_networkx(dataset, countermeasures=True, stances=STANCES)


def test_equally_supported_remedies_come_by_guidance_then_confidence():
    """One article each: what guidance knows too, then the surest, then by name."""
    challenges = {challenge.iri: challenge for challenge in analyse(ranking_graph()).challenges}
    found = [remedy.label for remedy in challenges[BREACH].remedies]
    assert found == ["encryption", "logs", "audits", "zoning"]


def test_gaps_that_guidance_closes_come_first():
    """A gap with a known countermeasure comes before one that more articles name."""
    first, second, *_ = analyse(ranking_graph()).gaps
    assert (first.label, second.label) == ("ransomware", "staff shortage")
    assert first.articles < second.articles


def test_measures_ignore_what_is_denied(graph):
    """The support graph has no edge for a denied statement, nor for guidance alone."""
    support = support_graph(graph)
    assert not support.has_edge(ENCRYPTION, LOCK_IN)
    assert not support.has_node(BACKUP)
    assert support.edges[EXIT, LOCK_IN]["weight"] == 2


def test_measures_agree_with_networkx(graph):
    """Degree, PageRank and betweenness are those of the library on the support graph."""
    support = support_graph(graph)
    pagerank = nx.pagerank(support, weight="weight")
    linked = nx.Graph(support.edges())
    between = nx.betweenness_centrality(linked)
    for concept in analyse(graph).concepts:
        assert concept.pagerank == pytest.approx(pagerank[concept.iri], abs=1e-5)
        assert concept.betweenness == pytest.approx(between.get(concept.iri, 0), abs=1e-5)
        assert concept.degree == support.degree(concept.iri)


def test_most_important_concept_comes_first(graph):
    """Order follows articles and statements, then the label."""
    labels = [concept.label for concept in analyse(graph).concepts]
    assert labels[:2] == ["vendor lock-in", "data breach"]
    assert set(labels[-2:]) == {"ransomware", "telemedicine"}


def test_unlinked_concepts_belong_to_no_community(graph):
    """Concepts that no statement links are counted apart."""
    analysis = analyse(graph)
    assert analysis.unlinked == 2
    assert sum(len(group.members) for group in analysis.communities) == 6
    assert analysis.components == (6,)


def test_two_clusters_are_two_communities():
    """Two cliques joined by one edge fall into two communities and one part."""
    graph = nx.MultiDiGraph(articles={})
    for name in "abcdefgh":
        graph.add_node(f"urn:{name}", label=name, kind="challenge", articles=1)
    pairs = [(a, b) for part in ("abcd", "efgh") for a in part for b in part if a < b]
    for a, b in [*pairs, ("d", "e")]:
        graph.add_edge(
            f"urn:{a}", f"urn:{b}", key="causes", relation="causes", articles=1,
            stance="asserted", confidence=1.0, evidence=[], guidance=[],
        )  # fmt: skip
    found = analyse(graph)
    members = {"".join(iri[-1] for iri in sorted(group.members)) for group in found.communities}
    assert members == {"abcd", "efgh"}
    assert found.components == (8,)


SCRIPT = """
import sys, hashlib, io
sys.path[:0] = {path!r}
from sample_dataset import sample_dataset
from cloudhealth_kg.analysis import analyse
from cloudhealth_kg.model import STANCES
from cloudhealth_kg.network import to_networkx, write_graph
from cloudhealth_kg.render import render_html
from cloudhealth_kg.analysis_report import to_report
graph = to_networkx(sample_dataset(), countermeasures=True, stances=STANCES)
out = io.BytesIO()
write_graph(graph, out, "graphml")
write_graph(graph, out, "gexf")
out.write(to_report(analyse(graph), "json").encode())
out.write(render_html(graph).encode())
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_views_are_the_same_bytes_for_every_hash_seed():
    """Page, report and graph files do not depend on the order of sets."""
    here = Path(__file__).parent
    script = SCRIPT.format(path=[str(here), str(here.parent)])
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(("name", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_graph_file_is_read_back(graph, tmp_path, name, read):
    """Another program finds every concept and statement, and the evidence as JSON."""
    path = tmp_path / f"graph.{name}"
    with path.open("wb") as stream:
        write_graph(graph, stream, name)
    back = read(path, force_multigraph=True) if name == "graphml" else read(path)
    assert set(back) == set(graph)
    assert back.number_of_edges() == graph.number_of_edges()
    edges = {(a, b, data["relation"]): data for a, b, data in back.edges(data=True)}
    evidence = json.loads(edges[EXIT, LOCK_IN, "mitigates"]["evidence"])
    assert evidence[0]["quote"] == "An exit strategy prevents vendor lock-in."
    assert b"lastmodified" not in path.read_bytes()


def test_graph_file_stands_hostile_text(tmp_path):
    """Markup and control characters in labels leave a well-formed file."""
    dataset = open_dataset()
    label = 'bad <b>&"\x00\x0b label'
    said = [(f"It says {label}.", label, "causes", "harm", "asserted", 0.5)]
    put_article(dataset, extraction("hostile", said, metadata=Metadata(title="]]>\x01")))
    out = io.BytesIO()
    write_graph(to_networkx(dataset), out, "graphml")
    out.seek(0)
    back = nx.read_graphml(out, force_multigraph=True)
    assert 'bad <b>&" label' in {data["label"] for _, data in back.nodes(data=True)}


def test_frames_hold_one_row_for_each_thing(graph):
    """Data frames for notebooks: concepts, statements, passages."""
    pytest.importorskip("pandas")
    assert len(to_frame(graph)) == len(graph)
    statements = to_frame(graph, "statements")
    assert len(statements) == graph.number_of_edges()
    assert set(statements["relation"]) == {"mitigates", "governs", "causes"}
    evidence = to_frame(graph, "evidence")
    assert "An exit strategy prevents vendor lock-in." in set(evidence["quote"])
    assert len(evidence) == 8


def test_report_names_remedies_and_gaps(graph):
    """A person reads what mitigates a challenge, in how many articles, and what is open."""
    report = to_report(analyse(graph))
    assert "exit strategy (2), open standards (1, hedged)" in report
    assert "1 of 3 challenges: no article says what helps" in report
    gap = next(line for line in report.splitlines() if "ransomware" in line and "backup" in line)
    assert gap.split()[0] == "ransomware"


def test_report_says_what_it_leaves_out(graph):
    """Rows beyond the limit are counted, never dropped in silence."""
    analysis = analyse(graph)
    rest = len(analysis.concepts) - 2
    assert f"{rest} more" in to_report(analysis, top=2)
    assert "… and" not in to_report(analysis, top=0)


def test_json_report_holds_all(graph):
    """The JSON report has every concept's measures and the gaps."""
    record = json.loads(to_report(analyse(graph), "json", top=1))
    assert len(record["concepts"]) == 8
    assert record["gaps"] == [RANSOMWARE]


def test_report_escapes_what_articles_say():
    """A label can neither steer a terminal nor write Markdown or HTML."""
    dataset = open_dataset()
    label = "x\x1b[2J|<img src=q onerror=alert(1)>[l](u)"
    said = [("Sentence.", label, "causes", "harm", "asserted", 0.5)]
    put_article(dataset, extraction("hostile", said))
    analysis = analyse(to_networkx(dataset))
    assert "\x1b" not in to_report(analysis)
    markdown = to_report(analysis, "markdown")
    assert "<img" not in markdown
    assert "\\[l\\](u)" in markdown


def _overlaps(at, boxes):
    names = sorted(at)
    return [
        (a, b)
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if all(
            abs(at[a][axis] - at[b][axis]) < (boxes[a][axis] + boxes[b][axis]) / 2 - 1
            for axis in (0, 1)
        )
    ]


def test_map_puts_no_label_on_another():
    """The boxes of concepts and labels do not overlap, wherever a concept is placed."""
    links = nx.Graph()
    links.add_edges_from(nx.barabasi_albert_graph(60, 2, seed=1).edges(), weight=1)
    links.add_edges_from([(100, 101), (200, 201)], weight=1)
    links = nx.relabel_nodes(links, str)
    boxes = dict.fromkeys([*links, "new", *(f"r{i}" for i in range(80))], (90.0, 40.0))
    at = place(links, boxes, [])
    assert set(at) == set(links)
    links.add_edge("new", "0", weight=1)
    at |= settle(at, links, boxes, ["new"])
    ring = [f"r{i}" for i in range(80)]
    links.add_edges_from((name, "1") for name in ring)
    at |= encircle(at, links, boxes, ring)
    assert _overlaps(at, boxes) == []
