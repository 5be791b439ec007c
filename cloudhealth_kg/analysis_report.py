"""An analysis in words and figures: for a terminal, as Markdown, as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Literal

from tabulate import tabulate

from cloudhealth_kg.analysis import Analysis, Remedy
from cloudhealth_kg.printable import one_line

ReportFormat = Literal["text", "markdown", "json"]

_LISTED = 8
"""Remedies named in a row; the others are counted."""

_Section = tuple[str, str, Sequence[str], list[list[str]]]
"""Heading, sentence, column names, rows."""


def to_report(analysis: Analysis, format_: ReportFormat = "text", *, top: int = 15) -> str:
    """What an analysis found, ending in a newline.

    Args:
        analysis: as `analysis.analyse` gives it.
        format_: "text" for a terminal, "markdown", or "json" (all measures of all concepts).
        top: rows of each table at most; what is left out is counted. 0 for all.
    """
    if format_ == "json":
        record = asdict(analysis)
        record["gaps"] = [challenge.iri for challenge in analysis.gaps]
        return json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    return "\n".join(_part(section, top, format_) for section in _sections(analysis))


def _sections(found: Analysis) -> Iterable[_Section]:
    parts = len(found.components)
    yield (
        "The graph",
        f"{len(found.concepts)} concepts and {found.statements} statements from "
        f"{found.articles} articles, borne by {found.passages} passages. "
        f"{found.unlinked} concepts stand in no statement; the others fall into "
        f"{parts} connected part{'' if parts == 1 else 's'}"
        + (f", the largest of {found.components[0]} concepts." if parts else "."),
        (),
        [],
    )
    yield (
        "Central concepts",
        "Those that most articles and statements name first.",
        ("concept", "kind", "articles", "statements", "PageRank", "betweenness"),
        [
            [
                c.label,
                c.kind,
                f"{c.articles}",
                f"{c.degree}",
                f"{c.pagerank:.4f}",
                f"{c.betweenness:.4f}",
            ]
            for c in found.concepts
        ],
    )
    yield (
        "Communities",
        "Concepts linked more closely with each other than with the rest.",
        ("community", "concepts", "around"),
        [[f"{g.number + 1}", f"{len(g.members)}", g.label] for g in found.communities],
    )
    covered = [challenge for challenge in found.challenges if challenge.remedies]
    yield (
        "Challenges and what mitigates them",
        (
            f"{len(covered)} of {len(found.challenges)} challenges have a remedy in the articles; "
            "in brackets, how many articles say so."
        ),
        ("challenge", "articles", "mitigated by"),
        [[c.label, f"{c.articles}", _listed(map(_remedy, c.remedies))] for c in covered],
    )
    yield (
        "Challenges without a mitigation",
        (
            f"{len(found.gaps)} of {len(found.challenges)} challenges: no article says what helps. "
            "Published guidance may know."
        ),
        ("challenge", "articles", "known from guidance"),
        [[c.label, f"{c.articles}", _listed(r.label for r in c.known) or "-"] for c in found.gaps],
    )


def _listed(names: Iterable[str]) -> str:
    """The first names of a list, and how many more there are."""
    every = list(names)
    more = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _remedy(remedy: Remedy) -> str:
    hedged = ", hedged" if remedy.stance == "hedged" else ""
    return f"{remedy.label} ({remedy.articles}{hedged})"


def _part(section: _Section, top: int, format_: ReportFormat) -> str:
    heading, sentence, names, rows = section
    markdown = format_ == "markdown"
    clean = _markdown_text if markdown else one_line
    shown = [[clean(cell) for cell in row] for row in (rows[:top] if top else rows)]
    lines = [f"## {heading}\n" if markdown else heading.upper(), sentence]
    if shown:
        right = ["right" if row[:1].isdigit() else "left" for row in shown[0]]
        table = "github" if markdown else "simple"
        widths = None if markdown else [None] * (len(names) - 1) + [88]
        lines += [
            "",
            tabulate(
                shown,
                headers=names,
                tablefmt=table,
                disable_numparse=True,
                colalign=right,
                maxcolwidths=widths,
            ),
        ]
    if len(rows) > len(shown):
        lines += ["", f"… and {len(rows) - len(shown)} more"]
    return "\n".join([*lines, ""])


def _markdown_text(text: str) -> str:
    """Text that Markdown and HTML show as it stands."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]|~#!" else c for c in one_line(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
