"""The notebooks run from top to bottom, in a copy of the folders they expect, and show results."""

import shutil
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
FOUND = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """The repository's notebooks and articles in a folder of their own, with room for rubbish."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "copy/notebooks")
    shutil.copytree(ROOT / "corpus/articles", tmp_path / "copy/corpus/articles")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nobody listens there
    return tmp_path / "copy"


def executed(copy: Path, number: int, folder: str = "notebooks") -> list[str]:
    """What each cell of a notebook shows; it fails on an error, and on files left behind."""
    (path,) = (copy / "notebooks").glob(f"{number}-*.ipynb")
    book = nbformat.read(path, as_version=4)
    before = files_in(copy.parent)
    client = NotebookClient(book, timeout=600, resources={"metadata": {"path": str(copy / folder)}})
    client.execute()
    assert files_in(copy.parent) == before
    return [shown(cell) for cell in book.cells if cell.cell_type == "code"]


def shown(cell) -> str:
    """A cell's outputs as one text: what was printed, tables as HTML, pictures as their type."""
    parts = []
    for output in cell.outputs:
        assert output.output_type != "error"
        data = output.get("data", {})
        parts += [output.get("text", ""), data.get("text/html", data.get("text/plain", ""))]
        parts += ["image/png"] * ("image/png" in data)
    return "\n".join(parts).strip()


def files_in(folder: Path) -> set[Path]:
    """All files below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}


def some(outputs: list[str], *words: str) -> bool:
    """Whether one output holds all words."""
    return any(all(word in output for word in words) for output in outputs)


def test_there_are_three():
    """Three notebooks stand in the folder, numbered in the order in which to read them."""
    assert [path.name[:2] for path in FOUND] == ["1-", "2-", "3-"]


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_prose_precedes_each_cell(path):
    """Each code cell follows a text cell, is short, and is saved without what it showed."""
    cells = nbformat.read(path, as_version=4).cells

    assert cells[0].cell_type == "markdown"
    for before, cell in pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown"
            assert not cell.outputs
            assert cell.execution_count is None


@pytest.mark.slow
def test_first_steps(copy):
    """The first notebook shows mentions, statements with sentences, and a graph of three files."""
    outputs = executed(copy, 1)

    assert some(outputs, "Easy to enter", "2026-01-20")
    assert some(outputs, "kind", "words", "vendor-lock-in")
    assert some(outputs, "<mark", "challenge")
    assert some(outputs, "relation", "asserted", "sentence")
    assert some(outputs, "hidden-costs-answer.md", "added")
    assert some(outputs, "(0, 3)")
    assert some(outputs, "vendor lock-in", "remedies")


@pytest.mark.slow
def test_data_frames(copy):
    """The second notebook answers questions, draws the years and sets articles beside guidance."""
    outputs = executed(copy, 2)

    assert "42" in outputs
    assert some(outputs, "mitigations-of", "trends-by-year")
    assert some(outputs, "ransomware", "remedies")
    assert some(outputs, "mitigates", "asserted", "hedged")
    assert some(outputs, "image/png")
    assert some(outputs, "doubting")
    assert some(outputs, "only articles", "both", "only guidance")


@pytest.mark.slow
def test_network(copy):
    """The third, run from the repository's root, finds gaps, draws twice and writes a page."""
    outputs = executed(copy, 3, folder=".")

    assert "42" in outputs
    assert some(outputs, "pagerank", "betweenness", "ransomware")
    assert some(outputs, "guidance knows", "challenges")
    assert sum("image/png" in output for output in outputs) == 2
    assert some(outputs, "kg.html", "MB")
    assert some(outputs, "GraphML")
