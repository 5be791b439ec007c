"""Incremental, exact builds."""

import os
import shutil
import signal
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_extractor import SampleOntology, load_extractor
from test_dataset import nquads

from cloudhealth_kg.build import Progress, build
from cloudhealth_kg.dataset import remove_article, status
from cloudhealth_kg.errors import ArticleError, ModelError, StoreError
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.workers import Lost, map_in_order

ONTOLOGY = SampleOntology()
run = partial(build, ontology=ONTOLOGY, extractor=load_extractor, extractor_version="1")


def write(folder: Path, articles: dict[str, str]) -> Path:
    """Make a folder with exactly these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in articles.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def article(statement: str, *, source: str = "", title: str = "") -> str:
    """Make the text of a Markdown file with one statement."""
    head = f"---\ntitle: {title or 'About ' + statement}\n"
    head += f"source: {source}\n" if source else ""
    return f"{head}---\n\n{statement}\n\nEncryption is one matter among others here.\n"


def changes(report) -> dict[str, str]:
    """Tell what became of each file."""
    return {outcome.path: outcome.change for outcome in report.outcomes}


def fresh(files: Path) -> bytes:
    """Export a store that was built from these files alone."""
    with closing(open_dataset()) as dataset:
        run([files], dataset)
        return nquads(dataset)


def read(store: Path) -> bytes:
    """Export what readers of a store see."""
    with closing(open_dataset(store, read_only=True)) as dataset:
        return nquads(dataset)


def test_a_build_reads_only_what_is_new_or_changed(tmp_path):
    """Added, changed, unchanged: each file is told apart, and the report says why."""
    texts = {"a.md": article("a mitigates b"), "sub/b.md": article("c mitigates d")}
    files, store = write(tmp_path / "in", texts), tmp_path / "kg"
    assert changes(run([files], store)) == {"a.md": "added", "sub/b.md": "added"}
    again = run([files], store)
    assert changes(again) == {"a.md": "unchanged", "sub/b.md": "unchanged"}
    assert again.ok
    write(files, {**texts, "a.md": article("a mitigates z"), "c.md": article("e enables f")})
    report = run([files], store)
    assert changes(report) == {"a.md": "changed", "c.md": "added", "sub/b.md": "unchanged"}
    assert report.changed[0].reason == "new content"
    assert read(store) == fresh(files)


def test_new_versions_of_extractor_or_ontology_read_every_article_anew(tmp_path):
    """What an article was read with is remembered in its graph."""
    files = write(tmp_path / "in", {"a.md": article("a mitigates b")})
    store = tmp_path / "kg"
    run([files], store)
    report = run([files], store, extractor_version="2")
    assert report.changed[0].reason == "new extractor"
    assert not report.ontology_refreshed
    report = run([files], store, extractor_version="2", ontology=SampleOntology("2"))
    assert report.changed[0].reason == "new ontology"
    assert report.ontology_refreshed
    assert run([files], store).changed[0].reason == "new extractor, new ontology"
    assert read(store) == fresh(files)


def test_what_is_gone_is_forgotten_only_where_asked(tmp_path):
    """Without prune a missing file costs nothing; with it, its article goes."""
    texts = {"a.md": article("a mitigates b"), "b.md": article("c mitigates d")}
    files, store = write(tmp_path / "in", texts), tmp_path / "kg"
    run([files], store)
    (files / "b.md").unlink()
    assert changes(run([files], store)) == {"a.md": "unchanged"}
    report = run([files], store, prune=True)
    assert changes(report) == {"a.md": "unchanged", "b.md": "removed"}
    assert read(store) == fresh(files)


def test_files_with_the_same_bytes_or_the_same_source_give_one_article(tmp_path):
    """The first in path order wins, and the others are reported by name."""
    one = article("a mitigates b", source="https://example.org/x", title="One")
    two = article("c mitigates d", source="https://example.org/x", title="Two")
    files = write(tmp_path / "in", {"b.md": one, "c.md": one, "d.md": two})
    report = run([files], tmp_path / "kg")
    assert changes(report) == {"b.md": "added", "c.md": "duplicate", "d.md": "duplicate"}
    assert [o.reason for o in report.duplicates] == [
        "the same bytes as b.md; delete one of the two",
        "the same article as b.md (https://example.org/x); delete one of the two",
    ]
    assert not report.ok
    (files / "a.md").write_text(two + "\nMore.\n")
    assert changes(run([files], tmp_path / "kg"))["a.md"] == "changed"
    assert read(tmp_path / "kg") == fresh(files)
    (files / "a.md").unlink()
    run([files], tmp_path / "kg")
    assert read(tmp_path / "kg") == fresh(files)


def test_a_new_title_replaces_the_article_though_its_id_is_new(tmp_path):
    """Identity is the source address or the path, not the title that the id begins with."""
    files = write(tmp_path / "in", {"a.md": article("a mitigates b", title="Old")})
    run([files], tmp_path / "kg")
    write(files, {"a.md": article("a mitigates b", title="New")})
    assert changes(run([files], tmp_path / "kg")) == {"a.md": "changed"}
    assert read(tmp_path / "kg") == fresh(files)


def test_a_new_source_makes_another_article_and_the_old_one_is_mentioned(tmp_path):
    """What a file gave before is not lost in silence, nor kept in silence."""
    files = write(tmp_path / "in", {"a.md": article("a mitigates b", source="https://e.org/1")})
    run([files], tmp_path / "kg")
    write(files, {"a.md": article("a mitigates b", source="https://e.org/2")})
    report = run([files], tmp_path / "kg")
    assert [o.change for o in report.outcomes] == ["added", "stale"]
    assert "--prune" in report.stale[0].reason
    run([files], tmp_path / "kg", prune=True)
    assert read(tmp_path / "kg") == fresh(files)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_read_is_reported_and_the_rest_is_built(tmp_path, workers):
    """One bad file costs only itself, and what the store held of it stays."""
    texts = {f"{n}.md": article(f"a{n} mitigates b") for n in range(3)}
    files, store = write(tmp_path / "in", texts), tmp_path / "kg"
    run([files], store)
    before = read(store)
    (files / "1.md").write_bytes(b"")
    (files / "2.md").write_text("break the reader")
    (files / "3.md").write_text(article("x enables y"))
    report = run([files], store, workers=workers, prune=True)
    assert changes(report) == {
        "0.md": "unchanged",
        "1.md": "failed",
        "2.md": "failed",
        "3.md": "added",
    }
    assert "1.md" in report.failed[0].reason
    assert report.failed[1].reason.startswith("2.md: reading it failed unexpectedly (RuntimeErr")
    assert not report.ok
    (files / "3.md").unlink()
    run([files], store, prune=True)
    assert read(store) == before


def test_an_article_that_kills_its_process_costs_only_itself(tmp_path):
    """A worker that dies takes no other article with it."""
    texts = {f"{n}.md": article(f"a{n} mitigates b") for n in range(5)}
    files = write(tmp_path / "in", texts)
    (files / "2x.md").write_text("kill the reader")
    report = run([files], tmp_path / "kg", workers=2)
    assert len(report.added) == 5
    assert [o.path for o in report.failed] == ["2x.md"]
    assert "died twice" in report.failed[0].reason
    (files / "2x.md").unlink()
    assert read(tmp_path / "kg") == fresh(files)


def work_or_die():
    """What dies of one thing and is slow enough for others to be waiting."""
    return _work_or_die


def _work_or_die(thing):
    time.sleep(0.05)
    if thing == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return thing


def test_a_process_that_dies_while_results_are_written_stops_nothing():
    """What cannot be handed out any more is handed out again."""
    results = []
    for result in map_in_order(work_or_die, range(60), workers=2):
        results.append(result)
        if len(results) == 1:
            time.sleep(3)  # the other process has died by now
    assert [n for n, result in enumerate(results) if isinstance(result, Lost)] == [9]
    assert [result for result in results if result != Lost()] == [*range(9), *range(10, 60)]


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path):
    """Nobody is told to delete a file that is another article."""
    for year in ("2023", "2024"):
        write(tmp_path / year, {"intro.md": article(f"a mitigates b{year}")})
    report = run([tmp_path / "2023", tmp_path / "2024"], tmp_path / "kg")
    assert [o.reason for o in report.duplicates] == [
        "another of the folders named holds intro.md too; name the one above both"
    ]
    assert len(run([tmp_path], tmp_path / "other").added) == 2


def broken_extractor():
    """Fail as a damaged model does."""
    raise ModelError("the model is damaged; install it again")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_cannot_be_loaded_stops_the_build_with_its_own_message(tmp_path, workers):
    """The fault is the model's, and no article is blamed."""
    files = write(tmp_path / "in", {"a.md": article("a mitigates b")})
    with pytest.raises(ModelError, match="the model is damaged; install it again"):
        run([files], tmp_path / "kg", extractor=broken_extractor, workers=workers)
    assert read(tmp_path / "kg")


