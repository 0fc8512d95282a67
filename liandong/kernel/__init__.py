<<<<<<< HEAD
"""Foundations without a word of the trade: clock, calendar, life-cycles, outbox, due work, errors, numbers."""
=======
"""Foundations without a word of the trade: clock, working days, life-cycles, outbox, due work, numbers, seals."""
>>>>>>> runtime
