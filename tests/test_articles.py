# ruff: noqa: E501, ISC004 - samples read best as they stand
"""Articles: what is kept of a file, what is left out, where it stands, and what is refused."""

import re
import time
from html import unescape
from pathlib import Path

import pytest

from cloudhealth_kg.articles import MAX_BYTES, decode, read_article, read_text
from cloudhealth_kg.errors import ArticleError
from cloudhealth_kg.files import find_files
from cloudhealth_kg.model import Article

DATA = Path(__file__).parent / "data" / "articles"
SHARED = Path(__file__).parents[2] / "shared"


def outline(article: Article) -> list[tuple[str, int, str]]:
    """Role, level and text of each block."""
    return [(b.role, b.level, article.text[b.start : b.end]) for b in article.blocks]


def read(text: str, name: str = "a.md") -> Article:
    """Read an article from text."""
    return read_text(text.encode(), name)


def test_markdown_keeps_structure_and_drops_markup() -> None:
    """Headings, run-in heads, items and rows come out in order; furniture does not."""
    article = read_article(DATA / "guide.md")
    assert outline(article) == [
        ("heading", 1, "Moving a clinic's records"),
        (
            "paragraph",
            0,
            "Clinics that move their records want fewer outages and a FHIR interface; what they "
            "fear is lock\u2011in & costs, as our survey of forty clinics showed last year in four "
            "regions.",
        ),
        ("heading", 2, "What hurts"),
        ("heading", 7, "Data loss"),
        ("item", 1, "keep a second copy."),
        ("heading", 7, "Staff turnover"),
        ("item", 1, "train two people for each role."),
        ("item", 1, "The third thing has no head at all, and says so."),
        ("heading", 7, "Latency"),
        ("paragraph", 0, "A cache on site hides it."),
        ("row", 0, "Threat | Remedy"),
        ("row", 0, "Ransomware | Immutable backups"),
        ("row", 0, "| Drills"),
        ("paragraph", 0, "The standard is in release 4."),
    ]
    assert "Data loss: keep a second copy." in article.text.splitlines()
    assert article.section_at(article.text.index("keep a second")) == "Data loss"


def test_front_matter_becomes_metadata() -> None:
    """Title, authors, date, source and licence are read; keywords are no text."""
    said = read_article(DATA / "guide.md").metadata
    assert (said.title, said.author) == ("Moving a clinic's records", "Ana Ruiz, Bo Lind")
    assert (said.published, said.source) == ("2024-05-03", "https://clinic.example/guide")
    assert said.license == "CC-BY-4.0"


def test_plain_text_gets_its_headings_and_lists_back() -> None:
    """Lone short lines are headings, bullets and numbers are items, wrapped lines are joined."""
    found = outline(read_article(DATA / "flat.txt"))
    assert [row for row in found if row[0] != "paragraph"] == [
        ("heading", 1, "Clouds over the ward"),
        ("heading", 2, "What is gained"),
        ("heading", 7, "Remote access"),
        ("item", 1, "a doctor reads the chart at home."),
        ("heading", 7, "Telemedicine"),
        ("item", 1, "patients are seen by video."),
        ("heading", 2, "What is feared"),
        ("heading", 7, "Breaches"),
        ("item", 1, "one stolen password opens every door of the house."),
        ("item", 1, "Downtime for no reason"),
    ]
    assert len(found) == 12
    assert not any("Views" in text or "Reply" in text for _, _, text in found)


def test_saved_page_gives_its_main_content_and_metadata() -> None:
    """Menus, cookie bars, shares, comments and footers are left out; the head is read."""
    article = read_article(DATA / "page.html")
    assert [(role, level) for role, level, _ in outline(article)] == [
        ("heading", 1), ("paragraph", 0), ("heading", 2), ("heading", 7), ("item", 1),
        ("item", 2), ("row", 0), ("row", 0),
    ]  # fmt: skip
    assert "a café owner" in article.text
    assert "regulator\u2019s note" in article.text
    said = article.metadata
    assert (said.title, said.author, said.published) == ("Keys & clouds", "Ines Mora", "2023-11-02")
    assert (said.source, said.publisher) == ("https://ward.example/keys", "The Ward")
    assert said.language == "en-GB"


