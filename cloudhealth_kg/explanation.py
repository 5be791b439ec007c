"""Why an article's concepts and statements were found: passages, scores, what was merged."""

from collections.abc import Iterator, Sequence

from spacy.tokens import Doc

from cloudhealth_kg.concepts import NamedConcept
from cloudhealth_kg.extract import Weighed, weigh
from cloudhealth_kg.labels import normalise_label
from cloudhealth_kg.model import KINDS, Statement


def explain_concepts(doc: Doc, wanted: Sequence[str] = ()) -> str:
    """What was found of the concepts named in `wanted` (all where it is empty), and why.

    For each: its kind and confidence, how it was grounded, each mention with its score for each
    kind, and the statements it is part of with their passages.
    """
    weighed = weigh(doc)
    concepts: list[NamedConcept] = doc._.concepts
    labels = {concept.iri: concept.label for concept in concepts}
    lines: list[str] = []
    for concept in concepts:
        if _is_wanted(concept, wanted):
            lines.extend(_concept_lines(doc, concept))
            for statement in weighed.extraction.statements:
                if concept.iri in (statement.subject, statement.object):
                    lines.extend(_statement_lines(statement, labels, weighed))
            lines.append("")
    if not lines:
        return f"nothing found that {' or '.join(wanted) or 'the ontology'} names"
    return "\n".join(lines).rstrip()


def explain_rejected(doc: Doc, wanted: Sequence[str] = ()) -> str:
    """The pairs that were weighed and not stated, the likeliest first, with the reason."""
    keys = {normalise_label(label) for label in wanted}
    return "\n".join(
        f"{pair.source} {pair.relation} {pair.target}: {pair.reason}"
        for pair in weigh(doc).rejected
        if not keys or keys & {normalise_label(pair.source), normalise_label(pair.target)}
    )


def _is_wanted(concept: NamedConcept, wanted: Sequence[str]) -> bool:
    keys = {normalise_label(label) for label in (concept.label, *concept.merged)}
    return not wanted or any(w == concept.iri or normalise_label(w) in keys for w in wanted)


def _concept_lines(doc: Doc, concept: NamedConcept) -> Iterator[str]:
    grounded = "known to the ontology" if concept.known else "a candidate, unknown to the ontology"
    yield f"{concept.label} ({concept.kind}, confidence {concept.confidence:.2f})"
    yield f"  {concept.iri}: {grounded}"
    yield (
        f"  scores {concept.score:.2f} by itself, {concept.look:.2f} among the others, "
        f"{concept.bond:.2f} for its likeliest relation"
    )
    if len(concept.merged) > 1:
        yield f"  one concept, by a shared key or a shorter name: {' = '.join(concept.merged)}"
    for span in concept.spans:
        kinds = ", ".join(
            f"{kind} {share:.2f}"
            for kind, share in zip(KINDS, span.kinds, strict=True)
            if share >= 0.05
        )
        quote = doc._.article.text[span.start : span.end]
        yield f"  [{span.start}, {span.end}) {quote!r} scores {span.score:.2f}: {kinds}"


def _statement_lines(
    statement: Statement, labels: dict[str, str], weighed: Weighed
) -> Iterator[str]:
    source, target = labels[statement.subject], labels[statement.object]
    yield f"  {source} {statement.predicate} {target} (confidence {statement.confidence:.2f})"
    why = weighed.grounds[statement.subject, statement.predicate, statement.object]
    yield f"    found by the model; borne out by: {', '.join(why.families) or 'no rule'}"
    yield (
        f"    scores {why.score:.2f}; the likeliest of its source {why.best_of_source:.2f}, "
        f"of its target {why.best_of_target:.2f}"
    )
    for evidence in statement.evidence:
        section = f", under {evidence.section!r}" if evidence.section else ""
        yield (
            f"    {evidence.stance}, by {evidence.rule}, [{evidence.start}, {evidence.end})"
            f"{section}: {evidence.quote!r}"
        )
