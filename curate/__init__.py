"""curate: from photos to labelled, paired data sets."""
