"""The image formats, one module each.

Each module reads a file with `read`, and writes it again with `clean`: without metadata, but with
the same pixels to the bit and the same orientation.
"""
