"""Foundations without a word of the trade: clock, working days, life-cycles, outbox, due work, numbers, seals."""
