"""Foundations without a word of the trade: clock, calendar, life-cycles, outbox, due work, errors, numbers."""
