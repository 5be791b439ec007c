"""Write the generated parts of the documentation anew, or say (--check) which are out of date.

README.md: the list of commands and the accuracy table. docs/accuracy.md: all tables, and the plot
of confidence against truth. docs/learning-curve.svg: the plot of docs/learning-curve.csv, whose
rows are written down at each training. Run it with `make docs`; what was measured --beside, with
the same model, keeps its section of docs/accuracy.md.
"""

import argparse
import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import matplotlib as mpl

from cloudhealth_kg.baselines import BASELINES
from cloudhealth_kg.cli import cli
from cloudhealth_kg.evaluate import Outcome, count, score_all
from cloudhealth_kg.extract import load_extractor
from cloudhealth_kg.gold import read_gold
from cloudhealth_kg.ontology import load_ontology
from cloudhealth_kg.report import accuracy_table, calibration_text
from cloudhealth_kg.versions import extractor_version

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "cloudhealth-kg"

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
ACCURACY, PLOT = ROOT / "docs/accuracy.md", ROOT / "docs/reliability.svg"
CURVE = ROOT / "docs/learning-curve.csv"
UNSEEN = ROOT / "corpus/unseen"
OURS = "cloudhealth_kg"
BASELINES_START = "The baselines are"


def commands() -> str:
    """A table of the commands, in flow order."""
    lines = ["| command | what it does |", "| --- | --- |"]
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        assert command.help, name
        sentence = command.help.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")
        lines.append(f"| `{name}` | {sentence} |")
    return "\n".join(lines)


def measure(folder: Path) -> dict[str, list[Outcome]]:
    """The outcomes of ours and of each baseline on the annotated articles of a folder."""
    ontology = load_ontology()
    golds = read_gold(folder)
    results = {OURS: score_all(golds, load_extractor(None, ontology))}
    for name, load in BASELINES.items():
        results[name] = score_all(golds, load(ontology))
    return results


def number_of_unseen() -> int:
    """How many annotated articles training never sees."""
    return len(list(UNSEEN.glob("*.gold.json")))


