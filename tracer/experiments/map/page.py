"""How the report words and draws the maps of the embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tracer.results import words
from tracer.results.figures import Cloud, Figure, Kind, LegendEntry, MapPanel, Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows
from tracer.results.tables import Table

SIDE: Final = 1000
"""Places on a map are whole numbers from 0 to this."""
SCENE: Final = "scene"
LOWEST: Final = 500
"""Height of a panel at least."""
LAYERS: Final = 5
"""The colours are drawn in so many turns, so that none lies above all others."""
_HEADINGS = {"t-sne": "Neighbours kept together (t-SNE)", "pca": "The two main directions (PCA)"}
_FILES = {"t-sne": "map-t-sne", "pca": "map-pca"}
OTHERS, UNKNOWN = -1, -2


def _intro(details: Details) -> Prose:
    encoder = next((str(detail.get("encoder")) for detail in details if detail.get("encoder")), "")
    return (
        Paragraph(
            "Each point is a photo. Photos that the encoder holds to be alike mostly lie near each other"
            + (f" (encoder: {encoder}). " if encoder else ". ")
            + "All panels of a row are the same map, coloured by another label."
        ),
        Paragraph(
            "A map is for looking, and proves nothing: a plane has room for a small part of what the embeddings hold,"
            " so photos that lie together may differ, and colours that mix may still be told apart by a probe."
            " Photos of one scene look alike whatever the camera; compare a colour of the camera with those of scene"
            " and content before you read anything from it. What is shown and what is not, the figures of the other"
            " sections say."
        ),
    )


def _tables(_rows: Rows, _styles: Styles, _details: Details) -> list[Table]:
    return []


def _figures(_rows: Rows, _styles: Styles, details: Details) -> list[Figure]:
    """One figure for each map, one panel for each label; an entry that is damaged gives none."""
    made = []
    for detail in details:
        colours, maps = detail.get("colours"), detail.get("maps")
        for one in maps if isinstance(maps, list) else []:
            if isinstance(one, Mapping) and isinstance(colours, list):
                panels = [p for c in colours if isinstance(c, Mapping) and (p := _panel(one, c)) is not None]
                method = str(one.get("method"))
                if panels and method in _HEADINGS:
                    made.append(
                        _figure(method, tuple(panels), _note(method, one, detail), str(detail.get("encoder") or ""))
                    )
    return made


def _figure(method: str, panels: tuple[MapPanel, ...], note: str, encoder: str) -> Figure:
    heading = _HEADINGS[method]
    title = f"{heading}: {encoder}" if encoder else heading
    return Figure(Kind.MAP, panels, file=_FILES[method], title=title, axis=note, heading=heading, note=note)


def _note(method: str, one: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    """What the map keeps of the embeddings, and which photos it shows."""
    parts = []
    kept, count = one.get("neighbours_kept"), detail.get("neighbours")
    if _share(kept) and isinstance(count, int):
        parts.append(
            f"Of a photo's {words.spelled(count)} nearest neighbours, {words.percent(kept)} are among its nearest here."
        )
    variance = detail.get("variance")
    if method == "pca" and _share(variance):
        parts.append(f"These two directions hold {words.percent(variance)} of how the embeddings differ.")
    if method == "t-sne":
        parts.append("Distances between groups, and their sizes, mean nothing here.")
    shown, photos = one.get("x"), detail.get("photos")
    if isinstance(shown, list) and isinstance(photos, int) and len(shown) < photos:
        parts.append(f"{len(shown):,} of {photos:,} photos, drawn by scene and owner at random.")
    return " ".join(parts)


def _share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _panel(one: Mapping[str, Any], colour: Mapping[str, Any]) -> MapPanel | None:
    """The map in the colours of one label; None where places, colours and names do not fit each other."""
    xs, ys, codes = _whole(one.get("x")), _whole(one.get("y")), _whole(colour.get("codes"))
    names = colour.get("values")
    if not xs or not len(xs) == len(ys) == len(codes) or not isinstance(names, list):
        return None
    if any(not 0 <= place <= SIDE for place in (*xs, *ys)) or any(not UNKNOWN <= code < len(names) for code in codes):
        return None
    top, used = min(ys), max(ys) - min(ys)
    height = max(used, LOWEST)
    points: dict[int, list[tuple[int, int]]] = {code: [] for code in range(UNKNOWN, len(names))}
    for x, y, code in zip(xs, ys, codes, strict=True):
        points[code].append((x, y - top + (height - used) // 2))
    grey = [(-1, points[code]) for code in (UNKNOWN, OTHERS)]
    coloured = [(code, points[code][turn::LAYERS]) for turn in range(LAYERS) for code in range(len(names))]
    clouds = tuple(Cloud(style, tuple(some)) for style, some in (*grey, *coloured) if some)
    attribute, also = str(colour.get("attribute") or ""), colour.get("also")
    alike = "".join(f", {words.title(str(name)).lower()}" for name in also) if isinstance(also, list) else ""
    note, rest = f"n = {len(xs):,}", _rest(colour, bool(points[OTHERS]), bool(points[UNKNOWN]))
    entries = [LegendEntry(words.class_name(attribute, str(name)), code) for code, name in enumerate(names)]
    title = words.title(attribute) + alike
    if attribute == SCENE:  # their numbers would tell a reader nothing
        title, note, entries = "Scene or owner", f"{note}; {words.spelled(len(names))} in colour", []
    return MapPanel(title, note, clouds, (*entries, *([LegendEntry(rest, -1)] if rest else [])), height)


def _rest(colour: Mapping[str, Any], others: bool, unknown: bool) -> str:
    """What the grey points are; empty where there are none."""
    count = colour.get("others")
    said = [f"{count:,} others" if isinstance(count, int) else "others"] if others else []
    return " and ".join([*said, *(["unknown"] if unknown else [])])


def _whole(values: object) -> list[int]:
    """A list of whole numbers; empty where it is anything else."""
    good = isinstance(values, list) and all(isinstance(v, int) and not isinstance(v, bool) for v in values)
    return list(values) if good and isinstance(values, list) else []


PAGE = Page(
    anchor="map",
    contents="Map",
    title="A map of the photos, as the encoder sees them",
    order=45,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    without_rows=True,
)
