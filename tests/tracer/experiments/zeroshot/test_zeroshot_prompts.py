"""Prompts: how classes are put into words, and files of prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import UsageError
from tracer.experiments.zeroshot.prompts import TEMPLATES, Prompts, read_prompts, spoken


def _file(folder: Path, text: str) -> Path:
    path = folder / "prompts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_each_class_is_put_into_the_templates() -> None:
    """Underscores become spaces; classes come sorted."""
    found = Prompts().of(["tabby_cat", "Dog", "tabby_cat"])
    assert found.names == ("Dog", "tabby_cat")
    assert found.texts[1] == tuple(template.replace("{}", "tabby cat") for template in TEMPLATES)
    assert found.without == ()


@pytest.mark.parametrize("label", ["n02123045", "12", "_", "__3_"])
def test_what_is_no_word_has_no_prompt(label: str) -> None:
    """Numbers of WordNet and names without letters say nothing to a text side: they are listed, unless a file has them."""
    assert Prompts().of(["dog", label]).without == (label,)
    assert Prompts(TEMPLATES, ((label, ("a tabby",)),)).of(["dog", label]).texts[-1 if label > "dog" else 0] == (
        "a tabby",
    )


@given(st.lists(st.text(max_size=12)), st.lists(st.text(max_size=12), max_size=3))
def test_each_class_has_prompts_or_is_listed(labels: list[str], own: list[str]) -> None:
    """No class of the set is lost, and none stands on both sides."""
    found = Prompts(classes=tuple((name, ("x",)) for name in dict.fromkeys(own))).of(labels)
    assert set(found.names) | set(found.without) == {*labels, *own}
    assert not set(found.names) & set(found.without)
    assert len(found.texts) == len(found.names)
    assert all("_" not in spoken(label) for label in labels)


def test_files_have_templates_classes_or_both(tmp_path: Path) -> None:
    """Templates alone are for every class; classes alone leave the others without; with both templates are for the others."""
    labels = ["grey_heron", "dog"]
    templates = read_prompts(_file(tmp_path, 'templates = "a sketch of {}"')).of(labels)
    assert templates.texts == (("a sketch of dog",), ("a sketch of grey heron",))
    own = 'classes = { "grey_heron" = ["a heron", "a wading bird", "a heron"] }'
    classes = read_prompts(_file(tmp_path, own)).of(labels)
    assert (classes.names, classes.texts) == (("grey_heron",), (("a heron", "a wading bird"),))
    assert classes.without == ("dog",)
    both = read_prompts(_file(tmp_path, f'templates = ["a {{}}"]\n{own}')).of(labels)
    assert both.texts == (("a dog",), ("a heron", "a wading bird"))
    assert (both.templates, both.own) == (("a {}",), 1)


def test_classes_of_the_file_alone_are_names_too(tmp_path: Path) -> None:
    """A file may name classes that no photo shows: photos can be called by them."""
    found = read_prompts(_file(tmp_path, 'templates = ["a {}"]\n[classes]\nwolf = "a wolf"')).of(["dog"])
    assert found.names == ("dog", "wolf")
    assert found.without == ()


def test_equal_prompts_are_found() -> None:
    """Two classes with the same prompts cannot be told apart."""
    assert Prompts().of(["great tit", "great_tit", "dog"]).alike == [("great_tit", "great tit")]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "neither templates nor classes"),
        ("templates = []", "neither templates nor classes"),
        ("templates = ['a photo']", "no {} for the class"),
        ("templates = [3]", "templates is no list of sentences"),
        ("prompts = ['{}']", "no key prompts"),
        ("classes = 3", "classes is not a table"),
        ("[classes]\ndog = []", "the class 'dog' has no prompt"),
        ("[classes]\ndog = [[]]", "classes.dog is no list of sentences"),
        ("templates = [", "it is not TOML"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, cause: str) -> None:
    """The message says what is wrong and shows a line that would do."""
    with pytest.raises(UsageError) as refused:
        read_prompts(_file(tmp_path, text))
    assert cause in str(refused.value)
    assert "[classes]" in refused.value.way_out


def test_a_missing_file_and_odd_bytes_are_refused(tmp_path: Path) -> None:
    """No traceback, whatever the path leads to."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "bytes.toml"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_prompts(path)
