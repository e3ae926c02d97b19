"""The runs of a workspace, their figures, two runs compared, and what an evaluation would measure. It knows no Textual."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from curate import handoff
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.export.current import RESULTS, RUN_CHANGED, Run, runs_of
from curate.operations.evaluating import is_on_request
from tracer.base.parsing import Unparsable
from tracer.base.reading import read_json
from tracer.base.text import counted, printable_path

Read = TypeVar("Read")

BAR = 8
"""Characters of a bar."""
_LONGEST = 64 << 20

_SHORT = {
    "acquisition": "",
    "method=leace": "",
    "query=dslr/compact": "camera",
    "negatives=same": "same",
    "negatives=different": "other",
    "unseen-cameras": "unseen",
}
"""Part of a setting -> a short word for it; empty for what most figures have in common."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run, or the same figure in two runs.

    Attributes:
        what: what was measured: experiment, label, setting.
        metric: the metric.
        encoder: the encoder; empty where none was needed.
        masked: the share of the photo that is covered, 0 to 1.
        value: the value; None where a run lacks it.
        low: the lower end of its 95 % interval.
        high: the upper end.
        chance: what guessing gives.
        n: the number of photos, pairs or queries.
        other: of two runs, the value of the second; the interval is then that of the difference.
        brief: what was measured in few words, what tells figures apart first.
    """

    what: str
    metric: str
    encoder: str
    masked: float
    value: float | None
    low: float | None
    high: float | None
    chance: float | None = None
    n: int | None = None
    other: float | None = None
    brief: str = ""

    @property
    def whole(self) -> str:
        """All of it in words."""
        both = self.low is not None and self.high is not None
        parts = [
            self.what,
            self.metric,
            self.encoder,
            f"{100 * self.masked:g} % of the photo covered" if self.masked else "",
            number(self.value) or "no value",
            f"in the second run {number(self.other) or 'none'}" if self.other is not None else "",
            f"95 % interval {number(self.low)} to {number(self.high)}" if both else "",
            f"guessing {number(self.chance)}" if self.chance is not None else "",
            f"n {self.n:,}" if self.n is not None else "",
        ]
        return " · ".join(part for part in parts if part)


def number(value: float | None) -> str:
    """Return a figure with three digits; empty where there is none."""
    return "" if value is None else f"{value:.3f}"


def runs_here(catalog: Catalog) -> list[Run]:
    """Return the runs of a workspace, the newest first and stopped ones at the top."""
    return sorted(runs_of(catalog), key=lambda run: (-(run.written or float("inf")), str(run.path)))


def state_of(run: Run) -> str:
    """Return in words when a run was finished, and whether it is out of date."""
    if run.written is None:
        return "not finished"
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.written))
    return f"{at}, {RUN_CHANGED}" if run.stale else at


def figures(run: Path) -> list[Figure]:
    """Return the figures of a run, in the order of its report; none where it has no results yet.

    Raises:
        CurateError: the results cannot be read.
    """
    return _read(run, lambda told: [_figure(row) for row in told["rows"]])


def not_measured(run: Path) -> list[tuple[str, str]]:
    """Return what a run could not measure and why; not what is only measured when asked for.

    Raises:
        CurateError: the results cannot be read.
    """
    return _read(
        run,
        lambda told: [(str(one["what"]), str(one["why"])) for one in told.get("skipped", ()) if not is_on_request(one)],
    )


def _read(run: Path, parse: Callable[[Any], list[Read]]) -> list[Read]:
    try:
        return parse(read_json(run / RESULTS, _LONGEST))
    except FileNotFoundError:
        return []
    except (OSError, Unparsable, TypeError, KeyError, ValueError, AttributeError) as error:
        raise CurateError(
            f"the results of {printable_path(run)} cannot be read", str(error), "Evaluate the set again."
        ) from error


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(
        _what(row), str(row["metric"]), str(row["encoder"] or ""), float(row["mask_ratio"] or 0), _number(row["value"]),
        _number(row["ci_low"]), _number(row["ci_high"]), _number(row["chance"]), row["n"], brief=_brief(row),
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _what(row: Mapping[str, Any]) -> str:
    """Return what a row measures.

    >>> _what({"experiment": "retrieval", "attribute": "Is Smartphone", "setting": "query=phone,negatives=same"})
    'retrieval phone, vs same'
    >>> _what({"experiment": "probe", "attribute": "Make", "setting": "acquisition", "processing": "IDENTITY"})
    'probe of Make'
    """
    setting = str(row["setting"] or "")
    if setting.startswith("query="):
        said = f"{row['experiment']} {setting.removeprefix('query=').replace('negatives=', 'vs ')}"
    else:
        said = f"{row['experiment']} of {row['attribute']}" if row["attribute"] else str(row["experiment"])
        said += f",{setting}" if setting not in ("", "acquisition") else ""
    said = re.sub(r",(?! )", ", ", said)
    processing = row.get("processing") or "IDENTITY"
    return said if processing == "IDENTITY" else f"{said}, {processing}"


def _brief(row: Mapping[str, Any]) -> str:
    """Return the same in few words: the setting before the label, which is cut first.

    >>> _brief({"experiment": "probe", "attribute": "Is Smartphone", "setting": "unseen-cameras,matched"})
    'probe unseen matched Is Smartphone'
    >>> _brief({"experiment": "mitigation", "attribute": "Make", "setting": "method=leace,stage=after,query=phone"})
    'after phone Make'
    """
    setting = str(row["setting"] or "")
    parts = sorted(setting.split(","), key=lambda part: part != "unseen-cameras")
    words = [_SHORT.get(part, part.rpartition("=")[2]) for part in parts]
    experiment = "" if "stage=" in setting else str(row["experiment"])
    label = "" if setting.startswith("query=") else str(row["attribute"] or "")
    processing = str(row.get("processing") or "IDENTITY")
    said = [experiment, *words, "" if processing == "IDENTITY" else processing, label]
    return " ".join(word for word in said if word)


def compared(first: Path, second: Path) -> list[Figure]:
    """Return the figures of two runs, the difference's interval with each.

    Raises:
        HandoffError: a run cannot be read.
    """
    return [
        Figure(
            _what(row), str(row["metric"]), str(row["encoder"] or ""), float(row["mask_ratio"] or 0), _number(row["a"]),
            _number(row["ci_low"]), _number(row["ci_high"]), None, None, _number(row["b"]), _brief(row),
        )
        for row in handoff.compared_runs(first, second)
    ]  # fmt: skip


def bar(figure: Figure) -> str:
    """Return a bar of a value from 0 to 1: thin where its interval lies, with a line where guessing lies; empty for other values.

    >>> bar(Figure("", "accuracy", "", 0, 0.8, 0.7, 0.9, 0.5, 40))
    '━━━━│━╌ '
    """
    value = figure.value
    if value is None or not 0 <= value <= 1:
        return ""
    low, high = (value if end is None else end for end in (figure.low, figure.high))
    middles = [(at + 0.5) / BAR for at in range(BAR)]
    cells = ["━" if middle < min(low, value) else "╌" if middle < max(high, value) else " " for middle in middles]
    if figure.chance is not None and 0 < figure.chance < 1:
        cells[int(BAR * figure.chance)] = "│"
    return "".join(cells)


# --- before an evaluation


def known_about(dataset: Path | None, encoders: tuple[str, ...], run: Path | None = None) -> list[tuple[str, str]]:
    """Return which encoders are here, what would be measured, and what not and why: (name, text) of each line.

    Args:
        dataset: the set; None where there is none yet.
        encoders: names of encoders or of groups of encoders.
        run: a run, of which is told what it could not measure; None for none.

    Raises:
        HandoffError: tracer failed.
    """
    lines = list(_about_encoders(handoff.known_encoders(), encoders))
    if dataset is None:
        return [*lines, ("measured", "there is no set yet; e exports one")]
    plan = handoff.planned_evaluation(dataset, encoders)
    measured = [f"{entry['what']}{_masks(entry['mask_ratios'])}" for entry in plan["measured"]]
    lines += _section("measured", measured or ["nothing"])
    never, asked = ([one for one in plan["skipped"] if is_on_request(one) == wanted] for wanted in (False, True))
    known = {one["what"] for one in never}
    found = [] if run is None else [(what, why) for what, why in not_measured(run) if what not in known]
    lines += _section("not measured", [f"{one['what']}: {one['why']}" for one in never])
    lines += _section("nor in this run", [f"{what}: {why}" for what, why in found])
    return lines + _section("when asked for", [f"{one['what']}: {one['why']}" for one in asked])


def _section(name: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    return [("" if at else name, text) for at, text in enumerate(texts)]


def _about_encoders(known: Sequence[Mapping[str, Any]], chosen: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    here = [str(entry["name"]) for entry in known if entry["available"]]
    fetched = [entry for entry in known if not entry["available"]]
    yield "chosen", ", ".join(chosen)
    yield "here", ", ".join(here) or "none"
    groups: dict[str, int] = {}
    for entry in fetched:
        groups[str(entry["group"])] = groups.get(str(entry["group"]), 0) + 1
    counts = ", ".join(f"{number} {group}" for group, number in groups.items())
    yield "to be fetched", f"{counted(len(fetched), 'encoder')} when named: {counts}" if fetched else "none"


def _masks(ratios: Sequence[float]) -> str:
    masked = [f"{100 * ratio:g} %" for ratio in ratios if ratio]
    if not masked:
        return ""
    plain = "plain and " if 0.0 in ratios else ""
    return f", {plain}with {' and '.join(masked)} of the photo covered"
