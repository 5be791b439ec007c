"""Files to articles: Markdown with YAML front matter, plain text and saved HTML pages.

Any input gives an `Article` or an `ArticleError` whose message names the file, the place and the
remedy. Nothing here reads more than the file it is given, and nothing asks the network.
"""

import hashlib
import re
import unicodedata
from dataclasses import replace
from pathlib import Path, PurePath

from cloudhealth_kg.articles.decoding import decode
from cloudhealth_kg.articles.frontmatter import FrontMatter, read_front_matter
from cloudhealth_kg.articles.html import read_page
from cloudhealth_kg.articles.lines import Line, assemble
from cloudhealth_kg.articles.markdown import read_markdown
from cloudhealth_kg.articles.noise import read_byline, without_noise
from cloudhealth_kg.articles.origin import Origin, scalar_origin
from cloudhealth_kg.articles.plain import read_plain, with_headings
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.files import SUFFIXES
from cloudhealth_kg.model import Article, Metadata

__all__ = ["MAX_BYTES", "decode", "read_article", "read_text"]

MAX_BYTES = 10_000_000
"""Largest file that is read unless the caller allows more."""

_SCANT = 25
"""Words of a text so short that a field of the front matter may be the article instead."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LOOKS_HTML = re.compile(
    r"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_LOOKS_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|[ \t]{0,9}[-*+] \[[ x]\] |\|?[ \t]{0,9}:?-{3,99}:?[ \t]{0,9}\||```)"
    r"|\*\*\S[^*\n]{0,200}\*\*|\]\([^\s)]{1,300}\)",
    re.MULTILINE,
)


def read_article(path: Path, *, name: str | None = None, max_bytes: int = MAX_BYTES) -> Article:
    """Read a file; `name` is its path below the folder it was found in (default: its file name).

    Raises:
        ArticleError: it cannot be opened, is too large, or is no article; the message says why,
            where, and what to do.
    """
    path = Path(path)
    name = PurePath(name).as_posix() if name is not None else path.name
    try:
        if path.exists() and not path.is_file():
            raise ArticleError(f"{name}: is no regular file; give a file or a folder of files")
        size = path.stat().st_size
        if size > max_bytes:
            raise ArticleError(_too_large(name, size, max_bytes))
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise ArticleError(
            f"{name}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    except ValueError as error:
        raise ArticleError(f"{name!r}: is no path ({error}); check it") from None
    return read_text(data, name, max_bytes=max_bytes)


def read_text(data: bytes, name: str = "-", *, max_bytes: int = MAX_BYTES) -> Article:
    """Read the bytes of a file called `name`; its ending, or else its content, tells the format.

    Raises:
        ArticleError: as `read_article`.
    """
    if name.encode("utf-8", "replace").decode("utf-8") != name:
        raise ArticleError(f"{name!r}: the file's name is not in UTF-8; rename it")
    if len(data) > max_bytes:
        raise ArticleError(_too_large(name, len(data), max_bytes))
    kind = _kind(name)
    decoded, warnings = decode(data, name)
    text = _CONTROL.sub("\u200b", decoded)
    if kind in ("", "plain", "markdown") and _LOOKS_HTML.match(text, 0, 5000):
        kind = "html"
    front = FrontMatter() if kind == "html" else read_front_matter(text, name)
    lines, metadata = _read(text, kind, front)
    if not lines:
        raise ArticleError(f"{name}: holds no text; add the article's text or leave the file out")
    content, blocks, source_map = assemble(lines)
    return Article(
        id=_identity(metadata, name),
        text=content,
        blocks=blocks,
        metadata=metadata,
        path=name,
        digest="sha256:" + hashlib.sha256(data).hexdigest(),
        source_map=source_map,
        warnings=(*warnings, *front.warnings),
    )


def _too_large(name: str, size: int, limit: int) -> str:
    return (
        f"{name}: {size / 1e6:.1f} MB is more than the limit of {limit / 1e6:.0f} MB; "
        "split it, or save the article without attachments"
    )


def _kind(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    if name == "-" or not suffix:
        return ""
    if suffix not in SUFFIXES:
        raise ArticleError(
            f"{name}: files ending in {suffix!r} are not read; save it as one of "
            + ", ".join(SUFFIXES)
        )
    return SUFFIXES[suffix]


def _read(text: str, kind: str, front: FrontMatter) -> tuple[list[Line], Metadata]:
    """Return the article's lines and its metadata."""
    if kind == "html":
        lines, metadata = read_page(text)
        return without_noise(lines, author=metadata.author), metadata
    lines, plain = _read_body(text[front.body_start :], kind, Origin(front.body_start))
    kept = without_noise(lines, author=front.metadata.author, plain=plain)
    if plain:
        kept = with_headings(kept)
    words = sum(len(line.text.split()) for line in kept)
    if words < min(_SCANT, len(front.field_text.split())):
        origin = scalar_origin(front.field_text, text, front.field_start, front.field_end)
        lines = read_markdown(_with_line_ends(front.field_text), origin)
        kept = without_noise(lines, author=front.metadata.author)
    return kept, _completed(front.metadata, lines, kept)


def _read_body(body: str, kind: str, origin: Origin) -> tuple[list[Line], bool]:
    if kind == "markdown" or len(_LOOKS_MARKDOWN.findall(body)) >= 2:
        return read_markdown(body, origin), False
    return read_plain(body, origin), True


def _with_line_ends(value: str) -> str:
    r"""`value` with "\\n" written out turned into line ends; as long as before."""
    if "\\n\\n" in value or re.search(r"\\n(?:\d+\.|[-*#])", value):
        return value.replace("\\n", " \n").replace("\\t", "  ").replace('\\"', ' "')
    return value


def _completed(metadata: Metadata, read: list[Line], kept: list[Line]) -> Metadata:
    """`metadata`, with what the lines above the article say where it says nothing."""
    heading = next((ln.text for ln in kept if ln.role == "heading" and ln.level <= 2), "")
    author, published = read_byline(read)
    return replace(
        metadata,
        title=metadata.title or heading[:300],
        author=metadata.author or author,
        published=metadata.published or published,
    )


def _identity(metadata: Metadata, name: str) -> str:
    """Slug of the title or the file's stem, and eight hex digits of the identity's digest."""
    identity = metadata.source or name
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    slug = _slug(metadata.title) or _slug(PurePath(name).stem) or "article"
    return f"{slug}-{digest}"


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) > 40:
        slug = slug[:41].rpartition("-")[0] or slug[:40]
    return slug
