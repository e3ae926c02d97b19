"""No name that others chose controls the terminal: every command and every error, in a pseudo-terminal, byte by byte."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer.main

import curate.commands.program
import tracer.cli
from curate.catalog.pairs import pairs
from curate.catalog.store import Catalog
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.workspace import Workspace
from tests.conftest import write_photo
from tests.helpers.small_sets import write_set
from tests.terminal.pseudo import HOSTILE, HOSTILE_FILE, Pseudo, raw
from tracer.base.progress import finish

SAID = Path(__file__).with_name("said.py")

Line = list[str]

PLACES = (("plan", "toml"), ("table", "parquet"), ("lines", "tsv"))
"""Names and kinds of hostile files that are searched by, or imported."""

SMALL = {"demo": ["--scenes", "1"], "demo-photos": ["--scenes", "0"]}
"""Words that have long work refused."""


def commands_of(program: str, app: typer.Typer) -> Iterator[tuple[str, Any]]:
    """Every command that a program has, by its words; groups that do something alone are commands too."""

    def walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", {})
        if words and (not children or command.invoke_without_command):
            yield words, command
        for name, child in children.items():
            yield from walk(f"{words} {name}".strip(), child)

    yield from walk("", typer.main.get_command(app))


def lines_of(commands: dict[str, Any], working: dict[str, list[Line]]) -> list[Line]:
    """The lines that work on hostile data, and for each command those that do not: hostile values of arguments, an option and an
    argument that it does not know, and hostile values of its options (those that several commands share with one of them)."""
    assert set(working) == set(commands), "each command needs a line here that works on hostile data"
    found: list[Line] = []
    seen: set[tuple[str, str]] = set()
    for name, lines in working.items():
        found += lines
        words, first = name.split(), lines[0]
        options = [p for p in commands[name].params if p.param_type_name == "option" and not p.is_flag]
        arguments = [p for p in commands[name].params if p.param_type_name == "argument"]
        for option in options:
            if (option.opts[0], option.help) not in seen:
                seen.add((option.opts[0], option.help))
                found.append([*first, option.opts[0], *[HOSTILE] * option.nargs])
        hostile = [*words, *[HOSTILE_FILE] * len(arguments), *SMALL.get(name, [])]
        found += [[*hostile, HOSTILE], [*first, HOSTILE], [*first, f"--{HOSTILE}"]]
        found += [hostile] if arguments else []
        found += [words] if any(p.required for p in commands[name].params) else []
    return found


def hold_nothing_raw(program: str, lines: list[Line], folder: Path) -> list[tuple[Line, int, bytes]]:
    """Run the lines in one pseudo-terminal, and hold that nothing but text and the program's own styling comes out of it."""
    script = folder / "lines.json"
    script.write_text(json.dumps(lines))
    terminal = Pseudo([SAID, program, script], folder)
    ended = terminal.to_the_end()
    parts = re.split(rb"\r?\n\d+\r?\n", terminal.output)[1:]
    assert (ended, len(parts)) == (0, len(lines)), terminal.output[-3000:].decode(errors="replace")
    wrong = [(line, found[:3]) for line, part in zip(lines, parts, strict=True) if (found := raw(part))]
    assert not wrong, f"{len(wrong)} of {len(lines)} lines: " + "\n".join(map(repr, wrong[:10]))
    codes = [int(re.findall(rb"@=(-?\d+)=@", part)[-1]) for part in parts]
    broken = {part[-1500:].decode(): line for line, part in zip(lines, parts, strict=True) if b"Traceback" in part}
    del broken[next(said for said, line in broken.items() if line[0] == "!crash")]
    assert not broken, "\n".join(f"{line}\n{said}" for said, line in broken.items())
    return list(zip(lines, codes, parts, strict=True))


def test_raw_bytes_are_noticed() -> None:
    """The test can fail: each kind of raw byte is found, and what the programs send themselves is not."""
    for one in ("\x1b]0;t\x07", "\x1b[38;5;213m", "\x1b[2J", "\x9b", "\x7f", "\u202e", "\ufeff", "\ue000", "\a"):
        assert raw(f"a{one}b".encode()), one
    assert raw(b"a\xffb")
    assert not raw("\x1b[1mbold\x1b[0m ⠋ é\r\n\x1b[2K\x1b[?25l".encode())


