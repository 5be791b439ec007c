"""Plain text to lines: headings that lost their markup, bullets, numbered items, wrapped lines."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from html import unescape
from itertools import pairwise

from cloudhealth_kg.articles.lines import Line, LineBuilder
from cloudhealth_kg.articles.origin import Origin
from cloudhealth_kg.model import BlockRole

_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_ITEM = re.compile(
    r"(?P<indent>[ \t\xa0]*)"
    r"(?:[•▪◦‣●■○∙·*+–—-]|\(?\d{1,3}[.)]|\(?[a-z][.)](?=\s)|\(?[A-Z]\)|[oO](?=\t))"
    r"(?:[ \t\xa0]+|(?<=[•▪◦‣●■○]))(?=\S)"
)
_RULE = re.compile(r"\s*(?:[-*_=~#•]\s*){3,}$")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BYLINE = re.compile(r"(?:by|from|dear|sincerely|photo|to|cc|re|subject)\b[ :]", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-Z][\w.'’-]+,?\s+){1,3}[A-Z][\w.'’-]+$")
_SPEAKER = re.compile(r"[A-Z][^:]{0,40}:\s")
_STARTS = re.compile(r"[^\W_a-z]|[“\"'‘¿]")
_MAX_HEADING = 110
_HEADING_WORDS = 18
_LEAD_IN_WORDS = 5
_ITEM_HEAD_WORDS = 8
_TITLE_WORDS = 4
_LONG = 25
_MAX_WIDTH = 120


@dataclass(frozen=True, slots=True)
class _Raw:
    """One line of the file with its offset, and how many blank lines stand above it."""

    text: str
    start: int
    blanks: int
    ruled: bool = False


def read_plain(text: str, origin: Origin) -> list[Line]:
    """Return the lines of a plain text, not yet told which are headings (see `with_headings`)."""
    raws = _raw_lines(text)
    width = _wrap_width(raws)
    groups: list[list[_Raw]] = []
    for index, raw in enumerate(raws):
        if index and _continues(raws[index - 1], raw, width):
            groups[-1].append(raw)
        else:
            groups.append([raw])
    lines: list[Line] = []
    indents: list[int] = []
    for position, group in enumerate(groups):
        after = groups[position + 1][0] if position + 1 < len(groups) else None
        above = group[0].blanks > 0 or position == 0
        below = (
            after is None
            or after.blanks > 0
            or bool(_ITEM.match(after.text))
            or _heads(group[-1].text, after.text)
        )
        line = _line_of(group, origin, indents)
        if line:
            lines.append(replace(line, apart=above and below and len(group) <= 2))
    return lines


def _heads(text: str, below: str) -> bool:
    """Tell whether `text` may head the sentences of the line below, no blank line between."""
    return len(below) > len(text) + 20 and below.rstrip()[-1] in '.:!?"”'


def _raw_lines(text: str) -> list[_Raw]:
    raws: list[_Raw] = []
    end = 0
    ruled = False
    for match in _LINE.finditer(text):
        line = match.group()
        if not line.strip():
            continue
        blanks = len(_LINE_END.findall(text[end : match.start()])) - 1
        if _RULE.match(line):
            ruled = True
            continue
        raws.append(_Raw(line, match.start(), max(blanks, 1 if ruled else 0), ruled))
        ruled = False
        end = match.end()
    return raws


def _wrap_width(raws: list[_Raw]) -> int:
    """Return the width at which the text was wrapped by hand; 0 where it was not."""
    lengths = sorted(len(a.text.rstrip()) for a, b in pairwise(raws) if not b.blanks)
    longest = sorted(len(raw.text) for raw in raws)[-max(1, len(raws) // 20) :]
    if len(lengths) < 3 or longest[0] > _MAX_WIDTH * 1.5:
        return 0
    width = lengths[int(len(lengths) * 0.9)]
    return width if 40 <= width <= _MAX_WIDTH else 0


def _continues(above: _Raw, line: _Raw, width: int) -> bool:
    """Tell whether `line` goes on with the sentence of the line above it."""
    if line.blanks or _ITEM.match(line.text):
        return False
    before = above.text.rstrip()
    first = line.text.split(None, 1)[0]
    if len(before) > _MAX_WIDTH * 2:
        return False
    if width and len(before) + 1 + len(first) > width * 0.8:
        return True
    return len(before) >= 30 and first[0].islower() and before[-1] not in ".:!?"


def _line_of(group: list[_Raw], origin: Origin, indents: list[int]) -> Line | None:
    builder = LineBuilder()
    role: BlockRole = "paragraph"
    level = 0
    for index, raw in enumerate(group):
        line, start = raw.text, raw.start
        item = _ITEM.match(line) if index == 0 else None
        if item and not re.match(r"\s*[–—-]\s*\w+\s*$", line[item.start() :]):
            role, level = "item", _depth(len(item["indent"].expandtabs(4)), indents)
            start += item.end()
            line = line[item.end() :]
        if index:
            builder.add(" ", 0, 1)
        _add(builder, line, start, origin)
    if role != "item" and group[0].blanks:
        indents.clear()
    return builder.build(role, level, depth=level, ruled=group[0].ruled)


def _depth(indent: int, indents: list[int]) -> int:
    while indents and indent < indents[-1]:
        indents.pop()
    if not indents or indent > indents[-1] + 1:
        indents.append(indent)
    return len(indents)


def _add(builder: LineBuilder, line: str, start: int, origin: Origin) -> None:
    at = 0
    for match in _ENTITY.finditer(line):
        char = unescape(match.group())
        if char == match.group():
            continue
        _verbatim(builder, line[at : match.start()], start + at, origin)
        for piece, a, b in origin.pieces(char, start + match.start(), start + match.end(), False):
            builder.add(piece, a, b)
        at = match.end()
    _verbatim(builder, line[at:], start + at, origin)


def _verbatim(builder: LineBuilder, text: str, start: int, origin: Origin) -> None:
    for piece, a, b in origin.pieces(text, start, start + len(text)):
        builder.add(piece, a, b)


def with_headings(lines: list[Line]) -> list[Line]:
    """Give the short lines of a plain text that stand alone above others the role of headings.

    The first is the title (level 1); all others have level 2.
    """
    first_long = next((i for i, line in enumerate(lines) if len(line.text.split()) >= _LONG), 0)
    speakers = Counter(match[0] for line in lines if (match := _SPEAKER.match(line.text)))
    titled = False
    numbered = {at for at, line in enumerate(lines) if _heads_paragraph(lines, at)}
    if len(numbered) < 2:
        numbered = set()
    result: list[Line] = []
    for index, line in enumerate(lines):
        speaker = _SPEAKER.match(line.text)
        spoken = speaker is not None and speakers[speaker[0]] > 1
        if index in numbered:
            result.append(replace(line, role="heading", level=3))
        elif spoken or not _looks_like_heading(line, lines[index + 1 : index + 3]):
            result.append(line)
        elif not titled and index <= first_long:
            titled = True
            result.append(replace(line, role="heading", level=1))
        elif index < first_long and _NAME.match(line.text):
            result.append(line)
        else:
            result.append(replace(line, role="heading", level=2))
    if not titled:
        for index, line in enumerate(result[:first_long]):
            if len(line.text.split()) >= _TITLE_WORDS and line.text[-1] not in ".,;:":
                result[index] = replace(line, role="heading", level=1)
                break
    return result


def _heads_paragraph(lines: list[Line], at: int) -> bool:
    """Tell whether an item is the head of a longer paragraph below, as in numbered lists."""
    line = lines[at]
    below = lines[at + 1] if at + 1 < len(lines) else None
    return (
        line.role == "item"
        and below is not None
        and below.role == "paragraph"
        and line.text[-1] not in ".,;:!"
        and len(line.text.split()) <= _ITEM_HEAD_WORDS
        and _heads(line.text, below.text)
    )


def _looks_like_heading(line: Line, following: list[Line]) -> bool:
    text = line.text
    if not line.apart or line.role != "paragraph" or not following or len(text) > _MAX_HEADING:
        return False
    if text[-1] in '.,;!"”…' or not _STARTS.match(text):
        return False
    words = len(text.split())
    if words > (_LEAD_IN_WORDS if text.endswith(":") else _HEADING_WORDS):
        return False
    if _BYLINE.match(text) or "|" in text or "@" in text:
        return False
    longer = any(len(after.text) > len(text) + 20 for after in following)
    return longer or following[0].role == "item"
