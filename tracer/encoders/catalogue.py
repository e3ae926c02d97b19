"""The known encoders as a static table, so that listing them imports neither torch nor timm.

The 47 are the paper's (PAPER §8). OpenAI's CLIP and OpenCLIP are loaded with open_clip, the others with timm, with weights from
the Hugging Face hub. Four are not on the hub (`url`): a user downloads the file and names it after `@`, or it is found where
torch.hub would have put it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from tracer.images.crop import Interpolation

Triple = tuple[float, float, float]
Library = Literal["timm", "openclip", "wheel", "baseline"]

IMAGENET: Final[tuple[Triple, Triple]] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF: Final[tuple[Triple, Triple]] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
CLIP: Final[tuple[Triple, Triple]] = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


class Group(StrEnum):
    """How an encoder was trained: the paper's three groups, and lenstrace's own."""

    CONTRASTIVE = "contrastive"
    SUPERVISED = "supervised"
    SELF_SUPERVISED = "self-supervised"
    OFFLINE = "offline"
    BASELINE = "baseline"
    OTHER = "other"


PAPER_GROUPS: Final = (Group.CONTRASTIVE, Group.SUPERVISED, Group.SELF_SUPERVISED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One known encoder.

    Attributes:
        name: `family/variant`.
        group: how it was trained.
        dim: length of the embedding.
        size: side of the input in pixels.
        library: the package that builds it (`timm`).
        architecture: its name in that package (`resnet50`).
        tag: the name of the weights in that package (`a1_in1k`).
        hub: the Hugging Face repository of the weights; "" where there is none.
        normalise: mean and standard deviation of the RGB channels, for pixels from 0 to 1.
        interpolation: of the resizing; None: no resizing.
        options: further arguments for timm, as (name, value).
        url: the address of weights that are not on the hub.
    """

    name: str
    group: Group
    dim: int
    size: int
    library: Library
    architecture: str = ""
    tag: str = ""
    hub: str = ""
    normalise: tuple[Triple, Triple] = IMAGENET
    interpolation: Interpolation | None = "bicubic"
    options: tuple[tuple[str, int], ...] = ()
    url: str = ""


def _openai(variant: str, architecture: str, dim: int, size: int, hub: str) -> Entry:
    # OpenAI's weights were trained with QuickGELU, for which open_clip has separate architectures.
    return Entry(
        f"clip/{variant}",
        Group.CONTRASTIVE,
        dim,
        size,
        "openclip",
        f"{architecture}-quickgelu",
        "openai",
        f"timm/{hub}.openai",
        CLIP,
    )


def _laion(
    variant: str, architecture: str, dim: int, size: int, tag: str, hub: str, normalise: tuple[Triple, Triple] = CLIP
) -> Entry:
    return Entry(
        f"openclip/{variant}",
        Group.CONTRASTIVE,
        dim,
        size,
        "openclip",
        architecture,
        tag,
        f"laion/CLIP-{hub}",
        normalise,
    )


def _timm(
    name: str,
    group: Group,
    dim: int,
    size: int,
    model: str,
    normalise: tuple[Triple, Triple] = IMAGENET,
    options: tuple[tuple[str, int], ...] = (),
) -> Entry:
    architecture, _, tag = model.partition(".")
    return Entry(name, group, dim, size, "timm", architecture, tag, f"timm/{model}", normalise, options=options)


def _by_hand(
    name: str,
    dim: int,
    architecture: str,
    url: str,
    interpolation: Interpolation,
    options: tuple[tuple[str, int], ...] = (),
) -> Entry:
    return Entry(
        name,
        Group.SELF_SUPERVISED,
        dim,
        224,
        "timm",
        architecture,
        interpolation=interpolation,
        options=options,
        url=url,
    )


_C, _S, _SSL = Group.CONTRASTIVE, Group.SUPERVISED, Group.SELF_SUPERVISED
_FB: Final = "https://dl.fbaipublicfiles.com"
# DINOv2's input has 224 pixels in the paper and 518 in timm. MoCo v3's small ViT has 12 heads, timm's 6.
_AT_224: Final = (("img_size", 224),)
_MOCO_HEADS: Final = (("num_heads", 12),)

