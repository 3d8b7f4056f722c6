"""The names of XMP: prefixes of namespaces, and the properties that are not texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from metadata import exif_tags, exif_types, gps_tags

_ADOBE = "http://ns.adobe.com/"
_GOOGLE = "http://ns.google.com/photos/1.0/"

# The prefixes that standards and vendors recommend. A file may use others.
_PREFIXES = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    f"{_ADOBE}xap/1.0/": "xmp",
    f"{_ADOBE}xap/1.0/rights/": "xmpRights",
    f"{_ADOBE}xap/1.0/mm/": "xmpMM",
    f"{_ADOBE}xap/1.0/bj/": "xmpBJ",
    f"{_ADOBE}xap/1.0/g/": "xmpG",
    f"{_ADOBE}xap/1.0/t/pg/": "xmpTPg",
    f"{_ADOBE}xap/1.0/g/img/": "xmpGImg",
    f"{_ADOBE}xap/1.0/PLUS/": "xmpPLUS",
    f"{_ADOBE}xap/1.0/sType/ResourceRef#": "stRef",
    f"{_ADOBE}xap/1.0/sType/ResourceEvent#": "stEvt",
    f"{_ADOBE}xap/1.0/sType/ManifestItem#": "stMfs",
    f"{_ADOBE}xap/1.0/sType/Dimensions#": "stDim",
    f"{_ADOBE}xap/1.0/sType/Font#": "stFnt",
    f"{_ADOBE}xap/1.0/sType/Job#": "stJob",
    f"{_ADOBE}xap/1.0/sType/Version#": "stVer",
    f"{_ADOBE}xmp/sType/Area#": "stArea",
    f"{_ADOBE}xmp/Identifier/qual/1.0/": "xmpidq",
    f"{_ADOBE}xmp/1.0/DynamicMedia/": "xmpDM",
    f"{_ADOBE}xmp/note/": "xmpNote",
    f"{_ADOBE}tiff/1.0/": "tiff",
    f"{_ADOBE}exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    f"{_ADOBE}exif/1.0/aux/": "aux",
    f"{_ADOBE}photoshop/1.0/": "photoshop",
    f"{_ADOBE}photoshop/1.0/camera-profile": "stCamera",
    f"{_ADOBE}photoshop/1.0/panorama-profile": "panorama",
    f"{_ADOBE}camera-raw-settings/1.0/": "crs",
    f"{_ADOBE}camera-raw-saved-settings/1.0/": "crss",
    f"{_ADOBE}camera-raw-defaults/1.0/": "crd",
    f"{_ADOBE}camera-raw-embedded-lens-profile/1.0/": "crlcp",
    f"{_ADOBE}hdr-gain-map/1.0/": "hdrgm",
    f"{_ADOBE}hdr-metadata/1.0/": "hdr_metadata",
    f"{_ADOBE}creatorAtom/1.0/": "creatorAtom",
    f"{_ADOBE}lightroom/1.0/": "lr",
    f"{_ADOBE}album/1.0/": "album",
    f"{_ADOBE}DICOM/": "DICOM",
    f"{_ADOBE}pdf/1.3/": "pdf",
    f"{_ADOBE}pdfx/1.3/": "pdfx",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://creativecommons.org/ns#": "cc",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://www.metadataworkinggroup.com/schemas/keywords/": "mwg-kw",
    "http://www.metadataworkinggroup.com/schemas/collections/": "mwg-coll",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://rs.tdwg.org/dwc/index.htm": "dwc",
    f"{_GOOGLE}camera/": "GCamera",
    f"{_GOOGLE}container/": "Container",
    f"{_GOOGLE}container/item/": "Item",
    f"{_GOOGLE}depthmap/": "GDepth",
    f"{_GOOGLE}focus/": "GFocus",
    f"{_GOOGLE}image/": "GImage",
    f"{_GOOGLE}panorama/": "GPano",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.apple.com/pixeldatainfo/1.0/": "apdi",
    "http://ns.apple.com/adjustment-settings/1.0/": "aas",
    "http://ns.apple.com/faceinfo/1.0/": "apple-fi",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": "MPRI",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
    "http://ns.camerabits.com/photomechanic/1.0/": "photomechanic",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://ns.iview-multimedia.com/mediapro/1.0/": "mediapro",
    "http://xmp.gettyimages.com/gift/1.0/": "GettyImagesGIFT",
    "http://ns.idimager.com/ics/1.0/": "ics",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://darktable.sf.net/": "darktable",
    "http://www.gimp.org/xmp/": "GIMP",
    "http://www.dji.com/drone-dji/1.0/": "drone-dji",
    "http://pix4d.com/camera/1.0": "Camera",
    "http://pix4d.com/camera/1.0/": "Camera",
}

_TAKEN = {*_PREFIXES.values(), "xml"}

# XMP writes every value as text. These are numbers: those of EXIF, and some others.
_EXIF = (*exif_tags.IMAGE.values(), *exif_tags.PHOTO.values(), *gps_tags.NAMES.values())
_NUMBERS_OF_EXIF = {
    *({*_EXIF} - exif_types.TEXTS - {"GPSVersionID", "MakerNote", "GPSTimeStamp"}),
    *("ISOSpeedRatings", "Columns", "Rows", "Values", "Mode", "Return"),
    *("FlashCompensation", "ApproximateFocusDistance"),
}
_EXIF_PREFIXES = {"exif", "exifEX", "tiff", "aux"}
_NUMBERS = {
    *("xmp:Rating", "photoshop:Urgency", "photoshop:ColorMode", "xmpTPg:NPages"),
    *("stDim:w", "stDim:h", "stArea:x", "stArea:y", "stArea:w", "stArea:h", "stArea:d"),
}
_BOOLEANS = {"exif:Fired", "exif:Function", "exif:RedEyeMode", "xmpRights:Marked"}
_DATES = {
    *("dc:date", "xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate", "photoshop:DateCreated"),
    *("tiff:DateTime", "exif:DateTimeOriginal", "exif:DateTimeDigitized", "exif:GPSTimeStamp"),
    *("stEvt:when", "stVer:modifyDate", "Iptc4xmpExt:AODateCreated"),
}
_LISTS_OF_NUMBERS = {"aux:LensInfo"}


def short(tag: str) -> str:
    """The name `prefix:Name` of a tag. The prefix is the namespace itself if it is unknown."""
    if not tag.startswith("{"):  # in no namespace, or named by `shorten_unknown`
        return tag if ":" in tag else f":{tag}"
    namespace, _, local = tag.removeprefix("{").rpartition("}")
    return f"{_PREFIXES.get(namespace, namespace)}:{local}"


def shorten_unknown(root: Element, prefixes: Mapping[str, str]) -> None:
    """Name the tags of unknown namespaces with the prefixes of the document, by their namespace.

    Not those that are somebody else's, or that stand for two namespaces.
    """
    unknown = {space: prefix for space, prefix in prefixes.items() if space not in _PREFIXES}
    common = Counter(unknown.values())
    unique = {s: p for s, p in unknown.items() if p and common[p] == 1 and p not in _TAKEN}
    if not unique:
        return

    def renamed(tag: str) -> str:
        namespace, _, local = tag.removeprefix("{").rpartition("}")
        return f"{unique[namespace]}:{local}" if namespace in unique else tag

    for element in root.iter():
        element.tag = renamed(element.tag)
        if element.attrib:
            attributes = {renamed(name): value for name, value in element.attrib.items()}
            element.attrib.clear()
            element.attrib.update(attributes)


def is_number(name: str) -> bool:
    """Whether the standards define this property as a number."""
    prefix, _, local = name.rpartition(":")
    return name in _NUMBERS or (prefix in _EXIF_PREFIXES and local in _NUMBERS_OF_EXIF)


def is_list_of_numbers(name: str) -> bool:
    """Whether this is a text of several numbers."""
    return name in _LISTS_OF_NUMBERS


def is_boolean(name: str) -> bool:
    """Whether the standards define this property as true or false."""
    return name in _BOOLEANS or name.startswith("crs:")


def is_date(name: str) -> bool:
    """Whether the standards define this property as a date."""
    return name in _DATES
