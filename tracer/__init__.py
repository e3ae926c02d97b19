"""tracer: what visual encoders know about the camera."""
