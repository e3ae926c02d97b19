"""A CLIP of a few thousand weights beside its vocabulary, known to open_clip by a configuration of its own."""

from __future__ import annotations

import json
from pathlib import Path

TINY = "tiny-clip"
_SHAPE = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def tiny_clip(folder: Path, seed: int = 0) -> Path:
    """Make the architecture `TINY` known to open_clip, and save a checkpoint of it with random weights."""
    import open_clip
    import torch

    (folder / "shapes").mkdir(exist_ok=True)
    (folder / "shapes" / f"{TINY}.json").write_text(json.dumps(_SHAPE))
    open_clip.add_model_config(folder / "shapes" / f"{TINY}.json")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.save(open_clip.create_model(TINY, load_weights=False).state_dict(), folder / "tiny.pt")
    return folder / "tiny.pt"
