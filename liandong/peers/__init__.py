"""Other nodes: what goes to them and comes from them, so that two networks hold one truth."""
