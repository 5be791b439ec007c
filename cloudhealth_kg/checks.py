"""The ontology's own checks: SPARQL files that find offenders, and the classes as SHACL shapes.

A check is a file `NAME.rq`: what is wrong, how to mend it, and a query whose rows are the
offenders (`?subject`, and where it helps `?detail` and `?graph`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rdflib import SH, Dataset, Graph
from rdflib.namespace import RDF

from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.ontology import Ontology
from cloudhealth_kg.queries import run
from cloudhealth_kg.store import open_dataset
from cloudhealth_kg.validation import Check, Finding
from cloudhealth_kg.vocabulary import ARTICLE, CONCEPT, COUNTERMEASURES_GRAPH, ONTOLOGY_GRAPH

__all__ = ["SparqlCheck", "check_ontology", "check_shapes", "read_checks", "store_checks"]

_ARTICLES = 100
"""Articles whose graphs pySHACL is given at once."""


@dataclass(frozen=True, slots=True)
class SparqlCheck:
    """A query whose rows are offenders."""

    name: str
    message: str
    remedy: str
    query: str

    def __call__(self, dataset: Dataset) -> Iterator[Finding]:
        """Find the offenders in a dataset."""
        answer = run(dataset, self.query)
        for row in answer.rows:
            found = dict(zip(answer.columns, row, strict=True))
            detail = f": {found['detail']}" if found.get("detail") else ""
            yield Finding(
                graph=str(found.get("graph") or _graph_of(found["subject"])),
                check=self.name,
                subject=str(found["subject"]),
                message=self.message + detail,
                remedy=self.remedy,
            )


def read_checks(folder: Path) -> tuple[SparqlCheck, ...]:
    """Read the checks of a folder, by name.

    Raises:
        OntologyError: a file does not begin with its message and its remedy.
    """
    return tuple(_read_check(path) for path in sorted(folder.glob("*.rq")))


def store_checks(ontology: Ontology) -> tuple[Check, ...]:
    """All checks to run on a store that holds this ontology, for `validation.validate`."""
    return (
        *read_checks(ontology.folder / "checks"),
        partial(check_shapes, shapes=ontology.shapes),
    )


def check_ontology(ontology: Ontology) -> tuple[Finding, ...]:
    """All that is wrong with an ontology and its countermeasures, sorted."""
    dataset = open_dataset()
    for name, part in (
        (ONTOLOGY_GRAPH, ontology.graph),
        (COUNTERMEASURES_GRAPH, ontology.countermeasures),
    ):
        graph = dataset.graph(name)
        for triple in part:
            graph.add(triple)
    return tuple(sorted(finding for check in store_checks(ontology) for finding in check(dataset)))


def check_shapes(dataset: Dataset, *, shapes: Graph) -> Iterator[Finding]:
    """Find what in a dataset's graphs does not fit the shapes.

    Articles are checked some at a time: in memory a triple takes pySHACL many times the place that
    it takes in the store. They need not describe the concepts that other graphs do.

    Raises:
        OntologyError: the shapes are faulty.
    """
    names = sorted(str(graph.identifier) for graph in dataset.graphs())
    articles = [name for name in names if name.startswith(str(ARTICLE))]
    curated = [triple for name in set(names) - set(articles) for triple in dataset.graph(name)]
    yield from _misfits(curated, shapes)
    classes = [t for t in curated if t[1] == RDF.type and str(t[0]).startswith(str(CONCEPT))]
    described = {str(concept) for concept, _, _ in classes}
    for at in range(0, len(articles), _ARTICLES):
        batch = articles[at : at + _ARTICLES]
        said = [triple for name in batch for triple in dataset.graph(name)]
        for finding in _misfits([*said, *classes], shapes):
            if finding.subject not in described:
                yield finding


def _misfits(triples: Iterable[Any], shapes: Graph) -> Iterator[Finding]:
    from pyshacl import validate  # noqa: PLC0415 - slow to import

    data = Graph()
    for triple in triples:
        data.add(triple)
    _, report, _ = validate(data, shacl_graph=shapes, ont_graph=shapes, inplace=True)
    if not isinstance(report, Graph):
        raise OntologyError(f"cloudhealth.ttl: the shapes cannot be used ({report!r})")
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = str(report.value(result, SH.focusNode))
        messages = sorted(str(message) for message in report.objects(result, SH.resultMessage))
        yield Finding(
            graph=_graph_of(focus),
            check="shape",
            subject=focus,
            message="; ".join(messages),
            remedy="build the article again, or mend the ontology that says so",
        )


def _read_check(path: Path) -> SparqlCheck:
    text = path.read_text(encoding="utf-8")
    first, second = (*text.splitlines(), "", "")[:2]
    if not first.startswith("# ") or not second.startswith("# remedy: "):
        raise OntologyError(f"{path}:1: begin with '# what is wrong' and '# remedy: what to do'")
    return SparqlCheck(path.stem, first[2:], second.removeprefix("# remedy: "), text)


def _graph_of(subject: str) -> str:
    """Name the article's graph where the IRI tells it, else ""."""
    return subject.partition("#")[0] if subject.startswith(str(ARTICLE)) else ""
