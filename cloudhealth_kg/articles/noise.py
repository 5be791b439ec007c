"""Which lines are a site's furniture and not the article's own."""

import re
from collections.abc import Iterable

from cloudhealth_kg.articles.dates import DATE, iso_date
from cloudhealth_kg.articles.furniture import (
    AFFILIATIONS,
    BIO_VERB,
    BY,
    CALL,
    CRUMBS,
    DATED,
    EARLY_SECTION,
    LABEL,
    LEGAL,
    MAIL,
    NAME,
    NAMED,
    NUMERAL,
    PEOPLE,
    PHRASE,
    SECTION,
    SEGMENT,
    SEPARATOR,
    STRONG_SEGMENT,
    VOTES,
    WEAK_LABEL,
)
from cloudhealth_kg.articles.lines import Line

_LONG = 25
"""Words of a paragraph that is surely the article's own."""

_SEGMENT_WORDS = 9
_MAX_FURNITURE = 800
_MAX_WORDS = 60


def without_noise(lines: Iterable[Line], *, author: str = "", plain: bool = False) -> list[Line]:
    """Return the lines that are the article's own.

    `author` helps to know the note about the author; `plain` says that the text has no headings
    that could end a comment section.
    """
    lines = list(lines)
    long = [i for i, line in enumerate(lines) if len(line.text.split()) >= _LONG]
    first, last = (long[0], long[-1]) if long else (len(lines), -1)
    kept = _outside_sections(lines, plain)
    names = _author_names(author, lines[: first + 4])
    result = []
    rule = max((i for i, line in enumerate(lines) if line.ruled), default=len(lines))
    tail = _short_tail(lines, rule)
    notes = [
        name
        for name in names
        if any(ln.text.startswith(name + " ") and BIO_VERB.search(ln.text) for ln in lines[-8:])
    ]
    for index, line in enumerate(lines):
        if index not in kept:
            continue
        edge = index < first or index > last
        if _is_furniture(line, edge=edge) or (index < first + 4 and _is_byline(line, notes)):
            continue
        near_end = index >= len(lines) - 8 and index > 0
        if near_end and _is_note(line, names, after_rule=index >= rule, in_tail=index in tail):
            continue
        result.append(line)
    return result or lines


def _outside_sections(lines: list[Line], plain: bool) -> frozenset[int]:
    """Indexes of lines outside of sections such as comments, related articles and references."""
    kept: list[int] = []
    words = sum(len(line.text.split()) for line in lines)
    seen = closed_by = 0
    for index, line in enumerate(lines):
        seen += len(line.text.split())
        late = seen > 0.4 * words
        if closed_by:
            if plain or line.role != "heading" or line.level > closed_by:
                continue
            closed_by = 0
        titled = line.role == "heading" or line.emphasised or (plain and line.role == "paragraph")
        if titled and len(line.text) < 80 and SECTION.fullmatch(line.text):
            if late or (EARLY_SECTION.fullmatch(line.text) and not plain):
                closed_by = line.level if line.role == "heading" else 6
                continue
            if EARLY_SECTION.fullmatch(line.text):
                continue
        kept.append(index)
    return frozenset(kept)


def _is_furniture(line: Line, *, edge: bool) -> bool:
    """Tell whether a line says of itself that it is furniture; `edge`: before or after the text."""
    text = line.text
    words = len(text.split())
    if line.role == "row" or len(text) > _MAX_FURNITURE:
        return False
    if words <= _MAX_WORDS and PHRASE.search(text):
        return True
    if line.role == "heading":
        counted = words <= 12 and SEGMENT.fullmatch(text) and STRONG_SEGMENT.fullmatch(text)
        return bool(counted or VOTES.match(text))
    labelled = line.role == "paragraph" and _is_labelled(text, words)
    if labelled or CRUMBS.fullmatch(text) or VOTES.match(text):
        return True
    return _is_strip(line, edge=edge)


