"""Frozen visual encoders: the paper's 47, any of timm's and OpenCLIP's, local checkpoints, offline ones, and baselines.

Listing and naming import no torch; a network is built when its first batch is encoded.
"""
