"""Simulates virtual cameras that photograph dead-leaves scenes."""
