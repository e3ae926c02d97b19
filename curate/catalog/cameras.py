"""The distinct cameras of the catalogue, each with its type: from the rules, or stated by a person."""

from __future__ import annotations

import json
import sqlite3

from curate.cameras.keys import CameraKey, camera_key
from curate.cameras.types import Camera, CameraType
from curate.cameras.version import rules_version
from curate.catalog.facts import CAMERA_RULES, CAMERA_SETTINGS
from curate.workspace import Workspace


class Cameras:
    """The cameras of one catalogue."""

    def __init__(self, workspace: Workspace, connection: sqlite3.Connection) -> None:
        self._workspace, self._connection = workspace, connection
        self._row_ids: dict[tuple[str | None, str | None, int | None], int] = {}

    def row_id(self, make: str | None, model: str | None, file_source: int | None) -> int | None:
        """Return the row ID of a camera, which is added where it is new; None for photos that do not name a camera."""
        if make is None and model is None and file_source not in (1, 2):
            return None
        key = (make, model, file_source if file_source in (1, 2) else None)
        if key not in self._row_ids:
            row = self._connection.execute(
                "SELECT id FROM camera WHERE coalesce(make, '') = ? AND coalesce(model, '') = ? "
                "AND coalesce(file_source, -1) = ?",
                (make or "", model or "", -1 if key[2] is None else key[2]),
            ).fetchone()  # its type is current: each change of the rules or of an override updates all cameras
            self._row_ids[key] = int(row[0]) if row else self._add(key)
        return self._row_ids[key]

    def _add(self, key: tuple[str | None, str | None, int | None]) -> int:
        camera = _resolve(*key, self.overrides())
        row = self._connection.execute(
            "INSERT INTO camera (make, model, file_source, make_normalized, model_normalized, type, rule, also) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*key, *_answer(camera)),
        ).fetchone()
        return int(row[0])

    def overrides(self) -> dict[CameraKey, CameraType]:
        """Return the camera types that a person stated, in workspace.toml or by command; the command wins."""
        stated = {camera_key(c.make, c.model): c.type for c in self._workspace.settings.cameras}
        for row in self._connection.execute("SELECT make, model, type FROM camera_override"):
            stated[row["make"], row["model"]] = CameraType(row["type"])
        return stated

    def rules_changed(self) -> bool:
        """Return whether the types in workspace.toml or the rules changed since the types were last resolved."""
        return (CAMERA_SETTINGS.read(self._connection), CAMERA_RULES.read(self._connection)) != self._basis()

    def follow_rules(self) -> int:
        """Resolve the types of all cameras by the current rules; returns how many changed. Call it within a transaction."""
        stated, rules = self._basis()
        CAMERA_SETTINGS.keep(self._connection, stated)
        CAMERA_RULES.keep(self._connection, rules)
        return self.ask_again()

    def _basis(self) -> tuple[str, str]:
        """Return what the types depend on besides the overrides in the catalogue: types in workspace.toml, and the rules."""
        stated = [(*camera_key(c.make, c.model), c.type.value) for c in self._workspace.settings.cameras]
        return json.dumps(stated), rules_version()

    def ask_again(self, only: CameraKey | None = None) -> int:
        """Resolve the types again after an override or a rule changed; returns how many cameras changed.

        Args:
            only: key of the one camera to resolve; None for all.
        """
        overrides, changed = self.overrides(), 0
        for row in self._connection.execute("SELECT * FROM camera").fetchall():
            if only is not None and camera_key(row["make"], row["model"]) != only:
                continue
            camera = _resolve(row["make"], row["model"], row["file_source"], overrides)
            answer = _answer(camera)
            if answer != tuple(row[name] for name in ("make_normalized", "model_normalized", "type", "rule", "also")):
                self._connection.execute(
                    "UPDATE camera SET make_normalized = ?, model_normalized = ?, type = ?, rule = ?, also = ? WHERE id = ?",
                    (*answer, row["id"]),
                )
                changed += 1
        self._row_ids.clear()
        return changed

    def listed(self) -> list[tuple[Camera, int]]:
        """Return the distinct cameras with the number of their photos: unknown ones first, then the most used."""
        rows = self._connection.execute(
            "SELECT camera.*, photos FROM camera JOIN photo_count ON kind = 'camera' AND value = camera.id "
            "WHERE photos > 0 ORDER BY camera.type != 'unknown', photos DESC, camera.make, camera.model"
        )
        return [
            (
                Camera(
                    row["make"], row["model"], row["make_normalized"], row["model_normalized"],
                    CameraType(row["type"]), row["rule"], tuple(json.loads(row["also"])),
                ),
                row["photos"],
            )
            for row in rows
        ]  # fmt: skip

    def types_of(self, make: str, model: str) -> set[CameraType]:
        """Return the types of the cameras with a make and model: several if they differ by file source, none if there is none."""
        key = camera_key(make, model)
        if (stated := self.overrides().get(key)) is not None:
            return {stated}
        rows = self._connection.execute("SELECT make, model, type FROM camera").fetchall()
        return {CameraType(row["type"]) for row in rows if camera_key(row["make"], row["model"]) == key}

    def type_of(self, camera: int | None) -> CameraType | None:
        """Return the type of a camera by its row ID; None where there is no such camera."""
        row = self._connection.execute("SELECT type FROM camera WHERE id = ?", (camera,)).fetchone()
        return None if row is None else CameraType(row["type"])

    def clock_names(self) -> dict[str, bool]:
        """Return the names of clocks (`make|model`), each with whether it belongs to a smartphone."""
        rows = self._connection.execute(
            "SELECT coalesce(make, '') || '|' || coalesce(model, '') AS name, max(type = ?) AS phone FROM camera "
            "GROUP BY name ORDER BY name",
            (CameraType.SMARTPHONE.value,),
        )
        return {row["name"]: bool(row["phone"]) for row in rows}


def _resolve(
    make: str | None, model: str | None, file_source: int | None, overrides: dict[CameraKey, CameraType]
) -> Camera:
    # The tables of the rules take time to load, and only new cameras and new rules need them.
    from curate.cameras.resolve import resolve

    return resolve(make, model, file_source, overrides=overrides)


def _answer(camera: Camera) -> tuple[str | None, str | None, str, str | None, str]:
    """Return a camera's names, type and rule as its row stores them."""
    return (
        camera.make_normalized,
        camera.model_normalized,
        camera.type.value,
        camera.rule,
        json.dumps(camera.also),
    )
