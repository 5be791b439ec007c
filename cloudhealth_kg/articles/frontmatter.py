"""YAML front matter: metadata, and the field that may hold the article itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

import yaml

from cloudhealth_kg.articles.dates import iso_date
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.model import Metadata

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPEN = re.compile(r"\s*---[ \t]*(?:#[^\n]*)?\r?\n")
_BLANK = re.compile(r"\n[ \t]*\r?\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_KEY = re.compile(r"\s*(?:#[^\n]*\n\s*)*[A-Za-z_][\w .-]{0,60}:(?:\s|$)")
_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_HEADERS = re.compile(
    r"\s{0,20}(?P<headers>(?:[A-Z][A-Za-z _-]{1,24}:[ \t]+\S[^\n]{0,2000}\n){2,20})[ \t\r]*\n"
)
_TRUTH = frozenset(("true", "false", "yes", "no"))
MAX_DEPTH = 32
MAX_ALIASES = 100

_FIELDS: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline", "article_title", "name", "question"),
    "author": ("author", "authors", "byline", "creator", "by", "writer"),
    "published": (
        "published", "date", "pubdate", "publish_date", "published_at", "date_published",
        "datepublished", "issued", "created", "released",
    ),
    "source": (
        "source", "source_url", "canonical", "canonical_url", "url", "link", "permalink",
        "original_url",
    ),
    "publisher": (
        "publisher", "site", "site_name", "institution", "journal", "newspaper", "publication",
        "outlet", "organization", "organisation",
    ),
    "license": ("license", "licence", "rights", "copyright"),
    "language": ("language", "lang", "locale"),
}  # fmt: skip
BODY_FIELDS = (
    "body", "content", "answer", "text", "article", "article_body", "articlebody", "post",
)  # fmt: skip
"""Keys whose value may be the article, where no text follows the front matter."""
_OURS = ("title", "author", "authors", "published", "date", "source", "source_url", "publisher",
         "license", "licence", "language", "body", "content", "answer")  # fmt: skip
_KNOWN = frozenset([
    "schema", "_schema", "id", "slug", "tags", "tag", "keywords", "category", "categories",
    "summary", "description", "subtitle", "series", "type", "layout", "image", "images", "draft",
    "updated", "modified", "section", "subject", "score", "version", "reading_time", "comments",
    "seo", "file_name", "post_on_text", "date_format", "question", "languages", "countries",
]) | {key for keys in _FIELDS.values() for key in keys} | set(BODY_FIELDS)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stood between the `---` lines. Offsets point into the decoded file."""

    metadata: Metadata = field(default_factory=Metadata)
    body_start: int = 0
    """Where the article after the front matter begins."""
    field_text: str = ""
    """Text of a field that holds the article itself, as YAML reads it; "" where there is none."""
    field_start: int = 0
    field_end: int = 0
    warnings: tuple[str, ...] = ()


def read_front_matter(text: str, name: str) -> FrontMatter:
    """Read the front matter at the head of `text`; an empty one where there is none.

    Raises:
        ArticleError: it is nested too deep, full of aliases or asks for objects, or it is faulty
            and no text comes after it; the message names file, line and remedy.
    """
    opening = _OPEN.match(text)
    if not opening:
        return _read_headers(text)
    start = opening.end()
    closing = _CLOSE.search(text, start)
    if not closing:
        place = f"{name}:{text.count(chr(10), 0, start)}"
        return _read_unclosed(text, start, place) if _KEY.match(text, start) else FrontMatter()
    source = _UNPRINTABLE.sub(" ", text[start : closing.start()])
    line = text.count("\n", 0, start) + 1
    if source.strip() and not _KEY.match(source) and source.lstrip()[0] not in "{&!":
        return FrontMatter()  # a thematic break that opens a document
    body_start = closing.end() + (1 if text[closing.end() : closing.end() + 1] == "\n" else 0)
    try:
        node = _compose(source, name, line)
    except _MalformedError as error:
        if not text[body_start:].strip():
            raise
        warning = f"{error}; its lines were read one by one"
        metadata, _ = _read_lines(source)
        return FrontMatter(metadata=metadata, body_start=body_start, warnings=(warning,))
    if node is not None and not isinstance(node, yaml.MappingNode):
        raise ArticleError(
            f"{name}:{line}: the front matter is no list of 'key: value' lines; write it so, "
            "or remove the '---' lines"
        )
    if node is None:
        return FrontMatter(body_start=body_start)
    return _understand(node, name, line, start, body_start)


def _read_headers(text: str) -> FrontMatter:
    """Read lines such as "Title: …" that head a plain text and end with a blank line."""
    match = _HEADERS.match(text)
    if not match:
        return FrontMatter()
    metadata, known = _read_lines(match["headers"])
    return FrontMatter(metadata=metadata, body_start=match.end()) if known >= 2 else FrontMatter()


