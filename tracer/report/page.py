"""The report: one HTML page that explains a run to somebody who knows neither the run nor the paper.

Everything foreign is escaped by the template. Style and program are inside the page and named by their hash in its
content policy, so that nothing else can run and nothing is loaded. The same results give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.base.files import replace_with
from tracer.report import words
from tracer.report.about import (
    PlainTable,
    audit_view,
    chance_table,
    class_counts,
    command,
    deck,
    facts,
    making,
    protocol,
    schemes,
    warnings,
)
from tracer.report.answers import VERDICT_WORDS, Answer, Verdict, answers, headline
from tracer.report.distributions import ridge_panels
from tracer.report.figures import (
    DIFFERENCES,
    DotPlot,
    curve_panels,
    knn_plots,
    line,
    retrieval_plots,
    scale_for,
    style_of,
)
from tracer.report.latex import write_tables
from tracer.report.load import Run, load_run
from tracer.report.remedy import remedy_answers, remedy_plots, remedy_table
from tracer.report.sheets import sheets
from tracer.report.tables import FURTHER, Matrix, Table, matrix, results_table, signed_rows
from tracer.results import Row
from tracer.results.skips import in_groups

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def write_report(run: Path) -> Path:
    """Write `<run>/report.html`, `<run>/plots/*` and `<run>/tables/*` from `<run>/results.json`; return the page's path.

    Raises:
        TracerError: the folder holds no results.
    """
    from tracer.report.plots import write_plots

    loaded = load_run(run)
    write_plots(loaded, run / "plots")
    view = _context(loaded)
    write_tables(_all_tables(view), run / "tables")
    page = run / "report.html"
    html = _html(view).encode("utf-8")
    replace_with(page, lambda partial: _fill(partial, html))
    return page


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def render(run: Run) -> str:
    """Return the page's HTML."""
    return _html(_context(run))


def _all_tables(view: Mapping[str, Any]) -> list[Table | PlainTable]:
    listed = [t for name in ("probes", "knn", "retrieval", "similarity", "association", "others") for t in view[name]]
    further = [view["remedy"], view["chance"], *(view["audit"].tables if view["audit"] else ())]
    return listed + [table for table in further if table is not None]


def _html(view: Mapping[str, Any]) -> str:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figures"] = _bold_figures
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    html = environment.get_template("report.html.j2").render(
        style=Markup(style),  # both are files of ours
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        **view,
    )
    # A class may be an address: it is shown, but the page's source holds nothing that could be taken for a link.
    return re.sub(r"(?i)http:(?=//(?!www\.w3\.org))", "http&#58;", html)


def _context(run: Run) -> dict[str, Any]:
    rows, styles = run.rows, style_of(run.encoders)
    probes = sorted((r for r in rows if r.experiment == "probe"), key=_by_label(rows))
    knn = [r for r in rows if r.experiment == "knn"]
    retrieval = [r for r in rows if r.experiment == "retrieval"]
    similarity = [r for r in rows if r.experiment == "similarity"]
    association = [r for r in rows if r.experiment == "association"]
    explained = ("probe", "knn", "retrieval", "similarity", "association", "mitigation")
    others = [r for r in rows if r.experiment not in explained]
    cleaned = {r.encoder for r in rows if r.experiment == "mitigation"}
    view: dict[str, Any] = {
        "dataset": run.dataset,
        "headline": headline(rows),
        "deck": deck(run),
        "answers": [_answer(a, styles) for a in [*answers(rows), *remedy_answers(rows)]],
        "warnings": warnings(run),
        "facts": facts(run),
        "class_counts": class_counts(run),
        "masks": _masks(rows),
        "intervals": sum(r.ci_low is not None for r in rows),
        "styles": styles if len(styles) <= 6 else {},
        "protocol": protocol(run),
        "schemes": schemes(run),
        "curves": curve_panels(rows, styles),
        "semantic": any(r.attribute in words.SEMANTIC for r in probes),
        "probes": _tables("Probe accuracy", probes, styles),
        "knn": _tables("Semantic nearest neighbours", knn, styles, run.details),
        "knn_plots": knn_plots(rows, styles) if len(styles) <= 6 else [],
        "chance": chance_table(run),
        "sheets": sheets(run),
        "remedy": remedy_table(rows),
        "remedy_styles": {name: style for name, style in styles.items() if name in cleaned} if len(styles) <= 6 else {},
        "remedy_plots": remedy_plots(rows, styles) if len(styles) <= 6 else [],
        "retrieval": _tables("Pair retrieval", retrieval, styles, run.details),
        "retrieval_plots": retrieval_plots(rows, styles),
        "similarity": _tables("Similarity", similarity, styles, level="No effect"),
        "ridges": ridge_panels(run.details) if similarity else [],
        "association": _tables("Labels against what the picture shows", association, styles),
        "others": [
            t
            for name in dict.fromkeys(r.experiment for r in others)
            for t in _tables(name.capitalize(), [r for r in others if r.experiment == name], styles)
        ],
        "matrices": _matrices(run),
        "audit": audit_view(run.audit),
        "skipped": [{"what": what, "why": why} for what, why in in_groups(run.skipped)],
        "unusable": _unusable(run.unusable),
        "command": command(run),
        "repeat_where": "In the folder that holds the set, run:",
        "making": making(run),
    }
    view["contents"] = _contents(view)
    return view


