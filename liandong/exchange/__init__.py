"""The other side's machines: the API by which systems of the two desks and of integrators speak to this node."""
