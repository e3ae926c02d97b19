"""Pictures: decoding, processing, masking and cropping. The pixels depend neither on the order nor on the number of processes."""
