"""(make, model) -> type of camera, with the rule that said so. Pure."""