def test_an_extractor_without_a_version_is_refused(tmp_path):
    """Else a change of it would go unseen."""
    files = write(tmp_path / "in", {"a.md": article("a mitigates b")})
    with pytest.raises(ValueError, match="needs an extractor_version"):
        build([files], tmp_path / "kg", ontology=ONTOLOGY, extractor=load_extractor)


def test_no_article_is_an_error(tmp_path):
    """An empty or missing folder is named; no store is made."""
    (tmp_path / "in").mkdir()
    with pytest.raises(ArticleError, match="in: no article found; give a Markdown"):
        run([tmp_path / "in"], tmp_path / "kg")
    with pytest.raises(ArticleError, match="nowhere"):
        run([tmp_path / "nowhere"], tmp_path / "kg")
    assert not (tmp_path / "kg").exists()


def test_progress_is_told_after_each_file(tmp_path):
    """A caller sees how far the build is, in path order."""
    files = write(tmp_path / "in", {f"{n}.md": article(f"a{n} causes b") for n in range(3)})
    told: list[Progress] = []
    report = run([files], tmp_path / "kg", progress=told.append)
    assert [(p.done, p.total, p.outcome.path) for p in told] == [
        (1, 3, "0.md"),
        (2, 3, "1.md"),
        (3, 3, "2.md"),
    ]
    assert tuple(p.outcome for p in told) == report.outcomes


