"""The page: complete in itself, safe with any string, tolerant of what is missing, the same bytes each time."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.helpers.report_runs import (
    ENCODERS,
    confusion,
    knn_rows,
    measured,
    meta,
    pair_rows,
    probe_rows,
    similarity_detail,
    similarity_rows,
    whole_run,
    write_run,
)  # fmt: skip
from tracer import results
from tracer.errors import TracerError
from tracer.report.matrices import MAX_MATRIX
from tracer.report.page import render, write_report
from tracer.results.placing import scale_for
from tracer.results.runs import load_run

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr", "area", "base", "col", "embed", "source", "track"}


class Tree(HTMLParser):
    """Elements, their attributes and text; raises where tags are not nested."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All text that a reader sees."""
        return " ".join(self.texts)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run in which everything was measured."""
    return write_report(whole_run(tmp_path_factory.mktemp("run"))).read_text(encoding="utf-8")


def test_the_page_loads_nothing(page: str) -> None:
    """No element names a source, the policy forbids all but the page's own style and program; no address is in it."""
    tree = Tree(page)
    for _, attributes in tree.elements:
        assert "src" not in attributes and "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert "http:" not in page and "https:" not in page and "url(" not in page and "@import" not in page
    policy = next(m["content"] for m in tree.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_the_policy_names_the_hashes_of_style_and_program(page: str) -> None:
    """The hashes in the policy are those of the elements as they stand in the page; else a browser refuses both."""
    import base64
    import hashlib

    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content.group(1).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page


def test_every_measured_block_is_there(page: str) -> None:
    """Each experiment has its section, each section is reached from the contents."""
    tree = Tree(page)
    there = {attributes.get("id") for attributes in tree.named("section")}
    assert there == {
        "answer", "measured", "probes", "knn", "retrieval", "similarity", "confusions", "set", "skipped", "making",
    }  # fmt: skip
    assert {a["href"] for a in tree.named("a")} == {f"#{name}" for name in there}


def test_every_row_stands_in_a_table_with_chance_interval_and_n(page: str, tmp_path: Path) -> None:
    """Each row of the results is a line of a table: value, interval, level of no effect and n."""
    lines = [
        re.findall(r'<td[^>]* data-head="([^"]+)">([^<]*)<', row)
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)
        if 'data-head="n"' in row
    ]
    signed = 3 * len(ENCODERS)  # differences with their sign come from the details
    assert len(lines) == len(load_run(whole_run(tmp_path)).rows) + signed
    for line in lines:
        cells = dict(line)
        assert re.fullmatch(r"\[[−+]?\d+\.\d+(–| to )[−+]?\d+\.\d+\]", cells["95 % interval"])
        assert re.fullmatch(r"\d+\.\d", cells.get("Guessing") or cells["No effect"])
        assert int(cells["n"].replace(",", "")) > 0


def test_results_as_written_are_read_back_whole(tmp_path: Path) -> None:
    """What `tracer.results` writes reaches the page row by row."""
    rows = measured()
    results.write(tmp_path, rows, meta())
    run = load_run(tmp_path)
    assert list(run.rows) == rows and run.unusable == 0 and len(run.confusions) == 16


def test_differences_keep_their_sign(page: str) -> None:
    """Beside SPD, which has none, the page gives each difference with its sign, and the test of retrieval's."""
    assert "−24.0" in page and "[−39.0 to −6.0]" in page and "McNemar’s p = 0.0043" in page
    assert "+14.0" in page


def test_the_answer_comes_before_the_explanations(page: str) -> None:
    """The first section is the answer, and its first sentence holds the masked figure of phone or camera."""
    text = " ".join(Tree(page).text.split())
    assert text.index("The answer") < text.index("What was measured, on what") < text.index("linear probe")
    assert "the two encoders tell phone from camera in" in text


@pytest.mark.plots
def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    """Page, plots and tables of two folders with equal results are equal byte by byte; writing again changes nothing."""
    rows = [r for r in probe_rows() if r.attribute == "Make"] + pair_rows()
    first, second = (write_run(tmp_path / name, rows, meta()) for name in ("one", "two"))
    write_report(first), write_report(second)
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert sum(name.suffix in (".png", ".svg") for name in names) == 8  # four figures twice
    assert sum(name.suffix == ".tex" for name in names) == len(names) - 8 - 2 > 2  # beside results and page
    before = {name: (first / name).read_bytes() for name in names}
    assert before == {name: (second / name).read_bytes() for name in names}
    write_report(first)
    assert before == {name: (first / name).read_bytes() for name in names}


HOSTILE = "<script>alert(1)</script>"


def test_foreign_strings_are_text_and_nothing_else(tmp_path: Path) -> None:
    """Markup, quotes, controls, direction marks, lone surrogates and template signs reach the page as text."""
    nasty = [
        "\x1b]52;c;AAAA\x07",
        "a\u202eb",
        "\ud800",
        "{{ 7*7 }}{% raw %}",
        "\"'><img src=x onerror=alert(1)>",
        "\0",
        "]]>-->",
    ]
    said = meta(
        ENCODERS[:1],
        details=[{**confusion(HOSTILE, "Make", 0.0, 10, 0.5), "classes": [HOSTILE, nasty[0], nasty[4]]}],
        dataset={"name": HOSTILE + nasty[1], "counts": {HOSTILE: 3}},
        versions={HOSTILE: nasty[2]}, device=nasty[3], protocol=nasty[5], warnings=[nasty[4]],
        skipped=[{"what": HOSTILE, "why": nasty[0]}, nasty[6]],
        audit={"leaks": [{"a": HOSTILE, "b": nasty[2], "kind": "k", "count": 2, "examples": [nasty[4]]}]},
    )  # fmt: skip
    rows = [replace(r, encoder=HOSTILE, dataset=nasty[4]) for r in pair_rows(ENCODERS[:1])]
    rows += [
        replace(r, attribute=name, encoder=nasty[2])
        for r, name in zip(probe_rows(ENCODERS[:1]), nasty * 4, strict=False)
    ]
    rows += [replace(r, setting=HOSTILE) for r in knn_rows(ENCODERS[:1])]
    run = tmp_path / "run"
    write_run(run, rows, said)
    page = render(load_run(run))
    assert page.encode("utf-8")
    tree = Tree(page)
    assert len(tree.named("script")) == 1 and not tree.named("img")
    assert HOSTILE in tree.text and "{{ 7*7 }}" in tree.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", page)
    assert "\\x1b]52" in tree.text and "\\u202e" in tree.text


def test_an_address_among_the_classes_is_shown_but_not_in_the_source(tmp_path: Path) -> None:
    """A licence is often an address: a reader sees it whole, while the source holds nothing like a link."""
    licence = "http://creativecommons.org/licenses/by/2.0/"
    run = write_run(
        tmp_path, [replace(probe_rows()[0], attribute=licence)], meta(skipped=[{"what": licence, "why": "HTTP://x"}])
    )
    page = render(load_run(run))
    assert "http://" not in page.casefold() and licence in Tree(page).text


def test_a_name_of_a_thousand_characters_is_cut(tmp_path: Path) -> None:
    """A page stays readable whatever a file calls its classes."""
    run = write_run(tmp_path, [replace(probe_rows()[0], encoder="x" * 1000)], {})
    assert "x" * 201 not in render(load_run(run)) and "x" * 150 + "x" in render(load_run(run))


def test_coefficients_are_no_percentages(page: str) -> None:
    """Cramér's V is written from 0 to 1, with zero as the level of no effect."""
    table = page[page.index("Labels against what the picture shows") :]
    assert ">0.311<" in table and ">[0.240–0.388]<" in table and 'data-head="V"' in table


def test_terms_are_written_as_people_write_them(page: str) -> None:
    """No heading without its value, no word of the files where there is one of the language."""
    assert "Encoder: ;" not in page
    assert "<dt>kNN</dt>" in page
    assert "JPEG quality" in page and "Jpeg_quality" not in page
    assert "cramers_v" not in page


def test_similarity_is_drawn_as_two_distributions_for_each_content(page: str, tmp_path: Path) -> None:
    """Each panel outlines photos that share the label and photos that do not; damaged histograms draw nothing."""
    assert page.count('class="area" d="M0 100V') == page.count('class="outline" d="M0 100V') == 2 * len(ENCODERS)
    whole = similarity_detail("e")
    for damage in (
        {"edges": [0, 1]}, {"edges": [math.nan] * 51}, {"edges": [0] * 51}, {"edges": None}, {"histograms": [1]},
        {"histograms": {"class=same,label=same": ["a"] * 50}}, {"histograms": {"class=same,label=same": [0] * 50}},
    ):  # fmt: skip
        run = load_run(write_run(tmp_path, similarity_rows(), {"details": [{**whole, **damage}]}))
        assert 'class="outline" d' not in render(run)


@pytest.mark.parametrize("kept", ["probe", "knn", "retrieval", "similarity"])
def test_each_experiment_alone_makes_a_page(tmp_path: Path, kept: str) -> None:
    """With one experiment and nothing said beside its rows, the page holds that block alone."""
    rows = [r for r in measured() if r.experiment == kept]
    tree = Tree(render(load_run(write_run(tmp_path, rows, {}))))
    there = {attributes.get("id") for attributes in tree.named("section")}
    assert there == {"answer", "measured", "making", {"probe": "probes"}.get(kept, kept)}


def test_an_empty_run_makes_a_page_that_says_so(tmp_path: Path) -> None:
    """No rows at all: a page without figures, not a failure."""
    tree = Tree(write_report(write_run(tmp_path, [], {})).read_text(encoding="utf-8"))
    assert "holds no figure that answers the question" in tree.text and not tree.named("table")


def test_unknown_experiments_and_metrics_are_shown_as_they_are(tmp_path: Path) -> None:
    """Rows that this version does not explain still stand in a table of their own."""
    row = replace(probe_rows()[0], experiment="novelty", metric="new")
    tree = Tree(render(load_run(write_run(tmp_path, [row, replace(row, metric="newer")], {}))))
    assert "Novelty" in tree.text and {"new", "newer"} <= set(tree.texts)


def test_rows_without_a_number_are_counted_not_drawn(tmp_path: Path) -> None:
    """NaN, text and missing values are left out, and the page says how many."""
    rows = [asdict(r) for r in probe_rows()[:4]]
    rows[0]["value"], rows[1]["value"] = math.nan, "high"
    del rows[2]["value"]
    (tmp_path / "results.json").write_text(json.dumps({"rows": [*rows, "no row", None]}), encoding="utf-8")
    run = load_run(tmp_path)
    assert (len(run.rows), run.unusable) == (1, 5)
    page = render(run)
    assert "5 rows have no finite value and are not shown" in page and "nan" not in Tree(page).text.casefold()


def test_infinite_bounds_and_missing_columns_are_absent_not_drawn(tmp_path: Path) -> None:
    """A bound that is no number counts as no interval; absent columns mean none."""
    raw = {"experiment": "probe", "metric": "accuracy", "value": 0.5, "ci_low": -math.inf, "ci_high": None, "n": 3}
    (tmp_path / "results.json").write_text(json.dumps({"rows": [raw]}), encoding="utf-8")
    (row,) = load_run(tmp_path).rows
    assert (row.processing, row.mask_ratio, row.ci_low, row.chance) == ("IDENTITY", 0.0, None, None)
    assert "no interval" in Tree(render(load_run(tmp_path))).text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"rows": 3}', "{", "\xff\xfe", "[" * 100000])
