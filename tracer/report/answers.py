"""The answer first: plain sentences, computed from the rows, that claim no effect which the interval does not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracer.report import words
from tracer.results import Row


class Verdict(StrEnum):
    """Where intervals lie, seen from chance (or from no difference)."""

    ABOVE = "above"
    BELOW = "below"
    MIXED = "mixed"
    OPEN = "not shown"
    UNKNOWN = "unknown"


VERDICT_WORDS = {
    Verdict.ABOVE: "shown",
    Verdict.BELOW: "below guessing",
    Verdict.MIXED: "shown for some",
    Verdict.OPEN: "not shown",
    Verdict.UNKNOWN: "no interval",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One finding.

    Attributes:
        about: the question in a few words, for the label above it.
        sentence: what was found, with its figures.
        comment: how far it can be trusted; may be empty.
        rows: the figures behind it, one an encoder.
        difference: the rows are differences, to be drawn around zero.
    """

    about: str
    sentence: str
    comment: str
    verdict: Verdict
    rows: tuple[Row, ...]
    difference: bool = False


def verdict(row: Row, against: float | None = None) -> Verdict:
    """Say on which side of `against` (by default chance) the whole interval lies; one that ends there includes it."""
    level = row.chance if against is None else against
    if level is None or row.ci_low is None or row.ci_high is None:
        return Verdict.UNKNOWN
    if row.ci_low > level:
        return Verdict.ABOVE
    return Verdict.BELOW if row.ci_high < level else Verdict.OPEN


def joint_verdict(rows: Iterable[Row], against: float | None = None) -> Verdict:
    """Say the same of several rows at once: `mixed` where some but not all lie above, `not shown` where none does."""
    found = {verdict(row, against) for row in rows}
    if len(found) <= 1:
        return found.pop() if found else Verdict.UNKNOWN
    return Verdict.MIXED if Verdict.ABOVE in found else Verdict.OPEN


def answers(rows: Sequence[Row]) -> list[Answer]:
    """Return what the run has to say, the most telling first; blocks without rows are absent.

    Sentences and verdicts speak of encoders; baselines are named beside them.
    """
    probes = [r for r in rows if r.experiment == "probe" and r.metric == "accuracy" and r.processing == "IDENTITY"]
    deepest = max((r.mask_ratio for r in probes), default=0.0)
    made = [_probe(probes, attribute, deepest) for attribute in _camera_attributes(probes)]
    made.append(_content(probes, deepest))
    made.extend(_processing(rows))
    encoders, _ = _parted(rows)
    made.append(_retrieval(encoders))
    made.extend(_knn(encoders))
    return [answer for answer in made if answer is not None]


def headline(rows: Sequence[Row]) -> str:
    """Return the page's title as an answer: whether the camera shows through the deepest mask."""
    probes = [r for r in rows if r.experiment == "probe" and r.metric == "accuracy" and r.processing == "IDENTITY"]
    probes, _ = _parted(probes)
    camera = _camera_attributes(probes)
    if not camera:
        return "What the encoders know about the camera"
    deepest = max(r.mask_ratio for r in probes if r.attribute == camera[0])
    found = joint_verdict(r for r in probes if r.attribute == camera[0] and r.mask_ratio == deepest)
    one = len({r.encoder for r in probes}) == 1
    who, beats, still = ("the encoder", "beats", " still") if one else ("the encoders", "beat", " still")
    said = {
        Verdict.ABOVE: f"{who}{still if deepest else ''} {beats} guessing",
        Verdict.MIXED: "some encoders beat guessing",
        Verdict.OPEN: f"{'the' if one else 'no'} encoder is {'not ' if one else ''}shown to beat guessing",
        Verdict.BELOW: f"{who} {'does' if one else 'do'} not beat guessing",
        Verdict.UNKNOWN: "no interval says whether it is known",
    }[found]
    if deepest:
        return f"{words.title(camera[0])}? With {words.percent(deepest)} of the photo hidden, {said}"
    return f"{words.title(camera[0])}? {said[:1].upper()}{said[1:]}"


def _camera_attributes(rows: Sequence[Row]) -> list[str]:
    """The labels that the answer speaks of: phone or camera, then maker, or else model."""
    there = {r.attribute for r in rows}
    phone = [a for a in words.PHONE if a in there][:1]
    maker = [a for a in ("Make", "make_normalized", "Model", "model_normalized", "Smartphone Model") if a in there][:1]
    return phone + maker


