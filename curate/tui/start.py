"""Offers to make a workspace where the app was opened on a folder that is none. It knows no Textual but to ask."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import UsageError
from curate.resources import data_names
from curate.sources.made import refuse_made
from curate.tui.forms import Field, Form, path_in, paths, words
from curate.workspace import Workspace, free_folder, is_workspace

if TYPE_CHECKING:
    from textual.app import App


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The workspace to make.

    Attributes:
        folder: its folder.
        recipe: the recipe that gives its settings; empty for the usual ones.
    """

    folder: Path
    recipe: str = ""


def is_terminal() -> bool:
    """Whether the app can ask: input and output are a terminal."""
    return sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()


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


def workspace_at(folder: Path) -> Workspace | None:
    """Return the workspace in a folder; where there is none, a person is asked to make one. None if that was declined.

    Raises:
        NotAWorkspace: there is none, and nobody can be asked because this is no terminal.
    """
    if is_workspace(folder) or not is_terminal() or (folder.exists() and not folder.is_dir()):
        return Workspace.open(folder)
    return asking(Path(os.path.abspath(folder))).run()


def asking(folder: Path) -> App[Workspace]:
    """Return the small app that asks."""
    from curate.tui.screens.starting import StartApp

    return StartApp(start_form(folder))
