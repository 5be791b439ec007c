"""Each shape and each check has an example that passes and one that it catches."""

import functools
from pathlib import Path

import pytest
from rdflib import SH, Dataset

from cloudhealth_kg.checks import read_checks, store_checks
from cloudhealth_kg.ontology import load_ontology, ontology_folder
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.vocabulary import ONTOLOGY_GRAPH

FOLDER = ontology_folder() / "examples"
FILES = sorted(FOLDER.glob("*.trig"))
EXPECT = "# expect: "


def expected(path: Path) -> set[str]:
    """Read what the head of an example says that is found in it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)}


@functools.cache
def found(path: Path) -> frozenset[str]:
    """List what the checks find in an example: a check's name, or "shape: " and the message."""
    ontology = load_ontology()
    dataset: Dataset = open_dataset()
    dataset.parse(path, format="trig")
    graph = dataset.graph(ONTOLOGY_GRAPH)
    for triple in ontology.shapes:
        graph.add(triple)
    findings = {finding for check in store_checks(ontology) for finding in check(dataset)}
    return frozenset(f"shape: {f.message}" if f.check == "shape" else f.check for f in findings)


def test_examples_are_there() -> None:
    """The folder holds examples of both sorts, and nothing that is neither."""
    passing = [path for path in FILES if path.stem.endswith("_PASS")]
    failing = [path for path in FILES if path.stem.endswith("_XFAIL")]

    assert len(passing) >= 5
    assert len(failing) >= 40
    assert len(FILES) == len(passing) + len(failing) == len(list(FOLDER.iterdir()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_example_is_judged_as_it_says(path: Path) -> None:
    """A PASS example is clean; an XFAIL example has the faults that its head names, no others."""
    assert path.stem.endswith("_XFAIL") == bool(expected(path))
    assert found(path) == expected(path)


def test_every_check_and_shape_bites() -> None:
    """No check and no message of a shape is without an example that it catches."""
    ontology = load_ontology()
    names = {check.name for check in read_checks(ontology.folder / "checks")}
    messages = {f"shape: {message}" for message in ontology.shapes.objects(None, SH.message)}
    caught = set().union(*(expected(path) for path in FILES))

    assert len(names) >= 20
    assert names | messages == caught
