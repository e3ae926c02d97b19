"""From evidence to the probability that two photos show one scene, and how a person's decisions change it."""
