"""`make load`: orders at a fixed rate, books that must balance, and what it cost."""