def test_damaged_results_are_one_clear_message(tmp_path: Path, content: str) -> None:
    """What is no results file is refused with its name and a way out."""
    (tmp_path / "results.json").write_text(content, encoding="latin-1")
    with pytest.raises(TracerError) as caught:
        write_report(tmp_path)
    assert "results.json" in caught.value.what and caught.value.way_out
    assert not (tmp_path / "report.html").exists()


def test_meta_of_any_shape_is_tolerated(tmp_path: Path) -> None:
    """Each field beside the rows may be missing or of another type."""
    for odd in (None, 3, "text", [], [1, "a"], {}, {"a": {"b": [1.5, True, None]}}):
        said = dict.fromkeys(
            ("dataset", "versions", "device", "seconds", "seed", "protocol", "skipped", "details", "audit"), odd
        )
        run = write_run(tmp_path, probe_rows(ENCODERS[:1]), {**said, "warnings": odd, "command": odd})
        assert Tree(render(load_run(run))).named("table")


def test_an_audit_is_shown_from_the_results_alone(tmp_path: Path) -> None:
    """A path in the results is not followed: it is that of somebody's machine."""
    photos = tmp_path / "set"
    photos.mkdir()
    audit = {
        "leaks": [{"a": "train", "b": "test", "kind": "scene", "count": 7, "examples": ["scene 4"]}],
        "confounds": [],
    }
    (photos / "audit.json").write_text(json.dumps(audit), encoding="utf-8")
    run = write_run(tmp_path / "run", probe_rows(), meta(audit=audit))
    text = Tree(render(load_run(run))).text
    assert "1 leak was found" in text and "scene 4" in text
    other = write_run(tmp_path / "run", probe_rows(), meta(dataset={"name": "set", "path": str(photos)}))
    assert "leak" not in Tree(render(load_run(other))).text


