"""Pictures: decoding, processing, masking, cropping. Pixel-exact, and independent of who does it in which order."""
