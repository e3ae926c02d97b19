"""Reading photos in guarded worker processes."""
