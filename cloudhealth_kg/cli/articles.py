"""Commands on articles: extract, explain, build, remove."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloudhealth_kg.cli.options import (
    dataset_at,
    load_ontology,
    model_option,
    ontology_option,
    say,
    store_option,
)
from cloudhealth_kg.errors import ArticleError

if TYPE_CHECKING:
    from cloudhealth_kg.model import Article

paths_argument = click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="PATH...",
)


@click.command()
@paths_argument
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "jsonl", "trig", "turtle", "nquads"]),
    default="table",
    show_default=True,
    help="A table for people, a JSON object a line and article, or RDF.",
)
@model_option
@ontology_option
def extract(
    paths: tuple[Path, ...], format_: str, model: Path | None, ontology: Path | None
) -> None:
    """Print what articles say, without storing it. PATH is a file, a folder, or - for stdin.

    \b
    Example:
      cloudhealth-kg extract corpus/articles --format jsonl > records.jsonl
    """
    from cloudhealth_kg.dataset import put_article
    from cloudhealth_kg.extract import load_extractor
    from cloudhealth_kg.formats import export
    from cloudhealth_kg.report import extraction_line, extraction_table
    from cloudhealth_kg.store import open_dataset

    as_text = {"table": extraction_table, "jsonl": extraction_line}
    extractor = load_extractor(model, load_ontology(ontology))
    failed = False
    with closing(open_dataset()) as dataset:
        for read in _readers(paths):
            try:
                article = read()
                extraction = extractor(article)
                if format_ not in as_text:
                    put_article(dataset, extraction)
            except ArticleError as error:
                failed = True
                say(f"failed: {error}")
                continue
            for warning in filter(None, (*article.warnings, extraction.off_topic)):
                say(f"warning: {warning}")
            if format_ in as_text:
                click.echo(as_text[format_](extraction), nl=False)
        if format_ not in as_text:
            export(dataset, format_, sys.stdout.buffer)
    sys.exit(1 if failed else 0)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("concepts", nargs=-1, metavar="[CONCEPT]...")
@click.option("--rejected", is_flag=True, help="List the pairs weighed and not stated, and why.")
@model_option
@ontology_option
def explain(
    path: Path, concepts: tuple[str, ...], rejected: bool, model: Path | None, ontology: Path | None
) -> None:
    """Say why an article's concepts and statements were found: passages, scores, what was merged.

    PATH is an article, - for stdin, or a folder, whose articles are explained one after the other.

    \b
    Example:
      cloudhealth-kg explain corpus/articles/who-opened-the-file.md "access review"
    """
    from cloudhealth_kg.annotate import annotate, load_pipeline
    from cloudhealth_kg.explanation import explain_concepts, explain_rejected

    nlp = load_pipeline(model, ontology=load_ontology(ontology))
    failed = False
    for read in _readers([path]):
        try:
            doc = annotate(read(), nlp)
        except ArticleError as error:
            failed = True
            say(f"failed: {error}")
            continue
        click.echo(explain_rejected(doc, concepts) if rejected else explain_concepts(doc, concepts))
    sys.exit(1 if failed else 0)


@click.command()
@paths_argument
@store_option
@click.option(
    "--prune",
    is_flag=True,
    help="Forget the articles that the store holds and no file in PATH gives; "
    "name all your folders.",
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Processes; 0 for one a core.",
)
@model_option
@ontology_option
def build(
    paths: tuple[Path, ...],
    store: str,
    prune: bool,
    workers: int,
    model: Path | None,
    ontology: Path | None,
) -> None:
    """Read articles into the knowledge graph; only what is new or changed is read again.

    An article is known by the source it names, else by its path below PATH.

    \b
    Example:
      cloudhealth-kg build corpus/articles --store kg
    """
    from cloudhealth_kg.build import Progress
    from cloudhealth_kg.build import build as build_
    from cloudhealth_kg.build_report import build_summary

    if Path("-") in paths:
        raise click.UsageError(
            "a build cites the file of each article, and - is none; save what you have to a file, "
            "or see what it says with: cloudhealth-kg extract -"
        )
    _mention_others(paths)

    def tell(progress: Progress) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{progress.done}/{progress.total} articles", err=True, nl=False)

    report = build_(
        paths,
        store,
        ontology=load_ontology(ontology),
        model=model,
        workers=workers,
        prune=prune,
        progress=tell,
    )
    say(("\n" if sys.stderr.isatty() else "") + build_summary(report))
    sys.exit(0 if report.ok else 1)


@click.command()
@click.argument("articles", nargs=-1, required=True, metavar="ARTICLE...")
@store_option
def remove(articles: tuple[str, ...], store: str) -> None:
    """Forget articles and all that only they said. ARTICLE is an id, an IRI or a path.

    \b
    Example:
      cloudhealth-kg remove who-opened-the-file.md
    """
    from cloudhealth_kg.dataset import find_article, remove_article

    with dataset_at(store) as dataset:
        iris = [find_article(dataset, article) for article in articles]
    with dataset_at(store, write=True) as dataset:
        for iri in iris:
            say(f"removed {remove_article(dataset, iri)}")


def _readers(paths: Sequence[Path]) -> Iterator["Callable[[], Article]"]:
    """For each article in `paths`, what reads it; files of other kinds are mentioned on stderr.

    Raises:
        ArticleError: there is no article in `paths`.
    """
    from cloudhealth_kg.articles import read_article, read_text
    from cloudhealth_kg.files import find_files

    if Path("-") in paths:
        yield lambda: read_text(sys.stdin.buffer.read(), "-")
    named = [path for path in paths if path != Path("-")]
    files = find_files(named)
    if named and not files:
        raise ArticleError(f"{', '.join(map(str, named))}: no article found here; name another")
    for path, name in files:
        yield partial(read_article, path, name=name)


def _mention_others(paths: Sequence[Path]) -> None:
    """Say how many files in the folders among `paths` are no articles."""
    from cloudhealth_kg.files import SUFFIXES

    others = sum(
        file.is_file()
        and file.suffix.lower() not in SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and not file.name.endswith(".gold.json")
        for path in paths
        if path.is_dir()
        for file in path.rglob("*")
    )
    if others:
        say(f"left alone: {others} files that are not Markdown, text or HTML")
