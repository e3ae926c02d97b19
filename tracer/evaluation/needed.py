"""How many camera models, scenes and photos an interval or an effect of a given size takes: `tracer plan`.

Three sources give the designs whose numbers are looked for: a run (what it measured), a set (its layout, with stated or default
variances), or nothing but numbers that somebody has in mind. Every row says where its variances came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tracer import stats
from tracer.results import words

BETWEEN_MODELS: Final = 0.15
BETWEEN_SCENES: Final = 0.15
FIGURE: Final = 0.75
DIFFER: Final = 0.1
SIMILARITY: Final = 0.1
"""What is taken where neither a run nor the caller says it (docs/evaluation.md, "How many do I need?")."""
RUN, STATED, DEFAULT = "this run", "stated", "default"
OF_TRAINING: Final = 2.0
"""Times the variance between scenes in the interval of a probe of known cameras (`stats.widened_draws`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for, and what is stated. Fractions; None where nothing is said.

    Attributes:
        width: half of an interval's width. effect: above guessing, or of a difference. power: with which the effect is shown.
        figure: that is expected, as a share.
        between_models, between_scenes: standard deviations of shares.
        models: of a class. scenes: of the set. photos: of a model in a scene. They take the place of the set's.
        questions: whose answers are corrected together.
    """

    width: float | None = None
    effect: float | None = None
    power: float = 0.8
    figure: float | None = None
    between_models: float | None = None
    between_scenes: float | None = None
    models: int | None = None
    scenes: int | None = None
    photos: int | None = None
    questions: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A row of the answer.

    Attributes:
        question: what is measured. encoder: of the run's figure; empty without a run.
        goal: `interval`, `effect` or `test` (that p below the level can be reached at all).
        target: half of the interval's width, the effect, or the level of the test. level, power: of an effect; None otherwise.
        quantity: what is counted. now: so many there are, the other quantities staying as they are. needed: None where no number
            does it.
        reached: half-width, power, or smallest p-value with what there is now.
        photos: of the whole set with the needed number; None where it is not known.
        variance: where the variance came from.
        note: what else has to be known.
    """

    question: str
    encoder: str
    goal: str
    target: float
    level: float | None
    power: float | None
    quantity: str
    now: float
    needed: int | None
    reached: float
    photos: int | None
    variance: str
    note: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A question with the design that is planned.

    Attributes:
        question: what is measured. encoder: of the run's figure.
        design: as it is now.
        models: camera models of each class; empty where they play no part.
        unit: what the scenes of the design are, in the plural.
        single: whether nothing is known of more photos of a scene.
        sources: component → where it came from.
        notes: sentences.
        main: whether it is a question of the page, whose answers are corrected together.
    """

    question: str
    encoder: str
    design: stats.CameraDesign | stats.SceneDesign
    unit: str = "scenes or owners"
    models: Mapping[str, int] = field(default_factory=dict)
    single: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    main: bool = True

    @property
    def variance(self) -> str:
        """Where the variances came from, in words."""
        by: dict[str, list[str]] = {}
        for component, source in self.sources.items():
            by.setdefault(source, []).append(component)
        if len(by) == 1:
            return next(iter(by))
        return "; ".join(f"{', '.join(components)}: {source}" for source, components in by.items())


def stated_instead(subject: Subject, asked: Asked) -> Subject:
    """Return the subject with the variances, the figure and the numbers that were stated in place of its own."""
    design, sources = subject.design, dict(subject.sources)
    if isinstance(design, stats.SceneDesign):
        if asked.figure is not None:
            design = design.at(asked.figure)
        if asked.between_scenes is not None:
            between, sources["scenes"] = asked.between_scenes**2, STATED
            in_all = design.between + design.within
            within = max(in_all - between, 0.0) if sources["photos"] == DEFAULT else design.within
            design = design.with_variances(between, within)
        photos = None if subject.single else asked.photos
        return replace(subject, design=design.of(scenes=asked.scenes, photos=photos), sources=sources)
    parts, figure = design.parts, asked.figure or design.figure
    if asked.figure is not None:
        parts = stats.scaled(parts, figure * (1 - figure) / (design.figure * (1 - design.figure)))
    if asked.between_models is not None:
        parts, sources["models"] = replace(parts, models=asked.between_models**2), STATED
    if asked.between_scenes is not None:
        between, sources["scenes"] = asked.between_scenes**2, STATED
        photos_alone = parts.photos if parts.apart else max(parts.photos - between, 0.0)
        parts = replace(parts, scenes=between, classes=0.0, photos=photos_alone, apart=True)
    if sources["photos"] == DEFAULT:
        parts = replace(parts, photos=max(figure * (1 - figure) - parts.models - parts.scenes, 0.0))
    layout = design.layout.of(models=asked.models, photos=asked.photos)
    if asked.scenes is not None:
        layout = layout.of(scenes=layout.scenes * asked.scenes / layout.all_scenes)
    counts = subject.models if asked.models is None else dict.fromkeys(subject.models, asked.models)
    stated = (asked.figure, asked.between_models, asked.between_scenes) != (None, None, None)
    times = 1.0 if stated else design.times  # the interval that was measured had other variances
    return replace(subject, design=stats.CameraDesign(layout, parts, figure, times), sources=sources, models=counts)


def needed_for(subjects: Sequence[Subject], asked: Asked) -> list[Need]:
    """Return the rows of all questions: what an interval takes, what an effect takes, and when a test can say anything."""
    questions = questions_of(subjects, asked)
    rows: list[Need] = []
    for subject in subjects:
        if asked.width is not None:
            rows += _each(subject, _Goal("interval", asked.width))
        if asked.effect is not None:
            level = stats.LEVEL / (questions if subject.main else 1)
            rows += _each(subject, _Goal("effect", asked.effect, level, asked.power))
        if isinstance(subject.design, stats.CameraDesign):
            rows += [_bound(subject, level) for level in dict.fromkeys((stats.LEVEL, stats.LEVEL / questions))]
    return rows


def questions_of(subjects: Sequence[Subject], asked: Asked) -> int:
    """Return how many main questions are corrected together: as many as stated or as the page of a run has, else as there are."""
    return asked.questions or max(sum(subject.main for subject in subjects), 1)


@dataclass(frozen=True, slots=True)
class _Goal:
    kind: str
    target: float
    level: float | None = None
    power: float | None = None

    def reached(self, design: stats.CameraDesign | stats.SceneDesign) -> float:
        """Half-width or power."""
        return design.half_width() if self.level is None else design.power(self.target, self.level)

    def met(self, design: stats.CameraDesign | stats.SceneDesign) -> bool:
        reached = self.reached(design)
        return reached <= self.target if self.power is None else reached >= self.power


def _each(subject: Subject, goal: _Goal) -> list[Need]:
    """A row for each quantity, the others staying as they are."""
    if isinstance(subject.design, stats.CameraDesign):
        return [_of_cameras(subject, subject.design, goal, quantity) for quantity in ("models", "scenes", "photos")]
    quantities = ("scenes",) if subject.single else ("scenes", "photos")
    return [_of_scenes(subject, subject.design, goal, quantity) for quantity in quantities]


def _of_cameras(subject: Subject, design: stats.CameraDesign, goal: _Goal, quantity: str) -> Need:
    layout = design.layout

    def changed(many: float) -> stats.CameraDesign:
        return replace(design, layout=layout.of(**{quantity: float(many)}))

    notes = list(subject.notes)
    unknown = quantity == "photos" and not design.parts.apart
    first = 2 if quantity == "models" else 1
    found = None if unknown else stats.least(lambda many: goal.met(changed(many)), first)
    if unknown:
        notes.append("scenes hold one photo of a class each, so nothing is known of more")
    elif found is None:
        notes.append(_not_alone(goal, goal.reached(changed(stats.MOST))))
    now = {"models": layout.models, "scenes": layout.scenes, "photos": layout.photos}[quantity]
    then = None if found is None else changed(found).layout
    if then is not None and quantity == "scenes" and not layout.crossed:
        notes.append(f"{round(then.all_scenes):,} scenes or owners in all")
    if quantity == "models" and len(set(subject.models.values())) > 1:
        named = ", ".join(f"{kind}: {count}" for kind, count in subject.models.items())
        notes.append(f"now {named}; counted as their harmonic mean")
    names = {
        "models": "camera models a class",
        "scenes": f"{subject.unit} of each camera model",
        "photos": "photos of a model in each of them",
    }
    return Need(
        subject.question, subject.encoder, goal.kind, goal.target, goal.level, goal.power, names[quantity], _short(now), found,
        goal.reached(design), None if then is None else then.all_photos, subject.variance, "; ".join(notes),
    )  # fmt: skip


def _of_scenes(subject: Subject, design: stats.SceneDesign, goal: _Goal, quantity: str) -> Need:
    def changed(many: float) -> stats.SceneDesign:
        return design.of(**{quantity: float(many)})

    found = stats.least(lambda many: goal.met(changed(many)), 2 if quantity == "scenes" else 1)
    notes = list(subject.notes)
    if found is None:
        notes.append(_not_alone(goal, goal.reached(changed(stats.MOST))))
    if found is not None and quantity == "scenes" and found < stats.FEW_CLUSTERS:
        notes.append(f"with fewer than {stats.FEW_CLUSTERS} the interval is not known to hold")
    photos = None
    if found is not None and not subject.single:
        then = changed(found)
        photos = round(then.scenes * then.photos)
    name = subject.unit if quantity == "scenes" else f"photos of each of the {subject.unit}"
    now = design.scenes if quantity == "scenes" else design.photos
    return Need(
        subject.question, subject.encoder, goal.kind, goal.target, goal.level, goal.power, name, _short(now), found,
        goal.reached(design), photos, subject.variance, "; ".join(notes),
    )  # fmt: skip


def _not_alone(goal: _Goal, at_best: float) -> str:
    if goal.power is not None and not at_best:
        return "so far above guessing no figure lies, or no relabelling of so few camera models can show anything"
    reached = f"± {words.number(at_best)} points" if goal.power is None else f"a power of {words.percent(at_best)}"
    return f"no number of these alone does it; with the rest as it is, they lead to {reached}"


def _bound(subject: Subject, level: float) -> Need:
    counts = [max(count, 1) for count in subject.models.values()]
    smallest = max(1 / stats.relabellings(counts), 1 / (stats.SAMPLED + 1)) if min(counts) > 1 else 1.0
    least = stats.models_needed([1] * len(counts), level)
    note = "fewer cannot show anything, however large the effect" + (
        ""
        if level == stats.LEVEL
        else f"; p below {level:.3g} is what the smallest of the questions' p-values needs (Holm)"
    )
    return Need(
        subject.question, subject.encoder, "test", level, level, None, "camera models a class", min(counts), least, smallest,
        None, "none needed", note,
    )  # fmt: skip


def _short(number: float) -> float:
    return int(number) if number == int(number) else round(number, 1)
