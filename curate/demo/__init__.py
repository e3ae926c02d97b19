"""Virtual cameras and dead-leaves scenes: a sample collection with known truth, made on the spot."""
