"""Linear probes: what a single layer can read from an embedding."""
