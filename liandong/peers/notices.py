"""What the processes of a node tell one another through the database, so that nobody waits for the next look. Pure."""

# A message for another node was posted.
OUTGOING = "liandong_outgoing"
# A message of the reconciliation came and is to be answered.
RECONCILING = "liandong_reconciling"
# A message from another node was kept.
INCOMING = "liandong_incoming"
