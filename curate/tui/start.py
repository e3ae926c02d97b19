"""The form that makes a workspace where the app was opened on a folder that is none. It knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.errors import UsageError
from curate.resources import data_names
from curate.sources.made import refuse_made
from curate.tui.forms import Field, Form, path_in, paths, words
from curate.workspace import Workspace, free_folder, is_workspace


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The workspace to make.

    Attributes:
        folder: its folder.
        recipe: the recipe that gives its settings; empty for the usual ones.
    """

    folder: Path
    recipe: str = ""


def start_form(folder: Path) -> Form:
    """Return the form. A folder that holds something keeps it, so that the workspace is proposed beside it.

    Args:
        folder: the folder that the app was opened on; it may not exist yet.
    """
    recipes = [name.removesuffix(".toml") for name in data_names(".toml")]
    holds = folder.is_dir() and next(folder.iterdir(), None) is not None
    place = free_folder(folder) if holds else folder
    why = "That folder holds other things, so the workspace gets its own. " if holds else ""
    return Form(
        "This folder is no workspace yet. Make one?",
        (
            Field("folder", "workspace", os.fspath(place), complete=paths(Path.cwd())),
            Field("recipe", "recipe", "", f"the usual settings; or {', '.join(recipes)}", words(recipes)),
        ),
        f"{why}A workspace holds labels, decisions, sets and results; photos stay where they are. Enter makes it, Esc leaves.",
    )


def start_request(answers: Mapping[str, str]) -> StartRequest:
    """Read the answers.

    Raises:
        UsageError: there is no such recipe, or the folder cannot be a workspace.
    """
    folder, recipe = path_in(answers["folder"], Path.cwd(), "the folder"), answers["recipe"]
    if recipe and f"{recipe}.toml" not in data_names(".toml"):
        known = ", ".join(name.removesuffix(".toml") for name in data_names(".toml"))
        raise UsageError("there is no such recipe", recipe, f"Recipes are {known}.")
    if not is_workspace(folder):
        refuse_made(folder)
    return StartRequest(folder, recipe)


def made(request: StartRequest) -> Workspace:
    """Make the workspace.

    Raises:
        UsageError: the folder holds something else, or its name is not allowed.
        StorageError: the folder cannot be written.
    """
    return Workspace.create(request.folder, request.recipe)
