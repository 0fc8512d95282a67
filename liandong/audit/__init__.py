"""The trail: who did what, when, in which post; append-only, chained, verifiable without the application."""
