"""From scored spans to concepts: which spans stand, and which of them name one idea.

Equal keys meet: a concept of the ontology, a normalised label, the long form of an abbreviation,
the same content words; and a short name joins the one longer name that holds its words. Nothing
is clustered by nearness, so nothing depends on order. See Schwartz & Hearst, "A simple algorithm
for identifying abbreviation definitions in biomedical text" (PSB 2003) for the abbreviations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cloudhealth_kg.model import KINDS, Article, Kind
from cloudhealth_kg.neural import Reading, SpanScore, logit
from cloudhealth_kg.ontology import Ontology, normalise_label
from cloudhealth_kg.vocabulary import concept_iri
from cloudhealth_kg.windows import ConceptSpans

_GENERIC_HEAD = re.compile(
    r"(?<=\w) (?:barrier|challenge|concern|difficulty|issue|obstacle|problem|question|worry)$"
)
"""Words that add nothing to a challenge: "interoperability issues" is interoperability."""

CANDIDATE = 0.2
"""Score of the least probable concept that the pair network is shown."""

FOREIGN = 0.2
"""Weight of a kind that the ontology does not give a known concept; the article may override it."""

_FUNCTION_WORDS = frozenset(
    """
    a an and of for to in on with the their its our your by from at
    """.split()
)

_POINTERS = frozenset(["any", "such", "that", "these", "this", "those"])

_DEFINITION = re.compile(r"\(\s*([A-Z][\w.&/-]{1,9}?)s?\s*\)")
_DEFINED_FIRST = re.compile(r"(?<!\w)([A-Z][A-Z0-9&/-]{1,8})s?\s+\(([^()]{4,80})\)")


@dataclass(frozen=True, slots=True)
class NamedConcept:
    """A concept of an article with the spans that name it, in order of offset."""

    iri: str
    kind: Kind
    label: str
    known: bool
    score: float
    """Of the span that names it most clearly, as of its kind."""
    look: float
    """Its probability among the other concepts, by the pair network; before that, the score."""
    bond: float
    """The score of the likeliest relation it stands in, by the pair network; before that, 0."""
    confidence: float
    """The probability of being right, made of its `features`; before that, the score."""
    spans: tuple[SpanScore, ...]
    merged: tuple[str, ...]
    """Keys that met in it, for `explain`."""

    @property
    def features(self) -> list[float]:
        """What tells how sure it is.

        Its score, look and bond, the score of its clearest span as of any kind (two kinds may be
        equally right), and whether the ontology knows it.
        """
        clearest = max(span.score for span in self.spans)
        scores = (self.score, self.look, clearest, self.bond)
        return [*map(logit, scores), float(self.known)]

    @property
    def named(self) -> ConceptSpans:
        """Its kind, and where the text names it."""
        return self.kind, [(span.start, span.end) for span in self.spans]


def form_concepts(
    article: Article,
    spans: Sequence[SpanScore],
    ontology: Ontology,
    *,
    floor: float = CANDIDATE,
) -> list[NamedConcept]:
    """The concepts whose score reaches `floor`, by first mention.

    Of overlapping spans the more probable stands, then the earlier, then the longer.
    """
    long_forms = abbreviations(article.text)
    groups: defaultdict[str, list[SpanScore]] = defaultdict(list)
    for span in _standing(spans):
        groups[_key(article.text[span.start : span.end], span.kind, long_forms, ontology)].append(
            span
        )
    formed = [
        concept
        for key, members in groups.items()
        if (concept := _concept(article, key, members, ontology)).score >= floor
    ]
    by_iri: defaultdict[str, list[NamedConcept]] = defaultdict(list)
    for concept in sorted(formed, key=lambda c: (-c.score, c.spans[0].start)):
        by_iri[concept.iri].append(concept)
    unique = [_joined(first, others) for first, *others in by_iri.values()]
    whole = _take_in_short_forms(unique, article, ontology)
    return sorted(whole, key=lambda c: (c.spans[0].start, c.iri))


def look_again(concepts: Sequence[NamedConcept], reading: Reading) -> list[NamedConcept]:
    """The concepts with what the pair network makes of them."""
    bonds: defaultdict[int, float] = defaultdict(float)
    for pair in reading.pairs:
        for end in (pair.source, pair.target):
            bonds[end] = max(bonds[end], pair.score)
    return [
        replace(concept, look=look, bond=bonds[number])
        for number, (concept, look) in enumerate(zip(concepts, reading.looks, strict=True))
    ]


def subject_free(
    spans: Iterable[SpanScore], article: Article, ontology: Ontology
) -> list[SpanScore]:
    """The spans that name more than the field's own subject and actors."""
    return [
        span
        for span in spans
        if normalise_label(article.text[span.start : span.end]) not in ontology.subject_labels
    ]


