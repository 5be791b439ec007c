"""Markdown to lines, by CommonMark's rules with GitHub's tables, footnotes and task lists."""

import re
from typing import Any

from pyromark import Options, events_with_range

from cloudhealth_kg.articles.html import read_fragment
from cloudhealth_kg.articles.lines import RUN_IN, Line, LineBuilder
from cloudhealth_kg.articles.origin import Origin
from cloudhealth_kg.articles.plain import read_plain
from cloudhealth_kg.model import BlockRole

_OPTIONS = (
    Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_DEFINITION_LIST
    | Options.ENABLE_GFM
)
_LEVELS = {f"H{n}": n for n in range(1, 7)}
_LEFT_OVER = re.compile(r"\*{2,}|`+|(?<!\w)_{2,}|_{2,}(?!\w)")
_BULLET = re.compile(r"\s*[•▪◦‣●■○]\s*")
_NUMBERED = re.compile(r"\d+\.\d+\.?\s+\S")
_WORDY_CODE = frozenset(
    ("", "text", "txt", "plain", "plaintext", "markdown", "md", "none", "quote")
)
_LONGEST_HEADING = 30
_BREAK_TAG = re.compile(r"<(?:br|hr|p|/p|div|/div|li)\b", re.IGNORECASE)

Event = str | dict[str, Any]


def read_markdown(text: str, origin: Origin) -> list[Line]:
    """Return the lines of a Markdown document; `origin` leads offsets back to the decoded file."""
    return _Reader(text, origin).read()


