"""Each benchmark re-runs, with one command, the figures that README and docs quote."""
