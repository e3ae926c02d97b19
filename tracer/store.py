"""Embedding files, importable by their fixed name; see `tracer.embeddings.store`."""

from tracer.embeddings.store import Embeddings as Embeddings
from tracer.embeddings.store import file_name as file_name
from tracer.embeddings.store import folder as folder
from tracer.embeddings.store import is_intact as is_intact
from tracer.embeddings.store import load as load
from tracer.embeddings.store import read_file as read_file
from tracer.embeddings.store import read_header as read_header
from tracer.embeddings.store import save as save
