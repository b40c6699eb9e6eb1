"""For other programs: the network of each slot in the formats they read."""
