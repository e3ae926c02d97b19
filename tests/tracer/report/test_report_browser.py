"""The page in a real browser, without a screen: nothing is wider than a phone, tables sort, nothing is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.report_runs import before_and_after, measured, pair_rows, sheet_run, whole_run, write_run
from tracer.report.page import write_report

pytestmark = pytest.mark.system

# Asks the page itself, after its own program has run. The page's policy does not know it, so the policy is taken out.
PROBE = """<script>
addEventListener("load", () => {
  const root = document.documentElement, said = [];
  const tables = document.querySelectorAll("table.sortable");
  said.push("tables=" + tables.length, "width=" + innerWidth, "content=" + root.scrollWidth);
  const table = tables[0], column = [...table.querySelectorAll("th")].findIndex((h) => h.textContent.trim() === "%");
  const values = () => [...table.tBodies[0].rows].map((r) => +r.cells[column].dataset.key);
  table.querySelectorAll("th")[column].querySelector("button").click();
  said.push("ascending=" + values().every((v, i, a) => !i || a[i - 1] <= v));
  table.querySelectorAll("th")[column].querySelector("button").click();
  said.push("descending=" + values().every((v, i, a) => !i || a[i - 1] >= v));
  const wide = [...document.querySelectorAll("main *, header *")].filter((e) =>
    !e.closest(".scroll") && !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 0.5);
  said.push("wide=" + wide.slice(0, 5).map((e) => e.tagName + "." + e.className).join("|"));
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const drawn = [...document.querySelectorAll(".scroll .draw")];
  const cut = drawn.filter((e) => e.getBoundingClientRect().right > e.closest(".scroll").getBoundingClientRect().right + 0.5);
  said.push("drawn=" + drawn.length);
  said.push("cut=" + [...new Set(cut.map((e) => e.closest(".scroll").ariaLabel.replaceAll(" ", "_")))].join("|"));
  said.push("paper=" + getComputedStyle(document.body).backgroundColor.replaceAll(" ", ""));
  root.dataset.said = said.join(" ");
});
</script>"""


def said(chromium: str, page: Path, scratch: Path, width: int, dark: bool = False) -> dict[str, str]:
    """What the page says of itself at a width."""
    probe = scratch / f"probe-{width}-{dark}.html"
    html = page.read_text(encoding="utf-8")
    policy = html[html.index("<meta http-equiv") : html.index('<meta name="generator"')]
    probe.write_text(html.replace(policy, "").replace("</body>", PROBE + "</body>"), encoding="utf-8")
    # A window is never narrower than 500 px; a frame is. So the page is asked inside a frame of the wanted width.
    frame = scratch / f"frame-{width}-{dark}.html"
    frame.write_text(
        f'<iframe src="{probe.name}" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>addEventListener('load', () => setTimeout(() => { document.title ="
        " document.querySelector('iframe').contentDocument.documentElement.dataset.said }, 50))</script>",
        encoding="utf-8",
    )
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={scratch / 'profile'}", "--hide-scrollbars",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--allow-file-access-from-files",
        "--virtual-time-budget=4000", "--window-size=1400,1000", "--dump-dom", frame.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    start = done.stdout.index("<title>") + len("<title>")
    words = done.stdout[start : done.stdout.index("</title>")].split(" ")
    return dict(word.split("=", 1) for word in words)


@pytest.fixture(scope="module")
def chromium(program: Callable[[str], str]) -> str:
    """The browser."""
    return program("chromium")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every block."""
    return write_report(whole_run(tmp_path_factory.mktemp("run")))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_phone_and_desktop(chromium: str, page: Path, tmp_path: Path, width: int) -> None:
    """At either width all tables are there, sort both ways, and nothing reaches past the edge."""
    found = said(chromium, page, tmp_path, width)
    assert int(found["tables"]) >= 5
    assert found["width"] == str(width) and int(found["content"]) <= width and found["wide"] == ""
    assert (found["ascending"], found["descending"]) == ("true", "true")


@pytest.mark.parametrize("width", [390, 800, 1057, 1280, 1920])
def test_no_drawing_of_a_table_is_cut_off(chromium: str, tmp_path: Path, width: int) -> None:
    """The column of marks lies inside its box, folded tables too: a mark at 100 % would be out of sight otherwise."""
    names = ("openclip/vit-b-16-siglip-256-webli", "baseline/residual")
    more = [replace(row, setting=f"{row.setting},unseen-cameras") for row in pair_rows(names)]
    page = write_report(write_run(tmp_path / "run", measured(names) + more, {}))
    found = said(chromium, page, tmp_path, width)
    assert int(found["drawn"]) > 100 and found["cut"] == ""


def test_a_dark_preference_gives_a_dark_page(chromium: str, page: Path, tmp_path: Path) -> None:
    """The paper is dark where the reader prefers it, and light otherwise."""
    light, dark = (said(chromium, page, tmp_path, 800, dark=wish)["paper"] for wish in (False, True))
    assert sum(_channels(light)) > 700 and sum(_channels(dark)) < 120


def test_the_browser_accepts_the_page_under_its_own_policy(chromium: str, page: Path, tmp_path: Path) -> None:
    """With the policy in place the page's own program runs: each heading of a table has become a button."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.count('<button type="button">') > 20


def _channels(colour: str) -> list[int]:
    """`rgb(1,2,3)` as numbers."""
    return [int(part) for part in colour[4:-1].replace(" ", "").split(",")]


def test_sheets_and_remedies_fit_a_phone(chromium: str, tmp_path: Path) -> None:
    """Strips of pictures scroll inside themselves: the page is no wider than the phone."""
    page = write_report(sheet_run(tmp_path / "run", more=before_and_after()))
    assert int(said(chromium, page, tmp_path, 390)["content"]) <= 390
