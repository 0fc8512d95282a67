"""Reads of what is looked back at."""
