"""What is measured on embeddings, one folder an experiment."""
