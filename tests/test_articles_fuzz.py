# ruff: noqa: E501 - samples read best as they stand
"""No input makes the readers fail in any way but by an ArticleError, nor lie about offsets."""

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudhealth_kg.articles import decode, read_text
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.model import Article

NAMES = ("a.md", "a.txt", "a.html", "a.htm", "-", "a/b.markdown")
SCRAPS = (
    "---\n", "---", "title: x\n", "date: 2024-01-02\n", "answer: >-\n    a\\n\\n1. **B**: c\n",
    "body: \"a\\u00e9\\n\\tb\\\n  c\"\n", "text: 'it''s'\n", "&a [*a, *a]\n", "!!python/object:os.x {}\n",
    "# H\n", "## ", "**", "*", "`", "```\n", "1. ", "- ", "  - ", "> ", "| a | b |\n|---|---|\n| c |\n",
    "[a](b)", "![a](b)", "[^1]", "[^1]: note\n", "\\", "\\*", "&amp;", "&nbsp;", "&#x41;", "&#0;",
    "&notit;", "&ampx", "&", "<", ">", "<p>", "</p>", "<div class='share'>", "</div>", "<table><tr><td>",
    "<ul><li>", "<b>", "</b>", "<br>", "<h1>T</h1>", "<!--", "-->", "<script>", "</script>", "<style>",
    "<pre>", "<sup><a href='#1'>1</a></sup>", "<article>", "<main>", "<template>", "<svg>", "<math>",
    "<!doctype html>", "<html lang=en>", "<meta charset=utf-8>", "<title>T | S</title>", "<a href=x>",
    "\n", "\n\n", "\r\n", "\r", "\t", " ", "   ", "    ", "\x00", "\u00ad", "\u200b", "\u00a0", "\ufeff",
    "\u2028", "\x0c", "é", "日本", "😀", "\U0010ffff", "•", " • ", "Cloud: data.", "Cost. More words here",
    "Leave a Reply", "397 Views", "By Ann Lee", "Tags: a, b", "Home › Blog", "word " * 30, "a" * 300,
)  # fmt: skip
documents = st.lists(st.sampled_from(SCRAPS) | st.text(max_size=12), max_size=40).map("".join)
inputs = st.binary(max_size=200) | documents.map(lambda text: text.encode("utf-8", "surrogatepass"))


def assert_sound(article: Article, decoded: str) -> None:
    """Blocks tile the text in order; runs read alike; each word leads to itself in the file."""
    text, end = article.text, 0
    assert text
    assert article.blocks
    for block in article.blocks:
        assert end <= block.start < block.end <= len(text)
        assert len(text[end : block.start].strip(" .:–—-\n")) == 0, "text outside of blocks"
        content = text[block.start : block.end]
        assert content == " ".join(content.split()), "white space is not normal"
        assert "\n" not in content
        end = block.end
    assert end == len(text)
    starts = [run[0] for run in article.source_map]
    assert starts == sorted(starts)
    for start, source, length in article.source_map:
        assert text[start : start + length] == decoded[source : source + length]
    for word in re.finditer(r"\S+", text):
        if word.group() == "|":
            continue
        left, right = article.source_span(*word.span())
        assert 0 <= left <= right <= len(decoded)


def check(data: bytes, name: str) -> None:
    """Read `data`, and look at what comes of it."""
    try:
        article = read_text(data, name)
    except ArticleError as error:
        if not str(error).startswith(name):
            raise
        return
    assert_sound(article, decode(data, name)[0])
    assert read_text(data, name) == article


@given(inputs, st.sampled_from(NAMES))
@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
def test_any_input_reads_or_is_refused(data: bytes, name: str) -> None:
    """150 generated inputs, mixed of markup scraps and noise."""
    check(data, name)


@pytest.mark.slow
@given(inputs, st.sampled_from(NAMES))
@settings(max_examples=20_000, deadline=None, database=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
def test_any_input_reads_or_is_refused_at_length(data: bytes, name: str) -> None:
    """The same with 20,000 inputs."""
    check(data, name)


def plain(span: str) -> str:
    """Return a span of a file without entities, escapes, markup of emphasis and white space."""
    return re.sub(r"[\s*_`\\\u00ad\u200b]|<[^>]*>", "", unescape(span))


@given(st.lists(st.sampled_from(
    ("cloud", "&eacute;lan", "caf&eacute;", "&ldquo;no&rdquo;", "a&amp;b", "data", "&#x2019;s", "R&D",
     "<b>bold</b>", "x&nbsp;y", "<i>in</i>side", "1&nbsp;&lt;&nbsp;2", "&euro;5", "\r\n", "é", "&copy")
), min_size=1, max_size=30))  # fmt: skip
@settings(max_examples=200, deadline=None, derandomize=True)
def test_words_of_a_page_lead_to_themselves(words: list[str]) -> None:
    """Each word of a page's text is what the mapped span of the file reads, entities decoded."""
    source = "<!doctype html><article><h1>Title</h1>\r\n<p>" + " ".join(words) + "</p></article>"
    article = read_text(source.encode(), "a.html")
    for word in re.finditer(r"\S+", article.text):
        left, right = article.source_span(*word.span())
        assert plain(source[left:right]) == plain(word.group())
