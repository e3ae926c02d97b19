"""Signs that tell where a file comes from: edited, a screenshot, one of a burst."""
