"""`make seed`: a shop with users, groups, pictures, conversations and orders, for its pages."""
