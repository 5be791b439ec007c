"""Competency questions as files: `NAME.rq`, a header of comments and a SPARQL query.

    # Which remedies for a challenge do the articles name?
    #
    # parameter challenge (concept) = data breach: the challenge
    # column remedy: IRI of the remedy
    PREFIX ch: ...
    SELECT ?challenge ?remedy WHERE { ... }

A parameter is a variable of the query, selected so that it can be bound. With nothing after the
equals sign it may stay unbound.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cloudhealth_kg.errors import OntologyError

ParameterType = Literal[
    "concept", "english", "integer", "iri", "kind", "relation", "scheme", "text"
]

_PARAMETER = re.compile(r"# parameter (\w+) \((\w+)\) = ?(.*?): (.+)")
_COLUMN = re.compile(r"# column (\w+): (.+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question can be asked about."""

    name: str
    type: ParameterType
    default: str
    """"" where it may stay open."""
    description: str


@dataclass(frozen=True, slots=True)
class Question:
    """A competency question and the query that answers it."""

    name: str
    question: str
    parameters: Mapping[str, Parameter]
    columns: Mapping[str, str]
    """From name to description, in order."""
    query: str


def read_questions(folder: Path) -> Mapping[str, Question]:
    """Read the questions of a folder, by name.

    Raises:
        OntologyError: a file's header is not as it must be.
    """
    return {path.stem: _read_question(path) for path in sorted(folder.glob("*.rq"))}


def _read_question(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    header = [line for line in lines if line.startswith("#")]
    if not header or not header[0].rstrip().endswith("?"):
        raise OntologyError(f"{path}:1: begin with the question, as in '# Which ...?'")
    parameters: dict[str, Parameter] = {}
    columns: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if match := _PARAMETER.fullmatch(line):
            if match[2] not in get_args(ParameterType):
                known = ", ".join(get_args(ParameterType))
                raise OntologyError(f"{path}:{number}: no type {match[2]!r}; there are {known}")
            parameters[match[1]] = Parameter(match[1], match[2], match[3], match[4])  # type: ignore[arg-type]
        elif match := _COLUMN.fullmatch(line):
            columns[match[1]] = match[2]
        elif line.startswith(("# parameter", "# column")):
            raise OntologyError(
                f"{path}:{number}: write '# parameter NAME (TYPE) = DEFAULT: what it is' or "
                "'# column NAME: what it holds'"
            )
    if not columns:
        raise OntologyError(f"{path}: no line '# column NAME: what it holds'")
    return Question(
        path.stem,
        header[0].removeprefix("#").strip(),
        parameters,
        columns,
        text,
    )
