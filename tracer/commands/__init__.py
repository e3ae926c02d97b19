"""The commands, by group; each module holds one Typer application that tracer/cli.py mounts. Nothing heavy is imported before
it is needed."""