# --- curate


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, virtual_photos: Path) -> Path:
    """A folder of photos: two virtual scenes, and photos whose names, cameras and sidecar are hostile."""
    folder = tmp_path_factory.mktemp("hostile") / HOSTILE_FILE
    folder.mkdir()
    rows = ["path,Make,owner,scene,semantic_label," + _csv(HOSTILE)]
    for number, photo in enumerate(sorted(virtual_photos.rglob("*.JPG"))):
        shutil.copy(photo, folder / f"{number}{HOSTILE_FILE}.jpg")
    for number in range(3):
        write_photo(folder / f"own{number}.jpg", number, HOSTILE.replace("\n", ""), f"{HOSTILE}{number}"[-200:])
        rows.append(f"own{number}.jpg,,{_csv(HOSTILE)},{_csv(HOSTILE)},{_csv(HOSTILE)},x")
    shutil.copy(folder / "own0.jpg", folder / f"copy{HOSTILE_FILE}.jpg")
    (folder / f"broken{HOSTILE_FILE}.jpg").write_bytes(b"\xff\xd8\xff" + HOSTILE.encode())
    (folder / f"no picture {HOSTILE_FILE}.txt").touch()
    (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture
def workspace(photos: Path, small: Path, tmp_path: Path) -> Workspace:
    """A workspace in a folder of a hostile name, with these photos in it, and pairs."""
    settings = (small / "workspace.toml").read_text().replace("virtual-cameras", "")
    made = Workspace.create(tmp_path / "w", settings_text=settings)
    with Catalog.open(made) as catalog:
        finish(ingest(catalog, [photos], labels=photos / "labels.csv"))
        finish(pair_workspace(catalog))
    return Workspace.open(made.root.rename(tmp_path / f"w{HOSTILE_FILE}"))


def _csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def flickr_lines(w: Line, above: Path) -> dict[str, list[Line]]:
    """For each command of Flickr and of the imports lines that work on hostile data; without a key, Flickr is not asked."""
    plan, table, lines = (above / f"{name}{HOSTILE_FILE}.{kind}" for name, kind in PLACES)
    plan.write_text(f"[[search]]\ntext = {json.dumps(HOSTILE)}\n{json.dumps(HOSTILE)} = 1\n", encoding="utf-8")
    columns = ("url", "owner", "Make", "Model", "Exposure", "Aperture", "ISO Speed", "Focal Length")
    table.write_bytes(pd.DataFrame({"Flickr ID": [1, 2], **dict.fromkeys(columns, HOSTILE)}).to_parquet())
    lines.write_text("\t".join([HOSTILE.replace("\n", "").replace("\t", "")] * 23) + "\n", encoding="utf-8")
    folder = os.fspath(above / f"folder{HOSTILE_FILE}")
    (Path(folder) / HOSTILE_FILE).mkdir(parents=True)
    (Path(folder) / HOSTILE_FILE / f"{HOSTILE_FILE}.jpg").touch()
    steps = {f"flickr {step}": [["flickr", step, *w]] for step in ("exif", "download", "recheck")}
    folders = {
        f"import {name}": [["import", name, folder, *w]] for name in ("flickr-export", "imagenet-es", "devices", "set")
    }
    return steps | folders | {
        "flickr search": [["flickr", "search", os.fspath(plan), *w], ["flickr", "search", "--text", HOSTILE, *w]],
        "flickr status": [["flickr", "status", *w], ["flickr", "status", *w, "--json"]],
        "import flickrexif": [["import", "flickrexif", os.fspath(table), *w], ["photos", *w, "--where", "photo_id < 3"]],
        "import yfcc100m": [["import", "yfcc100m", os.fspath(lines), *w], ["import", "yfcc100m", HOSTILE_FILE, *w]],
    }  # fmt: skip


def curate_lines(workspace: Workspace, photos: Path) -> dict[str, list[Line]]:
    """For each command of curate lines that work on the hostile workspace; they do not harm each other."""
    place, above = os.fspath(workspace.root), photos.parent
    w = ["-w", place]
    with Catalog.open(workspace, read_only=True) as catalog:
        proposed = list(pairs(catalog))
        phone, other = proposed[0].phone, proposed[0].other
        camera = next(c for c, _ in catalog.cameras.listed() if "[red]" in (c.make or ""))
        names = [f"{c.make}|{c.model}" for c, _ in catalog.cameras.listed()][:2]
    dataset, sidecar = os.fspath(above / f"set{HOSTILE_FILE}"), above / f"pairs{HOSTILE_FILE}.csv"
    sidecar.write_text(f"image_a,image_b,{_csv(HOSTILE)}\n{_csv(HOSTILE)},gone.jpg,x\n", encoding="utf-8")
    log = above / f"log{HOSTILE_FILE}.jsonl"
    entry = {"action": HOSTILE, "who": HOSTILE, "at": HOSTILE, "payload": {HOSTILE: HOSTILE}}
    log.write_text(json.dumps(entry) + f"\n{HOSTILE}\n", encoding="utf-8")
    occupied = above / f"occupied{HOSTILE_FILE}"
    occupied.mkdir()
    (occupied / HOSTILE_FILE).touch()
    stray = above / f"stray{HOSTILE_FILE}"
    stray.mkdir()
    split = {"target_attribute": HOSTILE, "label_encoder_classes": [HOSTILE, "b"]}
    split |= {"train_ids": [1, 2], "val_ids": [], "test_ids": [1]}
    split |= {"encoded_train_labels": [0, 1], "encoded_val_labels": [], "encoded_test_labels": [0]}
    (stray / "split.json").write_text(json.dumps(split))
    (stray / "metadata.csv").write_text(f"file_name,{_csv(HOSTILE)},split\n{_csv(HOSTILE)},x,{_csv(HOSTILE)}\n")
    rows = [[*form] for form in (["--json"], ["--format", "jsonl"], ["--format", "csv"], ["--format", "table"])]

    def listed(*words: str) -> list[Line]:
        return [[*words, *w, *form] for form in ([], *rows)]

    return flickr_lines(w, above) | {
        "new": [["new", os.fspath(above / HOSTILE_FILE / HOSTILE_FILE)], ["new", place], ["new", place, "--json"]],
        "settings": [["settings"]],
        "ingest": [
            ["ingest", os.fspath(photos), *w, "--jobs", "1", "--labels", os.fspath(photos / "labels.csv")],
            ["ingest", os.fspath(photos / "gone"), *w],
            ["ingest", os.fspath(photos), *w, "--labels", os.fspath(sidecar)],
        ],
        "status": [["status", *w], ["status", *w, "--json"]],
        "photos": [
            *listed("photos"),
            ["photos", *w, "--where", f"Make = '{HOSTILE}"],
            ["photos", *w, "--where", f'"{HOSTILE}" = 1'],
        ],
        "skipped": [*listed("skipped"), ["skipped", os.fspath(stray), *w]],
        "label": [
            ["label", f"semantic_label={HOSTILE}", "--where", "1", *w],
            ["label", f"{HOSTILE}=1", "--where", "1", *w],
            ["label", "owner=x", "--where", f"Model = '{HOSTILE}' AND Make = 'x''y'", *w],
        ],
        "cameras": listed("cameras"),
        "cameras set": [
            ["cameras", "set", camera.make, camera.model, "compact", *w],
            ["cameras", "set", camera.make + "x", HOSTILE, "compact", *w],
        ],
        "cameras type": [["cameras", "type", HOSTILE, HOSTILE], ["cameras", "type", HOSTILE, HOSTILE, "--json"]],
        "duplicates": listed("duplicates"),
        "duplicates keep": [["duplicates", "keep", os.fspath(photos / f"copy{HOSTILE_FILE}.jpg"), *w]],
        "clocks": listed("clocks"),
        "clocks set": [["clocks", "set", *names, "5", *w], ["clocks", "set", HOSTILE, HOSTILE, "5", *w]],
        "clocks unset": [["clocks", "unset", *names, *w], ["clocks", "unset", HOSTILE, HOSTILE, *w]],
        "pair": [["pair", *w, "--jobs", "1"], ["pair", *w, "--jobs", "1", "--json"]],
        "pairs": listed("pairs"),
        "pairs import": [["pairs", "import", os.fspath(sidecar), *w], ["pairs", "import", os.fspath(log), *w]],
        "matches": [["matches", phone, other, "-o", os.fspath(above / f"m{HOSTILE_FILE}.png"), *w]],
        "groups": [*listed("groups"), ["groups", *w, "--draw", HOSTILE, "x"]],
        "decide accept": [["decide", "accept", phone, other, *w]],
        "decide reject": [["decide", "reject", phone, other, *w]],
        "decide flag": [["decide", "flag", phone, other, *w]],
        "decide note": [["decide", "note", phone, other, HOSTILE, *w]],
        "decide auto": [["decide", "auto", "0.9", *w]],
        "undo": [["undo", *w], ["undo", *w, "--json"]],
        "redo": [["redo", *w]],
        "decisions export": [["decisions", "export", *w]],
        "decisions import": [["decisions", "import", os.fspath(log), *w]],
        "review": [["review", "--plain", *w]],
        "split": [["split", "--attribute", "Make", *w], ["split", *w], ["split", "--attribute", HOSTILE, *w]],
        "export": [["export", dataset, *w], ["export", dataset, *w, "--json"], ["export", dataset, *w, "--replace", "--json"]],
        "audit": [
            ["audit", dataset],
            ["audit", os.fspath(stray / "split.json")],
            ["audit", os.fspath(stray), "--json"],
            ["audit", os.fspath(stray)],
            ["audit", os.fspath(occupied)],
        ],
        "verify": [["verify", dataset], ["verify", os.fspath(stray)], ["verify", os.fspath(stray), "--json"]],
        "evaluate": [
            ["evaluate", os.fspath(stray), "-o", os.fspath(photos)],  # refused before the evaluator is started
            ["evaluate", os.fspath(stray), "-o", os.fspath(above / f"run{HOSTILE_FILE}"), "--encoders", HOSTILE],
        ],
        "backup": [["backup", os.fspath(above / f"{HOSTILE_FILE}.sqlite"), *w], ["backup", HOSTILE_FILE, *w, "--json"]],
        "restore": [["restore", os.fspath(above / f"{HOSTILE_FILE}.sqlite"), *w], ["restore", HOSTILE_FILE, *w, "--json"]],
        "relocate": [["relocate", os.fspath(photos), os.fspath(above), *w], ["relocate", HOSTILE_FILE, HOSTILE_FILE, *w]],
        "forget": [["forget", os.fspath(photos / f"broken{HOSTILE_FILE}.jpg"), *w], ["forget", HOSTILE_FILE, *w]],
        "demo": [["demo", os.fspath(occupied)]],
        "demo-photos": [["demo", "photos", os.fspath(occupied), "--scenes", "1"]],
    }  # fmt: skip


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on, so that nothing can be served there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.slow
def test_no_raw_byte_by_curate(workspace: Workspace, photos: Path, taken_port: int) -> None:
    """Every command on a hostile workspace, and every option and argument with a hostile value."""
    working = curate_lines(workspace, photos)
    working["serve"] = [["serve", "-w", os.fspath(workspace.root), "--port", str(taken_port)]]
    lock = os.fspath(workspace.root / "workspace.lock")
    others = [
        [HOSTILE],
        [f"/{HOSTILE}"],
        [HOSTILE_FILE],
        [os.fspath(photos), HOSTILE],
        ["!locked", lock, HOSTILE_FILE, "undo", "-w", os.fspath(workspace.root)],
        ["!crash", HOSTILE],
    ]
    done = hold_nothing_raw(
        "curate", lines_of(dict(commands_of("curate", curate.commands.program.app)), working) + others, photos.parent
    )
    codes = {tuple(line): code for line, code, _ in done}
    work = ("photos", "cameras", "pairs", "groups", "status", "label", "export", "review", "decide accept", "matches")
    work = (*work, "flickr status", "import flickrexif")
    assert [name for name in work if codes[tuple(working[name][0])] != 0] == []
    assert b"[red][/x]" in b"".join(part for _, _, part in done), "markup stays text"
    answers = [part.decode() for line, code, part in done if line[-1] == "--json" and code == 0]
    objects = [re.findall(r"\{.*\}", answer) for answer in answers]  # beside it, progress may stand in the same line
    assert len(objects) > 10 and all(isinstance(json.loads(one), dict) for (one,) in objects)


# --- tracer


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sets with hostile labels, columns, class folders and file names; some of them sound."""
    above = tmp_path_factory.mktemp("sets")
    one_line = HOSTILE.replace("\n", "")
    made = write_set(above / "set", scenes=16)
    table = pd.read_parquet(made / "metadata.parquet")
    table = table.assign(
        Make=table["Make"] + one_line,
        semantic_label=one_line + table["semantic_label"],
        owner=HOSTILE,
        **{HOSTILE: "x"},
    )
    table.to_parquet(made / "metadata.parquet")
    sound = made.rename(above / f"set{HOSTILE_FILE}")
    (sound / "splits").mkdir()
    attribute, ids = HOSTILE.replace("/", ""), table["photo_id"].tolist()
    (sound / "splits" / f"split_data_target_attribute={attribute}.json").write_text(json.dumps(_split(attribute, ids)))
    found = {"sound": sound}
    for name, column in (("missing", "Make"), ("doubled", "photo_id"), ("no whole number", "subject_idx")):
        found[name] = above / f"{name}{HOSTILE_FILE}"
        found[name].mkdir()
        odd = [{"file_name": f"{HOSTILE_FILE}{n}.png", "photo_id": n} for n in range(3)]
        for row in odd[1:]:
            shutil.copy(next((sound / "images").iterdir()), found[name] / str(row["file_name"]))
        odd = [{**row, column: 5 if column == "photo_id" else HOSTILE} for row in odd[name != "missing" :]]
        (found[name] / "metadata.jsonl").write_text("\n".join(map(json.dumps, odd)))
    found["classes"] = above / f"classes{HOSTILE_FILE}"
    for number, picture in enumerate(sorted((sound / "images").iterdir())[:8]):
        place = found["classes"] / f"{number % 2}{HOSTILE_FILE}" / f"{HOSTILE_FILE}{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, place)
    (found["classes"] / f"0{HOSTILE_FILE}" / f"no picture {HOSTILE_FILE}").touch()
    (found["classes"] / f"0{HOSTILE_FILE}" / f"broken {HOSTILE_FILE}.jpg").write_bytes(b"\xff\xd8\xff")
    for name, split in (("split of another name", _split("Make", ids)), ("no split", {HOSTILE: HOSTILE})):
        found[name] = above / f"{name}{HOSTILE_FILE}"
        shutil.copytree(found["classes"], found[name])
        (found[name] / f"split_data_target_attribute={attribute}.json").write_text(json.dumps(split))
    return found


def _split(attribute: str, ids: list[int]) -> dict[str, Any]:
    parts = {"train": ids[:32], "val": ids[32:48], "test": ids[48:]}
    labels = {f"encoded_{part}_labels": [number % 2 for number in range(len(of))] for part, of in parts.items()}
    names = {"target_attribute": attribute, "label_encoder_classes": [HOSTILE, HOSTILE + "2"]}
    return {**names, **{f"{part}_ids": of for part, of in parts.items()}, **labels}


def tracer_lines(sets: dict[str, Path]) -> dict[str, list[Line]]:
    """For each command of tracer lines that work on the hostile set, and what it says of sets that are not sound."""
    run = os.fspath(sets["sound"].with_name(f"run{HOSTILE_FILE}"))
    on = [os.fspath(sets["sound"]), "-o", run]
    encoder, quick = ["--encoders", "baseline/colour"], ["--protocol", "fast"]
    embeddings = os.fspath(Path(run, "embeddings"))
    split = os.fspath(next((sets["sound"] / "splits").iterdir()))
    files = ["--embeddings", embeddings, "--encoder", "baseline/colour"]
    not_sound = [os.fspath(place) for name, place in sets.items() if name not in ("sound", "classes")]
    classes = os.fspath(sets["classes"])
    return {
        "encoders": [["encoders"], ["encoders", "--json"], ["encoders", "--check", f"{HOSTILE},timm:{HOSTILE}"]],
        "embed": [
            ["embed", *on, *encoder],
            ["embed", *on, *encoder, "--json"],
            ["embed", classes, "-o", f"{run}2", *encoder],
        ],
        "probe": [
            ["probe", *on, *encoder, *quick, "--mask", "0", "--attributes", "Make"],
            ["probe", *files, "--splits", split, *quick],
            ["probe", "--embeddings", classes, "--encoder", "baseline/colour", "--splits", split],
        ],
        "knn": [["knn", *on, *encoder, "--format", "jsonl"], ["knn", *files, "--processing", f"IDENTITY,{HOSTILE}"]],
        "zeroshot": [["zeroshot", *on, *encoder], ["zeroshot", *on, "--prompts", HOSTILE]],
        "retrieve": [["retrieve", *on, *encoder], ["retrieve", *files]],
        "association": [
            ["association", *on],
            ["association", *on, "--json"],
            ["association", classes, "-o", f"{run}2"],
            ["association", os.fspath(sets["sound"]), "-o", classes],
            *(["association", place, "-o", f"{run}3"] for place in not_sound),
        ],
        "similarity": [["similarity", *on, *encoder]],
        "mitigate": [["mitigate", *on, *encoder, *quick, "--method", "leace", "--attributes", "Make", "--save"]],
        "evaluate": [
            ["evaluate", *on, *encoder, *quick, "--mask", "0", "--json"],
            ["evaluate", *on, *encoder, *quick, "--mask", "0"],
            *(["evaluate", place, "-o", f"{run}4", *encoder, *quick] for place in not_sound),
        ],
        "plan": [["plan", os.fspath(sets["sound"])], ["plan", run, "--json"], ["plan", classes]],
        "report": [["report", run], ["report", run, "--json"]],
        "compare": [["compare", run, run], ["compare", run, run, "--json"]],
    }


@pytest.mark.slow
def test_no_raw_byte_by_tracer(sets: dict[str, Path]) -> None:
    """Every command on a set of hostile labels, columns, splits and names, and on sets that are refused."""
    working = tracer_lines(sets)
    others = [[HOSTILE], ["--" + HOSTILE], ["!crash", HOSTILE]]
    folder = sets["sound"].parent
    done = hold_nothing_raw("tracer", lines_of(dict(commands_of("tracer", tracer.cli.app)), working) + others, folder)
    codes = {tuple(line): code for line, code, _ in done}
    told = {tuple(line): part for line, _, part in done}
    for name, lines in working.items():
        expected = 1 if name in ("mitigate", "zeroshot") else 0  # these take more photos or a text side, and say so
        assert codes[tuple(lines[0])] == expected, (name, told[tuple(lines[0])].decode()[-3000:])
    assert b"[red][/x]" in b"".join(part for _, _, part in done), "markup stays text"


# --- the app


@pytest.mark.slow
def test_no_foreign_byte_by_the_app(workspace: Workspace) -> None:
    """On all its screens names stay text: nothing of what they hold reaches the terminal, and markup shows as it is."""
    app = Pseudo(["-m", "curate.cli", os.fspath(workspace.root)], workspace.root.parent)
    try:
        app.wait("Library")
        for key, shows in (("\x1bOQ", "Review"), ("\x1bOR", "Cameras"), ("\x1bOS", "Clocks"), ("\x1b[15~", "Copies"),
                           ("\x1b[18~", "It would hold"), ("\x1b[19~", "Runs"), ("\x1b[20~", "Log"), ("\x1b[21~", "Home"),
                           ("\x10", "Ingest photos"), ("\x1b", "photos"), ("\x1bOP", "Library"), ("?", "Keys of this screen"),
                           ("\x1b", "pwned"), ("/", "Show which"),
                           ("[red] = [/x]\r", "[red]"), ("\x1b", "pwned"), ("v", "pwned"), ("g", "▀"), ("\x1b[6~", "►"),
                           ("\r", "▀"), ("\r", "►"), ("o", "by camera"), ("*", "chosen"), ("e", "such as cat"), ("\x1b", "▀"),
                           ("g", "by camera"), ("y", "folder:")):  # fmt: skip
            app.press(key)
            app.wait(shows)
            app.settle()
        app.press("q")
    finally:
        app.close()
    needles = ["pwned", "\x1b[38;5;213m", "\x9b2J", "\u202e", "\u2066", "\ufeff", "\u200b", "\ue000", "\x7f"]
    said = app.output.decode("utf-8", "replace")
    assert [needle for needle in needles[1:] if needle in said] == []
    assert "\x1b]0;" not in said and "[red]" in said
