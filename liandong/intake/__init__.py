"""What came in: matters, work orders, police orders, callers, numbers, and the custody chain."""