def _is_strip(line: Line, *, edge: bool) -> bool:
    """Tell whether a line is a strip of links, counts, dates or names, such as "Print | Share"."""
    text = line.text
    words = len(text.split())
    segments = [s for s in SEPARATOR.split(text.strip("*_ |·•")) if s.strip()]
    if not segments:
        return not any(c.isalnum() for c in text)
    inside = line.role == "item" and (len(segments) < 2 or not edge) and line.link_share < 0.8
    if inside or any(len(s.split()) > _SEGMENT_WORDS for s in segments):
        return False
    known = sum(1 for s in segments if _is_known(s.strip(" .:;,()[]*_")))
    paragraph = line.role == "paragraph"
    if len(segments) > 1:
        dated = edge and paragraph and any(DATED.search(s) for s in segments)
        linked = paragraph and line.link_share > 0.6 and words <= 40
        return dated or linked or known >= 0.5 * len(segments)
    if known and (STRONG_SEGMENT.fullmatch(text) or line.linked or line.emphasised):
        return edge or bool(re.search(r"\d", text)) or line.link_share > 0.8
    return line.link_share > 0.85 and words <= 12 and (edge or paragraph)


def _is_labelled(text: str, words: int) -> bool:
    return bool(
        (words <= _MAX_WORDS and LABEL.match(text)) or (words < _LONG and WEAK_LABEL.match(text))
    )


def _is_known(segment: str) -> bool:
    return bool(SEGMENT.fullmatch(segment) or BY.fullmatch(segment))


def _is_byline(line: Line, names: list[str]) -> bool:
    """Tell whether a line holds nothing but the names of people and where they work."""
    text = line.text
    if line.role == "row" or len(text) > 400:
        return False
    if BY.fullmatch(text):
        return True
    if line.role == "heading":
        return False
    several = line.emphasised or re.search(r"[,;&\d¹²³]|\band\b", text)
    people = several and PEOPLE.fullmatch(text) and not NUMERAL.match(text)
    return bool(people or AFFILIATIONS.match(text) or text in names)


def _is_note(line: Line, names: list[str], *, after_rule: bool, in_tail: bool) -> bool:
    """Tell whether it is a note on the author, a call to act or a legal line at the end."""
    text = line.text
    if line.role not in ("paragraph", "item") or len(text) > _MAX_FURNITURE:
        return False
    if len(text.split()) > _MAX_WORDS:
        return False
    about_author = any(text.startswith(name) for name in names) and BIO_VERB.search(text)
    if about_author or line.role == "item":
        return bool(about_author)
    called = line.emphasised and (after_rule or "©" in text or CALL.search(text))
    marked = line.linked or MAIL.search(text) or re.search(r"[·|©]", text)
    return bool(called or LEGAL.match(text) or (in_tail and marked))


def _short_tail(lines: list[Line], rule: int) -> frozenset[int]:
    """Indexes of the few short lines after the last thematic break."""
    rest = range(rule, len(lines))
    sizes = [len(lines[i].text.split()) for i in rest]
    if rule < 0.6 * len(lines) or sum(sizes) > 120 or max(sizes, default=0) > 60:
        return frozenset()
    return frozenset(rest)


def _author_names(author: str, head: list[Line]) -> list[str]:
    """Names by which a note about the author may begin."""
    names = re.split(r",\s*|\s+and\s+|;\s*", author)
    for line in head:
        if len(line.text) > 200:
            continue
        by = NAMED.match(line.text)
        if by and len(line.text.split()) < 20 and line.role != "heading":
            names += [name for name in by.groups() if name]
    return [name.strip() for name in names if len(name.split()) > 1]


def read_byline(lines: Iterable[Line]) -> tuple[str, str]:
    """Return author and ISO date, as the lines above the first long paragraph tell them."""
    author = published = ""
    for line in lines:
        text = line.text
        if len(text.split()) >= _LONG or len(text) > 300:
            break
        if line.role == "heading":
            continue
        by = re.search(rf"(?:^|\W)[Bb](?:y|Y):?\s+({NAME}(?:\s+and\s+{NAME})?)", text)
        if by and not author:
            author = by[1]
        if not published and re.search(rf"\b{DATE}", text, re.IGNORECASE):
            published = iso_date(text)
    return author, published
