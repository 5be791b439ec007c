"""Which lines are a site's furniture and not the article: bylines, shares, counts, calls, comments."""

import re
from collections.abc import Iterable

from cloudhealth_kg.articles.dates import DATE, iso_date
from cloudhealth_kg.articles.lines import Line

_LONG = 25
"""Words of a paragraph that is surely the article's own."""

_SEPARATOR = re.compile(r"\s*[|·•›»¦‹«]\s*|\s+[/>]\s+|\s+-\s+(?=[A-Z])|\s{2,}")
_COUNT = r"(?:views?|reads?|likes?|shares?|comments?|repl(?:y|ies)|reactions?|responses?|claps?|votes?|upvotes?|retweets?|followers?|downloads?|citations?|answers?|pages?|min(?:ute)?s?(?:\s+(?:read|listen|watch))?)"
_SHARE = r"(?:facebook|twitter|x|linkedin|whatsapp|reddit|rss|mastodon|bluesky|telegram|pinterest|instagram|youtube|e-?mail|sms|messenger|threads|slack|flipboard|pocket)"
_SEGMENT = re.compile(
    rf"""(?:
      (?:\W*(?:originally\s+)?(?:first\s+)?(?:posted|published|updated|released|received|accepted|reviewed|modified|created|date)?
         (?:\s+(?:online|on|at|in|last))*:?\s*)?(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?{DATE}
         (?:,?\s*(?:at\s+)?\d\d?[:.]\d\d(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{{2,4}})?)?(?:\s+by\s+.{{2,60}})?
    | last\s+(?:updated|reviewed|modified|edited)\b.{{0,40}}
    | [▲▼⬆👍👎❤️♥★☆+\s-]*[\d.,]*\d\s*[km]?\+?(?:\s+{_COUNT})?(?:\s+ago)?
    | \D{{0,3}}[a-z]{{0,20}}\s*[\d.,]*\d[km]?\+?\s+(?:views?|reads|shares|likes|comments|claps)
    | {_COUNT}\s*[:(]?\s*[\d.,]+[km]?\)?
    | viewed\s+[\d.,]+\s+times? | altmetric.{{0,12}} | reading\s+time.{{0,20}}
    | (?:share|tweet|pin|save|print|like|follow|e-?mail|send|post)(?:\s+(?:this|it|us|on|to|via|the|page|article|story|report|as|pdf|for|later|{_SHARE})){{0,5}}:?
    | (?:share\s+(?:this|on|via)?\s*:?\s*)?{_SHARE} | copy\s+link | bookmark | listen | play | ▶.{{0,12}} | spotify | apple(?:\s+podcasts)?
    | print\s+certificate | rate\s+this.{{0,30}} | print\s+this\s+page | this\s+page
    | sign\s*(?:in|up|out).{{0,30}} | log\s*(?:in|out|on)(?:\s+.{{0,40}})? | register.{{0,30}} | subscribe.{{0,30}} | join\s+now
    | report(?:\s+(?:this|abuse|post))? | cite(?:\s+this.{{0,20}})? | permissions | export\s+.{{0,30}} | download(?:\s+.{{0,40}})? | (?:full\s+)?pdf(?:\s*\(.*\))? | resume\s+later
    | home | home\s*page | menu | search | blog | back\s+to\s+.{{0,20}} | skip\s+to\s+.{{0,30}} | previous | next | index | top
    | (?:accept|reject|allow|manage|decline)(?:\s+(?:all|cookies|preferences|settings)){{0,2}} | cookies?(?:\s+(?:settings|policy|preferences|notice))?
    | privacy\s+(?:policy|notice|statement) | notice\s+of\s+privacy\s+practices | terms(?:\s+(?:of|and|&)\s+\w+)? | contact(?:\s+(?:us|the\s+authors?))? | about(?:\s+(?:us|me))? | careers | accessibility | imprint | advertise.{{0,20}} | newsletters? | sitemap | nondiscrimination
    | \#\w+(?:\s+\#\w+)* | open\s+access | gift\s+this\s+article | was\s+this.{{0,30}}\? | yes | no | name | website | tags?:.* | keywords?:.* | filed\s+under.* | categor(?:y|ies):.* | sponsors?:.*
    | (?:©|\(c\)|copyright\b).* | all\s+rights\s+reserved\.? | doi:?\s*\S+ | issn.* | vol(?:ume|\.)\s*\d+.* | issue\s+\S+ | pages?\s+[\divx–-]+(?:\s+of\s+\d+)? | version\s+[\d.]+.{{0,20}} | policy\s+brief\s+no.{{0,8}}
    | buy\s+me\s+a\s+coffee | back\s+to\s+top | español | français | deutsch | kiswahili | hmoob | editorial | opinion | staff\s+writer
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_STRONG_SEGMENT = re.compile(
    rf"(?:.*\b{DATE}.*|.*\d+\s+{_COUNT}.*|(?:share|tweet|print|pin\s+it)\b.*|©.*|\(c\).*|.*views?\s+[\d,.]+.*"
    r"|staff\s+writer|for\s+immediate\s+release|(?:this\s+)?advertisement)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"""(?:tags?|keywords?|filed\s+under|categor(?:y|ies)|related(?:\s+\w+){{0,3}}|(?:you\s+)?(?:may|might)\s+also\s+(?:like|enjoy|be\s+interested\s+in)
      |read\s+(?:next|more|also)|also\s+(?:in\s+this\s+issue|read|see)|more\s+(?:from|on|opinion|investigations|stories|news|articles|reading)(?:\s+[\w']+){{0,4}}
      |trending(?:\s+now)?|popular|recommended(?:\s+\w+){{0,2}}|previously(?:\s+on\s+this\s+blog)?|up\s+next|next\s+(?:post|week|issue|up|story|article|episode|talk)|past\s+issues|similar\s+(?:articles|threads|stories|posts)
      |share(?:\s+this(?:\s+\w+)?)?|like\s+this|follow\s+us|about\s+the\s+authors?|photo(?:graph)?s?(?:\s+by)?|image|picture|photo\s+credit|got\s+a\s+tip|media\s+contact|correspondence(?:\s+to)?|reprints?(?:\s+and\s+permissions)?
      |sponsored(?:\s+(?:by|content|post))?|advertisement|sponsors?|advertorial|change\s*log|disclaimer|transcript|suggested\s+citation|how\s+to\s+cite|cite\s+(?:this|as)(?:\s+\w+)?)\s*[:|–—]""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_LEGAL = re.compile(
    r"(?:conflicts?\s+of\s+interests?|competing\s+interests?|(?:financial\s+)?disclosures?|funding|acknowledge?ments?|distribution|enclosures?|appendix\s+\w+|references?\s+\d|disclaimer|correspondence|photographs?\s+by)\b(?:\s+\w+)?\s*(?:[:–—]|\d)",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"""\b(?:we|this\s+(?:web)?site|our\s+(?:web)?site)\b.{0,40}\buses?\s+(?:\w+\s+)?cookies|we\s+value\s+your\s+privacy|\bour\s+\d+\s+partners
      |your\s+e-?mail\s+address\s+will\s+not\s+be\s+published|required\s+fields\s+are\s+marked|leave\s+a\s+(?:reply|comment)\b
      |notify\s+me\s+of\s+(?:new|follow)|sign\s+up\s+for\s+.{0,40}(?:newsletter|alerts?|updates)|\bsubscribe\s+(?:today|now|to\s+our)\b|support\s+(?:local|independent|our)\s+journalism
      |\ball\s+rights\s+reserved\b|\bbrought\s+to\s+you\s+by\b|\buse\s+(?:the\s+)?code\s+[A-Z]{3,}|^\W*advertisement\W*$|^\W*for\s+immediate\s+release\W*$
      |was\s+this\s+(?:(?:page|article|post|answer|story)\s+)?(?:helpful|useful)|(?:log|sign)\s+in\s+(?:or\s+register\s+)?to\s+(?:vote|comment|join|reply|read)|closed\s+to\s+new\s+replies|comments\s+are\s+(?:closed|off)
      |\bjoin\s+[\d,.]+k?\+?\s+(?:members|readers|subscribers|others|people)|\b(?:is|are)\s+not\s+(?:legal|financial|medical|investment)\s+advice|nothing\s+here\s+is\s+(?:medical|legal)\s+advice|not\s+legal\s+advice\.?$
      |like\s+what\s+you\s+read|follow\s+us\s+on|leave\s+us\s+(?:a\s+review|five\s+stars)|\bbecome\s+a\s+patron|\bviews\s+are\s+(?:ours|mine|my\s+own|those\s+of\s+the\s+author)|print\s+certificate|^\W*loading\W*$
      |\bview\s+in\s+(?:your\s+)?browser\b|\bunsubscribe\b|^\W*\#{3}\W*$|^\W*-?\s*(?:end|ends|30)\s*-?\W*$|^\{[%{:].*[%}]?\}$|^(?:\W*(?:<<[^<>]*>>|\{\{[^{}]*\}\})\W*)+$|^--\s\D{0,200}\||^\[toc\]$|attorney\s+advertising|table\s+of\s+contents$""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_SECTION = re.compile(
    r"""\W*(?:leave\s+a\s+(?:reply|comment)|(?:\d+\s+)?(?:reader\s+)?comments?(?:\s*\(\d+\))?|\d+\s+(?:responses|replies|thoughts\s+on\b.*|reactions)|responses\s*\(\d+\).*|join\s+the\s+(?:discussion|conversation)|post\s+a\s+comment
      |related(?:\s+(?:posts?|articles?|stories|reading|content|links|insights|news|topics))?|similar\s+(?:articles|stories|posts)|you\s+(?:may|might)\s+also\s+(?:like|enjoy).*|more\s+from\s+.{1,40}|more\s+(?:stories|articles|news)
      |recommended(?:\s+for\s+you|\s+reading)?|most\s+(?:read|popular|viewed)|popular\s+(?:posts|articles|stories|this\s+week)|trending(?:\s+now)?|about\s+the\s+authors?|author\s+bio|share\s+this(?:\s+.{0,20})?|follow\s+us
      |newsletter|subscribe(?:\s+.{0,40})?|stay\s+(?:informed|connected|in\s+touch)|tags|categories|read\s+next|post\s+navigation|references|bibliography|works\s+cited|further\s+reading|external\s+links|table\s+of\s+contents|contents|in\s+this\s+article|on\s+this\s+page)\W*""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_EARLY_SECTION = re.compile(r"\W*(?:table\s+of\s+contents|contents|in\s+this\s+article|on\s+this\s+page|share\s+this.*)\W*", re.IGNORECASE)
_CALL = re.compile(
    r"""\b(?:contact\s+us|talk\s+to\s+(?:our|us)|book\s+a\s+demo|get\s+a\s+(?:quote|demo)|get\s+in\s+touch|learn\s+more|find\s+out\s+more|download|register|subscribe|sign\s+up|we(?:'|’)?(?:\s+a)?re\s+hiring|hiring
      |next\s+(?:post|story|issue|week)|read\s+next|up\s+next|write\s+for\s+us|call\s+(?:us|or\s+text|the)|general\s+information|disclaimer|issn|funded\s+by|change\s*log|would\s+you\s+like|free\s+trial|supported\s+by|sponsored|paid\s+for\s+by
      |written\s+by|is\s+an?\s+|are\s+not\s+)""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_BIO_VERB = re.compile(
    r"\b(?:is|was|are|writes|covers|reports|has\s+(?:worked|written|spent|been)|spent|works|leads|lives|serves|specializes|specialises|keeps)\b"
)
_MAIL = re.compile(r"\S+@\S+\.\w+")
_SEGMENT_WORDS = 9
_MAX_FURNITURE = 800
_NAME = r"(?!The\b|An?\b)(?:(?:[A-Z][\w.'’-]+|[A-Z]\.|van|von|de|der|al)\s+){1,3}[A-Z][\w'’-]+"
_BY_WORD = r"(?:[A-Z][\w.'’-]*|and|&|van|von|de|der|al|for|the|of|in)"
_BY = re.compile(
    r"(?:(?:[Ww]ritten|[Pp]osted|[Ss]tory|[Tt]ext|[Ii]nterview)\s+)?(?:[Bb]y|BY):?\s+"
    rf"{_BY_WORD}(?:[,;]?\s+{_BY_WORD}){{0,11}}[.,]?"
)
_CREDENTIAL = r"(?:MD|PhD|RN|MPH|MBBS|MSN?|MSc|DO|MBA|JD|BSN|PharmD|FACP|CISSP|DrPH|Esq\.?)"
_PERSON = rf"(?:(?:Dr|Prof|Mr|Ms)\.?\s+)?(?:(?:[A-Z]\.[ -]?)+(?:(?:van|von|de|der)\s+)?[A-Z][\w'’-]+|{_NAME}(?=\s*(?:,\s*{_CREDENTIAL}|\(\d)))"
_PEOPLE = re.compile(
    rf"{_PERSON}(?:\s*,\s*{_CREDENTIAL})*(?:\s*\(\d[\d,]*\)|\d)?"
    rf"(?:\s*(?:[,;&]|\band\b)+\s*{_PERSON}(?:\s*,\s*{_CREDENTIAL})*(?:\s*\(\d[\d,]*\)|\d)?)*\.?"
)
_AFFILIATIONS = re.compile(r"\(?1\)?\s[A-Z].{3,80}?[·;]\s*\(?2\)?\s[A-Z]")
_CRUMBS = re.compile(
    r"(?:[^›»‹«>|]{1,45}(?:\s*[›»‹«]\s*)){1,8}[^›»‹«>]{1,60}|(?:[^›»‹«>|]{1,45}\s>\s){2,8}[^>]{1,60}"
)
_VOTES = re.compile(r"[▲▼⬆⬇👍👎]\s*[-+−]?\d")
_DATED = re.compile(rf"\b{DATE}", re.IGNORECASE)


def without_noise(lines: Iterable[Line], *, author: str = "", plain: bool = False) -> list[Line]:
    """The lines that are the article's own.

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
    notes = [name for name in names if any(ln.text.startswith(name) for ln in lines[-8:])]
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
        if titled and len(line.text) < 80 and _SECTION.fullmatch(line.text):
            if late or (_EARLY_SECTION.fullmatch(line.text) and not plain):
                closed_by = line.level if line.role == "heading" else 6
                continue
            if _EARLY_SECTION.fullmatch(line.text):
                continue
        kept.append(index)
    return frozenset(kept)


def _is_furniture(line: Line, *, edge: bool) -> bool:
    text = line.text
    if line.role == "row":
        return False
    words = len(text.split())
    if len(text) > _MAX_FURNITURE:
        return False
    if words <= 60 and _PHRASE.search(text):
        return True
    if line.role == "paragraph" and words <= 60 and _LABEL.match(text):
        return True
    if line.role == "heading":
        return bool(_VOTES.match(text) or (words <= 12 and _SEGMENT.fullmatch(text) and _STRONG_SEGMENT.fullmatch(text)))
    if _CRUMBS.fullmatch(text) or _VOTES.match(text):
        return True
    segments = [s for s in _SEPARATOR.split(text.strip("*_ |·•")) if s.strip()]
    if not segments:
        return not any(c.isalnum() for c in text)
    if line.role == "item" and (len(segments) < 2 or not edge) and line.link_share < 0.8:
        return False
    if any(len(s.split()) > _SEGMENT_WORDS for s in segments):
        return False
    known = sum(1 for s in segments if _is_known(s.strip(" .:;,()[]*_")))
    if len(segments) > 1:
        if edge and line.role == "paragraph" and any(_DATED.search(s) for s in segments):
            return True
        if known >= 0.5 * len(segments):
            return True
        return line.link_share > 0.6 and words <= 40 and line.role == "paragraph"
    if known and (_STRONG_SEGMENT.fullmatch(text) or line.linked or line.emphasised):
        return edge or bool(re.search(r"\d", text)) or line.link_share > 0.8
    return line.link_share > 0.85 and words <= 12 and (edge or line.role == "paragraph")


def _is_known(segment: str) -> bool:
    return bool(_SEGMENT.fullmatch(segment) or _BY.fullmatch(segment))


def _is_byline(line: Line, names: list[str]) -> bool:
    """True for a line that holds nothing but the names of people and where they work."""
    text = line.text
    if line.role == "row" or len(text) > 400:
        return False
    if _BY.fullmatch(text) or _PEOPLE.fullmatch(text) or _AFFILIATIONS.match(text):
        return True
    return line.role != "heading" and text in names


def _is_note(line: Line, names: list[str], *, after_rule: bool, in_tail: bool) -> bool:
    """True for a note about the author, a call to act or a legal line after the article's end."""
    text = line.text
    if line.role not in ("paragraph", "item") or len(text) > _MAX_FURNITURE:
        return False
    if len(text.split()) > 60:
        return False
    if any(text.startswith(name) for name in names) and _BIO_VERB.search(text):
        return True
    if line.role == "item":
        return False
    if line.emphasised and (after_rule or "©" in text or _CALL.search(text)):
        return True
    if _LEGAL.match(text):
        return True
    return in_tail and (
        line.linked > 0 or bool(_MAIL.search(text)) or bool(re.search(r"[·|©]", text))
    )


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
        by = re.match(rf"(?:.*?\b[Bb][Yy]\s+)?({_NAME})(?:\s+and\s+({_NAME}))?(?:\s*[|·,].*)?$", line.text)
        if by and len(line.text.split()) < 20 and line.role != "heading":
            names += [name for name in by.groups() if name]
    return [name.strip() for name in names if len(name.split()) > 1]


def read_byline(lines: Iterable[Line]) -> tuple[str, str]:
    """Author and ISO date, as the lines above the article's first long paragraph tell them."""
    author = published = ""
    for line in lines:
        text = line.text
        if len(text.split()) >= _LONG or len(text) > 300:
            break
        if line.role == "heading":
            continue
        by = re.search(rf"(?:^|\W)[Bb](?:y|Y):?\s+({_NAME}(?:\s+and\s+{_NAME})?)", text)
        if by and not author:
            author = by[1]
        if not published and re.search(rf"\b{DATE}", text, re.IGNORECASE):
            published = iso_date(text)
    return author, published
