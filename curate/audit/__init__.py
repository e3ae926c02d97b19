"""The audit of a set: leaks between its sides, and properties other than the camera that separate its classes."""
