"""The keys of the library."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _key(
    keys: str, action: str, name: str, tooltip: str, *, shown: bool = False, display: str | None = None
) -> Binding:
    """Return a binding; its ID is that of its name."""
    ident = f"library.{name.lower().replace(' ', '_')}"
    return Binding(keys, action, name, id=ident, tooltip=tooltip, show=shown, key_display=display)


KEYS: list[BindingType] = [
    _key("i", "app.operation('ingest')", "Ingest", "read the photos of a folder; again: only what changed", shown=True),
    _key("g", "grid", "Grid", "show the photos as pictures, or as a table", shown=True),
    _key("slash", "filter", "Filter", "a word, or an expression: camera_type = 'dslr'", shown=True, display="/"),
    _key("v", "preview", "View", "show this photo beside the list, with its labels and the rule behind each", shown=True),
    _key("J", "scroll_labels(1)", "Labels down", "scroll the labels beside the photo, which v shows"),
    _key("K", "scroll_labels(-1)", "Labels up", "scroll them back"),
    _key("space", "choose", "Choose", "choose this photo, or no longer, and go on", shown=True, display="Space"),
    _key("e", "label", "Label", "give the chosen photos a label, or the photo under the cursor"),
    _key("enter", "open", "Open", "show this photo as large as the window; again: back to the list"),
    _key("o", "order", "Order", "sort by the next column; a click on a title sorts by it"),
    _key("O", "reverse", "Reverse", "sort the other way round"),
    _key("tab,shift+tab", "facets", "Facets", "go to the facets, where Enter filters by one; again: back to the photos"),
    _key("down,j", "move(0, 1)", "Down", "the next photo, or the next row of pictures"),
    _key("up,k", "move(0, -1)", "Up", "the photo before, or the row before"),
    _key("right,l", "move(1, 0)", "Right", "the next picture; in the table, the columns further right"),
    _key("left,h", "move(-1, 0)", "Left", "the picture before; in the table, the columns further left"),
    _key("pagedown,ctrl+d", "page(1)", "Page down", "a window further"),
    _key("pageup,ctrl+u", "page(-1)", "Page up", "a window back"),
    _key("home", "end_of(0)", "First", "the first photo"),
    _key("end,G", "end_of(1)", "Last", "the last photo"),
    _key("plus", "larger(1)", "Larger", "larger pictures in the grid"),
    _key("minus", "larger(-1)", "Smaller", "smaller pictures in the grid"),
    _key("V", "range", "Range", "begin a range, which the cursor extends; again: end it"),
    _key("shift+down", "extend(0, 1)", "Choose down", "choose the photos from here to the next one or row"),
    _key("shift+up", "extend(0, -1)", "Choose up", "choose the photos from here to the one or row before"),
    _key("shift+right", "extend(1, 0)", "Choose right", "choose this photo and the next one"),
    _key("shift+left", "extend(-1, 0)", "Choose left", "choose this photo and the one before"),
    _key("asterisk", "choose_all", "Choose all", "choose all photos that the filter shows; again: none", display="*"),
    _key("F", "forget", "Forget", "remove the chosen photos, this one or its folder from the catalogue; files stay"),
    _key("y", "folder", "Folder", "say where the folder of this photo is, and copy its path"),
    _key("f", "app.operation('pair')", "Find pairs", "find photos of one scene by a phone and by another camera"),
    _key("m", "mark", "Mark", "mark a photo, so that p pairs two"),
    _key("p", "pair_marked", "Pair", "accept the two marked photos as a pair, or the two chosen ones"),
    _key("R", "app.switch_mode('review')", "Review", "decide the waiting pairs"),
    _key("C", "app.switch_mode('cameras')", "Cameras", "cameras and their types, unknown ones first"),
    _key("H", "app.switch_mode('flickr')", "Flickr", "search Flickr and harvest photos"),
    _key("T", "app.switch_mode('clocks')", "Clocks", "how far the clocks of two cameras differ"),
    _key("D", "copies", "Copies", "copies of this photo and of others, and which copy is kept"),
    _key("u,z", "undo", "Undo", "take back the last decision"),
    _key("r,Z", "redo", "Redo", "repeat what was taken back"),
    _key("escape", "stop_or_clear", "Stop", "leave the large photo; stop running work; choose no photo; clear the filter"),
]  # fmt: skip
