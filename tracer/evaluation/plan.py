"""What can be measured on a set, asked of each experiment before any picture is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tracer.errors import UsageError
from tracer.evaluation.options import Options
from tracer.experiments.experiment import Encoders, Experiment, Measurement, Planned
from tracer.experiments.labels import LabelledSet
from tracer.experiments.shared.processings import processing_groups
from tracer.results.skips import Skip

_UNKNOWN_UNITS = (
    (" that keep scenes and owners whole", ""),
    (", and the scenes or owners of the tested photos", ""),
    ("scenes and owners", "photos"),
)
"""What is said of scenes and owners, and what in its place where none is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is measured on a set.

    Attributes:
        labelled: the set.
        options: with the names of the experiments that are run.
        experiments: all that there are, in the order of the report's page.
        planned: what each that is run does, by its name, in the same order.
    """

    labelled: LabelledSet
    options: Options
    experiments: tuple[Experiment, ...]
    planned: dict[str, Planned]

    @property
    def measurements(self) -> list[Measurement]:
        """All of them, in the order of the experiments."""
        return [one for planned in self.planned.values() for one in planned.measurements]

    @property
    def skipped(self) -> list[Skip]:
        """What cannot be measured, or was not asked for; what several experiments lack once."""
        return list(dict.fromkeys(skip for planned in self.planned.values() for skip in planned.skipped))

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views to embed; the plain photo comes first where anything is embedded."""
        named = [name for one in self.measurements for name in one.views]
        return tuple(dict.fromkeys(["IDENTITY", *named])) if named else ()

    def steps(self, encoders: Sequence[str]) -> Iterator[tuple[Measurement, str]]:
        """Each measurement with its encoder: first those of the set alone ("" for the encoder), then encoder by encoder."""
        for one in self.measurements:
            if one.encoders is Encoders.NONE:
                yield one, ""
        for encoder in encoders:
            for one in self.measurements:
                if encoder in one.encoders.among(encoders):
                    yield one, encoder

    def protocol(self, measured: Collection[str], details: Sequence[dict[str, object]]) -> dict[str, str]:
        """How the figures of a run were made, in lines for the report; nothing of experiments that have no figure in it.

        Args:
            measured: names of the experiments with figures in its results.
            details: of its results.
        """
        said: dict[str, str] = {}
        for experiment in self.experiments:
            if experiment.name in measured:
                said |= experiment.protocol(self.labelled, self.options, details)
        said["other intervals"] = "percentile bootstrap over scenes and owners"
        if self.labelled.units_known:
            return said
        for without, instead in _UNKNOWN_UNITS:
            said = {what: how.replace(without, instead) for what, how in said.items()}
        return said


def make_plan(labelled: LabelledSet, options: Options, experiments: Sequence[Experiment]) -> Plan:
    """Ask each experiment that is to run for its plan.

    Raises:
        UsageError: there is no experiment of a name; the set has no label that was asked for; one processing alone, or an
            unknown one.
    """
    known = [one.name for one in experiments]
    if unknown := [name for name in options.experiments if name not in known]:
        raise UsageError(f"There is no experiment {', '.join(unknown)}", way_out=f"There are {', '.join(known)}.")
    labelled.refuse_unknown(options.attributes)
    processing_groups(options.processings)
    chosen = replace(options, experiments=tuple(n for n in known if n in (options.experiments or known)))
    planned = {one.name: one.plan(labelled, chosen) for one in experiments if one.name in chosen.experiments}
    return Plan(labelled, chosen, tuple(experiments), planned)