def abbreviations(text: str) -> Mapping[str, str]:
    """From each abbreviation that a text defines to its long form, both normalised."""
    found: dict[str, str] = {}
    for match in _DEFINITION.finditer(text):
        short = match.group(1)
        words = re.findall(r"[\w'’/-]+", text[max(0, match.start() - 120) : match.start()])
        long = _long_form(short, words[-min(len(short) + 5, 2 * len(short)) :])
        if long:
            found.setdefault(normalise_label(short), normalise_label(long))
    for match in _DEFINED_FIRST.finditer(text):
        long = _long_form(match.group(1), re.findall(r"[\w'’/-]+", match.group(2)))
        if long:
            found.setdefault(normalise_label(match.group(1)), normalise_label(long))
    return found


def _long_form(short: str, words: Sequence[str]) -> str:
    """The shortest tail of `words` that spells `short` from right to left, or ""."""
    letters = [c for c in short.lower() if c.isalnum()]
    tail = " ".join(words)
    at = len(tail)
    for index, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (
            tail[at].lower() != letter or (index == 0 and at > 0 and tail[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
    long = tail[at:]
    return long if (len(long) > len(short) + 1 and " " in long) or "-" in long else ""


def _standing(spans: Iterable[SpanScore]) -> list[SpanScore]:
    standing: list[SpanScore] = []
    for span in sorted(spans, key=lambda s: (-s.score, s.start, -s.end)):
        if all(span.end <= other.start or other.end <= span.start for other in standing):
            standing.append(span)
    return sorted(standing, key=lambda s: s.start)


def _take_in_short_forms(
    concepts: Sequence[NamedConcept], article: Article, ontology: Ontology
) -> list[NamedConcept]:
    """Let "the attack" be "the ransomware attack", where the article names one attack only.

    A name that the ontology lacks joins the one concept of its kind with a name that holds all its
    words and more, and whose longest name is longer, lest two take in each other; where there are
    several such concepts, it stays apart. On 157 articles that the model had not seen, 44 of 45
    concepts that this took in were right to go.
    """
    named = {c.iri: _content_words(c, article) for c in concepts}
    length = {iri: max(map(len, names), default=0) for iri, names in named.items()}
    host_of: dict[str, str] = {}
    for short in concepts:
        labels = {normalise_label(article.text[s.start : s.end]) for s in short.spans}
        if short.known or labels & ontology.kept_apart:
            continue
        hosts = [
            long.iri
            for long in concepts
            if long.kind == short.kind
            and length[short.iri] < length[long.iri]
            and any(a < b for a in named[short.iri] for b in named[long.iri])
        ]
        if len(hosts) == 1:
            host_of[short.iri] = hosts[0]
    taken_in: defaultdict[str, list[NamedConcept]] = defaultdict(list)
    for concept in concepts:
        host = concept.iri
        while host in host_of:
            host = host_of[host]
        if host != concept.iri:
            taken_in[host].append(concept)
    return [_joined(c, taken_in[c.iri]) for c in concepts if c.iri not in host_of]


def _content_words(concept: NamedConcept, article: Article) -> list[frozenset[str]]:
    labels = {normalise_label(article.text[s.start : s.end]) for s in concept.spans}
    words = [frozenset(label.split(" ")) - _FUNCTION_WORDS - _POINTERS for label in labels]
    return [found for found in words if found]


def _joined(concept: NamedConcept, others: Sequence[NamedConcept]) -> NamedConcept:
    parts = (concept, *others)
    return replace(
        concept,
        score=max(part.score for part in parts),
        look=max(part.score for part in parts),
        confidence=max(part.score for part in parts),
        spans=tuple(sorted((s for part in parts for s in part.spans), key=lambda s: s.start)),
        merged=tuple(sorted({name for part in parts for name in part.merged})),
    )


def _key(text: str, kind: Kind, long_forms: Mapping[str, str], ontology: Ontology) -> str:
    label = normalise_label(_DEFINITION.sub(" ", text))
    first, _, rest = label.partition(" ")
    if rest and first in _POINTERS:
        label = rest
    label = long_forms.get(label, label)
    if label in ontology.labels:
        return ontology.labels[label][0]
    if label in ontology.kept_apart:
        return label
    if kind == "challenge":
        bare = _GENERIC_HEAD.sub("", label)
        if bare in ontology.labels:
            return ontology.labels[bare][0]
        label = bare
    words = sorted({w for w in label.split(" ") if w not in _FUNCTION_WORDS})
    return " ".join(words) or label


def _concept(
    article: Article,
    key: str,
    members: Sequence[SpanScore],
    ontology: Ontology,
) -> NamedConcept:
    known = ontology.concepts.get(key)
    weights = [
        sum(s.kinds[i] for s in members)
        * (1.0 if known is None or kind in known.kinds else FOREIGN)
        for i, kind in enumerate(KINDS)
    ]
    index = max(range(len(KINDS)), key=lambda i: (round(weights[i], 4), -i))
    score = max(s.kinds[index] for s in members)
    best = min(members, key=lambda s: (-s.score, s.start))
    label = article.text[best.start : best.end]
    return NamedConcept(
        iri=known.iri if known else str(concept_iri(label)),
        kind=KINDS[index],
        label=known.label if known else label,
        known=known is not None,
        score=score,
        look=score,
        bond=0.0,
        confidence=score,
        spans=tuple(sorted(members, key=lambda s: s.start)),
        merged=tuple(sorted({article.text[s.start : s.end] for s in members})),
    )
