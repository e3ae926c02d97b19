"""The figures that README and docs quote, each re-run by one command."""
