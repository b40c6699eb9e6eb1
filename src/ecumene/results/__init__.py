"""What came out: schema, statistics, tables, store."""