def test_article_in_a_yaml_field() -> None:
    r"""Where no text follows the front matter, `answer` is the text, its "\\n" and "**" read."""
    article = read_article(DATA / "field.md")
    assert outline(article) == [
        ("paragraph", 0, "Two things help, says the survey."),
        ("heading", 7, "Audits"),
        ("item", 1, "they find old accounts."),
        ("heading", 7, "Training"),
        ("item", 1, "it stops clicks."),
        ("paragraph", 0, "Both are cheap."),
    ]
    assert article.metadata.title == "What helps?"


def bare(span: str) -> str:
    """Return a span of a file as it reads, without white space."""
    span = re.sub(r"<[^>]*>|\[\^\d\]|\\n", "", unescape(span))
    return re.sub(r"[\s*_`\\\u00ad]", "", span)


def assert_words_lead_home(article: Article, decoded: str) -> None:
    """Each word of the text is what its span in the file reads."""
    words = [m for m in re.finditer(r"\S+", article.text) if m.group() != "|"]
    assert words
    for word in words:
        left, right = article.source_span(*word.span())
        assert bare(decoded[left:right]) == bare(word.group())


@pytest.mark.parametrize("name", ["guide.md", "flat.txt", "page.html", "field.md"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_each_word_leads_back_to_the_file(name: str, line_end: str) -> None:
    """The source map is exact, with either kind of line ends and a byte-order mark or not."""
    text = (DATA / name).read_text("utf-8").replace("\n", line_end)
    article = read_text(b"\xef\xbb\xbf" + text.encode(), name)
    assert article.text == read_article(DATA / name).text
    assert_words_lead_home(article, text)


@pytest.mark.parametrize("folder", ["gold/train", "gold/dev", "seeds"])
def test_shared_articles_lead_back_to_their_files(folder: str) -> None:
    """The same for the articles that the project was given."""
    if not (SHARED / folder).is_dir():
        pytest.skip("the shared articles are not beside this repository")
    files = find_files([SHARED / folder])
    assert files
    for path, name in files:
        assert_words_lead_home(read_article(path, name=name), decode(path.read_bytes(), name)[0])


def test_identity_is_the_source_or_else_the_path() -> None:
    """The id changes with the source URL or the path, never with the text."""
    assert read("# T\n\nOne.", "b/a.md").id == read("# T\n\nTwo.", "b/a.md").id
    assert read("# T\n\nOne.", "b/a.md").id != read("# T\n\nOne.", "c/a.md").id
    front = "---\nurl: https://x.example/y\n---\n# T\n\nOne."
    assert read(front, "b/a.md").id == read(front, "c/z.md").id
    assert re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{8}", read("# " + "Ünd " * 40 + "\n\nx").id)
    assert read("x\n", "données.txt").id.startswith("donnees-")


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "a.md", "a.md: holds no text"),
        (b"---\ntitle: x\n---\n \n", "a.md", "a.md: holds no text"),
        (b"x", "caf\udce9.md", "not in UTF-8; rename"),
        (b"%PDF-1.7 x", "a.md", "is a PDF document"),
        (b"PK\x03\x04 x", "a.txt", "ZIP archive"),
        (bytes(range(32)) * 9, "a.txt", "is binary"),
        (b"x", "a.docx", "'.docx' are not read"),
        (b"---\ntitle: a\nb: [c\n---\n", "a.md", r"a\.md:\d: malformed YAML"),
        (b"---\ntitle: x\nText.", "a.md", r"a\.md:1: the front matter is never closed"),
        (b"---\na: !!python/object:os.x {}\n---\nx", "a.md", r"a\.md:2: YAML tag"),
        (b"---\na: &a x\nb: [" + b"*a," * 200 + b"]\n---\nx", "a.md", r"a\.md:3: .*aliases"),
        (b"---\na: " + b"[" * 99 + b"]" * 99 + b"\n---\nx", "a.md", r"a\.md:2: .*deeper"),
        (b"<html><body><nav>Home</nav></body>", "a.html", "a.html: holds no text"),
    ],
)
def test_bad_input_is_refused_with_place_and_remedy(data: bytes, name: str, message: str) -> None:
    """Each fault is named with the file, the line where there is one, and what to do."""
    with pytest.raises(ArticleError, match=message) as caught:
        read_text(data, name)
    assert str(caught.value).startswith((name, repr(name)))
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("---\ntitle: The cloud: a view\ndate: 2024-05-01\n---\nIt rains.", "malformed YAML"),
        ("---\ntitle: 'The cloud: a view\ndate: 2024-05-01\n---\nIt rains.", "malformed YAML"),
        ("---\ntitle: The cloud: a view\ndate: 2024-05-01\n\nIt rains.", "never closed"),
        ("---\r\ntitle: The cloud: a view\r\ndate: 2024-05-01\r\n\r\nIt rains.", "never closed"),
    ],
)
def test_faulty_front_matter_is_read_line_by_line(text: str, warning: str) -> None:
    """An article is not lost over its front matter: what can be read is, and a warning says so."""
    article = read(text)
    assert article.text == "It rains."
    assert article.metadata.title == "The cloud: a view"
    assert article.metadata.published == "2024-05-01"
    assert warning in article.warnings[0]
    assert article.warnings[0].startswith("a.md:")


