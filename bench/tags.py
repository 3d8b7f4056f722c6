"""How much of what exiftool finds in pictures is found here, by name and with an equal value."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyvips

from bench.image_processing import process

CAMERA = [
    *("-Make=ACME", "-Model=Snap 7", "-Orientation#=6", "-XResolution=300", "-YResolution=300"),
    *("-ResolutionUnit#=2", "-Software=Firmware 1.2", "-ModifyDate=2026:11:20 09:00:00"),
    *("-ExposureTime=1/250", "-FNumber=2.8", "-ExposureProgram#=2", "-ISO=400"),
    *("-ExifVersion=0232", "-DateTimeOriginal=2026:11:20 08:15:30", "-OffsetTimeOriginal=+01:00"),
    *("-CreateDate=2026:11:20 08:15:30", "-SubSecTimeOriginal=042", "-ShutterSpeedValue=1/250"),
    *("-ApertureValue=2.8", "-BrightnessValue=4.5", "-ExposureCompensation=-0.33"),
    *("-MaxApertureValue=1.8", "-SubjectDistance=2.5", "-MeteringMode#=5", "-LightSource#=4"),
    *("-Flash#=16", "-FocalLength=50", "-SubjectArea=100 200 50 60", "-UserComment=hello"),
    *("-ColorSpace#=1", "-ExifImageWidth=4000", "-ExifImageHeight=3000", "-SensingMethod#=2"),
    *("-CustomRendered#=0", "-ExposureMode#=1", "-WhiteBalance#=1", "-DigitalZoomRatio=1.5"),
    *("-FocalLengthIn35mmFormat=75", "-SceneCaptureType#=1", "-Contrast#=1", "-Saturation#=2"),
    *("-Sharpness#=1", "-ImageUniqueID=0123456789abcdef0123456789abcdef", "-OwnerName=Ada"),
    *("-SerialNumber=007", "-LensInfo=24 70 2.8 4", "-LensMake=ACME", "-LensModel=Zoom 24-70"),
    *("-LensSerialNumber=0042", "-YCbCrPositioning#=1", "-InteropIndex=R98", "-Gamma=2.2"),
    *("-Humidity=55.5", "-AmbientTemperature=-3.5", "-Pressure=1013", "-WhitePoint=0.3127 0.329"),
]

TELEPHONE = [
    *("-Make=Fön", "-Model=手机 12", "-Orientation#=8", "-SensitivityType#=2"),
    *("-RecommendedExposureIndex=64", "-CompositeImage#=3", "-OffsetTime=-03:30"),
    *("-ModifyDate=2024:02:29 23:59:59", "-SubSecTime=9", "-ExposureTime=1/8000"),
    *("-GPSLatitude=33.8567667", "-GPSLatitudeRef=S", "-GPSLongitude=151.21", "-GPSLongitudeRef=E"),
    *("-GPSAltitude=12.5", "-GPSAltitudeRef#=1", "-GPSTimeStamp=07:30:02", "-GPSSpeed=3.6"),
    *("-GPSDateStamp=2024:03:01", "-GPSSpeedRef#=K", "-GPSImgDirection=271.5", "-GPSDOP=2.1"),
    *("-GPSImgDirectionRef=T", "-GPSMapDatum=WGS-84", "-GPSHPositioningError=4.7"),
    *("-GPSDestBearing=90", "-GPSDestBearingRef=M", "-GPSDestLatitude=48.2", "-GPSStatus#=A"),
    *("-GPSDestLatitudeRef=N", "-GPSDestLongitude=16.37", "-GPSDestLongitudeRef=W"),
    *("-GPSProcessingMethod=GPS", "-GPSSatellites=07", "-GPSMeasureMode=3", "-GPSTrack=12.25"),
    *("-GPSTrackRef=T", "-GPSDifferential#=1", "-GPSVersionID=2.3.0.0", "-GPSAreaInformation=Bay"),
]

AGENCY = [
    *("-IPTC:CodedCharacterSet=UTF8", "-IPTC:ObjectName=Schönbrunn", "-IPTC:Urgency=5"),
    *("-IPTC:Keywords=palace", "-IPTC:Keywords=Gärten", "-IPTC:DateCreated=2026:11:20"),
    *("-IPTC:TimeCreated=08:15:30+01:00", "-IPTC:By-line=Ada", "-IPTC:By-lineTitle=Staff"),
    *("-IPTC:City=Wien", "-IPTC:Sub-location=Hietzing", "-IPTC:Province-State=Wien"),
    *("-IPTC:Country-PrimaryLocationCode=AUT", "-IPTC:Country-PrimaryLocationName=Österreich"),
    *("-IPTC:OriginalTransmissionReference=J-1", "-IPTC:Headline=Palace", "-IPTC:Credit=ACME"),
    *(
        "-IPTC:Source=ACME",
        "-IPTC:CopyrightNotice=© ACME",
        "-IPTC:Contact=desk",
        "-IPTC:Category=ART",
    ),
    *("-IPTC:Caption-Abstract=A palace\nand its garden", "-IPTC:Writer-Editor=Bob"),
    *("-IPTC:SpecialInstructions=none", "-IPTC:SupplementalCategories=x", "-IPTC:EditStatus=final"),
    *("-IPTC:OriginatingProgram=Snap", "-IPTC:ProgramVersion=1.2", "-IPTC:ObjectCycle=a"),
    *("-IPTC:ReleaseDate=2026:11:21", "-IPTC:ReleaseTime=00:00:00-05:00", "-IPTC:ImageType=3Y"),
    *("-IPTC:DigitalCreationDate=2026:11:20", "-IPTC:DigitalCreationTime=08:15:30+01:00"),
    *("-IPTC:LanguageIdentifier=de", "-IPTC:SubjectReference=IPTC:01000000:a:b:c"),
    *("-EXIF:Artist=Ada", "-EXIF:Copyright=© ACME", "-EXIF:ImageDescription=A palace"),
]

EDITOR = [
    *("-XMP-dc:Title=Dawn", "-XMP-dc:Title-de=Morgen", "-XMP-dc:Subject=a", "-XMP-dc:Subject=007"),
    *("-XMP-dc:Creator=Ada", "-XMP-dc:Rights=© ACME", "-XMP-dc:Description=x < y & z"),
    *("-XMP-dc:Format=image/jpeg", "-XMP-xmp:Rating=4", "-XMP-xmp:Label=Red"),
    *("-XMP-xmp:CreatorTool=Snap", "-XMP-xmp:CreateDate=2026:11:20 08:15:30+01:00"),
    *("-XMP-xmp:ModifyDate=2026:11:20 09:00:00Z", "-XMP-photoshop:City=Wien"),
    *("-XMP-photoshop:Headline=Palace", "-XMP-photoshop:Urgency=5", "-XMP-photoshop:Credit=ACME"),
    *(
        "-XMP-photoshop:ColorMode#=3",
        "-XMP-photoshop:DateCreated=2026:11:20",
        "-XMP-tiff:Make=ACME",
    ),
    *("-XMP-tiff:Orientation#=1", "-XMP-tiff:XResolution=300", "-XMP-exif:FNumber=2.8"),
    *("-XMP-exif:ExposureTime=1/250", "-XMP-exif:ISO=400", "-XMP-exif:FocalLength=50"),
    *("-XMP-exif:GPSLatitude=48.2", "-XMP-exif:GPSLongitude=-16.37", "-XMP-aux:Lens=Zoom"),
    *("-XMP-aux:SerialNumber=007", "-XMP-xmpRights:Marked=True", "-XMP-xmpRights:UsageTerms=none"),
    *("-XMP-xmpRights:WebStatement=https://example.com/", "-XMP-xmpMM:DocumentID=xmp.did:1"),
    *("-XMP-xmpMM:InstanceID=xmp.iid:2", "-XMP-iptcCore:Location=Hietzing"),
    *("-XMP-iptcCore:CountryCode=AUT", "-XMP-iptcCore:CreatorWorkEmail=ada@example.com"),
    *(
        "-XMP-iptcExt:PersonInImage=Bob",
        "-XMP-iptcExt:Event=Opening",
        "-XMP-exif:ExifImageWidth=4",
    ),
    *("-XMP-iptcExt:LocationShownCity=Wien", "-XMP-iptcExt:LocationShownCountryCode=AUT"),
    *("-XMP-lr:HierarchicalSubject=a|b", "-XMP-exif:ColorSpace#=1", "-XMP-xmp:Nickname=n"),
]

SAMPLES = {"camera": CAMERA, "telephone": TELEPHONE, "agency": AGENCY, "editor": EDITOR}
SUFFIXES = {"jpg": "jpeg", "png": "png", "webp": "webp", "tif": "tiff"}
ORDERS = ("II", "MM")

# Where things lie in a file, the toolkit's signature, and what only exiftool's own program
# knows about its packing.
STRUCTURE = re.compile(
    r".*(Offsets?|ByteCounts|Thumbnail\w+|XMPToolkit|CodedCharacterSet|EnvelopeRecordVersion)"
)

# What exiftool calls otherwise than the standards do.
RENAMED = {
    "ISO": "PhotographicSensitivity",
    "ModifyDate": "DateTime",
    "CreateDate": "DateTimeDigitized",
    "ExposureCompensation": "ExposureBiasValue",
    "AmbientTemperature": "Temperature",
    "SerialNumber": "BodySerialNumber",
    "OwnerName": "CameraOwnerName",
    "LensInfo": "LensSpecification",
    "ExifImageWidth": "PixelXDimension",
    "ExifImageHeight": "PixelYDimension",
    "ImageHeight": "ImageLength",
    "FocalLengthIn35mmFormat": "FocalLengthIn35mmFilm",
    "InteropIndex": "InteroperabilityIndex",
    "InteropVersion": "InteroperabilityVersion",
    "SubfileType": "NewSubfileType",
    "OldSubfileType": "SubfileType",
    "Thresholding": "Threshholding",
    "RelatedImageHeight": "RelatedImageLength",
    "UniqueObjectName": "UNO",
    "SupplementalCategories": "SupplementalCategory",
    "ApplicationRecordVersion": "RecordVersion",
}
XMP_RENAMED = {"exif:ISO": "exif:ISOSpeedRatings", "exif:ExifImageWidth": "exif:PixelXDimension"}

# The standard keeps these as logarithms (APEX), exiftool tells what they stand for.
APEX = {
    "ShutterSpeedValue": lambda value: 2**-value,
    "ApertureValue": lambda value: 2 ** (value / 2),
    "MaxApertureValue": lambda value: 2 ** (value / 2),
}


def agreement(folder: Path) -> tuple[int, int, list[str]]:
    """How many tags are found equal, of how many, and what those are that are not."""
    found = asked = 0
    unequal = []
    for path, content_type in _samples(folder):
        ours = _ours(path, content_type)
        for group, name, value in _exiftool(path):
            asked += 1
            mine = _find(ours, group, name)
            if _equal(mine, value):
                found += 1
            else:
                unequal.append(f"{path.name} {group}:{name} is {value!r}, here {mine!r}")
    return found, asked, unequal


def _samples(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every kind of writer in every format and byte order."""
    for sample, written in SAMPLES.items():
        for suffix, name in SUFFIXES.items():
            for order in ORDERS:
                path = folder / f"{sample}-{order}.{suffix}"
                pyvips.Image.black(8, 8).write_to_file(str(path), keep="none")
                command = ["exiftool", "-q", "-m", f"-ExifByteOrder={order}", "-overwrite_original"]
                subprocess.run([*command, *written, str(path)], check=True)
                yield path, f"image/{name}"


