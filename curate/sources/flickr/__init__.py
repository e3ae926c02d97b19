"""Flickr: the client of its API, the plans and searches, the EXIF of photos, and their original files."""
