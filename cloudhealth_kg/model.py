"""The frozen values that flow through the stages, from article to extraction.

Offsets are 0-based, half-open and count Unicode code points. Nothing here imports a third party.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

Kind = Literal["challenge", "advancement", "regulation", "technology", "measure"]
Relation = Literal["mitigates", "enables", "causes", "governs"]
Stance = Literal["asserted", "hedged", "negated"]
BlockRole = Literal["heading", "paragraph", "item", "row"]

KINDS: tuple[Kind, ...] = ("challenge", "advancement", "regulation", "technology", "measure")
RELATIONS: tuple[Relation, ...] = ("mitigates", "enables", "causes", "governs")
STANCES: tuple[Stance, ...] = ("asserted", "hedged", "negated")

SIGNATURES: dict[Relation, tuple[frozenset[Kind], frozenset[Kind]]] = {
    "mitigates": (
        frozenset({"technology", "measure", "regulation", "advancement"}),
        frozenset({"challenge"}),
    ),
    "enables": (
        frozenset({"technology", "measure", "advancement", "regulation"}),
        frozenset({"advancement"}),
    ),
    "causes": (
        frozenset({"challenge", "technology", "measure", "regulation"}),
        frozenset({"challenge"}),
    ),
    "governs": (
        frozenset({"regulation"}),
        frozenset({"challenge", "technology", "advancement"}),
    ),
}
"""Kinds that a relation may run from and to; `ontology/cloudhealth.ttl` says the same in OWL."""


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit of an article's text: `text[start:end]`.

    `level` is the depth of a heading (1 = title, 7 = a run-in head such as `**Cost.**`) or of a
    list item (1 = outermost); 0 for paragraphs and table rows. Cells of a row are parted by " | ".
    """

    start: int
    end: int
    role: BlockRole
    level: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an article says about itself; an empty string stands for what it does not say."""

    title: str = ""
    author: str = ""
    published: str = ""
    """ISO 8601 date: YYYY, YYYY-MM or YYYY-MM-DD."""
    source: str = ""
    """Absolute http(s) URL of the published piece."""
    publisher: str = ""
    license: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """A published piece as read: clean text, its structure, and the way back to the file."""

    id: str
    """Readable and unique: a slug, a hyphen and eight hex digits of the digest of its identity."""
    text: str
    blocks: tuple[Block, ...]
    metadata: Metadata
    path: str
    """The file, relative to the folder it was found in; "-" for standard input."""
    digest: str
    """"sha256:" and the hex digest of the file's bytes."""
    source_map: tuple[tuple[int, int, int], ...] = ()
    """Runs (offset in text, offset in the decoded file, length) that stand alike in both, in order.

    Length 0 marks a place where only the boundary is known: before and after a character that is
    written otherwise in the file, such as an entity.
    """
    warnings: tuple[str, ...] = ()

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the decoded file that `text[start:end]` was taken from.

        Raises:
            ValueError: the span is empty or reaches outside the text.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"span [{start}, {end}) lies outside the text of {self.id}")
        return self._source_start(start), self._source_end(end)

    def _source_start(self, offset: int) -> int:
        runs = self.source_map
        at = bisect_right(runs, offset, key=itemgetter(0)) - 1
        if at >= 0:
            text_start, file_start, length = runs[at]
            if offset < text_start + length or offset == text_start:
                return file_start + offset - text_start
        if at + 1 < len(runs):
            return runs[at + 1][1]
        return sum(runs[at][1:]) if runs else offset

    def _source_end(self, offset: int) -> int:
        runs = self.source_map
        at = bisect_left(runs, offset, key=itemgetter(0))
        if at < len(runs) and runs[at][0] == offset and not self._covers(at - 1, offset):
            return runs[at][1]
        if at == 0:
            return runs[0][1] if runs else offset
        text_start, file_start, length = runs[at - 1]
        return file_start + min(length, offset - text_start)

    def _covers(self, run: int, end: int) -> bool:
        """Tell whether the character before `end` lies in the run."""
        if run < 0:
            return False
        text_start, _, length = self.source_map[run]
        return text_start + length >= end and length > 0

    def section_at(self, offset: int) -> str:
        """Text of the nearest heading at or above `offset`; "" before the first one."""
        heading = ""
        for block in self.blocks:
            if block.start > offset:
                break
            if block.role == "heading":
                heading = self.text[block.start : block.end]
        return heading


@dataclass(frozen=True, slots=True)
class Concept:
    """One idea: an IRI, a kind and a preferred label. `kind` follows the article that names it."""

    iri: str
    kind: Kind
    label: str
    known: bool = False
    """True where the ontology holds it; else it is a candidate, its IRI made of its label."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A span `text[start:end] == quote` that names the concept `concept` (an IRI)."""

    start: int
    end: int
    quote: str
    concept: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage `text[start:end] == quote` that bears a statement, and how it does so."""

    start: int
    end: int
    quote: str
    section: str
    rule: str
    stance: Stance
    confidence: float


@dataclass(frozen=True, slots=True)
class Statement:
    """Subject, predicate, object (two concept IRIs and a relation) with at least one evidence."""

    subject: str
    predicate: Relation
    object: str
    evidence: tuple[Evidence, ...]

    @property
    def confidence(self) -> float:
        """That of its strongest evidence."""
        return max(e.confidence for e in self.evidence)

    @property
    def asserted(self) -> bool:
        """True where at least one passage asserts it, neither hedging nor denying."""
        return any(e.stance == "asserted" for e in self.evidence)


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one article says. Concepts by IRI, mentions by offset, statements by triple."""

    article: Article
    concepts: tuple[Concept, ...]
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]

    @property
    def off_topic(self) -> str:
        """A warning where an article states nothing and names hardly a known concept, else ""."""
        if self.statements or sum(concept.known for concept in self.concepts) >= 3:
            return ""
        return (
            f"{self.article.path}: says nothing that could be made out; "
            "is it about cloud computing in healthcare?"
        )