def test_size_limit(tmp_path: Path) -> None:
    """A file above the limit is refused unread; the limit can be raised."""
    path = tmp_path / "big.txt"
    path.write_bytes(b"word " * 20)
    with pytest.raises(ArticleError, match=r"big\.txt: .* more than the limit"):
        read_article(path, max_bytes=99)
    assert read_article(path, max_bytes=100).text
    assert MAX_BYTES == 10_000_000


def test_unreadable_and_missing_files(tmp_path: Path) -> None:
    """What cannot be opened is named."""
    with pytest.raises(ArticleError, match=r"gone\.md: cannot be read"):
        read_article(tmp_path / "gone.md")
    with pytest.raises(ArticleError, match="no such file or folder"):
        find_files([tmp_path / "gone"])
    with pytest.raises(ArticleError, match="is no regular file"):
        read_article(tmp_path)


@pytest.mark.parametrize(
    ("data", "text", "warning"),
    [
        ("caf\u00e9 \u201cbar\u201d".encode("windows-1252"), "caf\u00e9 \u201cbar\u201d", "windows"),
        ("caf\u00e9 au lait".encode("utf-16"), "caf\u00e9 au lait", ""),
        ("plain words".encode("utf-16-le"), "plain words", "utf-16-le"),
        ("na\u00efve caf\u00e9 \u2013 caf\u00e9".encode()[:-1], "na\u00efve caf\u00e9 \u2013 caf\ufffd", "broken"),
        (b"<meta charset=iso-8859-2><p>\xb1\xe6", "\u0105\u0107", "iso8859-2"),
        (b"<meta charset=undefined><p>caf\xe9 au lait", "caf\u00e9 au lait", "read as"),
        (b"one\x00two", "onetwo", "control"),
    ],
)  # fmt: skip
def test_encodings(data: bytes, text: str, warning: str) -> None:
    """Declared and detected encodings are read, with a warning where UTF-8 was expected."""
    article = read_text(data, "a.html" if b"<" in data[:1] else "a.txt")
    assert article.text == text
    assert warning in " ".join(article.warnings)
    assert bool(warning) == bool(article.warnings)


