"""What goes wrong: noise on the links."""
