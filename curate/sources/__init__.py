"""Sources of photos and labels: local folders, and CSV files beside the photos."""
