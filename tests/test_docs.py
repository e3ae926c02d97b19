"""What the docs say is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from curate.catalog.labels import CATALOG_COLUMNS, LABEL_COLUMNS, MEANINGS
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit
from docs import reference
from docs.real_terminal import FONT, PROGRAMS, lacking
from tests.conftest import write_photo

ROOT = Path(__file__).parent.parent


def test_command_reference_is_up_to_date() -> None:
    """Every command, argument and option stands in docs/commands.md in the program's own words."""
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == reference.commands(), (
        "run: python -m docs.reference"
    )


def test_settings_reference_is_up_to_date() -> None:
    """Every setting with its default stands in docs/settings.md."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == reference.settings(), (
        "run: python -m docs.reference"
    )


def test_keys_and_commands_of_the_app_are_up_to_date() -> None:
    """Every key of every screen and every command of the palette stands in docs/app.md."""
    page = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    assert page == reference.app(), "run: python -m docs.reference"
    assert page.count("<!-- end -->") == 2 and "`Evaluate set`" in page and "| `^p` |" not in page


def test_label_reference_is_up_to_date(catalog: Catalog) -> None:
    """Every column that `--where` knows stands in docs/labels.md with its meaning, and no other."""
    assert (ROOT / "docs" / "labels.md").read_text(encoding="utf-8") == reference.labels(), (
        "run: python -m docs.reference"
    )
    known = {row["name"] for row in catalog.connection.execute("PRAGMA table_info(label)")}
    assert {*LABEL_COLUMNS, *CATALOG_COLUMNS} == known == {*MEANINGS}
    for name in known:
        assert list(catalog.labels(f'"{name}" IS NOT NULL')) == []


def test_every_command_has_words() -> None:
    """No command and no option goes without help."""
    blocks = reference.commands().split("### ")[1:]
    assert len(blocks) > 25
    assert not [block.splitlines()[0] for block in blocks if not block.splitlines()[2].strip()]


def _readme_commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_readme_commands_exist() -> None:
    """Each command line in README's sessions is one of the programs' commands, with options that they have."""
    known = reference.commands()
    lines = _readme_commands()
    assert lines
    for line in lines:
        words = shlex.split(line)
        if words[0] in ("curate", "tracer") and len(words) > 1 and "/" not in words[1] and not Path(words[1]).suffix:
            names = [f"{words[0]} {words[1]}", " ".join(words[:3])]
            if not any(f"`{name}" in known for name in names):
                assert words[0] == "curate" and len(words) == 2, line  # `curate DIR` opens the app
            for option in (word.split("=")[0] for word in words if word.startswith("--")):
                assert f"`{option}`" in known, line


def test_readme_tables_have_the_columns_that_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under each listing of README's sessions stands the head that the command prints today."""
    shown = re.findall(
        r"^\$ curate (cameras|clocks|pairs) -w .*\n(.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert {command for command, _ in shown} == {"cameras", "clocks", "pairs"}
    place, phone, camera = str(tmp_path / "workspace"), tmp_path / "photos" / "1.jpg", tmp_path / "photos" / "2.jpg"
    phone.parent.mkdir()
    write_photo(phone, make="Apple", model="iPhone X", seed=1)
    write_photo(camera, make="Canon", model="Canon EOS 40D", seed=2)
    for words in (
        ["new", place],
        ["ingest", str(phone.parent), "-w", place, "--jobs", "1"],
        ["decide", "accept", str(phone), str(camera), "-w", place],
        ["clocks", "set", "Apple|iPhone X", "Canon|Canon EOS 40D", "-5", "-w", place],
    ):
        assert run_cli(words) == Exit.DONE
    for command, head in shown:
        capsys.readouterr()
        assert run_cli([command, "-w", place]) == Exit.DONE
        assert capsys.readouterr().out.splitlines()[0].split() == head.split(), command


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_lead_somewhere(page: str) -> None:
    """Relative links and pictures in the docs exist."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            assert ((ROOT / page).parent / target).exists(), target


def test_pictures_are_shown_and_small() -> None:
    """Each picture in docs/screenshots stands on a page, and none is so large that a page with it loads slowly."""
    pages = "".join(page.read_text(encoding="utf-8") for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
    pictures = [file for file in (ROOT / "docs" / "screenshots").iterdir() if file.suffix != ".md"]
    assert {file.suffix for file in pictures} == {".png", ".jpg", ".gif"}
    for file in pictures:
        assert f"screenshots/{file.name})" in pages, file.name
        assert file.stat().st_size < (2_000_000 if file.suffix == ".gif" else 400_000), file.name


def test_the_recording_lasts_as_long_as_a_look() -> None:
    """README's recording moves, and takes from 15 to 45 seconds."""
    with Image.open(ROOT / "docs" / "screenshots" / "session.gif") as recording:
        seconds = 0.0
        for frame in range(getattr(recording, "n_frames", 1)):
            recording.seek(frame)
            seconds += recording.info["duration"] / 1000
        assert frame > 10 and 15 <= seconds <= 45


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`make screenshots` says which programs it lacks and how they are installed, before it changes anything."""
    monkeypatch.setenv("PATH", str(tmp_path))
    said = lacking()
    assert len(said) == len(PROGRAMS)
    for (program, package), line in zip(PROGRAMS.items(), said, strict=True):
        assert line.startswith(f"{program} is missing") and f"apt-get install {package}" in line
    listing = tmp_path / "fc-list"
    for program in PROGRAMS:
        (tmp_path / program).write_text("#!/bin/sh\necho DejaVu Sans Mono\n")
        (tmp_path / program).chmod(0o755)
    assert [FONT in line and "fonts-firacode" in line for line in lacking()] == [True]
    listing.write_text(f"#!/bin/sh\necho {FONT}\n")
    assert lacking() == []
    listing.unlink()
    ended = subprocess.run(
        [sys.executable, "-m", "docs.screenshots"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1 and "fc-list is missing; install the package fontconfig" in ended.stderr
