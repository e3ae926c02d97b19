"""What is measured on embeddings. Each module takes arrays and returns figures; `tracer.evaluate` brings them together."""
