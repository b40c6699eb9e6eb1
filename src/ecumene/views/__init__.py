"""For eyes: the summary in the terminal, the map, the report. Reads results, computes nothing new."""