class _Reader:
    """One pass over the parser's events; methods are named for the events they answer."""

    def __init__(self, text: str, origin: Origin) -> None:
        self.text = text
        self.origin = origin
        self.lines: list[Line] = []
        self.builder = LineBuilder()
        self.role: BlockRole = "paragraph"
        self.level = 0
        self.ruled = False
        self.lists = 0
        self.fresh_item = False
        self.links = 0
        self.images = 0
        self.strong = 0
        self.left_over = False
        self.pending_break = False
        self.code: tuple[bool, int, int] | None = None
        self.html: list[int] | None = None
        self.cell = False

    def read(self) -> list[Line]:
        char = _CharOf(self.text)
        for event, span in events_with_range(self.text, options=_OPTIONS):
            start, end = char(span["start"]), char(span["end"])
            if isinstance(event, str):
                self.simple(event)
                continue
            name: str = next(iter(event))
            value: Any = event[name]  # type: ignore[literal-required]
            if name == "Text":
                self.on_text(value, start, end)
            elif name == "Start":
                self.on_start(value, start, end)
            elif name == "End":
                self.on_end(value)
            elif name == "Code":
                self.on_code_span(value, start, end)
            elif name == "Html":
                if self.html is not None:
                    self.html[1] = max(self.html[1], end)
            elif name == "InlineHtml" and _BREAK_TAG.match(value):
                self.pending_break = True
        self.flush()
        return self.lines

    def simple(self, event: str) -> None:
        if event in ("SoftBreak", "HardBreak"):
            self.pending_break = True
        elif event == "Rule":
            self.flush()
            self.ruled = True

    def flush_break(self, *, new_line: bool = False) -> None:
        """Turn a line break into a space, or into a new line where the next one is labelled."""
        if self.pending_break:
            self.pending_break = False
            if new_line and not self.cell:
                self.flush()
            else:
                self.builder.add(" ", 0, 1)

    def flush(self) -> None:
        self.pending_break = False
        role, level = self.role, self.level
        if role == "item":
            self.role, self.level = "paragraph", 0
        depth = self.lists
        line = self.builder.build(role, level, depth=depth, ruled=self.ruled)
        if line:
            if role == "heading" and len(line.text.split()) > _LONGEST_HEADING:
                line = Line(line.text, "paragraph", 0, line.runs, line.lead, line.linked)
            self.lines.append(line)
            self.ruled = False
        elif role == "item":
            self.role, self.level = role, level
        self.left_over = False

    def add(self, text: str, start: int, end: int) -> None:
        alike = self.text[start:end] == text
        for piece, file_start, file_end in self.origin.pieces(text, start, end, alike):
            self.builder.add(piece, file_start, file_end, linked=bool(self.links))

    def on_text(self, text: str, start: int, end: int) -> None:
        if self.images:
            return
        if self.code is not None:
            wordy, first, _ = self.code
            self.code = (wordy, min(first, start), end)
            return
        bullet = _BULLET.match(text)
        headed = self.builder.all_led and self.role != "heading" and text[:1].isupper()
        self.flush_break(new_line=bool(bullet or headed or _NUMBERED.match(text)))
        if bullet and self.builder.empty and not self.cell and self.role == "paragraph":
            self.role, self.level = "item", self.lists + 1
            text, start = text[bullet.end() :], start + bullet.end()
        if "*" not in text and "`" not in text and "_" not in text:
            self.add(text, start, end)
            return
        at = 0
        if self.text[start:end] != text:
            self.add(text, start, end)
            return
        for match in _LEFT_OVER.finditer(text):
            self.add(text[at : match.start()], start + at, start + match.start())
            at = match.end()
            if match.group().startswith("*"):
                if self.left_over:
                    self.builder.close_emphasis()
                else:
                    self.builder.open_emphasis()
                self.left_over = not self.left_over
        self.add(text[at:], start + at, end)

    def on_code_span(self, code: str, start: int, end: int) -> None:
        """Add the words between backticks, each where it stands: spans may run over line ends."""
        self.flush_break()
        first = True
        for word in code.split():
            at = self.text.find(word, start, end)
            if at < 0:
                break
            if not first:
                self.builder.add(" ", 0, 1)
            self.add(word, at, at + len(word))
            start, first = at + len(word), False

    def on_start(self, tag: Event, start: int, end: int) -> None:  # noqa: PLR0912 - one a tag
        name: str = tag if isinstance(tag, str) else next(iter(tag))
        value: Any = {} if isinstance(tag, str) else tag[name]
        if name in ("Strong", "Emphasis"):
            self.flush_break(new_line=name == "Strong" and self.builder.led)
            self.strong += 1
            self.builder.open_emphasis()
        elif name == "Link":
            self.flush_break()
            self.links += 1
        elif name == "Image":
            self.images += 1
        elif name == "Heading":
            self.flush()
            self.role, self.level = "heading", _LEVELS[value["level"]]
        elif name == "List":
            self.flush()
            self.lists += 1
        elif name == "Item":
            self.flush()
            self.role, self.level = "item", self.lists
        elif name == "DefinitionListTitle":
            self.flush()
            self.role, self.level = "heading", RUN_IN
        elif name == "CodeBlock":
            self.flush()
            kind = value.get("Fenced", "") if isinstance(value, dict) else ""
            words = str(kind).split()
            self.code = ((words[0].lower() if words else "") in _WORDY_CODE, end, start)
        elif name == "HtmlBlock":
            self.flush()
            self.html = [start, start]
        elif name in ("TableHead", "TableRow"):
            self.flush()
            self.role, self.level, self.cell = "row", 0, False
        elif name == "TableCell":
            if self.cell:
                self.builder.next_cell()
            self.cell = True
        elif name in ("Paragraph", "BlockQuote", "FootnoteDefinition", "DefinitionListDefinition"):
            self.flush()

    def on_end(self, tag: Event) -> None:  # noqa: PLR0912 - one branch a tag
        name = tag if isinstance(tag, str) else next(iter(tag))
        if name in ("Strong", "Emphasis"):
            self.strong -= 1
            if not self.strong:
                self.builder.close_emphasis()
        elif name == "Link":
            self.links -= 1
        elif name == "Image":
            self.images -= 1
        elif name == "List":
            self.flush()
            self.lists -= 1
        elif name == "CodeBlock":
            self.on_code()
        elif name == "HtmlBlock":
            self.on_html()
        elif name == "TableCell":
            pass
        elif name in ("TableHead", "TableRow"):
            if self.builder.only_marks:
                self.builder = LineBuilder()
            self.flush()
            self.role, self.cell = "paragraph", False
        elif name in ("Heading", "DefinitionListTitle"):
            self.flush()
            self.role, self.level = "paragraph", 0
        elif name in ("Paragraph", "Item", "BlockQuote"):
            self.flush()
            if name == "Item":
                self.role, self.level = "paragraph", 0

    def on_code(self) -> None:
        """Leave program code out; read indented or unnamed blocks as plain text."""
        assert self.code is not None
        wordy, start, end = self.code
        self.code = None
        if wordy and start < end:
            self.lines += read_plain(self.text[start:end], self.origin.within(start))

    def on_html(self) -> None:
        assert self.html is not None
        start, end = self.html
        self.html = None
        if start < end:
            self.lines += read_fragment(self.text[start:end], self.origin.within(start))


class _CharOf:
    """From a byte offset in UTF-8 to the code point offset; quick for offsets that grow."""

    def __init__(self, text: str) -> None:
        self._data = b"" if text.isascii() else text.encode()
        self._byte = self._char = 0

    def __call__(self, byte: int) -> int:
        if not self._data:
            return byte
        if byte >= self._byte:
            self._char += len(self._data[self._byte : byte].decode())
        else:
            self._char -= len(self._data[byte : self._byte].decode())
        self._byte = byte
        return self._char
