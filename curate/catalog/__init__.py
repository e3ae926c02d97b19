"""The catalogue, one SQLite file: schema, queries, migrations, the decision log."""
