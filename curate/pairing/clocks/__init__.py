"""How far the clocks of two cameras differ."""
