"""Virtual cameras and dead-leaves scenes."""