ENTRIES: Final[tuple[Entry, ...]] = (
    _openai("ViT-B-16", "ViT-B-16", 512, 224, "vit_base_patch16_clip_224"),
    _openai("ViT-B-32", "ViT-B-32", 512, 224, "vit_base_patch32_clip_224"),
    _openai("ViT-L-14", "ViT-L-14", 768, 224, "vit_large_patch14_clip_224"),
    _openai("ViT-L-14@336px", "ViT-L-14-336", 768, 336, "vit_large_patch14_clip_336"),
    _openai("RN50", "RN50", 1024, 224, "resnet50_clip"),
    _openai("RN101", "RN101", 512, 224, "resnet101_clip"),
    _openai("RN50x4", "RN50x4", 640, 288, "resnet50x4_clip"),
    _openai("RN50x16", "RN50x16", 768, 384, "resnet50x16_clip"),
    _openai("RN50x64", "RN50x64", 1024, 448, "resnet50x64_clip"),
    _laion("ViT-B-16-laion2B", "ViT-B-16", 512, 224, "laion2b_s34b_b88k", "ViT-B-16-laion2B-s34B-b88K"),
    _laion("ViT-B-32-laion2B", "ViT-B-32", 512, 224, "laion2b_s34b_b79k", "ViT-B-32-laion2B-s34B-b79K"),
    _laion("ViT-L-14-laion2B", "ViT-L-14", 768, 224, "laion2b_s32b_b82k", "ViT-L-14-laion2B-s32B-b82K", HALF),
    _laion("ViT-H-14-laion2B", "ViT-H-14", 1024, 224, "laion2b_s32b_b79k", "ViT-H-14-laion2B-s32B-b79K"),
    _laion("ViT-g-14-laion2B", "ViT-g-14", 1024, 224, "laion2b_s34b_b88k", "ViT-g-14-laion2B-s34B-b88K"),
    _laion("ViT-B-16-DataComp.XL", "ViT-B-16", 512, 224, "datacomp_xl_s13b_b90k", "ViT-B-16-DataComp.XL-s13B-b90K"),
    _laion("ViT-B-32-DataComp.XL", "ViT-B-32", 512, 224, "datacomp_xl_s13b_b90k", "ViT-B-32-DataComp.XL-s13B-b90K"),
    _laion("ViT-L-14-DataComp.XL", "ViT-L-14", 768, 224, "datacomp_xl_s13b_b90k", "ViT-L-14-DataComp.XL-s13B-b90K"),
    _laion(
        "convnext_base",
        "convnext_base_w",
        640,
        256,
        "laion2b_s13b_b82k_augreg",
        "convnext_base_w-laion2B-s13B-b82K-augreg",
    ),
    _laion(
        "convnext_large",
        "convnext_large_d_320",
        768,
        320,
        "laion2b_s29b_b131k_ft_soup",
        "convnext_large_d_320.laion2B-s29B-b131K-ft-soup",
    ),
    _laion(
        "convnext_xxlarge",
        "convnext_xxlarge",
        1024,
        256,
        "laion2b_s34b_b82k_augreg_soup",
        "convnext_xxlarge-laion2B-s34B-b82K-augreg-soup",
    ),
    _timm("siglip/base_256", _C, 768, 256, "vit_base_patch16_siglip_256.webli", HALF),
    _timm("siglip/large_256", _C, 1024, 256, "vit_large_patch16_siglip_256.webli", HALF),
    _timm("siglip2/base_256", _C, 768, 256, "vit_base_patch16_siglip_256.v2_webli", HALF),
    _timm("siglip2/large_256", _C, 1024, 256, "vit_large_patch16_siglip_256.v2_webli", HALF),
    _timm("vit/base_patch16_224", _S, 768, 224, "vit_base_patch16_224.orig_in21k", HALF),
    _timm("vit/base_patch32_224", _S, 768, 224, "vit_base_patch32_224.orig_in21k", HALF),
    _timm("vit/large_patch16_224", _S, 1024, 224, "vit_large_patch16_224.orig_in21k", HALF),
    _timm("vit/large_patch32_224", _S, 1024, 224, "vit_large_patch32_224.orig_in21k", HALF),
    _timm("vit/huge_patch14_224", _S, 1280, 224, "vit_huge_patch14_224.orig_in21k", HALF),
    _timm("resnet/50", _S, 2048, 224, "resnet50.a1_in1k"),
    _timm("resnet/101", _S, 2048, 224, "resnet101.a1h_in1k"),
    _timm("convnext/tiny", _S, 768, 384, "convnext_tiny.fb_in22k_ft_in1k_384"),
    _timm("convnext/base", _S, 1024, 384, "convnext_base.fb_in22k_ft_in1k_384"),
    _timm("convnext/large", _S, 1536, 384, "convnext_large.fb_in22k_ft_in1k_384"),
    _timm("convnext/xlarge", _S, 2048, 384, "convnext_xlarge.fb_in22k_ft_in1k_384"),
    _timm("dino/vits8", _SSL, 384, 224, "vit_small_patch8_224.dino"),
    _timm("dino/vits16", _SSL, 384, 224, "vit_small_patch16_224.dino"),
    _timm("dino/vitb8", _SSL, 768, 224, "vit_base_patch8_224.dino"),
    _timm("dino/vitb16", _SSL, 768, 224, "vit_base_patch16_224.dino"),
    _by_hand(
        "dino/resnet50", 2048, "resnet50", f"{_FB}/dino/dino_resnet50_pretrain/dino_resnet50_pretrain.pth", "bicubic"
    ),
    _timm("dinov2/vits14_reg", _SSL, 384, 224, "vit_small_patch14_reg4_dinov2.lvd142m", options=_AT_224),
    _timm("dinov2/vitb14_reg", _SSL, 768, 224, "vit_base_patch14_reg4_dinov2.lvd142m", options=_AT_224),
    _timm("dinov2/vitl14_reg", _SSL, 1024, 224, "vit_large_patch14_reg4_dinov2.lvd142m", options=_AT_224),
    _timm("dinov2/vitg14_reg", _SSL, 1536, 224, "vit_giant_patch14_reg4_dinov2.lvd142m", options=_AT_224),
    _by_hand(
        "mocov3/vit_small",
        384,
        "vit_small_patch16_224",
        f"{_FB}/moco-v3/vit-s-300ep/vit-s-300ep.pth.tar",
        "bilinear",
        _MOCO_HEADS,
    ),
    _by_hand(
        "mocov3/vit_base",
        768,
        "vit_base_patch16_224",
        f"{_FB}/moco-v3/vit-b-300ep/vit-b-300ep.pth.tar",
        "bilinear",
        _MOCO_HEADS,
    ),
    _by_hand("mocov3/resnet50", 2048, "resnet50", f"{_FB}/moco-v3/r-50-1000ep/r-50-1000ep.pth.tar", "bilinear"),
    Entry(
        "offline/efficientnet-lite0", Group.OFFLINE, 1280, 224, "wheel", "tf_efficientnet_lite0", "in1k", normalise=HALF
    ),
    Entry(
        "offline/efficientnet-lite2", Group.OFFLINE, 1280, 260, "wheel", "tf_efficientnet_lite2", "in1k", normalise=HALF
    ),
    Entry("baseline/residual", Group.BASELINE, 1000, 512, "baseline", interpolation=None),
    Entry("baseline/thumbnail", Group.BASELINE, 768, 224, "baseline", interpolation="bilinear"),
    Entry("baseline/colour", Group.BASELINE, 512, 224, "baseline", interpolation="bilinear"),
)

BY_NAME: Final = {entry.name: entry for entry in ENTRIES}
