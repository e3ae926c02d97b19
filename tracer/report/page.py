"""The report: one HTML page that explains a run to somebody who knows neither the run nor the paper.

Everything foreign is escaped by the template. Style and program are inside the page and named by their hash in its
content policy, so that nothing else can run and nothing is loaded. The same results give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.base.files import replace_with
from tracer.base.text import counted
from tracer.report.about import audit_view, class_counts, making, protocol, warnings
from tracer.report.answers import answer_view, answers, headline
from tracer.report.latex import write_tables
from tracer.report.matrices import matrices
from tracer.report.opening import deck, encoders, facts, of_camera, title, units_known, units_note
from tracer.report.repeat import commands
from tracer.report.same_labels import shown_once, told_once
from tracer.report.sections import Section, sections
from tracer.report.sharper import sharper
from tracer.report.sheets import sheets
from tracer.results import Row, words
from tracer.results.placing import style_of
from tracer.results.runs import Run, load_run, reading
from tracer.results.skips import in_groups
from tracer.results.tables import PlainTable, Table

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
_UNITS = frozenset({"clusters", "scenes"})
"""What entries of the details call the number of scenes and owners."""


def write_report(run: Path) -> Path:
    """Write `<run>/report.html`, `<run>/plots/*` and `<run>/tables/*` from `<run>/results.json`; return the page's path.

    Raises:
        TracerError: the folder holds no results, or damaged ones.
    """
    from tracer.report.plots import write_plots

    page, loaded = run / "report.html", load_run(run)
    with reading(run):
        view = _context(loaded)
        html = _html(view).encode("utf-8")
        write_plots(loaded, run / "plots")
        write_tables(_all_tables(view), run / "tables")
    replace_with(page, lambda partial: _fill(partial, html))
    return page


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def render(run: Run) -> str:
    """Return the page's HTML."""
    return _html(_context(run))


def _all_tables(view: Mapping[str, Any]) -> list[Table | PlainTable]:
    listed: list[Section] = view["sections"]
    return [
        *(table for section in listed for table in section.tables),
        *(view["audit"].tables if view["audit"] else ()),
    ]


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
    environment.filters["code"] = _code
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


def _context(whole: Run) -> dict[str, Any]:
    run = shown_once(whole)
    rows, styles, told = run.rows, style_of(run.encoders), _told(run)
    view: dict[str, Any] = {
        "dataset": run.dataset,
        "headline": title(run, headline(rows, run.details)),
        "of_camera": of_camera(rows) or not rows,
        "units_note": units_note(run),
        "deck": deck(run),
        "answers": [
            answer_view(answer, styles, told.details) for answer in told_once(answers(rows, run.details), whole)
        ],
        "warnings": warnings(run),
        "facts": facts(run),
        "encoders": encoders(run),
        "class_counts": class_counts(run),
        "masks": _masks(rows),
        "sharper": sharper(run),
        "intervals": sum(r.ci_low is not None for r in rows),
        "styles": styles,
        "protocol": protocol(run),
        "sheets": sheets(run),
        "matrices": matrices(run),
        "audit": audit_view(run.audit),
        "skipped": [{"what": what, "why": why} for what, why in in_groups(run.skipped)],
        "unusable": _unusable(run.unusable),
        "command": "\n".join(commands(run)),
        "repeat_where": "In the folder that holds the set, run:",
        "making": making(run),
    }
    shown = {
        "answer": True,
        "measured": True,
        "sheets": view["sheets"],
        "confusions": view["matrices"],
        "set": view["audit"],
        "skipped": view["skipped"] or view["unusable"],
        "making": True,
    }
    view["sections"] = sections(told, styles, [anchor for anchor, there in shown.items() if there])
    return view


def _told(run: Run) -> Run:
    """The run without its counts of scenes and owners where none is known: each photo was taken as one."""
    if units_known(run):
        return run
    details = [{key: value for key, value in entry.items() if key not in _UNITS} for entry in run.details]
    return replace(run, meta={**run.meta, "details": details})


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


def _unusable(n: int) -> str:
    if not n:
        return ""
    one = n == 1
    return f"{counted(n, 'row')} {'has' if one else 'have'} no finite value and {'is' if one else 'are'} not shown."


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


def _code(text: str) -> Markup:
    """Mark what stands between backticks as code; the text itself is escaped."""
    from markupsafe import Markup, escape

    parts = [Markup("<code>%s</code>") % part if i % 2 else escape(part) for i, part in enumerate(text.split("`"))]
    return Markup("").join(parts)
