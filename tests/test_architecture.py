"""Imports run downward only, and each third party is met where it belongs and nowhere else."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "cloudhealth_kg"

HEIGHTS = (
    {"errors", "model", "labels"},
    {
        "vocabulary",
        "windows",
        "workers",
        "questions",
        "store_folder",
        "decisions",
        "build_report",
        "files",
        "printable",
        "versions",
    },
    {"articles"},
    {"extension", "gold", "neural", "rdf", "sparql_answers"},
    {"sparql_server"},
    {"server_lock"},
    {"remote"},
    {"ontology", "store", "evaluate"},
    {"lexicon", "concepts", "stance", "dataset", "parses"},
    {"agreement", "annotate", "formats", "tables", "nanopubs", "validation", "queries"},
    {"extract", "network", "baselines", "candidates", "checks"},
    {"explanation", "analysis", "layout", "passages", "reference"},
    {"render", "analysis_report", "build", "training"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
)
"""Module or subpackage by height; each imports only from below."""

PARTIES = {
    "spacy": {"agreement", "annotate", "baselines", "explanation", "extract", "parses", "stance"},
    "onnxruntime": {"neural", "training"},
    "tokenizers": {"neural", "training", "windows"},
    "torch": {"training"},
    "transformers": {"training"},
    "onnx": {"training"},
    "sklearn": {"training"},
    "pyvis": {"render"},
    "jinja2": {"reference", "render"},
    "markupsafe": {"render"},
    "networkx": {"analysis", "layout", "network", "passages", "render"},
    "pandas": {"network"},
    "requests": {"sparql_answers", "sparql_server"},
    "oxrdflib": {"store"},
    "click": {"cli"},
    "tabulate": {"analysis_report", "cli", "report"},
    "yaml": {"articles"},
    "pyromark": {"articles"},
    "justhtml": {"articles"},
    "charset_normalizer": {"articles"},
}
"""Third party to the modules that may import it (numpy, scipy and rdflib are common ground)."""


def imports():
    """(importing module, imported module of ours or third party, file) for each import."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
                if node.module == "cloudhealth_kg":
                    names = [f"cloudhealth_kg.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                yield parts[0], name.split("."), path


def test_every_module_has_a_height():
    """A new module is given its place in `HEIGHTS`, and none is listed that is gone."""
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    modules |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert modules == set().union(*HEIGHTS)


def test_imports_run_downward():
    """No module imports one of its own height or above."""
    height = {name: number for number, names in enumerate(HEIGHTS) for name in names}
    found = 0
    for importer, name, path in imports():
        if name[0] == "cloudhealth_kg" and len(name) > 1 and importer != name[1]:
            found += 1
            assert height[name[1]] < height[importer], f"{path}: imports {'.'.join(name)}"

    assert found > 100


def test_third_parties_stay_in_their_rooms():
    """A library is imported only by the modules that it is for."""
    seen = set()
    for importer, name, path in imports():
        if name[0] in PARTIES:
            seen.add(name[0])
            assert importer in PARTIES[name[0]], f"{path}: imports {name[0]}"

    assert seen == set(PARTIES)
