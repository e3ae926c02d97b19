"""The evaluation of a set: what can be measured, the running evaluation, its cache, and the merge with earlier results."""
