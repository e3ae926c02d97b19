"""Operations on decisions: accept, reject, undo, redo, and the decisions of other annotators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from curate.errors import CurateError, command
from curate.operation import Access, Asked, Operation, Outcome, Table
from tracer.base.errors import Exit
from tracer.base.progress import SILENT, Work
from tracer.base.text import counted, printable_path

if TYPE_CHECKING:
    from curate.catalog.decisions import Decision, Tally
    from curate.catalog.findings import Imported
    from curate.catalog.store import Catalog

PhotoPath = Annotated[Path, Field(description="A photo: any path that curate prints."), Asked(argument=True)]


def note_gone(count: int, root: Path) -> Iterator[str]:
    """Say that decided pairs are not counted, because a photo was forgotten or replaced."""
    if count:
        listed = command("decisions", "export", workspace=root)
        yield (
            f"{counted(count, 'decided pair')} not listed or counted, because a photo was forgotten or its file was replaced "
            f"by other content; still listed by: {listed}"
        )


@dataclass(frozen=True, slots=True)
class Decided(Outcome):
    """The decided pairs after a decision, an undo or a redo.

    Attributes:
        tally: the numbers of pairs.
        gone: the number of decided pairs that are not counted, since a photo is gone.
        said: keys of the JSON object beside the numbers -> words.
        line: what was done, in words.
        now: how many pairs this decision accepted; None for other decisions.
    """

    tally: Tally
    gone: int
    said: Mapping[str, str]
    line: str = ""
    now: int | None = None

    @classmethod
    def of(
        cls, catalog: Catalog, said: Mapping[str, str] | None = None, line: str = "", now: int | None = None
    ) -> Decided:
        """Score the candidates again, and count the pairs."""
        from curate.catalog import decisions
        from curate.pairing.score.learning import follow

        follow(catalog)
        return cls(decisions.tally(catalog), decisions.gone(catalog), said or {}, line, now)

    def as_json(self) -> Mapping[str, Any]:
        """Return the numbers, and what was taken back or repeated."""
        return {**asdict(self.tally), "gone": self.gone, **self.said}

    def in_words(self) -> Iterator[str]:
        """Return what was done, and the numbers."""
        if self.line:
            yield self.line
        yield f"accepted {self.tally.accepted}, rejected {self.tally.rejected}"

    def summary(self) -> str:
        """Return what was done, in one line."""
        if self.now is not None:
            return f"{counted(self.now, 'pair')} accepted{' · u takes it back' * bool(self.now)}"
        return self.line or ", ".join(self.in_words())

    def notes(self, root: Path) -> Iterator[str]:
        """Say how many pairs were accepted now, and which are not counted."""
        if self.now is not None:
            yield f"accepted {self.now} now"
        yield from note_gone(self.gone, root)


class _Decide(Operation):
    """A decision on two photos."""

    action: ClassVar[Literal["accept", "reject"]]
    says_next: ClassVar = True

    phone: PhotoPath
    other: PhotoPath

    def run(self, catalog: Catalog) -> Work[Decided]:
        """Decide."""
        from curate.catalog.pairs import decide_by_path

        yield SILENT
        decide_by_path(catalog, self.action, self.phone, self.other)
        return Decided.of(catalog)


class Accept(_Decide):
    """Accept two photos as a pair, whether or not they are a candidate pair."""

    words: ClassVar = ("decide", "accept")
    action: ClassVar = "accept"


class Reject(_Decide):
    """Reject two photos as a pair; they are not proposed again."""

    words: ClassVar = ("decide", "reject")
    action: ClassVar = "reject"


class AcceptAllAbove(Operation):
    """Accept every proposed pair with at least this probability."""

    words: ClassVar = ("decide", "auto")
    work: ClassVar = "accept"
    title: ClassVar = "Accept all above"
    tooltip: ClassVar = "accept all proposed pairs from a score on, as one step"
    question: ClassVar = "Accept all proposed pairs from which score on?"
    says_next: ClassVar = True

    min_score: Annotated[float, Field(ge=0.0, le=1.0), Asked(argument=True, label="score", example="such as 0.98")]

    @classmethod
    def hint_for(cls, catalog: Catalog) -> str:
        """Say how many pairs some scores would accept."""
        from curate.catalog.pairs import proposed_from

        numbers = ", ".join(f"{score}: {len(proposed_from(catalog, score)):,}" for score in (0.99, 0.98, 0.95, 0.9))
        return f"Proposed pairs by the least score: {numbers}. One undo takes them back."

    def run(self, catalog: Catalog) -> Work[Decided]:
        """Accept them."""
        from curate.catalog.pairs import decide_auto

        yield SILENT
        return Decided.of(catalog, now=decide_auto(catalog, self.min_score))


class _Step(Operation):
    """An undo or redo."""

    says_next: ClassVar = True

    def run(self, catalog: Catalog) -> Work[Decided]:
        """Take one step."""
        from curate.catalog.wording import in_words

        yield SILENT
        decision, done = self.step(catalog)
        if decision is None:
            listed = command("decisions", "export", workspace=catalog.workspace.root)
            raise CurateError(f"there is nothing to {self.words[0]}", "", f"To list all decisions: {listed}")
        what = in_words(catalog, decision)
        line = f"{done}: {what} ({decision.at}, {decision.who})"
        return Decided.of(catalog, {done.replace(" ", "_"): what}, line)

    def step(self, catalog: Catalog) -> tuple[Decision | None, str]:
        """Return the decision that was taken back or repeated, and which of both in words."""
        raise NotImplementedError


class Undo(_Step):
    """Take back the last decision and print it; decisions that were made in one step are taken back in one step."""

    words: ClassVar = ("undo",)

    def step(self, catalog: Catalog) -> tuple[Decision | None, str]:
        """Take it back."""
        from curate.catalog import decisions

        return decisions.undo(catalog), "taken back"


class Redo(_Step):
    """Repeat the decision that was taken back last, and print it."""

    words: ClassVar = ("redo",)

    def step(self, catalog: Catalog) -> tuple[Decision | None, str]:
        """Repeat it."""
        from curate.catalog import decisions

        return decisions.redo(catalog), "done again"


class ImportDecisions(Operation):
    """Import another annotator's decisions; print the agreement and the differences. One `curate undo` takes them back."""

    words: ClassVar = ("decisions", "import")
    question: ClassVar = "Import whose decisions?"
    hint: ClassVar = (
        "What `curate decisions export` wrote in another workspace. Where both decided differently, you are asked."
    )

    file: Annotated[
        Path,
        Field(description="What `curate decisions export` printed in another workspace."),
        Asked(argument=True, label="file", example="such as decisions.jsonl", ending=".jsonl", here=True),
    ]
    prefer: Annotated[
        Literal["mine", "theirs"] | None,
        Field(description="Which decision to use where the two differ; by default mine stays for now."),
    ] = None
    dry_run: Annotated[bool, Field(description="Only print what would be done.")] = False

    @property
    def needs(self) -> Access:
        """A trial only reads."""
        return Access.READS if self.dry_run else Access.WRITES

    def check(self, catalog: Catalog) -> None:
        """Refuse what is not a file of decisions."""
        from curate.catalog.exchange import check_decisions

        check_decisions(self.file)

    def run(self, catalog: Catalog) -> Work[DecisionsImported]:
        """Import them."""
        from curate.catalog import decisions
        from curate.catalog.importing import import_decisions
        from curate.pairing.score.learning import follow

        yield SILENT
        found = import_decisions(catalog, self.file, self.prefer, dry_run=self.dry_run)
        if not self.dry_run:
            follow(catalog)
        return DecisionsImported(found, decisions.tally(catalog), self.file)


