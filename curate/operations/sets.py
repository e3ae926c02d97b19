"""Operations on sets: draw splits, export, check, audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from curate.catalog.labels import ATTRIBUTES
from curate.catalog.originals import refuse_original
from curate.errors import UsageError, command, shown
from curate.export.current import set_places
from curate.export.options import ExportChoice, Problem, in_one_line
from curate.operation import Access, Asked, Operation, Outcome, Table, comma_list, comma_separated
from curate.sources.made import MANIFEST, why_no_place
from tracer.base.errors import Exit
from tracer.base.progress import SILENT, Work
from tracer.base.text import counted, quoted_path

if TYPE_CHECKING:
    from curate.catalog.store import Catalog


def usual_place(catalog: Catalog) -> Path:
    """Return the workspace's own set."""
    return catalog.workspace.exports / catalog.workspace.name


def sets_here(catalog: Catalog) -> list[Path]:
    """Return the folders of the sets of a workspace that are still there, the newest first."""
    return set_places(catalog)[::-1]


def free_place(catalog: Catalog) -> Path:
    """Return the workspace's own set, or if that is written already, the first of its numbered neighbours that is not."""
    usual = usual_place(catalog)
    places = chain([usual], (usual.with_name(f"{usual.name}-{number}") for number in count(2)))
    return next(place for place in places if not (place / MANIFEST).exists())


