"""`tracer encoders`, `tracer embed`: what can be run, and embeddings alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tracer.base.console import note, print_json, run_with_progress, say
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, quoted_path
from tracer.commands.common import (
    Device,
    Encoders,
    Format,
    Json,
    Memory,
    NamesToCheck,
    Processings,
    RunNeeded,
    Seconds,
    SetArgument,
    Style,
    limits,
    print_rows,
    ratios_in,
    resumable,
    say_failed,
    words_in,
)
from tracer.errors import Exit, UsageError

app = typer.Typer()


@app.command()
def encoders(
    group: Annotated[str, typer.Option(help="contrastive, supervised, self-supervised, offline or baseline.")] = "",
    check: NamesToCheck = "",
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """List the encoders that can be run, and which are here without a download.

    Any other of timm or OpenCLIP is named timm:NAME or openclip:NAME/TAG; weights of your own, timm:NAME@CHECKPOINT or
    openclip:NAME@PATH.
    """
    from tracer.encoders.catalogue import Group
    from tracer.encoders.names import FORMS
    from tracer.encoders.registry import available
    from tracer.encoders.registry import check as check_names

    if check:
        names = check_names(words_in(check))
        print_json({"names": names}) if json else say("\n".join(names))
        return

    if group and group not in set(Group):
        raise UsageError(f"There is no group {group}", way_out="Groups are " + ", ".join(Group) + ".")
    rows = [asdict(info) for info in available(group or None)]
    print_rows(rows, {"encoders": rows}, ("name", "group", "dim", "input", "available", "source"), json, style)
    if not json and style is Style.TABLE:
        note(f"Forms of names: {FORMS}.")


@app.command()
def embed(
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    processing: Processings = "IDENTITY",
    mask: Annotated[str, typer.Option(metavar="0,0.95", help="Shares of the area to mask, comma-separated.")] = "0",
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that decode; one a core if left out.")] = None,
    seconds: Seconds = None,
    memory: Memory = None,
    seed: Annotated[int, typer.Option(min=0, help="Of random scales.")] = 0,
    device: Device = None,
    json: Json = False,
) -> None:
    """Embed a set. Finished pieces are kept: the same command again goes on where it stopped."""
    from tracer.dataset.folders import run_folder

    run = run_folder(output)
    with resumable():
        from tracer.dataset import open_set
        from tracer.embeddings.batches import Resources
        from tracer.embeddings.embed import EmbedResult
        from tracer.embeddings.embed import embed as embed_set

        using = Resources(device, workers, batch_size, limits(seconds, memory))

        def work() -> Work[EmbedResult]:
            yield Progress("reading the set", 0)
            photos, names = open_set(data), words_in(encoders)
            return (yield from embed_set(
                photos, names, words_in(processing), ratios_in(mask), run=run, using=using, seed=seed,
            ))  # fmt: skip

        made = run_with_progress(work())
    failed = [{"photo_id": photo, "reason": reason} for photo, reason in made.failed]
    if json:
        print_json(
            {
                "images": made.images,
                "encoders": list(made.encoders),
                "images_per_s": made.images_per_s,
                "failed": failed,
            }
        )
    else:
        said = (counted(made.images, "photo"), counted(len(made.encoders), "encoder"), counted(len(made.files), "file"))
        say(f"{', '.join(said)} in {quoted_path(run / 'embeddings')}")
    say_failed(made.failed)
    if failed:
        raise typer.Exit(Exit.SOME_FAILED)
