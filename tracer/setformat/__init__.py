"""The set on disk, as both programs know it."""