def _read_unclosed(text: str, start: int, place: str) -> FrontMatter:
    """Take the lines up to the first blank one as front matter that somebody forgot to close."""
    what = f"{place}: the front matter is never closed; end it with a line '---'"
    blank = _BLANK.search(text, start)
    if not blank or not text[blank.end() :].strip():
        raise ArticleError(what)
    metadata, _ = _read_lines(text[start : blank.start()])
    warning = f"{what} (its lines up to the first blank one were read)"
    return FrontMatter(metadata=metadata, body_start=blank.end(), warnings=(warning,))


def _read_lines(source: str) -> tuple[Metadata, int]:
    """Metadata from lines "key: value", and how many of the keys are known."""
    values: dict[str, str] = {}
    for header in source.splitlines():
        key, colon, value = header.partition(":")
        if colon and not key.startswith((" ", "\t", "-", "#")):
            word = key.strip().lower().replace(" ", "_").replace("-", "_")
            values.setdefault(word, value.strip().strip("\"'"))
    known = values.keys() & {key for keys in _FIELDS.values() for key in keys}
    found: dict[str, str] = {}
    for ours, keys in _FIELDS.items():
        said = (_clean(ours, values[key]) for key in keys if key in values)
        found[ours] = next(filter(None, said), "")
    return Metadata(**found), len(known)


class _MalformedError(ArticleError):
    """The front matter is not YAML."""


def _compose(source: str, name: str, line: int) -> yaml.Node | None:
    """Return the node graph of `source`, after a look at its events for bombs and object tags."""

    def fail(at: int, what: str) -> ArticleError:
        return ArticleError(f"{name}:{line + at}: {what}")

    depth = aliases = 0
    try:
        for event in yaml.parse(source, Loader=_Loader):
            at = event.start_mark.line if event.start_mark else 0
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise fail(at, f"front matter nested deeper than {MAX_DEPTH}; flatten it")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                aliases += 1
                if aliases > MAX_ALIASES:
                    raise fail(at, f"more than {MAX_ALIASES} YAML aliases; write the values out")
            tag = getattr(event, "tag", None)
            if tag and not re.fullmatch(r"!|tag:yaml\.org,2002:[a-z]+", tag):
                raise fail(at, f"YAML tag {tag[:60]!r} is not allowed; remove it")
        return yaml.compose(source, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.line, source.count("\n")) if mark else 0
        problem = error.problem or error.context or "malformed"
        raise _MalformedError(
            f"{name}:{line + at}: malformed YAML front matter ({problem}); "
            "put quotes around values with ': ' or '#'"
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else "malformed"
        raise _MalformedError(
            f"{name}:{line}: malformed YAML front matter ({first}); save it as UTF-8 text"
        ) from None


def _understand(
    node: yaml.MappingNode, name: str, line: int, start: int, body_start: int
) -> FrontMatter:
    values: dict[str, yaml.Node] = {}
    warnings: list[str] = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        word = key.value.strip().lower().replace("-", "_").replace(" ", "_")
        at = f"{name}:{line + key.start_mark.line}"
        if word in values:
            warnings.append(f"{at}: key {key.value!r} stands twice; the first one counts")
            continue
        values[word] = value
        if word not in _KNOWN:
            near = [] if word[:-1] in _OURS else get_close_matches(word, _OURS, 1, 0.8)
            if near:
                warnings.append(f"{at}: unknown key {key.value!r}; did you mean {near[0]!r}?")
    found: dict[str, str] = {}
    for ours, keys in _FIELDS.items():
        for word in keys:
            if word not in values:
                continue
            said = ", ".join(_scalars(values[word]))
            value = _clean(ours, said)
            if value:
                found[ours] = value
                break
            if said and ours == "published" and said.lower() not in _TRUTH:
                at = f"{name}:{line + values[word].start_mark.line}"
                warnings.append(f"{at}: {word} {said[:40]!r} is no date; write YYYY-MM-DD")
    body = max(
        (values[w] for w in BODY_FIELDS if isinstance(values.get(w), yaml.ScalarNode)),
        key=lambda n: len(n.value.strip()),
        default=None,
    )
    return FrontMatter(
        metadata=Metadata(**found),
        body_start=body_start,
        field_text=body.value if body else "",
        field_start=start + body.start_mark.index if body else 0,
        field_end=start + body.end_mark.index if body else 0,
        warnings=tuple(warnings),
    )


def _scalars(node: yaml.Node) -> Iterator[str]:
    """Return the words of a scalar, of a list of scalars, or of the names in a list of mappings."""
    if isinstance(node, yaml.ScalarNode):
        if node.tag != "tag:yaml.org,2002:null":
            yield node.value
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value[:50]:
            if isinstance(item, yaml.SequenceNode):
                continue
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value[:50]:
            if key.value in ("name", "title", "url") and isinstance(value, yaml.ScalarNode):
                yield value.value
                return


def _clean(ours: str, said: str) -> str:
    said = " ".join(said.replace("\\n", " ").split())[:1000]
    if ours == "published":
        return iso_date(said)
    if ours == "source":
        return said if re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", said) else ""
    if ours == "language":
        return said if re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", said) else ""
    return said
