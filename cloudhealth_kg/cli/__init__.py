"""The command line: each command calls one public function. Data goes to stdout, words to stderr.

Exit codes: 0 fine, 1 findings (an article failed, a check found something), 2 bad input or usage.
"""

import os
import signal
import sys
from io import TextIOWrapper
from typing import Any

import click

from cloudhealth_kg.cli import articles, knowledge, quality, views
from cloudhealth_kg.cli.options import say
from cloudhealth_kg.errors import CloudHealthError

__all__ = ["cli", "main"]


class _Commands(click.Group):
    """Lists its commands in the order in which they are of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; it ends well where whoever reads its output has seen enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cloudhealth-kg")
def cli() -> None:
    """Turn articles on cloud computing in healthcare into a knowledge graph.

    \b
    Example:
      cloudhealth-kg build corpus/articles
      cloudhealth-kg evidence "vendor lock-in"
    """


for command in (
    articles.extract,
    articles.explain,
    articles.build,
    articles.remove,
    knowledge.status,
    knowledge.validate,
    knowledge.query,
    knowledge.questions,
    views.analyse,
    views.evidence,
    views.render,
    views.candidates,
    knowledge.export,
    knowledge.load,
    knowledge.backup,
    knowledge.restore,
    knowledge.unlock,
    quality.evaluate,
    quality.train,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; errors that a user can mend are words on stderr and exit code 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that worker processes are ended
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "strict"), (sys.stderr, "replace")):
        if isinstance(stream, TextIOWrapper):  # whatever the locale
            stream.reconfigure(encoding="utf-8", errors=errors)
    try:
        cli()
    except CloudHealthError as error:
        say(f"cloudhealth-kg: {error}")
        sys.exit(2)
    except OSError as error:
        say(f"cloudhealth-kg: {error.filename or 'output'}: {error.strerror}")
        sys.exit(2)