def test_the_audit_s_p_values_say_what_they_treat_as_independent(tmp_path: Path) -> None:
    """Heads name photos or camera models, what is the same of each property stands above, and keys of the file nowhere."""
    entry = {
        "name": "format", "statistic": "cramers_v", "value": 0.4, "p_value": 1e-4, "p_adjusted": 2e-4, "test": "chi-square",
        "photos": 150, "p_cameras": 0.81, "p_cameras_adjusted": 1.0, "camera_models": [5, 6],
    }  # fmt: skip
    audit = {"leaks": [], "confounds": [entry, {**entry, "name": "aspect", "value": 0.0}]}
    text = Tree(render(load_run(write_run(tmp_path, probe_rows(), meta(audit=audit))))).text
    heads = ("p, photos", "p, photos, corrected", "p, camera models", "p, camera models, corrected")
    assert all(head in text for head in heads) and "P adjusted" not in text
    assert "Statistic: Cramér's V; Photos: 150; Camera models: 5 of phones, 6 of others." in text
    assert "p of photos takes each photo as independent" in text and "p of camera models relabels" in text
    unknown = [{**entry, "p_cameras": None, "p_cameras_adjusted": None, "camera_models": [0, 0]}] * 2
    told = {"leaks": [], "confounds": unknown}
    text = Tree(render(load_run(write_run(tmp_path, probe_rows(), meta(audit=told))))).text
    assert "p of camera models relabels" not in text and "0 of phones" not in text


