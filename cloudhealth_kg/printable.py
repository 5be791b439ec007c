"""Text of articles and stores, made fit to print: nothing in it steers a terminal."""


def one_line(text: str, width: int | None = None) -> str:
    """Text on one line, control characters left out; cut to `width` characters if given."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if width is None or len(flat) <= width else flat[: width - 1].rstrip() + "…"


def harmless(text: str) -> str:
    """The text with each control character but tab and line feed spelt out."""
    return "".join(
        c if c.isprintable() or c in "\t\n" else c.encode("unicode_escape").decode() for c in text
    )
