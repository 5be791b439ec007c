"""Options that mean the same in every command, and how rows are printed."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cloudhealth_kg.printable import harmless, one_line

if TYPE_CHECKING:
    from rdflib import Dataset

    from cloudhealth_kg.ontology import Ontology


class _Store(click.ParamType[str]):
    """A folder or an address."""

    name = "store"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("is empty; name a folder or a SPARQL server's address", param, ctx)
        return value


store_option = click.option(
    "--store",
    type=_Store(),
    default="kg",
    envvar="CLOUDHEALTH_KG_STORE",
    show_default="./kg",
    show_envvar=True,
    metavar="DIR|URL",
    help="Where the knowledge graph is kept: a folder, or a SPARQL server's address.",
)
ontology_option = click.option(
    "--ontology",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR",
    help="A folder of yours that adds to the ontology (Turtle, CSV of labels, decisions).",
)
model_option = click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A model folder that `cloudhealth-kg train` wrote. [default: the one installed]",
)
rows_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How rows are printed.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to write; - is standard output, the default.",
)


def load_ontology(folder: Path | None) -> "Ontology":
    """The ontology, with a user's extension of it."""
    from cloudhealth_kg.ontology import load_ontology as load

    return load(folder)


@contextmanager
def dataset_at(store: str, *, write: bool = False) -> "Iterator[Dataset]":
    """The knowledge graph at `store`, closed again at the end."""
    from cloudhealth_kg.store import graph_store, open_dataset

    with closing(open_dataset(store, read_only=not write)) as dataset:
        yield dataset
        if write:
            graph_store(dataset).publish()


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], format_: str) -> None:
    """Print rows to stdout as a table for people, CSV (RFC 4180) or a JSON array of objects."""
    if format_ == "json":
        import json

        records = [dict(zip(columns, row, strict=True)) for row in rows]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    elif format_ == "csv":
        import csv
        import io

        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([columns, *rows])
        sys.stdout.write(buffer.getvalue())  # click.echo would drop what looks like an escape
    else:
        from tabulate import tabulate

        from cloudhealth_kg.vocabulary import BASE

        cells = [[_cell(value, BASE) for value in row] for row in rows]
        click.echo(tabulate(cells, headers=columns, disable_numparse=True, maxcolwidths=60))


def _cell(value: Any, base: str) -> str:
    """For people: one line, nothing that steers a terminal, our IRIs as `concept:x`."""
    text = "" if value is None else str(value)
    if text.startswith(base) and " " not in text:
        text = text.removeprefix(base).replace("/", ":", 1).replace("ontology#", "ch:")
    return one_line(text)


@contextmanager
def binary_output(path: Path) -> Iterator[BinaryIO]:
    """Where bytes go: standard output for "-", else a file that appears only when complete."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.is_dir():
        raise click.UsageError(f"{path} is a folder; name a file")
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def say(message: str) -> None:
    """Words go to stderr, without what would steer a terminal."""
    click.echo(harmless(message), err=True)
