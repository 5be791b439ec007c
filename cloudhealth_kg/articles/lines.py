"""Lines: what every reader yields, and how they become an article's text, blocks and source map."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cloudhealth_kg.model import Block, BlockRole

Run = tuple[int, int, int]
"""(offset in the text, offset in the decoded file, length); length 0 marks a boundary only."""

RUN_IN = 7
"""Heading level of a run-in head."""

_DROPPED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
)
_WORDS = re.compile(rf"[^\s{_DROPPED}]+(?: [^\s{_DROPPED}]+)*")
_DROPPED_ONLY = re.compile(rf"[{_DROPPED}]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text to be: a heading, a paragraph, a list item or a table row.

    `runs` are relative to the start of `text`. `lead` is where leading emphasis ends (0: none),
    `linked` counts characters that are link text, `depth` is the depth of the enclosing list.
    """

    text: str
    role: BlockRole
    level: int = 0
    runs: tuple[Run, ...] = ()
    lead: int = 0
    linked: int = 0
    depth: int = 0
    ruled: bool = False
    """True where a thematic break stands right above it."""
    apart: bool = False
    """True where it stands alone, with a blank line above and a blank line or a list below."""

    @property
    def emphasised(self) -> bool:
        """True where the whole line is emphasised."""
        return self.lead >= len(self.text) > 0

    @property
    def link_share(self) -> float:
        """Share of the line's characters that are link text."""
        return self.linked / len(self.text)


