"""What people decided about the concepts that articles name: a plain file, replayed on each build.

`read_decisions` shows what a line looks like.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from cloudhealth_kg.errors import OntologyError
from cloudhealth_kg.labels import normalise_label

__all__ = ["Decisions", "Names", "find_named", "read_decisions"]

_DECISION = re.compile(r"(same-as|not-a-concept|keep-apart)\s*:\s*(.+)")

_USAGE = "write 'same-as: A = B', 'not-a-concept: A' or 'keep-apart: A | B'"

Names = Mapping[str, tuple[str, ...]]
"""From normalised label to the IRIs of concepts, as `Ontology.labels`."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What somebody decided about concepts that articles name. Labels are normalised."""

    same_as: Mapping[str, str] = field(default_factory=dict)
    """From a label to the IRI of the concept that it names."""
    not_concepts: frozenset[str] = frozenset()
    keep_apart: frozenset[frozenset[str]] = frozenset()
    """Pairs of labels that look alike and name different ideas."""

    def __or__(self, other: "Decisions") -> "Decisions":
        return Decisions(
            {**self.same_as, **other.same_as},
            self.not_concepts | other.not_concepts,
            self.keep_apart | other.keep_apart,
        )


def read_decisions(path: Path, names: Names) -> Decisions:
    """Read a file of decisions, one a line; `#` begins a comment.

        same-as: MFA prompt = multi-factor authentication
        not-a-concept: board pack
        keep-apart: data backup | disaster recovery

    Raises:
        OntologyError: a line cannot be understood; the message lists each.
    """
    same_as: dict[str, str] = {}
    not_concepts: set[str] = set()
    keep_apart: set[frozenset[str]] = set()
    faults: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        where = f"{path}:{number}"
        match = _DECISION.fullmatch(text)
        if not text:
            continue
        if match is None:
            faults.append(f"{where}: {_USAGE}")
        elif match[1] == "not-a-concept":
            not_concepts.add(normalise_label(match[2]))
        elif match[1] == "same-as":
            label, _, concept = (part.strip() for part in match[2].partition("="))
            iri = find_named(where, concept, names, faults)
            if not normalise_label(label):
                faults.append(f"{where}: nothing stands before '='; write 'same-as: A = B'")
            elif iri:
                same_as[normalise_label(label)] = iri
        else:
            pair = frozenset(normalise_label(part) for part in match[2].split("|"))
            if len(pair) != 2 or "" in pair:
                faults.append(f"{where}: name two different labels: 'keep-apart: A | B'")
            keep_apart.add(pair)
    faults.extend(
        f"{path}: {label!r} is both same-as and not-a-concept; keep one"
        for label in sorted(not_concepts & set(same_as))
    )
    if faults:
        raise OntologyError("\n".join(faults))
    return Decisions(same_as, frozenset(not_concepts), frozenset(keep_apart))


def find_named(where: str, text: str, names: Names, faults: list[str]) -> str | None:
    """IRI of the concept that a label or an IRI names; else None, and a fault is noted."""
    if "://" in text:
        known = {iri for iris in names.values() for iri in iris}
        if text in known:
            return text
    found = names.get(normalise_label(text), ())
    if len(found) == 1:
        return found[0]
    if found:
        faults.append(f"{where}: {text!r} names several concepts; give one of {', '.join(found)}")
        return None
    near = get_close_matches(normalise_label(text), names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "add it first"
    faults.append(f"{where}: no concept is called {text!r}; {hint}")
    return None
