"""What a linear map that takes a label out of the embeddings changes."""
