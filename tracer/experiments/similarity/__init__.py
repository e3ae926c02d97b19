"""Whether photos of one camera are more similar than photos of different ones, the content being equal."""
