"""Looking back: what another list would have decided, and how good the decisions were."""
