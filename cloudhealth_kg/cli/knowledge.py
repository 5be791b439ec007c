"""Commands on the knowledge graph as data: status, validate, query, questions, export and so on."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import click

from cloudhealth_kg.cli.options import (
    binary_output,
    dataset_at,
    load_ontology,
    ontology_option,
    output_option,
    print_rows,
    rows_option,
    say,
    store_option,
)

RDF_FORMATS = ("nquads", "trig", "turtle", "jsonld", "rdfxml")


@click.command()
@store_option
@rows_option
def status(store: str, format_: str) -> None:
    """Say what the store holds, since when, and which versions made it."""
    from cloudhealth_kg.dataset import status as status_

    with dataset_at(store) as dataset:
        held = status_(dataset)
    counts = ("articles", "concepts", "statements", "evidence", "mentions")
    rows: list[tuple[str, object]] = [
        *((name.replace("_", " "), value) for name, value in held.store.items()),
        *((name, getattr(held, name)) for name in counts),
        *(("unfinished article", graph) for graph in held.unfinished),
        *((f"articles read by {version}", count) for version, count in held.extractors),
        *((f"articles grounded in {version}", count) for version, count in held.ontologies),
        ("curated knowledge", held.curated or "none"),
    ]
    print_rows(("what", "value"), rows, format_)


@click.command()
@store_option
@rows_option
def validate(store: str, format_: str) -> None:
    """Check shapes, quotes, offsets and evidence; exit code 1 where something is found."""
    from cloudhealth_kg.checks import store_checks
    from cloudhealth_kg.validation import validate as validate_

    with dataset_at(store) as dataset:
        findings = validate_(dataset, checks=store_checks(load_ontology(None)))
    columns = ("check", "subject", "message", "remedy", "graph")
    print_rows(columns, [[getattr(f, c) for c in columns] for f in findings], format_)
    say(f"{len(findings)} findings" if findings else "nothing found wrong")
    sys.exit(1 if findings else 0)


@click.command()
@click.argument("sparql", metavar="SPARQL|NAME|-")
@click.option(
    "-p", "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="For a named question."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Give up after this long. [default: never]",
)
@store_option
@ontology_option
@rows_option
def query(
    sparql: str,
    parameters: tuple[str, ...],
    timeout: float | None,
    store: str,
    ontology: Path | None,
    format_: str,
) -> None:
    """Run a SPARQL query, or a named question (see `questions`), or - to read one from stdin.

    \b
    Examples:
      cloudhealth-kg query mitigations-of -p challenge="vendor lock-in"
      cloudhealth-kg query 'SELECT ?m WHERE { ?m ch:mitigates concept:data-breach }'
    """
    from cloudhealth_kg.queries import ask

    text = sys.stdin.read() if sparql == "-" else sparql
    pairs = dict(_pair(parameter) for parameter in parameters)
    with dataset_at(store) as dataset, _given_up_after(timeout):
        answer = ask(dataset, text, pairs, ontology=load_ontology(ontology))
    print_rows(answer.columns, answer.rows, format_)


@contextmanager
def _given_up_after(seconds: float | None) -> Iterator[None]:
    """End the process where what follows takes longer, or at Ctrl-C.

    A query runs outside Python, which can neither stop it nor hear a signal meanwhile.
    """

    def give_up() -> None:
        say(f"cloudhealth-kg: the query took more than {seconds:g} s; ask for less, or allow more")
        os._exit(2)

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if seconds is None:
        yield
        return
    timer = Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@click.command()
@rows_option
def questions(format_: str) -> None:
    """List the named questions with their parameters and columns."""
    from cloudhealth_kg.queries import questions as questions_

    rows = [
        (name, question.question, ", ".join(question.parameters), ", ".join(question.columns))
        for name, question in questions_().items()
    ]
    print_rows(("name", "question", "parameters", "columns"), rows, format_)


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice([*RDF_FORMATS, "graphml", "gexf", "csv", "nanopubs"]),
    default="nquads",
    show_default=True,
    help="nquads (sorted: the same store gives the same bytes), trig and jsonld hold everything "
    "and can be imported; turtle and rdfxml hold the union of the graphs; graphml and gexf the "
    "network of statements; nanopubs the asserted ones; csv is a folder of tables.",
)
@output_option
@store_option
def export(format_: str, output: Path, store: str) -> None:
    """Write the graph in one of nine formats.

    \b
    Example:
      cloudhealth-kg export --format graphml -o kg.graphml
    """
    from cloudhealth_kg import formats, nanopubs, network, tables

    with dataset_at(store) as dataset:
        if format_ == "csv":
            if str(output) == "-":
                raise click.UsageError("csv is a folder of tables; name it with -o")
            for path in tables.write_tables(dataset, output):
                say(f"wrote {path}")
            return
        with binary_output(output) as stream:
            if format_ in {"graphml", "gexf"}:
                graph = network.to_networkx(dataset)
                network.write_graph(graph, stream, "graphml" if format_ == "graphml" else "gexf")
            elif format_ == "nanopubs":
                nanopubs.write_nanopubs(dataset, stream)
            else:
                formats.export(dataset, format_, stream)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["nquads", "trig", "jsonld"]),
    default="nquads",
    show_default=True,
    help="Of FILE, whatever its name.",
)
@store_option
def load(file: Path, format_: str, store: str) -> None:
    """Take in the graphs of an export, each in place of its namesake."""
    from cloudhealth_kg.formats import load_export

    with dataset_at(store, write=True) as dataset, file.open("rb") as stream:
        say(f"{len(load_export(dataset, format_, stream))} graphs taken in")


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@store_option
def backup(target: Path, store: str) -> None:
    """Copy the store, a folder, to a new folder TARGET, even while somebody writes.

    For a server's, use export and import.
    """
    from cloudhealth_kg.store import backup as backup_

    backup_(store, target)
    say(f"backed up to {target}")


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@store_option
def restore(source: Path, store: str) -> None:
    """Let the store, a folder, be as the backup SOURCE says; what it held is gone.

    For a server's, use export and import.
    """
    from cloudhealth_kg.store import restore as restore_

    restore_(source, store)
    say(f"restored from {source}")


@click.command()
@store_option
def unlock(store: str) -> None:
    """Let others write to a server again after a writer died. See first that none is at work.

    \b
    Example:
      cloudhealth-kg unlock --store https://kg.example.org
    """
    from cloudhealth_kg.store import unlock as unlock_

    for writer in unlock_(store) or ["nobody"]:
        say(f"forgotten: {writer}")


def _pair(parameter: str) -> tuple[str, Any]:
    name, equals, value = parameter.partition("=")
    if not equals:
        raise click.UsageError(f"--param {parameter}: write NAME=VALUE")
    return name, value
