"""The keys of the review screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

_DECIDING: list[BindingType] = [
    Binding(
        "space,y",
        "decide('accept')",
        "Accept",
        id="review.accept",
        key_display="Space",
        tooltip="both show the same scene",
    ),
    Binding(
        "x,n",
        "decide('reject')",
        "Reject",
        id="review.reject",
        tooltip="they show different scenes; the pair is not proposed again",
    ),
    Binding("s", "skip", "Skip", id="review.skip", tooltip="decide later"),
    Binding(
        "f",
        "flag",
        "Flag",
        id="review.flag",
        show=False,
        tooltip="flag the pair, to come back to it; again: take the flag off",
    ),
    Binding("t", "note", "Note", id="review.note", show=False, tooltip="write a note on the pair"),
    Binding("u,z", "undo", "Undo", id="review.undo", tooltip="take back the last decision"),
    Binding("r,Z", "redo", "Redo", id="review.redo", show=False, tooltip="repeat what was taken back"),
]

_LOOKING: list[BindingType] = [
    Binding(
        "tab",
        "swap",
        "Blink",
        id="review.swap",
        key_display="Tab",
        tooltip="show each photo in the other's place, which makes differences visible",
        priority=True,
    ),
    Binding(
        "m",
        "matches",
        "Matches",
        id="review.matches",
        show=False,
        tooltip="draw the matching points of the two; again: back to the photos",
    ),
    Binding(
        "v",
        "single",
        "One or two",
        id="review.single",
        show=False,
        tooltip="show one large picture or both; Tab switches between them",
    ),
    Binding(
        "plus,equals_sign",
        "zoom(1)",
        "Zoom",
        id="review.zoom_in",
        show=False,
        tooltip="zoom both photos in; so does the wheel of the mouse",
    ),
    Binding("minus", "zoom(-1)", "Zoom out", id="review.zoom_out", show=False, tooltip="zoom both photos out"),
    Binding("0", "whole", "Whole", id="review.whole", show=False, tooltip="show both photos whole again"),
    Binding(
        "left,h", "pan(-0.25,0)", "Pan left", id="review.left", show=False, tooltip="move to the left in both photos"
    ),
    Binding("down,j", "pan(0,0.25)", "Pan down", id="review.down", show=False, tooltip="move down in both photos"),
    Binding("up,k", "pan(0,-0.25)", "Pan up", id="review.up", show=False, tooltip="move up in both photos"),
    Binding(
        "right,l",
        "pan(0.25,0)",
        "Pan right",
        id="review.right",
        show=False,
        tooltip="move to the right in both photos; dragging with the mouse moves too",
    ),
    Binding(
        "i",
        "details",
        "Details",
        id="review.details",
        show=False,
        tooltip="hide what differs and the other candidates, for larger photos and all of the evidence; again: show them",
    ),
]

_GOING: list[BindingType] = [
    Binding(
        "a",
        "alternative",
        "Other partner",
        id="review.alternative",
        show=False,
        tooltip="the next candidate for the same phone photo, even if already paired",
    ),
    Binding("left_square_bracket", "go(-1)", "Previous", id="review.previous", show=False, tooltip="the previous pair"),
    Binding("right_square_bracket", "go(1)", "Next", id="review.next", show=False, tooltip="the next pair"),
    Binding(
        "slash",
        "filter",
        "Which pairs",
        id="review.filter",
        show=False,
        tooltip="ask about some pairs alone, by camera, score, flag or note, and in another order",
    ),
    Binding("o", "order", "Order", id="review.order", show=False, tooltip="the next order: by score, or by camera"),
    Binding(
        "enter",
        "go_beyond",
        "Others",
        id="review.others",
        key_display="Enter",
        show=False,
        tooltip="also review the candidates that are not proposed, after the proposed ones",
    ),
    Binding(
        "L", "app.switch_mode('library')", "Library", id="review.library", show=False, tooltip="back to the photos"
    ),
    Binding(
        "escape",
        "leave_matches",
        "Stop",
        id="review.stop",
        show=False,
        tooltip="stop or leave the drawn matches; without any, stop running work",
    ),
]

KEYS = [*_DECIDING, *_LOOKING, *_GOING]