def _ours(path: Path, content_type: str) -> dict[str, Any]:
    found: dict[str, Any] = process(content_type, path.read_bytes()).metadata
    return found


def _exiftool(path: Path) -> Iterator[tuple[str, str, Any]]:
    """(group, name, value) of what the standards know."""
    groups = ["-EXIF:all", "-GPS:all", "-IPTC:all", "-XMP:all"]
    command = ["exiftool", "-j", "-n", "-G1", "-struct", *groups, str(path)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    for tag, value in json.loads(output)[0].items():
        group, _, name = tag.rpartition(":")
        if group and group != "IFD1" and not STRUCTURE.fullmatch(name):
            yield group, name, value


def _find(ours: dict[str, Any], group: str, name: str) -> Any:
    if group == "IPTC":
        return _by_letters(ours["iptc"], RENAMED.get(name, name))
    if group.startswith("XMP-"):
        full = f"{group.removeprefix('XMP-')}:{name}"
        if name.startswith("GPS"):
            return ours["gps"].get(name)
        full, _, language = full.partition("-")
        value = _by_letters(ours["xmp"], XMP_RENAMED.get(full, full).replace("iptc", "Iptc4xmp"))
        return value.get(language) if language and isinstance(value, dict) else value
    if group == "GPS":
        return _gps(ours["gps"], name)
    value = ours["exif"].get(RENAMED.get(name, name))
    return APEX[name](value) if name in APEX and value is not None else value


def _gps(gps: dict[str, Any], name: str) -> Any:
    """What exiftool keeps apart, from what is one value here."""
    if match := re.fullmatch(r"GPS(Dest)?(Latitude|Longitude|Altitude)(Ref)?", name):
        value = gps.get(name.removesuffix("Ref"))
        if value is None or not match[3]:
            return value if value is None else abs(value)
        sides = {"Latitude": "NS", "Longitude": "EW", "Altitude": (0, 1)}[match[2]]
        return sides[value < 0]
    if name == "GPSTimeStamp":
        return str(gps.get(name)).rpartition("T")[2].removesuffix("Z")
    return gps.get(name)


def _by_letters(tags: dict[str, Any], name: str) -> Any:
    """By the letters of a name alone: exiftool writes `Province-State`, IPTC `Province/State`."""
    letters = {re.sub(r"[^a-z0-9:]", "", key.lower()): value for key, value in tags.items()}
    return letters.get(re.sub(r"[^a-z0-9:]", "", name.lower()))


def _equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float | str):
        return math.isclose(ours, _number(theirs), rel_tol=1e-5, abs_tol=1e-9)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return len(ours) == len(theirs) and all(
            _equal(_by_letters(_bare(ours), k), v) for k, v in theirs.items()
        )
    if isinstance(ours, dict) and isinstance(theirs, str):
        return bool(ours.get("x-default") == theirs)
    if isinstance(ours, list):
        values = (
            theirs
            if isinstance(theirs, list)
            else str(theirs).split(" ")
            if len(ours) > 1
            else [theirs]
        )
        return len(ours) == len(values) and all(map(_equal, ours, values))
    return _plain(ours) == _plain(theirs)


def _number(value: float | str) -> float:
    """exiftool writes a number of many digits as text."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def _bare(structure: dict[str, Any]) -> dict[str, Any]:
    return {name.rpartition(":")[2]: value for name, value in structure.items()}


def _plain(value: Any) -> str:
    """Dates without their punctuation, and without what exiftool keeps in tags of its own."""
    text = "undef" if value is None else str(value)
    if moment := re.fullmatch(
        r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T]([\d:]{8})(?:\.\d+)?)?(.*)", text
    ):
        return "".join(part or "" for part in moment.groups()[:4])
    return text
