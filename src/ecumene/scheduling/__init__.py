"""Which beam lights which cell."""
