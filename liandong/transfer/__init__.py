"""The linkage protocol: one desk hands a matter to another, and never do both look away."""
