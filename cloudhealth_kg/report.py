"""What the command line prints for people: extractions, passages, evaluations."""

import json
from collections.abc import Mapping, Sequence
from textwrap import fill

from tabulate import tabulate

from cloudhealth_kg.evaluate import Outcome, bootstrap_f1, calibration_error, rates_by_name
from cloudhealth_kg.extract import to_record
from cloudhealth_kg.gold import GoldArticle
from cloudhealth_kg.model import Extraction
from cloudhealth_kg.printable import one_line


def extraction_table(extraction: Extraction) -> str:
    """An article's concepts and statements, for people."""
    labels = {concept.iri: concept.label for concept in extraction.concepts}
    counts: dict[str, int] = dict.fromkeys(labels, 0)
    for mention in extraction.mentions:
        counts[mention.concept] += 1
    concepts = sorted(
        (c.kind, c.label, counts[c.iri], "yes" if c.known else "") for c in extraction.concepts
    )
    statements = [
        (
            labels[s.subject],
            s.predicate,
            labels[s.object],
            f"{s.confidence:.2f}",
            s.evidence[0].stance,
            one_line(s.evidence[0].quote, 70),
        )
        for s in sorted(extraction.statements, key=lambda s: (-s.confidence, s.subject, s.object))
    ]
    title = extraction.article.metadata.title or extraction.article.path
    head = f"{one_line(title, 90)}\n{len(concepts)} concepts, {len(statements)} statements\n"
    return "\n".join(
        (
            head,
            _table(concepts, ("kind", "concept", "mentions", "known")),
            "",
            _table(statements, ("subject", "", "object", "confidence", "stance", "sentence")),
            "\n",
        )
    )


def extraction_line(extraction: Extraction) -> str:
    """An article's record as one line of JSON."""
    return json.dumps(to_record(extraction), ensure_ascii=False) + "\n"


def accuracy_table(results: Mapping[str, Sequence[Outcome]]) -> str:
    """Precision, recall and F1 by kind and relation, a block for each extractor, in Markdown."""
    lines = []
    for name, outcomes in results.items():
        rows = []
        for level, kind, rates in rates_by_name(outcomes):
            low, high = bootstrap_f1(outcomes, level) if kind == "all" else (0.0, 0.0)
            rows.append(
                (
                    f"{level}s" if kind == "all" else f"- {kind}",
                    f"{rates.precision:.3f}",
                    f"{rates.recall:.3f}",
                    f"{rates.f1:.3f}",
                    f"{low:.3f} to {high:.3f}" if kind == "all" else "",
                    rates.right,
                    rates.wrong,
                    rates.missed,
                )
            )
        columns = (name, "precision", "recall", "F1", "95 % of F1", "right", "wrong", "missed")
        lines.append(tabulate(rows, columns, tablefmt="github", disable_numparse=True))
        lines.append("")
    return "\n".join(lines).rstrip()


def calibration_text(outcomes: Sequence[Outcome]) -> str:
    """How far confidences can be taken at their word."""
    lines = []
    for level in ("concept", "relation"):
        sure = [
            o
            for o in outcomes
            if o.level == level and o.verdict != "missed" and o.confidence >= 0.8
        ]
        right = sum(o.verdict == "right" for o in sure)
        share = f"{right / len(sure):.3f}" if sure else "none given"
        error = calibration_error(outcomes, level)
        lines.append(
            f"{level}s: expected calibration error {error:.3f}; "
            f"precision at confidence 0.8 and above: {share} ({len(sure)} given)"
        )
    return "\n".join(lines)


def quote_passages(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of `passages.find_passages`, for people: each statement with what bears it."""
    lines: list[str] = []
    said = None
    for subject, relation, object_, stance, confidence, article, section, quote in rows:
        if (subject, relation, object_) != said:
            said = (subject, relation, object_)
            lines += ["", one_line(f"{subject} {relation} {object_}", 120)]
        place = f"{article}, {section}" if section and section != article else article
        lines.append(fill(f"“{one_line(quote)}”", 96, initial_indent="  ", subsequent_indent="  "))
        lines.append(f"  {one_line(place, 80)} ({stance}, confidence {confidence})")
    return "\n".join(lines).lstrip("\n")


def error_table(golds: Sequence[GoldArticle], outcomes: Sequence[Outcome]) -> str:
    """Each missed and each wrong item with the sentence it stands in, tab-separated."""
    articles = {gold.article.path: gold.article for gold in golds}
    lines = ["article\tlevel\tverdict\tname\tlabel\tconfidence\tsentence"]
    for outcome in outcomes:
        if outcome.verdict != "right":
            sentence = one_line(sentence_at(articles[outcome.article].text, outcome.place), 240)
            lines.append(
                f"{outcome.article}\t{outcome.level}\t{outcome.verdict}\t{outcome.name}\t"
                f"{one_line(outcome.label, 120)}\t{outcome.confidence:.2f}\t{sentence}"
            )
    return "\n".join(lines)


def sentence_at(text: str, place: tuple[int, int]) -> str:
    """The text around a place, from the end of one sentence or line to that of the next."""
    start = max(text.rfind(mark, 0, place[0]) for mark in (". ", "? ", "! ", "\n"))
    ends = [end for mark in (". ", "? ", "! ", "\n") if (end := text.find(mark, place[1])) >= 0]
    return text[start + 1 : min(ends, default=len(text) - 1) + 1].strip()


def _table(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> str:
    return tabulate(rows, headers=columns, disable_numparse=True) if rows else "(none)"
