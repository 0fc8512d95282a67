"""Liandong (联动): links a city's 12345 hotline with its 110 police desk."""
