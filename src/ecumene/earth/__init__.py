"""The planet: ellipsoid, cells, countries, people, towns, outlines."""