@dataclass(frozen=True, slots=True)
class DecisionsImported(Outcome):
    """What an import of decisions did."""

    found: Imported
    tally: Tally
    file: Path

    def as_json(self) -> Mapping[str, Any]:
        """Return the numbers of pairs, and what was imported."""
        return asdict(self.tally) | self.found.as_json()

    def in_words(self) -> Iterator[str]:
        """Return the result as lines."""
        yield from self.found.in_words()

    def tables(self) -> Iterator[Table]:
        """Return the decisions that differ."""
        rows = [
            {"what": ", ".join(one.what), "mine": one.mine, "theirs": one.theirs, "by": one.who}
            for one in self.found.conflicts
        ]
        if rows:
            yield Table(rows, ("what", "mine", "theirs", "by"))

    def notes(self, root: Path) -> Iterator[str]:
        """Name what was not imported."""
        from curate.catalog.findings import NAMED

        found = self.found
        if not found.lines and not found.refused_lines:
            yield f"{printable_path(self.file)} contains no decisions"
        yield from (f"line {refused.line} was not imported: {refused.why}" for refused in found.refused)
        if (more := found.refused_lines - len(found.refused)) > 0:
            yield f"{counted(more, 'more line')} not imported"
        yield from (f"this workspace does not have the photo {sha256}" for sha256 in sorted(found.unknown)[:NAMED])
        if (more := len(found.unknown) - NAMED) > 0:
            yield f"nor {counted(more, 'more photo')}; the option --json lists them all"

    @property
    def exit_code(self) -> Exit:
        """Some failed if something needs a person's attention."""
        return Exit.DONE if self.found.complete else Exit.SOME_FAILED