def test_a_store_that_fails_midway_says_how_far_it_came(tmp_path, monkeypatch):
    """What was written by then is whole, and the next build goes on from there."""
    files = write(tmp_path / "in", {f"{n}.md": article(f"a{n} causes b") for n in range(4)})
    with closing(open_dataset()) as dataset:
        replace_graph = dataset.store.replace_graph
        left = iter([True] * 4)  # two curated graphs, two articles

        def fail_later(*args, **kwargs):
            if not next(left, False):
                raise StoreError("kg: the disk is full")
            replace_graph(*args, **kwargs)

        monkeypatch.setattr(dataset.store, "replace_graph", fail_later)
        with pytest.raises(StoreError, match=r"the disk is full \(2 of 4 files were done\)"):
            run([files], dataset)
        assert status(dataset).articles == 2
        monkeypatch.undo()
        assert len(run([files], dataset).unchanged) == 2
        assert nquads(dataset) == fresh(files)


def test_workers_and_the_order_of_paths_change_no_byte(tmp_path):
    """Two processes, files given one by one and backwards: the same store."""
    texts = {f"{n:02}.md": article(f"a{n % 5} mitigates b{n % 7}") for n in range(20)}
    files = write(tmp_path / "in", texts)
    listed = sorted(files.iterdir(), reverse=True)
    run(listed, tmp_path / "kg", workers=2)
    assert read(tmp_path / "kg") == fresh(files)


names = st.sampled_from([f"{n}.md" for n in range(6)] + ["s/0.md", "s/1.md"])
sources = st.sampled_from(["", "", "", "https://e.org/1", "https://e.org/2"])
statements = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from([" ", " may ", " not "]),
    st.sampled_from(["mitigates", "enables"]),
    st.sampled_from("xyz"),
).map(lambda t: f"{t[0]}{t[1]}{t[2]} {t[3]}")
texts = st.builds(
    lambda statement, source, title: article(statement, source=source, title=title),
    statements,
    sources,
    st.sampled_from(["", "One", "Two"]),
)
corpora = st.dictionaries(names, texts, min_size=1, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(corpora, min_size=2, max_size=4))
def test_a_pruned_store_says_what_its_last_corpus_says(tmp_path_factory, course):
    """However a corpus came to be (added, changed, moved, retitled, doubled), only it counts."""
    files = tmp_path_factory.mktemp("corpus") / "in"
    with closing(open_dataset()) as dataset:
        for corpus in course:
            write(files, corpus)
            run([files], dataset, prune=True)
            assert nquads(dataset) == fresh(files)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, corpora, st.randoms())
def test_building_more_and_removing_it_leaves_what_was(tmp_path_factory, one, more, rng):
    """build(A + B), remove B == build(A), byte for byte, removing in any order by id or path."""
    folder = tmp_path_factory.mktemp("corpus")
    one = {f"one/{n}": t.replace("https://e.org", "https://one.org") for n, t in one.items()}
    more = {f"more/{n}": t.replace("https://e.org", "https://more.org") for n, t in more.items()}
    common = set(one.values()) & set(more.values())
    more = {name: text for name, text in more.items() if text not in common}
    both = write(folder / "both", {**one, **more})
    with closing(open_dataset()) as dataset:
        report = run([both], dataset)
        gone = [o for o in report.added if o.path.startswith("more/")]
        rng.shuffle(gone)
        for outcome in gone:
            remove_article(dataset, rng.choice([outcome.article, outcome.path]))
        write(folder / "both", one)
        assert nquads(dataset) == fresh(folder / "both")
