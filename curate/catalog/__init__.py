"""The catalogue: tables, queries, migrations, the decision log."""
