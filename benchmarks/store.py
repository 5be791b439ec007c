"""Builds, changes, rebuilds and prunes a large corpus, and prints times and peak memory.

    python benchmarks/store.py [--articles 10000] [--store URL] [--extractor sample|real]

The corpus is made by recombining paragraphs of `corpus/articles`. The sample extractor of the
tests measures reading and storing alone; the real one takes hours for 10,000 articles
on two cores. With `--store` the work is done at a SPARQL server (credentials from the
environment), else in a folder.
"""

import argparse
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sample_extractor import load_extractor as load_sample  # noqa: E402

from cloudhealth_kg.articles import read_article  # noqa: E402
from cloudhealth_kg.build import build  # noqa: E402
from cloudhealth_kg.dataset import status  # noqa: E402
from cloudhealth_kg.files import find_files  # noqa: E402
from cloudhealth_kg.formats import export  # noqa: E402
from cloudhealth_kg.model import RELATIONS  # noqa: E402
from cloudhealth_kg.store import open_dataset  # noqa: E402
from cloudhealth_kg.validation import validate  # noqa: E402


def make_corpus(folder: Path, count: int, *, seed: int = 0, start: int = 0) -> None:
    """Write `count` articles of eight paragraphs of ours each, with five sample statements."""
    rng = random.Random(seed)
    paragraphs = [
        article.text[block.start : block.end]
        for path, name in find_files([ROOT / "corpus" / "articles"])
        for article in [read_article(path, name=name)]
        for block in article.blocks
        if block.role == "paragraph" and block.end - block.start > 200
    ]
    for number in range(start, start + count):
        path = folder / f"{number // 1000:02}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        statements = [
            f"measure {rng.randrange(300)} {rng.choice(RELATIONS)} challenge {rng.randrange(300)}"
            for _ in range(5)
        ]
        body = "\n\n".join([*rng.sample(paragraphs, 8), *statements])
        path.write_text(f"# Article {number}\n\n{body}\n", encoding="utf-8")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took, and the most memory that process and workers have held."""
    started = time.perf_counter()
    yield
    took = time.perf_counter() - started
    mine, workers = (
        resource.getrusage(who).ru_maxrss // 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"{what:42} {took:9.2f} s   {mine:6} MB, a worker {workers} MB", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--store", default="")
    parser.add_argument("--extractor", choices=["sample", "real"], default="sample")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    count, change = options.articles, max(1, options.articles // 100)
    folder = Path(tempfile.mkdtemp(prefix="cloudhealth-kg-"))
    store = options.store or str(folder / "kg")
    run = partial(build, [folder / "in"], store, workers=options.workers)
    if options.extractor == "sample":
        run = partial(run, extractor=load_sample, extractor_version="sample")
    make_corpus(folder / "in", count)
    try:
        with timed(f"first build, {count} articles"):
            assert len(run().added) == count
        with timed("nothing changed"):
            assert len(run().unchanged) == count
        make_corpus(folder / "in", change, seed=1)
        with timed(f"{change} articles changed"):
            assert len(run().changed) == change
        for path in sorted((folder / "in").rglob("*.md"))[-change:]:
            path.unlink()
        with timed(f"{change} articles pruned"):
            assert len(run(prune=True).removed) == change
        with closing(open_dataset(store, read_only=True)) as dataset:
            with timed("status"):
                print(status(dataset))
            with timed("validate (without shapes)"):
                assert validate(dataset) == ()
            stream = BytesIO()
            with timed("export as sorted N-Quads"):
                export(dataset, "nquads", stream)
        with closing(open_dataset()) as fresh:
            build([folder / "in"], fresh, **{**run.keywords, "workers": 1})
            again = BytesIO()
            export(fresh, "nquads", again)
        same = again.getvalue() == stream.getvalue()
        print(f"{len(stream.getvalue())} bytes, the same as those of a fresh build: {same}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
