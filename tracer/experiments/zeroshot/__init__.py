"""Zero-shot classification: the classes as prompts, and whether the camera changes what a picture is called."""
