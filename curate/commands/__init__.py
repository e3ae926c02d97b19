"""The commands, by group; each module holds one Typer application that curate/cli.py mounts."""