class Split(Operation):
    """Draw balanced, leak-free splits in the paper's format. Exports use the splits drawn last, until they are withdrawn."""

    words: ClassVar = ("split",)
    work: ClassVar = "splits"
    question: ClassVar = "Draw which splits?"
    hint: ClassVar = (
        "Exports make the splits that were drawn last. With nothing in the first line they follow the settings again."
    )

    attribute: Annotated[
        tuple[str, ...],
        Field(description="A label column; repeat it for more. Without it, print which splits exports use."),
        comma_separated("none"),
        Asked(repeated=True, label="by", example="none: as the settings say", words=tuple(ATTRIBUTES)),
    ] = ()
    group: Annotated[
        tuple[str, ...] | None,
        Field(description="What is kept on one side; by default owner,scene,duplicate."),
        comma_separated("nothing", "none"),
        Asked(
            label="keep together", example="nothing; or owner,scene,duplicate", words=("owner", "scene", "duplicate")
        ),
    ] = None
    seed: Annotated[
        int | None, Field(ge=0, description="The seed of the draw; by default 42."), Asked(label="seed")
    ] = None
    withdraw: Annotated[
        bool, Field(description="Let exports use the splits of workspace.toml again; files in splits/ stay.")
    ] = False

    @property
    def needs(self) -> Access:
        """Without attributes it only tells which splits exports use."""
        return Access.WRITES if self.attribute or self.withdraw else Access.READS

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the splits that an export makes now."""
        from curate.splits.choice import chosen

        now = chosen(catalog)
        return {"attribute": now.attributes, "group": now.group_by, "seed": now.seed}

    @classmethod
    def from_form(cls, typed: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a withdrawal if nothing is typed to split by."""
        return typed if comma_list(typed["attribute"], "none") else {"withdraw": True}

    def check(self, catalog: Catalog) -> None:
        """Refuse what cannot be split by, and options that contradict each other."""
        from curate.splits.choice import groupings

        if not self.attribute and not (self.group is None and self.seed is None):
            raise UsageError(
                "no split is drawn", "--group and --seed need an attribute", "Name an attribute: --attribute Make"
            )

        if self.withdraw and self.attribute:
            raise UsageError(
                "splits are either drawn or withdrawn", "both were given", "Leave out --attribute or --withdraw."
            )
        for name in self.attribute:
            if name not in ATTRIBUTES:
                raise UsageError("no split can be made by that", name, f"Attributes are {', '.join(ATTRIBUTES)}.")
        groupings(self.group or ())

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Draw the splits, withdraw those that were drawn, or tell which ones exports use."""
        from curate.catalog.sets import withdraw_splits
        from curate.export.run import split_workspace

        yield SILENT
        if self.attribute:
            by = ("owner", "scene", "duplicate") if self.group is None else self.group
            return split_workspace(catalog, self.attribute, by, 42 if self.seed is None else self.seed)
        withdrawn = withdraw_splits(catalog) if self.withdraw else None
        return SplitsUsed.of(catalog, withdrawn)


@dataclass(frozen=True, slots=True)
class SplitsUsed(Outcome):
    """The splits that exports make, without a draw."""

    said: str
    used: Mapping[str, Any]
    withdrawn: bool | None
    """Whether drawn splits were withdrawn; None where that was not asked for."""

    @classmethod
    def of(cls, catalog: Catalog, withdrawn: bool | None) -> SplitsUsed:
        """Return the splits that exports of a workspace make."""
        from curate.catalog.sets import split_log
        from curate.splits.choice import chosen

        used, history = chosen(catalog), [event.model_dump() for event in split_log(catalog)]
        said = used.in_words(catalog.workspace.root)
        return cls(said=said, used={**used.as_json(), "history": history}, withdrawn=withdrawn)

    def as_json(self) -> Mapping[str, Any]:
        """Return the object that `--json` prints."""
        return self.used

    def in_words(self) -> Iterable[str]:
        """Return the line that the command prints."""
        yield self.said

    def summary(self) -> str:
        """Say what became of the drawn splits."""
        if self.withdrawn is None:
            return self.said
        return "exports follow the settings again" if self.withdrawn else "no splits were drawn"

    def notes(self, root: Path) -> Iterable[str]:
        """Say that there was nothing to withdraw."""
        if self.withdrawn is False:
            yield "no splits were drawn, so there is nothing to withdraw"


class ExportSet(ExportChoice, Operation):
    """Write a labelled set. Private metadata is removed; the coded picture data stays bit-identical."""

    words: ClassVar = ("export",)
    title: ClassVar = "Export set"
    tooltip: ClassVar = "write a set, and check it"
    question: ClassVar = "Export which set?"
    says_next: ClassVar = True

    out: Annotated[Path, Field(description="The folder of the set."), Asked(argument=True, label="into", ending="")]
    verify: Annotated[bool, Field(description="Check the set when it is written.")] = False
    dry_run: Annotated[
        bool, Field(description="Only tell what the set would hold and leave out; nothing is written.")
    ] = False

    @property
    def needs(self) -> Access:
        """A trial only reads."""
        return Access.READS if self.dry_run else Access.WRITES

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the accepted pairs if there are any, else all photos; a folder that holds no set yet."""
        from curate.catalog.decisions import tally

        match = catalog.workspace.settings.export.match
        return {"out": free_place(catalog), "pairs": tally(catalog).accepted > 0, "match": match}

    @classmethod
    def hint_for(cls, catalog: Catalog) -> str:
        """Say that the workspace's own set is not written over unless a person asks for it."""
        usual, root = usual_place(catalog), catalog.workspace.root
        older = f"{quoted_path(usual.relative_to(root))} holds a set: name it, and yes behind replace writes over it. "
        rules = "The folder may be relative to the workspace. Private metadata is removed."
        return f"{older * (usual != free_place(catalog))}{rules}"

    def check(self, catalog: Catalog) -> None:
        """Refuse a folder that must not hold a set."""
        refuse_original(catalog, self.out)
        if (why := why_no_place(self.out, ("exports",))) is not None:
            free = command("export", shown(usual_place(catalog)), workspace=catalog.workspace.root)
            raise UsageError(
                f"{quoted_path(self.out)} cannot hold a set", why, f"Name a separate folder for the set: {free}"
            )
        if (self.out / MANIFEST).exists() and not (self.replace or self.dry_run):
            raise UsageError(
                f"{quoted_path(self.out)} already exists", "", "Choose another place, or replace it with --replace."
            )

    def warnings(self, catalog: Catalog) -> Iterator[str]:
        """Name the licences that no photo has."""
        from curate.catalog.photos import stated_licenses

        stated = stated_licenses(catalog) if self.licenses else []
        for name in self.licenses:
            if name.casefold() not in map(str.casefold, stated):
                yield f"no photo has the licence {name}; those of the photos are: {', '.join(stated) or 'none'}"

    def remarks(self, catalog: Catalog) -> Iterator[str]:
        """Say which splits the set gets."""
        from curate.splits.choice import chosen

        yield chosen(catalog).in_words(catalog.workspace.root)

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Write the set, or find what it would hold."""
        yield SILENT
        if self.dry_run:
            from curate.export.preview import planned_set

            return (yield from planned_set(catalog, self))
        from curate.export.run import export_workspace

        written = yield from export_workspace(catalog, self.out, self)
        if not self.verify:
            return written
        checked = yield from VerifySet(dataset=written.dataset).run(catalog)
        return replace(written, problems=checked.problems)


class VerifySet(Operation):
    """Check a set: its files, hashes, labels and splits, and that it holds no private metadata."""

    words: ClassVar = ("verify",)
    work: ClassVar = "check"
    access: ClassVar = Access.NOTHING

    dataset: Annotated[Path, Asked(argument=True, label="set", ending="")]

    def run(self, catalog: Catalog) -> Work[SetChecked]:
        """Check the set."""
        from curate.export.verify import verify_set

        yield SILENT
        return SetChecked(dataset=self.dataset, problems=tuple(verify_set(self.dataset)))


@dataclass(frozen=True, slots=True)
class SetChecked(Outcome):
    """What is wrong with a set."""

    dataset: Annotated[Path, Field(exclude=True)]
    problems: tuple[Problem, ...]

    def as_json(self) -> Mapping[str, Any]:
        """Return the object that `--json` prints."""
        return {"ok": not self.problems, **Outcome.as_json(self)}

    def tables(self) -> Iterator[Table]:
        """Return the problems."""
        if self.problems:
            yield Table(self.as_json()["problems"], ("check", "path", "what"))

    def in_words(self) -> Iterator[str]:
        """Say that a set is valid."""
        if not self.problems:
            yield "ok"

    def summary(self) -> str:
        """Say whether the set is valid, and name the first problem."""
        return f"{quoted_path(self.dataset)}, {in_one_line(self.problems)}"

    @property
    def exit_code(self) -> Exit:
        """Failed if there is a problem."""
        return Exit.FAILED if self.problems else Exit.DONE


_COMPARE = (
    "Name a set with a column split or with split files, a split file, or two sets: curate audit TRAIN_SET TEST_SET; or draw "
    "splits: curate split --attribute Make -w DIR"
)


class Audit(Operation):
    """Find leaks and confounds in any set or split: what its sides share, and what else tells phones from other cameras."""

    words: ClassVar = ("audit",)
    access: ClassVar = Access.NOTHING

    places: Annotated[
        tuple[Path, ...],
        Field(description="Folders of sets, and JSON files of splits."),
        Asked(argument=True, metavar="SET_OR_SPLIT_FILES…", label="set", ending=".json"),
    ]
    group: Annotated[
        tuple[str, ...] | None,
        Field(description="What must not be shared: owner, scene, duplicate; by default what the set says, else all."),
        comma_separated(),
    ] = None

    def run(self, catalog: Catalog) -> Work[Audited]:
        """Audit the sets and splits."""
        from curate.audit.report import audit

        yield SILENT
        return Audited(found=audit(self.places, self.group))


@dataclass(frozen=True, slots=True)
class Audited(Outcome):
    """What an audit found."""

    found: Mapping[str, Any]

    def as_json(self) -> Mapping[str, Any]:
        """Return the object that `--json` prints."""
        return self.found

    def tables(self) -> Iterator[Table]:
        """Return the leaks and the confounds."""
        if self.found["leaks"]:
            yield Table(self.found["leaks"], ("a", "b", "kind", "count", "examples", "file"))
        if self.found["confounds"]:
            columns = ("name", "value", "p_value", "p_adjusted", "p_cameras_adjusted", "test", "photos")
            yield Table(self.found["confounds"], columns)

    def in_words(self) -> Iterator[str]:
        """Say whether anything leaks."""
        if not self.found["leaks"]:
            yield self.summary()

    def summary(self) -> str:
        """Say whether anything leaks, in one line."""
        leaks, compared = len(self.found["leaks"]), self.found["compared"]
        if leaks:
            return f"✗ {counted(leaks, 'leak')}"
        if compared:
            return f"no leak found in {counted(compared, 'comparison')} of sides"
        return "nothing was compared: a leak is something that two sides of a split, or two sets, share"

    def notes(self, root: Path) -> Iterator[str]:
        """Say what could not be compared, and put the confounds into words."""
        if not self.found["leaks"] and not self.found["compared"]:
            yield _COMPARE
        yield from self.found["confounds_in_words"]
        for entry in self.found["unused"]:
            yield f"could not be used: {entry['what']}, {counted(entry['values'], 'time')} ({entry['place']})"

    @property
    def exit_code(self) -> Exit:
        """Leak if there is one; failed if nothing was looked at, which is not the same as no leak."""
        if self.found["leaks"]:
            return Exit.LEAK
        return Exit.DONE if self.found["compared"] or self.found["confounds"] else Exit.FAILED
