"""The benchmark on natural images fails where its positive control does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import natural_images
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.stats import Interval


def _found(encoder: str, group: str, low: float) -> tuple[str, str, Outcome, Outcome]:
    """An encoder's probe of a group of three, with an interval from `low` on, and neighbours without a figure."""
    found = Estimate(0.5, Interval(low, 0.6), 1 / 3, 90)
    row = Source("set", encoder).row("probe", group, "processing", "accuracy", found, 0)
    return encoder, group, Outcome(rows=[row]), Outcome(details=[{"pairs": []}])


@pytest.mark.parametrize(
    ("encoder", "group", "low", "fails"),
    [
        ("offline/x", "Sharpening", 0.4, False),
        ("offline/x", "Sharpening", 0.3, True),
        ("baseline/residual", "Sharpening", 1 / 3, True),
        ("baseline/thumbnail", "Sharpening", 0.3, False),
        ("offline/x", "JPEG", 0.3, False),
    ],
)
def test_who_is_blind_to_sharpening_fails_the_benchmark(
    encoder: str, group: str, low: float, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Encoders and `residual` have to see the control; other baselines and other processings need not. A page is kept then."""
    (tmp_path / "labels.csv").write_text("file,label\n")
    page = tmp_path / "page.md"
    page.write_text(f"a\n{natural_images.BEGIN}\nold\n{natural_images.END}\n")
    labels = SimpleNamespace(tolist=lambda: ["a", "a"])
    monkeypatch.setattr(natural_images, "open_set", lambda _: ["one", "two"])
    monkeypatch.setattr(natural_images, "labels_of", lambda *_: labels)
    monkeypatch.setattr(natural_images, "experiments", lambda *_: [_found(encoder, group, low)])
    assert natural_images.main([str(tmp_path), "--write", str(page)]) == int(fails)
    assert ("old" in page.read_text()) is fails
    assert ("does not detect the control" in capsys.readouterr().err) is fails
