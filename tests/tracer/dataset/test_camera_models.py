"""The camera model of each photo, from whatever columns a set has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracer.dataset import camera_models


def test_maker_and_model_are_one_string() -> None:
    """A model that begins with its maker is not named twice; case and spaces make no other model."""
    table = pd.DataFrame(
        {
            "Make": ["Canon", "CANON", "Apple", None, "Sony"],
            "Model": ["Canon EOS 5D", "eos  5d", "iPhone 12", "X1", None],
        }
    )
    assert camera_models(table).tolist() == ["Canon EOS 5D", "Canon EOS 5D", "Apple iPhone 12", "X1", None]


def test_tidied_names_stand_in_where_the_model_is_missing() -> None:
    """Row by row; without any column of models nothing is known."""
    table = pd.DataFrame(
        {"Model": ["A1", None], "make_normalized": ["Acme", "Acme"], "model_normalized": ["One", "Two"]}
    )
    assert camera_models(table).tolist() == ["A1", "Acme Two"]
    assert camera_models(table[["make_normalized"]]).tolist() == [None, None]
    assert camera_models(table.drop(columns="Model")).tolist() == ["Acme One", "Acme Two"]


def test_numbers_and_missing_values_of_any_kind() -> None:
    """Models that a CSV reader took for numbers, NaN and NA."""
    assert camera_models(pd.DataFrame({"Make": ["N", "N"], "Model": [90, 95]})).tolist() == ["N 90", "N 95"]
    table = pd.DataFrame({"Make": ["N", "N", "N"], "Model": pd.array(["a", pd.NA, "  "], dtype="string")})
    assert camera_models(table).tolist() == ["N a", None, None]
    assert camera_models(pd.DataFrame({"Model": [np.nan, "b"]})).tolist() == [None, "b"]


def test_a_model_without_a_maker_is_that_of_the_only_maker_of_the_name() -> None:
    """Photos that lost their maker make no second camera model; a name that two makers use is told as it stands."""
    table = pd.DataFrame({"Make": ["Acme", None, "", "acme", None], "Model": ["One", "one", "ONE", "Two", "Three"]})
    assert camera_models(table).tolist() == ["Acme One"] * 3 + ["acme Two", "Three"]
    two = pd.DataFrame({"Make": ["Acme", "Bolt", None], "Model": ["One", "One", "One"]})
    assert camera_models(two).tolist() == ["Acme One", "Bolt One", "One"]
