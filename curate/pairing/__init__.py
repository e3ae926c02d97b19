"""Find pairs of photos of the same scene, taken with a phone and with another camera."""
