"""`tracer probe`, `knn`, `zeroshot`, `retrieve`, `association`, `similarity`, `mitigate`: one experiment each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracer.base.console import note, run_with_progress
from tracer.base.text import quoted_path
from tracer.commands.common import (
    ROW_COLUMNS,
    Device,
    EncoderOption,
    Encoders,
    FolderOption,
    Format,
    Json,
    Labels,
    Masks,
    Neighbours,
    Processings,
    PromptFile,
    Protocols,
    RunNeeded,
    RunOption,
    Seed,
    SetArgument,
    SetOption,
    Style,
    TextEncoders,
    after,
    print_rows,
    prompts_in,
    ratios_in,
    resumable,
    typed,
    words_in,
)
from tracer.commands.from_files import Asked, encoders_in, mixture_rows, on_files
from tracer.errors import UsageError
from tracer.experiments.settings import MASKS, SEED, Method, Protocol, Ties

if TYPE_CHECKING:
    from tracer.base.progress import Work
    from tracer.experiments.outcome import Outcome

app = typer.Typer()

TraceLabels = Annotated[
    str,
    typer.Option(
        "--attributes", help="Labels to compare photos by beside Is Smartphone and Make, comma-separated; all."
    ),
]

ProbeSeed = Annotated[
    int | None,
    typer.Option(min=0, help="Of splits, draws and bootstraps; 42, for processings of files 22, if left out."),
]


@app.command()
def probe(
    context: typer.Context,
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    attributes: Labels = "",
    mask: Masks = None,
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    splits: Annotated[Path | None, typer.Option(metavar="SPLIT.json", help="A split file, with --embeddings.")] = None,
    processing: Processings = "",
    protocol: Protocols = Protocol.BATCHED,
    draws: Annotated[int, typer.Option(min=1, help="Random choices of the training processings.")] = 10,
    seed: ProbeSeed = None,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Probe what a linear layer can read: labels of a set, of a split file, and processings."""
    if folder is None:
        if splits:
            raise UsageError(
                "--splits needs --embeddings DIR --encoder NAME",
                "a set brings its own split files, and is tested by folds where it is small",
            )
        _on_set(
            context, "probe", data, output, json, style, encoders=words_in(encoders), attributes=words_in(attributes),
            masks=MASKS if mask is None else ratios_in(mask), processings=words_in(processing), draws=draws,
            protocol=protocol, seed=SEED if seed is None else seed, device=device,
        )  # fmt: skip
        return
    if bool(splits) == bool(processing):
        raise UsageError(
            "A probe of embedding files needs --splits SPLIT.json, or --processing P1,P2", "one of the two"
        )
    from tracer.embeddings.batches import device_of
    from tracer.experiments import fromfiles
    from tracer.experiments.probe import processing as processing_probe
    from tracer.experiments.probe.protocols import Fitting, in_words

    published = SEED if splits else processing_probe.PUBLISHED_SEED
    how = Fitting(protocol, published if seed is None else seed, device_of(device))
    said = {"probe": in_words(protocol)} if splits else {"probe of processings": processing_probe.in_words(draws)}

    def measure(files: fromfiles.Files) -> Work[Outcome]:
        if splits is not None:
            return fromfiles.probe_file(files, splits, how)
        return fromfiles.probe_processing_files(files, words_in(processing), how, draws)

    asked = Asked(
        context=context, folder=folder, encoders=encoders_in(encoder, encoders), output=output, seed=how.seed,
        masks=None if mask is None else ratios_in(mask), device=how.device, protocol=said,
    )  # fmt: skip
    on_files(asked, measure, json, style)