def short_table(results: dict[str, list[Outcome]]) -> str:
    """A row for each extractor: precision, recall and F1 of concepts and relations."""
    lines = [
        f"| on {number_of_unseen()} unseen articles | concepts P / R / F1 | relations P / R / F1 |",
        "| --- | --- | --- |",
    ]
    for name, outcomes in results.items():
        cells = [
            f"{r.precision:.2f} / {r.recall:.2f} / **{r.f1:.2f}**"
            for r in (count(outcomes, "concept"), count(outcomes, "relation"))
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def long_page(results: dict[str, list[Outcome]], others: dict[str, Path], kept: str) -> str:
    """docs/accuracy.md; `kept` is what `sections_to_keep` gave."""
    return f"""# Accuracy

Measured by `make docs` on the {number_of_unseen()} articles of `corpus/unseen`, which training
never saw, with {extractor_version()}
and the ontology {load_ontology().version.split()[-1]}. The intervals are bootstrapped
over articles.

{accuracy_table(results)}
{"".join(beside(name, folder) for name, folder in others.items())}{kept}

{BASELINES_START} what people would use without training: the labels of our ontology found in the
text, noun chunks with keywords for kinds, both, and the phrases that TextRank ranks highest; their
relations are co-occurrence in a sentence.

## Confidence

{calibration_text(results[OURS])}

![Confidence against truth](reliability.svg)

A bar is the share of findings that are right among those given with that confidence; on the line,
confidence means what it says.

See also [how accuracy grew with the corpus](learning-curve.md), and [what is wrong with the graphs
of ten contracts](contracts.md), a kind of text that training had none of.
"""


def beside(name: str, folder: Path) -> str:
    """A section with the figures on another set of articles that training never saw."""
    return f"""
## {name}

{accuracy_table(measure(folder))}
"""


def sections_to_keep(page: str, measured: Iterable[str]) -> str:
    """The sections of docs/accuracy.md on sets that are not at hand, if the same model was read."""
    if extractor_version() not in page:
        return ""
    tables = page.split(BASELINES_START, maxsplit=1)[0]
    names = re.split(r"^## (.*)\n", tables, flags=re.MULTILINE)[1:]
    return "".join(
        f"\n## {name}\n{body.rstrip()}\n"
        for name, body in zip(names[::2], names[1::2], strict=True)
        if name not in measured
    )


def draw(outcomes: list[Outcome]) -> None:
    """docs/reliability.svg."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3.4), sharey=True)
    for axis, level in zip(axes, ("concept", "relation"), strict=True):
        given = [o for o in outcomes if o.level == level and o.verdict != "missed"]
        for number in range(10):
            inside = [o for o in given if min(9, int(o.confidence * 10)) == number]
            if inside:
                share = sum(o.verdict == "right" for o in inside) / len(inside)
                axis.bar(number / 10 + 0.05, share, width=0.09, color="#3b6ea8")
                axis.text(number / 10 + 0.05, share + 0.02, len(inside), ha="center", fontsize=7)
        axis.plot([0, 1], [0, 1], color="#888888", linewidth=1)
        axis.set(title=f"{level}s", xlabel="confidence", xlim=(0, 1), ylim=(0, 1.1))
    axes[0].set_ylabel("share that is right")
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def draw_curve() -> None:
    """docs/learning-curve.svg: F1 against the number of articles, a line for each test set."""
    from matplotlib import pyplot

    points: dict[str, list[tuple[int, float]]] = {}
    with CURVE.open(encoding="utf-8", newline="") as file:
        for articles, measured_on, f1 in list(csv.reader(file))[1:]:
            points.setdefault(measured_on, []).append((int(articles), float(f1)))
    figure, axis = pyplot.subplots(figsize=(7, 3.6))
    for name, line in points.items():
        axis.plot(*zip(*sorted(line), strict=True), marker="o", label=name)
    axis.set(xlabel="annotated articles the networks saw", ylabel="F1 of concepts", xlim=(0, None))
    axis.grid(color="#dddddd")
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(CURVE.with_suffix(".svg"), metadata={"Date": None})


def between(text: str, name: str, body: str) -> str:
    """The text with what stands between the markers of `name` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    assert pattern.search(text), f"README.md: no markers <!-- {name} --> … <!-- end {name} -->"
    return pattern.sub(lambda match: f"{match[1]}{body}\n{match[2]}", text)


def faults() -> list[str]:
    """What is out of date, as far as can be told without measuring anew."""
    readme = README.read_text("utf-8")
    found = []
    if between(readme, "commands", commands()) != readme:
        found.append("the list of commands in README.md")
    if not ACCURACY.exists() or extractor_version() not in ACCURACY.read_text("utf-8"):
        found.append("docs/accuracy.md, which another model or version was measured for")
    elif not agree(readme, ACCURACY.read_text("utf-8")):
        found.append("the accuracy table of README.md, which docs/accuracy.md contradicts")
    return found


def agree(readme: str, page: str) -> bool:
    """Whether the README gives our figures as docs/accuracy.md does, to two places."""
    short = re.search(rf"^\| {OURS} \|(.*)", readme, re.MULTILINE)
    rows = re.findall(r"^\| (?:concepts|relations) (.*)", page, re.MULTILINE)[:2]
    figures = [re.findall(r"\d\.\d+", text) for text in (short[1] if short else "", *rows)]
    long = [*figures[1][:3], *figures[2][:3]]
    return len(figures[0]) == len(long) and all(
        abs(float(a) - float(b)) < 0.0051 for a, b in zip(figures[0], long, strict=True)
    )


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, exit 1 if out of date"
    )
    parser.add_argument(
        "--beside",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "GOLD_DIR"),
        help="measure on these annotated articles too; training must not have seen them",
    )
    arguments = parser.parse_args()
    if arguments.check:
        if stale := faults():
            sys.exit(f"out of date: {'; '.join(stale)}; run `make docs`")
        return
    results = measure(UNSEEN)
    others = {"Contracts": ROOT / "corpus/contracts"}
    others |= {name: Path(folder) for name, folder in arguments.beside}
    readme = between(README.read_text("utf-8"), "commands", commands())
    README.write_text(between(readme, "accuracy", short_table(results)), "utf-8")
    kept = sections_to_keep(ACCURACY.read_text("utf-8") if ACCURACY.exists() else "", others)
    ACCURACY.write_text(long_page(results, others, kept), "utf-8")
    draw(results[OURS])
    draw_curve()


if __name__ == "__main__":
    main()
