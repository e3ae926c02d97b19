"""Encoder names: as a user types them, and as file names have them."""

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
FORMS: Final = (
    "family/variant, timm:NAME or openclip:NAME/TAG; with your own weights timm:NAME@CHECKPOINT or openclip:NAME@PATH"
)


@dataclass(frozen=True, slots=True)
class EncoderName:
    """A parsed name.

    Attributes:
        typed: as the user typed it.
        family: `clip` of `clip/ViT-B-16`; `timm` of `timm:resnet18@w.pt`.
        model: `ViT-B-16` of `clip/ViT-B-16`; `resnet18` of `timm:resnet18@w.pt`.
        library: whether it was written with `timm:` or `openclip:`, and so is not looked up in the catalogue.
        checkpoint: the local file after `@`, else None.
    """

    typed: str
    family: str
    model: str
    library: bool = False
    checkpoint: Path | None = None

    @property
    def shown(self) -> str:
        """The name in results: as typed, but with only the file's name of an absolute path of a checkpoint."""
        if self.checkpoint is None or not self.checkpoint.is_absolute():
            return self.typed
        return f"{self.typed.rpartition('@')[0]}@{self.checkpoint.name}"

    @property
    def variant(self) -> str:
        """The variant in file names: the model, or `<stem>-<sha256[:8]>` of a local checkpoint.

        Raises:
            EncoderError: the checkpoint cannot be read.
        """
        if self.checkpoint is None:
            return self.model
        return f"{self.checkpoint.stem}-{checkpoint_sha256(self.checkpoint)[:8]}"

    @property
    def file_stem(self) -> str:
        """The stem of its files: `model=<family>_variant=<variant>`, with `-` for `/`."""
        return f"model={self.family}_variant={self.variant.replace('/', '-')}"


def parse_name(typed: str) -> EncoderName:
    """Parse a name. Whether such an encoder exists is checked by the registry.

    Raises:
        UnknownEncoder: the text does not have the form of a name.

    >>> name = parse_name("timm:resnet18@weights.pt")
    >>> name.family, name.model, name.checkpoint.name
    ('timm', 'resnet18', 'weights.pt')
    """
    text = typed.strip()
    head, at, tail = text.rpartition("@")
    # The name clip/ViT-L-14@336px has an @, so the text after an @ is a checkpoint only if it looks like a file.
    is_file = bool(at) and (tail.lower().endswith(_CHECKPOINTS) or Path(tail).expanduser().is_file())
    checkpoint = Path(tail).expanduser() if is_file else None
    word = head if checkpoint else text
    prefix, colon, name = word.partition(":")
    if colon and prefix in _LIBRARIES and name:
        return EncoderName(text, prefix, name, True, checkpoint)
    family, slash, model = word.partition("/")
    if not (slash and family and model) or ":" in word:
        raise UnknownEncoder(
            f"{typed!r} is not the name of an encoder", f"a name is {FORMS}", "`tracer encoders` lists the known ones."
        )
    return EncoderName(text, family, model, False, checkpoint)


def checkpoint_sha256(path: Path) -> str:
    """Return the sha256 of a weights file, which is hashed again only when its size or time changes.

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
