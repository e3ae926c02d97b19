"""The encoders of an evaluation: those whose weights are here or can be had; the others are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.base.progress import Progress, Work
from tracer.encoders.encoder import Encoder
from tracer.encoders.names import parse_name
from tracer.encoders.registry import expand, load
from tracer.encoders.text import TextSide
from tracer.errors import EncoderError, UnknownEncoder, UsageError
from tracer.results.skips import Scope, Skip

NO_TEXT: Final = (
    "only encoders with a text side can: those of clip/, openclip/ and openclip: (SigLIP is there as "
    "openclip:ViT-B-16-SigLIP-256/webli; siglip/ names its image side alone)"
)


@dataclass(frozen=True, slots=True)
class Usable:
    """The encoders that can be used.

    Attributes:
        encoders: by their names as typed.
        skipped: those that cannot be had.
    """

    encoders: dict[str, Encoder]
    skipped: list[Skip]

    @property
    def typed(self) -> dict[str, str]:
        """The encoders' names in results, and what was typed for each."""
        return {encoder.name: name for name, encoder in self.encoders.items()}


def usable(names: Sequence[str], loader: Callable[[str], Encoder] = load) -> Work[Usable]:
    """Load the encoders of these names and groups; `loader` loads one.

    Raises:
        UnknownEncoder: there is no encoder of a name. UsageError: no name was given, or two have one name in results.
        EncoderError: of the first one, where none can be used.
    """
    found = Usable({}, [])
    first: EncoderError | None = None
    wanted = expand(names)
    for number, name in enumerate(wanted):
        yield Progress(f"finding weights: {name}", number, len(wanted))
        try:
            found.encoders[name] = loader(name)
        except UnknownEncoder:  # a wrong name ends the evaluation at once
            raise
        except EncoderError as error:
            first = first or error
            found.skipped.append(_skip(name, error))
    yield Progress("finding weights", len(wanted), len(wanted))
    names_in_results = Counter(encoder.name for encoder in found.encoders.values())
    if doubled := [name for name, count in names_in_results.items() if count > 1]:
        raise UsageError(
            f"{doubled[0]} names two files", "results tell checkpoints apart by the file's name", "Rename one of them."
        )
    if not found.encoders:
        raise first or UsageError("No encoder was named", way_out="`tracer encoders` lists them.")
    return found


@dataclass(frozen=True, slots=True)
class WithText:
    """The encoders whose pictures can be compared with sentences.

    Attributes:
        sides: name of the encoder → its text side.
        lacking: name of the encoder → why it has none that can be used.
    """

    sides: dict[str, TextSide]
    lacking: dict[str, str]


def with_text(encoders: Iterable[Encoder]) -> WithText:
    """Sort encoders by whether they have a text side. Its tokenizer is read now, its network later."""
    found = WithText({}, {})
    for encoder in encoders:
        side = encoder.text_side
        if side is None:
            found.lacking[encoder.name] = NO_TEXT
            continue
        try:
            side.tokenizer()
        except EncoderError as error:
            found.lacking[encoder.name] = ". ".join(error.lines())
        else:
            found.sides[encoder.name] = side
    return found


def _skip(name: str, error: EncoderError) -> Skip:
    """The encoder and the reason, without the place of a checkpoint."""
    parsed = parse_name(name)
    why = ". ".join(error.lines()).replace(name, parsed.shown)
    if parsed.checkpoint:
        why = why.replace(str(parsed.checkpoint), parsed.checkpoint.name)
    return Skip(f"encoder {parsed.shown}", why, encoder=parsed.shown, scope=Scope.ENCODER)
