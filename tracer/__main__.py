"""`python -m tracer` is the command `tracer`."""

from tracer.cli import main

main()
