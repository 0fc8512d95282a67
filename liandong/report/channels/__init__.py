"""Ports to the outside: fonts of the site, and the program that sets a page."""
