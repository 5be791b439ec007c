"""What a build did, file by file."""

from dataclasses import dataclass
from typing import Literal

Change = Literal["added", "changed", "unchanged", "removed", "stale", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, or of one article that was removed."""

    path: str
    change: Change
    article: str = ""
    """The article's id, where it is known."""
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, in path order."""

    outcomes: tuple[Outcome, ...]
    ontology_refreshed: bool = False
    not_given: int = 0
    """Articles that the store holds and no file gave this time."""

    def of(self, change: Change) -> tuple[Outcome, ...]:
        """The outcomes of one sort."""
        return tuple(outcome for outcome in self.outcomes if outcome.change == change)

    @property
    def added(self) -> tuple[Outcome, ...]:
        """Articles that the store did not hold."""
        return self.of("added")

    @property
    def changed(self) -> tuple[Outcome, ...]:
        """Articles read anew; the reason says what was new."""
        return self.of("changed")

    @property
    def unchanged(self) -> tuple[Outcome, ...]:
        """Articles left as they were."""
        return self.of("unchanged")

    @property
    def removed(self) -> tuple[Outcome, ...]:
        """Articles forgotten since no file gave them any more."""
        return self.of("removed")

    @property
    def duplicates(self) -> tuple[Outcome, ...]:
        """Files that say what another file, earlier in path order, says already."""
        return self.of("duplicate")

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Files that could not be read, with reasons; what the store held of them stays."""
        return self.of("failed")

    @property
    def stale(self) -> tuple[Outcome, ...]:
        """Articles that a file gave before it changed its source address; they are still held."""
        return self.of("stale")

    @property
    def ok(self) -> bool:
        """Whether every file got in."""
        return not self.failed and not self.duplicates


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is; given to the `progress` callback after each file."""

    done: int
    total: int
    outcome: Outcome


def build_summary(report: BuildReport) -> str:
    """What a build did, with a line for each file that needs a look."""
    needing_a_look = (*report.changed, *report.removed, *report.duplicates, *report.stale)
    lines = [f"{o.change}: {o.path}: {o.reason}" for o in needing_a_look]
    lines += [f"failed: {o.reason}" for o in report.failed]
    lines += [f"warning: {warning}" for o in report.outcomes for warning in o.warnings]
    counts = [
        f"{len(report.of(change))} {change}"
        for change in ("added", "changed", "unchanged", "removed", "duplicate", "failed")
        if report.of(change) or change in {"added", "unchanged"}
    ]
    if report.not_given:
        lines.append(
            f"kept: {report.not_given} articles that no file gave this time; --prune forgets them"
        )
    return "\n".join([*lines, ", ".join(counts)])
