"""The metadata of a picture as JSON: EXIF, IPTC and XMP.

Whatever cannot be read is left out and added to a list of dropped parts; the rest is kept.
"""
