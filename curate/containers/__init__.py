"""File formats as containers: what a file is, the parts that it is made of, and where its metadata lie.

Each container has one walker, an iterator over its parts with their offsets. Reading calls it as it is (tolerant): a
damaged file yields what lies before the damage. Taking metadata out calls it with `strict=True`: what is not as the
format demands raises `DamagedFile`. Walkers are bounded: every step moves forwards, and their number is limited.
"""
