"""What a photo's metadata say, whatever container they lie in."""
