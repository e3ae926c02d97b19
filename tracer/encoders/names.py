"""Encoder names: as a person types them, and as they stand in file names."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.base.files import sha256_of
from tracer.base.reading import check_regular
from tracer.base.text import quoted_path
from tracer.errors import EncoderError, UnknownEncoder

_LIBRARIES: Final = ("timm", "openclip")
_CHECKPOINTS: Final = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".tar")
_FORMS: Final = "family/variant, timm:NAME or openclip:NAME, each also with @CHECKPOINT"


@dataclass(frozen=True, slots=True)
class EncoderName:
    """A parsed name.

    Attributes:
        typed: as a person typed it.
        family, model: `clip` and `ViT-B-16`; of `timm:resnet18@w.pt` `timm` and `resnet18`.
        library: whether it was written as `timm:` or `openclip:`, that is, without the paper's table.
        checkpoint: the local file after `@`, else None.
    """

    typed: str
    family: str
    model: str
    library: bool = False
    checkpoint: Path | None = None

    @property
    def shown(self) -> str:
        """As typed, with an absolute path of a checkpoint cut to the file's name: results carry this."""
        if self.checkpoint is None or not self.checkpoint.is_absolute():
            return self.typed
        return f"{self.typed.rpartition('@')[0]}@{self.checkpoint.name}"

    @property
    def variant(self) -> str:
        """What file names call it: the model, or `<stem>-<sha256[:8]>` of a local checkpoint.

        Raises:
            EncoderError: the checkpoint cannot be read.
        """
        if self.checkpoint is None:
            return self.model
        return f"{self.checkpoint.stem}-{checkpoint_sha256(self.checkpoint)[:8]}"

    @property
    def file_stem(self) -> str:
        """`model=<family>_variant=<variant>`; a `/` in the variant becomes `-`."""
        return f"model={self.family}_variant={self.variant.replace('/', '-')}"


def parse_name(typed: str) -> EncoderName:
    """Take a name apart. Whether such an encoder exists is the registry's question.

    Raises:
        UnknownEncoder: the word has none of the forms of a name.
    """
    text = typed.strip()
    head, at, tail = text.rpartition("@")
    # clip/ViT-L-14@336px holds an @ of its own: what follows is a checkpoint only if it looks like a file.
    is_file = bool(at) and (tail.lower().endswith(_CHECKPOINTS) or Path(tail).expanduser().is_file())
    checkpoint = Path(tail).expanduser() if is_file else None
    word = head if checkpoint else text
    prefix, colon, name = word.partition(":")
    if colon and prefix in _LIBRARIES and name:
        return EncoderName(text, prefix, name, True, checkpoint)
    family, slash, model = word.partition("/")
    if not (slash and family and model) or ":" in word:
        raise UnknownEncoder(
            f"{typed!r} is no encoder's name", f"a name is {_FORMS}", "`tracer encoders` lists what there is."
        )
    return EncoderName(text, family, model, False, checkpoint)


def checkpoint_sha256(path: Path) -> str:
    """The sha256 of a weights file; hashed once as long as the file does not change.

    Raises:
        EncoderError: it cannot be read.
    """
    try:
        status = check_regular(path)
        return _sha256(path.resolve(), status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise EncoderError(
            f"The checkpoint {quoted_path(path)} cannot be read",
            error.strerror or str(error),
            "Give the path of a .safetensors or .pt file.",
        ) from error


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001  # size and time are the cache's key
    return sha256_of(path)
