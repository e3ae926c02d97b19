"""The score: the probability that two photos show one scene, from their evidence and a person's decisions."""
