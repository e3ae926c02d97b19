"""What a person can ask curate to do. Each operation is described once; the command line and the app derive from that."""
