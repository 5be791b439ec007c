"""Kept parses spare the parser, change nothing, and are forgotten with their article."""

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from spacy.language import Language

from cloudhealth_kg.annotate import annotate, load_pipeline
from cloudhealth_kg.articles import read_text
from cloudhealth_kg.build import build
from cloudhealth_kg.dataset import remove_article
from cloudhealth_kg.extract import load_extractor, to_extraction
from cloudhealth_kg.parses import load_parse, save_parse
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import article_iri

TEXT = b"# Vendor lock-in\n\nAn exit plan prevents vendor lock-in. It does not stop ransomware.\n"


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The pipeline with the model that travels with the package."""
    return load_pipeline()


def test_an_extraction_is_the_same_from_a_kept_parse(nlp: Language, tmp_path: Path) -> None:
    """The parser is not run again, and nothing differs."""
    article = read_text(TEXT, "a.md")
    first = to_extraction(annotate(article, nlp, tmp_path))
    assert load_parse(tmp_path, article, nlp) is not None
    with nlp.select_pipes(enable=["cloudhealth_concepts"]):
        again = to_extraction(annotate(article, nlp, tmp_path))

    assert again == first
    assert again == to_extraction(annotate(article, nlp))
    assert again.statements


def test_a_parse_of_something_else_is_not_used(nlp: Language, tmp_path: Path) -> None:
    """Other text, another pipeline, a damaged file: parsed anew."""
    article, other = read_text(TEXT, "a.md"), read_text(TEXT + b"More.\n", "a.md")
    save_parse(tmp_path, article, annotate(article, nlp), nlp)
    (path,) = (tmp_path / "parses").iterdir()
    assert load_parse(tmp_path, article, nlp)

    newer = load_pipeline()
    newer.meta["version"] = "99"
    assert load_parse(tmp_path, article, newer) is None
    kept = path.read_bytes()
    path.write_bytes(kept[:40])
    assert load_parse(tmp_path, article, nlp) is None
    path.unlink()
    assert load_parse(tmp_path, article, nlp) is None
    save_parse(tmp_path, other, annotate(other, nlp), nlp)
    assert load_parse(tmp_path, article, nlp) is None


def test_parses_go_with_their_articles(tmp_path: Path) -> None:
    """Removed, pruned and left over from a killed build: no parse stays behind."""
    store, files = tmp_path / "kg", tmp_path / "in"
    files.mkdir()
    for name in ("a", "b", "c"):
        (files / f"{name}.md").write_bytes(TEXT.replace(b"exit", name.encode()))
    run = partial(
        build,
        [files],
        store,
        extractor=partial(load_extractor, parses=store),
        extractor_version="1",
    )
    report = run()
    assert len(list((store / "parses").iterdir())) == 3

    with closing(open_dataset(store)) as dataset:
        remove_article(dataset, str(article_iri(report.added[0].article)))
    assert len(list((store / "parses").iterdir())) == 2
    (files / "b.md").unlink()
    (files / "a.md").unlink()
    (store / "parses" / "stray.spacy").write_bytes(b"left by a killed build")
    assert len(run(prune=True).removed) == 1

    assert len(list((store / "parses").iterdir())) == 1
