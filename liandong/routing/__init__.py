"""Whose matter it is: the diversion list and the rules that read it."""
