"""Parses kept beside a store: where only the ontology or the model changed, nothing is parsed anew.

That spares a quarter of the time. A parse is kept under the name of its article's graph and is
forgotten with it (see `store_folder`); it is used only for the text, the blocks and the pipeline
that it was made of.
"""

import hashlib
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from cloudhealth_kg.model import Article
from cloudhealth_kg.store_folder import parse_file, replace_bytes
from cloudhealth_kg.vocabulary import article_iri

ATTRIBUTES = ("LEMMA", "POS", "TAG", "MORPH", "DEP", "HEAD", "SENT_START")


def load_parse(store: Path, article: Article, nlp: Language) -> Doc | None:
    """The parse of an article that `save_parse` kept; None where there is none that fits.

    Args:
        store: folder of the store.
        article: whose text was parsed.
        nlp: the pipeline that would parse it.
    """
    try:
        kept = parse_file(store, str(article_iri(article.id))).read_bytes()
        digest = _digest(article, nlp)
        if not kept.startswith(digest):
            return None
        (doc,) = DocBin().from_bytes(kept[len(digest) :]).get_docs(nlp.vocab)
    except Exception:  # absent, or whatever msgpack and spaCy make of a damaged file
        return None
    return doc


def save_parse(store: Path, article: Article, doc: Doc, nlp: Language) -> None:
    """Keep a parse; where it cannot be written, it will be made anew.

    Args:
        store: folder of the store.
        article: whose text was parsed.
        doc: with heads, tags, lemmas and sentence starts set.
        nlp: the pipeline that parsed it.
    """
    kept = _digest(article, nlp) + DocBin(attrs=ATTRIBUTES, docs=[doc]).to_bytes()
    try:
        replace_bytes(parse_file(store, str(article_iri(article.id))), kept)
    except OSError:
        return


def _digest(article: Article, nlp: Language) -> bytes:
    """Of all that a parse depends on."""
    blocks = [(block.start, block.end) for block in article.blocks]
    made_of = (
        article.text,
        blocks,
        nlp.meta["name"],
        nlp.meta["version"],
        nlp.meta["spacy_version"],
    )
    return hashlib.sha256(repr(made_of).encode()).digest()
