"""Bytes to text: byte-order marks, declared and detected encodings, binary files refused."""

import codecs
import re

from charset_normalizer import from_bytes

from cloudhealth_kg.errors import ArticleError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "a Rich Text document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})"""
    rb"""|<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.:-]{2,40})["']"""
    rb"""|coding[:=]\s*([A-Za-z0-9_.:-]{2,40})""",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WESTERN = re.compile(
    r"[\xa0-\xbf\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u20ac\u2122À-ÿŒœŠšŽž]"
)
_MAX_CONTROL_SHARE = 0.02
_MAX_BROKEN_SHARE = 0.1


def decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file and what had to be guessed or mended to get it.

    A byte-order mark is no part of the text; line ends stay as they are, so that offsets in the
    text are offsets in the decoded file.

    Raises:
        ArticleError: the bytes are no text.
    """
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise ArticleError(
                f"{name}: is {what}, not text; save it as Markdown, plain text or HTML"
            )
    text, warnings = _decode(data)
    controls = len(_CONTROL.findall(text))
    if controls > max(8, _MAX_CONTROL_SHARE * len(text)):
        raise ArticleError(
            f"{name}: is binary, not text ({controls} control characters); "
            "save it as Markdown, plain text or HTML in UTF-8"
        )
    if controls:
        warnings.append(f"{name}: {controls} control characters were left out")
    return text, tuple(warning.replace("{name}", name) for warning in warnings)


def _decode(data: bytes) -> tuple[str, list[str]]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _with_replacement(data[len(bom) :], encoding)
    guess = _utf_16_without_bom(data)
    if guess:
        text, warnings = _with_replacement(data, guess)
        return text, [*warnings, f"{{name}}: read as {guess}; save it as UTF-8"]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        position = error.start
    broken = data.decode("utf-8", "replace")
    lost = broken.count("\ufffd")
    good = sum(1 for byte in data if byte >= 0xC2) - lost
    line = data.count(b"\n", 0, position) + 1
    declared = _declared(data)
    if declared and declared != "utf-8":
        try:
            text = data.decode(declared)
        except UnicodeError:  # "undefined" is a codec too, which decodes nothing
            pass
        else:
            return text, [f"{{name}}: read as {declared}, as it declares; save it as UTF-8"]
    if good > lost or (lost == 1 and len(data) - position < 4):
        return broken, [
            f"{{name}}:{line}: {lost} broken UTF-8 sequences were replaced; save it as UTF-8"
        ]
    encoding = _detected(data)
    text = data.decode(encoding, "replace")
    return text, [f"{{name}}:{line}: not UTF-8, read as {encoding}; save it as UTF-8"]


def _with_replacement(data: bytes, encoding: str) -> tuple[str, list[str]]:
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        lost = text.count("\ufffd")
        return text, [f"{{name}}: {lost} broken {encoding} sequences were replaced"]


def _utf_16_without_bom(data: bytes) -> str:
    head = data[:2000]
    if len(head) < 8:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) * 0.35 and even < len(head) * 0.05:
        return "utf-16-le"
    if even > len(head) * 0.35 and odd < len(head) * 0.05:
        return "utf-16-be"
    return ""


def _declared(data: bytes) -> str:
    match = _DECLARED.search(data[:2048])
    if not match:
        return ""
    label = next(group for group in match.groups() if group).decode("ascii").lower()
    if label in ("iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"):
        label = "windows-1252"  # as browsers read these labels
    try:
        codec = codecs.lookup(label)
    except LookupError:
        return ""
    return codec.name if getattr(codec, "_is_text_encoding", True) else ""


def _detected(data: bytes) -> str:
    """windows-1252 where that gives Western text, else what charset-normalizer thinks best."""
    sample = data[:100_000]
    text = sample.decode("windows-1252", "replace")
    high = [c for c in text if c >= "\x80"]
    western = sum(1 for c in high if _WESTERN.match(c))
    words = len(re.findall(r"[A-Za-z]{2,}", text))
    if western >= 0.9 * len(high) and len(high) <= 3 * words:
        return "windows-1252"
    best = from_bytes(sample).best()
    return best.encoding if best else "windows-1252"