def _by_label(rows: Sequence[Row]) -> Callable[[Row], tuple[int, int, float]]:
    """The order of the probe's table: labels and encoders as the results name them, what the picture shows last."""
    attributes = list(dict.fromkeys(sorted((r.attribute for r in rows), key=lambda a: a in words.SEMANTIC)))
    encoders = list(dict.fromkeys(r.encoder for r in rows))
    return lambda r: (attributes.index(r.attribute), encoders.index(r.encoder), r.mask_ratio)


def _contents(view: Mapping[str, Any]) -> list[tuple[str, str]]:
    listed = [
        ("answer", "Answer", True),
        ("measured", "What was measured", True),
        ("probes", "Probes", view["probes"]),
        ("knn", "Neighbours", view["knn"]),
        ("retrieval", "Pairs", view["retrieval"]),
        ("sheets", "Pictures", view["sheets"]),
        ("similarity", "Similarity", view["similarity"]),
        ("remedy", "What can be done", view["remedy"]),
        ("others", "Further figures", view["others"]),
        ("confusions", "Confusions", view["matrices"]),
        ("set", "The set", view["audit"] or view["association"]),
        ("skipped", "Not measured", view["skipped"] or view["unusable"]),
        ("making", "How to repeat it", True),
    ]
    return [(anchor, name) for anchor, name, there in listed if there]


def _answer(answer: Answer, styles: Mapping[str, int]) -> dict[str, Any]:
    rows = sorted(answer.rows, key=lambda r: -r.value) if len(answer.rows) > 6 else list(answer.rows)
    shown_rows = rows if len(rows) <= 8 else [*rows[:2], *rows[-2:]]
    scale = scale_for(answer.rows)
    several = len({(r.setting, r.processing) for r in answer.rows}) > 1
    lines = []
    for row in shown_rows:
        detail = row.setting.replace("query=", "") if several and row.setting else ""
        lines.append(line(row, scale, styles.get(row.encoder, -1), ", ".join(p for p in (row.encoder, detail) if p)))
    ns = sorted({r.n for r in answer.rows})
    note = "In points" if answer.difference else "Accuracy"
    note += f", n = {ns[0]:,}" + (f" to {ns[-1]:,}" if len(ns) > 1 else "") if ns else ""
    if any(shown.chance is not None for shown in lines):
        note += f"; dashed: {'no difference' if answer.difference else 'guessing'}"
    if len(shown_rows) < len(rows):
        note += f"; the two highest and the two lowest of {len(rows)}"
    marks = {Verdict.ABOVE: "full", Verdict.MIXED: "half"}
    return {
        "about": answer.about,
        "verdict": VERDICT_WORDS[answer.verdict],
        "mark": marks.get(answer.verdict, "none"),
        "sentence": answer.sentence,
        "comment": answer.comment,
        "plot": DotPlot("", note, scale, tuple(lines)),
    }


def _masks(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The masks of the run as drawings: the side of a central square that covers the share of the area."""
    ratios = sorted({r.mask_ratio for r in rows})
    if not any(ratios):
        return []
    picked = ratios if len(ratios) <= 5 else [ratios[0], *ratios[-4:]]
    drawn = []
    for ratio in picked:
        side = round(100 * ratio**0.5, 3)
        label = f"{words.hidden(ratio)} hidden" if ratio else "nothing hidden"
        drawn.append({"side": side, "edge": round((100 - side) / 2, 3), "label": label})
    return drawn


def _tables(
    name: str,
    rows: Sequence[Row],
    styles: Mapping[str, int],
    details: Sequence[Mapping[str, Any]] = (),
    level: str = "Guessing",
) -> list[Table]:
    """Rates and differences apart, since they are read against different levels; then the metrics of second rank."""
    first = [r for r in rows if r.metric not in DIFFERENCES and r.metric not in FURTHER]
    differences = [r for r in rows if r.metric in DIFFERENCES]
    further = [r for r in rows if r.metric in FURTHER]
    made = [results_table(name, first, styles, level=level)] if first else []
    made += [results_table(f"{name}: differences", differences, styles)] if differences else []
    made += [results_table(f"{name}: further metrics", further, styles, bool(first))] if further else []
    signed = signed_rows(differences, details)
    return made + ([results_table(f"{name}: differences with their sign", signed, styles, True)] if signed else [])


def _matrices(run: Run) -> list[tuple[str, list[Matrix]]]:
    groups: dict[str, list[Matrix]] = {}
    for confusion in run.confusions:
        made = matrix(confusion)
        groups.setdefault(made.title, []).append(made)
    return list(groups.items())


def _unusable(n: int) -> str:
    if not n:
        return ""
    one = n == 1
    return f"{words.count(n, 'row')} {'has' if one else 'have'} no finite value and {'is' if one else 'are'} not shown."


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _bold_figures(text: str) -> Markup:
    """Mark the percentages in a sentence, with their intervals; the sentence itself is escaped."""
    from markupsafe import Markup, escape

    number = rf"(?<![\d.]){words.MINUS}?\d+(?:\.\d+)?{words.THIN}%"
    figure = re.compile(rf"(?<!guessing gives ){number}(?! of the picture| hidden)(?: \[[^\]]*\])?")
    out, end = Markup(""), 0
    for found in figure.finditer(text):
        out += escape(text[end : found.start()]) + Markup("<b>%s</b>") % found.group()
        end = found.end()
    return out + escape(text[end:])
