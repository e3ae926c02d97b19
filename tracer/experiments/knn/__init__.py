"""Semantic nearest neighbours whose traces agree or differ."""
