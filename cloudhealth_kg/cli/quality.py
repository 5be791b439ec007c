"""Commands on the extractor itself: evaluate, train."""

from pathlib import Path

import click

from cloudhealth_kg.cli.options import load_ontology, model_option, ontology_option, say

gold_argument = click.argument(
    "gold", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.command()
@gold_argument
@click.option("--baselines", is_flag=True, help="Score what people would use instead as well.")
@click.option(
    "--errors", is_flag=True, help="List each miss and each wrong item with its sentence."
)
@model_option
@ontology_option
def evaluate(
    gold: tuple[Path, ...], baselines: bool, errors: bool, model: Path | None, ontology: Path | None
) -> None:
    """Measure the extraction against the annotated articles in the folders GOLD.

    \b
    Example:
      cloudhealth-kg evaluate corpus/unseen --baselines
    """
    from cloudhealth_kg.baselines import BASELINES
    from cloudhealth_kg.evaluate import score_all
    from cloudhealth_kg.extract import load_extractor
    from cloudhealth_kg.gold import read_gold
    from cloudhealth_kg.report import accuracy_table, calibration_text, error_table

    known = load_ontology(ontology)
    golds = [article for folder in gold for article in read_gold(folder)]
    extractors = {"cloudhealth_kg": load_extractor(model, known)}
    if baselines:
        extractors |= {name: load(known) for name, load in BASELINES.items()}
    results = {name: score_all(golds, extractor) for name, extractor in extractors.items()}
    click.echo(accuracy_table(results))
    click.echo(f"\n{calibration_text(results['cloudhealth_kg'])}")
    if errors:
        click.echo(f"\n{error_table(golds, results['cloudhealth_kg'])}")


@click.command()
@gold_argument
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The model folder to write; give it to --model.",
)
@click.option(
    "--base",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a BERT encoder. [default: all-MiniLM-L6-v2 from the train extra]",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes of the span network. [default: 3]")
@click.option(
    "--pair-epochs", type=click.IntRange(1), help="Passes of the pair network. [default: 4]"
)
@click.option("--seed", type=int, default=0, show_default=True)
@ontology_option
def train(
    gold: tuple[Path, ...],
    output: Path,
    base: Path | None,
    epochs: int | None,
    pair_epochs: int | None,
    seed: int,
    ontology: Path | None,
) -> None:
    """Train a model on the annotated articles in the folders GOLD (needs the train extra).

    \b
    Example:
      cloudhealth-kg train corpus/training corpus/articles -o my-model
    """
    import logging

    from cloudhealth_kg.gold import read_gold
    from cloudhealth_kg.training import Settings, default_base
    from cloudhealth_kg.training import train as train_

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    golds = [article for folder in gold for article in read_gold(folder)]
    chosen = {"epochs": epochs, "pair_epochs": pair_epochs, "seed": seed}
    settings = Settings(**{name: value for name, value in chosen.items() if value is not None})
    train_(
        golds,
        output,
        base=base or default_base(),
        ontology=load_ontology(ontology),
        settings=settings,
    )
    say(f"wrote {output}")
