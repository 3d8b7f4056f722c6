"""What people write instead: the way of the tutorials, and the way of the documentation."""
