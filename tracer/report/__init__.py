"""From tidy results to one page that explains them, and to plots."""
