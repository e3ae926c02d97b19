"""File formats as containers: what a file is, and where its metadata lie."""
