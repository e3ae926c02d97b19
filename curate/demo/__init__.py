"""The demo: a sample collection of photos by virtual cameras with known ground truth, and all steps on it."""
