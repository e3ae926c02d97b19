"""Tidy results: rows, metrics, per-photo scores and what was not measured."""

from tracer.results.metrics import Metric as Metric
from tracer.results.rows import COLUMNS as COLUMNS
from tracer.results.rows import MAX_JSON_BYTES as MAX_JSON_BYTES
from tracer.results.rows import Results as Results
from tracer.results.rows import Row as Row
from tracer.results.rows import read as read
from tracer.results.rows import write as write
