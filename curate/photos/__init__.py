"""One file -> facts. Pure: no catalogue, no settings, nothing written but the preview."""