def test_a_sentence_keeps_its_end_and_a_name_is_cut(tmp_path: Path) -> None:
    """Sentences of the audit, the run and its skips are shown to their end. A name of a thousand characters is cut."""
    long = "The properties " + "of a file " * 40 + "are told: "
    audit = {"leaks": [], "confounds": [], "confounds_in_words": [long + "more than chance."]}
    skipped = [{"what": long + "a probe", "why": long + "too few."}]
    more = {"warnings": [long + "too short."], "protocol": {"probe": long + "fast"}, "skipped": skipped}
    detail = confusion(ENCODERS[0], "Make", 0.0, 10, 0.5)
    named = {**detail, "classes": ["x" * 1000, *detail["classes"][1:]]}
    page = render(load_run(write_run(tmp_path, probe_rows(), meta(audit=audit, details=[named], **more))))
    text = Tree(page).text
    assert all(f"are told: {end}" in text for end in ("more than chance.", "a probe", "too few.", "too short.", "fast"))
    assert "x" * 199 + "…" in text and "x" * 200 not in page


def test_the_command_as_typed_loses_its_places(tmp_path: Path) -> None:
    """Absolute paths in the command that was typed are cut to their last name."""
    typed = "tracer evaluate '/home/somebody/my set' --encoders offline -o /tmp/run"
    text = Tree(render(load_run(write_run(tmp_path, probe_rows(), meta(command=typed))))).text
    assert "tracer evaluate 'my set' --encoders offline -o run" in text and "somebody" not in text


