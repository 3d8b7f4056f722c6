"""How the values of EXIF tags are written, where the type in the file does not tell."""

UTF16 = {"XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"}
"""The tags that Windows writes in UTF-16, its internal encoding."""

WITH_HEADER = {"UserComment", "GPSProcessingMethod", "GPSAreaInformation"}
"""Texts whose first bytes name the encoding."""

VERSIONS = {
    *("ExifVersion", "FlashpixVersion", "InteroperabilityVersion"),
}
"""Four digits, such as `0300`."""

ONE_BYTE = {"FileSource", "SceneType"}
"""Tags of one byte, which some cameras write in four."""

TEXTS = {
    *UTF16,
    *WITH_HEADER,
    *VERSIONS,
    *("ProcessingSoftware", "DocumentName", "ImageDescription", "Make", "Model", "PageName"),
    *("Software", "DateTime", "Artist", "HostComputer", "InkNames", "TargetPrinter", "Copyright"),
    *("SpectralSensitivity", "DateTimeOriginal", "DateTimeDigitized", "OffsetTime"),
    *("OffsetTimeOriginal", "OffsetTimeDigitized", "SubSecTime", "SubSecTimeOriginal"),
    *("SubSecTimeDigitized", "SecurityClassification", "ImageHistory", "RelatedSoundFile"),
    *("ImageUniqueID", "CameraOwnerName", "BodySerialNumber", "LensMake", "LensModel"),
    *("LensSerialNumber", "ImageTitle", "Photographer", "ImageEditor", "CameraFirmware"),
    *("RAWDevelopingSoftware", "ImageEditingSoftware", "MetadataEditingSoftware"),
    *("InteroperabilityIndex", "RelatedImageFileFormat", "GeoAsciiParamsTag"),
    *("GPSLatitudeRef", "GPSLongitudeRef", "GPSSatellites", "GPSStatus", "GPSMeasureMode"),
    *("GPSSpeedRef", "GPSTrackRef", "GPSImgDirectionRef", "GPSMapDatum", "GPSDestLatitudeRef"),
    *("GPSDestLongitudeRef", "GPSDestBearingRef", "GPSDestDistanceRef", "GPSDateStamp"),
}
"""The tags that the standards define as text, also those above."""

STRUCTURE = {
    *(0x0111, 0x0117, 0x0120, 0x0121, 0x0144, 0x0145, 0x014A),  # strips, tiles, free space, SubIFDs
    *(0x0201, 0x0202, 0x0207, 0x0208, 0x0209, 0x015B, 0x0140),  # JPEG data, colour map
    *(0x8769, 0x8825, 0xA005),  # the other directories
    *(0x02BC, 0x83BB, 0x8649, 0x8773, 0xEA1C),  # XMP, IPTC, Photoshop, colour profile, padding
}
"""The numbers of tags that are not metadata, or that another reader reads."""
