"""Frozen visual encoders: the paper's 47, any of timm and OpenCLIP, local checkpoints, offline ones, and baselines.

torch is not imported to list or name them; a network is built when its first batch is encoded.
"""
