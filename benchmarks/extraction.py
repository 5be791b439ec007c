"""How fast articles are read, as ratios to the bare spaCy pipeline within one run.

    python benchmarks/extraction.py [FOLDER]

Prints words a second of: spaCy's tagger and parser alone, our whole extraction on one core, and
our extraction with a process for each core.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import spacy

from cloudhealth_kg.annotate import load_pipeline
from cloudhealth_kg.articles import read_article
from cloudhealth_kg.build import build
from cloudhealth_kg.extract import extract
from cloudhealth_kg.files import find_files
from cloudhealth_kg.versions import BASE_PIPELINE

ROUNDS = 3


def best(run):
    """The shortest of a few runs, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "corpus/articles")
    articles = [read_article(path, name=name) for path, name in find_files([folder])]
    words = sum(len(article.text.split()) for article in articles)
    bare = spacy.load(BASE_PIPELINE, exclude=["ner"])
    ours = load_pipeline()
    print(f"{len(articles)} articles, {words} words, {os.cpu_count()} cores")
    spacy_time = best(lambda: [bare(article.text) for article in articles])
    print(f"spaCy tagger and parser   {words / spacy_time:8.0f} words/s")
    our_time = best(lambda: [extract(article, ours) for article in articles])
    print(
        f"extraction, one process   {words / our_time:8.0f} words/s"
        f"   {our_time / spacy_time:.1f} times spaCy's time"
    )
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        build([folder], Path(scratch) / "kg", workers=0)
        whole = time.perf_counter() - start
    print(f"build with start-up       {words / whole:8.0f} words/s   {whole:.1f} s in all")


if __name__ == "__main__":
    main()