def _parted(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of encoders and rows of baselines; with nothing but baselines, they count as encoders."""
    encoders = [r for r in rows if not words.is_baseline(r.encoder)]
    return (encoders, [r for r in rows if words.is_baseline(r.encoder)]) if encoders else (list(rows), [])


def _beside(baselines: Sequence[Row]) -> str:
    """What the baselines reach, as a sentence with a space before it; empty without any."""
    if not baselines:
        return ""
    who = baselines[0].encoder if len(baselines) == 1 else "the baselines"
    return f" For comparison, {who}: {_span(baselines)}."


def _probe(probes: Sequence[Row], attribute: str, deepest: float) -> Answer | None:
    of_attribute = [r for r in probes if r.attribute == attribute]
    deepest = max((r.mask_ratio for r in of_attribute), default=deepest)
    masked, baselines = _parted([r for r in of_attribute if r.mask_ratio == deepest])
    whole, _ = _parted([r for r in of_attribute if r.mask_ratio == 0.0])
    if not masked:
        return None
    opening = f"From masked photos ({words.percent(deepest)} of the picture hidden), " if deepest else ""
    sentence, comment = _rates(opening, masked, attribute, still=bool(deepest))
    if deepest and whole:
        comment += f" With nothing hidden: {_span(whole)}."
    rows = (*masked, *baselines)
    return Answer(words.title(attribute), sentence, comment + _beside(baselines), joint_verdict(masked), rows)


def _content(probes: Sequence[Row], deepest: float) -> Answer | None:
    """Whether the mask hides what the picture shows: without that, the masked figures may rest on content."""
    found = [r for r in probes if r.attribute in words.SEMANTIC and r.mask_ratio == deepest] if deepest else []
    if not found:
        return None
    rows, baselines = _parted(found)
    opening = f"What the picture shows, read from the same masked photos ({words.percent(deepest)} hidden): "
    chance = _chance(rows)
    sentence = f"{opening}{_span(rows)}{f', where guessing gives {chance}' if chance else ''}."
    where = "The interval includes" if len(rows) == 1 else "No interval lies above"
    comment = {
        Verdict.ABOVE: "So content is left at the edges, and the masked figures for the camera may partly rest on it.",
        Verdict.MIXED: "For some encoders content is left at the edges; their masked figures may partly rest on it.",
        Verdict.OPEN: f"{where} guessing: no content is shown to be left.",
        Verdict.BELOW: "Below guessing: no content is shown to be left.",
        Verdict.UNKNOWN: "There is no interval to judge it by.",
    }[joint_verdict(rows)]
    return Answer(
        "Control, what the picture shows",
        sentence,
        comment + _beside(baselines),
        joint_verdict(rows),
        (*rows, *baselines),
    )


def _processing(rows: Sequence[Row]) -> list[Answer]:
    made = []
    probes = [r for r in rows if r.experiment == "probe" and r.metric == "accuracy" and r.setting == "processing"]
    for attribute in dict.fromkeys(r.attribute for r in probes):
        chosen, baselines = _parted([r for r in probes if r.attribute == attribute and r.mask_ratio == 0.0])
        if chosen:
            sentence, comment = _rates("", chosen, attribute)
            rows_shown = (*chosen, *baselines)
            comment += _beside(baselines)
            made.append(Answer(words.title(attribute), sentence, comment, joint_verdict(chosen), rows_shown))
    return made


def _rates(opening: str, rows: Sequence[Row], attribute: str, still: bool = False) -> tuple[str, str]:
    """A sentence on one rate an encoder, and the comment on where the intervals lie."""
    chance = _chance(rows)
    guess = f", where guessing gives {chance}" if chance else ""
    found = joint_verdict(rows)
    adverb = " still" if still and found is Verdict.ABOVE else ""
    rate, _, bounds = _span(rows).partition(" [")
    bounds = f" [{bounds}" if bounds else ""
    if len(rows) == 1:
        sentence = f"{opening}{rows[0].encoder}{adverb} {words.reads(attribute)} in {rate} of cases{bounds}{guess}."
    else:
        who = f"{'the' if opening else 'The'} {words.spelled(len(rows))} encoders"
        sentence = f"{opening}{who}{adverb} {words.reads(attribute, plural=True)} in {rate} of cases{guess}."
    return sentence, _standing(rows)


def _standing(rows: Sequence[Row], against: float | None = None, level: str = "guessing") -> str:
    """Where the intervals lie, in words."""
    kinds = {verdict(row, against) for row in rows}
    found = kinds.pop() if len(kinds) == 1 else Verdict.MIXED if kinds else Verdict.UNKNOWN
    one = len(rows) == 1
    if found is Verdict.ABOVE:
        return f"The whole interval lies above {level}." if one else f"Every interval lies above {level}."
    if found is Verdict.BELOW:
        return f"The whole interval lies below {level}." if one else f"Every interval lies below {level}."
    if found is Verdict.OPEN:
        return (
            f"{'The interval includes' if one else 'Every interval includes'} {level}: "
            "no effect is shown, which does not show that there is none."
        )
    if found is Verdict.UNKNOWN:
        return "There is no interval to judge it by."
    parts = []
    for kind, verb in ((Verdict.ABOVE, "above"), (Verdict.BELOW, "below")):
        if some := sum(verdict(r, against) is kind for r in rows):
            parts.append(f"{some} of {len(rows)} intervals {'lies' if some == 1 else 'lie'} {verb} {level}")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "; the others show none."


def _span(rows: Sequence[Row]) -> str:
    """`79 % [76–81]` for one row, `74 % to 79 %` for several."""
    if len(rows) == 1:
        row, decimals = rows[0], words.decimals_for(rows[0])
        bounds = f" {words.interval(row.ci_low, row.ci_high, decimals)}" if row.ci_low is not None else ""
        return words.percent(row.value, decimals) + bounds
    decimals = max(words.decimals_for(row) for row in rows)
    low, high = min(r.value for r in rows), max(r.value for r in rows)
    texts = words.percent(low, decimals), words.percent(high, decimals)
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _chance(rows: Sequence[Row]) -> str:
    """The level that guessing reaches; a span where the rows differ; empty where none is known."""
    known = sorted(r.chance for r in rows if r.chance is not None)
    if not known:
        return ""
    decimals = 1 if known[0] < 0.095 else max(words.decimals_for(r) for r in rows)
    low, high = words.percent(known[0], decimals), words.percent(known[-1], decimals)
    return low if low == high else f"{low} to {high}"


def setting_parts(setting: str) -> dict[str, str]:
    """Return `query=phone,negatives=same` as a dictionary; a part without `=` is left out."""
    return dict(part.split("=", 1) for part in setting.split(",") if "=" in part)


def _retrieval(rows: Sequence[Row]) -> Answer | None:
    found = [r for r in rows if r.experiment == "retrieval" and r.processing == "IDENTITY" and not r.mask_ratio]
    recall = [r for r in found if r.metric == "recall@1"]
    sentences: list[str] = []
    toward: set[bool] = set()
    for query in dict.fromkeys(q for r in recall if (q := setting_parts(r.setting).get("query"))):
        same, other = (
            [r for r in recall if setting_parts(r.setting) == {"query": query, "negatives": pool}]
            for pool in ("same", "different")
        )
        if same and other:
            start = "From" if sentences else "Looking for the other shot of the same scene, from"
            sentences.append(
                f"{start} a {query} photo the right one comes first in {_span(same)} of searches among photos of its"
                f" own kind and in {_span(other)} among photos of the other kind."
            )
            by_encoder = {r.encoder: r.value for r in other}
            toward |= {r.value < by_encoder[r.encoder] for r in same if r.encoder in by_encoder}
    differences = tuple(r for r in found if r.metric == "spd_a")
    if not sentences:
        return None
    comment = _standing(differences, 0.0, "no difference") if differences else "No difference was computed."
    if joint_verdict(differences, 0.0) is Verdict.ABOVE and len(toward) == 1:
        comment += (
            " Photos of the same kind of camera get in each other's way: the camera draws them together."
            if toward == {True}
            else " Photos of the same kind of camera are told apart more easily, not less."
        )
    return Answer("Pairs", " ".join(sentences), comment, joint_verdict(differences, 0.0), differences, difference=True)


def _knn(rows: Sequence[Row]) -> list[Answer]:
    """One answer for the main label and for each group of processings that the neighbours were parted by."""
    made = []
    found = [r for r in rows if r.experiment == "knn" and not r.mask_ratio]
    camera = _camera_attributes(found)
    processed = [r.attribute for r in found if r.metric == "spd_p"]
    for attribute in dict.fromkeys([*camera[:1], *processed, *([] if camera else [r.attribute for r in found])]):
        of_attribute = [r for r in found if r.attribute == attribute]
        pos, neg = (
            [r for r in of_attribute if r.metric in ("sp", "accuracy") and r.setting == setting]
            for setting in ("pos-same", "neg-same")
        )
        differences = tuple(r for r in of_attribute if r.metric in ("spd_p", "spd_a"))
        if not (pos and neg):
            continue
        sentence = (
            f"Neighbours that vote on what a photo shows are right in {_span(pos)} of cases when those of the right"
            f" class share {words.share(attribute)}, and in {_span(neg)} when those of the wrong classes do."
        )
        comment = _standing(differences, 0.0, "no difference") if differences else "No difference was computed."
        by_encoder = {r.encoder: r.value for r in neg}
        toward = {r.value > by_encoder[r.encoder] for r in pos if r.encoder in by_encoder}
        if joint_verdict(differences, 0.0) is Verdict.ABOVE and len(toward) == 1:
            comment += (
                " The shared trace draws the vote to its side."
                if toward == {True}
                else " The shared trace drives the vote away from its side."
            )
        about = f"Neighbours, by {words.title(attribute)}" if attribute else "Neighbours"
        made.append(Answer(about, sentence, comment, joint_verdict(differences, 0.0), differences, difference=True))
    return made