def test_the_command_names_the_set_not_its_place(tmp_path: Path) -> None:
    """The page can be passed on: it holds the command with the set's folder name, and no path of this machine."""
    run = write_run(tmp_path, probe_rows(), meta(dataset={"name": "my set", "path": "/home/somebody/my set"}))
    text = Tree(render(load_run(run))).text
    assert "tracer evaluate 'my set' --encoders offline/efficientnet-lite0,offline/efficientnet-lite2 -o RUN" in text
    assert "somebody" not in text


def test_many_classes_give_recalls_instead_of_a_wall_of_cells(tmp_path: Path) -> None:
    """Above the limit there is no matrix, but every class's recall and the commonest confusions."""
    n = MAX_MATRIX + 1
    counts = [[5 if i == j else 0 for j in range(n)] for i in range(n)]
    counts[3][4] = 9
    detail = {**confusion("e", "Make", 0.0, 10, 0.5), "classes": [f"class {i}" for i in range(n)], "confusion": counts}
    page = render(load_run(write_run(tmp_path, probe_rows(), meta(details=[detail]))))
    assert "class 3 taken for class 4: 9 times" in page
    assert page.count("recall num") == n and "q10 right" not in page


def test_matrices_that_do_not_fit_their_classes_are_left_out(tmp_path: Path) -> None:
    """A matrix with a missing line or cell is not drawn."""
    whole = confusion("e", "Make", 0.0, 10, 0.5)
    broken = [
        {**whole, "confusion": whole["confusion"][:-1]},
        {**whole, "confusion": [[1]] * 3},
        {**whole, "classes": None},
    ]
    assert load_run(write_run(tmp_path, [], meta(details=broken))).confusions == ()
    assert len(load_run(write_run(tmp_path, [], meta(details=[whole]))).confusions) == 1


def test_forty_seven_encoders_make_a_page_of_reasonable_size(tmp_path: Path) -> None:
    """All of the paper's encoders stand in the tables, the answer shows the ends, and the page stays below 8 MB."""
    encoders = tuple(f"family/variant-{i}" for i in range(47))
    run = write_run(tmp_path, probe_rows(encoders) + pair_rows(encoders), {})
    page = render(load_run(run))
    assert all(f">{name}<" in page for name in encoders)
    assert "the two highest and the two lowest of 47" in page and len(page) < 8_000_000


def test_scales_hold_what_they_show() -> None:
    """Rates are drawn from 0 to 100 %; differences on a round range with every bound, around zero where signed."""
    assert [t.label for t in scale_for(probe_rows()).ticks][0::4] == ["0\u202f%", "100\u202f%"]
    differences = [r for r in pair_rows() if r.metric == "spd_a"]
    scale = scale_for(differences)
    assert scale.low == 0 and scale.high >= max(r.ci_high or 0 for r in differences)
    signed = scale_for([replace(differences[0], value=-0.1, ci_low=-0.17, ci_high=0.02)])
    assert (signed.low, signed.high) == (-0.2, 0.2) and signed.at(0.0) == 50.0
    small = scale_for([replace(differences[0], value=0.0, ci_low=0.0, ci_high=0.001)])
    assert len({tick.label for tick in small.ticks}) == 5 and small.at(0.001) < 10
