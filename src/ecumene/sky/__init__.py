"""Who sees whom: elevation mask and protection of the geostationary arc."""
