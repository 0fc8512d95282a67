"""A stand-alone desk of 12345 or 110 with which a foreign implementation can be tried before it meets a real one."""
