"""Commands that show the knowledge graph: analyse, evidence, render, candidates."""

from pathlib import Path
from typing import Literal

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


@click.command()
@store_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@click.option("--top", type=click.IntRange(1), default=15, show_default=True, help="Rows a list.")
def analyse(store: str, format_: Literal["text", "markdown", "json"], top: int) -> None:
    """Report what is central, what belongs together, and which challenges lack a mitigation."""
    from cloudhealth_kg.analysis import analyse as analyse_
    from cloudhealth_kg.analysis_report import to_report
    from cloudhealth_kg.network import to_networkx

    with dataset_at(store) as dataset:
        analysis = analyse_(to_networkx(dataset, countermeasures=True))
    click.echo(to_report(analysis, format_, top=top))


@click.command()
@click.argument("concept")
@click.argument("other", required=False)
@store_option
@ontology_option
@rows_option
def evidence(
    concept: str, other: str | None, store: str, ontology: Path | None, format_: str
) -> None:
    """Quote the sentences behind a CONCEPT's statements, or those between it and an OTHER.

    \b
    Example:
      cloudhealth-kg evidence "vendor lock-in"
    """
    from cloudhealth_kg.model import STANCES
    from cloudhealth_kg.network import to_networkx
    from cloudhealth_kg.passages import COLUMNS, find_passages
    from cloudhealth_kg.queries import find_concept
    from cloudhealth_kg.report import quote_passages

    known = load_ontology(ontology)
    with dataset_at(store) as dataset:
        ends = [
            str(find_concept(name, dataset, known)) for name in (concept, other) if name is not None
        ]
        rows = find_passages(to_networkx(dataset, stances=STANCES), *ends)
    if format_ == "table":
        click.echo(quote_passages(rows))
    else:
        print_rows(COLUMNS, rows, format_)
    say(f"{len(rows)} passages")


@click.command()
@output_option
@store_option
@click.option("--title", default="Cloud computing in healthcare", show_default=True)
def render(output: Path, store: str, title: str) -> None:
    """Write the graph as one interactive HTML page that works offline.

    \b
    Example:
      cloudhealth-kg render -o kg.html
    """
    from cloudhealth_kg.model import STANCES
    from cloudhealth_kg.network import to_networkx
    from cloudhealth_kg.render import render_html

    with dataset_at(store) as dataset:
        graph = to_networkx(dataset, countermeasures=True, stances=STANCES)
        page = render_html(graph, title=title)
    with binary_output(output) as stream:
        stream.write(page.encode("utf-8"))


@click.command()
@store_option
@ontology_option
@click.option("--turtle", is_flag=True, help="Print the Turtle blocks to paste into an ontology.")
@rows_option
def candidates(store: str, ontology: Path | None, turtle: bool, format_: str) -> None:
    """List what articles name and the ontology lacks: counts, a sentence, near concepts."""
    from cloudhealth_kg.candidates import find_candidates, to_turtle

    with dataset_at(store) as dataset:
        found = find_candidates(dataset, load_ontology(ontology))
    if turtle:
        click.echo(to_turtle(found), nl=False)
        return
    rows = [(c.label, c.kind, c.articles, ", ".join(c.near), c.sentence) for c in found]
    print_rows(("candidate", "kind", "articles", "near", "sentence"), rows, format_)
