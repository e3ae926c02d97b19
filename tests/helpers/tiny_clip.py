"""A CLIP and a SigLIP of a few thousand weights beside their vocabulary, known to open_clip by configurations of their own."""

from __future__ import annotations

import json
from pathlib import Path

TINY, TINY_SIGLIP = "tiny-clip", "tiny-siglip"
_SHAPE = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
_SIGLIP_SHAPE = {
    **_SHAPE,
    "init_logit_bias": -10,
    "custom_text": True,
    "text_cfg": {
        "context_length": 16, "vocab_size": 100, "width": 16, "heads": 2, "layers": 1, "no_causal_mask": True,
        "proj_bias": True, "pool_type": "last", "hf_tokenizer_name": "nobody/nothing",
    },
}  # fmt: skip


def tiny_clip(folder: Path, seed: int = 0) -> Path:
    """Make the architectures known to open_clip, and save a checkpoint of `TINY` with random weights."""
    import open_clip
    import torch

    (folder / "shapes").mkdir(exist_ok=True)
    for name, shape in ((TINY, _SHAPE), (TINY_SIGLIP, _SIGLIP_SHAPE)):
        (folder / "shapes" / f"{name}.json").write_text(json.dumps(shape))
        open_clip.add_model_config(folder / "shapes" / f"{name}.json")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.save(open_clip.create_model(TINY, load_weights=False).state_dict(), folder / "tiny.pt")
    return folder / "tiny.pt"
