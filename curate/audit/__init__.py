"""What a set shares between its sides, and what besides the camera tells its classes apart."""