@app.command()
def knn(
    context: typer.Context,
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    attributes: TraceLabels = "",
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    processing: Processings = "",
    k: Neighbours = None,
    ties: Annotated[
        Ties,
        typer.Option(help="Between processings, the class of tied votes: of the nearest neighbour, or as published."),
    ] = Ties.NEAREST,
    seeds: Annotated[int, typer.Option(min=1, help="Uniform draws, with the seeds 0, 1, ….")] = 10,
    detail: Annotated[bool, typer.Option("--detail", help="Also a row for each mixture of processings.")] = False,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Semantic nearest neighbours whose traces agree or differ."""
    if folder is None:
        _on_set(
            context, "knn", data, output, json, style, encoders=words_in(encoders), attributes=words_in(attributes),
            processings=words_in(processing), k=k, draws=seeds, ties=ties, seed=seed, device=device,
        )  # fmt: skip
        return
    from tracer.embeddings.batches import device_of
    from tracer.experiments import fromfiles
    from tracer.experiments.knn.processing import Voting
    from tracer.experiments.labels import LARGE_K

    how = Voting(LARGE_K if k is None else k, seeds, seed, device_of(device), ties=ties)

    def measure(files: fromfiles.Files) -> Work[Outcome]:
        return fromfiles.knn_files(files, words_in(processing), how)

    said = {"kNN": f"cosine, k = {how.k}, majority, ties: {ties}; {seeds} uniform draws"}
    asked = Asked(
        context=context, folder=folder, encoders=encoders_in(encoder, encoders), output=output, seed=seed,
        device=how.device, protocol=said,
    )  # fmt: skip
    on_files(asked, measure, json, style, mixture_rows if detail else None)


@app.command()
def retrieve(
    context: typer.Context,
    data: SetOption = None,
    output: RunOption = None,
    encoders: Encoders = "offline",
    folder: FolderOption = None,
    encoder: EncoderOption = "",
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Look for the other camera's photo of the same scene."""
    if folder is None:
        _on_set(context, "retrieval", data, output, json, style, encoders=words_in(encoders), seed=seed, device=device)
        return
    from tracer.embeddings.batches import device_of
    from tracer.experiments import fromfiles

    used = device_of(device)
    asked = Asked(
        context=context, folder=folder, encoders=encoders_in(encoder, encoders), output=output, seed=seed, device=used,
        protocol={},
    )  # fmt: skip
    on_files(asked, lambda files: fromfiles.retrieve_file(files, seed, used), json, style)


@app.command()
def zeroshot(
    context: typer.Context,
    data: SetArgument,
    output: RunNeeded,
    encoders: TextEncoders = "clip/ViT-B-32",
    prompts: PromptFile = None,
    attributes: TraceLabels = "",
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Name the photos by prompts for their classes: how often that is right, and whether the camera changes it."""
    _on_set(
        context, "zeroshot", data, output, json, style, encoders=words_in(encoders), attributes=words_in(attributes),
        prompts=prompts_in(prompts), seed=seed, device=device,
    )  # fmt: skip


@app.command()
def association(
    context: typer.Context,
    data: SetArgument,
    output: RunNeeded,
    seed: Seed = 42,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """How strongly each label goes with what the photos show (Cramér's V): a shortcut, seen before training on it."""
    _on_set(context, "association", data, output, json, style, seed=seed)


@app.command()
def similarity(
    context: typer.Context,
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    attributes: TraceLabels = "",
    processing: Processings = "",
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Whether photos of one camera, or of one processing, are more similar than others, the content being equal."""
    _on_set(
        context, "similarity", data, output, json, style, encoders=words_in(encoders), attributes=words_in(attributes),
        processings=words_in(processing), seed=seed, device=device,
    )  # fmt: skip


@app.command()
def mitigate(
    context: typer.Context,
    data: SetArgument,
    output: RunNeeded,
    encoders: Encoders = "offline",
    attributes: Annotated[
        str, typer.Option(help="Labels to take out beside Is Smartphone and Make, comma-separated; all.")
    ] = "",
    processing: Annotated[str, typer.Option(metavar="P1,P2", help="Take these processings out too.")] = "",
    method: Annotated[
        str, typer.Option("--method", metavar="leace,layer", help="How; comma-separated.")
    ] = "leace,layer",
    save: Annotated[bool, typer.Option("--save", help="Also write the maps, to apply them elsewhere.")] = False,
    protocol: Protocols = Protocol.BATCHED,
    k: Neighbours = None,
    seed: Seed = 42,
    device: Device = None,
    json: Json = False,
    style: Format = Style.TABLE,
) -> None:
    """Take the camera out of the embeddings by a linear map; what a probe, neighbours and pairs see before and after."""
    named = tuple(dict.fromkeys(words_in(method)))
    if not named or set(named) - set(Method):
        raise UsageError(f"There is no method {method}", way_out=f"Methods are {' and '.join(Method)}.")
    methods = tuple(Method(name) for name in named)
    _on_set(
        context, "mitigation", data, output, json, style, encoders=words_in(encoders), attributes=words_in(attributes),
        processings=words_in(processing), methods=methods, save_maps=save, protocol=protocol, k=k, seed=seed, device=device,
    )  # fmt: skip


# --- a set, or files


def _on_set(
    context: typer.Context,
    experiment: str,
    data: Path | None,
    output: Path | None,
    json: bool,
    style: Style,
    **settings: Any,
) -> None:
    """One experiment on a data set folder."""
    if data is None or output is None:
        raise UsageError(
            f"{'SET' if data is None else 'The run folder'} is missing",
            way_out="Say SET -o RUN for a data set folder, or --embeddings DIR --encoder NAME for embedding files.",
        )
    from tracer.dataset.folders import run_folder

    run = run_folder(output)
    with resumable():
        from tracer.evaluation.evaluate import Options
        from tracer.evaluation.evaluate import evaluate as evaluate_set

        chosen = Options(experiments=(experiment,), command=typed(context), **settings)
        done = run_with_progress(evaluate_set(data, run, chosen, with_report=False))
    rows = [asdict(row) for row in done.rows]
    whole: dict[str, Any] = {"rows": rows, "seconds": done.seconds, "device": done.device}
    if settings.get("save_maps"):
        whole["maps"] = [str(path) for path in done.maps]
    print_rows(rows, whole, ROW_COLUMNS, json, style)
    for path in done.maps:
        note(f"saved: {quoted_path(path)}")
    after(done, quiet=False)
