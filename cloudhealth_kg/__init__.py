"""Articles on cloud computing in healthcare as a knowledge graph: question it, see it, cite it.

The stages, each a plain function over values that other libraries know:

    article = read_article(Path("article.md"))      # a file's clean text, blocks and metadata
    doc = annotate(article, load_pipeline())        # a spaCy Doc; doc.spans["mentions"]
    extraction = to_extraction(doc)                 # concepts, mentions, statements with evidence
    build(["corpus/articles"], "kg")                # the same for many, kept in a store
    dataset = open_dataset("kg")                    # an rdflib.Dataset, a graph for each article
    answer = ask(dataset, "mitigations-of", {"challenge": "vendor lock-in"})
    graph = to_networkx(dataset)                    # a networkx.MultiDiGraph
    table = to_frame(graph, "statements")           # a pandas DataFrame
    page = render_html(graph)                       # one HTML page that works offline

Names are loaded when they are first used: importing this package imports nothing heavy.
"""

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudhealth_kg.analysis import Analysis, analyse
    from cloudhealth_kg.analysis_report import to_report
    from cloudhealth_kg.annotate import annotate, load_pipeline
    from cloudhealth_kg.articles import read_article, read_text
    from cloudhealth_kg.build import BuildReport, build
    from cloudhealth_kg.dataset import put_article, read_extraction, remove_article, status
    from cloudhealth_kg.errors import (
        ArticleError,
        CloudHealthError,
        ModelError,
        OntologyError,
        QueryError,
        StoreError,
    )
    from cloudhealth_kg.evaluate import count, score_all, score_extraction
    from cloudhealth_kg.extract import extract, to_extraction, to_record
    from cloudhealth_kg.files import find_files
    from cloudhealth_kg.formats import export, load_export
    from cloudhealth_kg.gold import read_gold
    from cloudhealth_kg.model import (
        Article,
        Block,
        Concept,
        Evidence,
        Extraction,
        Mention,
        Metadata,
        Statement,
    )
    from cloudhealth_kg.network import to_frame, to_networkx, write_graph
    from cloudhealth_kg.ontology import Ontology, load_ontology
    from cloudhealth_kg.queries import Answer, ask, questions
    from cloudhealth_kg.render import render_html
    from cloudhealth_kg.store import backup, open_dataset, restore
    from cloudhealth_kg.validation import validate

_HOMES = {
    "analysis": ("Analysis", "analyse"),
    "analysis_report": ("to_report",),
    "annotate": ("annotate", "load_pipeline"),
    "articles": ("read_article", "read_text"),
    "build": ("BuildReport", "build"),
    "dataset": ("put_article", "read_extraction", "remove_article", "status"),
    "errors": (
        "ArticleError",
        "CloudHealthError",
        "ModelError",
        "OntologyError",
        "QueryError",
        "StoreError",
    ),
    "evaluate": ("count", "score_all", "score_extraction"),
    "extract": ("extract", "to_extraction", "to_record"),
    "files": ("find_files",),
    "formats": ("export", "load_export"),
    "gold": ("read_gold",),
    "model": (
        "Article",
        "Block",
        "Concept",
        "Evidence",
        "Extraction",
        "Mention",
        "Metadata",
        "Statement",
    ),
    "network": ("to_frame", "to_networkx", "write_graph"),
    "ontology": ("Ontology", "load_ontology"),
    "queries": ("Answer", "ask", "questions"),
    "render": ("render_html",),
    "store": ("backup", "open_dataset", "restore"),
    "validation": ("validate",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Analysis",
    "Answer",
    "Article",
    "ArticleError",
    "Block",
    "BuildReport",
    "CloudHealthError",
    "Concept",
    "Evidence",
    "Extraction",
    "Mention",
    "Metadata",
    "ModelError",
    "Ontology",
    "OntologyError",
    "QueryError",
    "Statement",
    "StoreError",
    "analyse",
    "annotate",
    "ask",
    "backup",
    "build",
    "count",
    "export",
    "extract",
    "find_files",
    "load_export",
    "load_ontology",
    "load_pipeline",
    "open_dataset",
    "put_article",
    "questions",
    "read_article",
    "read_extraction",
    "read_gold",
    "read_text",
    "remove_article",
    "render_html",
    "restore",
    "score_all",
    "score_extraction",
    "status",
    "to_extraction",
    "to_frame",
    "to_networkx",
    "to_record",
    "to_report",
    "validate",
    "write_graph",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """Our package: a submodule does not take the place of its namesake (annotate, build, ...)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime would tell Microsoft


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
