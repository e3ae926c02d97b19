"""Names of encoders on the command line: completed by the shell, and their forms told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tracer embed set --encoders clip/ViT-L", ["clip/ViT-L-14", "clip/ViT-L-14@336px"]),
        ("tracer probe --encoder offline,dino/vits", ["offline,dino/vits8", "offline,dino/vits16"]),
        ("tracer zeroshot --encoders open", ["openclip:"]),
        ("tracer encoders --check sup", ["supervised"]),
    ],
)
def test_the_shell_completes_names(
    typed: str, found: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last name of a list is completed, the names before it stay; words for several encoders count as names."""
    from tracer import cli

    words = {"_TRACER_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    assert cli.run_cli([]) == 0
    assert set(found) <= set(capsys.readouterr().out.split())


def test_the_list_names_the_forms(run: Run) -> None:
    """Below the known encoders stands how any other is named, and one's own weights; JSON holds the list alone."""
    code, out, err = run("encoders", "--group", "baseline")
    assert code == 0 and "baseline/colour" in out
    assert all(form in err for form in ("timm:NAME@CHECKPOINT", "openclip:NAME@PATH", "openclip:NAME/TAG"))
    assert not run("encoders", "--group", "baseline", "--json")[2]
