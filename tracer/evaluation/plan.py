"""What can be measured on a set, asked of each experiment before any picture is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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

    def protocols(self, measured: Collection[str], details: Sequence[dict[str, object]]) -> dict[str, dict[str, str]]:
        """How figures were made, in lines for the report, by experiment; nothing of experiments that have no figure.

        Args:
            measured: names of the experiments with figures.
            details: of the results.
        """
        return {
            one.name: {
                what: self._of_units(how) for what, how in one.protocol(self.labelled, self.options, details).items()
            }
            for one in self.experiments
            if one.name in measured
        }

    def protocol(self, of_experiments: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """All lines together, those of each experiment from the call that measured it, in the order of the experiments."""
        said = {what: how for one in self.experiments for what, how in of_experiments.get(one.name, {}).items()}
        return said | {"other intervals": self._of_units("percentile bootstrap over scenes and owners")}

    def _of_units(self, text: str) -> str:
        """A line as it is where nothing tells which photos belong together."""
        for without, instead in () if self.labelled.units_known else _UNKNOWN_UNITS:
            text = text.replace(without, instead)
        return text


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
