"""The same scene, shot with a phone and with another camera."""
