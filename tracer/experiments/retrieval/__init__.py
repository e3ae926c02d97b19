"""Pair retrieval: a photo looks for the photo that the other kind of camera took of its scene."""
