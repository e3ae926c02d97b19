"""Embedding a data set, importable by its fixed name; see `tracer.embeddings.embed`."""

from tracer.embeddings.batches import Resources as Resources
from tracer.embeddings.embed import EmbedResult as EmbedResult
from tracer.embeddings.embed import embed as embed
