"""专报: the report channel. A document goes out on paper, and the answer that comes back on paper is typed in."""
