"""Measured against cameras judged by hand, and against lensfun's data base with that data base switched off."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from curate.cameras.resolve import ALL_SOURCES, Source, resolve, type_from_file_source

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "camera_types.py"


@pytest.fixture(scope="module")
def benchmark_module() -> ModuleType:
    """The benchmark that prints the figures of the docs: the same measure holds the floors."""
    spec = importlib.util.spec_from_file_location("camera_types_benchmark", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_lensfun_bodies_without_lensfun(benchmark_module: ModuleType) -> None:
    """On at least 900 bodies, without lensfun and the table: 80 % right, under 1 % wrong, the rest unknown."""
    truth = list(benchmark_module.truth_of_lensfun())
    counts, others = benchmark_module.measure(truth, benchmark_module.WITHOUT_DATA)
    assert len(truth) >= 900
    assert counts["right"] >= 0.80 * len(truth), others
    assert counts["wrong"] < 0.01 * len(truth), others


def test_lensfun_bodies_with_all_sources(benchmark_module: ModuleType) -> None:
    """No body of the data base becomes a phone, but the Xperia that stands among its compact cameras."""
    truth = list(benchmark_module.truth_of_lensfun())
    counts, others = benchmark_module.measure(truth, ALL_SOURCES)
    assert counts["right"] >= 0.98 * len(truth), others
    assert [line for line in others if "smartphone" in line] == [line for line in others if "Xperia" in line]


@pytest.mark.corpus
def test_judged_cameras(benchmark_module: ModuleType, corpus: Path) -> None:
    """On the corpus' judged cameras: 98 % right, no smartphone taken for something else or the reverse."""
    truth = list(benchmark_module.truth_of_csv(corpus / "exif-corpus" / "camera_types.csv"))
    counts, others = benchmark_module.measure(truth, ALL_SOURCES)
    assert counts["right"] >= 0.98 * len(truth), others
    assert counts["phones confused"] == 0, others


@pytest.mark.corpus
def test_judged_cameras_without_the_table(benchmark_module: ModuleType, corpus: Path) -> None:
    """The rules hold up without the rows of the table: 95 % right, none wrong."""
    truth = list(benchmark_module.truth_of_csv(corpus / "exif-corpus" / "camera_types.csv"))
    counts, others = benchmark_module.measure(truth, ALL_SOURCES - {Source.TABLE})
    assert counts["right"] >= 0.95 * len(truth), others
    assert counts["wrong"] == 0, others


@pytest.mark.corpus
def test_no_camera_of_no_type_is_a_phone(corpus: Path) -> None:
    """What is certainly no phone is not called one, whatever its type."""
    with (corpus / "exif-corpus" / "camera_types.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["is_smartphone"] == "0":
                assert resolve(row["make"], row["model"]).type.is_smartphone is not True, row


@pytest.mark.corpus
def test_file_source_does_not_misfire(corpus: Path) -> None:
    """Among the corpus' files none but a scanner's may be typed by its FileSource."""
    seen = 0
    with gzip.open(corpus / "exif-corpus" / "exiftool-full-n-G1.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        value = row.get("ExifIFD:FileSource")
        if isinstance(value, str):  # a field wider than one byte, as text
            value = value.encode("latin-1")
        if value is not None:
            seen += 1
            kind = type_from_file_source(value)
            assert kind is None or resolve(row.get("IFD0:Make"), row.get("IFD0:Model")).type is kind, row
    assert seen > 50
