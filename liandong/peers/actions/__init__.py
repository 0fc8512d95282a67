"""Writes of the exchange between nodes."""

from liandong.peers.actions.exports import export_chain

__all__ = ["export_chain"]
