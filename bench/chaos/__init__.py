"""`make chaos`: mixed traffic while parts of a local stack fail, and books that must balance."""
