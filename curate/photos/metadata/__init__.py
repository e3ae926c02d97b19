"""What a photo's metadata say: labels from EXIF, XMP, IPTC, MakerNotes and older forms."""