class LineBuilder:
    """Gathers pieces of one line; white space becomes single spaces, invisible characters go."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self._length = 0
        self._space = False
        self._lead = 0
        self._linked = 0
        self._lead_open = False

    @property
    def empty(self) -> bool:
        """True as long as there is no visible text."""
        return not self._length

    @property
    def led(self) -> bool:
        """True where the line begins with emphasised text."""
        return self._lead > 0 and not self._lead_open

    @property
    def all_led(self) -> bool:
        """True where all of the line so far is emphasised."""
        return self.led and self._lead == self._length

    @property
    def only_marks(self) -> bool:
        """True where no word came from the file."""
        return not self._runs

    def add(self, text: str, start: int, end: int, *, linked: bool = False) -> None:
        """Append `text`, which stands at `start` to `end` in the decoded file.

        Where the span is as long as the text both read alike; otherwise the text was decoded
        from it (an entity, an escape) and only the span's ends are recorded.
        """
        before = self._length
        verbatim = end - start == len(text)
        at = 0
        for match in _WORDS.finditer(text):
            gap = text[at : match.start()]
            if gap and not _DROPPED_ONLY.fullmatch(gap):
                self._space = True
            at = match.end()
            if self._space and self._parts and not self._parts[-1].endswith(" "):
                self._parts.append(" ")
                self._length += 1
            self._space = False
            word = match.group()
            if verbatim:
                self._runs.append((self._length, start + match.start(), len(word)))
            else:
                self._runs.append((self._length, start, 0))
            self._parts.append(word)
            self._length += len(word)
            if not verbatim:
                self._runs.append((self._length, end, 0))
        rest = text[at:]
        if rest and not _DROPPED_ONLY.fullmatch(rest):
            self._space = True
        if linked:
            self._linked += self._length - before

    def next_cell(self) -> None:
        """Begin the next cell of a table row; an empty one leaves two marks: "a | | c"."""
        mark = "| " if not self._parts or self._parts[-1].endswith("| ") else " | "
        self._parts.append(mark)
        self._length += len(mark)
        self._space = False

    def open_emphasis(self) -> None:
        """Say that emphasis begins here; it leads the line if nothing came before."""
        self._lead_open = self._lead_open or not self._length

    def close_emphasis(self) -> None:
        """Say that emphasis ends here."""
        if self._lead_open:
            self._lead = self._length
            self._lead_open = False

    def build(
        self, role: BlockRole, level: int = 0, *, depth: int = 0, ruled: bool = False
    ) -> Line | None:
        """Return the line, None where it holds no visible text; the builder is empty again."""
        line = None
        if self._length:
            text = "".join(self._parts).rstrip(" ")
            line = Line(
                text,
                role,
                level,
                tuple(self._runs),
                lead=len(text) if self._lead_open else self._lead,
                linked=self._linked,
                depth=depth,
                ruled=ruled,
            )
        self._clear()
        return line


_HEAD_END = re.compile(r"[.:?!…][\"'”’)]?$|[–—-]$")
_AFTER_HEAD = re.compile(r"\s*[:.–—-]\s+|\s+")
_PLAIN_HEAD = re.compile(
    r"(?P<head>[A-Z0-9“\"'‘(][^.:;!?–—]{1,70}?)(?P<mark>\s*:\s+|\s+[–—]\s+)(?=\S)"
)
_SMALL = frozenset([
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "vs",
    "with", "&", "your", "our",
])  # fmt: skip
_MAX_HEAD_WORDS = 12
_MAX_QUESTION_WORDS = 30


def assemble(lines: Iterable[Line]) -> tuple[str, tuple[Block, ...], tuple[Run, ...]]:
    r"""Join `lines` by "\\n" into the text of an article, with its blocks and its source map."""
    lines = list(lines)
    heads = _paragraph_heads(lines)
    labels = Counter(line.text for line in lines if line.emphasised)
    parts: list[str] = []
    blocks: list[Block] = []
    runs: list[Run] = []
    offset = 0
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else None
        parts.append(line.text)
        for start, end, role, level in _blocks_of(
            line, following, heads.get(index), repeated=labels[line.text] > 1
        ):
            blocks.append(Block(offset + start, offset + end, role, level))
        for start, source, length in line.runs:
            _append_run(runs, (offset + start, source, length))
        offset += len(line.text) + 1
    return "\n".join(parts), tuple(blocks), tuple(runs)


def _append_run(runs: list[Run], run: Run) -> None:
    """Add `run`, joined to the one before where both go on alike."""
    if runs:
        start, source, length = runs[-1]
        if (start + length, source + length) == run[:2]:
            if length and run[2]:
                runs[-1] = (start, source, length + run[2])
                return
            if not length:
                runs.pop()
    runs.append(run)


_LABELLED = re.compile(r"(?P<head>[A-Z][^.:;!?–—|\n]{1,45}?)(?P<mark>\.|\s*:)\s+(?=[A-Z0-9“\"‘'(])")
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|will|would|can|could|i|we|you|it|they|he|she"
    r"|there|this|that|dr|mr|mrs|ms|st|no|yes|note|q|a|\w+n['’]t)\b",
    re.IGNORECASE,
)
_MAX_LABEL_WORDS = 4
_LABELLED_ROLES = ("paragraph", "item")


def _paragraph_heads(lines: list[Line]) -> dict[int, tuple[int, int]]:
    """Run-in heads of unmarked paragraphs, as in "Storage. Our account …", by line index.

    One such paragraph proves nothing: three in a row ("." after the head) or two (":") do, unless
    a head comes back, as the names in an interview do.
    """
    found: dict[int, re.Match[str]] = {}
    for index, line in enumerate(lines):
        match = (
            None if line.lead or line.role not in _LABELLED_ROLES else _LABELLED.match(line.text)
        )
        words = match["head"].split() if match else []
        if match and len(words) <= _MAX_LABEL_WORDS and not _CLAUSE.search(match["head"]):
            found[index] = match
    said = [match["head"] for match in found.values()]
    heads: dict[int, tuple[int, int]] = {}
    for index, match in found.items():
        near, item = 1, lines[index].role == "item"
        for step in (-1, 1):
            at = index + step
            while at in found and (item or found[at]["mark"] == match["mark"]):
                near, at = near + 1, at + step
        if near >= (3 if match["mark"] == "." else 2) and said.count(match["head"]) == 1:
            heads[index] = (match.end("head"), match.end())
    return heads


def _blocks_of(
    line: Line, following: Line | None, labelled: tuple[int, int] | None, *, repeated: bool
) -> list[tuple[int, int, BlockRole, int]]:
    """Return the blocks of one line: itself, or a run-in head and the rest."""
    size = len(line.text)
    if line.role in ("heading", "row"):
        return [(0, size, line.role, line.level)]
    if line.emphasised and _is_label(line.text) and not repeated:
        if line.role == "item" and following is not None and following.depth >= line.depth:
            deeper = following.depth > line.depth or following.role == "paragraph"
            if deeper:
                return [(0, size, "heading", RUN_IN)]
        if line.role == "paragraph" and line.depth == 0 and following is not None:
            return [(0, size, "heading", 6)]
    head, rest = labelled or _run_in(line)
    if rest:
        return [(0, head, "heading", RUN_IN), (rest, size, line.role, line.level)]
    return [(0, size, line.role, line.level)]


def _is_label(text: str) -> bool:
    words = len(text.split())
    if text.endswith("?"):
        return words <= _MAX_QUESTION_WORDS
    return words <= _MAX_HEAD_WORDS and not text.endswith((".", ",", ";", "!"))


def _run_in(line: Line) -> tuple[int, int]:
    """Where a run-in head ends and the rest begins; (0, 0) where there is none."""
    text = line.text
    if 0 < line.lead < len(text):
        head = text[: line.lead].rstrip()
        after = _AFTER_HEAD.match(text, len(head))
        marked = bool(_HEAD_END.search(head)) or bool(after and after.group().strip())
        if after and marked and len(head.split()) <= _MAX_HEAD_WORDS:
            bare = re.sub(r"\s*(?:[.:…]|[–—-])$", "", head)
            if bare and after.end() < len(text):
                return len(bare), after.end()
        return 0, 0
    if line.role != "item":
        return 0, 0
    match = _PLAIN_HEAD.match(text)
    if match and _reads_as_head(match["head"]):
        return match.end("head"), match.end()
    return 0, 0


def _reads_as_head(head: str) -> bool:
    """Tell whether it is a few words, or more and each capitalised as in a title."""
    words = head.split()
    if len(words) <= 4:
        return True
    return len(words) <= 8 and all(
        w.lower() in _SMALL or w[0].isupper() or not w[0].isalpha() for w in words
    )
