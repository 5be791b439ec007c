"""The way from a reader's input back to the decoded file, where the two differ."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

_ESCAPE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*|.)", re.DOTALL
)
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s*")
_BLOCK_HEADER = re.compile(r"[|>][^\n]*\n")

Segment = tuple[int, int, int, int]
"""(offset in the input, length there, offset in the file, length there); alike if both equal."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the input of a reader comes from: all of it at `base`, or segment by segment."""

    base: int = 0
    segments: tuple[Segment, ...] | None = None

    def within(self, offset: int) -> "Origin":
        """Return the origin of the part of the input that begins at `offset`."""
        return Origin(self.base + offset, self.segments)

    def pieces(
        self, text: str, start: int, end: int, alike: bool = True
    ) -> Iterator[tuple[str, int, int]]:
        """Parts of `text`, read from input `start` to `end`, each with its span in the file.

        A part stands alike in the file where its span is as long as itself. `alike` says whether
        the input at `start` to `end` reads as `text`; else it is kept whole.
        """
        start, end = start + self.base, end + self.base
        if self.segments is None:
            if alike or end - start != len(text):
                yield text, start, end
            else:
                yield text, start, end + 1
            return
        if not alike:
            yield text, self._file(start), max(self._file(end), self._file(start))
            return
        done = start
        at = max(bisect_right(self.segments, start, key=itemgetter(0)) - 1, 0)
        while at < len(self.segments) and self.segments[at][0] < end:
            seg_start, length, file_start, file_length = self.segments[at]
            at += 1
            left, right = max(seg_start, start), min(seg_start + length, end)
            if left >= right:
                continue
            if left > done:
                yield text[done - start : left - start], file_start, file_start
            if length == file_length:
                shift = file_start - seg_start
                yield text[left - start : right - start], left + shift, right + shift
            else:
                yield text[left - start : right - start], file_start, file_start + file_length
            done = right
        if done < end:
            last = self._file(end)
            yield text[done - start :], last, last

    def _file(self, offset: int) -> int:
        assert self.segments is not None
        at = bisect_right(self.segments, offset, key=itemgetter(0)) - 1
        if at < 0:
            return self.segments[0][2] if self.segments else 0
        seg_start, length, file_start, file_length = self.segments[at]
        if offset - seg_start >= length or length != file_length:
            return file_start + (file_length if offset > seg_start else 0)
        return file_start + offset - seg_start


def scalar_origin(value: str, source: str, start: int, end: int) -> Origin:
    """Origin of a YAML scalar's `value` that stands at `start` to `end` of the file `source`."""
    mark = source[start : start + 1]
    if mark in ("'", '"'):
        segments = _quoted(value, source, start + 1, end, double=mark == '"')
    else:
        header = _BLOCK_HEADER.match(source, start)
        segments = _unquoted(value, source, header.end() if header else start, end)
    return Origin(0, tuple(segments))


def _unquoted(value: str, source: str, at: int, end: int) -> Iterator[Segment]:
    """Words follow each other in both; only the white space between them is folded."""
    for match in _WORD.finditer(value):
        word = match.group()
        space = _SPACE.match(source, at)
        at = space.end() if space else at
        if not source.startswith(word, at):
            at = source.find(word, at, end)
            if at < 0:
                return
        yield match.start(), len(word), at, len(word)
        at += len(word)


def _quoted(value: str, source: str, at: int, end: int, *, double: bool) -> Iterator[Segment]:
    """As YAML's quoted styles write it, with escapes; alike stretches are joined."""
    run: list[int] | None = None
    index = 0
    while index < len(value) and at < end:
        char = value[index]
        escape = _ESCAPE.match(source, at) if double and source[at] == "\\" else None
        if escape and escape.group()[1] in "\r\n":
            at = escape.end()
            continue
        if escape or (not double and source.startswith("''", at)):
            if run:
                yield run[0], run[2], run[1], run[2]
                run = None
            width = escape.end() - at if escape else 2
            yield index, 1, at, width
            index, at = index + 1, at + width
        elif source[at] == char:
            if run and run[0] + run[2] == index and run[1] + run[2] == at:
                run[2] += 1
            else:
                if run:
                    yield run[0], run[2], run[1], run[2]
                run = [index, at, 1]
            index, at = index + 1, at + 1
        elif source[at].isspace():
            at += 1
        else:
            index += 1
    if run:
        yield run[0], run[2], run[1], run[2]