def test_misspelt_keys_are_pointed_at() -> None:
    """A key that looks like ours gets a hint with its line; others pass in silence."""
    article = read("---\ntitel: x\npubished: 2024-01-01\nsidebar: no\nsources: []\n---\nText.")
    assert article.warnings == (
        "a.md:2: unknown key 'titel'; did you mean 'title'?",
        "a.md:3: unknown key 'pubished'; did you mean 'published'?",
    )


@pytest.mark.parametrize(
    "line",
    [
        "397 Views", "Technology397 Views", "Home › Blog › Clouds", "Tags: a, b, c", "Share: X · Email",
        "By Dana Petrosyan", "OPINION | 11 November 2025 | 6 min read | 1,318 reads",
        "Related: Ransomware for beginners · Phishing", "© 2024 The Ward. All rights reserved.",
        "We use cookies to improve your experience. Accept · Manage", "— Advertisement —",
        "Your email address will not be published.", "Photo: the cellar (J. Doe)",
        "Print · Save as PDF · Share", "Log in or register to vote", "Previous | Index | Next",
    ],
)  # fmt: skip
def test_furniture_is_left_out(line: str) -> None:
    """What sites put around an article is no text, before or after it."""
    body = "Hospitals move their records for many reasons, " * 5 + "and stay."
    for text in (f"{line}\n\n{body}", f"{body}\n\n{line}"):
        assert read(text, "a.txt").text == body
        assert read(text, "a.md").text == body


@pytest.mark.parametrize(
    "line",
    [
        "Privacy", "Access control", "Reports of 2024 show 12 breaches in May.", "Shared tools: both.",
        "Next up: the same system for wheelchairs, of which the hospital has lost a good many in the "
        "river, and an app that tells families where they stand.",
        "I. Introduction", "By the end you will be able to", "Comments from patients matter.",
    ],
)  # fmt: skip
def test_content_that_looks_like_furniture_stays(line: str) -> None:
    """Short or odd lines of the article's own are kept."""
    body = "Hospitals move their records for many reasons, " * 5 + "and stay."
    for name in ("a.txt", "a.md"):
        assert line in read(f"{body}\n\n{line}\n\n{body}", name).text


def test_layout_tables_are_no_data() -> None:
    """A page laid out by tables keeps its headings and paragraphs."""
    cell = "<h2>Cost</h2><p>" + "It falls a little every year. " * 9 + "</p>"
    page = f"<body><table><tr><td>Menu</td><td>{cell}</td></tr></table>"
    assert outline(read(page, "a.html"))[0] == ("heading", 2, "Cost")


def test_deep_nesting_and_long_lines_are_no_trouble() -> None:
    """Neither the stack nor the clock runs out."""
    start = time.perf_counter()
    for data, name in (
        ("<div>" * 20_000 + "x", "a.html"), ("> " * 20_000 + "x", "a.md"), ("[" * 50_000, "a.md"),
        ("<" * 300_000 + "x", "a.html"), ("\n" * 300_000 + "x", "a.txt"), ("BY " + "A" * 99_999, "a.txt"),
        ("<!-->" * 900 + "<html><p>x", "a.txt"), ("A. B, " * 130, "a.txt"),
    ):  # fmt: skip
        assert read(data, name).text
    assert time.perf_counter() - start < 30


def test_found_files_are_sorted_and_named_by_their_folder(tmp_path: Path) -> None:
    """Folders are walked, hidden and other files left alone, files named are always taken."""
    for name in ("b.md", "a/c.txt", ".hidden/x.md", "a/.y.md", "note.docx", "z.HTML"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "link.md").symlink_to(DATA / "guide.md")
    assert [name for _, name in find_files([tmp_path])] == ["a/c.txt", "b.md", "z.HTML"]
    named = find_files([tmp_path / "note.docx", tmp_path, tmp_path / "b.md"])
    assert [name for _, name in named] == ["a/c.txt", "b.md", "note.docx", "z.HTML"]
    assert find_files([tmp_path / "a", tmp_path]) == find_files([tmp_path, tmp_path / "a"])
