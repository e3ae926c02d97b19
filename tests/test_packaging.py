"""What a user gets who installs a wheel, and what Python may see of the checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built without a network."""
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "-w",
            str(out),
            str(ROOT),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return next(out.glob("lenstrace-*.whl"))


def test_the_wheel_holds_the_data_and_no_datasets_package(wheel: Path) -> None:
    """Recipes and the camera table lie in curate/_datasets; Hugging Face's `datasets` is not shadowed."""
    names = zipfile.ZipFile(wheel).namelist()
    assert "curate/_datasets/camera_types.csv" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"curate", "tracer"}
    for needed in (
        "curate/catalog/migrations/0001_first.sql",
        "curate/tui/app.tcss",
        "curate/tui/web/page.html",
        "curate/tui/web/page.css",
        "curate/tui/web/page.js",
        "curate/pairing/score/prior.json",
    ):
        assert needed in names
    assert any(name.startswith("tracer/report/templates/") and name.endswith(".j2") for name in names)


def test_the_constraints_cover_the_dependencies() -> None:
    """Each line names one version, and each dependency has one that is within its range."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {}
    for line in (line for line in lines if not line.startswith("#")):
        named = Requirement(line)
        (only,) = named.specifier
        assert only.operator == "==" and not named.url
        pinned[canonicalize_name(named.name)] = only.version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for text in project["dependencies"] + extras["test"] + extras["lint"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[canonicalize_name(wanted.name)]), text


@pytest.mark.slow
def test_an_installed_wheel_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, away from the checkout, the camera table, the recipes and the screens are found."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # the libraries of this environment, without the checkout that its editable install points to
    ours = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (site / "libraries.pth").write_text(f"import sys; sys.path.append({str(ours)!r})\n")
    code = (
        "import curate, tracer, datasets\n"
        "from curate.cameras.resolve import resolve\n"
        "from curate.resources import data_file\n"
        "import curate.cli, curate.tui.app, curate.catalog.database as d\n"
        "assert 'site-packages' in curate.__file__ and 'env' in curate.__file__, curate.__file__\n"
        "assert resolve('motorola', 'XT1032').type == 'smartphone'\n"
        "assert data_file('camera_types.csv').exists() and d.migrations()\n"
        "assert hasattr(datasets, 'load_dataset')\n"
        "sys_exit = curate.cli.run_cli(['new', 'w'])\n"
        "assert sys_exit == 0\n"
    )
    done = subprocess.run(
        [str(tmp_path / "env" / "bin" / "python"), "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


def test_hugging_faces_datasets_stays_importable() -> None:
    """Even with the checkout as the current folder."""
    code = "import datasets; datasets.load_dataset"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
