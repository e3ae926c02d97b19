"""Writes data sets, and checks them."""
